"""Tensors that know their values: what models give while a `GradientTape` watches.

A live tensor is a symbolic tensor whose network begins in arrays, the batch at hand; whatever is made of it is live
too. So a training loop of a script's own is traced step by step, and yet compiled: steps of the same structure share
one program. Values are computed when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from konv import random
from konv.compat.values import Axes, Symbol, Values, asked_by_konv, valued
from konv.engine import Position, Program, Training, build
from konv.functions import Total, reshape
from konv.functions.base import BINDERS
from konv.graph import Graph, Node, Tensor
from konv.graph.node import COMPARING, OPERATORS
from konv.ops.objective import Sum
from konv.ops.phase import Phase
from konv.ops.record import Array, Run
from konv.ops.source import Input
from konv.ops.update import SGD

__all__ = ["Live", "bound", "forget", "inputs_of", "known", "making", "remembered", "structure", "tapes"]

TRUTHS = (*COMPARING, "equal", "not_equal", "logical_and", "logical_or", "logical_not", "isnan", "isfinite")
KEPT = 64
"""Programs kept, the latest used."""
tapes: list[Any] = []
"""Those that watch."""
_values: WeakKeyDictionary[Node, Array] = WeakKeyDictionary()
_bound: dict[int, tuple[Any, Live]] = {}
_programs: dict[Any, Any] = {}


class Live(Symbol):
    """A symbolic tensor with values; see `konv.graph.Tensor`."""

    def numpy(self) -> Array:
        """The values, `(N, …)`; of what a training step has computed, that step's."""
        if self.node not in _values:
            _values[self.node] = _computed(self)
        return _values[self.node]

    def _batch(self) -> int | None:
        waiting = [self.node]
        while waiting:
            node = waiting.pop()
            if node in _values and not node.alike:
                return len(_values[node])
            waiting.extend(t.node for t in node.inputs)
        return None

    def __getitem__(self, key: Any) -> Any:
        """A part: of each sample, or while a tape watches of the only one there is, a symbolic one; else of the batch
        the values as they are."""
        first, *rest = key if isinstance(key, tuple) and key else (key,)
        whole = first is Ellipsis or first is None or (isinstance(first, slice) and first == slice(None))
        if whole:
            return OPERATORS["index"](self, key)
        if tapes and isinstance(first, int) and first in (0, -1) and not self.node.alike and self._batch() == 1:
            return Only.of(OPERATORS["index"](self, (slice(None), *rest)) if rest else self)
        return self.values()[key]

    def values(self) -> Values:
        """`numpy()` as what eager computations give."""
        found: Values = valued(self.numpy())
        return found

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter(self.values())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self.numpy(), dtype)

    def __float__(self) -> float:
        return float(self.numpy().item())

    def __bool__(self) -> bool:
        """The truth of a comparison, as NumPy has it; True of anything else."""
        if getattr(self.node.op, "function", "") not in TRUTHS:
            return True
        return bool(self.numpy().flat[0] if self.node.alike else self.numpy())

    def __len__(self) -> int:
        return len(self.numpy())

    def __repr__(self) -> str:
        return repr(self.numpy())


class Only(Live):
    """The only sample of its batch, as `y[0]`: its shape has no batch axis; what is made of it has one of 1."""

    @classmethod
    def of(cls, tensor: Tensor) -> Only:
        """That sample of `tensor`."""
        found: Any = reshape(tensor, (-1, *tensor.__dict__["sample"]))
        found.__class__ = cls
        only: Only = found
        return only

    @property
    def shape(self) -> Any:
        """The axes of the sample."""
        own = self.__dict__["sample"]
        return own if asked_by_konv() else Axes(own)

    @shape.setter
    def shape(self, value: Any) -> None:
        self.__dict__["sample"] = tuple(value)

    def numpy(self) -> Array:
        """The values of the sample, without a batch axis."""
        found: Array = super().numpy()[0]
        return found

    def __getitem__(self, key: Any) -> Any:
        return Only.of(OPERATORS["index"](self, (slice(None), *(key if isinstance(key, tuple) else (key,)))))


