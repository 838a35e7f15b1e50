"""Every blocking a kernel allows, not only the planned one: drawn at random, exact on small integers, for each kind of
vector registers there is; and, where products and sums are rounded once, the same bits as the planned one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from konv.kernels.code.processor import named
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import WIDEST
from konv.kernels.products.convolution import Convolution, data_gradient
from konv.kernels.products.dense import Dense, DenseWeightGradient
from konv.kernels.products.product_spec import ProductSpec
from konv.kernels.products.taps import Taps
from konv.kernels.products.weight_gradient import WeightGradient, by_places
from konv.kernels.products.whole_gradient import WholeWeightGradient
from konv.ops.record import Array, Run
from konv.shapes import Axis
from tests.kernels.helpers import frame, packed, run, same_bits, short, unset, wide
from tests.kernels.test_convolution import case
from tests.kernels.test_dense import sizes
from tests.kernels.test_targets import LEVELS, runs_here

CONVOLUTIONS = (
    Convolution("float32", Taps.forward(Axis(9, 3, 1, 1, 1, 1)), Taps.forward(Axis(31, 3, 1, 1, 1, 1)), (3, 3), 8, 100),
    WeightGradient("float32", *(Taps.forward(Axis(9, 3, 1, 1, 1, 1)),) * 2, 40, 70),
    WeightGradient("float64", *(Taps.forward(Axis(9, 3, 1, 1, 1, 1)),) * 2, 3, 70),
    Dense("float32", 128, 30, 100),
    DenseWeightGradient("float64", 32, 50, 100),
)


def level(seed: int) -> Target:
    """The levels of x86-64 that run here, in turn; the vectors and registers of AVX-512 also where it is missing."""
    here = [named(cpu) for cpu in LEVELS if runs_here(cpu)]
    if not here:
        pytest.skip("this processor runs no level of x86-64")
    if len(here) < len(LEVELS):
        here.append(wide())
    return here[seed % len(here)]


def drawn(spec: ProductSpec, target: Target, rng: np.random.Generator) -> Target:
    """`target`, remembering a blocking of `spec` drawn from all that it allows."""
    while True:
        tile = int(rng.integers(1, target.registers)), int(rng.integers(1, WIDEST + 1))
        others = (int(rng.integers(1, 20)) for _ in spec.planned(target)[2:])
        if spec.allows(blocking := (*tile, *others), target):
            found = replace(target, choices=((repr(spec), blocking),))
            assert spec.blocking(found) == blocking
            return found


def test_convolution(seed: int) -> None:
    c, finish = case(seed), ("", "relu", "gate")[seed % 3]
    spec = c.forward(bias=True, finish=finish)
    target = drawn(spec, level(seed), c.rng)
    gate, y = c.integers(*c.dy.shape), unset(c.dy.shape, c.dtype)
    w = packed(spec, c.w, c.op.groups, target=target)
    run(spec, c.x, w, c.b, *[gate] * (finish == "gate"), y, end=len(y) * y.shape[1], target=target)
    wanted = c.op.forward((c.x,), (c.w, c.b), Run())
    wanted = {"": wanted, "relu": np.maximum(wanted, 0), "gate": np.where(gate > 0, wanted, 0)}[finish]
    np.testing.assert_array_equal(y, wanted)


def test_data_gradient(seed: int) -> None:
    c = case(seed)
    (wanted,), _ = c.op.backward(c.dy, (c.x,), (c.w, c.b), c.dy, Run())
    dx = unset(c.x.shape, c.dtype)
    for spec in data_gradient(c.axes, *c.part, c.op.groups, c.dtype):
        target = drawn(spec, level(seed), c.rng)
        w = packed(spec, c.w, c.op.groups, turned=True, target=target)
        run(spec, c.dy, w, dx, end=len(c.x) * spec.rows.positions, target=target)
    np.testing.assert_array_equal(dx, wanted)


def test_weight_gradient(seed: int) -> None:
    c = case(seed)
    spec = WeightGradient(c.dtype, *(Taps.forward(axis) for axis in c.axes), *c.part, c.op.groups)
    partial = np.zeros((1, *c.w.shape), c.dtype)
    run(spec, c.x, c.dy, partial, end=len(c.x) * spec.rows.positions, target=drawn(spec, level(seed), c.rng))
    wanted = c.op.backward(c.dy, (c.x,), (c.w, c.b), c.dy, Run()).weights[0]
    np.testing.assert_array_equal(partial[0], wanted)


def test_weight_gradient_place_by_place(seed: int) -> None:
    """Of places seen by themselves, chunks of any length: leaf by leaf, across images, and cut by what is made."""
    rng = np.random.default_rng(seed)
    dtype, n = str(rng.choice(["float32", "float64"])), int(rng.integers(1, 20))
    inputs, outputs, height, width = (int(rng.integers(1, most)) for most in (240, 140, 8, 8))
    axes = by_places(*(Taps.forward(Axis(size, 1)) for size in (height, width)))
    x, dy = (rng.integers(-4, 5, (n * height * width, channels)).astype(dtype) for channels in (inputs, outputs))
    leaf, whole = (kind(dtype, *axes, inputs, outputs) for kind in (WeightGradient, WholeWeightGradient))
    target, other = (drawn(spec, level(seed), rng) for spec in (leaf, whole))

    begin, end = sorted(int(v) for v in rng.integers(0, len(x) + 1, 2))
    partial = np.ones((2, inputs, outputs), dtype)
    run(leaf, x, dy, partial, begin=begin, end=end, leaf=1, target=target)
    np.testing.assert_array_equal(partial[0], 1)
    np.testing.assert_array_equal(partial[1], 1 + x[begin:end].T @ dy[begin:end])

    dw = unset((inputs, outputs), dtype)
    run(whole, frame(n), x, dy, dw, end=whole.units(other), target=other, writes=(0, -1))
    np.testing.assert_array_equal(dw, x.T @ dy)


def test_dense(seed: int) -> None:
    """Forward and weight gradient."""
    rng, dtype, (n, most, places, inputs, outputs) = sizes(seed)
    spec = Dense(dtype, most * places, inputs, outputs, places)
    gradient = DenseWeightGradient(dtype, most * places + 64, inputs, outputs)
    target, other = (drawn(s, level(seed), rng) for s in (spec, gradient))
    rows = spec.tile(target).rows * spec.blocks(spec.rows, target)

    def integers(*shape: int) -> Array:
        return rng.integers(-4, 5, shape).astype(dtype)

    x, w, y = integers(rows, inputs), integers(inputs, outputs), unset((rows, outputs), dtype)
    units = spec.units(target)
    run(spec, frame(n), x, packed(spec, w, target=target), y, end=units, target=target)
    np.testing.assert_array_equal(y[: n * places], (x @ w)[: n * places])

    dy, dw = integers(rows, outputs), unset(w.shape, dtype)
    run(gradient, frame(rows), x, dy, dw, end=gradient.units(other), target=other, writes=(0, -1))
    np.testing.assert_array_equal(dw, x.T @ dy)


@pytest.mark.parametrize("turn", range(6))
def test_rounded_sums_have_the_same_bits(turn: int) -> None:
    """Not only exact ones: on a processor that rounds a product and its sum once, no blocking changes a bit."""
    if not runs_here("x86-64-v3"):
        pytest.skip("this processor cannot run x86-64-v3")
    rng = np.random.default_rng(turn)
    x, w, dy = short(rng, 2, 9, 9, 11), short(rng, 3, 3, 11, 37), short(rng, 2, 9, 9, 37)
    taps = Taps.forward(Axis(9, 3, 1, 1, 1, 1))
    forward = Convolution("float32", taps, taps, (3, 3), 11, 37)
    gradient = WeightGradient("float32", taps, taps, 11, 37)
    found = []
    for target in (named("x86-64-v3"), drawn(forward, named("x86-64-v3"), rng)):
        y = unset(dy.shape, "float32")
        run(forward, x, packed(forward, w, target=target), y, end=18, target=target)
        found.append(y)
    same_bits(*found)
    found = []
    for target in (named("x86-64-v3"), drawn(gradient, named("x86-64-v3"), rng)):
        dw = np.zeros((1, *w.shape), "float32")
        run(gradient, x, dy, dw, end=18, target=target)
        found.append(dw)
    same_bits(*found)


@pytest.mark.parametrize("cpu", LEVELS)
@pytest.mark.parametrize("spec", CONVOLUTIONS, ids=lambda spec: spec.kind)
def test_choices_are_several_possible_ones_the_planned_first(spec: ProductSpec, cpu: str) -> None:
    target = named(cpu)
    choices = spec.choices(target)
    assert choices[0] == spec.planned(target)
    assert 3 <= len(set(choices)) == len(choices) <= 16
    assert all(spec.allows(blocking, target) for blocking in choices)


@pytest.mark.parametrize("spec", CONVOLUTIONS, ids=lambda spec: spec.kind)
def test_what_is_not_possible_is_not_used(spec: ProductSpec) -> None:
    """However it came to be remembered: the planned blocking is used, and the symbol is that of it."""
    plain = named("x86-64-v4")
    rest = spec.planned(plain)[2:]
    for wrong in ((), (1,), (0, 1, *rest), (1, 0, *rest), (31, 1, *rest), (8, 4, *rest), (1, 9, *rest), (1, 1, 1, 1),
                  (4, 2, 10**6) if rest else (4, 2, 1), (-3, 2, *rest)):  # fmt: skip
        target = replace(plain, choices=((repr(spec), wrong),))
        assert spec.blocking(target) == spec.planned(plain)
        assert spec.symbol(target) == spec.symbol(plain)
    right = replace(plain, choices=((repr(spec), (2, 1, *rest)),))
    assert spec.tile(right) == (2, 1)
    assert spec.symbol(right) != spec.symbol(plain)
