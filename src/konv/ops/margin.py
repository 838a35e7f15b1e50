"""Further losses of classes: hinges, which ask for a margin; the divergence of distributions; focal cross-entropies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv import config
from konv.ops.activation import sigmoid, softmax
from konv.ops.loss import Loss, Scored, clip, like_output, normal, probabilities, sample_means, shared, smoothed
from konv.ops.record import Array
from konv.shapes import Shape

__all__ = [
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "SquaredHinge",
]


@dataclass(frozen=True)
class Hinge(Loss):
    """Hinge loss: a yes (t = 1) is to be answered with more than 1, a no (t = −1) with less than −1.

        L = mean of max(1 − t·p, 0)        ∂L/∂p = −t / K where 1 − t·p > 0, else 0

    Targets that are all 0 or 1 are taken for −1 and 1. Shapes: targets t and predictions p (N, …).
    Source: Cortes & Vapnik, *Support-vector networks*, 1995; Keras 3, `losses.hinge`.
    """

    name: ClassVar[str] = "hinge"
    kernels: ClassVar[tuple[str, str]] = ("hinge", "hinge")

    def check(self, target: Array, output: Shape) -> Array:
        return like_output(self, target, output).astype(config.floatx(), copy=False)

    def rows(self, target: Array, prediction: Array) -> Array:
        return _signs(target)

    def forward(self, target: Array, prediction: Array) -> Array:
        return sample_means(np.maximum(1 - _signs(target) * prediction, 0))

    def backward(self, target: Array, prediction: Array) -> Array:
        t = _signs(target)
        return shared(np.where(1 - t * prediction > 0, -t, 0), last=True)


@dataclass(frozen=True)
class SquaredHinge(Hinge):
    """Squared hinge loss: L = mean of max(1 − t·p, 0)²; ∂L/∂p = −2·t·max(1 − t·p, 0) / K.

    Targets and shapes as of `Hinge`. Source: Keras 3, `losses.squared_hinge`.
    """

    name: ClassVar[str] = "squared_hinge"
    kernels: ClassVar[tuple[str, str]] = ("squared_hinge", "squared_hinge")

    def forward(self, target: Array, prediction: Array) -> Array:
        return sample_means(np.maximum(1 - _signs(target) * prediction, 0) ** 2)

    def backward(self, target: Array, prediction: Array) -> Array:
        t = _signs(target)
        return shared(-2 * t * np.maximum(1 - t * prediction, 0), last=True)


@dataclass(frozen=True)
class CategoricalHinge(Loss):
    """Categorical hinge loss: the right class is to be ahead of the best wrong one by 1.

        L = max(1 + max_k (1 − t_k)·p_k − Σ_k t_k·p_k, 0)

    ∂L/∂p is −t, and 1 − t besides at the largest (1 − t_k)·p_k (shared where several are), 0 where L is 0.
    Shapes: one-hot targets t and predictions p (N, …, K). Source: Keras 3, `losses.categorical_hinge`.
    """

    name: ClassVar[str] = "categorical_hinge"
    kernels: ClassVar[tuple[str, str]] = ("categorical_hinge", "categorical_hinge")

    def check(self, target: Array, output: Shape) -> Array:
        return probabilities(self, like_output(self, target, output))

    def forward(self, target: Array, prediction: Array) -> Array:
        right, wrong = (target * prediction).sum(-1), ((1 - target) * prediction).max(-1)
        return sample_means(np.maximum(1 + wrong - right, 0))

    def backward(self, target: Array, prediction: Array) -> Array:
        others = (1 - target) * prediction
        best = others == others.max(-1, keepdims=True)
        g = (1 - target) * best / best.sum(-1, keepdims=True) - target
        lost = 1 + others.max(-1, keepdims=True) - (target * prediction).sum(-1, keepdims=True) > 0
        return shared((g * lost).astype(prediction.dtype))


@dataclass(frozen=True)
class KLDivergence(Loss):
    """Kullback and Leibler's divergence of a distribution p from another one, t: L = Σ_k t_k · log(t_k / p_k).

    Both are kept between ε = 1e-7 and 1; ∂L/∂p_k = −t_k / p_k where p_k was. Shapes: (N, …, K).
    Source: Kullback & Leibler, *On information and sufficiency*, 1951; Keras 3, `losses.kl_divergence`.
    """

    name: ClassVar[str] = "kl_divergence"
    kernels: ClassVar[tuple[str, str]] = ("divergence", "divergence")

    def check(self, target: Array, output: Shape) -> Array:
        return like_output(self, target, output).astype(config.floatx(), copy=False)

    def forward(self, target: Array, prediction: Array) -> Array:
        t, p = (np.clip(a, config.epsilon(), 1) for a in (target, prediction))
        return sample_means((t * np.log(t / p)).sum(-1))

    def backward(self, target: Array, prediction: Array) -> Array:
        t, p = (np.clip(a, config.epsilon(), 1) for a in (target, prediction))
        return shared(np.where(p == prediction, -t / p, 0))


@dataclass(frozen=True)
class BinaryFocalCrossentropy(Scored):
    """Cross-entropy of yes-or-no targets in which what is already sure counts little.

        L = mean of b · (1 − p_t)^γ · −log p_t        p_t = p where t = 1, 1 − p where t = 0 (between, in proportion)

    p is kept ε = 1e-7 away from 0 and 1; scores z go through p = sigmoid(z) first. b is 1, or with
    `apply_class_balancing` α for a yes and 1 − α for a no. For targets between 0 and 1 the logarithm is that of
    `BinaryCrossentropy`, and p_t = t·p + (1 − t)·(1 − p).

    Shapes: targets and predictions (N, …). Source: Lin, Goyal, Girshick, He & Dollár, *Focal loss for dense object
    detection*, 2017, equations 4 and 5; Keras 3, `losses.binary_focal_crossentropy`.
    """

    name: ClassVar[str] = "binary_focal_crossentropy"
    kernels: ClassVar[tuple[str, str]] = ("binary_focal", "sigmoid_focal")
    apply_class_balancing: bool = False
    alpha: float = 0.25
    gamma: float = 2.0
    label_smoothing: float = 0.0

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.alpha if self.apply_class_balancing else -1.0, self.gamma)

    def check(self, target: Array, output: Shape) -> Array:
        return probabilities(self, like_output(self, target, output))

    def rows(self, target: Array, prediction: Array) -> Array:
        return smoothed(target, self.label_smoothing, 2)

    def _parts(self, target: Array, prediction: Array) -> tuple[Array, ...]:
        t = smoothed(target, self.label_smoothing, 2)
        q = sigmoid(prediction) if self.from_logits else prediction
        p = clip(q)
        entropy = -t * np.log(p) - (1 - t) * np.log(1 - p)
        missing = 1 - t * p - (1 - t) * (1 - p)
        b = t * self.alpha + (1 - t) * (1 - self.alpha) if self.apply_class_balancing else np.ones_like(t)
        return t, q, p, entropy, missing, b

    def forward(self, target: Array, prediction: Array) -> Array:
        _, _, _, entropy, missing, b = self._parts(target, prediction)
        return sample_means(b * missing**self.gamma * entropy)

    def backward(self, target: Array, prediction: Array) -> Array:
        t, q, p, entropy, missing, b = self._parts(target, prediction)
        slope = missing**self.gamma * (p - t) / (p * (1 - p))
        slope = slope + self.gamma * missing ** (self.gamma - 1) * (1 - 2 * t) * entropy
        g = np.where(p == q, b * slope, 0)
        return shared(g * q * (1 - q) if self.from_logits else g, last=True)


@dataclass(frozen=True)
class CategoricalFocalCrossentropy(Scored):
    """Cross-entropy of one-hot targets in which what is already sure counts little.

        L = −Σ_k α · t_k · (1 − p_k)^γ · log p_k

    p are probabilities that are made to sum to 1, or the softmax of scores, kept ε = 1e-7 away from 0 and 1.
    Shapes: targets and predictions (N, …, K). Source: Lin et al., 2017; Keras 3, `categorical_focal_crossentropy`.
    """

    name: ClassVar[str] = "categorical_focal_crossentropy"
    kernels: ClassVar[tuple[str, str]] = ("categorical_focal", "softmax_focal")
    alpha: float = 0.25
    gamma: float = 2.0
    label_smoothing: float = 0.0

    @property
    def parameters(self) -> tuple[float, ...]:
        return (self.alpha, self.gamma)

    def check(self, target: Array, output: Shape) -> Array:
        return probabilities(self, like_output(self, target, output))

    def rows(self, target: Array, prediction: Array) -> Array:
        return smoothed(target, self.label_smoothing, target.shape[-1])

    def forward(self, target: Array, prediction: Array) -> Array:
        t = self.rows(target, prediction)
        p = clip(softmax(prediction) if self.from_logits else normal(prediction))
        return sample_means(-self.alpha * (t * (1 - p) ** self.gamma * np.log(p)).sum(-1))

    def backward(self, target: Array, prediction: Array) -> Array:
        t = self.rows(target, prediction)
        q = softmax(prediction) if self.from_logits else normal(prediction)
        p = clip(q)
        rest = (1 - p) ** (self.gamma - 1)
        g = np.where(p == q, self.alpha * t * rest * (self.gamma * np.log(p) - (1 - p) / p), 0)
        g = g - (g * q).sum(-1, keepdims=True)
        return shared(g * q if self.from_logits else g / prediction.sum(-1, keepdims=True))


def _signs(target: Array) -> Array:
    """Targets that are all 0 or 1 as −1 and 1; others as they are."""
    return np.asarray(2 * target - 1 if ((target == 0) | (target == 1)).all() else target)
