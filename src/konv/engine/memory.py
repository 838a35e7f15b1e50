"""Where arrays live: in memory for the whole batch, or, where only a group of samples needs them, in a worker's arena.

An array whose every use lies in one stage over the samples is made and used up while a worker has its group of samples
in hand. It needs no row for every sample of the batch: it lives in the worker's arena, which stays in the second-level
cache, and shares its place there with others whose life does not overlap.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from konv.engine.plan import Stage
from konv.ops.lowering import Slot

__all__ = ["Arena", "arenas"]

STEP = 16
"""Elements to which places are rounded: a cache line of float32."""


class Arena:
    """The places of one stage's short-lived slots: `offsets` and `size` in elements a sample of the group."""

    def __init__(self) -> None:
        self.offsets: dict[Slot, int] = {}
        self.size = 0
        self._taken: list[tuple[int, int, int]] = []  # start, end, last call that uses it

    def place(self, slot: Slot, first: int, last: int) -> None:
        """Give `slot`, used by calls `first` to `last`, the lowest place that is free then."""
        self._taken = [t for t in self._taken if t[2] >= first]
        size = -(-slot.size // STEP) * STEP
        start = 0
        for begin, end, _ in sorted(self._taken):
            if start + size <= begin:
                break
            start = max(start, end)
        self._taken.append((start, start + size, last))
        self.offsets[slot] = start
        self.size = max(self.size, start + size)


def arenas(stages: Sequence[Stage], kept: Collection[Slot]) -> list[Arena]:
    """An arena for each stage. Slots in `kept` are read or written from outside the program and live elsewhere."""
    where: dict[Slot, set[int]] = {}
    for i, stage in enumerate(stages):
        for call in stage.calls:
            for slot in call.slots:
                where.setdefault(slot, set()).add(i)
    found = []
    for i, stage in enumerate(stages):
        arena = Arena()
        if stage.kind != "outputs" and stage.units is None:
            uses: dict[Slot, list[int]] = {}
            for number, call in enumerate(stage.calls):
                for slot in call.slots:
                    if slot.kind == "sample" and where[slot] == {i} and slot not in kept:
                        uses.setdefault(slot, []).append(number)
            for slot, calls in uses.items():  # in the order of first use
                arena.place(slot, calls[0], calls[-1])
        found.append(arena)
    return found
