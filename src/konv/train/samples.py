"""Arrays as samples: checked once, handed out batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.data.checks import check_inputs, check_lengths
from konv.errors import ConfigurationError, DataError
from konv.graph import Graph
from konv.messages import text
from konv.ops.loss import Loss
from konv.ops.record import Array

__all__ = ["Samples", "checked", "split"]


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
    class_weight: Mapping[int, float] | None = None,
    *,
    graph: Graph,
    loss: Loss | None = None,
    model: str = "",
) -> Samples:
    """Arrays as samples of the network `graph`, every one of them checked before any is used.

    Arguments: `x`, inputs `(n, …)`; `y`, targets in a form that `loss` takes (none where `loss` is None);
    `sample_weight`, `(n,)`, what each sample's loss counts; `class_weight`, the same by class number; `model`, what
    messages call it.
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
    return Samples(inputs, target, _weights(target, sample_weight, class_weight))


def _weights(y: Array, sample_weight: Any, class_weight: Mapping[int, float] | None) -> Array | None:
    """The weight of each sample, float64 `(n,)`, None where all are 1."""
    found = None
    if sample_weight is not None:
        found = np.asarray(sample_weight, np.float64)
        if found.shape != (len(y),) or not (np.isfinite(found) & (found >= 0)).all():
            received = f"{found.dtype} {found.shape}"
            raise DataError(text("bad_weights_of_samples", expected=len(y), received=received))
    if class_weight is not None:
        labels = y if y.ndim == 1 else y[:, 0] if y.shape[1:] == (1,) else y.argmax(-1)
        missing = sorted({int(c) for c in np.unique(labels)} - {int(c) for c in class_weight})
        if missing or labels.ndim != 1:
            raise DataError(text("class_weight_labels", missing=missing or "?"))
        by_class = np.array([class_weight[int(c)] for c in labels], np.float64)
        found = by_class if found is None else found * by_class
    return found


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
