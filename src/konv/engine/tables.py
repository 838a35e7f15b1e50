"""What the executor reads: a program's stages, calls, arguments and arenas as arrays of int64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import groupby

from konv.engine.memory import Arena
from konv.engine.plan import Call, Stage
from konv.graph import Variable, aligned
from konv.kernels.code.executor import (
    ALL,
    CALL,
    FIRST,
    NOBODY,
    OUTPUTS,
    PATCH,
    PROGRAM,
    SAMPLES,
    STAGE,
    SUMS,
    WIDTH,
)
from konv.kernels.code.spec import Spec
from konv.ops.lowering import Slot
from konv.ops.record import Array

__all__ = ["Tables"]

SMALL = 1 << 14
"""A stage's work (`Stage.work`) up to which a second worker saves less time than a barrier takes, some 3 µs."""
_KINDS = {"samples": SAMPLES, "sums": SUMS, "outputs": OUTPUTS}


class Tables:
    """The tables of one program for `workers` workers; `address` is the program's.

    `groups`: the most samples of each stage that are worked on at once, for which the arenas have room.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        arenas: Sequence[Arena],
        groups: Sequence[int],
        memory: Mapping[Slot, Array],
        code: Mapping[Spec, int],
        frame: Array,
        itemsize: int,
        workers: int,
    ) -> None:
        self.workers = workers
        self._frame = frame  # the executor has its address
        self._stages, self._arenas, self._groups, self._itemsize = stages, arenas, groups, itemsize
        calls = [call for stage in stages for call in stage.calls]
        self._calls, self._stage_table = aligned((len(calls), WIDTH), "int64"), aligned((len(stages), WIDTH), "int64")
        self._counters = aligned((len(calls) + len(stages), -(-workers // 8) * 8), "int64")
        self._fill(memory, code)
        size = max((a.size * g for a, g in zip(arenas, groups, strict=True)), default=0) * itemsize
        self._arena_size = -(-size // 4096) * 4096
        self._arena = aligned((max(1, workers * self._arena_size),), "uint8")
        self._program = aligned((WIDTH,), "int64")
        for name, value in (
            ("stages", len(stages)),
            ("stage_table", self._stage_table.ctypes.data),
            ("calls", self._calls.ctypes.data),
            ("frame", frame.ctypes.data),
            ("arguments", self._arguments.ctypes.data),
            ("stride", self._arguments.shape[1]),
            ("arena", self._arena.ctypes.data),
            ("arena_size", self._arena_size),
            ("patches", self._patches.ctypes.data),
        ):
            self._program[PROGRAM[name]] = value
        self.address = self._program.ctypes.data
        self._extent: tuple[int, Set[Variable]] = (0, frozenset())

    def _fill(self, memory: Mapping[Slot, Array], code: Mapping[Spec, int]) -> None:
        counters = [row.ctypes.data for row in self._counters]
        self._calls[:, CALL["counter"]] = counters[: len(self._calls)]
        self._stage_table[:, STAGE["counter"]] = counters[len(self._calls) :]
        arguments: list[int] = []
        owned: list[tuple[int, Array]] = []
        patches: list[tuple[int, int, int]] = []
        number = 0
        for i, (stage, arena, group) in enumerate(zip(self._stages, self._arenas, self._groups, strict=True)):
            row = self._stage_table[i]
            row[STAGE["first"]], row[STAGE["count"]], row[STAGE["kind"]] = number, len(stage.calls), _KINDS[stage.kind]
            row[STAGE["prologue"]] = sum(call.turn < 0 for call in stage.calls)
            row[STAGE["epilogue"]] = sum(call.turn <= 0 for call in stage.calls)
            row[STAGE["last_first"]] = sum(s.kind != "outputs" for s in self._stages[:i]) % 2
            row[STAGE["guarded"]], row[STAGE["first_patch"]] = stage.calls[0].guarded, len(patches)
            for call in stage.calls:
                self._calls[number, :3] = code[call.spec], len(arguments), call.grain
                self._calls[number, CALL["number"]] = number
                for slot in call.slots:
                    if slot in arena.offsets:
                        offset = arena.offsets[slot] * group * self._itemsize
                        patches.append((len(arguments), offset, slot.size * self._itemsize))
                    if slot.kind == "worker":
                        owned.append((len(arguments), memory[slot]))
                    arguments.append(0 if slot in arena.offsets else memory[slot].ctypes.data)
                number += 1
            row[STAGE["patches"]] = len(patches) - row[STAGE["first_patch"]]
        self._arguments = aligned((self.workers, -(-len(arguments) // 8) * 8 + 8), "int64")
        self._arguments[:, : len(arguments)] = arguments
        for argument, array in owned:
            self._arguments[:, argument] = [row.ctypes.data for row in array.reshape(self.workers, -1)]
        self._patches = aligned((len(patches) + 1, WIDTH), "int64")
        for row, patch in zip(self._patches, patches, strict=False):
            row[: len(PATCH)] = patch

    def watch(self) -> Array:
        """Have the cycles of every call counted from now on: the array `(workers, calls)` they are added to."""
        ticks = aligned((self.workers, -(-len(self._calls) // 8) * 8), "int64")
        self._ticks = ticks  # the executor has its address
        self._program[PROGRAM["ticks"]], self._program[PROGRAM["calls_made"]] = ticks.ctypes.data, ticks.shape[1]
        return ticks

    def prepare(self, n: int, stale: Set[Variable]) -> None:
        """The extent of the work in a run of n samples, and how it is dealt out; no result depends on the latter.

        `stale`: the variables whose packed copies are to be made again.
        """
        self._counters[...] = 0
        if (n, stale) == self._extent:
            return
        self._extent = n, stale
        self._stage_table[:, STAGE["limit"]] = n
        for row, stage, most in zip(self._stage_table, self._stages, self._groups, strict=True):
            if stage.kind == "outputs":
                for i, call in enumerate(stage.calls, start=int(row[STAGE["first"]])):
                    limit = _units(call, n, stale)
                    self._calls[i, CALL["limit"]], self._calls[i, CALL["pieces"]] = limit, min(limit, 4 * self.workers)
            elif stage.units is not None:
                row[STAGE["limit"]] = row[STAGE["group"]] = stage.units(n)
            else:
                shared = most if stage.kind == "sums" else max(1, n // (4 * self.workers))
                row[STAGE["group"]] = min(most, shared)
        self._share_out(n)

    def _share_out(self, n: int) -> None:
        """Who takes part in each stage, and behind which there are barriers.

        Others than the first worker do not look at the tables behind the last barrier: these may be gone by then.
        """
        table = self._stage_table
        table[:, STAGE["who"]], table[:, STAGE["met"]], self._program[PROGRAM["shared"]] = NOBODY, 0, 0
        busy = [i for i, row in enumerate(table) if self._to_do(row)]
        runs = [(small, [*run]) for small, run in groupby(busy, lambda i: self._stages[i].work(n) <= SMALL)]
        for small, run in runs:
            if small and run[-1] == busy[-1]:
                table[run, STAGE["who"]] = FIRST
            elif small and len(run) > 1:
                table[run, STAGE["who"]], table[run[-1], STAGE["met"]] = FIRST, 1
            else:
                table[run, STAGE["who"]] = ALL
                table[run, STAGE["met"]] = 1
                self._program[PROGRAM["shared"]] = run[-1] + 1

    def _to_do(self, row: Array) -> bool:
        """Whether there is anything to be done in the stage of a row of the table."""
        first, count = row[STAGE["first"]], row[STAGE["count"]]
        return row[STAGE["kind"]] != OUTPUTS or bool(self._calls[first : first + count, CALL["limit"]].any())


def _units(call: Call, n: int, stale: Set[Variable]) -> int:
    """Units of a call of outputs; none for a packing that is still good."""
    if call.units is None or (call.stale and stale.isdisjoint(call.stale)):
        return 0
    return call.units(n)
