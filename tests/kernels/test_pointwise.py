"""Kernels that treat each element by itself, bit for bit against the same arithmetic in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from konv.kernels.maps.pointwise import ChannelDropout, Dropout, Pointwise
from konv.ops import dropping
from konv.ops.record import Array, Run
from konv.random import Stream
from tests.kernels.helpers import run, same_bits, stretch, unset

FORMULAS: dict[str, Callable[..., Array]] = {
    "copy": lambda x: x,
    "add": lambda x, z: x + z,
    "relu": lambda x: np.maximum(x, 0),
    "relu_gradient": lambda y, dy: np.where(y > 0, dy, 0),
    "sigmoid_gradient": lambda y, dy: dy * (y * (1 - y)),
    "tanh_gradient": lambda y, dy: dy * (1 - y * y),
}
SPECIAL = [0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e-40, -1e-40, 3e38, -3e38]


def values(rng: np.random.Generator, n: int, size: int, dtype: str) -> Array:
    """Random numbers, some of them special."""
    x = rng.normal(size=(n, size)) * 3
    return np.where(rng.random(x.shape) < 0.2, rng.choice(SPECIAL, x.shape), x).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", FORMULAS)
@pytest.mark.parametrize("size", [1, 7, 16, 45, 128])
def test_formula(function: str, dtype: str, size: int) -> None:
    """Some of the samples; into an array of its own, and in place of either input."""
    rng = np.random.default_rng(size)
    formula = FORMULAS[function]
    inputs = [values(rng, 6, size, dtype) for _ in range(formula.__code__.co_argcount)]
    begin, end = stretch(rng, 6)
    with np.errstate(all="ignore"):
        expected = formula(*inputs)[begin:end]
    spec = Pointwise(dtype, function, size)
    for out in (unset((6, size), dtype), *inputs):
        before = out.copy()
        given = [a.copy() if a is not out else a for a in inputs]
        run(spec, *given, out, begin=begin, end=end)
        np.testing.assert_array_equal(out[begin:end], expected)
        same_bits(np.delete(out, np.s_[begin:end], 0), np.delete(before, np.s_[begin:end], 0))
        out[...] = before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 15, 16, 40, 64, 65, 100, 200, 331])
@pytest.mark.parametrize("rate", [0.0, 0.3, 0.5, 0.99])
def test_dropout_is_that_of_the_stream(size: int, rate: float, dtype: str) -> None:
    """The words of `konv.random.Stream`, of any sample, seed, layer and epoch; in place too."""
    rng = np.random.default_rng(size)
    op = dropping.Dropout(rate)
    samples = np.array([0, 5, 2**31, 2**33 + 7, 2**62])
    seed, layer, epoch = 2**32 - 1 - size, size, 2**31 + 3
    x = values(rng, 5, size, dtype)
    with np.errstate(all="ignore"):
        expected = op.forward((x,), (), Run(True, Stream(seed, layer, epoch, samples)))
    spec, key = Dropout(dtype, size, op.threshold, op.scale), np.array([seed, layer, epoch])
    out = unset(x.shape, dtype)
    run(spec, key, samples, x, out, begin=1, end=4)
    same_bits(out[1:4], expected[1:4])
    assert np.isnan(out[[0, 4]]).all()
    run(spec, key, samples, x, x, end=5)
    same_bits(x, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 16, 40, 64, 100, 200])
@pytest.mark.parametrize("places", [1, 6])
def test_dropout_of_channels_is_that_of_the_stream(places: int, size: int, dtype: str) -> None:
    """One word for each channel; what is dropped is 0 even where it was not finite. In place too."""
    rng = np.random.default_rng(size)
    op = dropping.SpatialDropout1D(0.4)
    samples = np.array([0, 5, 2**31, 2**33 + 7, 2**62])
    x = values(rng, 5, places * size, dtype).reshape(5, places, size)
    with np.errstate(all="ignore"):
        expected = op.forward((x,), (), Run(True, Stream(7, size, 3, samples)))
    spec, key = ChannelDropout(dtype, size, op.threshold, op.scale, places), np.array([7, size, 3])
    out = unset(x.shape, dtype)
    run(spec, key, samples, x, out, begin=1, end=4)
    same_bits(out[1:4], expected[1:4])
    assert np.isnan(out[[0, 4]]).all()
    run(spec, key, samples, x, x, end=5)
    same_bits(x, expected)


def test_a_word_that_equals_the_threshold_keeps_its_element() -> None:
    samples, x = np.array([4]), np.ones((1, 100), "float32")
    words = Stream(1, 2, 3, samples).bits(100)
    out = unset(x.shape, "float32")
    run(Dropout("float32", 100, int(words[0, 70]), 2.0), np.array([1, 2, 3]), samples, x, out, end=1)
    np.testing.assert_array_equal(out, np.where(words >= words[0, 70], 2, 0))
