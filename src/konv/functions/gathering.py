"""Functions that pick: elements by their numbers, known or computed, and parts of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from konv.errors import GraphError
from konv.functions.arrangement import concatenate, expand_dims, index, moveaxis, reshape, squeeze
from konv.functions.base import array, axis_of, is_symbolic, lead, tensor
from konv.functions.elementwise import equal, multiply, where
from konv.functions.networks import matmul
from konv.functions.reduction import sum as summed
from konv.graph import Variable
from konv.messages import text
from konv.ops.record import Array

__all__ = ["gather", "one_hot", "take", "take_along_axis", "tril", "triu"]


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None) -> Any:
    """Rows of `num_classes` with a 1 at the place that each number of `x` names, and 0 elsewhere; no gradient.

    Arguments: `axis`, where the new axis stands; `dtype`, of arrays their type.
    """
    places = np.arange(num_classes, dtype="float32")
    found = equal(expand_dims(x, -1), places)
    found = found if axis == -1 else moveaxis(found, -1, axis)
    return found if dtype is None or is_symbolic(x) else found.astype(dtype)


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The elements of `x` at `indices` along `axis` (None: of all in one row, of arrays).

    `indices` that are known may be one or a row; those of a symbolic tensor pick rows of a weight or an array along its
    first axis, as an embedding does.
    Raises: GraphError for computed indices into a symbolic tensor: `take_along_axis` picks from those.
    """
    if not is_symbolic(x, indices):
        return np.take(array(x), np.asarray(indices, np.int64), axis)
    if is_symbolic(indices):
        return _rows_of(x, indices, axis)
    x = tensor(x)
    if axis is None:
        raise GraphError(text("take_needs_axis"))
    own = axis_of(axis, x) + lead(x)
    size = x.shape[own - lead(x)]
    before = (slice(None),) * own
    parts = [index(x, (*before, slice(i, i + 1))) for i in (int(j) % size for j in np.ravel(indices))]
    found = parts[0] if len(parts) == 1 else concatenate(parts, own)
    return squeeze(found, own) if np.ndim(indices) == 0 else found


gather = take


def _rows_of(x: Any, indices: Any, axis: int | None) -> Any:
    """Rows of `x`, the same for every sample, that symbolic `indices` name."""
    table = x if isinstance(x, Variable) or not is_symbolic(x) else tensor(x)
    if axis not in (None, 0) or (is_symbolic(table) and not isinstance(table, Variable) and lead(table)):
        raise GraphError(text("take_computed"))
    shape = tuple(table.shape)
    picked = one_hot(indices, shape[0])
    if len(shape) == 1:
        return summed(multiply(picked, table), -1)
    flat = reshape(table, (shape[0], -1)) if len(shape) > 2 else table
    found = matmul(picked, flat)
    return found if len(shape) == 2 else reshape(found, (-1, *found.shape[:-1], *shape[1:]))


def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
    """For each place of `indices`, the element of `x` that it names along `axis`; all other axes are alike.

    Arguments: `indices`, of as many axes as `x`. They have no gradient.
    """
    if not is_symbolic(x, indices):
        return np.take_along_axis(array(x), np.asarray(indices, np.int64), axis)
    x, indices = tensor(x), tensor(indices)
    own = axis_of(axis, x) + lead(x)
    picked = one_hot(indices, x.shape[own - lead(x)])
    return summed(where(picked, expand_dims(moveaxis(x, own, -1), own), 0), -1)


def tril(x: Any, k: int = 0) -> Any:
    """The matrices along the last two axes of `x` with 0 above the diagonal, `k` places to the right."""
    return _triangle(x, lambda mask: np.tril(mask, k))


def triu(x: Any, k: int = 0) -> Any:
    """The matrices along the last two axes of `x` with 0 below the diagonal, `k` places to the right."""
    return _triangle(x, lambda mask: np.triu(mask, k))


def _triangle(x: Any, cut: Any) -> Any:
    mask: Array = cut(np.ones(tuple(x.shape)[-2:], "float32"))
    return where(mask, x, 0)
