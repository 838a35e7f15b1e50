"""Transposed convolution: the way back through a convolution, as a layer that makes images larger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from konv.kernels.code.spec import LEAVES
from konv.kernels.products.convolution import Convolution, data_gradient
from konv.kernels.products.pack import Pack
from konv.kernels.products.taps import Taps
from konv.kernels.sums.tree import BiasGradient
from konv.ops.convolution import direct_gradient
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.ops.sequence import OnImages, wide
from konv.ops.windows import crop, image_shape, taps
from konv.shapes import Axis, Padding, Shape, show, transposed

__all__ = ["Conv1DTranspose", "Conv2DTranspose"]


@dataclass(frozen=True)
class Conv2DTranspose(Op):
    """Transposed convolution: every place of the image lays a copy of each of `filters` kernels, times its own value,
    onto the output; with stride s the copies lie s apart, so that the image grows s times.

        y⁺[n, s·i + d·u, s·j + d·v, o] += Σ_c x[n, i, j, c] · k[u, v, o, c]        y = b + y⁺ without its padding

    It is the data gradient of the convolution that has y for its input, x for its output and the same kernel; padding
    takes from the output what that convolution adds to its input. So the gradients are that convolution, forward:

        ∂x[n, i, j, c] = Σ_{u,v,o} ∂y⁺[n, s·i + d·u, s·j + d·v, o] · k[u, v, o, c]
        ∂k[u, v, o, c] = Σ_{n,i,j} ∂y⁺[n, s·i + d·u, s·j + d·v, o] · x[n, i, j, c]
        ∂b[o] = Σ_{n,i,j} ∂y[n, i, j, o]

    Shapes: x (N, H, W, C), k (kernel_h, kernel_w, filters, C), b (filters,), y (N, H', W', filters); H' and W' follow
    `konv.shapes.transposed`.

    Source: Dumoulin & Visin, *A guide to convolution arithmetic for deep learning*, 2016, chapter 4; Zeiler, Krishnan,
    Taylor & Fergus, *Deconvolutional networks*, 2010.
    """

    name: ClassVar[str] = "conv2d_transpose"
    gates: ClassVar[bool] = True
    relus: ClassVar[bool] = True
    filters: int
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: Padding = "valid"
    output_padding: tuple[int, int] | None = None
    dilation: tuple[int, int] = (1, 1)
    bias: bool = True

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        axes = self.way_back(x[0].shape[1:])
        image = _room(axes, len(x[0]), self.filters, x[0])  # y⁺
        for u, v, met in taps(axes):
            image[met] += x[0] @ w[0][u, v].T
        y = crop(image, axes)
        return y + w[1] if self.bias else y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        axes = self.way_back(x[0].shape[1:])
        image = _room(axes, len(dy), self.filters, dy)  # ∂y⁺
        crop(image, axes)[...] = dy
        dx, dk = np.zeros_like(x[0]), np.zeros_like(w[0])
        for u, v, met in taps(axes):
            dx += image[met] @ w[0][u, v]
            dk[u, v] = np.tensordot(image[met], x[0], ((0, 1, 2), (0, 1, 2)))
        return Gradients((dx,), (dk, dy.sum((0, 1, 2))) if self.bias else (dk,))

    def lower(self, to: Lowering) -> None:
        channels = to.shapes[0][2]
        for part in data_gradient(self.way_back(*to.shapes), self.filters, channels, 1, to.dtype):
            spec = replace(part, bias=self.bias, finish="relu" if to.relu else "")
            spec = spec.shared(to.batch, to.target) if to.batch < LEAVES else spec
            packed = to.pack(self._pack(to, spec, turned=True), to.w[0])
            to.samples(spec, to.x[0], packed, *to.w[1:], to.y, grain=spec.units())

    def lower_backward(self, to: Lowering) -> None:
        axes, channels = self.way_back(*to.shapes), to.shapes[0][2]
        rows, columns = (Taps.forward(axis) for axis in axes)
        if to.dw[0]:
            direct_gradient(to, rows, columns, self.filters, channels, 1, to.dy, to.x[0])
        if self.bias and to.dw[1]:
            to.sums(BiasGradient(to.dtype, self.filters), to.dy, weight=1, grain=rows.size * columns.size)
        if to.dx[0] is not None:
            gate = (to.x[0],) if to.gate else ()
            finish = "gate" if to.gate else ""
            spec = Convolution(to.dtype, rows, columns, self.kernel, self.filters, channels, finish=finish)
            spec = spec.shared(to.batch, to.target) if to.batch < LEAVES else spec
            to.samples(spec, to.dy, to.pack(self._pack(to, spec), to.w[0]), *gate, to.dx[0], grain=spec.units())

    def _pack(self, to: Lowering, spec: Convolution, turned: bool = False) -> Pack:
        tap_count, vectors = self.kernel[0] * self.kernel[1], spec.tile(to.target).vectors
        return Pack(to.dtype, tap_count, self.filters, to.shapes[0][2], 1, vectors, turned)

    def way_back(self, *inputs: Shape) -> tuple[Axis, ...]:
        """The axes of the convolution whose data gradient this is: from the output's size to the input's.

        Raises: ShapeError where nothing is left of the output.
        """
        kind = type(self).__name__
        sizes = image_shape(inputs[0], kind)[:2]
        return transposed(sizes, self.kernel, self.strides, self.padding, self.dilation, self.output_padding, kind)

    def output_shape(self, *inputs: Shape) -> Shape:
        rows, columns = self.way_back(*inputs)
        return rows.size, columns.size, self.filters

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        self.output_shape(*inputs)
        channels, area = inputs[0][2], self.kernel[0] * self.kernel[1]
        kernel = Weight("kernel", (*self.kernel, self.filters, channels), area * self.filters, area * channels)
        return (kernel, Weight("bias", (self.filters,), self.filters, self.filters)) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        """`H · W · C · filters · kernel_h · kernel_w`: what falls into the padding counts too, as is usual."""
        height, width, channels = inputs[0]
        return height * width * channels * self.filters * self.kernel[0] * self.kernel[1]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        made = show(self.output_shape(*inputs)[:2])
        return "purpose.conv2d_transpose", {"filters": self.filters, "kernel": show(self.kernel), "size": made}


def _room(axes: tuple[Axis, ...], count: int, channels: int, like: Array) -> Array:
    """Zeros for `count` images with their padding, as far as any tap reaches."""
    height, width = (axis.before + axis.size + max(axis.after, 0) for axis in axes)
    return np.zeros((count, height, width, channels), like.dtype)


@dataclass(frozen=True)
class Conv1DTranspose(OnImages):
    """Transposed convolution along a sequence: the data gradient of `Conv1D`, as a layer.

        y⁺[n, s·i + d·v, o] += Σ_c x[n, i, c] · k[v, o, c]        y = b + y⁺ without its padding

        ∂x[n, i, c] = Σ_{v,o} ∂y⁺[n, s·i + d·v, o] · k[v, o, c]        ∂b[o] = Σ_{n,i} ∂y[n, i, o]
        ∂k[v, o, c] = Σ_{n,i} ∂y⁺[n, s·i + d·v, o] · x[n, i, c]

    Shapes: x (N, L, C), k (kernel, filters, C), b (filters,), y (N, L', filters). Source: as of `Conv2DTranspose`.
    """

    name: ClassVar[str] = "conv1d_transpose"
    filters: int
    kernel: int
    strides: int = 1
    padding: Padding = "valid"
    output_padding: int | None = None
    dilation: int = 1
    bias: bool = True

    def on_images(self) -> Conv2DTranspose:
        """The operation in two dimensions."""
        more = None if self.output_padding is None else (0, self.output_padding)
        # An axis of one element, with a kernel of one, needs no more under "same" than under "valid".
        return Conv2DTranspose(self.filters, (1, self.kernel), (1, self.strides), wide(self.padding), more,
                               (1, self.dilation), self.bias)  # fmt: skip
