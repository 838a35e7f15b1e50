"""Convolution in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.kernels.code.spec import LEAVES
from konv.kernels.products.blocking import line
from konv.kernels.products.convolution import Convolution, data_gradient
from konv.kernels.products.pack import Pack
from konv.kernels.products.taps import Taps
from konv.kernels.products.weight_gradient import WeightGradient, by_places
from konv.kernels.products.whole_gradient import WholeWeightGradient
from konv.kernels.sums.tree import BiasGradient
from konv.kernels.winograd.algorithm import choose, choose_gradient
from konv.kernels.winograd.convolution import Winograd, WinogradGradient
from konv.kernels.winograd.weights import WinogradGradientBack, WinogradWeights
from konv.messages import text
from konv.ops.channelwise import SPREAD, lower_channelwise, lower_channelwise_backward
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.ops.windows import crop, image_shape, pad, taps
from konv.shapes import Axis, Padding, Shape, axes, show

__all__ = ["Conv2D", "direct_gradient"]


@dataclass(frozen=True)
class Conv2D(Op):
    """Convolution: each of `filters` small kernels slides over the image and takes a weighted sum at every place.

        y[n, i, j, o] = b[o] + Σ_{u,v,c} x⁺[n, s·i + d·u, s·j + d·v, c] · k[u, v, c, o]

    x⁺ is x with zeros around it (padding), s the stride, d the dilation, each with its own value for either axis.
    With `groups` = G the channels and the filters are cut into G equal parts, and part g of the filters sees only
    part g of the channels: c runs over C/G of them. (As everywhere in deep learning the kernel is not flipped, so
    mathematicians call this a cross-correlation.)

    Backward: the gradient of a weight sums, over all places, what its tap saw times what came back there; and
    every place hands what came back to the inputs it saw, times the weight it saw them with.

        ∂k[u, v, c, o] = Σ_{n,i,j} x⁺[n, s·i + d·u, s·j + d·v, c] · ∂y[n, i, j, o]
        ∂b[o] = Σ_{n,i,j} ∂y[n, i, j, o]
        ∂x⁺[n, s·i + d·u, s·j + d·v, c] += Σ_o ∂y[n, i, j, o] · k[u, v, c, o]

    Shapes: x (N, H, W, C), k (kernel_h, kernel_w, C/G, filters), b (filters,), y (N, H', W', filters); H' and W'
    follow `konv.shapes.Axis`.

    Source: Dumoulin & Visin, *A guide to convolution arithmetic for deep learning*, 2016; groups: Krizhevsky,
    Sutskever & Hinton, *ImageNet classification with deep convolutional neural networks*, 2012, section 3.5;
    dilation: Yu & Koltun, *Multi-scale context aggregation by dilated convolutions*, 2016, equation 2.
    """

    name: ClassVar[str] = "conv2d"
    gates: ClassVar[bool] = True
    relus: ClassVar[bool] = True
    filters: int
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: Padding = "valid"
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    bias: bool = True

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        window = self.window(x[0].shape[1:])
        image = _split(pad(x[0], window), self.groups)  # (G, N, H⁺, W⁺, C/G)
        k = _split(w[0], self.groups)  # (G, kernel_h, kernel_w, C/G, filters/G)

        first, *others = (image[seen] @ k[:, u, v, None, None] for u, v, seen in taps(window))
        y = _join(sum(others, start=first))  # (N, H', W', filters)
        return y + w[1] if self.bias else y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        window = self.window(x[0].shape[1:])
        image, k = _split(pad(x[0], window), self.groups), _split(w[0], self.groups)
        dimage, dk = np.zeros_like(image), np.zeros_like(k)
        dg = _split(dy, self.groups)  # (G, N, H', W', filters/G)

        for u, v, seen in taps(window):
            dk[:, u, v] = _rows(image[seen]).swapaxes(1, 2) @ _rows(dg)
            dimage[seen] += dg @ k[:, u, v, None, None].swapaxes(-1, -2)

        dx, dw = _join(crop(dimage, window)), _join(dk)
        return Gradients((dx,), (dw, dy.sum((0, 1, 2))) if self.bias else (dw,))

    def lower(self, to: Lowering) -> None:
        if self._is_depthwise(to):
            lower_channelwise(to, self.window(*to.shapes), self.filters // self.groups, self.bias)
            return
        rows, columns = (Taps.forward(axis) for axis in self._axes(to))
        spec = Convolution(to.dtype, rows, columns, self.kernel, *self._part(to), self.groups, self.bias,
                           "relu" if to.relu else "")  # fmt: skip
        self._product(to, spec, to.x[0], *to.w[1:], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if self._is_depthwise(to):
            lower_channelwise_backward(to, self.window(*to.shapes), self.filters // self.groups, self.bias)
            return
        window = self._axes(to)
        rows, columns = (Taps.forward(axis) for axis in window)
        if to.dw[0]:
            self._gradient(to, rows, columns)
        if self.bias and to.dw[1]:
            to.sums(BiasGradient(to.dtype, self.filters), to.dy, weight=1, grain=rows.positions * columns.positions)
        if to.dx[0] is not None:
            gate = (to.x[0],) if to.gate else ()
            for part in data_gradient(window, *self._part(to), self.groups, to.dtype):
                spec = replace(part, finish="gate" if to.gate else "")
                self._product(to, spec, to.dy, *gate, to.dx[0], turned=True)

    def _product(self, to: Lowering, spec: Convolution, x: Slot, *others: Slot, turned: bool = False) -> None:
        """Add the kernel of `spec`, or Winograd's where that is faster, with the weights it reads."""
        channels = (spec.inputs, spec.outputs)
        choice = choose(spec.rows, spec.columns, *channels, to.target, to.dtype, to.batch, to.training)
        to.because(choice.reason)
        if choice.tiling is None:
            spec = spec.shared(to.batch, to.target) if to.batch < LEAVES else spec.folded(to.target)
            packed = to.pack(self._pack(to, spec, turned), to.w[0])
            to.samples(spec, x, packed, *others, grain=spec.units())
        else:
            fast = Winograd(to.dtype, choice.tiling, *channels, self.groups, spec.bias, spec.finish)
            packed = to.pack(WinogradWeights.of(fast, to.target, turned), to.w[0])
            to.samples(fast, x, packed, *others, grain=fast.units())

    def _gradient(self, to: Lowering, rows: Taps, columns: Taps) -> None:
        """Add the kernels of the weight's gradient."""
        choice = choose_gradient(rows, columns, *self._part(to), to.target, to.dtype, to.batch)
        to.because(choice.reason)
        if choice.tiling is None:
            direct_gradient(to, rows, columns, *self._part(to), self.groups, to.x[0], to.dy)
            return
        fast = WinogradGradient(to.dtype, choice.tiling, *self._part(to), self.groups)
        back = WinogradGradientBack.of(fast, to.target)
        to.sums(fast, to.x[0], to.dy, weight=0, grain=fast.units(), back=(back, fast.size(to.target)))

    def _axes(self, to: Lowering) -> tuple[Axis, ...]:
        """The window; where it is one pixel after the other, in rows as long as suits the kernels' tiles."""
        rows, columns = window = self.window(*to.shapes)
        if any(a.kernel * a.stride > 1 or a.output != a.size for a in window):
            return window
        places, (taken, made) = rows.size * columns.size, self._part(to)
        length = line(places, made, to.target, to.dtype, taken)
        return Axis(places // length, 1), Axis(length, 1)

    def _is_depthwise(self, to: Lowering) -> bool:
        """Whether every channel is filtered by itself, into few channels: then vectors lie along the channels."""
        taken, made = self._part(to)
        return taken == 1 and self.groups > 1 and made <= SPREAD

    def _part(self, to: Lowering) -> tuple[int, int]:
        """Input and output channels of one group."""
        return to.shapes[0][2] // self.groups, self.filters // self.groups

    def _pack(self, to: Lowering, spec: Convolution, turned: bool = False) -> Pack:
        taps = self.kernel[0] * self.kernel[1]
        return Pack(to.dtype, taps, *self._part(to), self.groups, spec.tile(to.target).vectors, turned)

    def output_shape(self, *inputs: Shape) -> Shape:
        rows, columns = self.window(*inputs)
        return rows.output, columns.output, self.filters

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        self.output_shape(*inputs)
        taken, area = inputs[0][2] // self.groups, self.kernel[0] * self.kernel[1]
        kernel = Weight("kernel", (*self.kernel, taken, self.filters), area * taken, area * self.filters)
        return (kernel, Weight("bias", (self.filters,), self.filters, self.filters)) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        """`H' · W' · filters · kernel_h · kernel_w · C/G`: taps that meet padding count too, as is usual."""
        height, width, _ = self.output_shape(*inputs)
        return height * width * self.filters * self.kernel[0] * self.kernel[1] * (inputs[0][2] // self.groups)

    def window(self, *inputs: Shape) -> tuple[Axis, ...]:
        height, width, channels = image_shape(inputs[0], "Conv2D")
        if self.groups < 1 or self.filters % self.groups:
            raise ConfigurationError(
                text("groups_and_filters", layer="Conv2D", groups=self.groups, filters=self.filters)
            )
        if channels < 1 or channels % self.groups:
            raise ShapeError(
                text("groups_and_channels", layer="Conv2D", groups=self.groups, channels=channels,
                     received=show(inputs[0]))
            )  # fmt: skip
        return axes((height, width), self.kernel, self.strides, self.padding, self.dilation, "Conv2D")

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        seen = inputs[0][2] // self.groups
        values: dict[str, object] = {"filters": self.filters, "kernel": show(self.kernel), "channels": seen}
        if self.groups > 1 == seen:
            return "purpose.conv2d_depthwise", values
        return "purpose.conv2d_1x1" if self.kernel == (1, 1) else "purpose.conv2d", values


def direct_gradient(
    to: Lowering, rows: Taps, columns: Taps, inputs: int, outputs: int, groups: int, x: Slot, dy: Slot
) -> None:
    """Add the kernel of the gradient of weight 0 by direct sums: leaf by leaf, or cut by outputs where that takes less
    from memory. By outputs every unit reads its part of x and of dy again; by leaves eight times the weight are kept,
    and one of them goes through the caches for every sample."""
    rows, columns = by_places(rows, columns)
    weight = rows.taps * columns.taps * inputs * outputs * groups
    whole = WholeWeightGradient(to.dtype, rows, columns, inputs, outputs, groups)
    if whole.read(to.target) > weight if to.batch >= LEAVES else LEAVES * weight < to.batch * dy.size:
        spec = WeightGradient(to.dtype, rows, columns, inputs, outputs, groups)
        to.sums(spec, x, dy, weight=0, grain=rows.positions)
        return
    units = whole.units(to.target)
    to.outputs(whole, to.frame, x, dy, to.gradient(0), units=lambda n: units)


def _split(a: Array, groups: int) -> Array:
    """The last axis cut into `groups` parts, the part first: (…, C) → (G, …, C/G)."""
    return np.moveaxis(a.reshape(*a.shape[:-1], groups, -1), -2, 0)


def _join(a: Array) -> Array:
    """Undoes `_split`: (G, …, C/G) → (…, C)."""
    a = np.moveaxis(a, 0, -2)
    return a.reshape(*a.shape[:-2], -1)


def _rows(a: Array) -> Array:
    """One row a place: (G, N, H', W', C) → (G, N·H'·W', C)."""
    return a.reshape(len(a), -1, a.shape[-1])
