"""Functions that make fewer numbers of many. `axis` counts the batch axis; None stands for all axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from konv.errors import GraphError
from konv.functions.arrangement import concatenate, index, pad
from konv.functions.base import applied, array, axis_of, is_symbolic, lead, tensor
from konv.functions.elementwise import (
    absolute,
    add,
    equal,
    exp,
    log,
    multiply,
    not_equal,
    sqrt as root,
    square,
    stop_gradient,
    subtract,
    where,
)
from konv.functions.total import Total
from konv.graph import Tensor
from konv.messages import text
from konv.ops.batch_sum import BatchSum
from konv.ops.reduction import Reduce
from konv.ops.views import Reshape

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "count_nonzero", "cumprod", "cumsum", "logsumexp", "max", "mean",
    "min", "moments", "norm", "prod", "std", "sum", "var",
]  # fmt: skip

Axis = int | Sequence[int] | None


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum along `axis`; of a symbolic tensor over all axes a `Total`, over the batch axis a tensor without one.

    Arguments: `keepdims`, whether the axes stay, of one element.
    """
    return _reduced("sum", x, axis, keepdims)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean along `axis`; see `sum`."""
    return _reduced("mean", x, axis, keepdims)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest number along `axis`; see `sum`. Equal largest ones share the gradient."""
    return _reduced("max", x, axis, keepdims)


def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest number along `axis`; see `sum`. Equal smallest ones share the gradient."""
    return _reduced("min", x, axis, keepdims)


def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The variance along `axis`: the mean squared distance from the mean; see `sum`."""
    return mean(square(subtract(x, mean(x, axis, keepdims=True))), axis, keepdims)


def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The standard deviation along `axis`, the root of `var`; see `sum`."""
    return root(var(x, axis, keepdims))


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """ln Σ e^x along `axis`, without overflow; see `sum`."""
    most = stop_gradient(max(x, axis, keepdims=True))
    total = add(log(sum(exp(subtract(x, most)), axis, keepdims=True)), most)
    return total if keepdims else sum(total, axis)


def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The product along `axis`, of a symbolic tensor one axis but the batch's; see `sum`. Right for zeros too.

    Raises: GraphError for several axes of a symbolic tensor.
    """
    if not is_symbolic(x):
        axes = tuple(axis) if isinstance(axis, Sequence) else axis
        return np.asarray(np.prod(array(x), axis=axes, keepdims=keepdims))
    x = tensor(x)
    if not isinstance(axis, int):
        raise GraphError(text("over_the_batch", function="prod", shape=(None, *x.shape)))
    place = axis_of(axis, x) + lead(x)
    while (count := x.shape[place - lead(x)]) > 1:
        half = count // 2
        rest = [_range(x, place, 2 * half, count)] if count % 2 else []
        x = multiply(_range(x, place, 0, half), _range(x, place, half, 2 * half))
        x = concatenate([x, *rest], place) if rest else x
    return x if keepdims else sum(x, place)


def cumsum(x: Any, axis: int = -1) -> Any:
    """The sums of all numbers so far along `axis`, of a symbolic tensor not the batch's."""
    return np.cumsum(array(x), axis) if not is_symbolic(x) else _so_far(tensor(x), axis, add, 0.0)


def cumprod(x: Any, axis: int = -1) -> Any:
    """The products of all numbers so far along `axis`, of a symbolic tensor not the batch's."""
    return np.cumprod(array(x), axis) if not is_symbolic(x) else _so_far(tensor(x), axis, multiply, 1.0)


