"""Arithmetic under TensorFlow's names, for `Lambda`s, layers, losses and training loops of a script's own."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from konv import activations, functions as ops, metrics
from konv.compat.backend import l2_normalize, ones, ones_like, reshape, shape, zeros, zeros_like
from konv.compat.state import State as Variable
from konv.compat.windows import average_pool, conv2d, lrn, max_pool
from konv.functions import (
    abs,
    add,
    cast,
    ceil,
    concatenate,
    cos,
    divide,
    divide_no_nan,
    equal,
    exp,
    expand_dims,
    floor,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    multiply,
    not_equal,
    pad,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
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
    "Variable",
    "abs",
    "add",
    "add_n",
    "argmax",
    "argmin",
    "bool",
    "cast",
    "ceil",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "concat",
    "confusion_matrix",
    "constant",
    "convert_to_tensor",
    "cos",
    "divide",
    "divide_no_nan",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "fill",
    "float32",
    "float64",
    "floor",
    "gather",
    "greater",
    "greater_equal",
    "identity",
    "int32",
    "int64",
    "l2_normalize",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "matmul",
    "maximum",
    "minimum",
    "multiply",
    "newaxis",
    "nn",
    "norm",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "pow",
    "range",
    "rank",
    "reduce_all",
    "reduce_any",
    "reduce_logsumexp",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_std",
    "reduce_sum",
    "reduce_variance",
    "reshape",
    "reverse",
    "round",
    "rsqrt",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "size",
    "softplus",
    "split",
    "sqrt",
    "square",
    "squared_difference",
    "squeeze",
    "stack",
    "stop_gradient",
    "string",
    "subtract",
    "tanh",
    "tile",
    "transpose",
    "uint8",
    "unstack",
    "where",
    "zeros",
    "zeros_like",
]

bool, float32, float64, int32, int64, uint8 = "bool", "float32", "float64", "int32", "int64", "uint8"
string = "str"
newaxis = None
pow, log, softplus, log1p, expm1 = ops.power, ops.log, ops.softplus, ops.log1p, ops.expm1
clip_by_value = ops.clip


def matmul(a: Any, b: Any, transpose_a: Any = False, transpose_b: Any = False, **others: Any) -> Any:
    """The product of matrices; see `konv.ops.matmul`. Arguments: `a`, `b`, and whether each is to be transposed."""
    return ops.matmul(ops.swapaxes(a, -1, -2) if transpose_a else a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def argmax(input: Any, axis: int | None = 0, output_type: Any = "int64", **others: Any) -> Any:
    """The number of the largest along `axis`, by default the first. Arguments: `output_type`, of arrays their type."""
    found = ops.argmax(input, 0 if axis is None else axis)
    return found if ops.base.is_symbolic(found) else found.astype(output_type)


def argmin(input: Any, axis: int | None = 0, output_type: Any = "int64", **others: Any) -> Any:
    """The number of the smallest along `axis`, as of `argmax`."""
    found = ops.argmin(input, 0 if axis is None else axis)
    return found if ops.base.is_symbolic(found) else found.astype(output_type)


def clip_by_global_norm(t_list: Sequence[Any], clip_norm: float, **others: Any) -> tuple[list[Any], Any]:
    """The arrays of `t_list`, each as much smaller as makes their common length at most `clip_norm`; that length."""
    length = np.sqrt(sum(float(np.square(t, dtype="float64").sum()) for t in t_list if t is not None))
    share = clip_norm / max(length, clip_norm)
    return [None if t is None else np.asarray(t) * np.float32(share) for t in t_list], np.float32(length)


def clip_by_norm(t: Any, clip_norm: float, **others: Any) -> Any:
    """The array `t`, no longer than `clip_norm`."""
    return clip_by_global_norm([t], clip_norm)[0][0]


def confusion_matrix(labels: Any, predictions: Any, num_classes: int | None = None, **others: Any) -> Any:
    """How often each class of `labels` was taken for each of `predictions`; see `konv.metrics.confusion_matrix`."""
    return metrics.confusion_matrix(labels, predictions, num_classes)


def concat(values: Sequence[Any], axis: int = -1, name: str | None = None) -> Any:
    """`values` side by side along `axis`."""
    return concatenate(values, axis)


def constant(value: Any, dtype: str | None = None, shape: Sequence[int] | None = None, name: str | None = None) -> Any:
    """An array of `value`: whole numbers as int32, others as float32, text. Arguments: `dtype`; `shape`, to fill."""
    found = np.asarray(value, dtype)
    if dtype is None and not isinstance(value, np.ndarray):
        found = found.astype({"i": "int32", "f": "float32"}.get(found.dtype.kind, found.dtype))
    return found if shape is None else np.broadcast_to(found, tuple(int(n) for n in shape)).copy()


def convert_to_tensor(value: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """`value` itself where it is symbolic, else an array. Arguments: `dtype`."""
    return value if ops.base.is_symbolic(value) else constant(value, dtype)


def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = None) -> Any:
    """Whole numbers up to, and without, `limit`, from `start` (alone: from 0) in steps of `delta`."""
    return np.arange(*((start,) if limit is None else (start, limit, delta)), dtype=dtype)


def linspace(start: float, stop: float, num: int, **others: Any) -> Any:
    """`num` numbers from `start` to `stop`, evenly."""
    return np.linspace(start, stop, num, dtype="float32")


def fill(dims: Sequence[int], value: float, name: str | None = None) -> Any:
    """An array of `value`, of the shape `dims`."""
    return np.full(tuple(int(n) for n in dims), value, np.asarray(value).dtype.str.replace("f8", "f4"))


def eye(num_rows: int, **others: Any) -> Any:
    """The identity matrix."""
    return np.eye(num_rows, dtype="float32")


def gather(params: Any, indices: Any, axis: int = 0, **others: Any) -> Any:
    """The rows of `params` that `indices` name."""
    return ops.take(params, indices, axis)


def split(value: Any, num_or_size_splits: Any, axis: int = 0, **others: Any) -> Any:
    """`value` in parts along `axis`: so many alike, or of these sizes."""
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis)
    return ops.split(value, list(np.cumsum(num_or_size_splits)[:-1]), axis)


def unstack(value: Any, num: int | None = None, axis: int = 0, **others: Any) -> Any:
    """The parts of `value` along `axis`, one by one."""
    return ops.unstack(value, num, axis)


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """`tensor` turned round along `axis`."""
    for one in axis if isinstance(axis, (list, tuple)) else [axis]:
        tensor = ops.flip(tensor, one)
    return tensor


def add_n(inputs: Sequence[Any], name: str | None = None) -> Any:
    """The sum of `inputs`."""
    found: Any = inputs[0]
    for one in inputs[1:]:
        found = found + one
    return found


def norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The length of vectors; see `konv.ops.norm`."""
    return ops.norm(tensor, ord, axis, keepdims)


