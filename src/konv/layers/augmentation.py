"""Augmentation as layers: images changed at random while training, and passed on as they are in prediction.

What happens to a sample follows from the run's seed (`konv.utils.set_random_seed`), the layer, the epoch and the
sample: the same for any number of threads, and again in a run that is repeated or resumed. So `seed` is taken for
Keras's sake alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from konv import ops, random
from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.graph import Tensor
from konv.layers.base import Layer
from konv.layers.checks import channels_last, count, number
from konv.layers.normalization import within
from konv.messages import text
from konv.ops.geometry import FILLS
from konv.ops.record import Array, Op
from konv.shapes import Shape, pair, show

__all__ = [
    "Cutout", "MixUp", "RandomBrightness", "RandomContrast", "RandomCrop", "RandomErasing", "RandomFlip",
    "RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom",
]  # fmt: skip

Factor = float | Sequence[float]
Range = tuple[float, float]


class _Augmenting(Layer):
    """What all share: arguments that are taken for Keras's sake."""

    def __init__(self, seed: int | None = None, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.data_format = channels_last(data_format, self.name)

    def _range(self, factor: Any, name: str, low: float, high: float, least: float | None = None) -> Range:
        """A factor as Keras takes it: two numbers, or one: from its negative, or from `least`, to itself."""
        if isinstance(factor, (tuple, list)) and len(factor) == 2:
            ends = sorted(within(value, name, self.name, low, high) for value in factor)
        else:
            most = within(factor, name, self.name, low, high)
            ends = sorted((-abs(most) if least is None else least, abs(most)))
        return ends[0], ends[1]

    def _values(self, value_range: Any) -> Range:
        ends = [number(v) for v in value_range] if isinstance(value_range, (tuple, list)) else []
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise ConfigurationError(text("bad_value_range", layer=self.name, received=value_range))
        return ends[0], ends[1]

    def _one_of(self, value: Any, name: str, known: tuple[str, ...]) -> str:
        if value not in known:
            raise ConfigurationError(text("one_of", layer=self.name, name=name, known=", ".join(known), received=value))
        return str(value)


class _Moving(_Augmenting):
    """Layers that move pixels to places between pixels, and from beyond the edges."""

    def __init__(
        self, fill_mode: str = "reflect", interpolation: str = "bilinear", fill_value: float = 0.0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.fill_mode = self._one_of(fill_mode, "fill_mode", FILLS)
        self.interpolation = self._one_of(interpolation, "interpolation", ("bilinear", "nearest"))
        self.fill_value = within(fill_value, "fill_value", self.name, -1e30, 1e30)

    @property
    def _way(self) -> tuple[str, str, float]:
        return self.fill_mode, self.interpolation, self.fill_value


class RandomFlip(_Augmenting):
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
        self.mode = self._one_of(mode, "mode", ("horizontal_and_vertical", "horizontal", "vertical"))

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
        self.height_factor = self._range(height_factor, "height_factor", -1, 1)
        self.width_factor = self._range(width_factor, "width_factor", -1, 1)

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
        self.factor = self._range(factor, "factor", -1, 1)

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
        self.height_factor = self._range(height_factor, "height_factor", -1, 1)
        self.width_factor = None if width_factor is None else self._range(width_factor, "width_factor", -1, 1)

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
        self.x_factor = self._range(x_factor, "x_factor", 0, 1, least=0.0)
        self.y_factor = self._range(y_factor, "y_factor", 0, 1, least=0.0)

    def op(self, *shapes: Shape) -> Op:
        """The shear."""
        return ops.RandomShear(self.x_factor, self.y_factor, *self._way)


class RandomCrop(_Augmenting):
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


class RandomBrightness(_Augmenting):
    """Makes images brighter or darker at random while training.

    Arguments:
        `factor`: how much is added, in widths of `value_range`: a number f for −f to f, or the two ends.
        `value_range`: the lowest and highest number an image holds, (0, 1) for scaled ones; results are kept within it.
        `seed`: see this module.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `RandomBrightness(0.2, value_range=(0, 1))`.
    """

    arguments = ("factor", "value_range", "seed")

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(seed, **options)
        self.factor = self._range(factor, "factor", -1, 1)
        self.value_range = self._values(value_range)

    def op(self, *shapes: Shape) -> Op:
        """The change of brightness."""
        return ops.RandomBrightness(self.factor, self.value_range)


class RandomContrast(_Augmenting):
    """Gives images more or less contrast at random while training.

    Arguments:
        `factor`: a number f for 1 − f to 1 + f times the contrast, two numbers for 1 − the first to 1 + the second.
        `value_range`: the lowest and highest number an image holds, (0, 1) for scaled ones; results are kept within it.
        `seed`: see this module.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `RandomContrast(0.2, value_range=(0, 1))`.
    """

    arguments = ("factor", "value_range", "seed")

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(seed, **options)
        given = tuple(factor) if isinstance(factor, (tuple, list)) else (factor, factor)
        if len(given) != 2:
            raise ConfigurationError(text("not_numbers", layer=self.name, name="factor", received=factor))
        self.factor = tuple(within(f, "factor", self.name, 0, 1) for f in given)
        self.value_range = self._values(value_range)

    def op(self, *shapes: Shape) -> Op:
        """The change of contrast."""
        lower, upper = self.factor
        return ops.RandomContrast((1 - lower, 1 + upper), self.value_range)


class RandomErasing(_Augmenting):
    """Fills a rectangle of an image with one value, at random while training.

    Arguments:
        `factor`: how probable that is: a number f for a probability drawn from 0 to f, or its two ends.
        `scale`: the square of the rectangle's height and width, each, in those of the image: a number f for 0 to f, or
        the two ends.
        `fill_value`: what fills it (Keras's None, noise, is not to be had; None is 0 here).
        `value_range`: taken for Keras's sake.
        `seed`: see this module.
        `options`: `name`, `input_shape`, `data_format`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `RandomErasing((0.5, 0.5))`: in every second image.
    """

    arguments = ("factor", "scale", "fill_value", "seed")

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = (0.02, 0.33),
        fill_value: float | None = None,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(seed, **options)
        self.factor = self._range(factor, "factor", 0, 1, least=0.0)
        self.scale = self._range(scale, "scale", 0, 1, least=0.0)
        self.fill_value = within(0.0 if fill_value is None else fill_value, "fill_value", self.name, -1e30, 1e30)

    def op(self, *shapes: Shape) -> Op:
        """The erasing."""
        return ops.RandomErasing(sum(self.factor) / 2, self.scale, self.fill_value)


class Cutout(_Augmenting):
    """Fills a rectangle of fixed size with one value, its middle at a random pixel, while training.

    Arguments:
        `size`: of the rectangle, in pixels: a number, or (height, width).
        `fill_value`: what fills it.
        `seed`: see this module.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for what is no size; ShapeError where it is larger than the image.
    Example: `Cutout(16)`, on CIFAR-10's 32×32 pixels as in the paper.
    """

    arguments = ("size", "fill_value", "seed")

    def __init__(self, size: Any, fill_value: float = 0.0, seed: int | None = None, **options: Any) -> None:
        super().__init__(seed, **options)
        self.size = cast("tuple[int, int]", pair(size, "size", self.name))
        self.fill_value = within(fill_value, "fill_value", self.name, -1e30, 1e30)

    def op(self, *shapes: Shape) -> Op:
        """The cutout."""
        return ops.Cutout(self.size, self.fill_value)


class MixUp:
    """Mixes every image of a batch with another one, and their labels alike; for arrays, not within a network.

    As labels are mixed too, it is applied to batches before they are trained on: `MixUp()(images, labels)`, or, as in
    Keras, `MixUp()({"images": images, "labels": labels})`; labels are one-hot rows.

    Arguments:
        `alpha`: of the Beta(α, α) distribution that the share of an image is drawn from: small ones leave most images
        nearly alone.
        `seed`: of all that is drawn; by default the run's (`konv.utils.set_random_seed`) and a running number.
    Raises: ConfigurationError for an alpha that is not above 0; ShapeError for labels that are no rows; GraphError
    where it is called on a symbolic tensor.
    Example: `model.fit((mix(x, y) for x, y in batches), steps_per_epoch=100)`.
    Source: Zhang, Cisse, Dauphin & Lopez-Paz, *mixup: beyond empirical risk minimization*, 2017.
    """

    def __init__(self, alpha: float = 0.2, seed: int | None = None) -> None:
        self.alpha = within(alpha, "alpha", "MixUp", 1e-3)
        self.seed = random.seed() if seed is None else random.check_seed(seed)
        self._number = random.next_number() if seed is None else 0
        self._calls = 0

    def __call__(self, images: Any, labels: Any = None, *, training: bool | None = None) -> Any:
        """Mixed `images` `(N, …)` and `labels` `(N, classes)`; each call draws anew. `training` False: as they were."""
        if isinstance(images, dict):
            mixed = self(images["images"], images.get("labels"), training=training)
            pairs = (mixed,) if images.get("labels") is None else mixed
            return {**images, **dict(zip(("images", "labels"), pairs, strict=False))}
        if isinstance(images, Tensor):
            raise GraphError(text("mixup_in_graph"))
        x = np.asarray(images)
        if training is False:
            return x if labels is None else (x, np.asarray(labels))
        share, order = self._drawn(len(x))
        mixed = _mixed(x, share, order)
        if labels is None:
            return mixed
        y = np.asarray(labels)
        if y.ndim != 2 or len(y) != len(x):
            raise ShapeError(text("mixup_labels", count=len(x), received=show(y.shape)))
        return mixed, _mixed(y, share, order)

    def _drawn(self, n: int) -> tuple[Array, Array]:
        """The share of each image, `(n,)`, and which other it is mixed with."""
        self._calls += 1
        generator = np.random.Generator(np.random.Philox(key=[self.seed, self._number << 32 | self._calls]))
        return generator.beta(self.alpha, self.alpha, n), generator.permutation(n)


def _mixed(a: Array, share: Array, order: Array) -> Array:
    kind = a.dtype if a.dtype.kind == "f" else np.dtype("float32")
    part = share.reshape(-1, *[1] * (a.ndim - 1)).astype(kind)
    mixed: Array = part * a.astype(kind) + (1 - part) * a[order].astype(kind)
    return mixed
