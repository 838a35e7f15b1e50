"""Losses of numbers that are to be met: absolute, relative and logarithmic errors, Huber's, Poisson's, the cosine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv import config
from konv.ops.activation import sigmoid
from konv.ops.loss import Loss, like_output, sample_means, shared
from konv.ops.record import Array
from konv.shapes import Shape

__all__ = [
    "CosineSimilarity",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "Poisson",
]


@dataclass(frozen=True)
class _Numbers(Loss):
    """A loss of each number by itself, their mean the sample's. Targets of (N,) are taken for predictions (N, 1)."""

    def check(self, target: Array, output: Shape) -> Array:
        return like_output(self, target, output).astype(config.floatx(), copy=False)

    def forward(self, target: Array, prediction: Array) -> Array:
        return sample_means(self.each(target, prediction))

    def backward(self, target: Array, prediction: Array) -> Array:
        return shared(self.slope(target, prediction), last=True)

    def each(self, t: Array, p: Array) -> Array:
        """The loss of each number."""
        raise NotImplementedError

    def slope(self, t: Array, p: Array) -> Array:
        """Its derivative by the prediction."""
        raise NotImplementedError


@dataclass(frozen=True)
class MeanAbsoluteError(_Numbers):
    """Mean absolute error: L = mean of |p − t|; ∂L/∂p = sign(p − t) / K. Large errors count no more than they are.

    Shapes: targets t and predictions p (N, …). Source: Laplace, 1774; Keras 3, `losses.mean_absolute_error`.
    """

    name: ClassVar[str] = "mean_absolute_error"
    kernels: ClassVar[tuple[str, str]] = ("absolute", "absolute")

    def each(self, t: Array, p: Array) -> Array:
        return np.asarray(np.abs(p - t))

    def slope(self, t: Array, p: Array) -> Array:
        return np.asarray(np.sign(p - t))


@dataclass(frozen=True)
class MeanAbsolutePercentageError(_Numbers):
    """Mean absolute percentage error: L = 100 · mean of |p − t| / max(|t|, ε), ε = 1e-7.

    Shapes: targets t and predictions p (N, …). Source: Keras 3, `losses.mean_absolute_percentage_error`.
    """

    name: ClassVar[str] = "mean_absolute_percentage_error"
    kernels: ClassVar[tuple[str, str]] = ("percentage", "percentage")

    def each(self, t: Array, p: Array) -> Array:
        return np.asarray(100 * np.abs(p - t) / np.maximum(np.abs(t), config.epsilon()))

    def slope(self, t: Array, p: Array) -> Array:
        return np.asarray(100 * np.sign(p - t) / np.maximum(np.abs(t), config.epsilon()))


@dataclass(frozen=True)
class MeanSquaredLogarithmicError(_Numbers):
    """Mean squared logarithmic error: L = mean of (log(1 + p) − log(1 + t))², both at least ε = 1e-7.

    Shapes: targets t and predictions p (N, …). Source: Keras 3, `losses.mean_squared_logarithmic_error`.
    """

    name: ClassVar[str] = "mean_squared_logarithmic_error"
    kernels: ClassVar[tuple[str, str]] = ("logarithmic", "logarithmic")

    def _less(self, t: Array, p: Array) -> Array:
        return np.asarray(np.log1p(np.maximum(p, config.epsilon())) - np.log1p(np.maximum(t, config.epsilon())))

    def each(self, t: Array, p: Array) -> Array:
        return self._less(t, p) ** 2

    def slope(self, t: Array, p: Array) -> Array:
        return np.where(p > config.epsilon(), 2 * self._less(t, p) / (1 + np.maximum(p, config.epsilon())), 0)


@dataclass(frozen=True)
class Huber(_Numbers):
    """Huber's loss: squared where the error d = p − t is small, straight beyond δ.

        L = mean of ½·d²            where |d| ≤ δ        ∂L/∂p = d / K
                    δ·|d| − ½·δ²    elsewhere                    δ·sign(d) / K

    Shapes: targets t and predictions p (N, …). Source: Huber, *Robust estimation of a location parameter*, 1964;
    Keras 3, `losses.huber`.
    """

    name: ClassVar[str] = "huber"
    kernels: ClassVar[tuple[str, str]] = ("huber", "huber")
    delta: float = 1.0

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.delta,)

    def each(self, t: Array, p: Array) -> Array:
        d = np.abs(p - t)
        return np.asarray(np.where(d <= self.delta, 0.5 * d * d, self.delta * d - 0.5 * self.delta**2))

    def slope(self, t: Array, p: Array) -> Array:
        return np.asarray(np.clip(p - t, -self.delta, self.delta))


@dataclass(frozen=True)
class LogCosh(_Numbers):
    """Logarithm of the hyperbolic cosine of the error d = p − t: squared where small, straight where large, smooth.

        L = mean of |d| + log(1 + e^(−2|d|)) − log 2        ∂L/∂p = tanh(d) / K

    Shapes: targets t and predictions p (N, …). Source: Keras 3, `losses.log_cosh`.
    """

    name: ClassVar[str] = "log_cosh"
    kernels: ClassVar[tuple[str, str]] = ("log_cosh", "log_cosh")

    def each(self, t: Array, p: Array) -> Array:
        d = np.abs(p - t)
        return np.asarray(d + np.log1p(np.exp(-2 * d)) - np.asarray(np.log(2), p.dtype))

    def slope(self, t: Array, p: Array) -> Array:
        return np.asarray(2 * sigmoid(2 * (p - t)) - 1)


@dataclass(frozen=True)
class Poisson(_Numbers):
    """Likelihood of counts t under Poisson's law of mean p: L = mean of p − t · log(p + ε), ε = 1e-7.

    ∂L/∂p = (1 − t / (p + ε)) / K. Shapes: targets t and predictions p (N, …). Source: Keras 3, `losses.poisson`.
    """

    name: ClassVar[str] = "poisson"
    kernels: ClassVar[tuple[str, str]] = ("poisson", "poisson")

    def each(self, t: Array, p: Array) -> Array:
        return np.asarray(p - t * np.log(p + config.epsilon()))

    def slope(self, t: Array, p: Array) -> Array:
        return 1 - t / (p + config.epsilon())


@dataclass(frozen=True)
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and prediction: −1 where they point the same way.

        L = −Σ_k t̂_k · p̂_k        x̂ = x / max(‖x‖, ε)        ∂L/∂p = −(t̂ − p̂ · Σ t̂·p̂) / ‖p‖    (−t̂/ε where ‖p‖ < ε)

    ε = 1e-7. Shapes: targets t and predictions p (N, …, K). Source: Keras 3, `losses.cosine_similarity`.
    """

    name: ClassVar[str] = "cosine_similarity"
    kernels: ClassVar[tuple[str, str]] = ("cosine", "cosine")

    def check(self, target: Array, output: Shape) -> Array:
        return like_output(self, target, output).astype(config.floatx(), copy=False)

    def forward(self, target: Array, prediction: Array) -> Array:
        return sample_means(-(_unit(target) * _unit(prediction)).sum(-1))

    def backward(self, target: Array, prediction: Array) -> Array:
        t, p, size = _unit(target), _unit(prediction), _length(prediction)
        turn = np.where(size > config.epsilon(), p * (t * p).sum(-1, keepdims=True), 0)
        return shared(-(t - turn) / np.maximum(size, config.epsilon()))


def _length(x: Array) -> Array:
    return np.asarray(np.sqrt((x * x).sum(-1, keepdims=True)))


def _unit(x: Array) -> Array:
    return np.asarray(x / np.maximum(_length(x), config.epsilon()))
