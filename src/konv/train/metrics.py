"""Metrics under Keras's names: functions that judge each sample, and objects that keep the mean over many batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from konv.arguments import count
from konv.errors import ConfigurationError, ShapeError
from konv.graph.naming import snake_case
from konv.messages import text
from konv.names import unknown
from konv.ops.record import Array
from konv.shapes import Shape, show
from konv.train import losses
from konv.train.counts import (
    AUC,
    F1Score,
    FalseNegatives,
    FalsePositives,
    FBetaScore,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from konv.train.metric import Mean, MeanMetricWrapper, Metric
from konv.train.overlap import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU

__all__ = [
    "AUC",
    "BinaryAccuracy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "IoU",
    "LossMetric",
    "Mean",
    "MeanIoU",
    "MeanMetricWrapper",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "categorical_accuracy",
    "choose_accuracy",
    "deserialize",
    "get",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """The share of a sample's numbers that are on the right side of `threshold`.

    Arguments: `y_true`, zeros and ones, `(N, K)`; `y_pred`, `(N, K)`; `threshold`, above which a prediction is a 1.
    Returns: `(N,)`. Raises: ShapeError where the shapes differ: nothing is broadcast.
    """
    target, prediction = np.asarray(y_true), np.asarray(y_pred)
    if prediction.shape == (*target.shape, 1):
        target = target[..., None]
    if target.shape != prediction.shape:
        raise _differ(target, prediction.shape, prediction)
    right = (prediction > threshold) == target
    return np.asarray(right.reshape(len(right), -1).mean(1))


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where the largest prediction is at the place of the largest target, else 0.

    Arguments: `y_true`, one-hot rows, `(N, K)`; `y_pred`, `(N, K)`.
    Returns: `(N,)`. Raises: ShapeError where the shapes differ.
    """
    target, prediction = _one_hot(y_true, y_pred)
    return _right(target.argmax(-1), prediction)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where the largest prediction is at the class's place, else 0.

    Arguments: `y_true`, class numbers, `(N,)` or `(N, 1)`; `y_pred`, `(N, K)`.
    Returns: `(N,)`. Raises: ShapeError where the shapes do not belong together.
    """
    return _right(*_sparse(y_true, y_pred))


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 where the right class is among the `k` most probable, else 0; at equal predictions it is.

    Arguments: `y_true`, one-hot rows, `(N, K)`; `y_pred`, `(N, K)`; `k`, at least 1.
    Returns: `(N,)`. Raises: ShapeError where the shapes differ.
    """
    target, prediction = _one_hot(y_true, y_pred)
    return _among(target.argmax(-1), prediction, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 where the right class is among the `k` most probable, else 0; at equal predictions it is.

    Arguments: `y_true`, class numbers, `(N,)` or `(N, 1)`; `y_pred`, `(N, K)`; `k`, at least 1.
    Returns: `(N,)`. Raises: ShapeError where the shapes do not belong together.
    """
    labels, prediction = _sparse(y_true, y_pred)
    return _among(labels, prediction, k)


def _differ(target: Array, expected: Shape, prediction: Array) -> ShapeError:
    received, wanted, given = show(target.shape), show(expected), show(prediction.shape)
    return ShapeError(text("metric_shapes", received=received, expected=wanted, prediction=given))


def _one_hot(y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    target, prediction = np.asarray(y_true), np.asarray(y_pred)
    if target.shape != prediction.shape:
        raise _differ(target, prediction.shape, prediction)
    return target, prediction


def _sparse(y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    labels, prediction = np.asarray(y_true), np.asarray(y_pred)
    if labels.shape == (*prediction.shape[:-1], 1):
        labels = labels[..., 0]
    if labels.shape != prediction.shape[:-1]:
        raise _differ(labels, prediction.shape[:-1], prediction)
    return labels.astype(np.int64), prediction


def _right(labels: Array, prediction: Array) -> Array:
    """Whether the largest prediction is at the label, the mean over a sample's places: (N,)."""
    right = prediction.argmax(-1) == labels
    return np.asarray(right.reshape(len(right), -1).mean(1))


def _among(labels: Array, prediction: Array, k: int) -> Array:
    """Whether fewer than k predictions are above that of the label, the mean over a sample's places: (N,)."""
    own = np.take_along_axis(prediction, labels[..., None], -1)
    right = (prediction > own).sum(-1) < k
    return np.asarray(right.reshape(len(right), -1).mean(1))


class BinaryAccuracy(MeanMetricWrapper):
    """The mean of `binary_accuracy`.

    Arguments: `name`, its key in the history; `threshold`, above which a prediction is a 1.
    """

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, threshold=float(threshold))


