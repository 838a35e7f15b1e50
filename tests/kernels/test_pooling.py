"""Pooling kernels on small integers: exact, but for the one rounding of 1/m in means."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from konv.kernels.code.processor import current
from konv.kernels.code.target import Target
from konv.kernels.maps.pooling import Pool, PoolGradient
from konv.kernels.products.taps import Taps
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array, Run
from tests.kernels.helpers import run, same_bits, stretch, unset, wide


class Case(NamedTuple):
    """A pooling and its arrays, all of small integers (many of them equal)."""

    op: MaxPool2D | AveragePool2D
    x: Array
    y: Array
    dy: Array
    axes: tuple[Taps, Taps]
    rng: np.random.Generator

    @property
    def window(self) -> tuple[str, Taps, Taps, int, str]:
        """The fields of a kernel spec."""
        return str(self.x.dtype), *self.axes, self.x.shape[3], self.op.how


def case(seed: int, kind: type[MaxPool2D] | type[AveragePool2D], even: bool = False) -> Case:
    """Any window, stride and padding, overlapping too; often windows side by side; from 1 to 70 channels.

    `even`: every window has 1, 2, 4, 8 or 16 elements, so that their shares are exact.
    """
    rng = np.random.default_rng(seed)
    dtype = str(rng.choice(["float32", "float64"]))
    pool = tuple(map(int, rng.choice([1, 2, 4] if even else [1, 2, 3, 4], 2)))
    pool = (5, 4) if seed % 7 == 5 and not even else pool  # large windows are gone through in another way
    strides = pool if seed % 3 == 0 else tuple(map(int, rng.integers(1, 4, 2)))
    around = tuple((int(rng.integers(p)), int(rng.integers(p))) for p in pool)
    padding = "valid" if even else ("valid", "same", around)[rng.integers(3)]
    op = kind(pool, strides, padding)
    height, width = (int(rng.integers(1, 4)) * p if seed % 3 == 0 else p + int(rng.integers(0, 9)) for p in pool)
    shape = (int(rng.integers(1, 4)), height, width, int(rng.integers(1, 71)))
    x = rng.integers(-3, 4, shape).astype(dtype)
    y = op.forward((x,), (), Run())
    dy = rng.integers(-4, 5, y.shape).astype(dtype)
    rows, columns = (Taps.forward(axis) for axis in op.window(shape[1:]))
    return Case(op, x, y, dy, (rows, columns), rng)


def pooled(c: Case) -> tuple[Array, slice]:
    """What the kernel makes of some of the rows, which are these; the others are left as they were."""
    y = unset(c.y.shape, str(c.x.dtype))
    begin, end = stretch(c.rng, len(c.x) * c.axes[0].positions)
    run(Pool(*c.window), c.x, y, begin=begin, end=end)
    rows = y.reshape(-1, *y.shape[2:])
    assert np.isnan(np.delete(rows, np.s_[begin:end], 0)).all()
    return rows[begin:end], slice(begin, end)


def noted(c: Case, parts: int = 1, target: Target | None = None) -> Array | None:
    """What the kernel notes of the largest; None where it cannot. The largest themselves are those it finds without."""
    spec = replace(Pool(*c.window), parts=parts)
    if c.op.how == "mean" or spec.far:
        return None
    y, notes = unset(c.y.shape, str(c.x.dtype)), np.zeros((len(c.x), spec.notes()), np.uint8)
    run(replace(spec, noting=True), c.x, y, notes, end=len(c.x) * spec.units(), writes=(1, 2), target=target)
    np.testing.assert_array_equal(y, c.y)
    return notes


def seen_by(c: Case, spec: PoolGradient, target: Target | None = None) -> tuple[tuple[Array, ...], PoolGradient]:
    """What the way back looks at, and the kernel that does: in two cases of three what was noted, where that can be."""
    notes = noted(c, spec.parts, target) if c.rng.integers(3) else None
    if notes is not None:
        return (notes,), replace(spec, noted=True)
    return (c.x, c.y) if c.op.how == "max" else (), spec


def gradient(c: Case, gate: bool = False) -> tuple[Array, slice]:
    """The gradient by some of the images, which are these; the others are left as they were."""
    dx = unset(c.x.shape, str(c.x.dtype))
    begin, end = stretch(c.rng, len(c.x))
    spec = PoolGradient(*c.window, gate)
    seen, spec = seen_by(c, spec)
    run(spec, *seen, c.dy, dx, begin=begin * spec.units(), end=end * spec.units())
    assert np.isnan(np.delete(dx, np.s_[begin:end], 0)).all()
    return dx[begin:end], slice(begin, end)


@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
def test_any_cut(seed: int, kind: type[MaxPool2D | AveragePool2D]) -> None:
    """Rows of windows, of parts of the channels or not, in any pieces: every element is made, once."""
    c = case(seed, kind)
    dtype, target = str(c.x.dtype), wide() if seed % 4 == 3 else current()
    parts = int(c.rng.integers(1, 4))
    y, dx = unset(c.y.shape, dtype), unset(c.x.shape, dtype)
    forward, back = replace(Pool(*c.window), parts=parts), replace(PoolGradient(*c.window, False), parts=parts)
    seen, back = seen_by(c, back, target)
    units = len(c.x) * forward.units()
    for begin, end in pairwise(sorted({0, units, *(int(v) for v in c.rng.integers(0, units + 1, 3))})):
        before = dx.copy()
        run(forward, c.x, y, begin=begin, end=end, target=target)
        run(back, *seen, c.dy, dx, begin=begin, end=end, target=target)
        same_bits(dx[~np.isnan(before)], before[~np.isnan(before)])
    whole = unset(c.x.shape, dtype)
    run(replace(back, parts=1), *seen, c.dy, whole, end=len(c.x) * c.axes[0].positions, target=target)
    np.testing.assert_array_equal(dx, whole)
    np.testing.assert_allclose(y, c.y, rtol=1e-6)


def test_largest(seed: int) -> None:
    c = case(seed, MaxPool2D)
    found, part = pooled(c)
    np.testing.assert_array_equal(found, c.y.reshape(-1, *c.y.shape[2:])[part])


def test_gradient_of_the_largest(seed: int) -> None:
    """The first of equals gets all; with `gate`, only where x is positive."""
    c = case(seed, MaxPool2D)
    gate = seed % 2 == 0
    found, part = gradient(c, gate)
    (expected,), _ = c.op.backward(c.dy, (c.x,), (), c.y, Run())
    np.testing.assert_array_equal(found, (np.where(c.x > 0, expected, 0) if gate else expected)[part])


def test_mean(seed: int) -> None:
    """The exact sum, times 1/m rounded: bit for bit."""
    c = case(seed, AveragePool2D)
    found, part = pooled(c)
    ones = np.pad(np.ones_like(c.x), ((0, 0), *((a.before, a.after) for a in c.op.window(c.x.shape[1:])), (0, 0)))
    valid = AveragePool2D(c.op.pool, c.op.strides)
    count = np.rint(valid.forward((ones,), (), Run()) * np.prod(c.op.pool)).astype(c.x.dtype)
    expected = np.rint(c.y * count) * (1 / count)
    assert expected.dtype == c.x.dtype
    np.testing.assert_array_equal(found, expected.reshape(-1, *c.y.shape[2:])[part])


def test_gradient_of_the_mean(seed: int) -> None:
    c = case(seed, AveragePool2D, even=True)
    found, part = gradient(c)
    (expected,), _ = c.op.backward(c.dy, (c.x,), (), c.y, Run())
    np.testing.assert_array_equal(found, expected[part])


def test_gradient_of_any_mean_within_its_bound(seed: int) -> None:
    """An element sums at most m shares: two roundings each (1/m, the product), and one an addition."""
    c = case(seed, AveragePool2D)
    found, part = gradient(c)
    (expected,), _ = c.op.backward(c.dy.astype("float64"), (c.x,), (), c.y, Run())
    (size,), _ = c.op.backward(abs(c.dy).astype("float64"), (c.x,), (), c.y, Run())
    bound = (np.prod(c.op.pool) + 2) * np.finfo(c.x.dtype).eps * size
    assert (abs(found - expected[part]) <= bound[part]).all()


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
def test_nans_and_infinities_pass_on(kind: type[MaxPool2D], padding: str) -> None:
    rng = np.random.default_rng(0)
    op = kind((3, 2), (2, 1), padding)
    x = rng.normal(size=(2, 6, 7, 19)).astype("float32")
    x[rng.random(x.shape) < 0.05] = np.nan
    x[rng.random(x.shape) < 0.05] = -np.inf
    x[rng.random(x.shape) < 0.05] = np.inf
    with np.errstate(invalid="ignore"):
        expected = op.forward((x,), (), Run())
    rows, columns = (Taps.forward(axis) for axis in op.window(x.shape[1:]))
    y = np.zeros_like(expected)
    run(Pool("float32", rows, columns, 19, op.how), x, y, end=2 * rows.positions)
    special = ~np.isfinite(expected)
    assert special.any()
    np.testing.assert_array_equal(y[special], expected[special])
    if op.how == "max":
        same_bits(y[~special], expected[~special])


def test_what_is_noted_of_nans_and_infinities() -> None:
    """A NaN hands nothing back, and of infinities the first does, as where x and y are compared."""
    rng = np.random.default_rng(1)
    op = MaxPool2D((3, 2), (2, 1), "same")
    x = rng.integers(-1, 2, (2, 6, 7, 19)).astype("float32")
    x[rng.random(x.shape) < 0.1] = np.nan
    x[rng.random(x.shape) < 0.6] = -np.inf
    rows, columns = (Taps.forward(axis) for axis in op.window(x.shape[1:]))
    y = op.forward((x,), (), Run())
    c = Case(op, x, y, rng.integers(1, 5, y.shape).astype("float32"), (rows, columns), rng)
    notes = noted(c)
    assert notes is not None
    for gate in (False, True):
        spec, found, expected = PoolGradient(*c.window, gate), unset(x.shape, "float32"), unset(x.shape, "float32")
        run(replace(spec, noted=True), notes, c.dy, found, end=2 * spec.units())
        run(spec, x, y, c.dy, expected, end=2 * spec.units())
        same_bits(found, expected)
    assert np.isnan(y).any()
    assert np.isneginf(y).any()
