"""A node of a network with what stands around it: who makes its inputs, who reads it, what it sees of the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from konv import ops
from konv.explain.sight import Sight, sights
from konv.graph import Graph, Node, Tensor
from konv.shapes import Shape

__all__ = ["PASSING", "Place", "Surroundings", "is_image"]

PASSING = (
    ops.BatchNormalization, ops.Dropout, ops.JointDropout, ops.SpatialDropout1D, ops.SpatialDropout2D, ops.Linear,
)  # fmt: skip
"""What stands between two layers without changing what they are to each other."""


class Surroundings:
    """What a look around needs to know of a whole `graph`: `readers` of each tensor, `sights`, and what came before."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.sights = sights(graph)
        self.readers: dict[Tensor, list[Node]] = {node.output: [] for node in graph.nodes}
        for node in graph.nodes:
            for tensor in node.inputs:
                self.readers[tensor].append(node)
        self._before: dict[Node, frozenset[Node]] = {}

    def before(self, node: Node) -> frozenset[Node]:
        """All nodes that `node` depends on."""
        if node not in self._before:
            for other in self.graph.nodes:  # in topological order: inputs are known when they are asked for
                if other not in self._before:
                    makers = [t.node for t in other.inputs]
                    self._before[other] = frozenset(makers).union(*(self._before[maker] for maker in makers))
                if other is node:
                    break
        return self._before[node]


@dataclass(frozen=True)
class Place:
    """Where `node` stands, among its `surroundings`."""

    node: Node
    surroundings: Surroundings

    @property
    def op(self) -> ops.Op:
        """What is computed here."""
        return self.node.op

    @property
    def taken(self) -> Shape:
        """The shape of the first input."""
        return self.node.inputs[0].shape

    @property
    def made(self) -> Shape:
        """The shape of the output."""
        return self.node.output.shape

    @property
    def sight(self) -> Sight | None:
        """What the output sees; None where it depends on no input."""
        return self.surroundings.sights.get(self.node.output)

    @property
    def first(self) -> bool:
        """Whether nothing but inputs, margins and the like comes before."""
        return not any(node.variables for node in self.surroundings.before(self.node))

    @property
    def next(self) -> Node | None:
        """The one node that reads the output, past normalisation and dropout; None where there are several or none."""
        return self._next(self.node)

    @property
    def source(self) -> Node:
        """The node that made the first input, past normalisation, activations and dropout."""
        node = self.node.inputs[0].node
        while node.inputs and len(node.inputs) == 1 and (isinstance(node.op, PASSING) or is_bend(node.op)):
            node = node.inputs[0].node
        return node

    @property
    def forks(self) -> bool:
        """Whether others read the first input too."""
        return len(self.surroundings.readers[self.node.inputs[0]]) > 1

    def before(self, tensor: Tensor, other: Tensor) -> bool:
        """Whether `tensor` is, or comes before, what made `other`."""
        return tensor is other or tensor.node in self.surroundings.before(other.node)

    def way_back(self, tensor: Tensor) -> Iterator[Node]:
        """The nodes one behind the other that lead to `tensor`, the last first, as far as there is one way only."""
        node = tensor.node
        while True:
            yield node
            if len(node.inputs) != 1:
                return
            node = node.inputs[0].node

    def _next(self, node: Node) -> Node | None:
        readers = self.surroundings.readers[node.output]
        if len(readers) != 1:
            return None
        return self._next(readers[0]) if isinstance(readers[0].op, PASSING) else readers[0]


def is_bend(op: ops.Op) -> bool:
    """Whether `op` is an activation."""
    return type(op).__module__.rpartition(".")[2] in ("activation", "curves")


def is_image(shape: Shape) -> bool:
    """Whether `shape` is that of a map: height, width, channels."""
    return len(shape) == 3


def shrinks(taken: Shape, made: Shape) -> Fraction:
    """How many times lower the map has become."""
    return Fraction(taken[0], made[0])
