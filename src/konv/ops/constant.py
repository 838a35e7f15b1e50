"""Numbers that are the same for every sample: constants, weights, and values that pass no gradient on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.maps.moves import Move
from konv.kernels.sums.tree import BiasGradient
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.shapes import Shape, elements

__all__ = ["Constant", "Parameter", "StopGradient"]


@dataclass(frozen=True)
class Constant(Op):
    """Known numbers, in row-major order, of `shape`, for every sample the same.

        y[n] = values

    It takes nothing, and nothing can be learned of it. Shapes: y (N, *shape).
    """

    name: ClassVar[str] = "constant"
    alike: ClassVar[bool] = True
    shape: Shape
    values: tuple[float, ...]
    dtype: str = "float32"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.array(self.values, self.dtype).reshape(1, *self.shape)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients(())

    def lower(self, to: Lowering) -> None:
        size = elements(self.shape)
        values = to.constant(np.array(self.values, to.dtype))
        to.samples(Move(to.dtype, (size,), (0, 0, (1,)), (size, 0, (1,))), values, to.y)

    def lower_backward(self, to: Lowering) -> None:
        pass

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.shape


@dataclass(frozen=True)
class Parameter(Op):
    """A weight of `shape` as an array of the network, for every sample the same.

        y[n] = w        ∂w = Σ_n ∂y[n]

    Shapes: w (*shape), y (N, *shape).
    """

    name: ClassVar[str] = "parameter"
    alike: ClassVar[bool] = True
    shape: Shape

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return w[0].reshape(1, *self.shape)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((), (dy.sum(0),))

    def lower(self, to: Lowering) -> None:
        size = elements(self.shape)
        to.samples(Move(to.dtype, (size,), (0, 0, (1,)), (size, 0, (1,))), to.w[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if to.dw[0]:
            to.sums(BiasGradient(to.dtype, elements(self.shape)), to.dy, weight=0)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("value", self.shape, 1, 1),)

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.shape


@dataclass(frozen=True)
class StopGradient(Op):
    """The input as it is, taken for a constant in the way back.

        y = x        ∂x = 0

    Shapes: x and y (N, …).
    """

    name: ClassVar[str] = "stop_gradient"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((None,))

    def lower(self, to: Lowering) -> None:
        to.same()

    def lower_backward(self, to: Lowering) -> None:
        to.nothing(0)
