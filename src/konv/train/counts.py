"""Metrics made of counts: precision, recall, F scores, areas under curves, and the confusion matrix.

Counts are kept over all batches and the value is worked out at the end: it is that of the whole epoch, never a mean of
batches. Class numbers as targets are taken for one-hot rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from konv import config
from konv.arguments import above_zero, count
from konv.errors import ConfigurationError, ShapeError
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import show
from konv.train.metric import Metric

__all__ = [
    "AUC", "F1Score", "FBetaScore", "FalseNegatives", "FalsePositives", "Precision", "Recall", "TrueNegatives",
    "TruePositives", "confusion_matrix",
]  # fmt: skip


NOTHING = 1e-9
"""The largest prediction is a yes only where it is further from 0 than this, as in Keras 3."""


def _rows(y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Targets as booleans and predictions, both `(places, K)`. Raises: ShapeError where they do not fit."""
    prediction, target = np.asarray(y_pred), np.asarray(y_true)
    classes = prediction.shape[-1]
    if target.shape != prediction.shape:
        if target.shape == (*prediction.shape[:-1], 1):
            target = target[..., 0]
        if target.shape != prediction.shape[:-1]:
            received, wanted, given = show(target.shape), show(prediction.shape), show(prediction.shape)
            raise ShapeError(text("metric_shapes", received=received, expected=wanted, prediction=given))
        target = target[..., None] == (np.arange(classes) if classes > 1 else 1)
    return target.reshape(-1, classes) > 0.5, prediction.reshape(-1, classes)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0


