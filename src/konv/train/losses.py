"""Losses under Keras's names: objects to compile a model with, and functions that give each sample's loss.

A loss object is the record of `konv.ops.loss` itself; called, it gives the mean over the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from konv import config
from konv.errors import ConfigurationError
from konv.messages import text
from konv.names import unknown
from konv.ops.loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from konv.ops.record import Array

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]


def each(loss: Loss, y_true: Any, y_pred: Any) -> Array:
    """The loss of each sample, `(N,)`, its targets checked; predictions that are no floats become such."""
    prediction = np.asarray(y_pred)
    if prediction.dtype.kind != "f":
        prediction = prediction.astype(config.floatx())
    return loss.forward(loss.check(np.asarray(y_true), prediction.shape[1:]), prediction)


def categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Array:
    """Cross-entropy of one-hot targets for each sample, in nats.

    Arguments: `y_true`, `(N, K)`, rows of probabilities; `y_pred`, `(N, K)`, probabilities, or scores where
    `from_logits`.
    Returns: `(N,)`. Raises: LabelError where the targets have another form.
    """
    return each(CategoricalCrossentropy(from_logits), y_true, y_pred)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Array:
    """Cross-entropy of class numbers for each sample, in nats.

    Arguments: `y_true`, `(N,)`, integers from 0 to K − 1; `y_pred`, `(N, K)`, probabilities, or scores where
    `from_logits`.
    Returns: `(N,)`. Raises: LabelError where the targets have another form or are out of range.
    """
    return each(SparseCategoricalCrossentropy(from_logits), y_true, y_pred)


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Array:
    """Cross-entropy of yes-or-no targets for each sample, in nats, the mean over a sample's numbers.

    Arguments: `y_true`, `(N, K)`, numbers from 0 to 1; `y_pred`, `(N, K)`, probabilities, or scores where
    `from_logits`.
    Returns: `(N,)`. Raises: LabelError where the targets have another form.
    """
    return each(BinaryCrossentropy(from_logits), y_true, y_pred)


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """Mean squared error for each sample.

    Arguments: `y_true`, `y_pred`, both `(N, …)`; nothing is broadcast.
    Returns: `(N,)`. Raises: LabelError where the shapes differ.
    """
    return each(MeanSquaredError(), y_true, y_pred)


CLASSES: dict[str, type[Loss]] = {
    kind.__name__: kind
    for kind in (BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy)
}
SHORT: dict[str, type[Loss]] = {"mse": MeanSquaredError, "MSE": MeanSquaredError}
NAMES: dict[str, type[Loss]] = {kind.name: kind for kind in CLASSES.values()}
FUNCTIONS: dict[Callable[..., Array], type[Loss]] = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    mean_squared_error: MeanSquaredError,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}


def get(identifier: object) -> Loss:
    """The loss for a name (`"mse"`, `"CategoricalCrossentropy"`), a saved form, one of this module's functions or
    classes, or a loss as it is.

    Arguments: `identifier`, any of these.
    Raises: UnknownNameError, with the nearest names; ConfigurationError for a function of your own: konv needs its
    gradient.
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, str):
        kind = NAMES.get(identifier) or SHORT.get(identifier) or CLASSES.get(identifier)
        if kind is None:
            raise unknown("loss", identifier, NAMES)
        return kind()
    if callable(identifier) and identifier in FUNCTIONS:
        return FUNCTIONS[identifier]()
    raise ConfigurationError(text("custom_loss", received=identifier))


def serialize(loss: Loss) -> dict[str, Any]:
    """The form in which a file keeps `loss`. Raises: ConfigurationError for a class that is not konv's own."""
    if type(loss) is not CLASSES.get(type(loss).__name__):
        raise ConfigurationError(text("cannot_be_saved", received=loss))
    return {"class_name": type(loss).__name__, "config": {"from_logits": loss.from_logits}}


def deserialize(saved: Mapping[str, Any]) -> Loss:
    """The loss that `serialize` wrote as `saved`. Raises: UnknownNameError for a class that is none."""
    name = saved["class_name"]
    if not isinstance(name, str) or name not in CLASSES:
        raise unknown("loss", name, CLASSES)
    return CLASSES[name](**saved["config"])
