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
from konv.arguments import number
from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.graph import Tensor
from konv.layers.base import Layer
from konv.layers.normalization import within
from konv.messages import text
from konv.ops.record import Array, Op
from konv.shapes import Shape, channels_last, pair, show

__all__ = ["Augmenting", "Cutout", "Factor", "MixUp", "RandomBrightness", "RandomContrast", "RandomErasing"]

Factor = float | Sequence[float]
Range = tuple[float, float]


class Augmenting(Layer):
    """What all share: arguments that are taken for Keras's sake."""

    def __init__(self, seed: int | None = None, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.data_format = channels_last(data_format, self.name)

    def ends(self, factor: Any, name: str, low: float, high: float, least: float | None = None) -> Range:
        """A factor as Keras takes it: two numbers, or one: from its negative, or from `least`, to itself."""
        if isinstance(factor, (tuple, list)) and len(factor) == 2:
            ends = sorted(within(value, name, self.name, low, high) for value in factor)
        else:
            most = within(factor, name, self.name, low, high)
            ends = sorted((-abs(most) if least is None else least, abs(most)))
        return ends[0], ends[1]

    def values(self, value_range: Any) -> Range:
        """The lowest and the highest number of an image. Raises: ConfigurationError for anything else."""
        ends = [number(v) for v in value_range] if isinstance(value_range, (tuple, list)) else []
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise ConfigurationError(text("bad_value_range", layer=self.name, received=value_range))
        return ends[0], ends[1]

    def one_of(self, value: Any, name: str, known: tuple[str, ...]) -> str:
        """`value` of the argument `name`. Raises: ConfigurationError where it is none of those `known`."""
        if value not in known:
            raise ConfigurationError(text("one_of", layer=self.name, name=name, known=", ".join(known), received=value))
        return str(value)


class RandomBrightness(Augmenting):
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
        self.factor = self.ends(factor, "factor", -1, 1)
        self.value_range = self.values(value_range)

    def op(self, *shapes: Shape) -> Op:
        """The change of brightness."""
        return ops.RandomBrightness(self.factor, self.value_range)


class RandomContrast(Augmenting):
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
        self.value_range = self.values(value_range)

    def op(self, *shapes: Shape) -> Op:
        """The change of contrast."""
        lower, upper = self.factor
        return ops.RandomContrast((1 - lower, 1 + upper), self.value_range)


class RandomErasing(Augmenting):
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
        self.factor = self.ends(factor, "factor", 0, 1, least=0.0)
        self.scale = self.ends(scale, "scale", 0, 1, least=0.0)
        self.fill_value = within(0.0 if fill_value is None else fill_value, "fill_value", self.name, -1e30, 1e30)

    def op(self, *shapes: Shape) -> Op:
        """The erasing."""
        return ops.RandomErasing(sum(self.factor) / 2, self.scale, self.fill_value)


class Cutout(Augmenting):
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
