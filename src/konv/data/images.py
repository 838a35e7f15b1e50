"""Image files to arrays, by one rule for training and prediction.

**The rule.** An image is turned upright (its EXIF orientation), laid on white where it is transparent, cropped about
its centre to the proportions asked for, and resized: every pixel of a smaller result is the mean of the area it covers
(antialiased), a larger one is interpolated linearly. Sixteen-bit greys keep their upper eight bits.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from konv.data.jpeg import decoded_small, in_memory
from konv.errors import ConfigurationError, ImageError, ShapeError
from konv.messages import text
from konv.shapes import Shape, show

__all__ = [
    "FILTERS", "MODES", "SUFFIXES", "array_to_image", "decode", "decoded", "fit", "load_image",
    "read_ahead", "resized", "with_channels",
]  # fmt: skip

Array = np.ndarray[Any, np.dtype[Any]]

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""Endings, in lower case, of the files that are taken for images."""
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# What Pillow and zipfile raise for files that are damaged, foreign, encrypted or too large.
_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, ArithmeticError, NotImplementedError,
    RuntimeError, struct.error, zlib.error, zipfile.BadZipFile, Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)  # fmt: skip
_TURNED = {"exif", "xmp"}
"""Where a JPEG says that it is turned."""

File = str | Path | IO[bytes]
MODES = ("rgb", "grayscale", "rgba")
"""Keras's names of what an image's channels are."""
FILTERS = {
    "nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC,
    "area": Image.Resampling.BOX, "box": Image.Resampling.BOX, "hamming": Image.Resampling.HAMMING,
    "lanczos": Image.Resampling.LANCZOS, "lanczos3": Image.Resampling.LANCZOS, "lanczos5": Image.Resampling.LANCZOS,
}  # fmt: skip
"""Pillow's filters by Keras's names."""


def decode(
    file: File | Callable[[], File],
    name: str,
    alpha: bool = False,
    side: int | None = None,
    over: Image.Image | None = None,
) -> Image.Image:
    """The image in `file`, or in what calling it opens: upright and opaque, of mode "L" (grey) or "RGB".

    `name` is what errors call it; with `alpha` the image is of mode "RGBA", its transparency kept; with `side` a JPEG
    whose sides are above 4 · `side` is decoded at a half, a quarter or an eighth of them, at 2 · `side` at least;
    `over` is an image that is no longer needed: it may be written over and returned, which is faster.
    Raises: ImageError where it cannot be read, or has more pixels than Pillow's `Image.MAX_IMAGE_PIXELS`: a small file
    may unfold to fill the memory.
    """
    try:
        opened = file() if callable(file) else file
        if (small := decoded_small(opened, side, over)) is not None:
            return _as_mode(small, "RGBA") if alpha else small
        with Image.open(opened, formats=_FORMATS) as image:
            most = Image.MAX_IMAGE_PIXELS
            if most is not None and image.width * image.height > most:
                raise ImageError(text("image_too_large", name=name, width=image.width, height=image.height, most=most))
            if side is not None and min(image.size) > 4 * side:
                image.draft(None, (2 * side, 2 * side))
            if image.format != "JPEG" or not _TURNED.isdisjoint(image.info):
                ImageOps.exif_transpose(image, in_place=True)
            return _as_mode(image, "RGBA") if alpha else _plain(image)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(text("image_unknown", name=name, known=", ".join(_FORMATS))) from error
    except FileNotFoundError as error:
        raise ImageError(text("no_such_path", path=name)) from error
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ImageError(text("image_unreadable", name=name, reason=reason)) from error


