"""The network as data: variables, symbolic tensors, and the nodes that tie them together.

Knows nothing of training, files or printing. A `Tensor` is the promise of an array of `shape` (batch axis left out);
a `Node` says which op makes it from which tensors and variables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from konv.ops.record import Array, Op
from konv.shapes import Shape

__all__ = ["Node", "Tensor", "Variable", "aligned"]

LINE = 64
"""Bytes of a cache line, and of the widest vector: every buffer that kernels touch starts on one."""


def aligned(shape: Shape, dtype: str | np.dtype[np.generic] = "float32") -> Array:
    """An array of zeros whose first element lies on a cache line, so that kernels may use it as it is."""
    kind = np.dtype(dtype)
    count = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    raw = np.zeros(count + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + count].view(kind).reshape(shape)


class Variable:
    """A named array that training may adjust: `value` is always contiguous, aligned, and stays at one address.

    Programs keep packed copies of it: whoever writes `value` must do so through `assign` (or call `touch`), which
    raises `version` and so tells them that their copies are stale.
    """

    def __init__(self, name: str, value: Array, trainable: bool = True) -> None:
        self.name = name
        self.value = aligned(value.shape, value.dtype)
        self.value[...] = value
        self.trainable = trainable
        self.version = 0

    def assign(self, value: Array) -> None:
        """Copy `value`, of the same shape, into this variable."""
        self.value[...] = value
        self.touch()

    def touch(self) -> None:
        """Say that `value` has been written."""
        self.version += 1

    @property
    def shape(self) -> Shape:
        """The shape of the value."""
        shape: Shape = self.value.shape
        return shape

    def __repr__(self) -> str:
        return f"<Variable {self.name} {self.value.dtype}{list(self.shape)}>"


@dataclass(frozen=True, eq=False)
class Tensor:
    """The promise of an array: `shape` without the batch axis, made by `node`."""

    shape: Shape
    dtype: str
    node: Node


@dataclass(eq=False)
class Node:
    """One application of an op: `output = op(inputs; variables)`. `layer` names the layer it came from."""

    op: Op
    inputs: tuple[Tensor, ...]
    variables: tuple[Variable, ...]
    layer: str
    output: Tensor = field(init=False)
    frozen: bool = False
    """Whether the op behaves as in prediction even while the network is trained."""
    call: object | None = field(default=None, repr=False)
    """The use of a layer that `output` is a result of, for whoever makes models of layers; the graph never looks."""

    @classmethod
    def apply(
        cls, op: Op, inputs: tuple[Tensor, ...], variables: tuple[Variable, ...], layer: str, dtype: str
    ) -> Tensor:
        """Add a node and return its output. Raises: ShapeError from the op's shape rule."""
        node = cls(op, inputs, variables, layer)
        node.output = Tensor(op.output_shape(*(t.shape for t in inputs)), dtype, node)
        return node.output
