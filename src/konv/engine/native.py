"""The native engine: a plan given memory and machine code, and run by the pool of workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

import numpy as np

from konv import config
from konv.engine.guard import guarded
from konv.engine.memory import Arena, arenas
from konv.engine.plan import Plan, Stage
from konv.engine.program import Outcome, Position, Training, still
from konv.engine.show import print_asked
from konv.engine.stages import fitting
from konv.engine.tables import Tables
from konv.engine.threads import Pool, pool
from konv.errors import ShapeError
from konv.graph import Graph, Tensor, Variable, aligned
from konv.kernels.code.build import addresses
from konv.kernels.code.executor import FRAME
from konv.kernels.code.processor import current
from konv.kernels.code.spec import LEAVES
from konv.messages import text
from konv.ops.loss import Loss
from konv.ops.lowering import Slot
from konv.ops.record import Array
from konv.shapes import show

__all__ = ["MOST_GROUPS", "NativeProgram"]

MOST_GROUPS = 4
"""How many times what fits in the second-level cache a remembered group of samples may be."""


class NativeProgram:
    """A graph bound to a batch size, run by compiled kernels; keeps the contract of `konv.engine.Program`."""

    def __init__(
        self, graph: Graph, batch: int, losses: Sequence[Loss | None] = (), training: Training | None = None
    ) -> None:
        self.batch = batch
        self.plan = Plan(graph, batch, losses, training, current())
        self._graph, self._training = graph, training
        self._predicts = training is None and not self.plan.targets
        self.stages = self.plan.stages(pool().number)
        self._itemsize = 8 if self.plan.dtype == "float64" else 4
        self._memory: dict[Slot, Array] = {}
        self._arenas = self._lay_out_all()
        print_asked(self.plan, self.stages, self.groups)
        self._given, self._made = ([self._shaped(t) for t in row] for row in (graph.inputs, graph.outputs))
        specs = [call.spec for stage in self.stages for call in stage.calls]
        self._code = addresses(specs, self.plan.target)
        self._scratch = max((spec.scratch(self.plan.target) for spec in specs), default=0)
        self._versions: list[int] = []
        self._tables: Tables | None = None

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
        workers, flagged, penalty = pool(), False, 0.0
        losses: tuple[Array, ...] = ()
        with workers.lock:
            self._fill(inputs, targets, weights, scalars, position)
            self._step(workers, n)
            outputs = self._outputs(n)
            if not self._predicts:
                flagged, losses, penalty = self._judged(n)
        if flagged or not _finite(outputs):
            return Outcome(outputs, losses, self._first_nonfinite(inputs, losses), penalty)
        return Outcome(outputs, losses, penalty=penalty)

    def _judged(self, n: int) -> tuple[bool, tuple[Array, ...], float]:
        """Whether something was found that is not finite, losses and penalty of a run that tested or trained."""
        flagged = bool(self._memory[self.plan.frame][FRAME["flag"]])
        if self._training is not None and not flagged:
            for variable in {*self.plan.gradients, *self.plan.followed}:
                variable.touch()
        losses = tuple(self._rows(result, n)[:, 0].copy() for *_, result in self.plan.targets)
        return flagged, losses, sum(float(self._memory[s][: s.size].sum(dtype="float64")) for s in self.plan.penalties)

    def again(self) -> None:
        """Do once more what the last run did, with what it was given; for measuring."""
        workers = pool()
        with workers.lock:
            self._step(workers, int(self._memory[self.plan.frame][FRAME["samples"]]))

    def values(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """The graph's outputs, whatever they are; of a program for prediction."""
        workers = pool()
        with workers.lock:
            self._fill(inputs, (), (), (), None)
            self._step(workers, len(inputs[0]))
            return self._outputs(len(inputs[0]))

    def gradients(self) -> tuple[Array, ...]:
        """The gradients of `Training.variables` in the last run, copied."""
        if self._training is None:
            return ()
        found = ((v, self.plan.gradients.get(v)) for v in self._training.variables)
        return tuple(
            np.zeros_like(v.value) if p is None else self._memory[p][: p.size].reshape(v.shape).copy() for v, p in found
        )

    def input_gradients(self) -> tuple[Array, ...]:
        """The gradients of `Training.inputs` in the last run, `(n, …)` each, copied."""
        n, coming = int(self._memory[self.plan.frame][FRAME["samples"]]), self.plan.coming
        asked = () if self._training is None else self._training.inputs
        return tuple(
            self._rows(coming[t], n).reshape(n, *t.shape).copy() if t in coming else np.zeros((n, *t.shape), t.dtype)
            for t in asked
        )

    def watch(self) -> Array:
        """Have cycles counted from now on: the array `(workers, calls)`; calls are those of `stages`, in order."""
        self._prepared(self.batch, pool().number)
        if self._tables is None:
            raise RuntimeError("a program without tables")
        return self._tables.watch()

    # -- memory and tables ---------------------------------------------------------------------------------------

    def _lay_out_all(self) -> list[Arena]:
        """Memory for every slot that outlives a group of samples; for the others, places in arenas."""
        plan = self.plan
        kept = {plan.at[t] for t in (*self._graph.inputs, *self._graph.outputs)} | {
            plan.frame,
            plan.numbers,
            plan.scalars,
        }
        kept.update(slot for tensor, _, *slots in plan.targets for slot in (plan.at[tensor], *slots))
        kept.update(plan.penalties)
        asked = () if self._training is None else self._training.inputs
        kept.update(plan.coming[t] for t in asked if t in plan.coming)
        guards = config.engine() == "guarded"
        found = [Arena() for _ in self.stages] if guards else arenas(self.stages, kept)
        for stage, arena in zip(self.stages, found, strict=True):
            kept.update(slot for call in stage.calls for slot in call.slots if slot not in arena.offsets)
        for slot in kept:
            if slot.kind != "worker":  # as many as there are workers when the tables are made
                self._lay_out(slot)
        return found

    def _lay_out(self, place: Slot, workers: int = 1) -> None:
        if place in self._memory:
            return
        if place.given is not None:
            self._memory[place] = place.given
            return
        rows = {"sample": self.batch, "leaf": LEAVES, "worker": workers}.get(place.kind, 1)
        dtype = "int64" if place.kind == "integers" else self.plan.dtype
        allocate = guarded if config.engine() == "guarded" else aligned
        self._memory[place] = allocate((max(rows * place.size, place.room),), dtype)

    def _rows(self, place: Slot, n: int) -> Array:
        """The rows of a slot's first n samples."""
        return self._memory[place][: n * place.size].reshape(n, place.size)

    def _shaped(self, tensor: Tensor) -> Array:
        """The memory of an input or output, `(batch, …)`."""
        return self._rows(self.plan.at[tensor], self.batch).reshape(self.batch, *tensor.shape)

    def _prepared(self, n: int, workers: int) -> int:
        """The address of the executor's program for a run of n samples."""
        if self._tables is None or self._tables.workers != workers:
            frame = self._memory[self.plan.frame]
            for slot in {s for stage in self.stages for call in stage.calls for s in call.slots if s.kind == "worker"}:
                self._memory.pop(slot, None)
                self._lay_out(slot, workers)
            self._tables = Tables(
                self.stages, self._arenas, self.groups, self._memory, self._code, frame, self._itemsize, workers
            )
        stale: Set[Variable] = frozenset()
        versions = [v.version for v in self.plan.weights]
        if versions != self._versions:
            before = self._versions or [-1] * len(versions)  # at first all are
            stale = {v for v, now, was in zip(self.plan.weights, versions, before, strict=True) if now != was}
            self._versions = versions
        self._tables.prepare(n, stale)
        return self._tables.address

    @property
    def groups(self) -> list[int]:
        """The most samples of each stage that are worked on at once."""
        return [self._group(stage, arena) for stage, arena in zip(self.stages, self._arenas, strict=True)]

    def _group(self, stage: Stage, arena: Arena) -> int:
        """The most samples worked on at once: what a call reads and writes of them, and the arena, fit in the
        second-level cache."""
        planned = max(fitting(stage, self.plan.target, self.plan.dtype, arena.size), stage.wanted)
        chosen = self.plan.target.chosen(stage.key) or (planned,)
        # What was measured on this processor; what no tuner would have tried is not used.
        return min(chosen[0] if chosen[0] <= MOST_GROUPS * planned else planned, self.batch)

    # -- running ------------------------------------------------------------------------------------------------

    def _step(self, workers: Pool, n: int) -> None:
        """Have the workers run the program on n samples.

        A program without stages is not run: it has no barrier at which the caller would wait, so a worker that wakes up
        late would read tables that may be gone.
        """
        workers.reserve(self._scratch)
        if self.stages:
            workers.run(self._prepared(n, workers.number))

    def _fill(
        self,
        inputs: Sequence[Array],
        targets: Sequence[Array],
        weights: Sequence[Array],
        scalars: tuple[float, ...],
        position: Position | None,
    ) -> None:
        """Copy what a run is given to where the kernels read it."""
        plan, memory, n = self.plan, self._memory, len(inputs[0])
        for read, x in zip(self._given, inputs, strict=True):
            read[:n] = x
        finite = self._predicts or _finite(read[:n] for read in self._given)
        for i, (tensor, loss, target, weight, _) in enumerate(plan.targets):
            read = self._rows(plan.at[tensor], n).reshape(n, *tensor.shape)
            self._rows(target, n)[...] = loss.rows(targets[i], read).reshape(n, -1)
            self._rows(weight, n)[:, 0] = weights[i] if weights else 1
        if scalars:
            memory[plan.scalars][: len(scalars)] = scalars
        self._place(position, n)
        frame = memory[plan.frame]
        frame[FRAME["samples"]], frame[FRAME["flag"]] = n, not finite

    def _outputs(self, n: int) -> tuple[Array, ...]:
        """Copies of the graph's outputs."""
        return tuple([made[:n].copy() for made in self._made])

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
        if position is None and self._training is not None:
            raise ValueError("training with random ops needs a position")
        position = position or still(n)
        self._memory[self.plan.numbers][:n] = position.samples
        for node, place in self.plan.keys.items():
            self._memory[place][:] = position.seed, self._graph.number(node), position.epoch

    def _first_nonfinite(self, inputs: Sequence[Array], losses: tuple[Array, ...]) -> str:
        """The layer at which the first value that is not finite appeared; see `Outcome.nonfinite`.

        Arrays that live only within a group of samples are gone by now, so the forward pass is made once more, by a
        program that keeps every layer's output.
        """
        if not _finite(inputs):
            return "input"
        every = Graph(self._graph.inputs, [node.output for node in self._graph.nodes])
        outputs = NativeProgram(every, len(inputs[0])).values(inputs)
        for node, y in zip(every.nodes, outputs, strict=True):
            # A fused ReLU may have turned −∞ into 0: then the weight that made it tells.
            if not _finite((y, *(v.value for v in node.variables))):
                return node.layer
        for (tensor, *_), loss in zip(self.plan.targets, losses, strict=False):
            if not _finite((loss,)):
                return tensor.node.layer
        for node in self._graph.nodes:
            places = [self.plan.gradients[v] for v in node.variables if v in self.plan.gradients]
            if not _finite(self._memory[place][: place.size] for place in places):
                return node.layer
        return ""


def _finite(values: Iterable[Array]) -> bool:
    return all(np.count_nonzero(np.isfinite(a)) == a.size for a in values)  # sooner than `all` of a few numbers
