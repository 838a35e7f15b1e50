"""Tensors that know their values: what models give while a `GradientTape` watches.

A live tensor is a symbolic tensor whose network begins in arrays, the batch at hand; whatever is made of it is live
too. So a training loop of a script's own is traced step by step, and yet compiled: steps of the same structure share
one program. Values are computed when they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from konv.engine import Program, build
from konv.functions.base import BINDERS
from konv.graph import Graph, Node, Tensor
from konv.ops.record import Array
from konv.ops.source import Input

__all__ = ["Live", "bound", "forget", "inputs_of", "known", "remembered", "structure"]

KEPT = 64
"""Programs kept, the latest used."""
_values: WeakKeyDictionary[Node, Array] = WeakKeyDictionary()
_bound: dict[int, tuple[Any, Live]] = {}
_programs: dict[Any, Any] = {}


@dataclass(frozen=True, eq=False)
class Live(Tensor):
    """A symbolic tensor with values; see `konv.graph.Tensor`."""

    def numpy(self) -> Array:
        """The values, `(N, …)`; of what a training step has computed, that step's."""
        if self.node not in _values:
            _values[self.node] = _computed(self)
        return _values[self.node]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self.numpy(), dtype)

    def __float__(self) -> float:
        return float(self.numpy())

    def __len__(self) -> int:
        return len(self.numpy())

    def __repr__(self) -> str:
        return repr(self.numpy())


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
    n = len(arrays[0]) if arrays else 1

    def make() -> Program:
        return build(Graph(begins, (tensor,)), n)

    program: Program = remembered(("values", structure(graph), n), make)
    result: Array = program.run(arrays).outputs[0].copy()
    return result
