"""Pooling layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from konv import ops
from konv.layers.base import Layer
from konv.shapes import Padding, Shape, channels_last, normal_padding, pair

__all__ = ["AveragePooling2D", "AvgPool2D", "MaxPool2D", "MaxPooling2D"]


class _Pooling2D(Layer):
    """What pooling layers share: all but the operation."""

    arguments = ("pool_size", "strides", "padding", "data_format")
    kind: ClassVar[type[ops.MaxPool2D] | type[ops.AveragePool2D]]

    def __init__(
        self,
        pool_size: int | Sequence[int] = (2, 2),
        strides: int | Sequence[int] | None = None,
        padding: str | int | Padding = "valid",
        data_format: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.pool_size = pair(pool_size, "pool_size", self.name)
        self.strides = self.pool_size if strides is None else pair(strides, "strides", self.name)
        self.padding = normal_padding(padding, self.name)
        self.data_format = channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The pooling."""
        size, strides = cast("tuple[int, int]", self.pool_size), cast("tuple[int, int]", self.strides)
        return self.kind(size, strides, self.padding)


class MaxPooling2D(_Pooling2D):
    """Max pooling: of each window, in each channel, the largest value.

    Arguments:
        `pool_size`: height and width of the window, one integer or two.
        `strides`: how far it moves, one integer or two; None for the window's own size. Windows may overlap.
        `padding`: `"valid"`, `"same"`, or explicit: one integer, or a (before, after) pair for each axis. Padding
        never wins.
        `data_format`: `"channels_last"`, the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H', W', C)`; H' and W' follow `konv.shapes.Axis`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where a window does not fit.
    Example: `MaxPooling2D(pool_size=(2, 2))`: `(N, 30, 30, 32)` becomes `(N, 15, 15, 32)`.
    """

    kind = ops.MaxPool2D


class AveragePooling2D(_Pooling2D):
    """Average pooling: of each window, in each channel, the mean.

    Arguments:
        `pool_size`: height and width of the window, one integer or two.
        `strides`: how far it moves, one integer or two; None for the window's own size. Windows may overlap.
        `padding`: `"valid"`, `"same"`, or explicit: one integer, or a (before, after) pair for each axis. Padding
        does not count in the mean.
        `data_format`: `"channels_last"`, the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H', W', C)`; H' and W' follow `konv.shapes.Axis`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where a window does not fit.
    Example: `AveragePooling2D(2)`: `(N, 30, 30, 32)` becomes `(N, 15, 15, 32)`.
    """

    kind = ops.AveragePool2D


MaxPool2D = MaxPooling2D
AvgPool2D = AveragePooling2D
