"""Losses as records: what is minimised, its gradient, and the form of target each takes.

Targets and predictions are `(N, …)`. A network that gives several rows or numbers a sample (`(N, H, W, K)`, say) has
one loss at each of those places; the sample's loss is their mean, as in Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar

import numpy as np

from konv import config
from konv.errors import LabelError
from konv.messages import text
from konv.ops.activation import Sigmoid, Softmax, sigmoid, softmax
from konv.ops.record import Array, Op
from konv.shapes import Shape, show

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanSquaredError",
    "Scored",
    "SparseCategoricalCrossentropy",
    "clip",
    "from_scores",
    "like_output",
    "normal",
    "probabilities",
    "sample_means",
    "shared",
    "smoothed",
]


SYMBOLIC: dict[str, Callable[..., Any]] = {}
"""What losses called on symbolic tensors do; `konv.train.symbolic` enters it under "mean"."""


@dataclass(frozen=True, init=False)
class Loss:
    """Base of all losses. One of your own defines `call(y_true, y_pred)` in `konv.ops`, one number a sample."""

    name: ClassVar[str] = ""

    def __init__(self, name: str | None = None, reduction: str | None = None, dtype: str | None = None) -> None:
        """Arguments, for Keras's sake: `name`, what messages call it; `reduction`, always the mean; `dtype`."""
        if name:
            object.__setattr__(self, "name", name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each sample, in `konv.ops`; of classes of your own."""
        raise NotImplementedError

    kernels: ClassVar[tuple[str, str]] = ("", "")
    """`how` of the kernel `konv.kernels.training.rows.LossRows`: from probabilities, and from scores."""

    @property
    def from_logits(self) -> bool:
        """Whether predictions are unnormalised scores, not probabilities."""
        return False

    @property
    def parameters(self) -> tuple[float, ...]:
        """The numbers that are compiled into the kernel."""
        return ()

    told: ClassVar[Callable[[Any], Any]] = float
    """What a loss of arrays is given as."""

    def __call__(self, target: Any, prediction: Any, sample_weight: Any = None) -> Any:
        """The mean over the samples of their losses, `target` checked; as Keras's loss objects give it. Of symbolic
        tensors it is a total, which other losses can be added to.

        Arguments: `sample_weight`, `(N,)`, what each sample counts.
        """
        if hasattr(prediction, "node"):
            return SYMBOLIC["mean"](self, target, prediction, sample_weight)
        prediction = np.asarray(prediction, config.floatx())
        if type(self).call is not Loss.call:
            losses = np.asarray(self.call(target, prediction))
        else:
            losses = self.forward(self.check(np.asarray(target), prediction.shape[1:]), prediction)
        return type(self).told((losses if sample_weight is None else losses * np.ravel(sample_weight)).mean())

    def check(self, target: Array, output: Shape) -> Array:
        """`target` in the form that `forward` takes (float one-hot rows, or int64 labels), checked.

        Raises: LabelError where labels are out of range, of the wrong form or would have to be broadcast.
        """
        raise NotImplementedError

    def rows(self, target: Array, prediction: Array) -> Array:
        """`target` in the prediction's shape and type, as the compiled kernels read it."""
        return target

    def forward(self, target: Array, prediction: Array) -> Array:
        """The loss of each sample, `(N,)`."""
        raise NotImplementedError

    def backward(self, target: Array, prediction: Array) -> Array:
        """The derivative of each sample's loss by its prediction, of the prediction's shape (not divided by N)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Scored(Loss):
    """Base of losses of probabilities, which may be read from scores: `from_logits`."""

    from_logits: bool = False


@dataclass(frozen=True)
class CategoricalCrossentropy(Scored):
    """Cross-entropy of one-hot targets: the surprise, in nats, at the class that was right.

    From scores z (`from_logits`), with the largest score m taken out so that nothing overflows:

        L = −Σ_k t_k · log p_k        log p_k = z_k − m − log Σ_j e^(z_j − m)        ∂L/∂z_k = p_k · Σ_j t_j − t_k

    From probabilities q, which are first made to sum to 1 and kept away from 0 and 1 by ε = 1e-7:

        L = −Σ_k t_k · log clip(p_k, ε, 1 − ε)        p_k = q_k / s        s = Σ_j q_j
        ∂L/∂q_k = (g_k − Σ_j g_j · p_j) / s           g_k = −t_k / p_k where ε < p_k < 1 − ε, else 0

    With `label_smoothing` s, targets are t · (1 − s) + s / K first.

    Shapes: targets and predictions (N, …, K). Source: Bishop, *Pattern recognition and machine learning*, 2006,
    equations 4.108 and 4.109; from probabilities as in Keras 3, `ops.categorical_crossentropy`; smoothing: Szegedy et
    al., *Rethinking the Inception architecture*, 2016, section 7.
    """

    name: ClassVar[str] = "categorical_crossentropy"
    kernels: ClassVar[tuple[str, str]] = ("categorical", "softmax")
    label_smoothing: float = 0.0

    def check(self, target: Array, output: Shape) -> Array:
        classes, target = output[-1], _numbers(self, target)
        if target.shape[1:] != output:
            if classes > 1 and target.shape[1:] in (output[:-1], (*output[:-1], 1)):
                raise LabelError(text("target_is_sparse", loss=self.name, classes=classes))
            if target.ndim > 1 and target.shape[1:-1] == output[:-1]:
                raise LabelError(text("one_hot_width", loss=self.name, received=target.shape[-1], classes=classes))
            raise _misshapen(self, target, output)
        return probabilities(self, target)

    def rows(self, target: Array, prediction: Array) -> Array:
        return smoothed(target, self.label_smoothing, prediction.shape[-1])

    def forward(self, target: Array, prediction: Array) -> Array:
        target = self.rows(target, prediction)
        log_p = _log_softmax(prediction) if self.from_logits else np.log(clip(normal(prediction)))
        return sample_means(-(target * log_p).sum(-1))

    def backward(self, target: Array, prediction: Array) -> Array:
        target = self.rows(target, prediction)
        if self.from_logits:
            return shared(softmax(prediction) * target.sum(-1, keepdims=True) - target)
        p = normal(prediction)
        g = np.where(clip(p) == p, -target / clip(p), 0)
        return shared((g - (g * p).sum(-1, keepdims=True)) / prediction.sum(-1, keepdims=True))


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(Scored):
    """Cross-entropy of class numbers: `CategoricalCrossentropy` where t is 1 at the class c and 0 elsewhere.

        L = −log p_c        from scores: ∂L/∂z_k = p_k − [k = c]

    Shapes: targets (N, …), integers from 0 to K − 1; predictions (N, …, K). Source: as for
    `CategoricalCrossentropy`; Keras 3, `ops.sparse_categorical_crossentropy`.
    """

    name: ClassVar[str] = "sparse_categorical_crossentropy"
    kernels: ClassVar[tuple[str, str]] = ("categorical", "softmax")

    def check(self, target: Array, output: Shape) -> Array:
        classes, target = output[-1], _numbers(self, target)
        if target.shape[1:] == (*output[:-1], 1):
            target = target[..., 0]
        if target.shape[1:] == output:
            raise LabelError(text("target_is_one_hot", loss=self.name, classes=classes))
        if target.shape[1:] != output[:-1]:
            raise _misshapen(self, target, output[:-1])
        with np.errstate(invalid="ignore"):  # what no integer can hold comes out different, and is refused
            labels = target.astype(np.int64)
        if (place := _first(labels != target)) is not None:
            raise LabelError(text("label_not_integer", loss=self.name, received=target[place], sample=place[0]))
        if (place := _first((labels < 0) | (labels >= classes))) is not None:
            raise LabelError(
                text("label_out_of_range", loss=self.name, received=labels[place], sample=place[0], classes=classes,
                     last=classes - 1)
            )  # fmt: skip
        return labels

    def rows(self, target: Array, prediction: Array) -> Array:
        return _one_hot(target, prediction)

    def forward(self, target: Array, prediction: Array) -> Array:
        return CategoricalCrossentropy(self.from_logits).forward(_one_hot(target, prediction), prediction)

    def backward(self, target: Array, prediction: Array) -> Array:
        return CategoricalCrossentropy(self.from_logits).backward(_one_hot(target, prediction), prediction)


@dataclass(frozen=True)
class BinaryCrossentropy(Scored):
    """Cross-entropy of yes-or-no targets t, each number of the output by itself; their mean is the sample's loss.

    From scores z (`from_logits`), in a form where no power overflows:

        L = max(z, 0) − z·t + log(1 + e^(−|z|))                            ∂L/∂z = sigmoid(z) − t

    From probabilities q, kept away from 0 and 1 by ε = 1e-7:

        L = −t · log p − (1 − t) · log(1 − p)    p = clip(q, ε, 1 − ε)     ∂L/∂q = (p − t) / (p · (1 − p)),
                                                                            0 where q was clipped

    With `label_smoothing` s, targets are t · (1 − s) + s / 2 first.

    Shapes: targets and predictions (N, …); targets (N,) are taken for predictions (N, 1). Source: Bishop, 2006,
    equations 4.90 and 4.91; from probabilities as in Keras 3, `ops.binary_crossentropy`.
    """

    name: ClassVar[str] = "binary_crossentropy"
    kernels: ClassVar[tuple[str, str]] = ("binary", "sigmoid")
    label_smoothing: float = 0.0

    def check(self, target: Array, output: Shape) -> Array:
        return probabilities(self, like_output(self, target, output))

    def rows(self, target: Array, prediction: Array) -> Array:
        return smoothed(target, self.label_smoothing, 2)

    def forward(self, target: Array, prediction: Array) -> Array:
        target = self.rows(target, prediction)
        if self.from_logits:
            loss = np.maximum(prediction, 0) - prediction * target + np.log1p(np.exp(-np.abs(prediction)))
        else:
            p = clip(prediction)
            loss = -target * np.log(p) - (1 - target) * np.log(1 - p)
        return sample_means(loss)

    def backward(self, target: Array, prediction: Array) -> Array:
        target = self.rows(target, prediction)
        if self.from_logits:
            return shared(sigmoid(prediction) - target, last=True)
        p = clip(prediction)
        return shared(np.where(p == prediction, (p - target) / (p * (1 - p)), 0), last=True)


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """Mean squared error: L = mean of (p − t)² over all numbers of the output's K; ∂L/∂p = 2 · (p − t) / K.

    Shapes: targets t and predictions p (N, …); targets (N,) are taken for predictions (N, 1), nothing else is
    broadcast. Source: Bishop, 2006, equation 1.2; Keras 3, `losses.mean_squared_error`.
    """

    name: ClassVar[str] = "mean_squared_error"
    kernels: ClassVar[tuple[str, str]] = ("squares", "squares")

    def check(self, target: Array, output: Shape) -> Array:
        return like_output(self, target, output).astype(config.floatx(), copy=False)

    def forward(self, target: Array, prediction: Array) -> Array:
        return sample_means((prediction - target) ** 2)

    def backward(self, target: Array, prediction: Array) -> Array:
        return shared(2 * (prediction - target), last=True)


def from_scores(loss: Loss, op: Op) -> Loss | None:
    """The loss to run on what `op` reads, where that gives the same as `loss` on what `op` gives, only exactly.

    A cross-entropy of probabilities that come from a softmax (or, binary, from a sigmoid) is that cross-entropy of
    the scores: no logarithm of a rounded probability, no clipping, and the simple gradient p − t. None where `loss`
    has to read the output itself. Both engines ask here.
    """
    pairs = {CategoricalCrossentropy: Softmax, SparseCategoricalCrossentropy: Softmax, BinaryCrossentropy: Sigmoid}
    if isinstance(loss, Scored) and not loss.from_logits and isinstance(op, pairs.get(type(loss), ())):
        return replace(loss, from_logits=True)
    return None


def smoothed(target: Array, share: float, classes: int) -> Array:
    """Targets with `share` of them spread evenly over the `classes`."""
    return target * (1 - share) + share / classes if share else target


def _log_softmax(z: Array) -> Array:
    z = z - z.max(-1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(-1, keepdims=True)))


def normal(q: Array) -> Array:
    """Probabilities made to sum to 1 along the last axis."""
    return np.asarray(q / q.sum(-1, keepdims=True))


def clip(p: Array) -> Array:
    """Probabilities kept away from 0 and 1, where the logarithm has no finite value or slope."""
    return np.asarray(np.clip(p, config.epsilon(), 1 - config.epsilon()))


def sample_means(loss: Array) -> Array:
    """The mean over the places of each sample: (N, …) → (N,)."""
    return np.asarray(loss.reshape(len(loss), -1).mean(1))


def shared(gradient: Array, last: bool = False) -> Array:
    """A gradient of each place's loss as that of their mean: divided by the places of a sample.

    Places are the axes between the first and the last, with `last` that one too.
    """
    return np.asarray(gradient / prod(gradient.shape[1:] if last else gradient.shape[1:-1]))


def _one_hot(labels: Array, prediction: Array) -> Array:
    """Rows (N, …, K) of the prediction's type with a 1 at each label."""
    return np.asarray(labels[..., None] == np.arange(prediction.shape[-1]), prediction.dtype)


def _first(wrong: Array) -> tuple[int, ...] | None:
    """The index of the first true element, None where all are false."""
    return tuple(int(i) for i in np.argwhere(wrong)[0]) if wrong.any() else None


def _numbers(loss: Loss, target: Array) -> Array:
    """`target` as an array of finite numbers, one element a sample at least. Raises: LabelError otherwise."""
    target = np.asarray(target)
    if target.dtype.kind not in "biuf" or target.ndim < 1:
        raise LabelError(text("target_not_numbers", loss=loss.name, received=f"{target.dtype}, {target.ndim} axes"))
    if (place := _first(~np.isfinite(target))) is not None:
        raise LabelError(text("target_not_finite", loss=loss.name, sample=place[0], received=target[place]))
    return target


def probabilities(loss: Loss, target: Array) -> Array:
    """`target` as floats between 0 and 1. Raises: LabelError where one is outside."""
    if (place := _first((target < 0) | (target > 1))) is not None:
        raise LabelError(text("target_not_probability", loss=loss.name, received=target[place], sample=place[0]))
    return target.astype(config.floatx(), copy=False)


def like_output(loss: Loss, target: Array, output: Shape) -> Array:
    """`target` in the output's very shape, (N,) for (N, 1) included. Raises: LabelError for any other shape."""
    target = _numbers(loss, target)
    if output == (1,) and target.ndim == 1:
        target = target[:, None]
    if target.shape[1:] != output:
        raise _misshapen(loss, target, output)
    return target


def _misshapen(loss: Loss, target: Array, expected: Shape) -> LabelError:
    given, wanted = (show(s) if s else text("one_number") for s in (target.shape[1:], expected))
    return LabelError(text("target_shape", loss=loss.name, expected=wanted, received=given))
