"""Images in files and arrays, and batches of them, in Keras's words: `konv.preprocessing.image`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from konv import config
from konv.data.batches import Batches as Iterator
from konv.data.directory import DirectoryBatches as DirectoryIterator, image_dataset_from_directory
from konv.data.frame import FrameBatches as DataFrameIterator
from konv.data.generator import ImageDataGenerator
from konv.data.images import File, array_to_image, decoded, resized
from konv.data.prepared import ArrayBatches as NumpyArrayIterator
from konv.data.transforms import apply_all
from konv.errors import ShapeError
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import channels_last, pair, show

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "array_to_img",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "save_img",
]


def load_img(
    path: File,
    grayscale: bool = False,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image:
    """The image in a file, a Pillow image, turned upright.

    Arguments: `path`, the file; `color_mode`, "rgb", "grayscale" (which `grayscale` was in Keras 2) or "rgba";
    `target_size`, (height, width), by `interpolation` (see `konv.data.directory`), with `keep_aspect_ratio` cropped to
    its proportions before.
    Raises: ImageError where the file cannot be read; ConfigurationError.
    Example: `img_to_array(load_img("cat.jpg", target_size=(224, 224)))[None]`.
    """
    name = str(path) if isinstance(path, (str, Path)) else str(getattr(path, "name", "image"))
    image = decoded(path, name, "grayscale" if grayscale else color_mode)
    if target_size is None:
        return image
    height, width = pair(target_size, "target_size", "load_img")
    return array_to_image(resized(image, (height, width), interpolation, crop=keep_aspect_ratio))


def img_to_array(img: Any, data_format: str | None = None, dtype: str | None = None) -> Array:
    """The pixels of a Pillow image `img` (or array `(H, W)`, `(H, W, C)`) as `(H, W, C)`.

    Arguments: `data_format`, `"channels_last"`; `dtype` (default `konv.config.floatx()`).
    Raises: ShapeError for anything else; ConfigurationError for another data format.
    """
    channels_last(data_format, "img_to_array")
    pixels: Array = np.asarray(img, dtype or config.floatx())
    if pixels.ndim not in (2, 3):
        raise ShapeError(text("not_one_image", received=show(pixels.shape)))
    return pixels if pixels.ndim == 3 else pixels[..., None]


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: str | None = None) -> Image:
    """An array `x` `(H, W, C)` of 1, 3 or 4 channels as a Pillow image.

    Arguments: `scale`, whether its least number becomes 0 and its largest 255; `data_format`, `"channels_last"`;
    `dtype`, taken for Keras's sake. Raises: ShapeError for another shape; ConfigurationError for another data format.
    """
    channels_last(data_format, "array_to_img")
    return array_to_image(x, scale)


def save_img(
    path: str | Path,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array `x` as an image file.

    Arguments: `path`; `data_format`, `scale` as of `array_to_img`; `file_format`, of the file, by default by its
    ending; `kwargs`, what Pillow's `save` takes beside. Raises: as `array_to_img`; OSError.
    """
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and str(file_format or Path(path).suffix).lower().lstrip(".") in ("jpg", "jpeg"):
        image = image.convert("RGB")
    image.save(path, format={"jpg": "jpeg"}.get(str(file_format), file_format), **kwargs)


def apply_affine_transform(
    x: Array,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Array:
    """An image `x` `(H, W, C)` turned, shifted, sheared and zoomed about its middle.

    Arguments: `theta`, `tx`, `ty`, `shear`, `zx`, `zy` as of `ImageDataGenerator.apply_transform`; `fill_mode`, `cval`
    as of `ImageDataGenerator`; `order`, 1 between pixels, 0 the nearest one. Raises: ShapeError for another shape.
    """
    given = {"theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy}
    changed: Array = apply_all(np.asarray(x)[None], [given], fill_mode, cval, order == 1)[0]
    return changed
