"""The engine on NumPy: every op's own `forward` and `backward`, in the order data flows and back.

It is the oracle the compiled engine is tested against, and the way to look at any array in a debugger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from konv.engine.program import Outcome, Position, Training, still
from konv.errors import ShapeError
from konv.graph import Graph, Node, Tensor, Variable
from konv.messages import text
from konv.ops.loss import Loss, from_scores
from konv.ops.record import Array, Run
from konv.ops.source import Input
from konv.random import Stream
from konv.shapes import show

__all__ = ["ReferenceProgram"]


class ReferenceProgram:
    """A graph bound to a batch size, run by the NumPy references; keeps the contract of `konv.engine.Program`."""

    def __init__(
        self, graph: Graph, batch: int, losses: Sequence[Loss | None] = (), training: Training | None = None
    ) -> None:
        self.batch = batch
        self._graph = graph
        self._training = training
        pairs = zip(graph.outputs, losses, strict=bool(losses))
        self._objectives = [_objective(tensor, loss) for tensor, loss in pairs if loss is not None]
        self._gradients: tuple[Array, ...] = ()
        self._input_gradients: tuple[Array, ...] = ()

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
        # A NaN or an infinity is looked for and named below; NumPy's warnings would say less.
        with np.errstate(all="ignore"):
            values = self._values_of_inputs(inputs)
            bad = "" if _finite(values.values()) else "input"
            if self._training is None:
                position = position or still(len(inputs[0]))
            runs = self._forward(values, position)
            losses = tuple(
                loss.forward(target, values[at])
                for (at, loss), target in zip(self._objectives, targets, strict=bool(self._objectives))
            )
            bad = bad or self._first_nonfinite(values, losses)
            penalties = {} if self._training is None else self._training.penalties
            penalty = sum(p.value(v.value) for v, p in penalties.items())
            if self._training and not bad:
                bad = self._learn(self._training, values, runs, targets, weights, scalars)
        outputs = tuple(values[tensor].copy() for tensor in self._graph.outputs)
        return Outcome(outputs, losses, bad, penalty)

    def gradients(self) -> tuple[Array, ...]:
        """The gradients of `Training.variables` in the last run, copied."""
        return tuple(g.copy() for g in self._gradients)

    def input_gradients(self) -> tuple[Array, ...]:
        """The gradients of `Training.inputs` in the last run, `(n, …)` each, copied."""
        return tuple(g.copy() for g in self._input_gradients)

    def _values_of_inputs(self, inputs: Sequence[Array]) -> dict[Tensor, Array]:
        values = {}
        for tensor, x in zip(self._graph.inputs, inputs, strict=True):
            if x.shape[1:] != tensor.shape or not 1 <= len(x) <= self.batch:
                raise ShapeError(
                    text("input_does_not_fit", expected=show(tensor.shape), batch=self.batch, count=len(x),
                         received=show(x.shape[1:]))
                )  # fmt: skip
            values[tensor] = np.asarray(x, tensor.dtype)
        return values

    def _forward(self, values: dict[Tensor, Array], position: Position | None) -> dict[Node, Run]:
        """Fill `values` with every node's output; returns what each op knew of the run."""
        runs = {}
        for number, node in enumerate(self._graph.nodes):
            runs[node] = self._run_of(number, node, position)
            if not isinstance(node.op, Input):
                x = tuple(values[t] for t in node.inputs)
                y = node.op.forward(x, _values(node.variables), runs[node])
                count = len(values[self._graph.inputs[0]])
                values[node.output] = np.repeat(y, count, 0) if len(y) != count else y
        return runs

    def _run_of(self, number: int, node: Node, position: Position | None) -> Run:
        training = self._training is not None and node.learning
        if not node.op.random or not (training or node.op.always):
            return Run(training)
        if position is None:
            raise ValueError("random ops need a position")
        return Run(training, Stream(position.seed, number, position.epoch, position.samples))

    def _first_nonfinite(self, values: dict[Tensor, Array], losses: tuple[Array, ...]) -> str:
        """The layer of the first output that is not finite, else of the first loss that is not, else ""."""
        for node in self._graph.nodes:
            if not _finite([values[node.output]]):
                return node.layer
        for (tensor, _), loss in zip(self._objectives, losses, strict=True):
            if not _finite([loss]):
                return tensor.node.layer
        return ""

    def _learn(
        self,
        training: Training,
        values: dict[Tensor, Array],
        runs: dict[Node, Run],
        targets: Sequence[Array],
        weights: Sequence[Array],
        scalars: tuple[float, ...],
    ) -> str:
        """Backward, then the update; returns the first layer with a gradient that is not finite, else ""."""
        found = self._backward(values, runs, targets, weights)
        for variable, penalty in training.penalties.items():
            if variable in found:
                found[variable] = found[variable] + penalty.gradient(variable.value)
        self._gradients = tuple(found.get(v, np.zeros_like(v.value)) for v in training.variables)
        for node in self._graph.nodes:
            if not _finite(found[v] for v in node.variables if v in found):
                return node.layer
        self._follow(values)
        scales = training.update.scales(self._gradients)
        for variable, g, slots, scale in zip(training.variables, self._gradients, training.slots, scales, strict=True):
            training.update.apply(variable.value, g, slots, scalars, scale)
            if variable in training.bounds and variable in found:
                variable.value[...] = training.bounds[variable].apply(variable.value)
            variable.touch()
        return ""

    def _follow(self, values: dict[Tensor, Array]) -> None:
        """Have the statistics follow this batch."""
        for node in self._graph.nodes:
            moving = [v for v in node.variables if v.statistic]
            if moving and node.learning:
                x = tuple(values[t] for t in node.inputs)
                for variable, value in zip(moving, node.op.statistics(x, _values(node.variables)), strict=True):
                    variable.assign(value)

    def _backward(
        self, values: dict[Tensor, Array], runs: dict[Node, Run], targets: Sequence[Array], weights: Sequence[Array]
    ) -> dict[Variable, Array]:
        """The gradient of `Σ weight · loss` by every variable it depends on."""
        coming: dict[Tensor, Array] = {}  # gradients by tensors, summed over the tensors' readers
        found: dict[Variable, Array] = {}
        for i, (at, loss) in enumerate(self._objectives):
            dy = loss.backward(targets[i], values[at])
            if weights:
                dy = dy * np.asarray(weights[i], dy.dtype).reshape(-1, *[1] * (dy.ndim - 1))
            _add(coming, at, dy)
        for node in reversed(self._graph.nodes):
            if node.output not in coming or isinstance(node.op, Input):
                continue
            x = tuple(values[t] for t in node.inputs)
            dy, y = coming.pop(node.output), values[node.output]
            dx, dw = node.op.backward(dy, x, _values(node.variables), y, runs[node])
            for tensor, g in zip(node.inputs, dx, strict=True):
                if g is not None:
                    _add(coming, tensor, g)
            for variable, g in zip((v for v in node.variables if not v.statistic), dw, strict=True):
                _add(found, variable, g)
        asked = () if self._training is None else self._training.inputs
        self._input_gradients = tuple(coming.get(t, np.zeros_like(values[t])) for t in asked)
        return found


def _objective(output: Tensor, loss: Loss) -> tuple[Tensor, Loss]:
    """The tensor a loss reads, and the loss as it reads it: the scores behind probabilities, where there are some."""
    exact = from_scores(loss, output.node.op)
    return (output, loss) if exact is None else (output.node.inputs[0], exact)


def _values(variables: Sequence[Variable]) -> tuple[Array, ...]:
    return tuple(v.value for v in variables)


def _finite(arrays: Iterable[Array]) -> bool:
    return all(bool(np.isfinite(a).all()) for a in arrays)


def _add(sums: dict[Tensor, Array] | dict[Variable, Array], key: Tensor | Variable, g: Array) -> None:
    """Add a gradient to those found for `key`; the first is kept as it is, never written into."""
    sums[key] = sums[key] + g if key in sums else g  # type: ignore[index]
