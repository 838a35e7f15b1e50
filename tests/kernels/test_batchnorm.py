"""Kernels of batch normalisation: exact on small integers where nothing is divided, else within a stated bound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from konv.kernels.code.processor import current, named
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.batchnorm import (
    ChannelScale,
    JoinGradientSums,
    Normalise,
    NormaliseGradient,
    NormaliseGradientSums,
)
from konv.kernels.maps.moments import ChannelMoments, Follow, JoinMoments
from konv.kernels.sums.tree import blocks
from konv.ops.record import Array
from tests.kernels.helpers import frame, leaves, run, stretch, unset
from tests.kernels.test_targets import LEVELS, runs_here


class Case(NamedTuple):
    """Samples of rows of channels, and what belongs to the channels, all small integers; on a level of x86-64."""

    x: Array
    dy: Array
    mean: Array
    factor: Array
    beta: Array
    rest: Array
    rng: np.random.Generator
    target: Target
    center: bool
    relu: bool
    most: float
    """The ReLU's ceiling."""
    streams: bool
    """Whether the kernels are those for arrays in memory."""

    @property
    def dtype(self) -> str:
        return str(self.x.dtype)

    @property
    def g(self) -> Array:
        """dy on its way back through the ReLU, where there is one."""
        y = (self.x - self.mean) * self.factor + self.beta * self.center
        return np.where((y > 0) & (y < self.most), self.dy, 0) if self.relu else self.dy

    @property
    def gated(self) -> list[Array]:
        return [self.factor, *[self.beta] * self.center] if self.relu else []


