"""`tf.GradientTape`: training loops of a script's own, compiled by konv.

While a tape watches, models and layers called on arrays give live tensors (`live.py`), and so does all arithmetic with
them; `gradient` runs forward and backward as one compiled step. As in TensorFlow, a model called without `training`
behaves as in prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from konv import functions as ops, random
from konv.compat import live
from konv.compat.live import Live, tapes
from konv.compat.state import State
from konv.compat.values import valued
from konv.engine import Position, Program, Training, build
from konv.errors import GraphError, NonFiniteError
from konv.functions import Total
from konv.functions.base import lead
from konv.graph import Graph, Tensor, Variable, replaced
from konv.layers.uses import freeze
from konv.messages import text
from konv.ops.objective import Sum
from konv.ops.record import Array
from konv.ops.source import Input as Source
from konv.ops.update import SGD
from konv.train.watched import leaves

__all__ = ["GradientTape", "at_once", "called", "computable", "watches"]

_depth = 0


class GradientTape:
    """Records what is computed with models while its `with` statement lasts.

    Arguments: `persistent`, whether `gradient` may be called more than once (it always may);
    `watch_accessed_variables`, of no effect: weights are always watched.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.results: list[Live] = []

    def __enter__(self) -> GradientTape:
        if not tapes:
            live.forget()
        tapes.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tapes.remove(self)

    def watch(self, tensor: Any) -> None:
        """Let gradients by the array `tensor` be asked for."""
        for one in tensor if isinstance(tensor, (list, tuple)) else [tensor]:
            if not isinstance(one, (Tensor, Variable)):
                live.bound(one)

    def gradient(self, target: Any, sources: Any, *others: Any, **named: Any) -> Any:
        """The gradient of `target` by `sources`, in the form these have.

        Arguments: `target`, a loss: what `konv.ops.mean` or `sum` gave, or a live tensor, of which the sum is meant;
        `sources`, a weight, an array the tape watched, or a list of them. Returns: arrays; None for a source that the
        target does not depend on.
        Raises: GraphError for a target that no tape has seen; NonFiniteError where something is NaN or infinite.
        """
        row = list(sources) if isinstance(sources, (list, tuple)) else [sources]
        total = _summed(target)
        own = {id(v) for v in Graph((), [t for _, t, _ in total.terms]).variables}
        wanted = [s if isinstance(s, Tensor) or id(s) in own or type(s) is Variable else begun(s) for s in row]
        found = valued(_gradients(total, wanted, self.results))
        return type(sources)(found) if isinstance(sources, (list, tuple)) else found[0]


def watches(inputs: Any) -> bool:
    """Whether a call on `inputs` is to be recorded: a tape is there, and they are arrays or live tensors."""
    row = list(leaves(inputs))
    return any(isinstance(t, Live) for t in row) or (bool(tapes) and computable(inputs))


def computable(inputs: Any) -> bool:
    """Whether `inputs` are arrays with a batch axis, several at least."""
    row = list(leaves(inputs))
    return bool(row) and all(isinstance(a, (np.ndarray, State, Live)) and np.ndim(a) > 0 for a in row)


def begun(value: Any) -> Live:
    """The live tensor that stands for an array, or for a variable that a script feeds in as one."""
    return live.bound(value.value if isinstance(value, State) else value)


def called(inputs: Any, training: Any, connect: Any) -> tuple[Tensor, ...]:
    """The results of a layer for `inputs`, arrays or live tensors, recorded.

    Arguments: `training`, as it was called with; `connect`, which adds its nodes behind tensors.
    """
    global _depth
    begins = tuple(t if isinstance(t, Tensor) else begun(t) for t in leaves(inputs))
    _depth += 1
    try:
        outputs: tuple[Tensor, ...] = connect(begins)
    finally:
        _depth -= 1
    if training is False or (training is None and not _depth):
        freeze(outputs, begins)
    if not _depth:
        for tape in tapes:
            tape.results += [t for t in outputs if isinstance(t, Live)]
    return outputs


def at_once(inputs: Any, connect: Any) -> list[Array]:
    """The results of a layer for arrays as training sees them: what is random is drawn, statistics follow."""
    with GradientTape():
        return [t.numpy() for t in called(inputs, True, connect) if isinstance(t, Live)]


