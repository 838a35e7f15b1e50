"""Convolutions that filter every channel by itself, alone or followed by a 1×1 convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from konv import activations, initializers, ops
from konv.arguments import count
from konv.errors import KonvError
from konv.graph import Node, Tensor
from konv.layers.base import Layer
from konv.layers.checks import sample_shape
from konv.ops.record import Weight
from konv.shapes import Padding, Shape, channels_last, normal_padding, pair

__all__ = ["DepthwiseConv2D", "SeparableConv2D", "SeparableConvolution2D"]


class DepthwiseConv2D(Layer):
    """Depthwise convolution: each channel is filtered by kernels of its own, and channels are not mixed.

    Arguments:
        `kernel_size`: height and width of a kernel, one integer or two.
        `strides`: how far it moves between two places, one integer or two.
        `padding`: `"valid"`, `"same"`, or explicit zeros; see `Conv2D`.
        `depth_multiplier`: how many kernels each channel has, so how many channels it becomes.
        `data_format`: `"channels_last"`, the only one.
        `dilation_rate`: distance between the taps of a kernel, one integer or two.
        `activation`: a name or function applied to the sums; None for none.
        `use_bias`: whether each channel of the output adds a number of its own.
        `depthwise_initializer`, `bias_initializer`: where the weights start; see `konv.initializers`.
        `options`: `name`, `trainable`, `dtype`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H', W', C · depth_multiplier)`, the channels that came from one side by side.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where a kernel does not fit.
    Example: `DepthwiseConv2D(3, padding="same", use_bias=False)`.
    """

    arguments = (
        "kernel_size", "strides", "padding", "depth_multiplier", "data_format", "dilation_rate", "activation",
        "use_bias", "depthwise_initializer", "bias_initializer",
    )  # fmt: skip
    axes: ClassVar[int] = 2

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str | int | Padding = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: object = None,
        use_bias: bool = True,
        depthwise_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.kernel_size = pair(kernel_size, "kernel_size", self.name, self.axes)
        self.strides = pair(strides, "strides", self.name, self.axes)
        self.padding = normal_padding(padding, self.name, self.axes, causal=self.axes == 1)
        self.depth_multiplier = count(depth_multiplier, "depth_multiplier", self.name)
        self.data_format = channels_last(data_format, self.name)
        self.dilation_rate = pair(dilation_rate, "dilation_rate", self.name, self.axes)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    @property
    def kernel_initializer(self) -> object:
        """Where the kernel starts: Keras calls the argument `depthwise_initializer`, the weight `kernel`."""
        return self.depthwise_initializer

    def op(self, *shapes: Shape) -> ops.Op:
        """The depthwise convolution."""
        return ops.DepthwiseConv2D(
            cast("tuple[int, int]", self.kernel_size),
            cast("tuple[int, int]", self.strides),
            self.padding,
            self.depth_multiplier,
            cast("tuple[int, int]", self.dilation_rate),
            self.use_bias,
        )


class SeparableConv2D(Layer):
    """Depthwise convolution, then a 1×1 convolution that mixes the channels: a convolution in two cheap steps.

    Arguments:
        `filters`: the channels of the output.
        `kernel_size`, `strides`, `padding`, `data_format`, `dilation_rate`, `depth_multiplier`: of the depthwise step;
        see `DepthwiseConv2D`.
        `activation`: a name or function applied after the second step; None for none. Between them there is none.
        `use_bias`: whether each filter of the second step adds a number of its own.
        `depthwise_initializer`, `pointwise_initializer`, `bias_initializer`: where the weights start.
        `options`: `name`, `trainable`, `dtype`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H', W', filters)`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where a kernel does not fit.
    Example: `SeparableConv2D(64, 3, padding="same", activation="relu")`.
    """

    arguments = (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "depth_multiplier",
        "activation", "use_bias", "depthwise_initializer", "pointwise_initializer", "bias_initializer",
    )  # fmt: skip
    axes: ClassVar[int] = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str | int | Padding = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: object = None,
        use_bias: bool = True,
        depthwise_initializer: object = "glorot_uniform",
        pointwise_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.filters = count(filters, "filters", self.name)
        self.kernel_size = pair(kernel_size, "kernel_size", self.name, self.axes)
        self.strides = pair(strides, "strides", self.name, self.axes)
        self.padding = normal_padding(padding, self.name, self.axes, causal=self.axes == 1)
        self.data_format = channels_last(data_format, self.name)
        self.dilation_rate = pair(dilation_rate, "dilation_rate", self.name, self.axes)
        self.depth_multiplier = count(depth_multiplier, "depth_multiplier", self.name)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.depthwise_initializer = self.depthwise_kernel_initializer = initializers.get(depthwise_initializer)
        self.pointwise_initializer = self.pointwise_kernel_initializer = initializers.get(pointwise_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def op(self, *shapes: Shape) -> ops.Op:
        """The first step."""
        return ops.DepthwiseConv2D(
            cast("tuple[int, int]", self.kernel_size),
            cast("tuple[int, int]", self.strides),
            self.padding,
            self.depth_multiplier,
            cast("tuple[int, int]", self.dilation_rate),
            bias=False,
        )

    def mixing(self) -> ops.Op:
        """The second step."""
        return ops.Conv2D(self.filters, (1, 1), bias=self.use_bias)

    def _needed(self, *shapes: Shape) -> tuple[Weight, ...]:
        (first,) = super()._needed(*shapes)
        second, *bias = self.mixing().weights(self.op().output_shape(*shapes))
        return first._replace(name="depthwise_kernel"), second._replace(name="pointwise_kernel"), *bias

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        try:
            output = Node.apply(self.op(), tensors, tuple(self.weights[:1]), self.name, self.dtype)
            output = Node.apply(self.mixing(), (output,), tuple(self.weights[1:]), self.name, self.dtype)
            if self.activation is not activations.linear:
                output = self.activation.applied(output, self.name)
        except KonvError as error:
            raise self._named(error) from error
        return output

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for an input of `input_shape`."""
        self._needed(sample_shape(input_shape, self.name, batch=True))
        return (*super().compute_output_shape(input_shape)[:-1], self.filters)


SeparableConvolution2D = SeparableConv2D
