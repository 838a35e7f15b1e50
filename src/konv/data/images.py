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

from konv.errors import ConfigurationError, ImageError
from konv.messages import text
from konv.shapes import Shape

__all__ = ["SUFFIXES", "decode", "fit", "load_image", "with_channels"]

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


File = str | Path | IO[bytes]


def decode(file: File | Callable[[], File], name: str) -> Image.Image:
    """The image in `file`, or in what calling it opens: upright and opaque, of mode "L" (grey) or "RGB".

    `name` is what errors call it. Raises: ImageError where it cannot be read, or has more pixels than Pillow's
    `Image.MAX_IMAGE_PIXELS`: a small file may unfold to fill the memory.
    """
    try:
        with Image.open(file() if callable(file) else file, formats=_FORMATS) as image:
            most = Image.MAX_IMAGE_PIXELS
            if most is not None and image.width * image.height > most:
                raise ImageError(text("image_too_large", name=name, width=image.width, height=image.height, most=most))
            ImageOps.exif_transpose(image, in_place=True)
            return _plain(image)
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
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


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
    pixels = np.asarray(image.convert("RGB" if channels == 3 else "L"))
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