class _Counted(Metric):
    """Numbers of right and wrong answers yes, and of those missing, one of each for every class."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.right: Array | float = 0.0
        self.wrong: Array | float = 0.0
        self.missing: Array | float = 0.0

    def _take(self, target: Array, said: Array, sample_weight: Any) -> None:
        weight = np.ones(len(target)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weight = np.repeat(weight, len(target) // len(weight))[:, None]
        self.right = self.right + (weight * (target & said)).sum(0)
        self.wrong = self.wrong + (weight * (~target & said)).sum(0)
        self.missing = self.missing + (weight * (target & ~said)).sum(0)

    def reset_state(self) -> None:
        """Forget what was taken in, but not of how many classes."""
        self.right, self.wrong, self.missing = 0 * self.right, 0 * self.wrong, 0 * self.missing


class Precision(_Counted):
    """Of the answers yes, the share that is right: those above `threshold`, of all classes together.

    Arguments: `thresholds`, above which a prediction is a yes (0.5); `class_id`, the one class that is judged; `name`,
    its key in the history.
    """

    def __init__(self, thresholds: float | None = None, class_id: int | None = None, name: str = "precision") -> None:
        super().__init__(name)
        self.thresholds = 0.5 if thresholds is None else float(thresholds)
        self.class_id = None if class_id is None else count(class_id, "class_id", name, least=0)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        target, prediction = _rows(y_true, y_pred)
        if self.class_id is not None:
            target, prediction = target[:, self.class_id, None], prediction[:, self.class_id, None]
        self._take(target, prediction > self.thresholds, sample_weight)

    def result(self) -> float:
        """The share; 0 where there was no answer yes."""
        return _share(np.sum(self.right), np.sum(self.right) + np.sum(self.wrong))

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, "thresholds": self.thresholds, "class_id": self.class_id}


class Recall(Precision):
    """Of the targets yes, the share that is found: whose prediction is above `threshold`, of all classes together.

    Arguments: `thresholds`, `class_id`, `name`, as of `Precision`.
    """

    def __init__(self, thresholds: float | None = None, class_id: int | None = None, name: str = "recall") -> None:
        super().__init__(thresholds, class_id, name)

    def result(self) -> float:
        """The share; 0 where there was no target yes."""
        return _share(np.sum(self.right), np.sum(self.right) + np.sum(self.missing))


class FBetaScore(_Counted):
    """A mean of precision and recall, the latter `beta` times as important.

    (1 + β²)·right / ((1 + β²)·right + β²·missing + wrong)

    Arguments: `average`, of the classes: None, no mean but a score for each, `(K,)`; `"macro"`, each alike;
    `"weighted"`, by their number; `"micro"`, all counted together; `beta`, above 0; `threshold`, above which a
    prediction is a yes, None for the largest one (0.5 where a sample has one alone); `name`, its key in the history.
    Raises: ConfigurationError for another `average`, or a `beta` that is not above 0.
    Source: van Rijsbergen, *Information Retrieval*, 1979, chapter 7; as in Keras 3.
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
    ) -> None:
        super().__init__(name)
        if average not in (None, "micro", "macro", "weighted"):
            known = "None, micro, macro, weighted"
            raise ConfigurationError(text("unknown_setting", name="average", received=average, known=known))
        self.average, self.beta = average, above_zero(beta, "beta")
        self.threshold = None if threshold is None else float(threshold)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        target, prediction = _rows(y_true, y_pred)
        if self.threshold is None and prediction.shape[1] > 1:
            said = (prediction == prediction.max(1, keepdims=True)) & (np.abs(prediction) > NOTHING)
        else:
            said = prediction > (0.5 if self.threshold is None else self.threshold)
        self._take(target, said, sample_weight)

    def result(self) -> Any:
        """The score, or with no `average` that of each class; 0 where there is nothing to judge."""
        right, wrong, missing = (np.atleast_1d(np.asarray(a)) for a in (self.right, self.wrong, self.missing))
        if self.average == "micro":
            right, wrong, missing = (a.sum(keepdims=True) for a in (right, wrong, missing))
        more = self.beta**2
        scores = _divide((1 + more) * right, (1 + more) * right + more * missing + wrong)
        if self.average is None:
            return scores
        if self.average == "weighted":
            return _share(float((scores * (right + missing)).sum()), float((right + missing).sum()))
        return float(scores.mean())

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, "average": self.average, "beta": self.beta, "threshold": self.threshold}


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: 2·right / (2·right + wrong + missing).

    Arguments: `average`, `threshold`, `name`, as of `FBetaScore`. Raises: ConfigurationError for another `average`.
    """

    def __init__(self, average: str | None = None, threshold: float | None = None, name: str = "f1_score") -> None:
        super().__init__(average, 1.0, threshold, name)

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, "average": self.average, "threshold": self.threshold}


class _Tally(Metric):
    """How many answers are of one kind, of all classes together, each counting its sample's weight."""

    def __init__(self, thresholds: float | None = None, name: str | None = None) -> None:
        super().__init__(name)
        self.thresholds = 0.5 if thresholds is None else float(thresholds)
        self.total = 0.0

    def _of_kind(self, target: Array, said: Array) -> Array:
        """Which answers count."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        target, prediction = _rows(y_true, y_pred)
        found = self._of_kind(target, prediction > self.thresholds).sum(1)
        weight = np.ones(len(found)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        self.total += float((found * np.repeat(weight, len(found) // len(weight))).sum())

    def result(self) -> float:
        """The number."""
        return self.total

    def reset_state(self) -> None:
        """Forget what was taken in."""
        self.total = 0.0

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, "thresholds": self.thresholds}


class TruePositives(_Tally):
    """The number of answers yes that are right. Arguments: `thresholds`, `name`, as of `Precision`."""

    def _of_kind(self, target: Array, said: Array) -> Array:
        return target & said


class FalsePositives(_Tally):
    """The number of answers yes that are wrong. Arguments: `thresholds`, `name`, as of `Precision`."""

    def _of_kind(self, target: Array, said: Array) -> Array:
        return ~target & said


class TrueNegatives(_Tally):
    """The number of answers no that are right. Arguments: `thresholds`, `name`, as of `Precision`."""

    def _of_kind(self, target: Array, said: Array) -> Array:
        return ~target & ~said


class FalseNegatives(_Tally):
    """The number of answers no that are wrong. Arguments: `thresholds`, `name`, as of `Precision`."""

    def _of_kind(self, target: Array, said: Array) -> Array:
        return target & ~said


class AUC(Metric):
    """The area under a curve that all thresholds draw: of hits against false alarms, or of precision against recall.

    Arguments: `num_thresholds`, evenly from 0 to 1 (200); `curve`, `"ROC"` or `"PR"`; `name`, its key in the history.
    Raises: ConfigurationError for another curve.
    Source: Fawcett, *An introduction to ROC analysis*, 2006; Davis & Goadrich, *The relationship between
    precision-recall and ROC curves*, 2006, for the interpolation; as in Keras 3.
    """

    def __init__(self, num_thresholds: int = 200, curve: str = "ROC", name: str = "auc") -> None:
        super().__init__(name)
        if curve not in ("ROC", "PR"):
            raise ConfigurationError(text("unknown_setting", name="curve", received=curve, known="ROC, PR"))
        self.num_thresholds, self.curve = count(num_thresholds, "num_thresholds", name, least=2), curve
        inner = np.arange(1, self.num_thresholds - 1, dtype=np.float64) / (self.num_thresholds - 1)
        self._thresholds = np.array([-config.epsilon(), *inner, 1 + config.epsilon()]).astype(config.floatx())
        self.reset_state()

    def reset_state(self) -> None:
        """Forget what was taken in."""
        self._yes, self._no = np.zeros((2, self.num_thresholds + 1))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        target, prediction = _rows(y_true, y_pred)
        weight = np.ones(len(target)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weight = np.broadcast_to(np.repeat(weight, len(target) // len(weight))[:, None], target.shape)
        place = np.searchsorted(self._thresholds, prediction.ravel(), side="left")  # thresholds below the prediction
        for held, mine in ((self._yes, target), (self._no, ~target)):
            held += np.bincount(place, (weight * mine).ravel(), self.num_thresholds + 1)

    def result(self) -> float:
        """The area, from 0 to 1."""
        hits, alarms = (a[::-1].cumsum()[::-1][1:] for a in (self._yes, self._no))
        missed, passed = self._yes.sum() - hits, self._no.sum() - alarms
        if self.curve == "PR":
            return _area_of_precision(hits, alarms, missed)
        recall, rate = _divide(hits, hits + missed), _divide(alarms, alarms + passed)
        return float(((rate[:-1] - rate[1:]) * (recall[:-1] + recall[1:]) / 2).sum())

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, "num_thresholds": self.num_thresholds, "curve": self.curve}


def _divide(a: Array, b: Array) -> Array:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def _area_of_precision(hits: Array, alarms: Array, missed: Array) -> float:
    """Between two thresholds, hits grow in proportion to answers: the area of that piece in closed form."""
    said = hits + alarms
    more = hits[:-1] - hits[1:]
    slope = _divide(more, said[:-1] - said[1:])
    begin = hits[1:] - slope * said[1:]
    both = (said[:-1] > 0) & (said[1:] > 0)
    ratio = np.where(both, _divide(said[:-1], said[1:]), 1)
    return float(_divide(slope * (more + begin * np.log(ratio)), hits[1:] + missed[1:]).sum())


def confusion_matrix(y_true: Any, y_pred: Any, num_classes: int | None = None) -> Array:
    """How often each class (row) was taken for each (column).

    Arguments: `y_true`, class numbers or one-hot rows; `y_pred`, class numbers, or a row of predictions each;
    `num_classes`, where the data do not show it.
    Returns: int64 `(K, K)`. Raises: ShapeError where there are not as many targets as predictions.
    """
    numbers = [a.argmax(-1) if a.ndim > 1 and a.shape[-1] > 1 else a for a in map(np.asarray, (y_true, y_pred))]
    target, said = (a.astype(np.int64).ravel() for a in numbers)
    if target.shape != said.shape:
        received, wanted = show(target.shape), show(said.shape)
        raise ShapeError(text("metric_shapes", received=received, expected=wanted, prediction=wanted))
    classes = num_classes or int(max(target.max(initial=0), said.max(initial=0))) + 1
    counts: Array = np.bincount(target * classes + said, minlength=classes * classes).reshape(classes, classes)
    return counts
