"""`konv.ops.image`: functions of images `(N, H, W, C)`, or of one image `(H, W, C)` where it is an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.functions.arrangement import index, pad
from konv.functions.base import applied, array, is_symbolic, lead, tensor
from konv.functions.elementwise import multiply
from konv.functions.networks import conv
from konv.functions.reduction import sum as summed
from konv.messages import text
from konv.ops.record import Run
from konv.ops.resizing import WAYS, Resize
from konv.shapes import channels_last, pair, show

__all__ = ["crop_images", "extract_patches", "pad_images", "resize", "rgb_to_grayscale"]

GREY = (0.2989, 0.5870, 0.1140)
"""How bright red, green and blue are: ITU-R BT.601."""


def resize(
    images: Any,
    size: Sequence[int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    data_format: str | None = None,
) -> Any:
    """`images` at another size.

    Arguments: `size`, height and width; `interpolation`, "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5";
    `antialias`, whether an image made smaller is a mean over all of it; `data_format`, "channels_last".
    Raises: ConfigurationError for another interpolation or size; ShapeError for what are no images.
    """
    channels_last(data_format, "resize")
    if interpolation not in WAYS:
        raise ConfigurationError(
            text("one_of", layer="resize", name="interpolation", known=", ".join(WAYS), received=interpolation)
        )
    height, width = pair(size, "size", "resize")
    op = Resize((height, width), interpolation, bool(antialias))
    if is_symbolic(images):
        return applied(op, tensor(images))
    return _each(array(images), lambda x: op.forward((x,), (), Run()))


def rgb_to_grayscale(images: Any, data_format: str | None = None) -> Any:
    """How bright `images` are: 0.2989 · red + 0.5870 · green + 0.1140 · blue, as one channel.

    Arguments: `data_format` as of `resize`. Raises: ShapeError unless there are three channels.
    """
    channels_last(data_format, "rgb_to_grayscale")
    if images.shape[-1] != 3:
        raise ShapeError(text("not_an_image", layer="rgb_to_grayscale", received=show(images.shape),
                              axes=len(images.shape)))  # fmt: skip
    return summed(multiply(images, np.array(GREY, "float32")), -1, keepdims=True)


def crop_images(
    images: Any,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """A part of `images`.

    Arguments: of each axis two of three: what is cut off, `top_cropping` and `bottom_cropping`, `left_cropping` and
    `right_cropping`, and what is left, `target_height` and `target_width`; `data_format` as of `resize`.
    Raises: ConfigurationError where one is missing, or does not fit.
    """
    channels_last(data_format, "crop_images")
    height, width = images.shape[-3:-1]
    top, _, tall = _margins(top_cropping, bottom_cropping, target_height, height, "crop_images")
    left, _, wide = _margins(left_cropping, right_cropping, target_width, width, "crop_images")
    rows, columns = slice(top, top + tall), slice(left, left + wide)
    return (
        index(images, (..., rows, columns, slice(None)))
        if is_symbolic(images)
        else array(images)[..., rows, columns, :]
    )


def pad_images(
    images: Any,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """`images` with a margin of zeros.

    Arguments: of each axis two of three: the margins `top_padding` and `bottom_padding`, `left_padding` and
    `right_padding`, and the whole, `target_height` and `target_width`; `data_format` as of `resize`.
    Raises: ConfigurationError where one is missing, or does not fit.
    """
    channels_last(data_format, "pad_images")
    height, width = images.shape[-3:-1]
    top, bottom, _ = _margins(top_padding, bottom_padding, target_height, height, "pad_images", -1)
    left, right, _ = _margins(left_padding, right_padding, target_width, width, "pad_images", -1)
    front = [(0, 0)] * ((len(images.shape) + lead(images) if is_symbolic(images) else np.ndim(images)) - 3)
    return pad(images, [*front, (top, bottom), (left, right), (0, 0)])


def extract_patches(
    images: Any,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Every window of `images` as one row of channels `(N, H', W', height · width · C)`, row by row.

    Arguments: `size`, height and width; `strides`, by default `size`; `dilation_rate`, `padding`, `data_format` as of
    `konv.ops.conv`. Raises: ShapeError where no window fits.
    """
    height, width = pair(size, "size", "extract_patches")
    channels = images.shape[-1]
    numbers = height * width * channels
    kernel = np.eye(numbers, dtype="float32").reshape(height, width, channels, numbers)
    step = (height, width) if strides is None else strides

    def seen(x: Any) -> Any:
        return conv(x, kernel, step, padding, data_format, dilation_rate)

    return seen(images) if is_symbolic(images) else _each(array(images), seen)


def _margins(
    before: int | None, behind: int | None, target: int | None, size: int, function: str, sign: int = 1
) -> tuple[int, int, int]:
    """What is taken off (`sign` 1) or put on (−1) at both ends of an axis of `size`, and what is left."""
    known = [before, behind, target]
    if known.count(None) != 1 or any(n is not None and n < 0 for n in known):
        raise ConfigurationError(text("two_of_three", function=function, received=tuple(known), size=size))
    before = sign * (size - (target or 0)) - (behind or 0) if before is None else before
    behind = sign * (size - target) - before if target is not None else behind
    made = size - sign * (before + (behind or 0))
    if before < 0 or behind is None or behind < 0 or made < 1:
        raise ConfigurationError(text("two_of_three", function=function, received=tuple(known), size=size))
    return before, behind, made


def _each(images: Any, function: Callable[[Any], Any]) -> Any:
    """`function` of a batch, or of one image alone."""
    return function(images) if images.ndim == 4 else function(images[None])[0]
