"""Layers that bring images to the size a network was made for."""

from __future__ import annotations

from typing import Any

from konv import ops
from konv.arguments import count
from konv.errors import ConfigurationError, ShapeError
from konv.graph import Node, Tensor
from konv.layers.base import Layer
from konv.messages import text
from konv.ops.resizing import WAYS
from konv.ops.windows import image_shape
from konv.shapes import Shape, channels_last, show

__all__ = ["CenterCrop", "Resizing"]


class Resizing(Layer):
    """Images at another size.

    Arguments:
        `height`, `width`: that size.
        `interpolation`: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        `crop_to_aspect_ratio`: whether the middle part of the new shape is taken first, so that nothing is distorted.
        `antialias`: whether an image made smaller is a mean over all of it.
        `data_format`: `"channels_last"`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, height, width, C)`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, for what are no images.
    Example: `Resizing(224, 224)`.
    """

    arguments = ("height", "width", "interpolation", "crop_to_aspect_ratio", "antialias")

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        antialias: bool = False,
        data_format: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        channels_last(data_format, self.name)
        if interpolation not in WAYS:
            raise ConfigurationError(
                text("one_of", layer=self.name, name="interpolation", known=", ".join(WAYS), received=interpolation)
            )
        self.height, self.width = count(height, "height", self.name), count(width, "width", self.name)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio, self.antialias = bool(crop_to_aspect_ratio), bool(antialias)

    def op(self, *shapes: Shape) -> ops.Op:
        """The resizing."""
        return ops.Resize((self.height, self.width), self.interpolation, self.antialias)

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        (x,) = tensors
        height, width, _ = image_shape(x.shape, type(self).__name__)
        if self.crop_to_aspect_ratio:
            part = min(height, width * self.height // self.width), min(width, height * self.width // self.height)
            x = _middle(self, x, (max(part[0], 1), max(part[1], 1)))
        return super()._nodes((x,))


class CenterCrop(Layer):
    """The middle of images.

    Arguments:
        `height`, `width`: the size of the part; images must have it at least.
        `data_format`: `"channels_last"`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, height, width, C)`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, for smaller images.
    Example: `CenterCrop(24, 24)`.
    """

    arguments = ("height", "width")

    def __init__(self, height: int, width: int, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        channels_last(data_format, self.name)
        self.height, self.width = count(height, "height", self.name), count(width, "width", self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The crop. Raises: ShapeError where an image is smaller."""
        height, width, channels = image_shape(shapes[0], type(self).__name__)
        if height < self.height or width < self.width:
            raise ShapeError(text("smaller_than_crop", received=show(shapes[0]), crop=show((self.height, self.width))))
        return _part((height, width, channels), (self.height, self.width))


def _part(shape: Shape, size: tuple[int, int]) -> ops.Slice:
    starts = tuple((n - m) // 2 for n, m in zip(shape, size, strict=False))
    return ops.Slice((*starts, 0), (*size, shape[2]), (1, 1, 1))


def _middle(layer: Layer, x: Tensor, size: tuple[int, int]) -> Tensor:
    if x.shape[:2] == size:
        return x
    return Node.apply(_part(x.shape, size), (x,), (), layer.name, layer.dtype)
