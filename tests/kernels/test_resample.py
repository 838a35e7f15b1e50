"""Kernels of augmentation: bit for bit the references, whose arithmetic is the same."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.maps.draws import Draws
from konv.kernels.maps.recolour import Erase, Recolour
from konv.kernels.maps.resample import Resample
from konv.ops.augmentation import RandomBrightness, RandomContrast, chosen
from konv.ops.geometry import FILLS, look, looked_from
from konv.ops.record import Array, Run
from konv.random import Stream
from tests.kernels.helpers import run, same_bits, stretch, unset

SAMPLES = np.array([0, 5, 2**31, 2**33 + 7, 2**62])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [(1,), (2, 3), (4096, 2, 5, 64)])
def test_draws_are_those_of_the_stream(rows: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(len(rows))
    tables = tuple(rng.normal(size=(n, 3)).astype(dtype) for n in rows)
    key = np.array([2**32 - 3, 7, 2**31 + 3])
    expected = chosen(tables, Run(True, Stream(*map(int, key), SAMPLES)), np.dtype(dtype))
    out = unset((5, 3), dtype)
    run(Draws(dtype, len(rows), rows, 3), key, SAMPLES, *tables, out, begin=1, end=5)
    same_bits(out[1:], expected[1:])
    assert np.isnan(out[0]).all()


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 16, 21])
def test_images_are_looked_at_as_the_reference_does(channels: int, linear: bool, fill: str) -> None:
    """Any map, far outside of the image and not finite too; and some of the samples alone."""
    dtype = "float64" if channels == 21 else "float32"
    rng = np.random.default_rng(channels)
    source, size = ((int(rng.integers(1, 7)), int(rng.integers(1, 7))) for _ in range(2))
    x = rng.normal(size=(6, *source, channels)).astype(dtype)
    maps = rng.normal(size=(6, 6)).astype(dtype) * 3
    maps[2, [0, 4]], maps[2, [1, 3]], maps[2, [2, 5]] = 1, 0, -2  # places on pixels
    maps[3, 2] = 1e9
    maps[4, 5] = -np.inf
    begin, end = stretch(rng, 6)
    y = unset((6, *size, channels), dtype)
    run(Resample(dtype, source, size, channels, linear, fill, 0.5), maps, x, y, begin=begin, end=end)
    same_bits(y[begin:end], look(x, maps, size, linear, fill, 0.5)[begin:end])
    assert np.isnan(np.delete(y, np.s_[begin:end], 0)).all()
    run(Resample(dtype, source, size, channels, linear, fill, 0.5, alike=True), maps[1].copy(), x, y, end=6)
    same_bits(y, look(x, np.repeat(maps[1:2], 6, 0), size, linear, fill, 0.5))


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("linear", [True, False])
def test_gradients_go_back_where_they_came_from(linear: bool, fill: str) -> None:
    """Shares that are quarters leave small integers exact, so the order of the sums does not matter."""
    rng = np.random.default_rng(1)
    maps = rng.integers(-6, 7, (4, 6)).astype("float32") / 4
    dy = rng.integers(-8, 9, (4, 5, 3, 9)).astype("float32")
    dx = unset((4, 6, 4, 9), "float32")
    run(Resample("float32", (6, 4), (5, 3), 9, linear, fill, 0.5, back=True), maps, dy, dx, begin=1, end=4)
    same_bits(dx[1:], looked_from(dy, maps, (6, 4, 9), linear, fill)[1:])


@pytest.mark.parametrize("op", [RandomBrightness((-0.5, 0.5), (-8.0, 8.0)), RandomContrast((0.5, 1.5), (-8.0, 8.0))])
@pytest.mark.parametrize("channels", [1, 3, 20])
def test_colours_are_those_of_the_reference(op: RandomBrightness | RandomContrast, channels: int) -> None:
    """A power of two of places: means of small integers are exact, and so is all else where the numbers drawn are."""
    rng = np.random.default_rng(channels)
    x = rng.integers(-9, 10, (4, 4, 4, channels)).astype("float32")
    made = chosen(op.tables((4, 4, channels)), Run(True, Stream(1, 2, 3, np.arange(4))), np.dtype("float32"))
    made = np.round(made * 16) / 16
    spec = Recolour("float32", 16, channels, op.mean, -8.0, 8.0)
    y, dx = unset(x.shape, "float32"), unset(x.shape, "float32")
    run(spec, made, x, y, end=4)
    f, d = made[:, 0, None, None, None], made[:, 1, None, None, None]
    m = x.mean((1, 2), keepdims=True) if op.mean else 0
    np.testing.assert_array_equal(y, np.clip((x - m) * f + m + d, -8, 8))
    dy = rng.integers(-9, 10, x.shape).astype("float32")
    run(Recolour("float32", 16, channels, op.mean, -8.0, 8.0, back=True), made, y, dy, dx, end=4)
    g = np.where((y > -8) & (y < 8), dy, 0)
    np.testing.assert_array_equal(dx, f * g + (1 - f) * g.mean((1, 2), keepdims=True) if op.mean else g)


@pytest.mark.parametrize("channels", [1, 3, 20])
def test_rectangles_are_erased(channels: int) -> None:
    boxes: Array = np.array([[0, 3, 1, 2], [2, 2, 0, 9], [-4, 1.5, 2.5, 9], [0, 9, 0, -1]], "float32")
    x = np.random.default_rng(0).normal(size=(4, 5, 6, channels)).astype("float32")
    y = unset(x.shape, "float32")
    run(Erase("float32", 5, 6, channels, 0.25), boxes, x, y, end=4)
    expected = x.copy()
    expected[0, 0:3, 1:2] = 0.25
    expected[2, 0:2, 3:] = 0.25  # rows 0 and 1 are before 1.5, columns from 3 on not before 2.5
    same_bits(y, expected)
