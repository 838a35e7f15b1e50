"""Convolutional layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from konv import activations, initializers, ops
from konv.arguments import count
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.shapes import Padding, Shape, channels_last, normal_padding, pair

__all__ = ["Conv2D", "Convolution2D"]


class Conv2D(Layer):
    """Convolution over images: each filter slides over the image and takes a weighted sum at every place.

    Arguments:
        `filters`: how many, the channels of the output.
        `kernel_size`: height and width of a filter, one integer or two.
        `strides`: how far it moves between two places, one integer or two.
        `padding`: `"valid"` (none), `"same"` (as many outputs as places, at stride 1), or explicit zeros: one
        integer, or a (before, after) pair for each axis.
        `data_format`: `"channels_last"`, the only one.
        `dilation_rate`: distance between the taps of a filter, one integer or two.
        `groups`: into how many parts channels and filters are cut, each part seeing only its own.
        `activation`: a name or function applied to the sums; None for none.
        `use_bias`: whether each filter adds a number of its own.
        `kernel_initializer`, `bias_initializer`: where the weights start; see `konv.initializers`.
        `options`: `name`, `trainable`, `dtype`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H', W', filters)`; H' and W' follow `konv.shapes.Axis`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where a filter does not fit.
    Example: `Conv2D(32, (3, 3), padding="same", activation="relu", input_shape=(32, 32, 3))`.
    """

    arguments = (
        "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation",
        "use_bias", "kernel_initializer", "bias_initializer",
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
        groups: int = 1,
        activation: object = None,
        use_bias: bool = True,
        kernel_initializer: object = "glorot_uniform",
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
        self.groups = count(groups, "groups", self.name)
        if self.filters % self.groups:
            raise ConfigurationError(
                text("groups_and_filters", layer=self.name, groups=self.groups, filters=self.filters)
            )
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def op(self, *shapes: Shape) -> ops.Op:
        """The convolution."""
        return ops.Conv2D(
            self.filters,
            cast("tuple[int, int]", self.kernel_size),
            cast("tuple[int, int]", self.strides),
            self.padding,
            cast("tuple[int, int]", self.dilation_rate),
            self.groups,
            self.use_bias,
        )


Convolution2D = Conv2D
