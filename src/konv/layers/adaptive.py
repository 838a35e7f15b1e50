"""Adaptive pooling layers: the size of the output is given, the windows follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from konv import ops
from konv.layers.base import Layer
from konv.shapes import Shape, channels_last, pair

__all__ = ["AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D", "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D"]


class _Adaptive(Layer):
    """What adaptive pooling layers share: all but the operation."""

    arguments = ("output_size", "data_format")
    kind: ClassVar[type[ops.AdaptiveAveragePool2D]]

    def __init__(self, output_size: int | Sequence[int], data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.output_size = pair(output_size, "output_size", self.name, self.kind.axes)
        self.data_format = channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The pooling."""
        return self.kind(self.output_size)


class AdaptiveAveragePooling2D(_Adaptive):
    """Adaptive average pooling: an output of one size whatever that of the image; each number the mean of a bin.

    Arguments:
        `output_size`: rows and columns of the output, or one number for both.
        `data_format`: `"channels_last"`, the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, *output_size, C)`; which places a bin takes says `konv.ops.AdaptiveAveragePool2D`, as PyTorch.
    Raises: ConfigurationError for a size below 1 or another data format; ShapeError, once called, for no image.
    Example: `AdaptiveAveragePooling2D(6)`: `(N, 13, 13, 256)` becomes `(N, 6, 6, 256)`.
    """

    kind = ops.AdaptiveAveragePool2D


class AdaptiveMaxPooling2D(_Adaptive):
    """Adaptive max pooling: an output of one size whatever that of the image; each number the largest of a bin.

    Arguments: `output_size`, `data_format`, `options`: as of `AdaptiveAveragePooling2D`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, *output_size, C)`.
    Raises: as `AdaptiveAveragePooling2D`.
    Example: `AdaptiveMaxPooling2D((1, 4))`: `(N, 9, 30, 8)` becomes `(N, 1, 4, 8)`.
    """

    kind = ops.AdaptiveMaxPool2D


class AdaptiveAveragePooling1D(_Adaptive):
    """Adaptive average pooling along sequences: as many steps as asked for, each the mean of a bin.

    Arguments: `output_size`, `data_format`, `options`: as of `AdaptiveAveragePooling2D`, with one size.
    Input shape: `(N, L, C)`.
    Output shape: `(N, output_size, C)`.
    Raises: as `AdaptiveAveragePooling2D`, where the input is no sequence.
    Example: `AdaptiveAveragePooling1D(4)`: `(N, 30, 8)` becomes `(N, 4, 8)`.
    """

    kind = ops.AdaptiveAveragePool1D


class AdaptiveMaxPooling1D(_Adaptive):
    """Adaptive max pooling along sequences: as many steps as asked for, each the largest of a bin.

    Arguments: `output_size`, `data_format`, `options`: as of `AdaptiveAveragePooling2D`, with one size.
    Input shape: `(N, L, C)`.
    Output shape: `(N, output_size, C)`.
    Raises: as `AdaptiveAveragePooling2D`, where the input is no sequence.
    Example: `AdaptiveMaxPooling1D(4)`: `(N, 30, 8)` becomes `(N, 4, 8)`.
    """

    kind = ops.AdaptiveMaxPool1D
