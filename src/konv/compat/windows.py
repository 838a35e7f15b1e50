"""`tf.nn`'s functions of images, under its names and with its arguments."""

from __future__ import annotations

from typing import Any

from konv import functions as ops
from konv.layers import LocalResponseNormalization

__all__ = ["average_pool", "conv2d", "lrn", "max_pool"]


def _window(given: Any) -> Any:
    """Strides or sizes, without the axes of batch and channels."""
    row = list(given) if isinstance(given, (list, tuple)) else given
    return row if isinstance(row, int) else tuple(row[1:3]) if len(row) == 4 else tuple(row)


def conv2d(input: Any, filters: Any, strides: Any, padding: str, dilations: Any = 1, **others: Any) -> Any:
    """The convolution of images; see `konv.ops.conv`."""
    return ops.conv(input, filters, _window(strides), padding.lower(), _window(dilations))


def max_pool(input: Any, ksize: Any, strides: Any, padding: str, **others: Any) -> Any:
    """The largest number of each window; see `konv.ops.max_pool`."""
    return ops.max_pool(input, _window(ksize), _window(strides), padding.lower())


def average_pool(input: Any, ksize: Any, strides: Any, padding: str, **others: Any) -> Any:
    """The mean of each window; see `konv.ops.average_pool`."""
    return ops.average_pool(input, _window(ksize), _window(strides), padding.lower())


def lrn(
    input: Any, depth_radius: int = 5, bias: float = 1.0, alpha: float = 1.0, beta: float = 0.5, name: str | None = None
) -> Any:
    """Local response normalisation over 2 · `depth_radius` + 1 channels; see `konv.layers.LocalResponseNormalization`.

    Arguments: `bias`, its k; `alpha`, `beta`.
    """
    return LocalResponseNormalization(2 * depth_radius + 1, alpha, beta, bias, name=name)(input)
