"""Sums over samples: leaves in order, then the tree, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.code.spec import LEAVES
from konv.kernels.sums.tree import BLOCK, BiasGradient, Clear, Combine, Increase, blocks
from tests.kernels.helpers import frame, run, same_bits, stretch, tree, unset

SIZES = [1, 5, 16, 77, BLOCK, BLOCK + 1, 3 * BLOCK - 9]


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("size", SIZES)
def test_clear_one_leaf(size: int, dtype: str) -> None:
    partial = unset((3, size), dtype)
    run(Clear(dtype, size), partial, end=0, leaf=1)
    np.testing.assert_array_equal(partial[1], 0)
    assert np.isnan(partial[[0, 2]]).all()


@pytest.mark.parametrize("size", [1, 16, 33, 64, 70, 200])
def test_bias_gradient_adds_row_after_row(size: int, dtype: str) -> None:
    rng = np.random.default_rng(size)
    dy, partial = rng.normal(size=(23, size)).astype(dtype), rng.normal(size=(3, size)).astype(dtype)
    begin, end = stretch(rng, 23)
    expected = partial.copy()
    for row in dy[begin:end]:
        expected[2] += row
    run(BiasGradient(dtype, size), dy, partial, begin=begin, end=end, leaf=2)
    same_bits(partial, expected)


@pytest.mark.parametrize("size", SIZES)
def test_combine_is_a_tree_over_the_leaves(size: int, dtype: str) -> None:
    """Work units one by one from the last; leaves so different in size that any other order would show."""
    rng = np.random.default_rng(size)
    partial = (rng.normal(size=(LEAVES, size)) * 10.0 ** rng.integers(-4, 4, (LEAVES, 1))).astype(dtype)
    total, told = unset((size,), dtype), frame(LEAVES)
    for unit in reversed(range(blocks(size))):
        run(Combine(dtype, size), told, partial, total, begin=unit, end=unit + 1, writes=(0, 2))
        assert np.isnan(total[: unit * BLOCK]).all()
    same_bits(total, tree(list(partial)))
    np.testing.assert_array_equal(told, frame(LEAVES))


@pytest.mark.parametrize("size", SIZES)
def test_increase(size: int, dtype: str) -> None:
    rng = np.random.default_rng(size)
    part, total = rng.normal(size=size).astype(dtype), rng.normal(size=size).astype(dtype)
    expected = total.copy()
    first = blocks(size) // 2
    expected[first * BLOCK :] += part[first * BLOCK :]
    told = frame(1)
    run(Increase(dtype, size), told, part, total, begin=first, end=blocks(size), writes=(0, 2))
    same_bits(total, expected)
    np.testing.assert_array_equal(told, frame(1))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 12, 13, BLOCK - 1, BLOCK, BLOCK + 12])
def test_a_sum_that_is_not_finite_sets_the_flag(place: int, bad: float, dtype: str) -> None:
    partial, total = np.zeros((LEAVES, BLOCK + 13), dtype), np.zeros(BLOCK + 13, dtype)
    partial[3, place] = bad
    told = frame(5)
    run(Combine(dtype, BLOCK + 13), told, partial, total, end=2, writes=(0, 2))
    np.testing.assert_array_equal(told[:2], [5, 1])


def test_sums_that_overflow_set_the_flag(dtype: str) -> None:
    partial, total, told = np.zeros((LEAVES, 3), dtype), np.zeros(3, dtype), frame(5)
    partial[:2, 1] = np.finfo(dtype).max
    run(Combine(dtype, 3), told, partial, total, end=1, writes=(0, 2))
    np.testing.assert_array_equal(told[:2], [5, 1])
    told, largest = frame(5), np.full(3, np.finfo(dtype).max, dtype)
    run(Increase(dtype, 3), told, largest, largest.copy(), end=1, writes=(0, 2))
    np.testing.assert_array_equal(told[:2], [5, 1])
