"""Ops that make fewer numbers of many: sums, means, the largest, the smallest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.kernels.maps.elementwise import Elementwise as Kernel
from konv.kernels.sums.reduction import Reduction
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["Reduce"]


@dataclass(frozen=True)
class Reduce(Op):
    """One number of all along `axes`, by `function`: "sum", "mean", "max" or "min"; with `keep` the axes stay, of one
    element. Axes leave the batch axis out.

        sum: y = Σ x, ∂x = ∂y        mean: y = Σ x / n, ∂x = ∂y / n
        max: y = max x, ∂x = ∂y / m where x = y, else 0, m the number of such places; min likewise

    Shapes: x (N, …), y (N, …) without `axes`.
    """

    name: ClassVar[str] = "reduce"
    function: str
    axes: tuple[int, ...]
    keep: bool = False

    def __post_init__(self) -> None:
        if self.function not in ("sum", "mean", "max", "min"):
            raise ConfigurationError(text("bad_reduction", received=self.function))

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        axes = tuple(a + 1 for a in self.axes)
        return np.asarray(getattr(np, self.function)(x[0], axis=axes, keepdims=self.keep))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        kept = (len(dy), *self._kept(x[0].shape[1:]))
        g = dy.reshape(kept)
        if self.function == "mean":
            g = g / elements([x[0].shape[a + 1] for a in self.axes])
        if self.function in ("max", "min"):
            here = (x[0] == y.reshape(kept)).astype(dy.dtype)
            return Gradients((here * (g / here.sum(tuple(a + 1 for a in self.axes), keepdims=True)),))
        return Gradients((np.broadcast_to(g, x[0].shape).copy(),))

    def lower(self, to: Lowering) -> None:
        to.samples(Reduction(to.dtype, self.function, to.shapes[0], self.axes), to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        shape, dx = to.shapes[0], to.dx[0]
        kept = self._kept(shape)
        if dx is None:
            return
        if self.function in ("sum", "mean"):
            count = float(elements([shape[a] for a in self.axes]))
            spec = Kernel(to.dtype, "copy", shape, (kept,))
            to.samples(spec if self.function == "sum" else Kernel(to.dtype, "divide", shape, (kept, count)), to.dy, dx)
            return
        here, shares = to.temporary(elements(shape)), to.temporary(elements(kept))
        to.samples(Kernel(to.dtype, "equal", shape, (shape, kept)), to.x[0], to.y, here)
        to.samples(Reduction(to.dtype, "sum", shape, self.axes), here, shares)
        to.samples(Kernel(to.dtype, "divide", kept, (kept, kept)), to.dy, shares, shares)
        to.samples(Kernel(to.dtype, "multiply", shape, (shape, kept)), here, shares, dx)

    def output_shape(self, *inputs: Shape) -> Shape:
        if len(set(self.axes)) != len(self.axes) or not all(0 <= a < len(inputs[0]) for a in self.axes):
            raise ShapeError(text("bad_axes", received=self.axes, shape=show(inputs[0])))
        kept = self._kept(inputs[0])
        return kept if self.keep else tuple(n for a, n in enumerate(kept) if a not in self.axes)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.reduce", {"function": self.function, "count": elements([inputs[0][a] for a in self.axes])}

    def _kept(self, shape: Shape) -> Shape:
        return tuple(1 if a in self.axes else n for a, n in enumerate(shape))
