"""A network opened up: its layers by name, the values of any of its tensors, and slopes of one by another.

Everything here behaves as in prediction: nothing is dropped, batch normalisation uses its moving statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from konv.engine import Position, Program, Training, build
from konv.errors import NonFiniteError, ShapeError
from konv.graph import Graph, Node, Tensor
from konv.messages import text
from konv.names import unknown
from konv.ops.elementwise import Elementwise
from konv.ops.objective import Sum
from konv.ops.record import Array
from konv.ops.reduction import Reduce
from konv.ops.source import Input as Source
from konv.ops.update import SGD
from konv.ops.views import Reshape
from konv.shapes import show

__all__ = ["Network", "Place", "Slope", "View", "copied", "find", "opened", "reached", "refuse", "rows_of", "source"]

MOST = 32
"""Samples at once."""


class Network(Protocol):
    """What can be looked into: a model, or anything that has a `graph`."""

    @property
    def graph(self) -> Graph:
        """The nodes."""
        ...


@dataclass(frozen=True, eq=False)
class Place:
    """One use of a layer in a network: its name, with a number behind it from the second use on (`conv2d:2`), and the
    nodes it consists of, in the order data flows."""

    name: str
    nodes: tuple[Node, ...]

    @property
    def output(self) -> Tensor:
        """What it gives."""
        return self.nodes[-1].output

    @property
    def kind(self) -> str:
        """Its operations, as people call them: `Conv2D + ReLU`."""
        return " + ".join(type(node.op).__name__ for node in self.nodes)

    @property
    def operation(self) -> Node:
        """The operation proper: the one before the activation where the layer has one, else the last."""
        last = self.nodes[-1]
        if len(self.nodes) == 2 and last.inputs == (self.nodes[0].output,) and not last.variables:
            return self.nodes[0]
        return last

    @property
    def activation(self) -> Node | None:
        """The activation behind the operation, None where the layer has none of its own."""
        return None if self.operation is self.nodes[-1] else self.nodes[-1]


def _places(nodes: Sequence[Node]) -> Iterator[Place]:
    """The uses of layers, in the order in which they are done; inputs and constants are none."""
    open_: dict[str, list[list[Node]]] = {}
    groups: list[list[Node]] = []
    for node in nodes:
        if node.alike or isinstance(node.op, Source):
            continue
        own = open_.setdefault(node.layer, [])
        group = next((g for g in own if _goes_on(g, node)), None)
        if group is None:
            group = []
            own.append(group)
            groups.append(group)
        group.append(node)
    groups.sort(key=lambda group: nodes.index(group[-1]))
    used: dict[str, int] = {}
    for group in groups:
        name = group[0].layer
        used[name] = used.get(name, 0) + 1
        yield Place(name if used[name] == 1 else f"{name}:{used[name]}", tuple(group))


def _goes_on(group: list[Node], node: Node) -> bool:
    """Whether `node` belongs to the use of a layer that `group` has begun: it reads what is there, which is not yet
    that use's result, and no weight is used a second time."""
    read = [before for before in group if any(t is before.output for t in node.inputs)]
    again = {id(v) for v in node.variables} & {id(v) for before in group for v in before.variables}
    return bool(read) and not again and all(before.call is None for before in read)


def find(places: Sequence[Place], name: str) -> Place:
    """The place called `name`; a model inside is called by its own name, and what it gives is meant.

    Raises: UnknownNameError, with the nearest names, where there is none.
    """
    for place in places:
        if place.name == name:
            return place
    inside = [node for place in places if place.name.startswith(f"{name}/") for node in place.nodes]
    if inside:
        return Place(name, tuple(inside))
    raise unknown("layer", name, [place.name for place in places])


def copied(nodes: Sequence[Node], made: dict[Tensor, Tensor]) -> dict[Tensor, Tensor]:
    """The same `nodes` once more, frozen, behind what `made` has in place of their tensors; `made` with all others."""
    for node in nodes:
        if node.output not in made:
            taken = tuple(made[t] for t in node.inputs)
            output = Node.apply(node.op, taken, node.variables, node.layer, node.output.dtype)
            output.node.frozen = True
            made[node.output] = output
    return made


