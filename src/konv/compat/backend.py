"""`keras.backend` in its common part, on `konv.ops`: for `Lambda`s, layers and losses of a script's own, and metrics.

Every function takes symbolic tensors, of which it makes more network, and arrays, of which it computes. The batch axis
of a symbolic tensor is axis 0; its length is not known, so `shape(x)[0]` is None, which `reshape`, `random_normal` and
others take.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from konv import config, functions as ops
from konv.activations import elu, hard_sigmoid, softplus, softsign
from konv.compat.gradients import function, gradients
from konv.compat.settings import (
    backend,
    cast_to_floatx,
    get_uid,
    image_data_format,
    image_dim_ordering,
    learning_phase,
    set_epsilon,
    set_floatx,
    set_image_data_format,
    set_image_dim_ordering,
    set_learning_phase,
)
from konv.compat.state import State
from konv.errors import ConfigurationError, GraphError
from konv.functions import (
    abs,
    all,
    any,
    argmax,
    argmin,
    binary_crossentropy,
    cast,
    categorical_crossentropy,
    clip,
    concatenate,
    cos,
    cumprod,
    cumsum,
    equal,
    exp,
    expand_dims,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    logsumexp,
    max,
    maximum,
    mean,
    min,
    minimum,
    not_equal,
    permute_dimensions,
    prod,
    round,
    shape,
    sigmoid,
    sign,
    sin,
    softmax,
    sparse_categorical_crossentropy,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    stop_gradient,
    sum,
    tanh,
    tile,
    transpose,
    var,
)  # fmt: skip
from konv.functions.arrangement import row
from konv.functions.base import is_symbolic
from konv.graph import Tensor, Variable
from konv.initializers import TruncatedNormal
from konv.messages import text
from konv.ops.record import Array
from konv.utils import clear_session

__all__ = [
    "abs", "all", "any", "argmax", "argmin", "backend", "batch_dot", "batch_flatten", "batch_get_value",
    "batch_set_value", "bias_add", "binary_crossentropy", "cast", "cast_to_floatx", "categorical_crossentropy",
    "clear_session", "clip", "concatenate", "constant", "conv2d", "cos", "count_params", "cumprod", "cumsum", "dot",
    "dropout", "dtype", "elu", "epsilon", "equal", "eval", "exp", "expand_dims", "eye", "flatten", "floatx",
    "function", "gather", "get_uid", "get_value", "gradients", "greater", "greater_equal", "hard_sigmoid",
    "image_data_format", "image_dim_ordering", "int_shape", "is_keras_tensor", "is_tensor", "l2_normalize",
    "learning_phase", "less", "less_equal", "log", "logsumexp", "max",
    "maximum", "mean", "min", "minimum", "ndim", "not_equal", "one_hot",
    "ones", "ones_like", "permute_dimensions", "pool2d", "pow", "prod", "random_bernoulli", "random_binomial",
    "random_normal", "random_normal_variable", "random_uniform", "random_uniform_variable", "relu", "repeat",
    "repeat_elements", "reshape", "round", "set_epsilon", "set_floatx", "set_image_data_format",
    "set_image_dim_ordering", "set_learning_phase", "set_value", "shape", "sigmoid", "sign", "sin", "slice",
    "softmax", "softplus", "softsign", "sparse_categorical_crossentropy", "sqrt", "square", "squeeze", "stack",
    "std", "stop_gradient", "sum", "switch", "tanh", "tile", "transpose", "truncated_normal", "update", "var",
    "variable", "zeros", "zeros_like",
]  # fmt: skip

floatx, epsilon = config.floatx, config.epsilon
pow = ops.power
one_hot = ops.one_hot


# Tensors and what is known of them


def is_keras_tensor(x: Any) -> bool:
    """Whether `x` is a symbolic tensor."""
    return isinstance(x, Tensor)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a symbolic tensor or an array."""
    return isinstance(x, (Tensor, Variable, np.ndarray))


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape of `x`, the batch axis of a symbolic tensor None."""
    return (None, *x.shape) if _batched(x) else tuple(x.shape)


def ndim(x: Any) -> int:
    """How many axes `x` has, the batch axis counted."""
    return len(int_shape(x)) if is_symbolic(x) else np.ndim(x)


def dtype(x: Any) -> str:
    """The type of `x`, by name."""
    return str(x.value.dtype if isinstance(x, Variable) else x.dtype)


def count_params(x: Any) -> int:
    """How many numbers the weight `x` holds."""
    return int(np.prod(x.shape))


def variable(value: Any, dtype: str | None = None, name: str | None = None, constraint: Any = None) -> State:
    """A weight that starts at `value`. Arguments: `dtype`, `name`."""
    return State(np.asarray(value, dtype or floatx()), name=name)


def constant(
    value: Any, dtype: str | None = None, shape: Sequence[int] | None = None, name: str | None = None
) -> Array:
    """An array of `value`. Arguments: `dtype`; `shape`, which it fills."""
    found = np.asarray(value, dtype or floatx())
    return found if shape is None else np.broadcast_to(found, shape).copy()


def zeros(shape: Sequence[int], dtype: str | None = None, name: str | None = None) -> Array:
    """Zeros of `shape`. Arguments: `dtype`."""
    return np.zeros(shape, dtype or floatx())


def ones(shape: Sequence[int], dtype: str | None = None, name: str | None = None) -> Array:
    """Ones of `shape`. Arguments: `dtype`."""
    return np.ones(shape, dtype or floatx())


def eye(size: int, dtype: str | None = None, name: str | None = None) -> Array:
    """The identity matrix of `size` rows. Arguments: `dtype`."""
    return np.eye(size, dtype=dtype or floatx())


def zeros_like(x: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """Zeros of the shape of `x`."""
    return ops.multiply(stop_gradient(x), 0.0) if is_symbolic(x) else np.zeros(np.shape(x), dtype or floatx())


def ones_like(x: Any, dtype: str | None = None, name: str | None = None) -> Any:
    """Ones of the shape of `x`."""
    return zeros_like(x, dtype) + 1


def get_value(x: Any) -> Any:
    """The value of a weight or array `x`. Raises: GraphError for a symbolic tensor."""
    if isinstance(x, Tensor):
        raise GraphError(text("script.symbolic_value", layer=x.node.layer))
    return x.value.copy() if isinstance(x, Variable) else x if np.ndim(x) == 0 else np.asarray(x)


eval = get_value


def set_value(x: Any, value: Any) -> None:
    """Give the weight `x` a new `value`; of an optimiser's learning rate use `optimizer.learning_rate = value`."""
    x.assign(np.asarray(value))


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """The values of several weights."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """Give each weight of (weight, value) pairs its value."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Any, new_x: Any) -> None:
    """Give the weight `x` the value `new_x`."""
    set_value(x, new_x)


