"""Pooling over a whole feature map, and pooling along sequences: both are pooling over images, seen another way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.ops.lowering import Lowering
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array, Gradients, Op, Run
from konv.ops.sequence import OnImages, wide
from konv.ops.windows import image_shape
from konv.shapes import Axis, Padding, Shape, show

__all__ = [
    "AveragePool1D",
    "GlobalAveragePool1D",
    "GlobalAveragePool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "MaxPool1D",
]


@dataclass(frozen=True)
class _Global2D(Op):
    """What both global poolings share: they are pooling with one window, the feature map itself."""

    kind: ClassVar[type[MaxPool2D] | type[AveragePool2D]]
    keepdims: bool = False

    def whole(self, *inputs: Shape) -> MaxPool2D | AveragePool2D:
        """The pooling with one window. Raises: ShapeError where the input is no image."""
        height, width, _ = image_shape(inputs[0], type(self).__name__)
        return self.kind((height, width), (height, width))

    def output_shape(self, *inputs: Shape) -> Shape:
        image = self.whole(*inputs).output_shape(*inputs)
        return image if self.keepdims else image[2:]

    def window(self, *inputs: Shape) -> tuple[Axis, ...]:
        return self.whole(*inputs).window(*inputs)

    def lower(self, to: Lowering) -> None:
        self.whole(*to.shapes).lower(to)

    def lower_backward(self, to: Lowering) -> None:
        self.whole(*to.shapes).lower_backward(to)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"map": show(inputs[0][:2]), "count": inputs[0][0] * inputs[0][1]}


@dataclass(frozen=True)
class GlobalAveragePool2D(_Global2D):
    """Global average pooling: of each channel, the mean over the whole feature map.

        y[n, c] = 1/(H·W) · Σ_{i,j} x[n, i, j, c]        ∂x[n, i, j, c] = ∂y[n, c] / (H·W)

    Shapes: x (N, H, W, C), y (N, C), with `keepdims` (N, 1, 1, C).

    Source: Lin, Chen & Yan, *Network in network*, 2014, section 3.2.
    """

    name: ClassVar[str] = "global_average_pooling2d"
    kind: ClassVar[type[MaxPool2D] | type[AveragePool2D]] = AveragePool2D

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(x[0].mean((1, 2), keepdims=self.keepdims))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        count, channels = x[0].shape[1] * x[0].shape[2], x[0].shape[3]
        share = dy.reshape(-1, 1, 1, channels) / count
        return Gradients((np.broadcast_to(share, x[0].shape).copy(),))


@dataclass(frozen=True)
class GlobalMaxPool2D(_Global2D):
    """Global max pooling: of each channel, the largest value of the whole feature map.

        y[n, c] = max_{i,j} x[n, i, j, c]

    Backward: what came back goes whole to the element that won; among equals, to the first, row by row.

    Shapes: x (N, H, W, C), y (N, C), with `keepdims` (N, 1, 1, C).

    Source: Oquab, Bottou, Laptev & Sivic, *Is object localization for free?*, 2015, section 3.
    """

    name: ClassVar[str] = "global_max_pooling2d"
    gates: ClassVar[bool] = True
    kind: ClassVar[type[MaxPool2D] | type[AveragePool2D]] = MaxPool2D

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(x[0].max((1, 2), keepdims=self.keepdims))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        n, channels = x[0].shape[0], x[0].shape[3]
        rows = x[0].reshape(n, -1, channels)
        dx = np.zeros_like(rows)
        np.put_along_axis(dx, rows.argmax(1)[:, None], dy.reshape(n, 1, channels), 1)
        return Gradients((dx.reshape(x[0].shape),))


@dataclass(frozen=True)
class _Pool1D(OnImages):
    """Pooling along a sequence: over images of height 1."""

    gates: ClassVar[bool] = False
    relus: ClassVar[bool] = False
    kind: ClassVar[type[MaxPool2D] | type[AveragePool2D]]
    pool: int = 2
    stride: int = 2
    padding: Padding = "valid"

    def on_images(self) -> Op:
        return self.kind((1, self.pool), (1, self.stride), wide(self.padding))


@dataclass(frozen=True)
class MaxPool1D(_Pool1D):
    """Max pooling along sequences: of each window of steps, in each channel, the largest value.

        y[n, i, c] = max_u x[n, s·i + u, c]

    It is `MaxPool2D` on images of height 1. Shapes: x (N, L, C), y (N, L', C); L' follows `konv.shapes.Axis`.
    """

    name: ClassVar[str] = "max_pooling1d"
    gates: ClassVar[bool] = True
    kind: ClassVar[type[MaxPool2D] | type[AveragePool2D]] = MaxPool2D


@dataclass(frozen=True)
class AveragePool1D(_Pool1D):
    """Average pooling along sequences: of each window of steps, in each channel, the mean.

        y[n, i, c] = (1 / m[i]) · Σ_u x[n, s·i + u, c]

    m[i] counts the steps of the window inside the sequence. It is `AveragePool2D` on images of height 1.
    Shapes: x (N, L, C), y (N, L', C); L' follows `konv.shapes.Axis`.
    """

    name: ClassVar[str] = "average_pooling1d"
    kind: ClassVar[type[MaxPool2D] | type[AveragePool2D]] = AveragePool2D


@dataclass(frozen=True)
class _Global1D(OnImages):
    """Pooling over a whole sequence: over an image of height 1."""

    gates: ClassVar[bool] = False
    relus: ClassVar[bool] = False
    kind: ClassVar[type[GlobalMaxPool2D] | type[GlobalAveragePool2D]]
    keepdims: bool = False

    def on_images(self) -> Op:
        return self.kind(keepdims=True)

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        y = super().forward(x, w, run)
        return y if self.keepdims else y[:, 0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        shape = (len(dy), 1, dy.shape[-1])
        return super().backward(dy.reshape(shape), x, w, y.reshape(shape), run)

    def output_shape(self, *inputs: Shape) -> Shape:
        made = super().output_shape(*inputs)
        return made if self.keepdims else made[1:]


@dataclass(frozen=True)
class GlobalAveragePool1D(_Global1D):
    """Global average pooling along sequences: of each channel, the mean over all steps.

        y[n, c] = 1/L · Σ_i x[n, i, c]

    It is `GlobalAveragePool2D` on images of height 1. Shapes: x (N, L, C), y (N, C), with `keepdims` (N, 1, C).
    """

    name: ClassVar[str] = "global_average_pooling1d"
    kind: ClassVar[type[GlobalMaxPool2D] | type[GlobalAveragePool2D]] = GlobalAveragePool2D


@dataclass(frozen=True)
class GlobalMaxPool1D(_Global1D):
    """Global max pooling along sequences: of each channel, the largest value of all steps.

        y[n, c] = max_i x[n, i, c]

    It is `GlobalMaxPool2D` on images of height 1. Shapes: x (N, L, C), y (N, C), with `keepdims` (N, 1, C).
    """

    name: ClassVar[str] = "global_max_pooling1d"
    gates: ClassVar[bool] = True
    kind: ClassVar[type[GlobalMaxPool2D] | type[GlobalAveragePool2D]] = GlobalMaxPool2D