def bound(array: Any) -> Live:
    """The live tensor that stands for `array`, `(N, …)`: the same one for the same array."""
    known_ = _bound.get(id(array))
    if known_ is not None and known_[0] is array:
        return known_[1]
    values = np.asarray(array)
    node = Node(Input(values.shape[1:]), (), (), "batch")
    node.alike = False
    node.output = made = Live(values.shape[1:], "float32", node)
    _values[node] = np.ascontiguousarray(values, "float32")
    _bound[id(array)] = array, made
    return made


BINDERS[Live] = bound


@contextmanager
def making() -> Iterator[None]:
    """Whatever is made of weights alone is live within."""
    before, Node.kind = Node.kind, Live
    try:
        yield
    finally:
        Node.kind = before


def forget() -> None:
    """Let go of the arrays of steps that are over."""
    _bound.clear()


def known(tensor: Tensor, values: Array) -> None:
    """Say that `tensor` has these `values`."""
    _values[tensor.node] = values


def inputs_of(graph: Graph) -> list[Tensor]:
    """The live tensors a graph begins in, in the order it meets them."""
    return [node.output for node in graph.nodes if isinstance(node.op, Input)]


def structure(graph: Graph) -> tuple[Any, ...]:
    """What is the same of two graphs that one program can run: operations, what they read, weights."""
    number = {id(node.output): i for i, node in enumerate(graph.nodes)}
    return tuple(
        (node.op, tuple(number[id(t)] for t in node.inputs), tuple(map(id, node.variables)), node.frozen)
        for node in graph.nodes
    )  # fmt: skip


def remembered(key: Any, make: Any) -> Any:
    """What `make()` gave for `key`, kept while it is among the latest."""
    found = _programs.pop(key, None)
    _programs[key] = found = make() if found is None else found
    if len(_programs) > KEPT:
        del _programs[next(iter(_programs))]
    return found


def _computed(tensor: Live) -> Array:
    graph = Graph((), (tensor,))
    begins = inputs_of(graph)
    arrays: Sequence[Array] = [_values[t.node] for t in begins]
    if not arrays:
        return _of_weights(graph)
    n = len(arrays[0])

    def make() -> Program:
        return build(Graph(begins, (tensor,)), n)

    learning = [node for node in graph.nodes if node.learning]
    if any(one.op.random or isinstance(one.op, Phase) or any(v.statistic for v in one.variables) for one in learning):
        return _while_training(graph, begins, arrays, n)
    program: Program = remembered(("values", structure(graph), n), make)
    result: Array = program.run(arrays).outputs[0]
    return result


def _of_weights(graph: Graph) -> Array:
    """The value of what is made of weights and constants alone, `(1, …)`: by the operations' references."""
    values: dict[Tensor, Array] = {}
    for node in graph.nodes:
        taken = tuple(values[t] for t in node.inputs)
        values[node.output] = node.op.forward(taken, tuple(v.value for v in node.variables), Run())
    return values[graph.outputs[0]]


def _while_training(graph: Graph, begins: Sequence[Tensor], arrays: Sequence[Array], n: int) -> Array:
    """The values of the graph's output as training sees it: what is random is drawn, statistics follow."""
    ((_, head, _),) = Total.of(graph.outputs[0]).terms
    whole = Graph(begins, (graph.outputs[0], reshape(head, (-1, 1))))
    make = partial(build, whole, n, [None, Sum()], Training(SGD(), (), ()))
    program: Program = remembered(("while training", structure(graph), n), make)
    position = Position(random.seed(), random.next_number(), np.arange(n))
    zeros = [np.zeros((n, 1), "float32")], [np.zeros(n, "float32")]
    result: Array = program.run(arrays, *zeros, (0.0,), position).outputs[0]
    return result
