"""One of two inputs, by whether the network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.errors import ShapeError
from konv.kernels.maps.pointwise import Pointwise
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, show

__all__ = ["Phase"]


@dataclass(frozen=True)
class Phase(Op):
    """The first input while the network is trained, the second in prediction.

        y = a in training, b in prediction        ∂a = ∂y, ∂b = 0 in training; the other way round in prediction

    Shapes: a, b and y (N, …).
    """

    name: ClassVar[str] = "phase"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0] if run.training else x[1]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy, None) if run.training else (None, dy))

    def lower(self, to: Lowering) -> None:
        to.samples(Pointwise(to.dtype, "copy", to.y.size), to.x[0 if to.training else 1], to.y)

    def lower_backward(self, to: Lowering) -> None:
        to.passes(0 if to.training else 1)
        to.nothing(1 if to.training else 0)

    def output_shape(self, *inputs: Shape) -> Shape:
        first, second = inputs
        if first != second:
            raise ShapeError(text("phases_differ", training=show(first), prediction=show(second)))
        return first
