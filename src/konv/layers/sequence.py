"""Convolutional layers along sequences: those over images, with one axis less."""

from __future__ import annotations

from typing import ClassVar

from konv import ops
from konv.layers.convolution import Conv2D
from konv.layers.depthwise import DepthwiseConv2D, SeparableConv2D
from konv.layers.transposed import Conv2DTranspose
from konv.shapes import Shape

__all__ = [
    "Conv1D",
    "Conv1DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "DepthwiseConv1D",
    "SeparableConv1D",
    "SeparableConvolution1D",
]


class Conv1D(Conv2D):
    """Convolution along sequences: each filter slides along the steps and takes a weighted sum at every one.

    Arguments:
        `filters`, `kernel_size`, `strides`, `dilation_rate`, `groups`, `activation`, `use_bias`, `kernel_initializer`,
        `bias_initializer`, `options`: as of `Conv2D`, with one integer where that has two.
        `padding`: `"valid"`, `"same"`, or `"causal"`: all zeros before the sequence, so that no output depends on
        what comes after its step; or explicit zeros, `((before, after),)`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L', filters)`.
    Raises: as `Conv2D`.
    Example: `Conv1D(32, 5, padding="causal", activation="relu", input_shape=(100, 8))`.
    """

    axes: ClassVar[int] = 1

    def op(self, *shapes: Shape) -> ops.Op:
        """The convolution."""
        return ops.Conv1D(self.filters, self.kernel_size[0], self.strides[0], self.padding, self.dilation_rate[0],
                          self.groups, self.use_bias)  # fmt: skip


class DepthwiseConv1D(DepthwiseConv2D):
    """Depthwise convolution along sequences: each channel is filtered by kernels of its own.

    Arguments: as of `DepthwiseConv2D`, with one integer where that has two; `padding` as of `Conv1D`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L', C · depth_multiplier)`.
    Raises: as `DepthwiseConv2D`.
    Example: `DepthwiseConv1D(5, padding="same")`.
    """

    axes: ClassVar[int] = 1

    def op(self, *shapes: Shape) -> ops.Op:
        """The depthwise convolution."""
        return ops.DepthwiseConv1D(self.kernel_size[0], self.strides[0], self.padding, self.depth_multiplier,
                                   self.dilation_rate[0], self.use_bias)  # fmt: skip


class SeparableConv1D(SeparableConv2D):
    """Depthwise convolution along sequences, then a convolution of one step that mixes the channels.

    Arguments: as of `SeparableConv2D`, with one integer where that has two; `padding` as of `Conv1D`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L', filters)`.
    Raises: as `SeparableConv2D`.
    Example: `SeparableConv1D(64, 5, padding="same", activation="relu")`.
    """

    axes: ClassVar[int] = 1

    def op(self, *shapes: Shape) -> ops.Op:
        """The first step."""
        return ops.DepthwiseConv1D(self.kernel_size[0], self.strides[0], self.padding, self.depth_multiplier,
                                   self.dilation_rate[0], bias=False)  # fmt: skip

    def mixing(self) -> ops.Op:
        """The second step."""
        return ops.Conv1D(self.filters, 1, bias=self.use_bias)


class Conv1DTranspose(Conv2DTranspose):
    """Transposed convolution along sequences: the way back through a convolution, as a layer that makes them longer.

    Arguments: as of `Conv2DTranspose`, with one integer where that has two.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L', filters)`.
    Raises: as `Conv2DTranspose`.
    Example: `Conv1DTranspose(16, 4, strides=2, padding="same")`.
    """

    axes: ClassVar[int] = 1

    def op(self, *shapes: Shape) -> ops.Op:
        """The transposed convolution."""
        more = None if self.output_padding is None else self.output_padding[0]
        return ops.Conv1DTranspose(self.filters, self.kernel_size[0], self.strides[0], self.padding, more,
                                   self.dilation_rate[0], self.use_bias)  # fmt: skip


Convolution1D = Conv1D
SeparableConvolution1D = SeparableConv1D
Convolution1DTranspose = Conv1DTranspose
