"""Layers that keep a network from learning by heart, besides dropout: noise, and penalties on what passes through."""

from __future__ import annotations

from typing import Any

from konv import ops, regularizers
from konv.arguments import number
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.shapes import Shape

__all__ = ["ActivityRegularization", "AlphaDropout", "GaussianDropout", "GaussianNoise"]


class GaussianNoise(Layer):
    """Gaussian noise: while training, adds a random number to each number; in prediction does nothing.

    Arguments:
        `stddev`: the standard deviation of the noise.
        `seed`: taken for Keras's sake; noise follows from the training's seed.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for a deviation below 0 or no number.
    Example: `GaussianNoise(0.1)`, behind the input.
    """

    arguments = ("stddev", "seed")

    def __init__(self, stddev: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.stddev = ops.GaussianNoise(number(stddev)).stddev
        self.seed = seed

    def op(self, *shapes: Shape) -> ops.Op:
        """The noise."""
        return ops.GaussianNoise(self.stddev)


class GaussianDropout(Layer):
    """Gaussian dropout: while training, multiplies each number by a random one around 1, as spread as dropout's.

    Arguments:
        `rate`: the share that dropout would drop: the deviation is √(rate / (1 − rate)).
        `seed`: as of `GaussianNoise`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for a rate that is not at least 0 and below 1.
    Example: `GaussianDropout(0.25)`.
    """

    arguments = ("rate", "seed")

    def __init__(self, rate: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.rate = ops.GaussianDropout(number(rate)).rate
        self.seed = seed

    def op(self, *shapes: Shape) -> ops.Op:
        """The dropout."""
        return ops.GaussianDropout(self.rate)


class AlphaDropout(Layer):
    """Alpha dropout: dropout for networks of SELUs, which keeps mean 0 and variance 1.

    Arguments:
        `rate`: the share of numbers dropped.
        `noise_shape`: None: every number is drawn for.
        `seed`: as of `GaussianNoise`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for a rate that is not at least 0 and below 1, or for a noise shape.
    Example: `AlphaDropout(0.1)`, behind `Dense(64, activation="selu", kernel_initializer="lecun_normal")`.
    """

    arguments = ("rate", "seed")

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        if noise_shape is not None:
            raise ConfigurationError(text("no_noise_shape", layer=self.name, received=noise_shape))
        self.rate = ops.AlphaDropout(number(rate)).rate
        self.seed = seed

    def op(self, *shapes: Shape) -> ops.Op:
        """The dropout."""
        return ops.AlphaDropout(self.rate)


class ActivityRegularization(Layer):
    """A penalty on what passes through: λ₁ · Σ |x| + λ₂ · Σ x², the mean over the samples, added to the loss.

    Arguments:
        `l1`, `l2`: λ₁ and λ₂.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for a number below 0.
    Example: `ActivityRegularization(l1=1e-4)`.
    """

    arguments = ("l1", "l2")

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **options: Any) -> None:
        penalty = regularizers.L1L2(l1, l2)
        super().__init__(activity_regularizer=penalty, **options)
        self.l1, self.l2 = penalty.l1, penalty.l2

    def op(self, *shapes: Shape) -> ops.Op:
        """Nothing but the input."""
        return ops.Linear()

    def get_config(self) -> dict[str, Any]:
        """All that makes this layer again."""
        config = super().get_config()
        config.pop("activity_regularizer", None)
        return config
