"""What a number of a network sees, found without any formula: by the gradient through a network of equal weights.

All weights are positive and all pixels too, so nothing is cut off by a ReLU and nothing cancels; max pooling, whose
gradient goes to one place alone, stands as a mean. Where the gradient of a number by the image is not zero, it looks.
"""

from __future__ import annotations

import numpy as np

from konv import ops
from konv.graph import Graph, Node, Tensor
from konv.ops.record import Array, Run

RUN = Run()


class Footprint:
    """One image of ones sent through `graph` in float64; `of` finds the rows and columns that a place of a map sees."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: dict[Tensor, Array] = {}
        for node in graph.nodes:
            if isinstance(node.op, ops.Input):
                self.values[node.output] = np.ones((1, *node.output.shape))
            elif not isinstance(node.op, ops.Softmax):
                taken = tuple(self.values[t] for t in node.inputs)
                self.values[node.output] = self._op(node).forward(taken, self._weights(node), RUN)

    def of(self, tensor: Tensor, row: int, column: int) -> list[tuple[int, int]]:
        """First and last row and column of the image on which the channels of `tensor` at a place depend."""
        source = self.graph.inputs[0]
        coming = {tensor: np.zeros_like(self.values[tensor])}
        coming[tensor][0, row, column] = 1
        for node in reversed(self.graph.nodes):
            dy = coming.get(node.output)
            if dy is None or isinstance(node.op, ops.Input):
                continue
            taken = tuple(self.values[t] for t in node.inputs)
            found = self._op(node).backward(dy, taken, self._weights(node), self.values[node.output], RUN)
            for t, g in zip(node.inputs, found.inputs, strict=True):
                coming[t] = coming[t] + g if t in coming else g
        met = coming[source][0].any(-1)
        return [(int(np.flatnonzero(met.any(1 - a))[0]), int(np.flatnonzero(met.any(1 - a))[-1])) for a in (0, 1)]

    def _op(self, node: Node) -> ops.Op:
        op = node.op
        return ops.AveragePool2D(op.pool, op.strides, op.padding) if isinstance(op, ops.MaxPool2D) else op

    def _weights(self, node: Node) -> tuple[Array, ...]:
        if isinstance(node.op, ops.BatchNormalization):
            return tuple(np.full(v.shape, float("mean" not in v.name and "beta" not in v.name)) for v in node.variables)
        return tuple(np.full(v.shape, 1 / v.size) for v in node.variables)
