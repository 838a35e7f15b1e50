"""Arithmetic under TensorFlow's names, for `Lambda`s, layers, losses and training loops of a script's own."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from konv import activations, functions as ops
from konv.compat.backend import constant, l2_normalize, ones, ones_like, reshape, shape, zeros, zeros_like
from konv.functions import (
    abs,
    add,
    argmax,
    argmin,
    cast,
    concatenate,
    divide,
    equal,
    exp,
    expand_dims,
    greater,
    greater_equal,
    less,
    less_equal,
    maximum,
    minimum,
    multiply,
    not_equal,
    pad,
    round,
    sigmoid,
    sign,
    sqrt,
    square,
    squeeze,
    stack,
    stop_gradient,
    subtract,
    tanh,
    tile,
    transpose,
    where,
)

__all__ = [
    "abs",
    "add",
    "argmax",
    "argmin",
    "bool",
    "cast",
    "clip_by_value",
    "concat",
    "constant",
    "convert_to_tensor",
    "divide",
    "equal",
    "exp",
    "expand_dims",
    "float32",
    "float64",
    "greater",
    "greater_equal",
    "identity",
    "int32",
    "int64",
    "less",
    "less_equal",
    "log",
    "matmul",
    "maximum",
    "minimum",
    "multiply",
    "newaxis",
    "nn",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "pow",
    "reduce_all",
    "reduce_any",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_std",
    "reduce_sum",
    "reduce_variance",
    "reshape",
    "round",
    "shape",
    "sigmoid",
    "sign",
    "softplus",
    "sqrt",
    "square",
    "squared_difference",
    "squeeze",
    "stack",
    "stop_gradient",
    "subtract",
    "tanh",
    "tile",
    "transpose",
    "uint8",
    "where",
    "zeros",
    "zeros_like",
]

bool, float32, float64, int32, int64, uint8 = "bool", "float32", "float64", "int32", "int64", "uint8"
newaxis = None
pow, log, softplus = ops.power, ops.log, ops.softplus
clip_by_value, matmul = ops.clip, ops.matmul


def concat(values: Sequence[Any], axis: int = -1, name: str | None = None) -> Any:
    """`values` side by side along `axis`."""
    return concatenate(values, axis)


def convert_to_tensor(value: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """`value` itself where it is symbolic, else an array. Arguments: `dtype`."""
    return value if ops.base.is_symbolic(value) else np.asarray(value, dtype)


def identity(input: Any, name: str | None = None) -> Any:
    """`input` as it is."""
    return input


def one_hot(indices: Any, depth: int, **others: Any) -> Any:
    """Rows of `depth` with a 1 at the place that each of `indices` names."""
    return ops.one_hot(indices, depth)


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """(x − y)²."""
    return square(subtract(x, y))


def reduce_sum(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The sum along `axis`; see `konv.ops.sum`. Arguments: `input_tensor`, `keepdims`."""
    return ops.sum(input_tensor, axis, keepdims)


def reduce_mean(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The mean along `axis`; see `konv.ops.mean`. Arguments: `input_tensor`, `keepdims`."""
    return ops.mean(input_tensor, axis, keepdims)


def reduce_max(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The largest number along `axis`; see `konv.ops.max`. Arguments: `input_tensor`, `keepdims`."""
    return ops.max(input_tensor, axis, keepdims)


def reduce_min(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The smallest number along `axis`; see `konv.ops.min`. Arguments: `input_tensor`, `keepdims`."""
    return ops.min(input_tensor, axis, keepdims)


def reduce_all(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """1 where no number along `axis` is 0; see `konv.ops.all`. Arguments: `input_tensor`, `keepdims`."""
    return ops.all(input_tensor, axis, keepdims)


def reduce_any(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """1 where a number along `axis` is not 0; see `konv.ops.any`. Arguments: `input_tensor`, `keepdims`."""
    return ops.any(input_tensor, axis, keepdims)


def reduce_logsumexp(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """ln Σ e^x along `axis`; see `konv.ops.logsumexp`. Arguments: `input_tensor`, `keepdims`."""
    return ops.logsumexp(input_tensor, axis, keepdims)


def reduce_std(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The standard deviation along `axis`; see `konv.ops.std`. Arguments: `input_tensor`, `keepdims`."""
    return ops.std(input_tensor, axis, keepdims)


def reduce_variance(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The variance along `axis`; see `konv.ops.var`. Arguments: `input_tensor`, `keepdims`."""
    return ops.var(input_tensor, axis, keepdims)


def _l2_loss(t: Any) -> Any:
    """Half the sum of squares."""
    return reduce_sum(square(t)) / 2


nn = SimpleNamespace(
    relu=activations.relu, relu6=activations.relu6, leaky_relu=activations.leaky_relu, elu=activations.elu,
    selu=activations.selu, sigmoid=activations.sigmoid, softmax=activations.softmax, softplus=activations.softplus,
    softsign=activations.softsign, swish=activations.silu, silu=activations.silu, tanh=activations.tanh,
    gelu=activations.gelu, log_softmax=ops.log_softmax, l2_loss=_l2_loss, l2_normalize=l2_normalize,
)  # fmt: skip
"""`tf.nn`: activations, which layers take too, and norms."""
