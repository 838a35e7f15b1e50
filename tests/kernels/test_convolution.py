"""Convolution kernels on small integers, whose sums are exact: the tolerance is zero."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from konv.kernels.code.processor import current, named
from konv.kernels.code.spec import LEAVES
from konv.kernels.products.convolution import Convolution, data_gradient
from konv.kernels.products.taps import Taps
from konv.kernels.products.weight_gradient import WeightGradient
from konv.kernels.products.whole_gradient import WholeWeightGradient
from konv.ops.convolution import Conv2D
from konv.ops.record import Array, Run
from konv.shapes import Axis
from tests.kernels.helpers import frame, fused, leaves, packed, run, same_bits, short, stretch, tree, unset, wide


class Case(NamedTuple):
    """A convolution and its arrays, all of small integers."""

    op: Conv2D
    axes: tuple[Axis, ...]
    x: Array
    w: Array
    b: Array
    dy: Array
    rng: np.random.Generator

    @property
    def dtype(self) -> str:
        return str(self.x.dtype)

    @property
    def part(self) -> tuple[int, int]:
        """Input and output channels of one group."""
        return self.w.shape[2], self.w.shape[3] // self.op.groups

    def integers(self, *shape: int) -> Array:
        return self.rng.integers(-4, 5, shape).astype(self.dtype)

    def forward(self, **options: object) -> Convolution:
        rows, columns = (Taps.forward(axis) for axis in self.axes)
        return Convolution(self.dtype, rows, columns, self.op.kernel, *self.part, self.op.groups, **options)  # type: ignore[arg-type]


def case(seed: int, padded: bool = True) -> Case:
    """Any kernel, stride, padding (where `padded`), dilation and groups; from 1 to 70 channels; images just large
    enough or larger."""
    rng = np.random.default_rng(seed)
    dtype = str(rng.choice(["float32", "float64"]))

    def two(low: int, high: int) -> tuple[int, int]:
        return int(rng.integers(low, high)), int(rng.integers(low, high))

    kernel, strides, dilation = two(1, 5), two(1, 4), two(1, 4)
    padding = ("valid", "same", (two(0, 5), two(0, 5)))[rng.integers(3) if padded else 0]
    groups = int(rng.choice([1, 1, 1, 2, 3]))
    inputs, outputs = (int(rng.integers(1, rng.choice([5, 20, 71]))) for _ in range(2))
    height, width = (
        (k - 1) * d + int(rng.integers(1, most)) for k, d, most in zip(kernel, dilation, (14, 36), strict=True)
    )
    op = Conv2D(outputs * groups, kernel, strides, padding, dilation, groups)
    shape = (int(rng.integers(1, 4)), height, width, inputs * groups)
    made = Case(op, op.window(shape[1:]), np.zeros(shape, dtype), *[np.zeros(0)] * 3, rng)  # type: ignore[arg-type]
    return made._replace(
        x=made.integers(*shape),
        w=made.integers(*kernel, inputs, outputs * groups),
        b=made.integers(outputs * groups),
        dy=made.integers(shape[0], *op.output_shape(shape[1:])),
    )


def test_forward(seed: int) -> None:
    """Some of the rows, with or without bias, with what is fused."""
    c = case(seed)
    bias, finish, add = bool(c.rng.random() < 0.7), str(c.rng.choice(["", "relu", "gate"])), bool(c.rng.random() < 0.3)
    held, gate = c.integers(*c.dy.shape), c.integers(*c.dy.shape)
    expected = c.op.forward((c.x,), (c.w, c.b * bias), Run()) + (held if add else 0)
    expected = {"": expected, "relu": np.maximum(expected, 0), "gate": np.where(gate > 0, expected, 0)}[finish]

    spec = c.forward(bias=bias, finish=finish, add=add)
    y = held.copy() if add else unset(c.dy.shape, c.dtype)
    before = y.copy()
    rows = c.dy.shape[0] * c.dy.shape[1]
    begin, end = stretch(c.rng, rows)
    others = [c.b] * bias + [gate] * (finish == "gate")
    run(spec, c.x, packed(spec, c.w, c.op.groups), *others, y, begin=begin, end=end)

    found, wanted, was = (a.reshape(rows, -1) for a in (y, expected, before))
    np.testing.assert_array_equal(found[begin:end], wanted[begin:end])
    same_bits(np.delete(found, np.s_[begin:end], 0), np.delete(was, np.s_[begin:end], 0))


def test_weight_gradient(seed: int) -> None:
    """Some of the rows, added to one of the leaves; images worked through in one go, or a few rows at a time."""
    c = case(seed)
    target = replace(current(), l2=[current().l2, 1 << 14, 1 << 12][seed % 3])
    rows = len(c.x) * c.dy.shape[1]
    begin, end = stretch(c.rng, rows)
    partial, some = c.integers(3, *c.w.shape), np.zeros_like(c.dy)
    some.reshape(rows, -1)[begin:end] = c.dy.reshape(rows, -1)[begin:end]
    expected = partial.copy()
    expected[1] += c.op.backward(some, (c.x,), (c.w, c.b), some, Run()).weights[0]
    spec = WeightGradient(c.dtype, *(Taps.forward(axis) for axis in c.axes), *c.part, c.op.groups)
    run(spec, c.x, c.dy, partial, begin=begin, end=end, leaf=1, target=target)
    np.testing.assert_array_equal(partial, expected)


@pytest.mark.parametrize(("inputs", "outputs", "kernel", "stride", "dtype"), [
    (64, 64, 3, 1, "float32"), (128, 64, 3, 2, "float32"), (192, 128, 1, 2, "float32"), (64, 96, 5, 1, "float64"),
    (101, 75, 3, 1, "float32"),
])  # fmt: skip
def test_weight_gradient_of_many_channels(inputs: int, outputs: int, kernel: int, stride: int, dtype: str) -> None:
    """Places are copied to scratch memory first, in chunks of any number of rows."""
    rng = np.random.default_rng(inputs + kernel)
    op = Conv2D(outputs, (kernel, kernel), (stride, stride), "same", bias=False)
    axes = op.window((7, 6, inputs))
    x = rng.integers(-3, 4, (2, 7, 6, inputs)).astype(dtype)
    dy = rng.integers(-3, 4, (2, *(axis.output for axis in axes), outputs)).astype(dtype)
    w = np.zeros((kernel, kernel, inputs, outputs), dtype)
    spec = WeightGradient(dtype, *(Taps.forward(axis) for axis in axes), inputs, outputs)
    expected = op.backward(dy, (x,), (w,), dy, Run()).weights[0]
    for target in (current(), replace(current(), l2=1 << 14), wide()):
        assert spec.copies(target)
        dw = np.ones((1, *w.shape), dtype)
        run(spec, x, dy, dw, end=2 * axes[0].output, target=target)
        np.testing.assert_array_equal(dw[0], expected + 1)


def test_data_gradient(seed: int) -> None:
    """The parts for all residues of the strides, put together, through the ReLU that made x or not."""
    c = case(seed)
    gate = bool(c.rng.random() < 0.5)
    (expected,), _ = c.op.backward(c.dy, (c.x,), (c.w, c.b), c.dy, Run())
    dx = unset(c.x.shape, c.dtype)
    for part in data_gradient(c.axes, *c.part, c.op.groups, c.dtype):
        spec = Convolution(**{**vars(part), "finish": "gate" if gate else ""})
        w = packed(spec, c.w, c.op.groups, turned=True)
        run(spec, c.dy, w, *[c.x] * gate, dx, end=len(c.x) * spec.rows.positions)
    np.testing.assert_array_equal(dx, np.where(c.x > 0, expected, 0) if gate else expected)


def test_every_row_by_itself_is_the_same() -> None:
    c = case(5)
    spec = c.forward()
    w = packed(spec, c.w, c.op.groups)
    y = unset(c.dy.shape, c.dtype)
    for row in range(c.dy.shape[0] * c.dy.shape[1]):
        run(spec, c.x, w, y, begin=row, end=row + 1)
    np.testing.assert_array_equal(y, c.op.forward((c.x,), (c.w, c.b * 0), Run()))


@pytest.mark.parametrize("channels", [(1, 1), (3, 20), (9, 70), (70, 5)])
def test_the_order_of_a_sum_is_that_of_the_taps_whatever_the_blocking(channels: tuple[int, int]) -> None:
    """Forward: taps row by row, then input channels; weight gradient: images, rows, columns. Bit for bit."""
    rng = np.random.default_rng(1)
    op = Conv2D(channels[1], (3, 2), padding=((1, 1), (0, 1)))
    axes = op.window((6, 7, channels[0]))
    x, w = short(rng, 2, 6, 7, channels[0]), short(rng, 3, 2, *channels)
    dy = short(rng, 2, *op.output_shape((6, 7, channels[0])))
    image = np.pad(x, ((0, 0), (1, 1), (0, 1), (0, 0)))
    y, dw = np.zeros_like(dy), np.zeros_like(w)
    for u, v in np.ndindex(3, 2):
        for i in range(channels[0]):
            y = fused(image[:, u : u + 6, v : v + 7, i, None], w[u, v, i], y)
    for n, i, j in np.ndindex(2, 6, 7):
        dw = fused(image[n, i : i + 3, j : j + 2, :, None], dy[n, i, j], dw)

    rows, columns = (Taps.forward(axis) for axis in axes)
    forward = Convolution("float32", rows, columns, op.kernel, *channels)
    out = np.zeros_like(y)
    run(forward, x, packed(forward, w), out, end=12)
    same_bits(out, y)
    for l2 in (1 << 20, 1 << 12):  # all rows of an image at once, or few
        partial = np.zeros_like(dw)
        gradient = WeightGradient("float32", rows, columns, *channels)
        run(gradient, x, dy, partial, end=12, target=replace(current(), l2=l2))
        same_bits(partial, dw)


@pytest.mark.parametrize("finish", ["", "relu"])
def test_a_nan_stays_one(finish: str) -> None:
    op = Conv2D(5, (3, 3), padding="same")
    x, w = np.ones((1, 4, 4, 2), "float32"), np.ones((3, 3, 2, 5), "float32")
    x[0, 0, 0, 1] = np.nan
    rows, columns = (Taps.forward(axis) for axis in op.window((4, 4, 2)))
    spec = Convolution("float32", rows, columns, (3, 3), 2, 5, finish=finish)
    y = np.zeros((1, 4, 4, 5), "float32")
    run(spec, x, packed(spec, w), y, end=4)
    reached = np.zeros((4, 4), bool)
    reached[:2, :2] = True
    np.testing.assert_array_equal(np.isnan(y[0]).all(-1), reached)
    np.testing.assert_array_equal(np.isnan(y[0]).any(-1), reached)


def test_parts_of_the_outputs(seed: int) -> None:
    """Units that are rows of a part of the panels, some of them, make what rows of all of them do."""
    c = case(seed)
    bias, finish = bool(c.rng.random() < 0.7), str(c.rng.choice(["", "relu"]))
    expected = c.op.forward((c.x,), (c.w, c.b * bias), Run())
    expected = np.maximum(expected, 0) if finish else expected
    spec = c.forward(bias=bias, finish=finish)
    parts = int(c.rng.integers(2, 5))
    spec = replace(spec, parts=min(parts, spec.panels(current()).number))
    w, y = packed(spec, c.w, c.op.groups), unset(c.dy.shape, c.dtype)
    units = len(c.x) * spec.units()
    cuts = sorted({0, units, *(int(v) for v in c.rng.integers(0, units + 1, 3))})
    for begin, end in pairwise(cuts):
        run(spec, c.x, w, *[c.b] * bias, y, begin=begin, end=end)
    np.testing.assert_array_equal(y, expected)


def test_units_of_several_rows(seed: int) -> None:
    """With parts or without; the last unit of an image may have fewer rows."""
    c = case(seed, padded=False)
    finish, add = str(c.rng.choice(["", "relu", "gate"])), bool(c.rng.random() < 0.3)
    held, gate = c.integers(*c.dy.shape), c.integers(*c.dy.shape)
    expected = c.op.forward((c.x,), (c.w, c.b), Run()) + (held if add else 0)
    expected = {"": expected, "relu": np.maximum(expected, 0), "gate": np.where(gate > 0, expected, 0)}[finish]
    spec = c.forward(bias=True, finish=finish, add=add)
    fold = int(c.rng.integers(1, spec.rows.positions + 1))
    spec = replace(spec, fold=fold)
    spec = replace(spec, parts=min(int(c.rng.integers(1, 4)), spec.panels(current()).number))
    w, y = packed(spec, c.w, c.op.groups), held.copy() if add else unset(c.dy.shape, c.dtype)
    units = len(c.x) * spec.units()
    assert units == len(c.x) * spec.parts * -(-spec.rows.positions // fold)
    cuts = sorted({0, units, *(int(v) for v in c.rng.integers(0, units + 1, 3))})
    for begin, end in pairwise(cuts):
        run(spec, c.x, w, c.b, *[gate] * (finish == "gate"), y, begin=begin, end=end)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(
    ("columns", "channels", "fold"), [(13, 64, 2), (13, 8, 1), (30, 32, 1), (7, 64, 3), (5, 64, 1)]
)
def test_rows_of_a_unit_are_those_that_fill_tiles(columns: int, channels: int, fold: int) -> None:
    """Of vectors of 8 in 16 registers: tiles of 5 or 6 places × 2 vectors."""
    target = named("x86-64-v3")
    for padding, expected in ((0, fold), (1, 1)):
        size = columns + 2 - 2 * padding
        axis = Taps.forward(Axis(size, 3, 1, 1, padding, padding))
        spec = Convolution("float32", axis, axis, (3, 3), 16, channels).folded(target)
        assert (axis.positions, spec.fold) == (columns, expected)


def test_parts_for_few_images_are_equal(seed: int) -> None:
    target = named("x86-64-v3")
    axis = Taps.forward(Axis(3 + seed % 12, 3))
    spec = Convolution("float32", axis, axis, (3, 3), 16, 24 + 8 * seed)
    for images in (1, 2, 7):
        shared = spec.shared(images, target)
        number = shared.panels(target).number
        assert number % shared.parts == 0
        assert shared.fold == 1 or images * shared.folds * number >= 2 * LEAVES
        assert shared.parts == number or images * shared.units() >= 2 * LEAVES


def test_whole_weight_gradient(seed: int) -> None:
    """Of all samples, cut by what is made: one sample, fewer than leaves, more."""
    c = case(seed)
    target = replace(wide() if seed % 5 == 4 else current(), l2=[current().l2, 1 << 14, 1 << 12][seed % 3])
    n = (1, 1, 2, 5, 9)[seed % 5]
    x, dy = c.integers(n, *c.x.shape[1:]), c.integers(n, *c.dy.shape[1:])
    expected = c.op.backward(dy, (x,), (c.w, c.b), dy, Run()).weights[0]
    spec = WholeWeightGradient(c.dtype, *(Taps.forward(axis) for axis in c.axes), *c.part, c.op.groups)
    flag, dw = frame(n), unset(c.w.shape, c.dtype)
    units = spec.units(target)
    cuts = sorted({0, units, int(c.rng.integers(0, units + 1))})
    for begin, end in pairwise(cuts):
        run(spec, flag, x, dy, dw, begin=begin, end=end, target=target, writes=(0, -1))
    np.testing.assert_array_equal(dw, expected)
    assert flag[1] == 0


@pytest.mark.parametrize(("inputs", "outputs", "kernel", "stride", "dtype"), [
    (512, 40, 3, 1, "float32"), (520, 512, 1, 2, "float32"), (256, 24, 3, 2, "float64"), (512, 33, 1, 1, "float32"),
])  # fmt: skip
@pytest.mark.parametrize("n", [1, 9])
def test_whole_weight_gradient_of_places_a_power_of_two_apart(
    inputs: int, outputs: int, kernel: int, stride: int, dtype: str, n: int
) -> None:
    """They are copied side by side first."""
    rng = np.random.default_rng(inputs + kernel)
    op = Conv2D(outputs, (kernel, kernel), (stride, stride), "same", bias=False)
    axes = op.window((5, 4, inputs))
    x = rng.integers(-3, 4, (n, 5, 4, inputs)).astype(dtype)
    dy = rng.integers(-3, 4, (n, *(axis.output for axis in axes), outputs)).astype(dtype)
    w = np.zeros((kernel, kernel, inputs, outputs), dtype)
    spec = WholeWeightGradient(dtype, *(Taps.forward(axis) for axis in axes), inputs, outputs)
    for target in (current(), replace(current(), l2=1 << 14)):
        assert spec.beside(target)
        flag, dw = frame(n), unset(w.shape, dtype)
        run(spec, flag, x, dy, dw, end=spec.units(target), target=target, writes=(0, -1))
        np.testing.assert_array_equal(dw, op.backward(dy, (x,), (w,), dy, Run()).weights[0])


@pytest.mark.parametrize("n", [1, 3])
def test_whole_weight_gradient_tells_what_is_not_finite(n: int) -> None:
    c = case(7)
    x, dy = c.integers(n, *c.x.shape[1:]), c.integers(n, *c.dy.shape[1:])
    dy[-1, -1, -1, -1] = np.inf
    x[...] = 1
    spec = WholeWeightGradient(c.dtype, *(Taps.forward(axis) for axis in c.axes), *c.part, c.op.groups)
    flag, dw = frame(n), unset(c.w.shape, c.dtype)
    run(spec, flag, x, dy, dw, end=spec.units(current()), writes=(0, -1))
    assert flag[1] == 1


def test_leaves_of_a_whole_weight_gradient_are_those_of_the_tree() -> None:
    """Bit for bit what leaf after leaf gives, put together pairwise."""
    rng = np.random.default_rng(3)
    axes = (Axis(6, 3, before=1, after=1), Axis(5, 3, before=1, after=1))
    x, dy = short(rng, 11, 6, 5, 9), short(rng, 11, 6, 5, 20)
    rows, columns = (Taps.forward(axis) for axis in axes)
    partial, dw = np.zeros((LEAVES, 3, 3, 9, 20), "float32"), unset((3, 3, 9, 20), "float32")
    for leaf, (begin, end) in enumerate(leaves(11)):
        gradient = WeightGradient("float32", rows, columns, 9, 20)
        run(gradient, x, dy, partial, begin=6 * begin, end=6 * end, leaf=leaf)
    spec = WholeWeightGradient("float32", rows, columns, 9, 20)
    run(spec, frame(11), x, dy, dw, end=spec.units(current()), writes=(0, -1))
    same_bits(dw, tree(list(partial)))
