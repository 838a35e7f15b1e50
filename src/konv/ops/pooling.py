"""Pooling: one number stands for each window of a feature map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.code.spec import LEAVES
from konv.kernels.maps.pooling import Pool, PoolGradient
from konv.kernels.products.taps import Taps
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run
from konv.ops.windows import crop, image_shape, pad, taps
from konv.shapes import Axis, Padding, Shape, axes, show

__all__ = ["AveragePool2D", "MaxPool2D"]


@dataclass(frozen=True)
class _Pool2D(Op):
    """What both poolings share: a window that slides over each channel by itself."""

    how: ClassVar[str] = ""
    pool: tuple[int, int] = (2, 2)
    strides: tuple[int, int] = (2, 2)
    padding: Padding = "valid"

    def output_shape(self, *inputs: Shape) -> Shape:
        rows, columns = self.window(*inputs)
        return rows.output, columns.output, inputs[0][2]

    def window(self, *inputs: Shape) -> tuple[Axis, ...]:
        """The two spatial axes. Raises: ShapeError where a window does not fit, or would see nothing but padding."""
        kind = type(self).__name__
        height, width, _ = image_shape(inputs[0], kind)
        window = axes((height, width), self.pool, self.strides, self.padding, (1, 1), kind, "pool")
        for axis in window:
            if axis.before >= axis.kernel or (axis.output - 1) * axis.stride - axis.before >= axis.size:
                raise ShapeError(
                    text("pool_of_padding", layer=kind, pool=show(self.pool), before=axis.before, after=axis.after,
                         received=show(inputs[0]))
                )  # fmt: skip
        return window

    def lower(self, to: Lowering) -> None:
        rows, columns = (Taps.forward(axis) for axis in self.window(*to.shapes))
        spec = Pool(to.dtype, rows, columns, to.shapes[0][2], self.how)
        spec = spec.shared(to.batch, to.target) if to.batch < LEAVES else spec
        if to.goes_back and self.how == "max" and not spec.far:
            # A byte a window instead of x and y, which need not be kept for the way back.
            spec, made = replace(spec, noting=True), (to.y, self._notes(to, spec))
            to.samples(spec, to.x[0], *made, grain=spec.units(), written=made)
        else:
            to.samples(spec, to.x[0], to.y, grain=spec.units())

    def lower_backward(self, to: Lowering) -> None:
        if to.dx[0] is not None:
            rows, columns = (Taps.forward(axis) for axis in self.window(*to.shapes))
            spec = PoolGradient(to.dtype, rows, columns, to.shapes[0][2], self.how, to.gate)
            spec = spec.shared(to.batch, to.target) if to.batch < LEAVES else spec
            if self.how == "mean":
                to.samples(spec, to.dy, to.dx[0], grain=spec.units())
            elif spec.far:
                to.samples(spec, to.x[0], to.y, to.dy, to.dx[0], grain=spec.units())
            else:
                spec = replace(spec, noted=True)
                to.samples(spec, self._notes(to, spec), to.dy, to.dx[0], grain=spec.units())

    def _notes(self, to: Lowering, spec: Pool | PoolGradient) -> Slot:
        """Where the way forward notes, for the way back, which element of each window won."""
        return to.own("notes", spec.notes() // (8 if to.dtype == "float64" else 4), "sample")

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"pool": show(self.pool), "count": self.pool[0] * self.pool[1]}


@dataclass(frozen=True)
class MaxPool2D(_Pool2D):
    """Max pooling: of each window, in each channel, the largest value.

        y[n, i, j, c] = max_{u,v} x[n, s·i + u, s·j + v, c]

    Padding never wins: it counts as −∞. A NaN in the window is the result.

    Backward: what came back goes whole to the element that won; among equals, to the first in the window's order
    (row by row). Windows may overlap: then an element sums what its windows hand it.

    Shapes: x (N, H, W, C), y (N, H', W', C); H' and W' follow `konv.shapes.Axis`.

    Source: Riesenhuber & Poggio, *Hierarchical models of object recognition in cortex*, 1999; overlapping windows:
    Krizhevsky, Sutskever & Hinton, 2012, section 3.4.
    """

    name: ClassVar[str] = "max_pooling2d"
    how: ClassVar[str] = "max"
    gates: ClassVar[bool] = True

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        window = self.window(x[0].shape[1:])
        image = pad(x[0], window, -np.inf)
        first, *others = (image[seen] for _, _, seen in taps(window))
        return reduce(np.maximum, others, first.copy())

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        window = self.window(x[0].shape[1:])
        image = pad(x[0], window, -np.inf)
        dimage = np.zeros_like(image)
        undecided = np.ones(y.shape, bool)
        for _, _, seen in taps(window):
            won = undecided & (image[seen] == y)
            dimage[seen] += np.where(won, dy, 0)
            undecided &= ~won
        return Gradients((crop(dimage, window),))


@dataclass(frozen=True)
class AveragePool2D(_Pool2D):
    """Average pooling: of each window, in each channel, the mean.

        y[n, i, j, c] = (1 / m[i, j]) · Σ_{u,v} x[n, s·i + u, s·j + v, c]

    m[i, j] counts the elements of the window that lie inside the image: padding is left out of sum and count, as in
    Keras.

    Backward: each element of a window gets an equal share, ∂y[n, i, j, c] / m[i, j].

    Shapes: x (N, H, W, C), y (N, H', W', C), m (H', W', 1); H' and W' follow `konv.shapes.Axis`.

    Source: LeCun, Bottou, Bengio & Haffner, *Gradient-based learning applied to document recognition*, 1998,
    section II.B (without its trainable coefficient).
    """

    name: ClassVar[str] = "average_pooling2d"
    how: ClassVar[str] = "mean"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        window = self.window(x[0].shape[1:])
        image = pad(x[0], window)
        first, *others = (image[seen] for _, _, seen in taps(window))
        return sum(others, start=first) / _inside(window, x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        window = self.window(x[0].shape[1:])
        dimage = np.zeros_like(pad(x[0], window))
        share = dy / _inside(window, x[0])
        for _, _, seen in taps(window):
            dimage[seen] += share
        return Gradients((crop(dimage, window),))


def _inside(window: tuple[Axis, ...], x: Array) -> Array:
    """How many elements of each window lie inside the image, (1, H', W', 1), in x's type."""
    ones = pad(np.ones((1, *x.shape[1:3], 1), x.dtype), window)
    return np.asarray(sum(ones[seen] for _, _, seen in taps(window)))
