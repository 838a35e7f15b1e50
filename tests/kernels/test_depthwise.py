"""Depthwise kernels on small integers, whose sums are exact: the tolerance is zero, on every target that runs here."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from konv.kernels.code.processor import current, named
from konv.kernels.code.target import Target
from konv.kernels.products.depthwise import Depthwise, DepthwiseWeightGradient, depthwise_data_gradient
from konv.kernels.products.taps import Taps
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.record import Array, Run
from konv.shapes import Axis
from tests.kernels.helpers import fused, run, same_bits, short, stretch, unset
from tests.kernels.test_targets import LEVELS, runs_here


class Case(NamedTuple):
    """A depthwise convolution and its arrays, all of small integers, on one of the levels of x86-64."""

    op: DepthwiseConv2D
    axes: tuple[Axis, ...]
    x: Array
    w: Array
    b: Array
    dy: Array
    rng: np.random.Generator
    target: Target

    @property
    def dtype(self) -> str:
        return str(self.x.dtype)

    def integers(self, *shape: int) -> Array:
        return self.rng.integers(-4, 5, shape).astype(self.dtype)


def case(seed: int) -> Case:
    """Any kernel, stride, padding and dilation; from 1 to 50 channels, each making up to four."""
    rng = np.random.default_rng(seed)
    dtype = str(rng.choice(["float32", "float64"]))

    def two(low: int, high: int) -> tuple[int, int]:
        return int(rng.integers(low, high)), int(rng.integers(low, high))

    kernel, strides, dilation = two(1, 5), two(1, 4), two(1, 4)
    padding = ("valid", "same", (two(0, 5), two(0, 5)))[rng.integers(3)]
    multiplier, channels = int(rng.choice([1, 1, 2, 3, 4])), int(rng.integers(1, rng.choice([5, 51])))
    op = DepthwiseConv2D(kernel, strides, padding, multiplier, dilation)
    sizes = ((k - 1) * d + int(rng.integers(1, most)) for k, d, most in zip(kernel, dilation, (9, 22), strict=True))
    shape = (int(rng.integers(1, 4)), *sizes, channels)
    levels = [level for level in LEVELS if runs_here(level)]
    target = named(levels[seed % len(levels)]) if levels else current()
    made = Case(op, op.window(shape[1:]), np.zeros(shape, dtype), *[np.zeros(0)] * 3, rng, target)  # type: ignore[arg-type]
    return made._replace(
        x=made.integers(*shape),
        w=made.integers(*kernel, channels, multiplier),
        b=made.integers(channels * multiplier),
        dy=made.integers(shape[0], *op.output_shape(shape[1:])),
    )


def test_forward(seed: int) -> None:
    """Some of the rows, with or without bias, with what is fused."""
    c = case(seed)
    bias, finish = bool(c.rng.random() < 0.5), str(c.rng.choice(["", "relu", "gate"]))
    gate = c.integers(*c.dy.shape)
    expected = c.op.forward((c.x,), (c.w, c.b * bias), Run())
    expected = {"": expected, "relu": np.maximum(expected, 0), "gate": np.where(gate > 0, expected, 0)}[finish]
    rows, columns = (Taps.forward(axis) for axis in c.axes)
    spec = Depthwise(c.dtype, rows, columns, c.op.kernel, c.x.shape[3], c.op.multiplier, bias=bias, finish=finish)
    y = unset(c.dy.shape, c.dtype)
    count = y.shape[0] * y.shape[1]
    begin, end = stretch(c.rng, count)
    others = [c.b] * bias + [gate] * (finish == "gate")
    run(spec, c.x, c.w, *others, y, begin=begin, end=end, target=c.target)
    found, wanted = y.reshape(count, -1), expected.reshape(count, -1)
    np.testing.assert_array_equal(found[begin:end], wanted[begin:end])
    assert np.isnan(np.delete(found, np.s_[begin:end], 0)).all()


def test_data_gradient(seed: int) -> None:
    """The parts for all residues of the strides, put together, through the ReLU that made x or not."""
    c = case(seed)
    gate = bool(c.rng.random() < 0.5)
    (expected,), _ = c.op.backward(c.dy, (c.x,), (c.w, c.b), c.dy, Run())
    dx = unset(c.x.shape, c.dtype)
    for part in depthwise_data_gradient(c.axes, c.x.shape[3], c.op.multiplier, c.dtype):
        spec = replace(part, finish="gate" if gate else "")
        run(spec, c.dy, c.w, *[c.x] * gate, dx, end=len(c.x) * spec.rows.positions, target=c.target)
    np.testing.assert_array_equal(dx, np.where(c.x > 0, expected, 0) if gate else expected)


def test_weight_gradient(seed: int) -> None:
    """Some of the rows, added to one of the leaves."""
    c = case(seed)
    rows = c.dy.shape[0] * c.dy.shape[1]
    begin, end = stretch(c.rng, rows)
    partial = c.integers(3, *c.w.shape)
    expected, some = partial.copy(), np.zeros_like(c.dy)
    some.reshape(rows, -1)[begin:end] = c.dy.reshape(rows, -1)[begin:end]
    expected[1] += c.op.backward(some, (c.x,), (c.w, c.b), some, Run()).weights[0]
    spec = DepthwiseWeightGradient(c.dtype, *(Taps.forward(axis) for axis in c.axes), c.x.shape[3], c.op.multiplier)
    run(spec, c.x, c.dy, partial, begin=begin, end=end, leaf=1, target=c.target)
    np.testing.assert_array_equal(partial, expected)


@pytest.mark.parametrize(("channels", "multiplier"), [(1, 1), (19, 1), (33, 2)])
@pytest.mark.parametrize("level", LEVELS[1:])
def test_the_order_of_a_sum_is_that_of_the_taps(channels: int, multiplier: int, level: str) -> None:
    """Forward: taps row by row; weight gradient: images, rows, columns. Bit for bit, whatever the registers."""
    if not runs_here(level):
        pytest.skip(f"this processor cannot run {level}")
    rng, made = np.random.default_rng(1), channels * multiplier
    op = DepthwiseConv2D((3, 3), padding="same", multiplier=multiplier)
    rows, columns = (Taps.forward(axis) for axis in op.window((6, 17, channels)))
    x, w, dy = short(rng, 2, 6, 17, channels), short(rng, 3, 3, channels, multiplier), short(rng, 2, 6, 17, made)
    image = np.repeat(np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), multiplier, -1)
    y, dw = np.zeros_like(dy), np.zeros((3, 3, made), "float32")
    for u, v in np.ndindex(3, 3):
        y = fused(image[:, u : u + 6, v : v + 17], w[u, v].reshape(-1), y)
    for n, i, j in np.ndindex(2, 6, 17):
        dw = fused(image[n, i : i + 3, j : j + 3], dy[n, i, j], dw)
    out, partial = np.zeros_like(y), np.zeros_like(dw)
    forward = Depthwise("float32", rows, columns, (3, 3), channels, multiplier)
    run(forward, x, w, out, end=12, target=named(level))
    run(DepthwiseWeightGradient("float32", rows, columns, channels, multiplier), x, dy, partial, end=12,
        target=named(level))  # fmt: skip
    same_bits(out, y)
    same_bits(partial, dw)
