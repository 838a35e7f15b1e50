"""Adaptive pooling: the size of the output is given, the windows follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.kernels.maps.bins import Bins
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["AdaptiveAveragePool1D", "AdaptiveAveragePool2D", "AdaptiveMaxPool1D", "AdaptiveMaxPool2D", "bins"]


def bins(size: int, made: int) -> list[tuple[int, int]]:
    """Where each of `made` bins of an axis of `size` places begins and ends: from ⌊i·size/made⌋ to ⌈(i + 1)·size/made⌉.

    Neighbours share a place where the sizes do not divide. Source: PyTorch, `AdaptiveAvgPool2d`.
    """
    return [(i * size // made, -(-(i + 1) * size // made)) for i in range(made)]


@dataclass(frozen=True)
class AdaptiveAveragePool2D(Op):
    """Adaptive average pooling: of each of `output` bins of rows and columns, in each channel, the mean.

        y[n, i, j, c] = mean of x[n, u, v, c] over ⌊i·H/H'⌋ ≤ u < ⌈(i + 1)·H/H'⌉, and v alike
        ∂x[n, u, v, c] = Σ ∂y[n, i, j, c] / (places of the bin), over the bins that u, v lies in

    Whatever the size of the image, the output has that of `output`, (H', W'). Computed along the columns first, then
    along the rows.

    Shapes: x (N, H, W, C), y (N, H', W', C). Source: PyTorch, `AdaptiveAvgPool2d`; He, Zhang, Ren & Sun, *Spatial
    pyramid pooling in deep convolutional networks*, 2014, section 2.2.
    """

    name: ClassVar[str] = "adaptive_average_pooling2d"
    function: ClassVar[str] = "mean"
    refusal: ClassVar[str] = "not_an_image"
    axes: ClassVar[int] = 2
    output: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.output) != self.axes or any(n < 1 for n in self.output):
            raise ConfigurationError(text("bad_output_size", layer=self.name, received=self.output, axes=self.axes))

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        y = x[0]
        for axis in range(self.axes, 0, -1):
            y = _binned(y, axis, self.output[axis - 1], np.mean if self.function == "mean" else np.max)
        return y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        seen = [x[0]]
        for axis in range(self.axes, 1, -1):
            seen.append(_binned(seen[-1], axis, self.output[axis - 1], np.mean if self.function == "mean" else np.max))
        spread = _mean_back if self.function == "mean" else _max_back
        for axis, before in zip(range(1, self.axes + 1), reversed(seen), strict=True):
            dy = spread(dy, before, axis)
        return Gradients((dy,))

    def lower(self, to: Lowering) -> None:
        specs, slots = self._steps(to)
        for spec, x, y in zip(specs, slots, slots[1:], strict=False):
            to.samples(spec, x, y)

    def lower_backward(self, to: Lowering) -> None:
        if to.dx[0] is None:
            return
        specs, slots = self._steps(to)
        dy = to.dy
        for i in range(len(specs) - 1, -1, -1):
            size = specs[i].outer * specs[i].size * specs[i].inner
            dx = to.dx[0] if i == 0 else to.temporary(size)
            spec = Bins(to.dtype, self.function, specs[i].outer, specs[i].size, specs[i].inner, specs[i].made, True)
            seen = (slots[i], slots[i + 1]) if self.function == "max" else ()
            to.samples(spec, *seen, dy, dx)
            dy = dx

    def _steps(self, to: Lowering) -> tuple[list[Bins], list[Slot]]:
        """The kernels, the last axis first, and the places of what they read and make."""
        shape, specs, slots = list(to.shapes[0]), [], [to.x[0]]
        for axis in range(self.axes - 1, -1, -1):
            inner, made = elements(shape[axis + 1 :]), self.output[axis]
            specs.append(Bins(to.dtype, self.function, elements(shape[:axis]), shape[axis], inner, made))
            shape[axis] = made
            slots.append(to.y if axis == 0 else to.own("between", elements(shape), "sample"))
        return specs, slots

    def output_shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != self.axes + 1:
            received = show(inputs[0])
            raise ShapeError(text(self.refusal, layer=type(self).__name__, received=received, axes=len(inputs[0])))
        return (*self.output, inputs[0][-1])

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.adaptive_{self.function}", {"output": show(self.output), "received": show(inputs[0])}


@dataclass(frozen=True)
class AdaptiveMaxPool2D(AdaptiveAveragePool2D):
    """Adaptive max pooling: of each of `output` bins of rows and columns, in each channel, the largest value.

        y[n, i, j, c] = max of x[n, u, v, c] over ⌊i·H/H'⌋ ≤ u < ⌈(i + 1)·H/H'⌉, and v alike

    Backward: what came back goes whole to the element that won; among equals to the first, row by row; an element that
    won in several bins has their sum.

    Shapes: x (N, H, W, C), y (N, H', W', C). Source: PyTorch, `AdaptiveMaxPool2d`; He et al., 2014, section 2.2.
    """

    name: ClassVar[str] = "adaptive_max_pooling2d"
    function: ClassVar[str] = "max"


@dataclass(frozen=True)
class AdaptiveAveragePool1D(AdaptiveAveragePool2D):
    """Adaptive average pooling along sequences: of each of `output` bins of steps, in each channel, the mean.

        y[n, i, c] = mean of x[n, u, c] over ⌊i·L/L'⌋ ≤ u < ⌈(i + 1)·L/L'⌉

    Shapes: x (N, L, C), y (N, L', C). Source: as of `AdaptiveAveragePool2D`, with one axis.
    """

    name: ClassVar[str] = "adaptive_average_pooling1d"
    refusal: ClassVar[str] = "not_a_sequence"
    axes: ClassVar[int] = 1


@dataclass(frozen=True)
class AdaptiveMaxPool1D(AdaptiveMaxPool2D):
    """Adaptive max pooling along sequences: of each of `output` bins of steps, in each channel, the largest value.

        y[n, i, c] = max of x[n, u, c] over ⌊i·L/L'⌋ ≤ u < ⌈(i + 1)·L/L'⌉

    Shapes: x (N, L, C), y (N, L', C). Source: as of `AdaptiveMaxPool2D`, with one axis.
    """

    name: ClassVar[str] = "adaptive_max_pooling1d"
    refusal: ClassVar[str] = "not_a_sequence"
    axes: ClassVar[int] = 1


def _binned(x: Array, axis: int, made: int, function: Callable[..., Array]) -> Array:
    """The bins of one axis, by `function`."""
    parts = [function(x.take(range(a, b), axis), axis) for a, b in bins(x.shape[axis], made)]
    return np.stack(parts, axis)


def _mean_back(dy: Array, x: Array, axis: int) -> Array:
    dx = np.zeros_like(x)
    whole, back = np.moveaxis(dx, axis, 0), np.moveaxis(dy, axis, 0)
    for i, (a, b) in enumerate(bins(x.shape[axis], dy.shape[axis])):
        whole[a:b] += back[i] / (b - a)
    return dx


def _max_back(dy: Array, x: Array, axis: int) -> Array:
    dx = np.zeros_like(x)
    whole, back, seen = (np.moveaxis(a, axis, 0) for a in (dx, dy, x))
    for i, (a, b) in enumerate(bins(x.shape[axis], dy.shape[axis])):
        first = seen[a:b].argmax(0)[None]
        np.put_along_axis(whole[a:b], first, np.take_along_axis(whole[a:b], first, 0) + back[i], 0)
    return dx