def case(seed: int) -> Case:
    """From 1 to 150 channels, some in many vectors; from one row a sample to several chunks of them."""
    rng = np.random.default_rng(seed)
    levels = [level for level in LEVELS if runs_here(level)]
    target = named(levels[seed % len(levels)]) if levels else current()
    dtype = str(rng.choice(["float32", "float64"]))
    channels = int(rng.integers(1, rng.choice([20, 151])))
    channels = -(-channels // 16) * 16 if rng.random() < 0.3 else channels  # of which rows are whole cache lines
    shape = (int(rng.integers(1, 20)), int(rng.choice([1, 3, 64, 65, 131])), channels)
    x, dy = (rng.integers(-4, 5, shape).astype(dtype) for _ in range(2))
    mean, factor, beta, *rest = (rng.integers(-3, 4, channels).astype(dtype) for _ in range(5))
    center, relu = (bool(v) for v in rng.integers(0, 2, 2))
    most, streams = float(rng.choice([2, np.inf])), bool(rng.integers(2))
    return Case(x, dy, mean, factor, beta, np.stack(rest), rng, target, center, relu, most, streams)


def moments(c: Case, x: Array, epsilon: float = 1e-3) -> tuple[Array, ...]:
    """Mean, variance, inverse and factor of x by the tree, each leaf in two calls."""
    n, places, channels = x.shape
    parts, told = unset((8, 2, channels), c.dtype), frame(n)
    spec: Spec = ChannelMoments(c.dtype, channels, places, streams=c.streams)
    for leaf, (begin, end) in enumerate(leaves(n)):
        for low, high in ((begin, (begin + end) // 2), ((begin + end) // 2, end)):
            run(spec, told, x, parts, begin=low * places, end=high * places, leaf=leaf, target=c.target)
    made = [unset((channels,), c.dtype) for _ in range(4)]
    spec = JoinMoments(c.dtype, channels, places, epsilon, True)
    run(spec, told, parts, c.factor, *made, end=1, writes=(3, 4, 5, 6), target=c.target)
    return tuple(made)


def test_moments(seed: int) -> None:
    """Mean and variance far from 0 keep as many digits as the numbers have about their mean: a chunk's numbers are
    taken about its first row, so errors are some roundings of squares of deviations, not of squares of numbers."""
    c = case(seed)
    x = (c.x * 0.5 + c.rng.normal(size=c.x.shape[2]) * 100).astype(c.dtype)
    mean, variance, inverse, factor = moments(c, x)
    exact = x.astype("longdouble")
    spread, eps = 25.0, float(np.finfo(c.dtype).eps)  # squares of deviations are at most 16
    np.testing.assert_allclose(mean, exact.mean((0, 1)), rtol=8 * eps, atol=8 * eps)
    np.testing.assert_allclose(variance, exact.var((0, 1)), rtol=0, atol=40 * spread * eps)
    np.testing.assert_allclose(inverse, 1 / np.sqrt(variance + 1e-3), rtol=4 * eps)
    np.testing.assert_allclose(factor, c.factor * inverse, rtol=2 * eps)


def test_moments_of_leaves_cut_finer_than_samples(seed: int) -> None:
    """Integers that differ by a few: the mean of any part of all rows, and so of all, is nearly exact."""
    c = case(seed)
    n, places, channels = c.x.shape
    parts, told, rows = unset((8, 2, channels), c.dtype), frame(n), n * places
    spec: Spec = ChannelMoments(c.dtype, channels, places, finer=True, streams=c.streams)
    for leaf, (begin, end) in enumerate(leaves(rows)):
        run(spec, told, c.x, parts, begin=begin, end=end, leaf=leaf, target=c.target)
    made = [unset((channels,), c.dtype) for _ in range(4)]
    spec = JoinMoments(c.dtype, channels, places, 1e-3, True, finer=True)
    run(spec, told, parts, c.factor, *made, end=1, writes=(3, 4, 5, 6), target=c.target)
    flat, eps = c.x.reshape(rows, channels).astype("float64"), np.finfo(c.dtype).eps
    np.testing.assert_allclose(made[0], flat.mean(0), atol=16 * eps * np.abs(flat).max())
    np.testing.assert_allclose(made[1], flat.var(0), atol=64 * eps * (flat - flat.mean(0)).max() ** 2)


def test_moments_do_not_depend_on_how_a_leaf_is_cut(seed: int) -> None:
    c = case(seed)
    x = c.x + c.rng.normal(size=c.x.shape).astype(c.dtype)
    n, places, channels = x.shape
    spec, whole, cut = ChannelMoments(c.dtype, channels, places), *(unset((8, 2, channels), c.dtype) for _ in range(2))
    run(spec, frame(8 * n), x, whole, begin=0, end=n * places, target=c.target)
    for i in range(n):
        run(spec, frame(8 * n), x, cut, begin=i * places, end=(i + 1) * places, target=c.target)
    np.testing.assert_array_equal(whole[0], cut[0])


def test_normalise(seed: int) -> None:
    """Some of the rows, whatever samples they belong to."""
    c = case(seed)
    rows = c.x.reshape(-1, c.x.shape[2])
    begin, end = stretch(c.rng, len(rows))
    y = unset(rows.shape, c.dtype)
    spec = Normalise(c.dtype, rows.shape[1], c.center, c.relu, c.most, streams=c.streams)
    run(spec, rows, c.mean, c.factor, *[c.beta] * c.center, y, begin=begin, end=end, target=c.target)
    expected = (rows - c.mean) * c.factor + c.beta * c.center
    expected = np.clip(expected, 0, c.most) if c.relu else expected
    np.testing.assert_array_equal(y[begin:end], expected[begin:end])
    assert np.isnan(np.delete(y, np.s_[begin:end], 0)).all()


def test_gradient_sums(seed: int) -> None:
    """Some of the rows, added to one of the leaves."""
    c = case(seed)
    n, places, channels = c.x.shape
    begin, end = stretch(c.rng, n * places)
    sums = c.rng.integers(-4, 5, (8, 2, channels)).astype(c.dtype)
    expected = sums.copy()
    g, x = (a.reshape(n * places, channels)[begin:end] for a in (c.g, c.x))
    expected[5] += [g.sum(0), (g * (x - c.mean)).sum(0)]
    spec = NormaliseGradientSums(c.dtype, channels, places, c.center, c.relu, c.most, streams=c.streams)
    run(spec, c.x, c.dy, c.mean, *c.gated, sums, begin=begin, end=end, leaf=5, target=c.target)
    np.testing.assert_array_equal(sums, expected)


def test_gradient_sums_are_joined(seed: int) -> None:
    """The number of rows is a power of two, so that its inverse is exact."""
    c = case(seed)
    channels = c.x.shape[2]
    sums = c.rng.integers(-4, 5, (8, 2, channels)).astype(c.dtype)
    dgamma, dbeta, rest, told = (
        *(unset((channels,), c.dtype) for _ in range(2)),
        unset((2, channels), c.dtype),
        frame(4),
    )
    inverse = c.rest[0]
    run(JoinGradientSums(c.dtype, channels, 16), told, sums, inverse, c.factor, dgamma, dbeta, rest, end=1,
        writes=(4, 5, 6), target=c.target)  # fmt: skip
    plain, dots = sums.sum(0)
    np.testing.assert_array_equal(dbeta, plain)
    np.testing.assert_array_equal(dgamma, dots * inverse)
    np.testing.assert_array_equal(rest, [-c.factor * plain / 64, -c.factor * inverse * dgamma / 64])
    sums[3, 1, channels - 1] = np.inf
    c.factor[...] = inverse[...] = 1
    run(JoinGradientSums(c.dtype, channels, 16), told, sums, inverse, c.factor, dgamma, dbeta, rest, end=1,
        writes=(0, 4, 5, 6), target=c.target)  # fmt: skip
    assert told[1] == 1


def test_gradient(seed: int) -> None:
    """Some of the rows, with the way through mean and variance or without, through the ReLU that made x or not."""
    c = case(seed)
    through, gate = (bool(v) for v in c.rng.integers(0, 2, 2))
    rows = [a.reshape(-1, a.shape[2]) for a in (c.x, c.dy, c.g)]
    begin, end = stretch(c.rng, len(rows[0]))
    dx = unset(rows[0].shape, c.dtype)
    spec = NormaliseGradient(c.dtype, dx.shape[1], c.center, c.relu, through, gate, c.most, streams=c.streams)
    others = [*[c.beta] * (c.relu and c.center), *[c.rest] * through]
    run(spec, *rows[:2], c.mean, c.factor, *others, dx, begin=begin, end=end, target=c.target)
    expected = c.factor * rows[2] + through * (c.rest[0] + c.rest[1] * (rows[0] - c.mean))
    expected = np.where(rows[0] > 0, expected, 0) if gate else expected
    np.testing.assert_array_equal(dx[begin:end], expected[begin:end])
    assert np.isnan(np.delete(dx, np.s_[begin:end], 0)).all()


@pytest.mark.parametrize("scale", [True, False])
def test_scale_of_given_variances(scale: bool) -> None:
    variance, gamma = np.array([0.75, 3.75, 8.75] * 7, "float32"), np.arange(21, dtype="float32")
    inverse, factor = unset((21,), "float32"), unset((21,), "float32")
    spec = ChannelScale("float32", 21, 0.25, scale)
    run(spec, variance, *[gamma] * scale, inverse, factor, end=1, writes=(-2, -1))
    np.testing.assert_allclose(inverse, [1, 1 / 2, 1 / 3] * 7, rtol=2e-7)
    np.testing.assert_array_equal(factor, gamma * inverse if scale else inverse)


@pytest.mark.parametrize("size", [1, 21, 1500])
def test_follow(size: int) -> None:
    rng = np.random.default_rng(size)
    now, moving = (rng.integers(-8, 9, size).astype("float32") for _ in range(2))
    expected = 0.75 * moving + 0.25 * now
    run(Follow("float32", size, 0.75), now, moving, end=blocks(size))
    np.testing.assert_array_equal(moving, expected)
