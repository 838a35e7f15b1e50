"""Arrays as samples: checked once, handed out batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from konv.data.checks import check_inputs, check_lengths
from konv.errors import ConfigurationError, DataError, DataWarning, warn
from konv.graph import Graph
from konv.messages import text
from konv.ops.loss import BinaryCrossentropy, CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy
from konv.ops.record import Array

__all__ = ["Samples", "checked", "notice_one_class", "split", "weighted"]

CLASSIFYING = (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)


@dataclass(frozen=True)
class Samples:
    """Inputs `x` `(n, …)`, targets `y` in the form the loss takes, and `weight` `(n,)`, where there are any."""

    x: Array
    y: Array | None = None
    weight: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, at: Any) -> Samples:
        """The samples at the indices or slice `at`."""
        y = None if self.y is None else self.y[at]
        return Samples(self.x[at], y, None if self.weight is None else self.weight[at])


def checked(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    graph: Graph,
    loss: Loss | None = None,
    model: str = "",
) -> Samples:
    """Arrays as samples of the network `graph`, every one of them checked before any is used.

    Arguments: `x`, inputs `(n, …)`; `y`, targets in a form that `loss` takes (none where `loss` is None);
    `sample_weight`, `(n,)`, what each sample's loss counts; `model`, what messages call it.
    Raises: ShapeError, DataError, LabelError: what `konv.data.checks` and `Loss.check` say of them; DataError where
    targets or weights are missing, negative, or not as many as inputs.
    """
    inputs = check_inputs(x, graph.inputs[0].shape, dtype=graph.inputs[0].dtype)
    if loss is None:
        return Samples(inputs)
    if y is None:
        raise DataError(text("no_targets", model=model))
    y = np.asarray(y)
    if y.ndim:
        check_lengths({"x": inputs, "y": y})
    target = loss.check(y, graph.outputs[0].shape)
    return Samples(inputs, target, _weights(sample_weight, len(target)))


def _weights(sample_weight: Any, count: int) -> Array | None:
    """The weight of each sample, float64 `(n,)`, None where all are 1."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, np.float64)
    if weight.shape != (count,) or not (np.isfinite(weight) & (weight >= 0)).all():
        received = f"{weight.dtype} {weight.shape}"
        raise DataError(text("bad_weights_of_samples", expected=count, received=received))
    return weight


def notice_one_class(samples: Samples, loss: Loss) -> None:
    """Give a DataWarning where `loss` tells classes apart and all `samples` are of one."""
    y = samples.y
    if y is not None and isinstance(loss, CLASSIFYING) and len(y) > 1 and (y == y[:1]).all():
        warn(text("one_class_labels", count=len(y)), DataWarning)


def weighted(samples: Samples, class_weight: Mapping[int, float] | None) -> Samples:
    """`samples`, each counting what `class_weight` says of its class's number too.

    Raises: DataError where targets are no class numbers or one-hot rows, or a class has no weight.
    """
    if class_weight is None or samples.y is None:
        return samples
    y = samples.y
    labels = y if y.ndim == 1 else y[:, 0] if y.shape[1:] == (1,) else y.argmax(-1)
    missing = sorted({int(c) for c in np.unique(labels)} - {int(c) for c in class_weight})
    if missing or labels.ndim != 1:
        raise DataError(text("class_weight_labels", missing=missing or "?"))
    by_class = np.array([class_weight[int(c)] for c in labels], np.float64)
    return replace(samples, weight=by_class if samples.weight is None else samples.weight * by_class)


def split(samples: Samples, share: float) -> tuple[Samples, Samples]:
    """The first samples to train on, the last ones to validate on, before any shuffling, as Keras does.

    Arguments: `share`, that of validation: `floor(n · (1 − share))` samples are trained on.
    Raises: ConfigurationError where either side would be empty.
    """
    count = len(samples)
    at = int(np.floor(count * (1 - share))) if 0 <= share < 1 else 0
    if not 0 < at < count:
        raise ConfigurationError(text("bad_validation_split", received=share, count=count))
    return samples.take(slice(0, at)), samples.take(slice(at, count))
