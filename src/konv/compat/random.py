"""`keras.random`: random numbers as functions; `seed` may be an integer or a `SeedGenerator`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from konv import functions as ops, random
from konv.compat.backend import truncated_normal
from konv.ops.record import Array

__all__ = ["SeedGenerator", "dropout", "normal", "randint", "shuffle", "truncated_normal", "uniform"]


class SeedGenerator:
    """Seeds, one after the other, that follow from `seed`, by default a number of the process's own seed."""

    def __init__(self, seed: int | None = None, **others: Any) -> None:
        self._next = random.next_number() if seed is None else random.check_seed(seed)

    def next(self) -> int:
        """The next seed."""
        self._next += 1
        return self._next - 1


def _seed(seed: Any) -> int | None:
    return seed.next() if isinstance(seed, SeedGenerator) else seed


def normal(
    shape: Sequence[int | None], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Normal numbers; see `konv.ops.random_normal`."""
    return ops.random_normal(shape, mean, stddev, dtype, _seed(seed))


def uniform(
    shape: Sequence[int | None], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Numbers spread evenly; see `konv.ops.random_uniform`."""
    return ops.random_uniform(shape, minval, maxval, dtype, _seed(seed))


def randint(shape: Sequence[int], minval: int, maxval: int, dtype: str = "int32", seed: Any = None) -> Array:
    """An array of whole numbers from `minval` up to, and without, `maxval`."""
    return np.asarray(np.floor(uniform(shape, minval, maxval, "float64", seed)), dtype)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """`inputs` with a share `rate` of the numbers set to 0 while training; see `konv.ops.dropout`."""
    return ops.dropout(inputs, rate, noise_shape, _seed(seed))


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Array:
    """The array `x` in another order along `axis`."""
    key = _seed(seed)
    order = random.permutation(np.shape(x)[axis], random.next_number() if key is None else key)
    return np.take(x, order, axis)
