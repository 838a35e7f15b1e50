"""`tf.image` and `tf.io` for images: arrays `(H, W, C)` or `(N, H, W, C)`, on NumPy and Pillow."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from konv import random
from konv.errors import ConfigurationError, DataError
from konv.functions.base import is_symbolic
from konv.messages import text
from konv.ops.record import Array

__all__ = [
    "ResizeMethod", "adjust_brightness", "adjust_contrast", "central_crop", "convert_image_dtype",
    "crop_to_bounding_box", "decode_bmp", "decode_image", "decode_jpeg", "decode_png", "flip_left_right",
    "flip_up_down", "grayscale_to_rgb", "per_image_standardization", "random_brightness", "random_contrast",
    "random_crop", "random_flip_left_right", "random_flip_up_down", "read_file", "resize", "resize_images",
    "resize_with_crop_or_pad", "rgb_to_grayscale", "rot90",
]  # fmt: skip

GREY = (0.2989, 0.587, 0.114)
"""What red, green and blue count in a grey image; ITU-R BT.601, as TensorFlow rounds it."""

_turns: Counter[int] = Counter()
"""How many numbers have been drawn with each seed of a script's own."""


def read_file(filename: Any, name: str | None = None) -> bytes:
    """The bytes of a file. Arguments: `filename`, its path."""
    return Path(str(filename)).read_bytes()


def decode_image(contents: bytes, channels: int = 0, dtype: Any = "uint8", **others: Any) -> Array:
    """The image in the bytes of a file, `(H, W, C)`.

    Arguments: `contents`; `channels`, 1 or 3, 0 for as many as it has. Raises: DataError where it is no image.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        image: Any = Image.open(io.BytesIO(contents))
        if channels:
            image = image.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
        elif image.mode not in ("L", "LA", "RGB", "RGBA"):
            image = image.convert("RGB")
        pixels = np.asarray(image)
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(text("script.no_image", error=error)) from error
    found = pixels[..., None] if pixels.ndim == 2 else pixels
    return convert_image_dtype(found, dtype) if np.dtype(dtype).kind == "f" else found


decode_jpeg = decode_png = decode_bmp = decode_image


class ResizeMethod:
    """The names that TensorFlow has for the ways to resize."""

    BILINEAR, NEAREST_NEIGHBOR, BICUBIC, AREA, LANCZOS3 = "bilinear", "nearest", "bicubic", "area", "lanczos3"


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False, name: str | None = None) -> Array:
    """Whole numbers as floats from 0 to 1, and back. Arguments: `image`, `dtype`."""
    found, kind = np.asarray(image), np.dtype(dtype)
    if found.dtype.kind in "iu" and kind.kind == "f":
        return np.asarray(found / np.float32(np.iinfo(found.dtype).max), kind)
    if found.dtype.kind == "f" and kind.kind in "iu":
        most = np.iinfo(kind).max
        return np.asarray(np.clip(found * (most + 0.5), 0, most), kind)
    return found.astype(kind)


def resize(images: Any, size: Sequence[int], method: str = "bilinear", **others: Any) -> Array:
    """Images of another size, `(height, width)`: floats, or for the nearest places their own type.

    Arguments: `images`; `method`, `"bilinear"`, between the four nearest places, or `"nearest"`; both with pixels'
    centres at halves, as TensorFlow 2 has it. Raises: ConfigurationError for symbolic tensors and other methods.
    """
    if is_symbolic(images) or method not in ("bilinear", "nearest"):
        received = "Tensor" if is_symbolic(images) else method
        raise ConfigurationError(text("script.resize", received=received))
    found = np.asarray(images)
    for axis, wanted in ((-3, int(size[0])), (-2, int(size[1]))):
        have = found.shape[axis]
        at = (np.arange(wanted) + 0.5) * (have / wanted) - (0.5 if method == "bilinear" else 0)
        low = np.clip(np.floor(at).astype(int), 0, have - 1)
        if method == "nearest":
            found = np.take(found, low, axis)
            continue
        high = np.minimum(low + 1, have - 1)
        share = np.clip(at - low, 0, 1).astype("float32").reshape(-1, *(1,) * (-1 - axis))
        found = np.take(found, low, axis) * (1 - share) + np.take(found, high, axis) * share
    return found


resize_images = resize


def flip_left_right(image: Any) -> Array:
    """Left and right exchanged."""
    return np.asarray(image)[..., ::-1, :]


def flip_up_down(image: Any) -> Array:
    """Above and below exchanged."""
    return np.asarray(image)[..., ::-1, :, :]


def rot90(image: Any, k: int = 1, name: str | None = None) -> Array:
    """A quarter turn against the clock, `k` times."""
    return np.rot90(np.asarray(image), k, (-3, -2))


def random_flip_left_right(image: Any, seed: int | None = None) -> Array:
    """Left and right exchanged in half of the calls. Arguments: `seed`, by default of the process's own seed."""
    return flip_left_right(image) if _drawn(0, 1, seed) < 0.5 else np.asarray(image)


