"""Activations and what is near to them, as functions: curves, softmax, cross-entropies, normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast as cast_to

import numpy as np

from konv import config
from konv.functions.arrangement import split, transpose
from konv.functions.base import applied, array, axis_of, is_symbolic, lead, tensor
from konv.functions.elementwise import (
    absolute,
    add,
    clip,
    divide,
    exp,
    greater,
    log,
    maximum,
    multiply,
    negative,
    rsqrt,
    sigmoid,
    softplus,
    sqrt,
    square,
    stop_gradient,
    subtract,
    tanh,
    where,
)
from konv.functions.gathering import one_hot
from konv.functions.reduction import max as largest, mean as averaged, moments, norm, sum as summed
from konv.ops.activation import Softmax
from konv.ops.curves import ELU, GELU, ClippedReLU, HardSigmoid, HardSiLU, SiLU, Softsign
from konv.ops.record import Op, Run

__all__ = [
    "batch_normalization", "binary_crossentropy", "categorical_crossentropy", "celu", "elu", "gelu", "glu",
    "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "layer_normalization", "leaky_relu",
    "log_sigmoid", "log_softmax", "mish", "normalize", "relu6", "rms_normalization", "selu", "silu", "soft_shrink",
    "softmax", "softsign", "sparse_categorical_crossentropy", "squareplus", "swish", "tanh_shrink", "threshold",
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


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, `alpha` · (e^(x / alpha) − 1) below: the slope does not jump at 0."""
    return multiply(elu(divide(x, alpha)), alpha)


def glu(x: Any, axis: int = -1) -> Any:
    """The first half of `x` along `axis` times the sigmoid of the second. Raises: ShapeError for an odd number."""
    values, gate = split(x, 2, axis)
    return multiply(values, sigmoid(gate))


def threshold(x: Any, threshold: float, default_value: float = 0.0) -> Any:
    """x above `threshold`, `default_value` elsewhere."""
    return where(greater(x, threshold), x, default_value)


def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x where |x| is above `threshold`, 0 elsewhere."""
    return where(greater(absolute(x), threshold), x, 0.0)


def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x moved towards 0 by `threshold`, and 0 where it would cross it."""
    return subtract(x, clip(x, -threshold, threshold))


def tanh_shrink(x: Any) -> Any:
    """x − tanh(x)."""
    return subtract(x, tanh(x))


def squareplus(x: Any, b: float = 4.0) -> Any:
    """(x + √(x² + b)) / 2."""
    return multiply(add(x, sqrt(add(square(x), b))), 0.5)


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


def softmax(x: Any, axis: int | Sequence[int] = -1) -> Any:
    """e^x divided by its sum along `axis`, or over several axes together."""
    if isinstance(axis, (list, tuple)) and len(axis) > 1:
        return exp(log_softmax(x, axis))
    axis = axis[0] if isinstance(axis, (list, tuple)) else cast_to("int", axis)
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


def log_softmax(x: Any, axis: int | Sequence[int] = -1) -> Any:
    """The logarithm of `softmax` along `axis`, without rounding it first."""
    below = subtract(x, stop_gradient(largest(x, axis, keepdims=True)))  # so that nothing is rounded away
    return subtract(below, log(summed(exp(below), axis, keepdims=True)))


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


def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: int | Sequence[int] = -1, epsilon: float | None = None
) -> Any:
    """`x` with mean 0 and variance 1 over `axis`, times `gamma`, plus `beta`.

    Arguments: `epsilon`, added to the variance, by default 1e-7.
    """
    mean, variance = moments(x, axis, keepdims=True)
    return batch_normalization(x, mean, variance, -1, beta, gamma, config.epsilon() if epsilon is None else epsilon)


def rms_normalization(x: Any, scale: Any = 1, axis: int | Sequence[int] = -1, epsilon: float = 1e-6) -> Any:
    """`x` divided by the root of its mean square over `axis`, times `scale`; `epsilon` is added to the mean square."""
    return multiply(multiply(x, rsqrt(add(averaged(square(x), axis, keepdims=True), epsilon))), scale)


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