def source(like: Tensor, name: str) -> Tensor:
    """A new input of the shape and type of `like`."""
    return Node.apply(Source(like.shape), (), (), name, like.dtype)


def reached(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Tensor]:
    """Those of `inputs` that `outputs` depend on."""
    found = {id(node.output) for node in Graph((), outputs).nodes}
    return [t for t in inputs if id(t) in found]


def capacity(n: int) -> int:
    """How many samples a program for `n` of them is made for: a power of two, so that few are needed."""
    return min(1 << (n - 1).bit_length(), MOST)


class Slope:
    """How much a weighted sum of one tensor changes with another: Σ direction · of, and its gradient by `by`.

    Arguments: `view`, the network; `of`, the tensor summed; `by`, one of the network's inputs, or any tensor in it:
    then the way on from there is differentiated, ways past it staying as they are.
    """

    def __init__(self, view: View, of: Tensor, by: Tensor) -> None:
        made = {t: source(t, t.node.layer) for t in view.inputs}
        if by not in made:
            made[by] = source(by, by.node.layer)
        begin = dict(made)
        copied(view.nodes, made)
        self._direction = source(of, "direction")
        product = Node.apply(Elementwise("multiply"), (made[of], self._direction), (), "score", of.dtype)
        if of.shape:
            product = Node.apply(Reduce("sum", tuple(range(len(of.shape)))), (product,), (), "score", of.dtype)
        self._head = Node.apply(Reshape((1,)), (product,), (), "score", of.dtype)
        self._by = begin[by]
        self._order = list(begin)
        self._inputs = [begin[t] for t in self._order]
        self._used = reached([*self._inputs, self._direction], [self._head])
        self._programs: dict[int, Program] = {}
        self._lock = view.lock
        self.cut = by not in view.inputs

    def __call__(self, rows: Sequence[Array], direction: Array, at: Array | None = None) -> tuple[Array, Array]:
        """Values `(n,)` and gradients `(n, …)` for a batch.

        Arguments: `rows`, one array `(n, …)` for each input of the network; `direction`, of the shape of `of`, or one
        for each sample; `at`, the value of `by`, where that is no input.
        Raises: NonFiniteError where something is NaN or infinite.
        """
        n = len(rows[0])
        given = [*rows, at] if self.cut else list(rows)
        whole = np.broadcast_to(direction, (n, *self._direction.shape))
        arrays = dict(zip(map(id, [*self._inputs, self._direction]), [*given, whole], strict=True))
        parts = [self._some(arrays, begin, min(begin + MOST, n)) for begin in range(0, n, MOST)]
        return np.concatenate([v for v, _ in parts]), np.concatenate([g for _, g in parts])

    def _some(self, arrays: Mapping[int, Any], begin: int, end: int) -> tuple[Array, Array]:
        n, dtype = end - begin, self._head.dtype
        taken = [np.ascontiguousarray(arrays[id(t)][begin:end], dtype) for t in self._used]
        with self._lock:
            program = self._program(capacity(n))
            zeros, ones = np.zeros((n, 1), dtype), np.ones(n, dtype)
            outcome = program.run(taken, [zeros], [ones], (0.0,), Position(0, 0, np.arange(n)))
            refuse(outcome.nonfinite)
            gradients = program.input_gradients()
        if not gradients:
            return outcome.losses[0], np.zeros((n, *self._by.shape), dtype)
        return outcome.losses[0], gradients[0]

    def _program(self, batch: int) -> Program:
        if batch not in self._programs:
            asked = tuple(t for t in self._used if t is self._by)
            graph = Graph(self._used, [self._head])
            self._programs[batch] = build(graph, batch, [Sum()], Training(SGD(), (), (), asked))
        return self._programs[batch]


