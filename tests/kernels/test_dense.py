"""Dense kernels on small integers, whose sums are exact: the tolerance is zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from konv.kernels.code.processor import current, named
from konv.kernels.products.dense import Dense, DenseFewGradient, DenseWeightGradient
from konv.ops.record import Array
from tests.kernels.helpers import frame, fused, leaves, packed, run, same_bits, short, stretch, tree, unset, wide
from tests.kernels.test_targets import LEVELS


def sizes(seed: int) -> tuple[np.random.Generator, str, tuple[int, int, int, int, int]]:
    """Samples of a run, of the largest run, rows a sample, inputs, outputs."""
    rng = np.random.default_rng(seed)
    most = int(rng.integers(1, 40))
    shape = (int(rng.integers(1, most + 1)), most, int(rng.choice([1, 1, 2, 5])), *map(int, rng.integers(1, 71, 2)))
    return rng, str(rng.choice(["float32", "float64"])), shape  # type: ignore[return-value]


def room(spec: Dense) -> int:
    """Rows of the whole tiles that the largest run takes."""
    return spec.tile(current()).rows * spec.blocks(spec.rows, current())


def given(spec: Dense, w: Array) -> Array:
    """Weights `(inputs, outputs)` as the kernel wants them."""
    return {"packed": lambda: packed(spec, w), "straight": lambda: w, "turned": lambda: w.T.copy()}[spec.weights]()


def test_forward(seed: int) -> None:
    """Some of the work units, with or without bias, with what is fused; rows of the last tile are computed in vain."""
    rng, dtype, (n, most, places, inputs, outputs) = sizes(seed)
    bias, finish, add = bool(rng.random() < 0.7), str(rng.choice(["", "relu", "gate"])), bool(rng.random() < 0.3)
    weights = str(rng.choice(["packed", "straight", "turned"]))
    spec = Dense(dtype, most * places, inputs, outputs, places, bias, finish, add, weights)
    rows = room(spec)

    def integers(*shape: int) -> Array:
        return rng.integers(-4, 5, shape).astype(dtype)

    x, w, b, gate = integers(rows, inputs), integers(inputs, outputs), integers(outputs), integers(rows, outputs)
    held = integers(rows, outputs)
    y = held.copy() if add else unset((rows, outputs), dtype)
    before = y.copy()
    expected = x @ w + b * bias + (held if add else 0)
    expected = {"": expected, "relu": np.maximum(expected, 0), "gate": np.where(gate > 0, expected, 0)}[finish]

    target = current()
    blocks, parts, high = spec.blocks(n * places, target), spec.parts(target), spec.tile(target).rows
    wide = spec.panels(target).vectors * spec.panels(target).lanes
    begin, end = stretch(rng, spec.units(target))
    done = np.zeros(y.shape, bool)
    for unit in range(begin, end):
        panel, part = divmod(unit, parts)
        low, up = (blocks * p // parts * high for p in (part, part + 1))
        done[low:up, panel * wide : (panel + 1) * wide] = True
    others = [b] * bias + [gate] * (finish == "gate")
    run(spec, frame(n), x, given(spec, w), *others, y, begin=begin, end=end)
    np.testing.assert_array_equal(y[done], expected[done])
    same_bits(y[~done], before[~done])
    if (begin, end) == (0, spec.units(target)):
        assert done[: n * places].all()


def test_data_gradient(seed: int) -> None:
    """The same kernel with turned weights."""
    rng, dtype, (n, most, places, inputs, outputs) = sizes(seed)
    spec = Dense(dtype, most * places, outputs, inputs, places)
    dy = rng.integers(-4, 5, (room(spec), outputs)).astype(dtype)
    w = rng.integers(-4, 5, (inputs, outputs)).astype(dtype)
    dx = unset((room(spec), inputs), dtype)
    run(spec, frame(n), dy, packed(spec, w, turned=True), dx, end=spec.units(current()))
    np.testing.assert_array_equal(dx[: n * places], (dy @ w.T)[: n * places])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("weights", ["straight", "turned"])
@pytest.mark.parametrize(("rows", "cpu"), [(1, ""), (2, ""), (37, ""), (1, "wide"), (37, "wide")])
def test_weights_in_pieces_give_the_bits_of_packed_ones(weights: str, dtype: str, rows: int, cpu: str) -> None:
    """A cache so small that every piece is a few inputs; sums wait in y, and what is fused comes last."""
    rng = np.random.default_rng(rows)
    target = replace(wide() if cpu else current(), l2=8 << 10)
    spec = Dense(dtype, rows, 103, 61, bias=True, finish="gate", weights=weights)
    if spec.copies(target):
        assert spec.depth(target) < 103 / 3
    plain = replace(spec, weights="packed")
    x, gate = (rng.standard_normal((rows + 20, size)).astype(dtype) for size in (103, 61))
    w, b = rng.standard_normal((103, 61)).astype(dtype), rng.standard_normal(61).astype(dtype)
    made = []
    for each, these in ((spec, w if weights == "straight" else w.T.copy()), (plain, packed(plain, w, target=target))):
        y = np.zeros((rows + 20, 61), dtype)
        run(each, frame(rows), x, these, b, gate, y, end=each.units(target), target=target)
        made.append(y[:rows])
    same_bits(*made)


def test_weight_gradient(seed: int) -> None:
    """All samples of the run and no other; work units in two parts."""
    rng, dtype, (n, most, places, inputs, outputs) = sizes(seed)
    x, dy = unset((most * places, inputs), dtype), unset((most * places, outputs), dtype)
    x[: n * places] = rng.integers(-4, 5, (n * places, inputs))
    dy[: n * places] = rng.integers(-4, 5, (n * places, outputs))
    spec = DenseWeightGradient(dtype, most * places, inputs, outputs, places)
    dw, told = unset((inputs, outputs), dtype), frame(n)
    units = spec.units(current())
    cut = int(rng.integers(0, units + 1))
    run(spec, told, x, dy, dw, end=cut, writes=(0, 3))
    assert np.isnan(dw).any() == (cut < units)
    run(spec, told, x, dy, dw, begin=cut, end=units, writes=(0, 3))
    np.testing.assert_array_equal(dw, x[: n * places].T @ dy[: n * places])
    np.testing.assert_array_equal(told, frame(n))


def test_gradient_of_few_rows(seed: int) -> None:
    """As of many, but row by row; on AVX-512's vectors too."""
    rng, dtype, (n, _, _, inputs, outputs) = sizes(seed)
    n = min(n, DenseFewGradient.MOST)
    x, dy = (rng.integers(-4, 5, (n, size)).astype(dtype) for size in (inputs, outputs))
    spec, target = DenseFewGradient(dtype, inputs, outputs), wide() if seed % 4 == 3 else current()
    dw, told = unset((inputs, outputs), dtype), frame(n)
    cut = int(rng.integers(0, spec.units() + 1))
    run(spec, told, x, dy, dw, end=cut, writes=(0, 3), target=target)
    run(spec, told, x, dy, dw, begin=cut, end=spec.units(), writes=(0, 3), target=target)
    np.testing.assert_array_equal(dw, x.T @ dy)
    assert told[1] == 0
    dy[-1, -1], x[-1] = np.inf, 1
    run(spec, told, x, dy, dw, end=spec.units(), writes=(0, 3), target=target)
    assert told[1] == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weight_gradient_flags_what_is_not_finite(bad: float, dtype: str) -> None:
    x, dy, dw = np.ones((3, 5), dtype), np.ones((3, 21), dtype), np.zeros((5, 21), dtype)
    dy[2, 20] = bad
    told = frame(3)
    run(spec := DenseWeightGradient(dtype, 3, 5, 21), told, x, dy, dw, end=spec.units(current()), writes=(0, 3))
    np.testing.assert_array_equal(told, [3, 1, *[0] * (len(told) - 2)])


