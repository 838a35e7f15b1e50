"""Locally connected operations: a convolution whose weights are not shared between places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.products.local import Local, LocalBiasGradient, LocalWeightGradient, local_data_gradient
from konv.kernels.products.taps import Taps
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.ops.sequence import OnImages, wide
from konv.ops.windows import crop, image_shape, pad, taps
from konv.shapes import Axis, Padding, Shape, axes, show

__all__ = ["LocallyConnected1D", "LocallyConnected2D"]


@dataclass(frozen=True)
class LocallyConnected2D(Op):
    """Locally connected: like a convolution, but every place of the output has kernels of its own.

        y[n, i, j, o] = b[i, j, o] + Σ_{u,v,c} x⁺[n, s·i + d·u, s·j + d·v, c] · k[i·W' + j, (u, v, c), o]

    x⁺ is x with zeros around it. Where patterns belong to places (the eyes of aligned faces) nothing is shared, at
    H'·W' times the weights.

    Backward: a weight meets one place of each sample, so its gradient sums over samples alone.

        ∂k[i·W' + j, (u, v, c), o] = Σ_n x⁺[n, s·i + d·u, s·j + d·v, c] · ∂y[n, i, j, o]
        ∂b[i, j, o] = Σ_n ∂y[n, i, j, o]
        ∂x⁺[n, s·i + d·u, s·j + d·v, c] += Σ_o ∂y[n, i, j, o] · k[i·W' + j, (u, v, c), o]

    Shapes: x (N, H, W, C), k (H'·W', kernel_h·kernel_w·C, filters), b (H', W', filters), y (N, H', W', filters); H'
    and W' follow `konv.shapes.Axis`.

    Source: LeCun, *Generalization and network design strategies*, 1989; Taigman, Yang, Ranzato & Wolf, *DeepFace:
    closing the gap to human-level performance in face verification*, 2014, section 3.
    """

    name: ClassVar[str] = "locally_connected2d"
    filters: int
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: Padding = "valid"
    dilation: tuple[int, int] = (1, 1)
    bias: bool = True

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        window = self.window(x[0].shape[1:])
        image, k = pad(x[0], window), self._by_tap(w[0], window)
        first, *others = (_each_place(image[seen], k[:, :, u, v]) for u, v, seen in taps(window))
        y: Array = sum(others, start=first)  # (N, H', W', filters)
        return y + w[1] if self.bias else y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        window = self.window(x[0].shape[1:])
        image, k = pad(x[0], window), self._by_tap(w[0], window)
        dimage, dk = np.zeros_like(image), np.zeros_like(k)
        for u, v, seen in taps(window):
            dk[:, :, u, v] = np.moveaxis(image[seen], 0, -1) @ np.moveaxis(dy, 0, -2)
            dimage[seen] += _each_place(dy, k[:, :, u, v].swapaxes(-1, -2))
        dx, dw = crop(dimage, window), dk.reshape(w[0].shape)
        return Gradients((dx,), (dw, dy.sum(0)) if self.bias else (dw,))

    def _by_tap(self, k: Array, window: tuple[Axis, ...]) -> Array:
        """The weights as (H', W', kernel_h, kernel_w, C, filters)."""
        return k.reshape(*(axis.output for axis in window), *self.kernel, -1, self.filters)

    def lower(self, to: Lowering) -> None:
        rows, columns = (Taps.forward(axis) for axis in self.window(*to.shapes))
        spec = Local(to.dtype, rows, columns, self.kernel, to.shapes[0][2], self.filters, self.bias)
        to.outputs(spec, to.frame, to.x[0], *to.w, to.y, units=lambda n: spec.places)

    def lower_backward(self, to: Lowering) -> None:
        window, channels = self.window(*to.shapes), to.shapes[0][2]
        rows, columns = (Taps.forward(axis) for axis in window)
        places = rows.positions * columns.positions
        if to.dw[0]:
            gradient = LocalWeightGradient(to.dtype, rows, columns, self.kernel, channels, self.filters)
            to.outputs(gradient, to.frame, to.x[0], to.dy, to.gradient(0), units=lambda n: places)
        if self.bias and to.dw[1]:
            total = LocalBiasGradient(to.dtype, places, self.filters)
            to.outputs(total, to.frame, to.dy, to.gradient(1), units=lambda n: places)
        if to.dx[0] is not None:
            for spec in local_data_gradient(window, channels, self.filters, to.dtype):
                to.outputs(spec, to.frame, to.dy, to.w[0], to.dx[0], units=spec.units)

    def output_shape(self, *inputs: Shape) -> Shape:
        rows, columns = self.window(*inputs)
        return rows.output, columns.output, self.filters

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The kernel's fans are those Keras 2 counts for an array of its shape: of places as of taps."""
        height, width, _ = self.output_shape(*inputs)
        places, depth = height * width, self.kernel[0] * self.kernel[1] * inputs[0][2]
        kernel = Weight("kernel", (places, depth, self.filters), places * depth, places * self.filters)
        bias = Weight("bias", (height, width, self.filters), height * width * self.filters, self.filters)
        return (kernel, bias) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        """`H' · W' · filters · kernel_h · kernel_w · C`, as many as a convolution's."""
        height, width, _ = self.output_shape(*inputs)
        return height * width * self.filters * self.kernel[0] * self.kernel[1] * inputs[0][2]

    def window(self, *inputs: Shape) -> tuple[Axis, ...]:
        kind = type(self).__name__
        height, width, _ = image_shape(inputs[0], kind)
        return axes((height, width), self.kernel, self.strides, self.padding, self.dilation, kind)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        height, width, _ = self.output_shape(*inputs)
        return "purpose.locally_connected", {
            "filters": self.filters, "kernel": show(self.kernel), "places": height * width
        }  # fmt: skip


def _each_place(x: Array, k: Array) -> Array:
    """At every place a product of its own: x (N, H', W', C), k (H', W', C, F) → (N, H', W', F)."""
    y: Array = (x[..., None, :] @ k)[..., 0, :]
    return y


@dataclass(frozen=True)
class LocallyConnected1D(OnImages):
    """Locally connected along a sequence: like a convolution, but every step has kernels of its own.

        y[n, i, o] = b[i, o] + Σ_{v,c} x⁺[n, s·i + d·v, c] · k[i, (v, c), o]

        ∂k[i, (v, c), o] = Σ_n x⁺[n, s·i + d·v, c] · ∂y[n, i, o]        ∂b[i, o] = Σ_n ∂y[n, i, o]
        ∂x⁺[n, s·i + d·v, c] += Σ_o ∂y[n, i, o] · k[i, (v, c), o]

    Shapes: x (N, L, C), k (L', kernel·C, filters), b (L', filters), y (N, L', filters). Source: as of
    `LocallyConnected2D`.
    """

    name: ClassVar[str] = "locally_connected1d"
    gates: ClassVar[bool] = False
    relus: ClassVar[bool] = False
    filters: int
    kernel: int
    strides: int = 1
    padding: Padding = "valid"
    dilation: int = 1
    bias: bool = True

    def on_images(self) -> LocallyConnected2D:
        """The operation in two dimensions."""
        return LocallyConnected2D(self.filters, (1, self.kernel), (1, self.strides), wide(self.padding),
                                  (1, self.dilation), self.bias)  # fmt: skip

    def taller(self, w: tuple[Array, ...]) -> tuple[Array, ...]:
        """The kernel is the same; the bias gets a height of 1."""
        return (w[0], *(b[None] for b in w[1:]))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        kernel, *bias = self.on_images().weights(self._image(*inputs))
        return (kernel, *(b._replace(shape=b.shape[1:]) for b in bias))