# Arithmetic


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None) -> Any:
    """x where it is positive, else `alpha` · x; at most `max_value`."""
    found = ops.relu(x) if not alpha else ops.subtract(ops.relu(x), ops.multiply(ops.relu(ops.negative(x)), alpha))
    return found if max_value is None else minimum(found, max_value)


def l2_normalize(x: Any, axis: int | None = None) -> Any:
    """`x` divided by its Euclidean norm along `axis`; the square of the norm is taken for at least 1e-12.

    Arguments: `axis`, by default all of them, the batch's too, as in Keras.
    """
    return x / sqrt(maximum(sum(square(x), axis, keepdims=True), 1e-12))


def dot(x: Any, y: Any) -> Any:
    """The matrix product of `x` with `y`."""
    return ops.matmul(x, y)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """The products of each sample's `x` and `y`, summed along `axes`, one for each of the two.

    Raises: ConfigurationError for axes other than Keras's usual ones.
    """
    first, second = (axes, axes) if isinstance(axes, int) else axes or (ndim(x) - 1, ndim(y) - 2 if ndim(y) > 2 else 1)
    first, second = first % ndim(x), second % ndim(y)
    if ndim(x) == ndim(y) == 2 and first == second == 1:
        return sum(x * y, 1, keepdims=True)
    if ndim(x) == ndim(y) == 3 and first in (1, 2) and second in (1, 2):
        left = permute_dimensions(x, (0, 2, 1)) if first == 1 else x
        return ops.matmul(left, permute_dimensions(y, (0, 2, 1)) if second == 2 else y)
    known = "1, (2, 1), (1, 2), …"
    raise ConfigurationError(text("unknown_setting", name="batch_dot: axes", received=axes, known=known))


def bias_add(x: Any, bias: Any, data_format: Any = None) -> Any:
    """`x` + `bias` along the last axis."""
    return x + bias


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """`then_expression` where the `condition` is not 0, else `else_expression`; both may be functions."""
    chosen = [e() if callable(e) else e for e in (then_expression, else_expression)]
    return ops.where(condition, *chosen)


# Random numbers


