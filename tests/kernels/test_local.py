"""Kernels of locally connected layers on small integers, whose sums are exact: the tolerance is zero."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.code.processor import current, named
from konv.kernels.products.local import Local, LocalBiasGradient, LocalWeightGradient, local_data_gradient
from konv.kernels.products.taps import Taps
from konv.ops.local import LocallyConnected2D
from konv.ops.record import Run
from tests.kernels.helpers import frame, fused, leaves, run, same_bits, short, stretch, tree, unset
from tests.kernels.test_targets import LEVELS, runs_here


@pytest.mark.parametrize("number", range(12))
def test_all_passes(number: int) -> None:
    """Any kernel, stride, padding, dilation and channels; some of the places, all of the samples; on any level."""
    rng = np.random.default_rng(number)
    dtype = str(rng.choice(["float32", "float64"]))
    levels = [named(level) for level in LEVELS if runs_here(level)] or [current()]
    target = levels[number % len(levels)]

    def two(low: int, high: int) -> tuple[int, int]:
        return int(rng.integers(low, high)), int(rng.integers(low, high))

    padding = ("valid", "same", (two(0, 3), two(0, 3)))[rng.integers(3)]
    op = LocallyConnected2D(int(rng.integers(1, 40)), two(1, 4), two(1, 4), padding, two(1, 3))
    channels, n = int(rng.integers(1, 10)), int(rng.integers(1, 20))
    height, width = ((k - 1) * d + int(rng.integers(1, 7)) for k, d in zip(op.kernel, op.dilation, strict=True))
    shape = (height, width, channels)
    axes = op.window(shape)
    rows, columns = (Taps.forward(axis) for axis in axes)
    places = rows.positions * columns.positions
    x = rng.integers(-4, 5, (n, *shape)).astype(dtype)
    w, b = (rng.integers(-4, 5, w.shape).astype(dtype) for w in op.weights(shape))
    dy = rng.integers(-4, 5, (n, *op.output_shape(shape))).astype(dtype)
    y = op.forward((x,), (w, b), Run())
    (dx,), (dw, db) = op.backward(dy, (x,), (w, b), y, Run())
    begin, end = stretch(rng, places)

    out = unset(y.shape, dtype)
    run(Local(dtype, rows, columns, op.kernel, channels, op.filters, True), frame(n), x, w, b, out, begin=begin,
        end=end, target=target)  # fmt: skip
    found, wanted = (a.reshape(n, places, -1) for a in (out, y))
    np.testing.assert_array_equal(found[:, begin:end], wanted[:, begin:end])
    assert np.isnan(np.delete(found, np.s_[begin:end], 1)).all()

    gradient = unset(w.shape, dtype)
    run(LocalWeightGradient(dtype, rows, columns, op.kernel, channels, op.filters), frame(n), x, dy, gradient,
        begin=begin, end=end, target=target)  # fmt: skip
    np.testing.assert_array_equal(gradient[begin:end], dw[begin:end])
    assert np.isnan(np.delete(gradient, np.s_[begin:end], 0)).all()

    bias = unset(b.shape, dtype)
    run(LocalBiasGradient(dtype, places, op.filters), frame(n), dy, bias, end=places, target=target)
    np.testing.assert_array_equal(bias, db)

    back = unset(x.shape, dtype)
    for spec in local_data_gradient(axes, channels, op.filters, dtype):
        run(spec, frame(n), dy, w, back, end=spec.rows.positions, target=target)
    np.testing.assert_array_equal(back, dx)


@pytest.mark.parametrize("n", [5, 19])
def test_gradients_are_summed_by_the_tree(n: int) -> None:
    """Bit for bit: within each of the eight leaves in the order of samples, then pairwise; a NaN sets the flag."""
    if not current().fma:
        pytest.skip("this processor rounds products before it adds them")
    rng = np.random.default_rng(n)
    op = LocallyConnected2D(11, (2, 1))
    rows, columns = (Taps.forward(axis) for axis in op.window((3, 2, 5)))
    x, dy = short(rng, n, 3, 2, 5), short(rng, n, 2, 2, 11)
    kernels, biases = [], []
    for first, last in leaves(n):
        dw, db = np.zeros((2, 2, 2, 5, 11), "float32"), np.zeros((2, 2, 11), "float32")
        for s in range(first, last):
            patches = np.stack([x[s, :2], x[s, 1:]], 2)  # (row, column, tap, channel)
            dw, db = fused(patches[..., None], dy[s, :, :, None, None], dw), db + dy[s]
        kernels.append(dw)
        biases.append(db)
    found, bias = unset((4, 10, 11), "float32"), unset((4, 11), "float32")
    spec, total = LocalWeightGradient("float32", rows, columns, (2, 1), 5, 11), LocalBiasGradient("float32", 4, 11)
    run(spec, frame(n), x, dy, found, end=4)
    run(total, frame(n), dy, bias, end=4)
    same_bits(found, tree(kernels).reshape(4, 10, 11))
    same_bits(bias, tree(biases).reshape(4, 11))
    flags = frame(n)
    dy[n - 1, 1, 1, 10] = np.nan
    run(spec, flags, x, dy, found, end=4, writes=(0, -1))
    assert flags[1] == 1
