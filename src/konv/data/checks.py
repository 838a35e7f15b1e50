"""What a network is fed, checked before any of it is computed with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import numpy as np

from konv import config
from konv.errors import DataError, DataWarning, ShapeError, warn
from konv.messages import text
from konv.shapes import Shape, show

__all__ = ["check_inputs", "check_lengths"]

Array = np.ndarray[Any, np.dtype[Any]]


def check_inputs(
    x: object, shape: Shape, name: str = "x", dtype: str | None = None, scaled: Callable[[], bool] = lambda: True
) -> Array:
    """`x` as a network takes it: a contiguous array `(N, *shape)` of floats, every one of them finite.

    Arguments: `x`, anything NumPy makes an array of; `shape`, the network's input without the batch axis; `name`, what
    messages call it; `dtype`, the type of the result (default `konv.config.floatx()`). Not copied where it fits.
    Images from 0 to 255 are taken, with a DataWarning where the network expects them `scaled` (asked only then): they
    were probably meant to be divided by 255.
    Raises: ShapeError where the shape is another, with the fix where it is a well-known one (missing channel or batch
    axis, channels first); DataError where `x` is empty, has no numbers, or one of them is NaN or infinite (the first
    such sample is named).
    """
    array = _array(x, name)
    if array.shape[1:] != shape or array.ndim == 0:
        raise ShapeError(
            text("input_shape", name=name, received=show(array.shape), expected=show((None, *shape)))
            + _fix(array.shape, shape, name)
        )
    if not len(array):
        raise DataError(text("input_empty", name=name))
    if array.dtype.kind in "iu" and (array.dtype == np.uint8 or len(shape) == 3) and array.max() > 1 and scaled():
        warn(text("input_not_scaled", name=name, most=array.max()), DataWarning)
    kind = np.dtype(dtype or config.floatx())
    result = array
    if array.dtype != kind or not array.flags.c_contiguous:
        with np.errstate(over="ignore"):  # a number too large for the type becomes infinite, and is reported below
            result = np.ascontiguousarray(array, kind)
    if array.dtype.kind == "f" and array.size:
        flat = result.ravel()
        least, most = float(flat[flat.argmin()]), float(flat[flat.argmax()])  # in half the time of `min` and `max`
        if not (isfinite(least) and isfinite(most)):  # NaN is the least and the most where there is one
            raise _not_finite(result, name)
        # From 0 to far above 1, as pixels of files are; images of mean 0 have negative numbers.
        if len(shape) == 3 and 16 < most <= 255 and least >= 0 and scaled():
            warn(text("floats_not_scaled", name=name, most=most), DataWarning)
    return result


def check_lengths(arrays: Mapping[str, Array]) -> int:
    """The number of samples that all of `arrays` (by name) have. Raises: DataError where they differ."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise DataError(text("lengths_differ", received=", ".join(f"{name}: {n}" for name, n in lengths.items())))
    return next(iter(lengths.values()))


def _array(x: object, name: str) -> Array:
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise DataError(text("input_ragged", name=name)) from error
    if array.dtype.kind not in "buif":
        raise DataError(text("input_not_numbers", name=name, received=array.dtype))
    return array


def _fix(received: Shape, expected: Shape, name: str) -> str:
    """What to do about a shape that is wrong in a way people often meet; empty for any other; it continues a text."""
    if expected[-1:] == (1,) and received[1:] == expected[:-1]:
        return text("fix_channel_axis", name=name)
    if received == expected:
        return text("fix_batch_axis", name=name)
    if len(expected) == 3 and received[1:] == (expected[2], expected[0], expected[1]):
        return text("fix_channels_first", name=name)
    return ""


def _not_finite(array: Array, name: str) -> DataError:
    """The error for the first sample that is not finite."""
    index, sample = next((i, sample) for i, sample in enumerate(array) if not np.isfinite(sample).all())
    return DataError(text("input_not_finite", name=name, index=index, value=sample[~np.isfinite(sample)].flat[0]))