def _gradients(total: Total, wanted: Sequence[Any], results: Sequence[Live]) -> list[Array | None]:
    """The gradients of a loss by weights, by tensors it begins in, and by those on the way to it."""
    terms = [t for _, t, _ in total.terms]
    begins = {id(t) for t in live.inputs_of(Graph((), terms))}
    between = [w for w in wanted if isinstance(w, Live) and id(w) not in begins and not isinstance(w.node.op, Source)]
    found: dict[int, Array | None] = {}
    plain = [w for w in wanted if not any(w is b for b in between)]
    if plain:
        found = dict(zip(map(id, plain), _Step(total, plain, results).run(), strict=True))
    if between:
        stands = [live.bound(w.numpy()) for w in between]
        behind = replaced(terms, dict(zip(between, stands, strict=True)))
        rest = Total(tuple((f, t, p) for (f, _, p), t in zip(total.terms, behind, strict=True)), total.constant)
        found.update(zip(map(id, between), _Step(rest, stands, ()).run(), strict=True))
    return [found[id(w)] for w in wanted]


def _summed(target: Any) -> Total:
    """A loss as a sum over the batch."""
    if isinstance(target, (list, tuple)):
        total = _summed(target[0])
        for one in target[1:]:
            total = total + _summed(one)
        return total
    if isinstance(target, Total):
        return target
    if not isinstance(target, Tensor):
        raise GraphError(text("script.not_recorded", received=type(target).__name__))
    total_: Total = ops.sum(target)
    return total_


@dataclass(frozen=True)
class _Compiled:
    program: Program
    variables: tuple[Variable, ...]
    watched: tuple[int, ...]


class _Step:
    """One step: the terms of a loss, what to differentiate by, and the results whose values are wanted too."""

    def __init__(self, total: Total, wanted: Sequence[Any], results: Sequence[Live]) -> None:
        self.total, self.wanted = total, list(wanted)
        terms = [t for _, t, _ in total.terms]
        heads = [ops.reshape(t, (-1, 1) if lead(t) else (1,)) for t in terms]
        reached = {id(node) for node in Graph((), heads).nodes}
        self.results = [t for t in results if id(t.node) in reached]
        self.heads = len(heads)
        graph = Graph((), [*heads, *self.results])
        self.begins = live.inputs_of(graph)
        self.graph = Graph(self.begins, graph.outputs)
        if not self.begins:
            raise GraphError(text("script.not_recorded", received="Total"))
        self.watched = [i for i, t in enumerate(self.begins) if any(t is w for w in self.wanted)]

    def run(self) -> list[Array | None]:
        arrays = [t.numpy() for t in self.begins if isinstance(t, Live)]
        n = len(arrays[0])
        variables = [v for v in self.graph.variables if any(v is w for w in self.wanted)]
        key = ("step", live.structure(self.graph), self.heads, n, tuple(map(id, variables)), tuple(self.watched))
        compiled: _Compiled = live.remembered(key, lambda: self._compiled(variables, n))
        weights = [np.full(n, factor / n**power, "float32") for factor, _, power in self.total.terms]
        zeros = [np.zeros((n, 1), "float32")] * self.heads
        position = Position(random.seed(), random.next_number(), np.arange(n))
        outcome = compiled.program.run(arrays, zeros, weights, (0.0,), position)
        if outcome.nonfinite:
            raise NonFiniteError(text("nonfinite_prediction", layer=outcome.nonfinite, batch=1), outcome.nonfinite, 0)
        self._tell(outcome.outputs)
        program: Any = compiled.program
        by_variable = dict(zip(map(id, compiled.variables), program.gradients(), strict=True))
        by_input = dict(zip((id(self.begins[i]) for i in self.watched), program.input_gradients(), strict=True))
        return [by_variable.get(id(w), by_input.get(id(w))) for w in self.wanted]

    def _compiled(self, variables: Sequence[Variable], n: int) -> _Compiled:
        losses = [Sum() if i < self.heads else None for i in range(len(self.graph.outputs))]
        inputs = tuple(self.begins[i] for i in self.watched)
        training = Training(SGD(), tuple(variables), ((),) * len(variables), inputs)
        return _Compiled(build(self.graph, n, losses, training), tuple(variables), tuple(self.watched))

    def _tell(self, outputs: Sequence[Array]) -> None:
        """The values this step has computed: of the loss's terms, and of what models gave."""
        for (_, tensor, _), values in zip(self.total.terms, outputs, strict=False):
            live.known(tensor, values.reshape(-1).copy())
        for tensor, values in zip(self.results, outputs[self.heads :], strict=True):
            live.known(tensor, values.copy())
