"""Augmentation that moves pixels, as layers; see `konv.layers.augmentation`."""

from __future__ import annotations

from typing import Any

from konv import ops
from konv.arguments import count
from konv.layers.augmentation import Augmenting, Factor
from konv.layers.normalization import within
from konv.ops.geometry import FILLS
from konv.ops.record import Op
from konv.shapes import Shape

__all__ = ["RandomCrop", "RandomFlip", "RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom"]


class _Moving(Augmenting):
    """Layers that move pixels to places between pixels, and from beyond the edges."""

    def __init__(
        self, fill_mode: str = "reflect", interpolation: str = "bilinear", fill_value: float = 0.0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.fill_mode = self.one_of(fill_mode, "fill_mode", FILLS)
        self.interpolation = self.one_of(interpolation, "interpolation", ("bilinear", "nearest"))
        self.fill_value = within(fill_value, "fill_value", self.name, -1e30, 1e30)

    @property
    def _way(self) -> tuple[str, str, float]:
        return self.fill_mode, self.interpolation, self.fill_value


class RandomFlip(Augmenting):
    """Mirrors images at random while training.

    Arguments:
        `mode`: `"horizontal"`, left to right; `"vertical"`, upside down; `"horizontal_and_vertical"`, each by itself.
        `seed`, `data_format`: see this module; `"channels_last"`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for another mode.
    Example: `RandomFlip("horizontal")`.
    """

    arguments = ("mode", "seed")

    def __init__(self, mode: str = "horizontal_and_vertical", seed: int | None = None, **options: Any) -> None:
        super().__init__(seed, **options)
        self.mode = self.one_of(mode, "mode", ("horizontal_and_vertical", "horizontal", "vertical"))

    def op(self, *shapes: Shape) -> Op:
        """The flip."""
        return ops.RandomFlip(self.mode)


class RandomTranslation(_Moving):
    """Shifts images at random while training.

    Arguments:
        `height_factor`: how far down, in heights of the image: a number f for −f to f, or the two ends.
        `width_factor`: how far to the right, in widths, likewise.
        `fill_mode`: what comes in at the edges: `"reflect"` (d c b a | a b c d | d c b a), `"wrap"`, `"nearest"`, or
        `"constant"`: `fill_value`.
        `interpolation`: between pixels, `"bilinear"` or `"nearest"`.
        `seed`: see this module.
        `fill_value`: see `fill_mode`.
        `options`: `name`, `input_shape`, `data_format`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `RandomTranslation(0.125, 0.125, fill_mode="constant")`.
    """

    arguments = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, **options)
        self.height_factor = self.ends(height_factor, "height_factor", -1, 1)
        self.width_factor = self.ends(width_factor, "width_factor", -1, 1)

    def op(self, *shapes: Shape) -> Op:
        """The shift."""
        return ops.RandomTranslation(self.height_factor, self.width_factor, *self._way)


class RandomRotation(_Moving):
    """Turns images about their middle at random while training.

    Arguments:
        `factor`: how far, in whole turns counter-clockwise: a number f for −f to f, or the two ends.
        `fill_mode`, `interpolation`, `fill_value`: as of `RandomTranslation`.
        `seed`: see this module.
        `options`: `name`, `input_shape`, `data_format`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `RandomRotation(15 / 360)`.
    """

    arguments = ("factor", "fill_mode", "interpolation", "seed", "fill_value")

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, **options)
        self.factor = self.ends(factor, "factor", -1, 1)

    def op(self, *shapes: Shape) -> Op:
        """The rotation."""
        return ops.RandomRotation(self.factor, *self._way)


class RandomZoom(_Moving):
    """Makes images smaller or larger about their middle at random while training.

    Arguments:
        `height_factor`: 0.3 shows up to 30 % more of the height, so that the image is smaller, −0.3 less: a number f
        for −f to f, or the two ends.
        `width_factor`: likewise of the width; None: the same, so that the proportions stay.
        `fill_mode`, `interpolation`, `fill_value`: as of `RandomTranslation`.
        `seed`: see this module.
        `options`: `name`, `input_shape`, `data_format`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `RandomZoom((-0.2, 0.1))`.
    """

    arguments = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, **options)
        self.height_factor = self.ends(height_factor, "height_factor", -1, 1)
        self.width_factor = None if width_factor is None else self.ends(width_factor, "width_factor", -1, 1)

    def op(self, *shapes: Shape) -> Op:
        """The zoom."""
        return ops.RandomZoom(self.height_factor, self.width_factor, *self._way)


class RandomShear(_Moving):
    """Shears images about their middle at random while training.

    Arguments:
        `x_factor`: how far each row slides against the one above it, in pixels: a number f for 0 to f, or the two ends,
        at least 0 each.
        `y_factor`: how far each column slides against the one before it, likewise.
        `fill_mode`, `interpolation`, `fill_value`: as of `RandomTranslation`.
        `seed`: see this module.
        `options`: `name`, `input_shape`, `data_format`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `RandomShear(0.2, 0.2)`.
    """

    arguments = ("x_factor", "y_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def __init__(
        self,
        x_factor: Factor = 0.0,
        y_factor: Factor = 0.0,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, fill_value, seed=seed, **options)
        self.x_factor = self.ends(x_factor, "x_factor", 0, 1, least=0.0)
        self.y_factor = self.ends(y_factor, "y_factor", 0, 1, least=0.0)

    def op(self, *shapes: Shape) -> Op:
        """The shear."""
        return ops.RandomShear(self.x_factor, self.y_factor, *self._way)


class RandomCrop(Augmenting):
    """Takes a part of each image, at random while training; the middle one in prediction.

    Arguments:
        `height`, `width`: its size in pixels.
        `seed`, `data_format`: see this module; `"channels_last"`.
        `padding`: zeros put around the image before, on each side (Keras has no such argument).
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, height, width, C)`.
    Raises: ConfigurationError for what are no sizes; ShapeError where the part is larger than the image (Keras then
    enlarges it: put a `Resizing` of the data before).
    Example: `RandomCrop(32, 32, padding=4)`, as CIFAR-10's networks are trained.
    """

    arguments = ("height", "width", "seed", "padding")

    def __init__(self, height: int, width: int, seed: int | None = None, *, padding: int = 0, **options: Any) -> None:
        super().__init__(seed, **options)
        self.height, self.width = count(height, "height", self.name), count(width, "width", self.name)
        self.padding = count(padding, "padding", self.name, least=0)

    def op(self, *shapes: Shape) -> Op:
        """The crop."""
        return ops.RandomCrop((self.height, self.width), self.padding)
