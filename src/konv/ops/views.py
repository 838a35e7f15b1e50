"""Ops that look at the same numbers in another shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.errors import ShapeError
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["Flatten", "Reshape"]


@dataclass(frozen=True)
class Reshape(Op):
    """The same numbers, in the same order, in another `shape`; one of its axes may be −1: whatever is left over.

        y = x, read in row-major order (the last axis runs fastest)        ∂x = ∂y, in x's shape

    Shapes: x (N, …), y (N, *shape). Nothing is copied or computed.
    """

    name: ClassVar[str] = "reshape"
    shape: Shape

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0].reshape(len(x[0]), *self.output_shape(x[0].shape[1:]))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy.reshape(x[0].shape),))

    def lower(self, to: Lowering) -> None:
        to.same()

    def lower_backward(self, to: Lowering) -> None:
        to.same()

    def output_shape(self, *inputs: Shape) -> Shape:
        count, fixed = elements(inputs[0]), elements([n for n in self.shape if n != -1])
        free = self.shape.count(-1)
        fits = fixed > 0 and (count == fixed if free == 0 else free == 1 and count % fixed == 0)
        if not fits:
            raise ShapeError(
                text("reshape_does_not_fit", layer="Reshape", received=show(inputs[0]), count=count,
                     target=show([None if n == -1 else n for n in self.shape]), needed=fixed)
            )  # fmt: skip
        return tuple(count // fixed if n == -1 else n for n in self.shape)


@dataclass(frozen=True)
class Flatten(Op):
    """All of a sample's numbers in one row, so that fully connected layers can take them.

        y = x, read in row-major order (the last axis runs fastest)        ∂x = ∂y, in x's shape

    Shapes: x (N, H, W, C), y (N, H·W·C). Nothing is copied or computed.
    """

    name: ClassVar[str] = "flatten"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0].reshape(len(x[0]), elements(x[0].shape[1:]))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy.reshape(x[0].shape),))

    def lower(self, to: Lowering) -> None:
        to.same()

    def lower_backward(self, to: Lowering) -> None:
        to.same()

    def output_shape(self, *inputs: Shape) -> Shape:
        return (elements(inputs[0]),)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.flatten", {"shape": show(inputs[0]), "count": elements(inputs[0])}