def _plain(image: Image.Image) -> Image.Image:
    """`image` as "L" or "RGB", transparency laid on white."""
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError("pixels of more than 16 bits")
        return Image.fromarray((values >> 8).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("floating-point pixels")
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return _as_mode(image, "L" if image.mode in ("1", "L") else "RGB")


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    """`image`, its pixels read, in Pillow's `mode`; itself where it is: Pillow would copy it."""
    image.load()
    return image if image.mode == mode else image.convert(mode)


def fit(image: Image.Image, height: int, width: int) -> Image.Image:
    """`image` cropped about its centre to the proportions of `height` × `width`, and resized to it."""
    if image.size == (width, height):
        return image
    scale = min(image.width / width, image.height / height)
    left, top = (image.width - width * scale) / 2, (image.height - height * scale) / 2
    box = (left, top, left + width * scale, top + height * scale)
    return image.resize((width, height), Image.Resampling.BOX if scale > 1 else Image.Resampling.BILINEAR, box)


def with_channels(image: Image.Image, channels: int) -> Array:
    """The pixels of `image` as uint8 `(H, W, channels)`, of 1 (grey: 0.299 R + 0.587 G + 0.114 B) or 3 channels."""
    pixels = np.asarray(_as_mode(image, "RGB" if channels == 3 else "L"))
    return pixels if channels == 3 else pixels[..., None]


def load_image(path: File, shape: Shape) -> Array:
    """One image file as the input of a network, fitted by the rule of this module.

    Arguments: `path`, the file; `shape`, `(H, W, C)` with 1 or 3 channels.
    Returns: uint8 `(H, W, C)`, not scaled.
    Raises: ImageError where the file cannot be read; ConfigurationError for another shape.
    Example: `load_image("cat.jpg", (32, 32, 3))[None] / 255`.
    """
    if len(shape) != 3 or shape[2] not in (1, 3) or min(shape) < 1:
        raise ConfigurationError(text("bad_image_shape", received=shape))
    name = str(path) if isinstance(path, str | Path) else str(getattr(path, "name", "image"))
    return with_channels(fit(decode(path, name), shape[0], shape[1]), shape[2])


def decoded(
    file: File | Callable[[], File],
    name: str,
    mode: str,
    side: int | None = None,
    over: Image.Image | None = None,
) -> Image.Image:
    """The image in `file` (see `decode`) with the channels of `mode`, one of `MODES`; `side`, `over` as of `decode`.

    Raises: as `decode`; ConfigurationError for another mode.
    """
    if mode not in MODES:
        raise ConfigurationError(text("one_of", layer=name, name="color_mode", known=", ".join(MODES), received=mode))
    if mode == "rgba":
        return decode(file, name, alpha=True, side=side)
    image, wanted = decode(file, name, side=side, over=over), "L" if mode == "grayscale" else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


def resized(
    image: Image.Image,
    size: tuple[int, int] | None,
    interpolation: str = "bilinear",
    crop: bool = False,
    pad: bool = False,
) -> Array:
    """The pixels of `image`, uint8 `(H, W, C)`, in another `size` (height, width), by Pillow's filter.

    Arguments: `crop`, about its middle to the new proportions, or `pad`, with black, before.
    Raises: ConfigurationError for an interpolation there is not, or both `crop` and `pad`.
    """
    if interpolation not in FILTERS:
        raise ConfigurationError(
            text("one_of", layer="resize", name="interpolation", known=", ".join(FILTERS), received=interpolation)
        )
    if crop and pad:
        raise ConfigurationError(text("crop_and_pad"))
    if size is not None and image.size != (size[1], size[0]):
        whole, method = (size[1], size[0]), FILTERS[interpolation]
        if pad:
            image = ImageOps.pad(image, whole, method)
        else:
            image = ImageOps.fit(image, whole, method) if crop else image.resize(whole, method)
    # What `np.asarray` makes of an image, in half the time.
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, -1)


def read_ahead(file: Callable[[], File]) -> File | Callable[[], File]:
    """What `file` opens, a small one's content read; `file` itself where that fails, for whoever decodes it to say."""
    try:
        return in_memory(file())
    except _DAMAGED:
        return file


def array_to_image(x: Any, scale: bool = False) -> Image.Image:
    """An array `(H, W, C)` of 1, 3 or 4 channels, or `(H, W)`, as an image.

    Arguments: `scale`, whether its least number becomes 0 and its largest 255; else numbers are cut to 0 … 255.
    Raises: ShapeError for another shape.
    """
    a = np.asarray(x, np.float64)
    if a.ndim == 3 and a.shape[2] == 1:
        a = a[..., 0]
    if a.ndim not in (2, 3) or (a.ndim == 3 and a.shape[2] not in (3, 4)):
        raise ShapeError(text("not_one_image", received=show(np.shape(x))))
    if scale:
        a = a - a.min()
        a = a / (a.max() or 1) * 255
    return Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))