class View:
    """A network with its programs: they are compiled when first needed, and kept.

    Attributes: `inputs`, `outputs`, `nodes` as of its graph; `places`, its layers in the order data flows.
    """

    def __init__(self, graph: Graph) -> None:
        # The graph itself is the key this view is kept by: it must not be held, or it would live for ever.
        self.inputs, self.outputs, self.nodes = graph.inputs, graph.outputs, graph.nodes
        self.places = tuple(_places(graph.nodes))
        self.lock = Lock()
        self._programs: dict[tuple[int, ...], Program] = {}
        self._slopes: dict[tuple[Tensor, Tensor], Slope] = {}

    def find(self, name: str) -> Place:
        """The layer called `name`. Raises: UnknownNameError, with the nearest names, where there is none."""
        return find(self.places, name)

    @property
    def image(self) -> Tensor:
        """The first input that is an image `(H, W, C)`, else the first."""
        return next((t for t in self.inputs if len(t.shape) == 3), self.inputs[0])

    def values(self, rows: Sequence[Array], tensors: Sequence[Tensor]) -> tuple[Array, ...]:
        """The arrays `(n, …)` of `tensors` for a batch: `rows`, one array `(n, …)` for each input.

        Raises: NonFiniteError where something is NaN or infinite.
        """
        used = reached(self.inputs, tensors)
        arrays = [row for row, t in zip(rows, self.inputs, strict=True) if any(t is u for u in used)]
        parts = []
        for begin in range(0, len(rows[0]), MOST):
            some = [np.ascontiguousarray(a[begin : begin + MOST], t.dtype) for a, t in zip(arrays, used, strict=True)]
            with self.lock:
                outcome = self._program(capacity(len(some[0])), used, tensors).run(some)
                refuse(outcome.nonfinite)
                parts.append(outcome.outputs)
        return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))

    def _program(self, batch: int, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Program:
        key = (batch, *map(id, outputs))
        if key not in self._programs:
            self._programs[key] = build(Graph(inputs, outputs), batch)
        return self._programs[key]

    def slope(self, of: Tensor, by: Tensor | None = None) -> Slope:
        """How `of` changes with `by`, by default with the image."""
        key = (of, self.image if by is None else by)
        if key not in self._slopes:
            self._slopes[key] = Slope(self, *key)
        return self._slopes[key]


_views: WeakKeyDictionary[Graph, View] = WeakKeyDictionary()


def opened(model: Network) -> View:
    """The view of `model`: the same one as long as its network is the same."""
    graph = model.graph
    found = _views.get(graph)
    if found is None:
        found = _views.setdefault(graph, View(graph))
    return found


def rows_of(view: View, image: Any, several: bool = False) -> tuple[Array, ...]:
    """`image` as one array `(n, …)` for each input of the network, n being 1 unless `several`.

    Arguments: `image`, an array as the network takes it, with or without the batch axis; a list of such arrays where
    the network has several inputs.
    Raises: ShapeError where one does not fit.
    """
    several_arrays = isinstance(image, (list, tuple)) and all(isinstance(one, np.ndarray) for one in image)
    given = list(image) if several_arrays or len(view.inputs) > 1 else [image]
    if len(given) != len(view.inputs):
        raise ShapeError(text("look.inputs", expected=len(view.inputs), received=len(given)))
    rows = []
    for one, tensor in zip(given, view.inputs, strict=True):
        array = np.asarray(one)
        array = array[None] if array.shape == tensor.shape else array
        fits = array.shape[1:] == tensor.shape and len(array) > 0 and (several or len(array) == 1)
        if not fits or array.dtype.kind not in "biuf":
            raise ShapeError(text("look.image", received=show(np.shape(one)), expected=show(tensor.shape)))
        rows.append(array.astype(tensor.dtype, copy=False))
    return tuple(rows)


def refuse(nonfinite: str) -> None:
    """Raise NonFiniteError where a program has named a layer that is not finite."""
    if nonfinite:
        raise NonFiniteError(text("nonfinite_prediction", layer=nonfinite, batch=1), nonfinite, 0)