def random_normal(
    shape: Sequence[Any], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Normal numbers of `mean` and `stddev`; see `konv.ops.random_normal`."""
    return ops.random_normal(_axes(shape), mean, stddev, dtype, seed)


def random_uniform(
    shape: Sequence[Any], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Numbers spread evenly from `minval` up to `maxval`; see `konv.ops.random_uniform`."""
    return ops.random_uniform(_axes(shape), minval, maxval, dtype, seed)


def random_bernoulli(shape: Sequence[Any], p: float = 0.0, dtype: str | None = None, seed: Any = None) -> Any:
    """1 with probability `p`, else 0."""
    return ops.cast(ops.less(random_uniform(shape, dtype=dtype, seed=seed), p), dtype or floatx())


random_binomial = random_bernoulli


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Array:
    """An array of normal numbers, those further than two standard deviations from the mean drawn again."""
    return TruncatedNormal(mean, stddev, seed)(shape, dtype)


def random_normal_variable(shape: Sequence[int], mean: float, scale: float, seed: Any = None) -> Variable:
    """A weight that starts at normal numbers of `mean` and standard deviation `scale`."""
    return variable(random_normal(shape, mean, scale, seed=seed))


def random_uniform_variable(shape: Sequence[int], low: float, high: float, seed: Any = None) -> Variable:
    """A weight that starts at numbers spread evenly from `low` up to `high`."""
    return variable(random_uniform(shape, low, high, seed=seed))


def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`x` with a share `level` of the numbers set to 0 while training; see `konv.ops.dropout`."""
    return ops.dropout(x, level, noise_shape, seed)


def _axes(shape: Any) -> tuple[int | None, ...]:
    return tuple(shape) if isinstance(shape, (tuple, list)) else tuple(int(n) for n in np.ravel(shape))


# Shapes


def reshape(x: Any, shape: Sequence[Any]) -> Any:
    """`x` in another `shape`, the batch axis first as −1 or as `shape(x)[0]`."""
    axes = list(shape)
    if None in axes and -1 in axes[1:] and is_symbolic(x):
        given = int(np.prod([n for n in axes if n not in (None, -1)]))
        axes = [int(np.prod(x.shape)) // given if n == -1 else n for n in axes]
    return ops.reshape(x, axes)


def flatten(x: Any) -> Any:
    """All numbers in one row; of a symbolic tensor each sample's, whose sums and means are those of the batch."""
    return row(x) if _batched(x) else ops.reshape(x, (-1,))


def batch_flatten(x: Any) -> Any:
    """All numbers of each sample in a row."""
    return ops.reshape(x, (-1, int(np.prod(x.shape if _batched(x) else np.shape(x)[1:]))))


def slice(x: Any, start: Sequence[int], size: Sequence[int]) -> Any:
    """The part of `x` that begins at `start` and has `size`, −1 for all that is left along an axis."""
    places = [builtins.slice(a, None if n == -1 else a + n) for a, n in zip(start, size, strict=True)]
    return x[tuple(builtins.slice(None) if i == 0 and is_symbolic(x) else p for i, p in enumerate(places))]


def repeat(x: Any, n: int) -> Any:
    """`(N, F)` as `(N, n, F)`: each row `n` times."""
    return ops.tile(expand_dims(x, 1), (1, n, 1))


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """`x` with each element repeated `rep` times along `axis`."""
    if not is_symbolic(x):
        return np.repeat(x, rep, axis)
    own = axis % ndim(x)
    wide = ops.tile(expand_dims(x, own + 1), [rep if a == own + 1 else 1 for a in range(ndim(x) + 1)])
    return ops.reshape(wide, [None if n is None else n * (rep if a == own else 1) for a, n in enumerate(int_shape(x))])


def gather(reference: Any, indices: Any) -> Any:
    """The rows of `reference` that the array `indices` names."""
    return ops.take(reference, indices, 0)


# Networks


def conv2d(
    x: Any,
    kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    """The convolution of images; see `konv.ops.conv`. Arguments as of that."""
    return ops.conv(x, kernel, strides, padding, dilation_rate)


def pool2d(
    x: Any,
    pool_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: Any = None,
    pool_mode: str = "max",
) -> Any:
    """The largest number or the mean (`pool_mode`) of each window of images; see `konv.ops.max_pool`."""
    return (ops.max_pool if pool_mode == "max" else ops.average_pool)(x, pool_size, strides, padding)


def _batched(x: Any) -> bool:
    return isinstance(x, Tensor) and not x.node.alike