def random_flip_up_down(image: Any, seed: int | None = None) -> Array:
    """Above and below exchanged in half of the calls. Arguments: `seed`, by default of the process's own seed."""
    return flip_up_down(image) if _drawn(0, 1, seed) < 0.5 else np.asarray(image)


def rgb_to_grayscale(images: Any, name: str | None = None) -> Array:
    """One channel of three."""
    found = np.asarray(images)
    return np.asarray((found * np.asarray(GREY, "float32")).sum(-1, keepdims=True), found.dtype)


def grayscale_to_rgb(images: Any, name: str | None = None) -> Array:
    """Three channels of one."""
    return np.repeat(np.asarray(images), 3, -1)


def adjust_brightness(image: Any, delta: float) -> Array:
    """`delta` added to every number, of whole numbers `delta` of their whole range."""
    return _in_shares(lambda found: found + np.float32(delta), image)


def per_image_standardization(image: Any) -> Array:
    """Each image less its mean, divided by its deviation, which counts as at least 1/√n of n numbers."""
    found = np.asarray(image, "float32")
    own = (-3, -2, -1)
    least = np.float32(1 / np.sqrt(np.prod(found.shape[-3:])))
    return np.asarray((found - found.mean(own, keepdims=True)) / np.maximum(found.std(own, keepdims=True), least))


def central_crop(image: Any, central_fraction: float) -> Array:
    """The middle of an image. Arguments: `central_fraction`, the share of each side that stays."""
    found = np.asarray(image)
    starts = [int((n - n * central_fraction) / 2) for n in found.shape[-3:-1]]
    ends = [n - start for n, start in zip(found.shape[-3:-1], starts, strict=True)]
    return found[..., starts[0] : ends[0], starts[1] : ends[1], :]


def resize_with_crop_or_pad(image: Any, target_height: int, target_width: int) -> Array:
    """The middle of an image, with margins of zeros where it is smaller."""
    found = np.asarray(image)
    for axis, size in ((-3, target_height), (-2, target_width)):
        have = found.shape[axis]
        if have > size:
            found = np.take(found, range((have - size) // 2, (have - size) // 2 + size), axis)
        elif have < size:
            margins = [(0, 0)] * found.ndim
            margins[axis] = ((size - have) // 2, size - have - (size - have) // 2)
            found = np.pad(found, margins)
    return found


def adjust_contrast(images: Any, contrast_factor: float) -> Array:
    """Each channel's distance from its mean over the places, `contrast_factor` times as large."""

    def adjusted(found: Array) -> Array:
        mean = found.mean((-3, -2), keepdims=True)
        return np.asarray((found - mean) * np.float32(contrast_factor) + mean)

    return _in_shares(adjusted, images)


def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Array:
    """The same number added everywhere, drawn from −`max_delta` to `max_delta`. Arguments: `seed`, as of flips."""
    return adjust_brightness(image, _drawn(-max_delta, max_delta, seed))


def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Array:
    """`adjust_contrast` by a factor drawn from `lower` to `upper`. Arguments: `seed`, as of flips."""
    return adjust_contrast(image, _drawn(lower, upper, seed))


def random_crop(value: Any, size: Sequence[int], seed: int | None = None, name: str | None = None) -> Array:
    """A part of an array, of the shape `size`, at a random place. Arguments: `seed`, as of flips."""
    found = np.asarray(value)
    starts = [int(_drawn(0, n - int(m) + 1, seed)) for n, m in zip(found.shape, size, strict=True)]
    return found[tuple(slice(start, start + int(n)) for start, n in zip(starts, size, strict=True))]


def crop_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Array:
    """The part of an image that begins so far from its upper left corner and is so high and wide."""
    rows, columns = (
        slice(offset_height, offset_height + target_height),
        slice(offset_width, offset_width + target_width),
    )
    return np.asarray(image)[..., rows, columns, :]


def _drawn(low: float, high: float, seed: int | None) -> float:
    """A number from `low` up to `high`, with a `seed` the next of its own row."""
    if seed is None:
        key, turn = random.next_number(), 0
    else:
        key, turn = random.check_seed(seed), _turns[seed]
        _turns[seed] += 1
    return low + (high - low) * float(random.uniform((1,), key, turn)[0])


def _in_shares(function: Callable[[Array], Array], images: Any) -> Array:
    """`function` of images as floats, whole numbers as shares of their range; in the type they had."""
    kind = np.asarray(images).dtype
    found = function(convert_image_dtype(images, "float32") if kind.kind in "iu" else np.asarray(images))
    return convert_image_dtype(found, kind, saturate=True) if kind.kind in "iu" else found.astype(kind)
