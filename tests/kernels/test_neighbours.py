"""Kernels of local response normalisation, against the reference in float64 and a bound from the roundings made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from konv.kernels.code.processor import current, named
from konv.kernels.code.target import Target
from konv.kernels.maps.neighbours import NormaliseNeighbours, NormaliseNeighboursGradient
from konv.ops.neighbours import LocalResponseNormalization
from konv.ops.record import Array, Run
from tests.kernels.helpers import run, stretch, unset
from tests.kernels.test_targets import LEVELS, runs_here
from tests.ops.numerical import derivative


class Case(NamedTuple):
    """Rows of small numbers on a level of x86-64; with windows up to far beyond the channels."""

    x: Array
    dy: Array
    op: LocalResponseNormalization
    attributes: tuple[int, int, int, float, float, float]
    target: Target
    stretch: slice

    def bound(self, magnitude: Array) -> Array:
        """Of errors: each sum is rounded n times, an exponential's argument by what β·ln s has of units."""
        logs = self.op.beta * np.log(self.op.bias + self.op.slope * self.op.size * 16)
        roundings = 2 * self.op.size + 16 + 4 * abs(logs)
        return np.asarray(roundings * np.finfo(self.x.dtype).eps * magnitude)


def case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    levels = [level for level in LEVELS if runs_here(level)]
    target = named(levels[seed % len(levels)]) if levels else current()
    dtype = str(rng.choice(["float32", "float64"]))
    channels, size = int(rng.integers(1, rng.choice([20, 151]))), int(rng.choice([1, 2, 3, 4, 5, 5, 5, 40]))
    beta = float(rng.choice([0.75, 0.75, 0.5, 1.0, 0.6, 2.0]))
    alpha, bias, average = float(rng.choice([1e-4, 0.3, 4.0])), float(rng.choice([0.1, 1, 2])), bool(seed % 2)
    op = LocalResponseNormalization(size, alpha, beta, bias, average)
    shape = int(rng.integers(1, 30)), channels
    x, dy = (rng.integers(-4, 5, shape).astype(dtype) for _ in range(2))
    attributes = channels, *op.reach, op.slope, op.beta, op.bias
    return Case(x, dy, op, attributes, target, slice(*stretch(rng, len(x))))


def test_forward(seed: int) -> None:
    """Some of the rows, then in place."""
    c, dtype = (found := case(seed)), str(found.x.dtype)
    spec, y = NormaliseNeighbours(dtype, *c.attributes), unset(c.x.shape, dtype)
    begin, end = c.stretch.start, c.stretch.stop
    run(spec, c.x, y, begin=begin, end=end, target=c.target)
    expected = c.op.forward((c.x.astype("float64"),), (), Run())
    assert (abs(y - expected) <= c.bound(abs(expected)))[c.stretch].all()
    assert np.isnan(np.delete(y, c.stretch, 0)).all()
    x = c.x.copy()
    run(spec, x, x, begin=begin, end=end, target=c.target)
    np.testing.assert_array_equal(x[c.stretch], y[c.stretch])


def test_gradient(seed: int) -> None:
    """Some of the rows, through the ReLU that made x or not; then in the place of x and of dy."""
    c, dtype, gate = (found := case(seed)), str(found.x.dtype), seed % 3 == 0
    spec, dx = NormaliseNeighboursGradient(dtype, *c.attributes, gate), unset(c.x.shape, dtype)
    begin, end = c.stretch.start, c.stretch.stop
    run(spec, c.x, c.dy, dx, begin=begin, end=end, target=c.target)
    x, dy = (a.astype("float64") for a in (c.x, c.dy))
    expected = c.op.backward(dy, (x,), (), x, Run()).inputs[0]
    expected = np.where(x > 0, expected, 0) if gate else expected
    tiny = np.where(x == 0, 1e-30, x)
    direct = abs(dy) * c.op.forward((tiny,), (), Run()) / tiny
    difference = c.op.backward(abs(dy), (abs(x),), (), x, Run()).inputs[0]  # of `direct` and the sum of sizes
    assert (abs(dx - expected) <= c.bound(2 * direct - difference))[c.stretch].all()
    assert np.isnan(np.delete(dx, c.stretch, 0)).all()
    for place in (0, 1):
        arrays = [c.x.copy(), c.dy.copy()]
        run(spec, *arrays, arrays[place], begin=begin, end=end, target=c.target)
        np.testing.assert_array_equal(arrays[place][c.stretch], dx[c.stretch])


@pytest.mark.parametrize("beta", [0.75, 0.5, 1.0, 1.3])
@pytest.mark.parametrize("size", [4, 5])
def test_gradient_by_finite_differences(size: int, beta: float) -> None:
    """Of the compiled kernels themselves, in float64."""
    rng = np.random.default_rng(size)
    x, dy = rng.normal(size=(2, 11)), rng.normal(size=(2, 11))
    op = LocalResponseNormalization(size, 0.5, beta, 1.5)
    attributes = ("float64", 11, *op.reach, op.slope, beta, op.bias)
    y, dx = unset(x.shape, "float64"), unset(x.shape, "float64")

    def loss() -> float:
        run(NormaliseNeighbours(*attributes), x, y, end=2)
        return float((y * dy).sum())

    run(NormaliseNeighboursGradient(*attributes, False), x, dy, dx, end=2)
    np.testing.assert_allclose(dx, derivative(loss, x, 1e-5), rtol=1e-7, atol=1e-8)
