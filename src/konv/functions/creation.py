"""Functions that make arrays, or tensors like others; and what there is to know of a tensor's shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from konv import config
from konv.errors import GraphError
from konv.functions.base import applied, is_symbolic, lead, tensor
from konv.functions.elementwise import cast
from konv.graph import Tensor, Variable
from konv.messages import text
from konv.ops.elementwise import Elementwise
from konv.ops.record import Array

__all__ = [
    "arange", "convert_to_numpy", "convert_to_tensor", "eye", "full", "full_like", "is_tensor", "linspace", "ndim",
    "ones", "ones_like", "shape", "size", "zeros", "zeros_like",
]  # fmt: skip


def shape(x: Any) -> tuple[int | None, ...]:
    """The shape of `x`; of a symbolic tensor with None for the batch axis."""
    if not isinstance(x, Tensor):
        return tuple(x.shape) if isinstance(x, Variable) else np.shape(x)
    return (None,) * lead(x) + x.shape


def ndim(x: Any) -> int:
    """How many axes `x` has, the batch axis counted."""
    return len(shape(x))


def size(x: Any) -> int | None:
    """How many numbers `x` has; None of a symbolic tensor, whose batch is not known."""
    found = shape(x)
    return None if None in found else int(np.prod([n or 0 for n in found]))


def is_tensor(x: Any) -> bool:
    """Whether `x` is a symbolic tensor, a weight or an array."""
    return isinstance(x, (Tensor, Variable, np.ndarray))


def convert_to_tensor(x: Any, dtype: Any = None) -> Any:
    """`x` as a symbolic tensor where it is one or a weight, else as an array. Arguments: `dtype`, its type."""
    if is_symbolic(x):
        return tensor(x) if dtype is None else cast(x, dtype)
    found = np.asarray(x, dtype)
    return found.astype(config.floatx()) if dtype is None and found.dtype == np.float64 else found


def convert_to_numpy(x: Any) -> Array:
    """`x` as an array; of a weight a copy of its value. Raises: GraphError for a symbolic tensor, which has none."""
    if isinstance(x, Tensor):
        raise GraphError(text("no_value", layer=x.node.layer))
    return x.value.copy() if isinstance(x, Variable) else np.asarray(x)


def full_like(x: Any, fill_value: float, dtype: Any = None) -> Any:
    """`fill_value` everywhere, in the shape of `x`. Arguments: `dtype`, of arrays their type."""
    if not is_symbolic(x):
        return np.full_like(np.asarray(x), fill_value, dtype=dtype)
    return applied(Elementwise("where", (0.0, None, float(fill_value))), tensor(x))


def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Zeros in the shape of `x`. Arguments: `dtype`, of arrays their type."""
    return full_like(x, 0.0, dtype)


def ones_like(x: Any, dtype: Any = None) -> Any:
    """Ones in the shape of `x`. Arguments: `dtype`, of arrays their type."""
    return full_like(x, 1.0, dtype)


def full(shape: int | Sequence[int], fill_value: float, dtype: Any = None) -> Array:
    """An array of `shape` with `fill_value` everywhere, by default of `konv.config.floatx()`.

    Raises: GraphError for the shape of a symbolic tensor: there `full_like` helps.
    """
    if not isinstance(shape, int) and any(n is None for n in shape):
        raise GraphError(text("batch_unknown", received=tuple(shape)))
    return np.full(shape, fill_value, dtype or config.floatx())


def zeros(shape: int | Sequence[int], dtype: Any = None) -> Array:
    """An array of zeros of `shape`; see `full`."""
    return full(shape, 0.0, dtype)


def ones(shape: int | Sequence[int], dtype: Any = None) -> Array:
    """An array of ones of `shape`; see `full`."""
    return full(shape, 1.0, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Array:
    """An array of `N` rows and `M` columns with ones on the diagonal, `k` places to the right."""
    return np.eye(N, M, k, dtype or config.floatx())


def arange(start: float, stop: float | None = None, step: float = 1, dtype: Any = None) -> Array:
    """The numbers from `start` (0 where `stop` is left out) up to, not including, `stop`, in steps of `step`."""
    first, last = (0, start) if stop is None else (start, stop)
    found: Array = np.arange(first, last, step, dtype)  # type: ignore[call-overload,unused-ignore]
    return found.astype(config.floatx()) if dtype is None and found.dtype.kind == "f" else found


def linspace(start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: Any = None) -> Array:
    """`num` numbers evenly from `start` to `stop`, which is left out without `endpoint`."""
    return np.linspace(start, stop, num, endpoint).astype(dtype or config.floatx())
