"""Locally connected layers, under the names they had before Keras 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from konv import activations, initializers, ops
from konv.arguments import count
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.shapes import Padding, Shape, channels_last, normal_padding, pair

__all__ = ["LocallyConnected1D", "LocallyConnected2D"]


class LocallyConnected2D(Layer):
    """Like a convolution, but every place of the output has filters of its own.

    Arguments:
        `filters`: how many at each place, the channels of the output.
        `kernel_size`: height and width of a filter, one integer or two.
        `strides`: how far apart two places are, one integer or two.
        `padding`: `"valid"`, `"same"`, or explicit zeros; see `Conv2D`. (Keras 2 had `"valid"` alone.)
        `data_format`: `"channels_last"`, the only one.
        `activation`: a name or function applied to the sums; None for none.
        `use_bias`: whether each filter of each place adds a number of its own.
        `kernel_initializer`, `bias_initializer`: where the weights start; see `konv.initializers`.
        `implementation`: 1, 2 or 3, taken for Keras 2's sake; weights are always laid out as for 1.
        `options`: `name`, `trainable`, `dtype`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H', W', filters)`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where a filter does not fit.
    Example: `LocallyConnected2D(16, 3, activation="relu", input_shape=(32, 32, 3))`.
    """

    arguments = (
        "filters", "kernel_size", "strides", "padding", "data_format", "activation", "use_bias", "kernel_initializer",
        "bias_initializer",
    )  # fmt: skip
    axes: ClassVar[int] = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str | int | Padding = "valid",
        data_format: str | None = None,
        activation: object = None,
        use_bias: bool = True,
        kernel_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        implementation: int = 1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.filters = count(filters, "filters", self.name)
        self.kernel_size = pair(kernel_size, "kernel_size", self.name, self.axes)
        self.strides = pair(strides, "strides", self.name, self.axes)
        self.padding = normal_padding(padding, self.name, self.axes)
        self.data_format = channels_last(data_format, self.name)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        if implementation not in (1, 2, 3):
            raise ConfigurationError(
                text("unknown_setting", name=f"{self.name}: implementation", received=implementation, known="1, 2, 3")
            )

    def op(self, *shapes: Shape) -> ops.Op:
        """The locally connected operation."""
        return ops.LocallyConnected2D(
            self.filters,
            cast("tuple[int, int]", self.kernel_size),
            cast("tuple[int, int]", self.strides),
            self.padding,
            bias=self.use_bias,
        )


class LocallyConnected1D(LocallyConnected2D):
    """Like a convolution along sequences, but every step of the output has filters of its own.

    Arguments: as of `LocallyConnected2D`, with one integer where that has two.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L', filters)`.
    Raises: as `LocallyConnected2D`.
    Example: `LocallyConnected1D(16, 3, input_shape=(50, 4))`.
    """

    axes: ClassVar[int] = 1

    def op(self, *shapes: Shape) -> ops.Op:
        """The locally connected operation."""
        return ops.LocallyConnected1D(
            self.filters, self.kernel_size[0], self.strides[0], self.padding, bias=self.use_bias
        )
