"""Losses under Keras's names: objects to compile a model with, and functions that give each sample's loss.

A loss object is the record of `konv.ops.loss` itself; called, it gives the mean over the samples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from konv import config
from konv.errors import ConfigurationError
from konv.messages import text
from konv.names import found, name_of, unknown
from konv.ops.loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from konv.ops.margin import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    SquaredHinge,
)
from konv.ops.record import Array
from konv.ops.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
)
from konv.train import symbolic
from konv.train.objective import OwnLoss

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]


def each(loss: Loss, y_true: Any, y_pred: Any) -> Array:
    """The loss of each sample, `(N,)`, its targets checked; predictions that are no floats become such. Of symbolic
    tensors a symbolic tensor, so that losses of one's own can use them."""
    if symbolic.is_symbolic(y_pred):
        return symbolic.each(loss, y_true, y_pred)  # type: ignore[no-any-return]
    prediction = np.asarray(y_pred)
    if prediction.dtype.kind != "f":
        prediction = prediction.astype(config.floatx())
    return loss.forward(loss.check(np.asarray(y_true), prediction.shape[1:]), prediction)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Array:
    """Cross-entropy of one-hot targets for each sample, in nats.

    Arguments: `y_true`, `(N, K)`, rows of probabilities; `y_pred`, `(N, K)`, probabilities, or scores where
    `from_logits`; `label_smoothing`, the share of the targets that is spread evenly.
    Returns: `(N,)`. Raises: LabelError where the targets have another form.
    """
    return each(CategoricalCrossentropy(from_logits, label_smoothing), y_true, y_pred)


def sparse_categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False) -> Array:
    """Cross-entropy of class numbers for each sample, in nats.

    Arguments: `y_true`, `(N,)`, integers from 0 to K − 1; `y_pred`, `(N, K)`, probabilities, or scores where
    `from_logits`.
    Returns: `(N,)`. Raises: LabelError where the targets have another form or are out of range.
    """
    return each(SparseCategoricalCrossentropy(from_logits), y_true, y_pred)


