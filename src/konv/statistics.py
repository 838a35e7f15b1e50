"""Mean, variance and covariance of data that come in batches, in bounded memory.

Batches are joined by the rule of Chan, Golub & LeVeque (*Updating formulae and a pairwise algorithm for computing
variances*, 1979), in float64: what was seen before is never looked at again, and large means cost no digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from konv.errors import ConfigurationError, DataError, ShapeError
from konv.messages import text
from konv.shapes import Shape, show

__all__ = ["Covariance", "Moments", "batches"]

Array = np.ndarray[Any, np.dtype[Any]]

AT_ONCE = 2**22
"""Numbers of an array that are looked at together: 32 MiB in float64."""
MOST_FEATURES = 9_000
"""Features whose covariance is computed: three matrices of this size, at 8 bytes a number, take 1.8 GiB."""


def batches(data: Any, owner: str, batch_size: int | None = None, steps: int | None = None) -> Iterator[Array]:
    """`data` as batches of float64, one after another.

    Arguments: `data`, an array `(N, …)`, or an iterable of batches: arrays, or tuples that begin with one; `owner`,
    whom messages name; `batch_size`, samples taken together of an array; `steps`, batches at most.
    Raises: DataError where there is none, one has no numbers, or one has a NaN or an infinity; ShapeError where shapes
    differ.
    """
    rows = data if isinstance(data, (list, tuple)) or hasattr(data, "__array__") else None
    source = _slices(np.asarray(rows), batch_size) if rows is not None else _each(data)
    shape: Shape | None = None
    number = 0
    for number, batch in enumerate(islice(source, steps), 1):
        first = batch[0] if isinstance(batch, (tuple, list)) else batch
        array = np.asarray(first)
        if array.dtype.kind not in "buif" or array.ndim < 1:
            raise DataError(text("adapt_no_numbers", layer=owner, batch=number, received=array.dtype))
        if shape is not None and array.shape[1:] != shape:
            received, expected = show(array.shape[1:]), show(shape)
            raise ShapeError(text("adapt_shapes", layer=owner, batch=number, received=received, expected=expected))
        shape = array.shape[1:]
        wide = array.astype(np.float64)
        if not np.isfinite(wide).all():
            raise DataError(text("adapt_not_finite", layer=owner, batch=number))
        if len(wide):
            yield wide
    if not number or shape is None:
        raise DataError(text("adapt_no_data", layer=owner))


def _slices(array: Array, size: int | None) -> Iterator[Array]:
    at_once = size or max(1, AT_ONCE // max(1, array[:1].size))
    return (array[start : start + at_once] for start in range(0, len(array) if array.ndim else 0, at_once))


def _each(data: Any) -> Iterator[Any]:
    """The batches of an iterable, or of a `Sequence`, which knows its end by its length alone."""
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        return (data[i] for i in range(len(data)))
    found: Iterator[Any] = iter(data)
    return found


class Moments:
    """Mean and variance of numbers that come in arrays, over `axes` of each."""

    def __init__(self, axes: tuple[int, ...]) -> None:
        self.axes = axes
        self.count = 0
        self.mean = self._squares = np.zeros(())

    def add(self, batch: Array) -> None:
        """Take in another array, float64."""
        count = int(np.prod([batch.shape[axis] for axis in self.axes], dtype=np.int64))
        mean = batch.mean(self.axes)
        squares = ((batch - np.expand_dims(mean, self.axes)) ** 2).sum(self.axes)
        total = self.count + count
        apart = mean - self.mean
        self._squares = self._squares + squares + apart**2 * (self.count * count / total)
        self.mean = self.mean + apart * (count / total)
        self.count = total

    @property
    def variance(self) -> Array:
        """The mean square of the distance from the mean."""
        return np.asarray(self._squares / max(1, self.count))


class Covariance:
    """Mean and covariance of rows of `features` numbers.

    Raises: ConfigurationError where the matrix would not fit into memory; `owner` is whom the message names.
    """

    def __init__(self, features: int, owner: str) -> None:
        self.check(features, owner)
        self.owner = owner
        self.count = 0
        self.mean = np.zeros(features)
        self._products = np.zeros((features, features))

    @staticmethod
    def check(features: int, owner: str) -> None:
        """Raises: ConfigurationError where a covariance of `features` would not fit into memory."""
        if features > MOST_FEATURES:
            size = f"{8 * features**2 / 2**30:,.1f} GiB"
            raise ConfigurationError(
                text("covariance_too_large", layer=owner, features=features, size=size, most=MOST_FEATURES)
            )

    def add(self, rows: Array) -> None:
        """Take in more rows, float64 `(n, features)`."""
        mean = rows.mean(0)
        off = rows - mean
        total = self.count + len(rows)
        apart = mean - self.mean
        self._products += off.T @ off
        self._products += np.outer(apart, apart * (self.count * len(rows) / total))
        self.mean += apart * (len(rows) / total)
        self.count = total

    def matrix(self, about: Array | None = None) -> Array:
        """The covariance `(features, features)`; with `about`, `(features,)`, the mean product of distances from that.

        Raises: DataError where there were fewer than two rows.
        """
        if self.count < 2:
            raise DataError(text("covariance_of_one", layer=self.owner))
        found: Array = self._products / self.count
        if about is not None:
            apart = self.mean - about
            found += np.outer(apart, apart)
        return found
