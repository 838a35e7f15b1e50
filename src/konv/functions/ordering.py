"""Functions that put numbers in order.

Of symbolic tensors they compare every pair along the axis: n² comparisons for n elements. Indices have no gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from konv.functions.arrangement import expand_dims, index, moveaxis
from konv.functions.base import array, axis_of, is_symbolic, lead, tensor
from konv.functions.elementwise import add, equal, greater, less, multiply, where
from konv.functions.gathering import take_along_axis
from konv.functions.reduction import mean, sum as summed
from konv.graph import Tensor

__all__ = ["argsort", "in_top_k", "median", "sort", "top_k"]


def argsort(x: Any, axis: int = -1) -> Any:
    """Where along `axis` the smallest number of `x` is, the next, and so on; of equal ones the first comes first."""
    if not is_symbolic(x):
        return np.argsort(array(x), axis, kind="stable").astype("int32")
    moved, own = _last(x, axis)
    numbers = np.arange(moved.shape[-1], dtype="float32")
    return moveaxis(_picked(_ranks(moved), numbers, moved.shape[-1]), -1, own)


def sort(x: Any, axis: int = -1) -> Any:
    """`x` with its numbers along `axis` in rising order."""
    if not is_symbolic(x):
        return np.sort(array(x), axis, kind="stable")
    moved, own = _last(x, axis)
    return moveaxis(_picked(_ranks(moved), moved, moved.shape[-1]), -1, own)


def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Any, Any]:
    """The `k` largest numbers along the last axis, the largest first, and where they are; of equal ones the first.

    Arguments: `sorted`, taken for Keras's sake: they always are.
    """
    if not is_symbolic(x):
        order = np.argsort(-array(x), -1, kind="stable")[..., :k].astype("int32")
        return np.take_along_axis(array(x), order, -1), order
    x = tensor(x)
    ranks = _ranks(x, falling=True)
    return _picked(ranks, x, k), _picked(ranks, np.arange(x.shape[-1], dtype="float32"), k)


def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Whether the class that each of `targets` names has one of the `k` largest of its row of `predictions`."""
    if not is_symbolic(targets, predictions):
        rows, labels = array(predictions), np.asarray(targets, np.int64)
        return np.asarray((rows > np.take_along_axis(rows, labels[..., None], -1)).sum(-1) < k)
    own = take_along_axis(predictions, expand_dims(targets, -1), -1)
    return less(summed(greater(predictions, own), -1), float(k))


def median(x: Any, axis: int, keepdims: bool = False) -> Any:
    """The number in the middle along `axis`, of an even count the mean of both."""
    if not is_symbolic(x):
        return np.asarray(np.median(array(x), axis, keepdims=keepdims))
    moved, own = _last(x, axis)
    size = moved.shape[-1]
    ordered = sort(moved, -1)
    found = mean(index(ordered, (..., slice((size - 1) // 2, size // 2 + 1))), -1, keepdims=True)
    return moveaxis(found, -1, own) if keepdims else summed(found, -1)


def _last(x: Any, axis: int) -> tuple[Tensor, int]:
    """`x` with `axis` last, and where it was."""
    x = tensor(x)
    own = axis_of(axis, x) + lead(x)
    return moveaxis(x, own, -1), own


def _ranks(x: Tensor, falling: bool = False) -> Any:
    """For each number along the last axis, how many come before it."""
    mine, other = expand_dims(x, -1), expand_dims(x, -2)
    earlier = np.tril(np.ones((x.shape[-1],) * 2, "float32"), -1)
    before = greater(other, mine) if falling else less(other, mine)
    return summed(add(before, multiply(equal(other, mine), earlier)), -1)


def _picked(ranks: Any, values: Any, count: int) -> Any:
    """Of `values` along the last axis those with the ranks 0 … `count` − 1, in this order."""
    here = equal(expand_dims(ranks, -1), np.arange(count, dtype="float32"))
    return summed(where(here, values[..., None], 0.0), -2)
