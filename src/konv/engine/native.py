"""The native engine: a plan given memory and machine code, and run by the pool of workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from konv import config
from konv.engine.guard import guarded
from konv.engine.plan import Plan, Stage
from konv.engine.program import Outcome, Position, Training
from konv.engine.show import print_asked
from konv.engine.threads import pool
from konv.errors import ShapeError
from konv.graph import Graph, Variable, aligned
from konv.kernels.build import addresses
from konv.kernels.executor import CALL, FRAME, OUTPUTS, PROGRAM, SAMPLES, STAGE, SUMS
from konv.kernels.spec import LEAVES
from konv.kernels.target import current
from konv.messages import text
from konv.ops.loss import Loss
from konv.ops.lowering import Slot
from konv.ops.record import Array
from konv.shapes import show

__all__ = ["NativeProgram"]


class NativeProgram:
    """A graph bound to a batch size, run by compiled kernels; keeps the contract of `konv.engine.Program`."""

    def __init__(self, graph: Graph, batch: int, losses: Sequence[Loss] = (), training: Training | None = None) -> None:
        self.batch = batch
        self.plan = Plan(graph, batch, losses, training, current())
        self._graph, self._training = graph, training
        self.stages = self.plan.stages()
        if training is None and batch < 2 * pool().number:
            self.stages = _by_rows(self.stages)
        print_asked(self.plan, self.stages)
        self._memory: dict[Slot, Array] = {}
        for stage in self.stages:
            for call in stage.calls:
                for place in call.slots:
                    self._lay_out(place)
        for tensor in (*graph.inputs, *graph.outputs):
            self._lay_out(self.plan.at[tensor])
        for place in (self.plan.frame, self.plan.numbers, self.plan.scalars):
            self._lay_out(place)
        self._versions: dict[Variable, int] = {}
        self._prepared: tuple[int, int, set[Variable]] = (0, 0, set())
        self._tables()

    def run(
        self,
        inputs: Sequence[Array],
        targets: Sequence[Array] = (),
        weights: Sequence[Array] = (),
        scalars: tuple[float, ...] = (),
        position: Position | None = None,
    ) -> Outcome:
        """Run one batch; see `konv.engine.Program.run`. Without `weights` every sample's loss counts once.

        Raises: ShapeError where the inputs are not those of the graph, or are too many.
        """
        n = len(inputs[0])
        self._check(inputs, n)
        plan, memory = self.plan, self._memory
        workers = pool()
        with workers.lock:
            for tensor, x in zip(self._graph.inputs, inputs, strict=True):
                self._rows(plan.at[tensor], n)[...] = x.reshape(n, -1)
            for i, (tensor, loss, target, weight, _) in enumerate(plan.targets):
                read = self._rows(plan.at[tensor], n).reshape(n, *tensor.shape)
                self._rows(target, n)[...] = loss.rows(targets[i], read).reshape(n, -1)
                self._rows(weight, n)[:, 0] = weights[i] if weights else 1
            memory[plan.scalars][: len(scalars)] = scalars
            self._place(position, n)
            memory[plan.frame][FRAME["samples"]] = n
            memory[plan.frame][FRAME["flag"]] = not all(
                np.isfinite(self._rows(plan.at[t], n)).all() for t in self._graph.inputs
            )
            self._prepare(n, workers.number)
            workers.run(self._program.ctypes.data)
            flagged = bool(memory[plan.frame][FRAME["flag"]])
            if self._training is not None and not flagged:
                for variable in plan.gradients:
                    variable.touch()
            outputs = tuple(self._rows(plan.at[t], n).reshape(n, *t.shape).copy() for t in self._graph.outputs)
            losses = tuple(self._rows(result, n)[:, 0].copy() for *_, result in plan.targets)
            finite = not flagged and all(bool(np.isfinite(a).all()) for a in outputs)
            return Outcome(outputs, losses, "" if finite else self._first_nonfinite(n))

    def gradients(self) -> tuple[Array, ...]:
        """The gradients of `Training.variables` in the last run, copied."""
        if self._training is None:
            return ()
        found = ((v, self.plan.gradients.get(v)) for v in self._training.variables)
        return tuple(
            np.zeros_like(v.value) if p is None else self._memory[p][: p.size].reshape(v.shape).copy() for v, p in found
        )

    # -- memory and tables ---------------------------------------------------------------------------------------

    def _lay_out(self, place: Slot) -> None:
        if place in self._memory:
            return
        if place.given is not None:
            self._memory[place] = place.given
            return
        rows = {"sample": self.batch, "leaf": LEAVES}.get(place.kind, 1)
        dtype = "int64" if place.kind == "integers" else self.plan.dtype
        allocate = guarded if config.engine() == "guarded" else aligned
        self._memory[place] = allocate((max(rows * place.size, place.room),), dtype)

    def _rows(self, place: Slot, n: int) -> Array:
        """The rows of a slot's first n samples."""
        return self._memory[place][: n * place.size].reshape(n, place.size)

    def _tables(self) -> None:
        """What the executor reads: stages, calls and their arguments, as arrays of int64."""
        calls = [call for stage in self.stages for call in stage.calls]
        code = addresses([call.spec for call in calls], self.plan.target)
        self._arguments = [
            np.array([self._memory[place].ctypes.data for place in call.slots], np.int64) for call in calls
        ]
        self._calls = aligned((len(calls), len(CALL)), "int64")
        for row, call, arguments in zip(self._calls, calls, self._arguments, strict=True):
            row[:3] = code[call.spec], arguments.ctypes.data, call.grain
        self._stage_table = aligned((len(self.stages), len(STAGE)), "int64")
        first = 0
        for row, stage in zip(self._stage_table, self.stages, strict=True):
            row[STAGE["first"]], row[STAGE["count"]] = first, len(stage.calls)
            row[STAGE["kind"]] = {"samples": SAMPLES, "sums": SUMS, "outputs": OUTPUTS}[stage.kind]
            row[STAGE["prologue"]] = sum(call.once for call in stage.calls)
            row[STAGE["guarded"]] = stage.calls[0].guarded
            first += len(stage.calls)
        self._program = aligned((len(PROGRAM),), "int64")
        for name, value in (("stages", len(self.stages)), ("stage_table", self._stage_table.ctypes.data),
                            ("calls", self._calls.ctypes.data),
                            ("frame", self._memory[self.plan.frame].ctypes.data)):  # fmt: skip
            self._program[PROGRAM[name]] = value

    def _prepare(self, n: int, workers: int) -> None:
        """The extent of the work in a run of n samples, and how it is dealt out; no result depends on the latter."""
        self._stage_table[:, STAGE["counter"]] = self._calls[:, CALL["counter"]] = 0
        stale = {v for v in self.plan.weights if self._versions.get(v) != v.version}
        self._versions.update((v, v.version) for v in stale)
        if (n, workers, stale) == self._prepared:
            return
        self._prepared = n, workers, stale
        self._stage_table[:, STAGE["limit"]] = n
        for row, stage in zip(self._stage_table, self.stages, strict=True):
            if stage.kind != "outputs":
                row[STAGE["group"]] = self._group(stage, n, workers)
                continue
            for i, call in enumerate(stage.calls, start=int(row[STAGE["first"]])):
                # A packing that is still good has nothing to do.
                fresh = call.stale is not None and call.stale not in stale
                limit = 0 if fresh or call.units is None else call.units(n)
                self._calls[i, CALL["limit"]] = limit
                self._calls[i, CALL["group"]] = max(1, limit // (4 * workers))

    def _group(self, stage: Stage, n: int, workers: int) -> int:
        """Samples taken at once: few enough to share them out, and what they touch stays in the second-level cache."""
        touched = {slot for call in stage.calls for slot in call.slots if slot.kind == "sample"}
        bytes_each = sum(slot.size for slot in touched) * (8 if self.plan.dtype == "float64" else 4)
        fitting = max(1, self.plan.target.l2 // 2 // max(1, bytes_each))
        return fitting if stage.kind == "sums" else min(fitting, max(1, n // (4 * workers)))

    # -- running ------------------------------------------------------------------------------------------------

    def _check(self, inputs: Sequence[Array], n: int) -> None:
        for tensor, x in zip(self._graph.inputs, inputs, strict=True):
            if x.shape != (n, *tensor.shape) or not 1 <= n <= self.batch:
                raise ShapeError(
                    text("input_does_not_fit", expected=show(tensor.shape), batch=self.batch, count=len(x),
                         received=show(x.shape[1:]))
                )  # fmt: skip

    def _place(self, position: Position | None, n: int) -> None:
        """Tell the random ops where in the run this batch stands."""
        if not self.plan.keys:
            return
        if position is None:
            raise ValueError("training with random ops needs a position")
        self._memory[self.plan.numbers][:n] = position.samples
        for node, place in self.plan.keys.items():
            self._memory[place][:] = position.seed, self._graph.number(node), position.epoch

    def _first_nonfinite(self, n: int) -> str:
        """The layer at which the first value that is not finite appeared; see `Outcome.nonfinite`."""

        def finite(place: Slot) -> bool:
            return place not in self._memory or bool(np.isfinite(self._rows(place, n)).all())

        if not all(finite(self.plan.at[t]) for t in self._graph.inputs):
            return "input"
        for node in self._graph.nodes:
            # A fused ReLU may have turned −∞ into 0: then the weight that made it tells.
            if not finite(self.plan.at[node.output]) or not all(np.isfinite(v.value).all() for v in node.variables):
                return node.layer
        for output, (*_, result) in zip(self._graph.outputs, self.plan.targets, strict=False):
            if not finite(result):
                return output.node.layer
        for node in self._graph.nodes:
            for variable in node.variables:
                place = self.plan.gradients.get(variable)
                if place is not None and not np.isfinite(self._memory[place][: place.size]).all():
                    return node.layer
        return ""


def _by_rows(stages: list[Stage]) -> list[Stage]:
    """Stages for runs of few samples: each call its own, cut by rows of images rather than by samples."""
    found = []
    for stage in stages:
        if stage.kind == "outputs":
            found.append(stage)
            continue
        found += [
            Stage("outputs", [replace(call, kind="outputs", grain=1, units=_times(call.grain))]) for call in stage.calls
        ]
    return found


def _times(grain: int) -> Callable[[int], int]:
    return lambda n: n * grain