class CategoricalAccuracy(MeanMetricWrapper):
    """The mean of `categorical_accuracy`. Arguments: `name`, its key in the history."""

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(categorical_accuracy, name)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The mean of `sparse_categorical_accuracy`. Arguments: `name`, its key in the history."""

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(sparse_categorical_accuracy, name)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The mean of `top_k_categorical_accuracy`. Arguments: `k`, at least 1; `name`, its key in the history."""

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy") -> None:
        super().__init__(top_k_categorical_accuracy, name, k=count(k, "k", name))


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The mean of `sparse_top_k_categorical_accuracy`. Arguments: `k`, at least 1; `name`, its key in the history."""

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy") -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, k=count(k, "k", name))


class LossMetric(MeanMetricWrapper):
    """A loss watched as a metric, without training on it.

    Arguments: `loss`, its name or object; `name`, its key in the history (default the loss's name).
    """

    def __init__(self, loss: object, name: str | None = None) -> None:
        self.loss = losses.get(loss)
        super().__init__(lambda y_true, y_pred: losses.each(self.loss, y_true, y_pred), name or self.loss.name)

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, "loss": losses.serialize(self.loss)}


class RootMeanSquaredError(Mean):
    """The root of the mean squared error over all numbers. Arguments: `name`, its key in the history."""

    def __init__(self, name: str = "root_mean_squared_error") -> None:
        super().__init__(name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        self.update(losses.mean_squared_error(y_true, y_pred), sample_weight)

    def result(self) -> float:
        """The root of the mean; 0 where nothing was taken in."""
        return float(np.sqrt(super().result()))


OWN = (
    AUC, BinaryAccuracy, CategoricalAccuracy, F1Score, FBetaScore, FalseNegatives, FalsePositives, Precision, Recall,
    SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy, TrueNegatives, TruePositives,
)  # fmt: skip
"""The metrics that judge a sample by its shape alone."""
CLASSES: dict[str, type[Metric]] = {kind.__name__: kind for kind in (*OWN, RootMeanSquaredError, LossMetric)}
OVERLAPS = (BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU)
ACCURACY = ("accuracy", "acc")
NAMES: dict[str, type[Metric]] = {snake_case(name): kind for name, kind in CLASSES.items() if kind is not LossMetric}
CLASSES.update({kind.__name__: kind for kind in OVERLAPS})
NAMES.update({"auc": AUC, "f1_score": F1Score, "fbeta_score": FBetaScore})


def choose_accuracy(target: Shape, output: Shape, name: str = "accuracy") -> Metric:
    """The accuracy that Keras takes for the word `"accuracy"`.

    One number a place: binary. Class numbers as targets: sparse categorical. Else: categorical.

    Arguments: `target`, `output`, the shapes of one sample's target and prediction; `name`, its key in the history.
    Source: Keras 3, `compile_utils.get_metric`.
    """
    if not output or output[-1] == 1:
        return BinaryAccuracy(name)
    if len(target) < len(output) or target[-1] == 1:
        return SparseCategoricalAccuracy(name)
    return CategoricalAccuracy(name)


def get(identifier: object, target: Shape, output: Shape) -> Metric:
    """The metric for a name, a saved form, a function `(y_true, y_pred)`, or a metric as it is.

    Arguments: `identifier`, any of these; `target`, `output`, the shapes of one sample's target and prediction, by
    which `"accuracy"` is chosen.
    Raises: UnknownNameError, with the nearest names; ConfigurationError for anything else.
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, str):
        if identifier in ACCURACY:
            return choose_accuracy(target, output, identifier)
        if identifier in NAMES or identifier in CLASSES:
            return (NAMES.get(identifier) or CLASSES[identifier])()
        if identifier in losses.NAMES or identifier in losses.SHORT:
            return LossMetric(identifier, identifier)
        raise unknown("metric", identifier, (*NAMES, *ACCURACY, *losses.NAMES, *losses.SHORT))
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if isinstance(identifier, losses.Loss):
        return LossMetric(identifier)
    if callable(identifier):
        return MeanMetricWrapper(identifier)
    raise ConfigurationError(text("bad_metric", received=identifier))


def serialize(identifier: object) -> Any:
    """The form in which a file keeps a metric: a name stays a name, a function of your own leaves its name."""
    if isinstance(identifier, Metric):
        return {"class_name": type(identifier).__name__, "config": identifier.get_config()}
    return identifier if isinstance(identifier, str) else getattr(identifier, "__name__", str(identifier))


def deserialize(saved: Mapping[str, Any]) -> Metric:
    """The metric that `serialize` wrote as `saved`. Raises: UnknownNameError for a class that is none of konv's."""
    name = saved["class_name"]
    if not isinstance(name, str) or name not in CLASSES:
        raise unknown("metric", name, CLASSES)
    return CLASSES[name](**saved["config"])
