"""Dropout of whole channels."""

from __future__ import annotations

from typing import Any

from konv import ops
from konv.layers.core import Dropout
from konv.shapes import Shape, channels_last

__all__ = ["SpatialDropout1D", "SpatialDropout2D"]


class SpatialDropout1D(Dropout):
    """Sets a share of the channels to zero while training, each for all steps of a sequence, against overfitting.

    Arguments:
        `rate`: the share, at least 0 and below 1.
        `seed`: taken for Keras's sake; see `Dropout`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, L, C)`.
    Output shape: the input's; kept channels are divided by 1 − rate.
    Raises: ConfigurationError for a rate outside [0, 1); once called, ShapeError for what is no sequence.
    Example: `SpatialDropout1D(0.2)`.
    """

    arguments = ("rate",)

    def __init__(self, rate: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(rate, None, seed, **options)

    def op(self, *shapes: Shape) -> ops.Op:
        """The dropout."""
        return ops.SpatialDropout1D(self.rate)


class SpatialDropout2D(Dropout):
    """Sets a share of the channels to zero while training, each over its whole feature map, against overfitting.

    Arguments:
        `rate`: the share, at least 0 and below 1.
        `data_format`: only "channels_last".
        `seed`: taken for Keras's sake; see `Dropout`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, height, width, C)`.
    Output shape: the input's; kept channels are divided by 1 − rate.
    Raises: ConfigurationError for a rate outside [0, 1), or another data format; once called, ShapeError for what is
    no image.
    Example: `SpatialDropout2D(0.2)`, between convolutions.
    """

    arguments = ("rate",)

    def __init__(self, rate: float, data_format: str | None = None, seed: int | None = None, **options: Any) -> None:
        super().__init__(rate, None, seed, **options)
        channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The dropout."""
        return ops.SpatialDropout2D(self.rate)
