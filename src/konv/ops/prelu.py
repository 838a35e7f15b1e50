"""A rectifier that learns its slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.elementwise import Elementwise as Kernel
from konv.kernels.sums.reduction import Reduction
from konv.kernels.sums.tree import BiasGradient
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.shapes import Shape, elements, show

__all__ = ["PReLU"]


@dataclass(frozen=True)
class PReLU(Op):
    """Parametric rectified linear unit: what is negative passes with a slope α that is learned.

        y = x where x > 0, else α · x        ∂x = ∂y where x > 0, else α · ∂y        ∂α = Σ ∂y · x where x ≤ 0

    α has the shape of a sample, 1 along the axes that are `shared` (counted without the batch axis): one slope for a
    whole channel, say.

    Shapes: x and y (N, …), α (…). Source: He, Zhang, Ren & Sun, *Delving deep into rectifiers*, 2015, equations 1 to 3.
    """

    name: ClassVar[str] = "prelu"
    shared: tuple[int, ...] = ()

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.where(x[0] > 0, x[0], w[0] * x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        slope = np.where(x[0] > 0, 0, dy * x[0])
        along = tuple(a + 1 for a, n in enumerate(w[0].shape) if n != x[0].shape[a + 1])
        return Gradients((np.where(x[0] > 0, dy, w[0] * dy),), (slope.sum((0, *along)).reshape(w[0].shape),))

    def lower(self, to: Lowering) -> None:
        shape = to.shapes[0]
        spec = Kernel(to.dtype, "prelu", shape, (shape, self._alpha(shape)), shared=(1,))
        to.samples(spec, to.x[0], to.w[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        shape, alpha = to.shapes[0], self._alpha(to.shapes[0])
        if to.dw[0]:
            slope = to.temporary(elements(shape))
            to.samples(Kernel(to.dtype, "prelu_slope", shape, (shape, shape)), to.x[0], to.dy, slope)
            if alpha != shape:
                each = to.temporary(elements(alpha))
                axes = tuple(a for a, n in enumerate(alpha) if n != shape[a])
                to.samples(Reduction(to.dtype, "sum", shape, axes), slope, each)
                slope = each
            to.sums(BiasGradient(to.dtype, elements(alpha)), slope, weight=0)
        if to.dx[0] is not None:
            spec = Kernel(to.dtype, "prelu_gradient", shape, (shape, alpha, shape), shared=(1,))
            to.samples(spec, to.x[0], to.w[0], to.dy, to.dx[0])

    def _alpha(self, shape: Shape) -> Shape:
        return tuple(1 if a in self.shared else n for a, n in enumerate(shape))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        alpha = self._alpha(self.output_shape(*inputs))
        return (Weight("alpha", alpha, elements(alpha), elements(alpha)),)

    def output_shape(self, *inputs: Shape) -> Shape:
        if any(not 0 <= a < len(inputs[0]) for a in self.shared):
            raise ShapeError(text("bad_axes", received=self.shared, shape=show(inputs[0])))
        return inputs[0]

    def macs(self, *inputs: Shape) -> int:
        return elements(inputs[0])

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.prelu", {"count": elements(self._alpha(inputs[0]))}