@pytest.mark.parametrize(("n", "places"), [(1, 1), (8, 1), (21, 1), (13, 3)])
def test_weight_gradient_is_a_tree_over_samples(n: int, places: int) -> None:
    """Bit for bit: within a leaf sample by sample, then leaves pairwise."""
    rng = np.random.default_rng(n)
    x, dy = short(rng, n * places, 9), short(rng, n * places, 37)
    parts = []
    for begin, end in leaves(n):
        part = np.zeros((9, 37), "float32")
        for row in range(begin * places, end * places):
            part = fused(x[row, :, None], dy[row], part)
        parts.append(part)
    dw, spec = np.zeros((9, 37), "float32"), DenseWeightGradient("float32", n * places, 9, 37, places)
    run(spec, frame(n), x, dy, dw, end=spec.units(current()), writes=(0, 3))
    same_bits(dw, tree(parts))


@pytest.mark.parametrize("finish", ["", "relu"])
def test_a_nan_stays_one(finish: str) -> None:
    spec = Dense("float32", 2, 3, 7, finish=finish)
    x, w = np.ones((room(spec), 3), "float32"), np.ones((3, 7), "float32")
    x[1, 2] = np.nan
    y = unset((room(spec), 7), "float32")
    run(spec, frame(2), x, packed(spec, w), y, end=spec.units(current()))
    np.testing.assert_array_equal(y[:2], [[3] * 7, [np.nan] * 7])


@pytest.mark.parametrize("cpu", LEVELS)
def test_tiles_of_a_batch_of_32_make_no_row_in_vain(cpu: str) -> None:
    rows = Dense("float32", 32, 2304, 512).tile(named(cpu)).rows
    assert 32 % rows == 0
