"""Metrics of segmentation: how far what was predicted and what was wanted overlap, class by class.

Places are counted into a confusion matrix over all batches; the value is worked out at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from konv.arguments import count
from konv.errors import ConfigurationError, ShapeError
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import show
from konv.train.metric import Metric

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]

EMPTY = 1e-9
"""Classes of no more places than this, counted with their weights, are left out of the mean, as in Keras 3."""


class IoU(Metric):
    """The mean over classes of intersection over union: right / (right + wrong + missing).

    Arguments: `num_classes`, K; `target_class_ids`, the classes that are judged; `name`, its key in the history;
    `ignore_class`, the target whose places do not count; `sparse_y_true`, `sparse_y_pred`, whether targets and
    predictions are class numbers rather than a row of K along `axis`.
    Raises: ConfigurationError for a class that is none of the K.
    Source: Everingham et al., *The PASCAL visual object classes challenge*, 2010, section 4.1.3; as in Keras 3.
    """

    FIXED: ClassVar[tuple[str, ...]] = ()
    """Settings that a kind has decided on."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name)
        self.num_classes = count(num_classes, "num_classes", self.name)
        self.target_class_ids = [count(i, "target_class_ids", self.name, least=0) for i in target_class_ids]
        if any(i >= self.num_classes for i in self.target_class_ids):
            known = f"0 … {self.num_classes - 1}"
            received = list(target_class_ids)
            raise ConfigurationError(text("unknown_setting", name="target_class_ids", received=received, known=known))
        self.dtype, self.ignore_class, self.axis = dtype, ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = bool(sparse_y_true), bool(sparse_y_pred)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget what was taken in."""
        self.counted: Array = np.zeros((self.num_classes, self.num_classes))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`. `sample_weight` may be of the targets' shape, too.

        Raises: ShapeError where targets and predictions do not fit, or hold what is none of the classes.
        """
        targets, said = np.asarray(y_true), np.asarray(y_pred)
        targets = targets if self.sparse_y_true else targets.argmax(self.axis)
        said = said if self.sparse_y_pred else said.argmax(self.axis)
        if targets.size != said.size:
            received, given = show(targets.shape), show(said.shape)
            raise ShapeError(text("metric_shapes", received=received, expected=given, prediction=given))
        weight = np.ones(1) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weights = np.repeat(weight.ravel(), targets.size // weight.size)
        true, found = targets.ravel().astype(np.int64), said.ravel().astype(np.int64)
        if self.ignore_class is not None:
            counts = true != self.ignore_class
            true, found, weights = true[counts], found[counts], weights[counts]
        for labels in (true, found):
            if labels.size and not 0 <= labels.min() <= labels.max() < self.num_classes:
                worst = labels.max() if labels.max() >= self.num_classes else labels.min()
                raise ShapeError(text("metric_classes", received=int(worst), classes=self.num_classes))
        pairs = np.bincount(true * self.num_classes + found, weights, self.num_classes**2)
        self.counted += pairs.reshape(self.counted.shape)

    def result(self) -> float:
        """The mean, from 0 to 1; 0 where no class that is judged was seen."""
        right = np.diag(self.counted)
        union = self.counted.sum(0) + self.counted.sum(1) - right
        right, union = right[self.target_class_ids], union[self.target_class_ids]
        seen = union > EMPTY
        return float((right[seen] / union[seen]).mean()) if seen.any() else 0.0

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        known = {
            "name": self.name, "num_classes": self.num_classes, "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class, "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred, "axis": self.axis,
        }  # fmt: skip
        return {name: value for name, value in known.items() if name not in self.FIXED}


class MeanIoU(IoU):
    """`IoU` over all classes. Arguments: `num_classes`, `name`, and `settings`, as of `IoU`."""

    FIXED: ClassVar[tuple[str, ...]] = ("target_class_ids",)

    def __init__(self, num_classes: int, name: str | None = None, **settings: Any) -> None:
        super().__init__(num_classes, range(count(num_classes, "num_classes", "MeanIoU")), name, **settings)


class OneHotIoU(IoU):
    """`IoU` of one-hot targets and rows of predictions.

    Arguments: `num_classes`, `target_class_ids`, `name`, `sparse_y_pred`, and `settings`, as of `IoU`.
    """

    FIXED: ClassVar[tuple[str, ...]] = ("sparse_y_true",)

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        sparse_y_pred: bool = False,
        **settings: Any,
    ) -> None:
        settings |= {"sparse_y_true": False, "sparse_y_pred": sparse_y_pred}
        super().__init__(num_classes, target_class_ids, name, **settings)


class OneHotMeanIoU(MeanIoU):
    """`OneHotIoU` over all classes. Arguments: `num_classes`, `name`, `sparse_y_pred`, and `settings`, as of `IoU`."""

    FIXED: ClassVar[tuple[str, ...]] = ("target_class_ids", "sparse_y_true")

    def __init__(self, num_classes: int, name: str | None = None, sparse_y_pred: bool = False, **settings: Any) -> None:
        super().__init__(num_classes, name, **settings | {"sparse_y_true": False, "sparse_y_pred": sparse_y_pred})


class BinaryIoU(IoU):
    """`IoU` of two classes: no, and yes where a prediction is at least `threshold`.

    Arguments: `target_class_ids`, one of the two or both; `threshold` (0.5); `name`, its key in the history.
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = float(threshold)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `IoU.update_state`."""
        super().update_state(y_true, np.asarray(y_pred) >= self.threshold, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, "target_class_ids": self.target_class_ids, "threshold": self.threshold}
