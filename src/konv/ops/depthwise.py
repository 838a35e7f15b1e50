"""Depthwise convolution in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.ops.convolution import Conv2D
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.ops.windows import crop, image_shape, pad, taps
from konv.shapes import Axis, Padding, Shape, axes, show

__all__ = ["DepthwiseConv2D"]


@dataclass(frozen=True)
class DepthwiseConv2D(Op):
    """Depthwise convolution: every channel is filtered by itself, with `multiplier` = M kernels of its own.

        y[n, i, j, c·M + m] = b[c·M + m] + Σ_{u,v} x⁺[n, s·i + d·u, s·j + d·v, c] · k[u, v, c, m]

    x⁺ is x with zeros around it (padding), s the stride, d the dilation. It is `Conv2D` in as many groups as there
    are channels, at 1/C of the multiply-adds of a full convolution; a 1×1 convolution after it mixes the channels.

    Backward: as for any convolution, without a sum over channels.

        ∂k[u, v, c, m] = Σ_{n,i,j} x⁺[n, s·i + d·u, s·j + d·v, c] · ∂y[n, i, j, c·M + m]
        ∂b[o] = Σ_{n,i,j} ∂y[n, i, j, o]
        ∂x⁺[n, s·i + d·u, s·j + d·v, c] += Σ_m ∂y[n, i, j, c·M + m] · k[u, v, c, m]

    Shapes: x (N, H, W, C), k (kernel_h, kernel_w, C, M), b (C·M,), y (N, H', W', C·M); H' and W' follow
    `konv.shapes.Axis`.

    Source: Howard et al., *MobileNets: efficient convolutional neural networks for mobile vision applications*, 2017,
    equation 3; Chollet, *Xception: deep learning with depthwise separable convolutions*, 2017.
    """

    name: ClassVar[str] = "depthwise_conv2d"
    gates: ClassVar[bool] = True
    relus: ClassVar[bool] = True
    kernel: tuple[int, int]
    strides: tuple[int, int] = (1, 1)
    padding: Padding = "valid"
    multiplier: int = 1
    dilation: tuple[int, int] = (1, 1)
    bias: bool = True

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        window = self.window(x[0].shape[1:])
        image = pad(x[0], window)
        first, *others = (image[seen][..., None] * w[0][u, v] for u, v, seen in taps(window))
        sums = sum(others, start=first)  # (N, H', W', C, M)
        y: Array = sums.reshape(*sums.shape[:3], -1)
        return y + w[1] if self.bias else y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        window = self.window(x[0].shape[1:])
        image, dk = pad(x[0], window), np.zeros_like(w[0])
        dimage = np.zeros_like(image)
        parts = dy.reshape(*dy.shape[:3], -1, self.multiplier)  # (N, H', W', C, M)

        for u, v, seen in taps(window):
            dk[u, v] = (image[seen][..., None] * parts).sum((0, 1, 2))
            dimage[seen] += (parts * w[0][u, v]).sum(-1)

        dx = crop(dimage, window)
        return Gradients((dx,), (dk, dy.sum((0, 1, 2))) if self.bias else (dk,))

    def lower(self, to: Lowering) -> None:
        self._in_groups(*to.shapes).lower(to)

    def lower_backward(self, to: Lowering) -> None:
        self._in_groups(*to.shapes).lower_backward(to)

    def _in_groups(self, *inputs: Shape) -> Conv2D:
        """The same as a convolution in groups: its kernel (kernel_h, kernel_w, 1, C·M) is the same numbers in order."""
        channels = inputs[0][2]
        made = channels * self.multiplier
        return Conv2D(made, self.kernel, self.strides, self.padding, self.dilation, channels, self.bias)

    def output_shape(self, *inputs: Shape) -> Shape:
        rows, columns = self.window(*inputs)
        return rows.output, columns.output, inputs[0][2] * self.multiplier

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The kernel's fans are those Keras counts: C · area and M · area, not the area alone that a sum has."""
        self.output_shape(*inputs)
        channels, area = inputs[0][2], self.kernel[0] * self.kernel[1]
        made = channels * self.multiplier
        kernel = Weight("kernel", (*self.kernel, channels, self.multiplier), channels * area, self.multiplier * area)
        return (kernel, Weight("bias", (made,), made, made)) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        """`H' · W' · C · M · kernel_h · kernel_w`: taps that meet padding count too, as is usual."""
        height, width, made = self.output_shape(*inputs)
        return height * width * made * self.kernel[0] * self.kernel[1]

    def window(self, *inputs: Shape) -> tuple[Axis, ...]:
        kind = type(self).__name__
        height, width, _ = image_shape(inputs[0], kind)
        return axes((height, width), self.kernel, self.strides, self.padding, self.dilation, kind)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        filters = inputs[0][2] * self.multiplier
        return "purpose.conv2d_depthwise", {"filters": filters, "kernel": show(self.kernel)}
