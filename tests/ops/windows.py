"""Random window operations, and the same written as the plainest loops there are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from konv.ops.record import Array
from konv.shapes import Axis, Padding

sizes = st.tuples(st.integers(1, 7), st.integers(1, 7))
strides = st.tuples(st.integers(1, 3), st.integers(1, 3))
dilations = st.tuples(st.integers(1, 2), st.integers(1, 2))


def paddings(most: int) -> st.SearchStrategy[Padding]:
    side = st.integers(0, most)
    return st.one_of(st.sampled_from(["valid", "same"]), st.tuples(st.tuples(side, side), st.tuples(side, side)))


def places(window: tuple[Axis, ...]) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Every (i, j, u, v, row, column): output place, tap, and the input element there, those outside left out."""
    rows, columns = window
    for i, j, u, v in np.ndindex(rows.output, columns.output, rows.kernel, columns.kernel):
        row = i * rows.stride + u * rows.dilation - rows.before
        column = j * columns.stride + v * columns.dilation - columns.before
        if 0 <= row < rows.size and 0 <= column < columns.size:
            yield i, j, u, v, row, column


def integers(shape: tuple[int, ...], seed: int, dtype: str = "float64") -> Array:
    """Small integers: sums and products of them are exact in float32 and float64."""
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(dtype)
