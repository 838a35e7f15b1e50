"""Built-in losses of symbolic tensors: what losses of one's own are often made of."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

from konv import config, functions as ops
from konv.errors import GraphError
from konv.functions.total import Total
from konv.graph import Tensor
from konv.messages import text
from konv.ops import loss, margin, regression
from konv.ops.loss import SYMBOLIC, Loss

__all__ = ["each", "is_symbolic"]


def is_symbolic(prediction: Any) -> bool:
    """Whether a prediction belongs to a network."""
    return isinstance(prediction, Tensor)


def _last(x: Any) -> Any:
    return ops.mean(x, -1)


def _smooth(found: Any, t: Any, classes: int) -> Any:
    share = found.label_smoothing
    return t * (1 - share) + share / classes if share else t


def _categorical(found: loss.CategoricalCrossentropy, t: Any, p: Any) -> Any:
    return ops.categorical_crossentropy(_smooth(found, t, p.shape[-1]), p, found.from_logits)


def _binary(found: loss.BinaryCrossentropy, t: Any, p: Any) -> Any:
    return _last(ops.binary_crossentropy(_smooth(found, t, 2), p, found.from_logits))


def _huber(found: regression.Huber, t: Any, p: Any) -> Any:
    size = ops.absolute(p - t)
    near = ops.minimum(size, found.delta)
    return _last(near * near * 0.5 + found.delta * (size - near))


def _log_cosh(found: Loss, t: Any, p: Any) -> Any:
    size = ops.absolute(p - t)
    return _last(size + ops.softplus(size * -2.0) - log(2))


def _cosine(found: Loss, t: Any, p: Any) -> Any:
    return -ops.sum(ops.normalize(t) * ops.normalize(p), -1)


def _divergence(found: Loss, t: Any, p: Any) -> Any:
    least = config.epsilon()
    t, p = ops.clip(t, least, 1.0), ops.clip(p, least, 1.0)
    return ops.sum(t * ops.log(t / p), -1)


def _signed(t: Any) -> Any:
    """Targets 0 and 1 as −1 and 1; others as they are."""
    return ops.where(ops.equal(t, 0), -1.0, t)


FORMULAS: dict[type[Loss], Callable[..., Any]] = {
    loss.MeanSquaredError: lambda found, t, p: _last(ops.square(p - t)),
    loss.CategoricalCrossentropy: _categorical,
    loss.SparseCategoricalCrossentropy: lambda found, t, p: ops.sparse_categorical_crossentropy(
        t, p, found.from_logits
    ),
    loss.BinaryCrossentropy: _binary,
    regression.MeanAbsoluteError: lambda found, t, p: _last(ops.absolute(p - t)),
    regression.MeanAbsolutePercentageError: lambda found, t, p: (
        100.0 * _last(ops.absolute((t - p) / ops.maximum(ops.absolute(t), config.epsilon())))
    ),
    regression.MeanSquaredLogarithmicError: lambda found, t, p: _last(
        ops.square(ops.log1p(ops.maximum(p, config.epsilon())) - ops.log1p(ops.maximum(t, config.epsilon())))
    ),
    regression.LogCosh: _log_cosh,
    regression.Huber: _huber,
    regression.Poisson: lambda found, t, p: _last(p - t * ops.log(p + config.epsilon())),
    regression.CosineSimilarity: _cosine,
    margin.KLDivergence: _divergence,
    margin.Hinge: lambda found, t, p: _last(ops.relu(1.0 - _signed(t) * p)),
    margin.SquaredHinge: lambda found, t, p: _last(ops.square(ops.relu(1.0 - _signed(t) * p))),
}
"""The loss of each place, by the record's class."""


def each(found: Loss, target: Any, prediction: Any) -> Any:
    """The loss of each sample, or of each place of one, as a symbolic tensor.

    Raises: GraphError where there is none.
    """
    formula = FORMULAS.get(type(found))
    if formula is not None:
        return formula(found, target, prediction)
    if type(found).call is not Loss.call:
        return found.call(target, prediction)
    raise GraphError(text("loss_not_symbolic", loss=type(found).__name__))


def _mean(found: Loss, target: Any, prediction: Any, sample_weight: Any = None) -> Any:
    made = each(found, target, prediction)
    if sample_weight is not None:
        made = made * sample_weight
    return ops.mean(made) if isinstance(made, Tensor) else Total.of(made)


SYMBOLIC["mean"] = _mean