def size(input: Any, **others: Any) -> int:
    """How many numbers there are."""
    return int(np.size(input))


def rank(input: Any, name: str | None = None) -> int:
    """How many axes there are."""
    return int(ops.ndim(input))


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


def reduce_prod(input_tensor: Any, axis: Any = None, keepdims: Any = False, name: str | None = None) -> Any:
    """The product along `axis`; see `konv.ops.prod`. Arguments: `input_tensor`, `keepdims`."""
    return ops.prod(input_tensor, axis, keepdims)


def _l2_loss(t: Any) -> Any:
    """Half the sum of squares."""
    return reduce_sum(square(t)) / 2


def _dropout(x: Any, rate: float, noise_shape: Any = None, seed: Any = None, name: str | None = None) -> Any:
    """`x` with a share `rate` of the numbers set to 0 while training."""
    return ops.dropout(x, rate, noise_shape, seed)


def _bias_add(value: Any, bias: Any, **others: Any) -> Any:
    """`value` + `bias` along the last axis."""
    return value + bias


def _depth_to_space(input: Any, block_size: int, **others: Any) -> Any:
    """Channels as places: `(N, H, W, b²·C)` as `(N, b·H, b·W, C)` for b = `block_size`."""
    height, width, depth = (int(n or 0) for n in tuple(ops.shape(input))[-3:])
    cut = ops.reshape(input, (-1, height, width, block_size, block_size, depth // block_size**2))
    return ops.reshape(
        ops.transpose(cut, (0, 1, 3, 2, 4, 5)), (-1, height * block_size, width * block_size, depth // block_size**2)
    )


def _binary(labels: Any, logits: Any, name: str | None = None) -> Any:
    """The cross-entropy of yes-or-no `labels`, of each number."""
    return ops.binary_crossentropy(labels, logits, True)


def _categorical(labels: Any, logits: Any, axis: int = -1, name: str | None = None) -> Any:
    """The cross-entropy of one-hot `labels`."""
    return ops.categorical_crossentropy(labels, logits, True)


def _sparse(labels: Any, logits: Any, name: str | None = None) -> Any:
    """The cross-entropy of class numbers."""
    return ops.sparse_categorical_crossentropy(labels, logits, True)


nn = SimpleNamespace(
    relu=activations.relu, relu6=activations.relu6, leaky_relu=activations.leaky_relu, elu=activations.elu,
    selu=activations.selu, sigmoid=activations.sigmoid, softmax=activations.softmax, softplus=activations.softplus,
    softsign=activations.softsign, swish=activations.silu, silu=activations.silu, tanh=activations.tanh,
    gelu=activations.gelu, log_softmax=ops.log_softmax, l2_loss=_l2_loss, l2_normalize=l2_normalize,
    dropout=_dropout, conv2d=conv2d, max_pool2d=max_pool, max_pool=max_pool, avg_pool2d=average_pool,
    avg_pool=average_pool, bias_add=_bias_add, depth_to_space=_depth_to_space, moments=ops.moments,
    sigmoid_cross_entropy_with_logits=_binary, softmax_cross_entropy_with_logits=_categorical,
    sparse_softmax_cross_entropy_with_logits=_sparse, local_response_normalization=lrn, lrn=lrn,
)  # fmt: skip
"""`tf.nn`: activations, which layers take too, and norms."""