def binary_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0) -> Array:
    """Cross-entropy of yes-or-no targets for each sample, in nats, the mean over a sample's numbers.

    Arguments: `y_true`, `(N, K)`, numbers from 0 to 1; `y_pred`, `(N, K)`, probabilities, or scores where
    `from_logits`; `label_smoothing`, the share of the targets that is spread evenly.
    Returns: `(N,)`. Raises: LabelError where the targets have another form.
    """
    return each(BinaryCrossentropy(from_logits, label_smoothing), y_true, y_pred)


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """Mean squared error for each sample.

    Arguments: `y_true`, `y_pred`, both `(N, …)`; nothing is broadcast.
    Returns: `(N,)`. Raises: LabelError where the shapes differ.
    """
    return each(MeanSquaredError(), y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    """Mean absolute error for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(MeanAbsoluteError(), y_true, y_pred)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Array:
    """Mean absolute percentage error for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(MeanAbsolutePercentageError(), y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Array:
    """Mean squared logarithmic error for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(MeanSquaredLogarithmicError(), y_true, y_pred)


def log_cosh(y_true: Any, y_pred: Any) -> Array:
    """Mean logarithm of the hyperbolic cosine of the error for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(LogCosh(), y_true, y_pred)


def poisson(y_true: Any, y_pred: Any) -> Array:
    """Poisson's loss for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(Poisson(), y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any) -> Array:
    """Minus the cosine of the angle between target and prediction, for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(CosineSimilarity(), y_true, y_pred)


def hinge(y_true: Any, y_pred: Any) -> Array:
    """Hinge loss for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(Hinge(), y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> Array:
    """Squared hinge loss for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(SquaredHinge(), y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> Array:
    """Categorical hinge loss for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(CategoricalHinge(), y_true, y_pred)


def kl_divergence(y_true: Any, y_pred: Any) -> Array:
    """Kullback and Leibler's divergence, in nats, for each sample, `(N,)`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(KLDivergence(), y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Array:
    """Huber's loss for each sample, `(N,)`, straight beyond errors of `delta`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(Huber(delta), y_true, y_pred)


def binary_focal_crossentropy(y_true: Any, y_pred: Any, **settings: Any) -> Array:
    """Binary focal cross-entropy for each sample, `(N,)`; `settings` are those of `BinaryFocalCrossentropy`.

    Arguments: `y_true`, `y_pred`, both `(N, …)`. Raises: LabelError.
    """
    return each(BinaryFocalCrossentropy(**settings), y_true, y_pred)


def categorical_focal_crossentropy(y_true: Any, y_pred: Any, **settings: Any) -> Array:
    """Categorical focal cross-entropy for each sample, `(N,)`; `settings` as of `CategoricalFocalCrossentropy`.

    Arguments: `y_true`, `y_pred`, both `(N, …, K)`. Raises: LabelError.
    """
    return each(CategoricalFocalCrossentropy(**settings), y_true, y_pred)


FUNCTIONS: dict[Callable[..., Array], type[Loss]] = {
    binary_crossentropy: BinaryCrossentropy,
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    categorical_hinge: CategoricalHinge,
    cosine_similarity: CosineSimilarity,
    hinge: Hinge,
    huber: Huber,
    kl_divergence: KLDivergence,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_error: MeanSquaredError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    poisson: Poisson,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    squared_hinge: SquaredHinge,
}
CLASSES: dict[str, type[Loss]] = {kind.__name__: kind for kind in FUNCTIONS.values()}
NAMES: dict[str, type[Loss]] = {kind.name: kind for kind in CLASSES.values()}
SHORT: dict[str, type[Loss]] = {
    **dict.fromkeys(("mse", "MSE"), MeanSquaredError),
    **dict.fromkeys(("mae", "MAE"), MeanAbsoluteError),
    **dict.fromkeys(("mape", "MAPE"), MeanAbsolutePercentageError),
    **dict.fromkeys(("msle", "MSLE"), MeanSquaredLogarithmicError),
    **dict.fromkeys(("kld", "KLD", "kullback_leibler_divergence"), KLDivergence),
    **dict.fromkeys(("logcosh",), LogCosh),
    **dict.fromkeys(("cosine", "cosine_proximity"), CosineSimilarity),
}
"""Further names that Keras has had for losses."""


def get(identifier: object) -> Loss:
    """The loss for a name (`"mse"`, `"CategoricalCrossentropy"`), a saved form, one of this module's functions or
    classes, or a loss as it is.

    Arguments: `identifier`, any of these; or a function `(y_true, y_pred)` of your own, written in `konv.ops`, or a
    `Loss` of your own with such a `call`.
    Raises: UnknownNameError, with the nearest names; ConfigurationError for anything else.
    """
    if isinstance(identifier, Loss):
        own = type(identifier).call is not Loss.call and not isinstance(identifier, OwnLoss)
        return OwnLoss(function=identifier.call) if own else identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return get(identifier())
    if isinstance(identifier, str):
        kind = NAMES.get(identifier) or SHORT.get(identifier) or CLASSES.get(identifier)
        if kind is None:
            raise unknown("loss", identifier, NAMES)
        return kind()
    if callable(identifier) and identifier in FUNCTIONS:
        return FUNCTIONS[identifier]()
    if callable(identifier):
        return OwnLoss(function=identifier)
    raise ConfigurationError(text("custom_loss", received=identifier))


def serialize(loss: Loss) -> dict[str, Any]:
    """The form in which a file keeps `loss`; of one of your own the name, never code.

    Raises: ConfigurationError for a record that is none of konv's.
    """
    if isinstance(loss, OwnLoss):
        owner = getattr(loss.function, "__self__", None)
        thing = loss.function if owner is None else type(owner)
        return {"class_name": "OwnLoss", "config": {"function": name_of(thing) or thing.__name__}}
    if type(loss) is not CLASSES.get(type(loss).__name__):
        raise ConfigurationError(text("cannot_be_saved", received=loss))
    return {"class_name": type(loss).__name__, "config": asdict(loss)}


def deserialize(saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Loss:
    """The loss that `serialize` wrote as `saved`.

    Arguments: `custom_objects`, losses of your own by name. Raises: UnknownNameError for a class that is none;
    ConfigurationError for a loss of your own that is neither there nor registered.
    """
    name = saved["class_name"]
    if name == "OwnLoss":
        called = saved["config"]["function"]
        own = found(called, custom_objects)
        if own is None:
            raise ConfigurationError(text("own_loss_missing", loss=called))
        return get(own)
    if not isinstance(name, str) or name not in CLASSES:
        raise unknown("loss", name, CLASSES)
    return CLASSES[name](**saved["config"])
