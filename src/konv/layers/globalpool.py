"""Pooling layers along sequences, and over whole feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from konv import ops
from konv.layers.base import Layer
from konv.shapes import Padding, Shape, channels_last, normal_padding, pair

__all__ = [
    "AveragePooling1D",
    "AvgPool1D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "MaxPool1D",
    "MaxPooling1D",
]


class _Pooling1D(Layer):
    """What pooling layers along sequences share: all but the operation."""

    arguments = ("pool_size", "strides", "padding", "data_format")
    kind: ClassVar[type[ops.MaxPool1D] | type[ops.AveragePool1D]]

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str | int | Padding = "valid",
        data_format: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.pool_size = pair(pool_size, "pool_size", self.name, 1)
        self.strides = self.pool_size if strides is None else pair(strides, "strides", self.name, 1)
        self.padding = normal_padding(padding, self.name, 1)
        self.data_format = channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The pooling."""
        return self.kind(self.pool_size[0], self.strides[0], self.padding)


class MaxPooling1D(_Pooling1D):
    """Max pooling along sequences: of each window of steps, in each channel, the largest value.

    Arguments:
        `pool_size`, `strides`, `padding`, `data_format`, `options`: as of `MaxPooling2D`, with one integer where that
        has two.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L', C)`; L' follows `konv.shapes.Axis`.
    Raises: as `MaxPooling2D`.
    Example: `MaxPooling1D(2)`: `(N, 30, 8)` becomes `(N, 15, 8)`.
    """

    kind = ops.MaxPool1D


class AveragePooling1D(_Pooling1D):
    """Average pooling along sequences: of each window of steps, in each channel, the mean.

    Arguments:
        `pool_size`, `strides`, `padding`, `data_format`, `options`: as of `AveragePooling2D`, with one integer where
        that has two.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L', C)`; L' follows `konv.shapes.Axis`.
    Raises: as `AveragePooling2D`.
    Example: `AveragePooling1D(2)`: `(N, 30, 8)` becomes `(N, 15, 8)`.
    """

    kind = ops.AveragePool1D


class _Global(Layer):
    """What global pooling layers share: all but the operation."""

    arguments = ("data_format", "keepdims")
    kind: ClassVar[type[ops.Op]]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = channels_last(data_format, self.name)
        self.keepdims = bool(keepdims)

    def op(self, *shapes: Shape) -> ops.Op:
        """The pooling."""
        return self.kind(self.keepdims)  # type: ignore[call-arg]


class GlobalAveragePooling2D(_Global):
    """Global average pooling: of each channel, the mean over the whole feature map.

    Arguments:
        `data_format`: `"channels_last"`, the only one.
        `keepdims`: whether height and width stay, as axes of size 1.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, C)`; with `keepdims` `(N, 1, 1, C)`.
    Raises: ConfigurationError for another data format; ShapeError, once called, where the input is no image.
    Example: `GlobalAveragePooling2D()`: `(N, 7, 7, 2048)` becomes `(N, 2048)`.
    """

    kind = ops.GlobalAveragePool2D


class GlobalMaxPooling2D(_Global):
    """Global max pooling: of each channel, the largest value of the whole feature map.

    Arguments: `data_format`, `keepdims`, `options`: as of `GlobalAveragePooling2D`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, C)`; with `keepdims` `(N, 1, 1, C)`.
    Raises: as `GlobalAveragePooling2D`.
    Example: `GlobalMaxPooling2D()`: `(N, 7, 7, 512)` becomes `(N, 512)`.
    """

    kind = ops.GlobalMaxPool2D


class GlobalAveragePooling1D(_Global):
    """Global average pooling along sequences: of each channel, the mean over all steps.

    Arguments: `data_format`, `keepdims`, `options`: as of `GlobalAveragePooling2D`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, C)`; with `keepdims` `(N, 1, C)`.
    Raises: as `GlobalAveragePooling2D`, where the input is no sequence.
    Example: `GlobalAveragePooling1D()`: `(N, 100, 64)` becomes `(N, 64)`.
    """

    kind = ops.GlobalAveragePool1D


class GlobalMaxPooling1D(_Global):
    """Global max pooling along sequences: of each channel, the largest value of all steps.

    Arguments: `data_format`, `keepdims`, `options`: as of `GlobalAveragePooling2D`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, C)`; with `keepdims` `(N, 1, C)`.
    Raises: as `GlobalAveragePooling2D`, where the input is no sequence.
    Example: `GlobalMaxPooling1D()`: `(N, 100, 64)` becomes `(N, 64)`.
    """

    kind = ops.GlobalMaxPool1D


MaxPool1D = MaxPooling1D
AvgPool1D = AveragePooling1D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
