"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from konv import activations, initializers, ops
from konv.arguments import count
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.shapes import Padding, Shape, channels_last, normal_padding, pair

__all__ = ["Conv2DTranspose", "Convolution2DTranspose"]


class Conv2DTranspose(Layer):
    """Transposed convolution: the way back through a convolution, as a layer that makes images larger.

    Arguments:
        `filters`: the channels of the output.
        `kernel_size`: height and width of a filter, one integer or two.
        `strides`: how far apart the copies of a filter are laid, one integer or two: so much larger grows the image.
        `padding`: `"valid"` (all that a filter reaches is kept), `"same"` (`strides` times as many places), or how much
        is taken away: one integer, or a (before, after) pair for each axis.
        `output_padding`: how many places the output has beyond what `padding` leaves, one integer or two, each below
        the stride; None to follow `padding` alone. With `"same"` the size is then counted as Keras counts it; see
        `konv.shapes.transposed`.
        `data_format`: `"channels_last"`, the only one.
        `dilation_rate`: distance between the taps of a filter, one integer or two; together with a stride, too.
        `activation`: a name or function applied to the sums; None for none.
        `use_bias`: whether each filter adds a number of its own.
        `kernel_initializer`, `bias_initializer`: where the weights start; see `konv.initializers`.
        `options`: `name`, `trainable`, `dtype`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H', W', filters)`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where nothing is left.
    Example: `Conv2DTranspose(32, 3, strides=2, padding="same")`.
    """

    arguments = (
        "filters", "kernel_size", "strides", "padding", "output_padding", "data_format", "dilation_rate", "activation",
        "use_bias", "kernel_initializer", "bias_initializer",
    )  # fmt: skip
    axes: ClassVar[int] = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str | int | Padding = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
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
        self.padding = normal_padding(padding, self.name, self.axes)
        self.output_padding = self._output_padding(output_padding)
        self.data_format = channels_last(data_format, self.name)
        self.dilation_rate = pair(dilation_rate, "dilation_rate", self.name, self.axes)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def _output_padding(self, value: int | Sequence[int] | None) -> tuple[int, ...] | None:
        if value is None:
            return None
        more = pair(value, "output_padding", self.name, self.axes, 0)
        if any(m >= s for m, s in zip(more, self.strides, strict=True)):
            raise ConfigurationError(
                text("output_padding", layer=self.name, received=value, strides=", ".join(map(str, self.strides)))
            )
        return more

    def op(self, *shapes: Shape) -> ops.Op:
        """The transposed convolution."""
        return ops.Conv2DTranspose(
            self.filters,
            cast("tuple[int, int]", self.kernel_size),
            cast("tuple[int, int]", self.strides),
            self.padding,
            cast("tuple[int, int] | None", self.output_padding),
            cast("tuple[int, int]", self.dilation_rate),
            self.use_bias,
        )


Convolution2DTranspose = Conv2DTranspose
