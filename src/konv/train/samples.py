"""Arrays as samples: checked once, handed out batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from konv.data.checks import check_inputs, check_lengths
from konv.errors import ConfigurationError, DataError, DataWarning, warn
from konv.graph import Graph, Tensor
from konv.messages import text
from konv.ops.augmentation import Augmentation
from konv.ops.batchnorm import BatchNormalization
from konv.ops.loss import BinaryCrossentropy, CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy
from konv.ops.record import Array
from konv.ops.standardize import Rescale, Standardize

__all__ = ["Samples", "checked", "notice_one_class", "split", "weighted"]

CLASSIFYING = (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)


@dataclass(frozen=True)
class Samples:
    """Of each of a network's inputs an array `(n, …)`; of each output the targets in the form its loss takes, and
    weights `(n,)`, None where there are none; no entries at all where the samples are only to be predicted."""

    x: tuple[Array, ...]
    y: tuple[Array | None, ...] = ()
    weight: tuple[Array | None, ...] = ()

    def __len__(self) -> int:
        return len(self.x[0])

    def take(self, at: Any) -> Samples:
        """The samples at the indices or slice `at`."""
        y, weight = (tuple(None if a is None else a[at] for a in part) for part in (self.y, self.weight))
        return Samples(tuple(a[at] for a in self.x), y, weight)


def checked(
    x: Sequence[Any],
    y: Sequence[Any] = (),
    sample_weight: Sequence[Any] = (),
    *,
    graph: Graph,
    losses: Sequence[Loss | None] = (),
    names: Sequence[str] = (),
    model: str = "",
) -> Samples:
    """Arrays as samples of the network `graph`, every one of them checked before any is used.

    Arguments: `x`, of each input an array `(n, …)`; `losses`, of each output its loss, if any (none at all: the
    samples are only to be predicted); `y`, of each output targets in a form that its loss takes; `sample_weight`, of
    each `(n,)` or None, what each sample's loss counts; `names`, those of the inputs; `model`, what messages call it.
    Raises: ShapeError, DataError, LabelError: what `konv.data.checks` and `Loss.check` say of them; DataError where
    targets or weights are missing, negative, or not as many as inputs.
    """
    called = names if len(x) > 1 else ("x",)
    inputs = tuple(
        check_inputs(a, t.shape, n, t.dtype, partial(_taken_as_is, graph, t))
        for a, t, n in zip(x, graph.inputs, called, strict=True)
    )
    count = check_lengths(dict(zip(called, inputs, strict=True))) if len(inputs) > 1 else len(inputs[0])
    if not losses:
        return Samples(inputs)
    targets: list[Array | None] = []
    for given, loss, output in zip(y, losses, graph.outputs, strict=True):
        if given is None and loss is not None:
            raise DataError(text("no_targets", model=model))
        target = None if given is None else np.asarray(given)
        if target is not None and target.ndim:
            check_lengths({"x": inputs[0], "y": target})
        targets.append(target if loss is None or target is None else loss.check(target, output.shape))
    return Samples(inputs, tuple(targets), tuple(_weights(given, count) for given in sample_weight))


def _taken_as_is(graph: Graph, tensor: Tensor) -> bool:
    """Whether the network does not itself bring an input to the range it needs, before or after augmentation."""
    readers = graph.readers(tensor)
    if len(readers) == 1 and isinstance(readers[0].op, Augmentation):
        return _taken_as_is(graph, readers[0].output)
    kinds = BatchNormalization, Rescale, Standardize
    return not readers or any(not isinstance(node.op, kinds) for node in readers)


def _weights(sample_weight: Any, count: int) -> Array | None:
    """The weight of each sample, float64 `(n,)`, None where all are 1."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight, np.float64)
    if weight.shape != (count,) or not (np.isfinite(weight) & (weight >= 0)).all():
        received = f"{weight.dtype} {weight.shape}"
        raise DataError(text("bad_weights_of_samples", expected=count, received=received))
    return weight


def notice_one_class(samples: Samples, losses: Sequence[Loss | None]) -> None:
    """Give a DataWarning where one of `losses` tells classes apart and all `samples` are of one."""
    for y, loss in zip(samples.y, losses, strict=True):
        if y is not None and isinstance(loss, CLASSIFYING) and len(y) > 1 and (y == y[:1]).all():
            warn(text("one_class_labels", count=len(y)), DataWarning)


def weighted(samples: Samples, class_weight: Any) -> Samples:
    """`samples`, each counting what `class_weight` says of its class's number too; a row of weights is by number.

    Raises: DataError where targets are no class numbers or one-hot rows, or a class has no weight; ConfigurationError
    for a network with several outputs.
    """
    if class_weight is None or not samples.y or samples.y[0] is None:
        return samples
    if len(samples.y) > 1:
        raise ConfigurationError(text("class_weight_outputs", count=len(samples.y)))
    y, weight = samples.y[0], samples.weight[0]
    labels = y if y.ndim == 1 else y[:, 0] if y.shape[1:] == (1,) else y.argmax(-1)
    rows = class_weight.items() if isinstance(class_weight, Mapping) else enumerate(class_weight)
    known = {} if isinstance(class_weight, str) else {int(c): float(w) for c, w in rows}
    missing = sorted({int(c) for c in np.unique(labels)} - known.keys())
    if missing or labels.ndim != 1:
        raise DataError(text("class_weight_labels", missing=missing or "?"))
    by_class = np.array([known[int(c)] for c in labels], np.float64)
    return replace(samples, weight=(by_class if weight is None else weight * by_class,))


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