def norm(x: Any, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The length of vectors along `axis`: the root of the sum of squares.

    Arguments: `ord`, 2 or "fro" or None for that; 1 for the sum of sizes, infinity for the largest size.
    Raises: GraphError for another.
    """
    if ord == 1:
        return sum(absolute(x), axis, keepdims)
    if ord == float("inf"):
        return max(absolute(x), axis, keepdims)
    if ord not in (None, 2, "fro", "euclidean"):
        raise GraphError(text("bad_norm", received=ord))
    return root(sum(square(x), axis, keepdims))


def moments(x: Any, axes: Axis, keepdims: bool = False) -> tuple[Any, Any]:
    """The mean and the variance along `axes`; see `sum`."""
    return mean(x, axes, keepdims), var(x, axes, keepdims)


def count_nonzero(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """How many numbers along `axis` are not 0; no gradient; see `sum`."""
    return sum(not_equal(x, 0), axis, keepdims)


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """1 where a number along `axis` is not 0, else 0; no gradient; see `sum`."""
    return max(not_equal(x, 0), axis, keepdims)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """1 where no number along `axis` is 0, else 0; no gradient; see `sum`."""
    return min(not_equal(x, 0), axis, keepdims)


def argmax(x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    """Where along `axis` the largest number is, the first of equal ones; a whole number, of the tensor's own type where
    it is symbolic. No gradient. Arguments: `keepdims`, whether the axis stays, of one element."""
    if not is_symbolic(x):
        return np.argmax(array(x), axis, keepdims=keepdims)
    return _place(tensor(x), max(x, axis, keepdims=True), axis, keepdims)


def argmin(x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    """Where along `axis` the smallest number is, the first of equal ones; see `argmax`."""
    if not is_symbolic(x):
        return np.argmin(array(x), axis, keepdims=keepdims)
    return _place(tensor(x), min(x, axis, keepdims=True), axis, keepdims)


def _range(x: Tensor, place: int, begin: int, end: int) -> Tensor:
    """The elements `begin … end` along the axis `place`, the batch axis counted."""
    return index(x, (*(slice(None),) * place, slice(begin, end)))


def _so_far(x: Tensor, axis: int, join: Callable[[Any, Any], Any], neutral: float) -> Any:
    """Everything up to each place along `axis` joined: with what is 1, 2, 4, … places before (Hillis & Steele, *Data
    parallel algorithms*, 1986)."""
    place, step = axis_of(axis, x) + lead(x), 1
    count = x.shape[place - lead(x)]
    while step < count:
        margins = [(step, 0) if a == place else (0, 0) for a in range(len(x.shape) + lead(x))]
        x = join(x, pad(_range(x, place, 0, count - step), margins, constant_values=neutral))
        step *= 2
    return x


amax, amin = max, min


def _place(x: Tensor, best: Tensor, axis: int, keepdims: bool) -> Any:
    own = axis_of(axis, x)
    size = x.shape[own]
    numbers = np.arange(size, dtype=x.dtype).reshape(-1, *(1,) * (len(x.shape) - own - 1))
    return min(where(equal(x, best), numbers, float(size)), axis, keepdims)


def _reduced(function: str, x: Any, axis: Axis, keepdims: bool) -> Any:
    if not is_symbolic(x):
        axes = tuple(axis) if isinstance(axis, Sequence) else axis
        return np.asarray(getattr(np, function)(array(x), axis=axes, keepdims=keepdims))
    if isinstance(x, Total) and not keepdims:
        return x
    x = tensor(x)
    first = lead(x)
    axes = len(x.shape) + first
    asked = range(axes) if axis is None or x.node.row else [axis] if not isinstance(axis, Sequence) else axis
    over_batch = [a for a in asked if first and a % axes == 0]
    own = tuple(sorted(axis_of(a, x) for a in asked if a not in over_batch))
    if over_batch:
        return _total(function, x, own, axes, keepdims)
    return applied(Reduce(function, own, keepdims), x) if own else x


def _total(function: str, x: Tensor, own: tuple[int, ...], axes: int, keepdims: bool) -> Any:
    """The sum or mean over the batch. Raises: GraphError for another function."""
    if function not in ("sum", "mean"):
        raise GraphError(text("over_the_batch", function=function, shape=(None, *x.shape)))
    each = applied(Reduce(function, own, keepdims), x) if own else x
    if len(own) == axes - 1 and not keepdims:
        return Total(((1.0, each, int(function == "mean")),))
    found = applied(BatchSum(function == "mean"), each)
    return applied(Reshape((1, *found.shape)), found) if keepdims else found
