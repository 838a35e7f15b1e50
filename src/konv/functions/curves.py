"""Activations and what is near to them, as functions: curves, softmax, cross-entropies, normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from konv import config
from konv.functions.arrangement import transpose
from konv.functions.base import applied, array, axis_of, is_symbolic, lead, tensor
from konv.functions.elementwise import (
    add,
    clip,
    divide,
    log,
    maximum,
    multiply,
    negative,
    rsqrt,
    softplus,
    subtract,
    tanh,
)
from konv.functions.gathering import one_hot
from konv.functions.reduction import logsumexp, norm, sum as summed
from konv.ops.activation import Softmax
from konv.ops.curves import ELU, GELU, ClippedReLU, HardSigmoid, HardSiLU, SiLU, Softsign
from konv.ops.record import Op, Run

__all__ = [
    "batch_normalization", "binary_crossentropy", "categorical_crossentropy", "elu", "gelu", "hard_sigmoid",
    "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid", "log_softmax", "mish", "normalize", "relu6",
    "selu", "silu", "softmax", "softsign", "sparse_categorical_crossentropy", "swish",
]  # fmt: skip


def _curve(op: Op, x: Any) -> Any:
    return applied(op, tensor(x)) if is_symbolic(x) else op.forward((array(x),), (), Run())


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, `alpha` · (e^x − 1) below."""
    return _curve(ELU(float(alpha)), x)


def selu(x: Any) -> Any:
    """The exponential linear unit whose networks keep mean 0 and variance 1."""
    return _curve(ELU(1.6732632423543772, 1.0507009873554805), x)


def gelu(x: Any, approximate: bool = True) -> Any:
    """x times the share of a normal distribution below x; by tanh where `approximate`."""
    return _curve(GELU(bool(approximate)), x)


def silu(x: Any) -> Any:
    """x times its sigmoid."""
    return _curve(SiLU(), x)


swish = silu


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x above 0, `negative_slope` · x below."""
    return _curve(ClippedReLU(float(negative_slope)), x)


def relu6(x: Any) -> Any:
    """x kept within 0 and 6."""
    return _curve(ClippedReLU(most=6.0), x)


def hard_sigmoid(x: Any) -> Any:
    """x / 6 + ½ kept within 0 and 1."""
    return _curve(HardSigmoid(), x)


def hard_silu(x: Any) -> Any:
    """x times its hard sigmoid."""
    return _curve(HardSiLU(), x)


hard_swish = hard_silu


def hard_tanh(x: Any) -> Any:
    """x kept within −1 and 1."""
    return clip(x, -1.0, 1.0)


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return _curve(Softsign(), x)


def log_sigmoid(x: Any) -> Any:
    """The logarithm of the sigmoid, without rounding it first."""
    return negative(softplus(negative(x)))


def mish(x: Any) -> Any:
    """x · tanh(ln(1 + e^x))."""
    return multiply(x, tanh(softplus(x)))


def softmax(x: Any, axis: int = -1) -> Any:
    """e^x divided by its sum along `axis`."""
    if not is_symbolic(x):
        values = np.moveaxis(array(x), axis, -1)
        return np.moveaxis(Softmax().forward((values,), (), Run()), -1, axis)
    x = tensor(x)
    own, first = axis_of(axis, x), lead(x)
    if own == len(x.shape) - 1:
        return applied(Softmax(), x)
    order = list(range(len(x.shape) + first))
    order[own + first], order[-1] = order[-1], order[own + first]
    return transpose(applied(Softmax(), transpose(x, order)), order)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of `softmax` along `axis`, without rounding it first."""
    return subtract(x, logsumexp(x, axis, keepdims=True))


def normalize(x: Any, axis: int = -1, order: float = 2, epsilon: float | None = None) -> Any:
    """`x` divided by its length along `axis`, at least `epsilon` (1e-7). Arguments: `order`, as `ord` of `norm`."""
    least = config.epsilon() if epsilon is None else epsilon
    return divide(x, maximum(norm(x, order, axis, keepdims=True), least))


def batch_normalization(
    x: Any, mean: Any, variance: Any, axis: int = -1, offset: Any = None, scale: Any = None, epsilon: float = 1e-3
) -> Any:
    """(x − `mean`) / √(`variance` + `epsilon`) · `scale` + `offset`; the statistics are those of the last `axis`."""
    normal = multiply(subtract(x, mean), rsqrt(add(variance, epsilon)))
    scaled = normal if scale is None else multiply(normal, scale)
    return scaled if offset is None else add(scaled, offset)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """−Σ `target` · ln p along `axis`, one number for each row.

    Arguments: `output`, probabilities, made to sum to 1 and kept away from 0 and 1, or scores where `from_logits`.
    """
    return negative(summed(multiply(target, _logarithms(output, from_logits, axis)), axis))


def sparse_categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    """`categorical_crossentropy` of class numbers `target`, with an axis of one element or without."""
    labels = target[..., 0] if len(target.shape) == len(output.shape) else target
    return categorical_crossentropy(one_hot(labels, output.shape[-1]), output, from_logits, axis)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """−t · ln p − (1 − t) · ln(1 − p) of each number t of `target`.

    Arguments: `output`, probabilities, kept away from 0 and 1, or scores where `from_logits`.
    """
    if from_logits:
        return subtract(softplus(output), multiply(output, target))
    p = clip(output, config.epsilon(), 1 - config.epsilon())
    yes, no = multiply(target, log(p)), multiply(subtract(1, target), log(subtract(1, p)))
    return negative(add(yes, no))


def _logarithms(output: Any, from_logits: bool, axis: int) -> Any:
    if from_logits:
        return log_softmax(output, axis)
    p = divide(output, summed(output, axis, keepdims=True))
    return log(clip(p, config.epsilon(), 1 - config.epsilon()))
