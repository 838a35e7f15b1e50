"""Winograd kernels: exact on integers where the transforms are, within the derived bound elsewhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from konv.kernels.code import processor
from konv.kernels.code.processor import current, host
from konv.kernels.products.convolution import data_gradient
from konv.kernels.products.taps import Taps
from konv.kernels.winograd.algorithm import choose, choose_gradient
from konv.kernels.winograd.convolution import Winograd, WinogradGradient
from konv.kernels.winograd.tiling import Tiling
from konv.kernels.winograd.weights import WinogradGradientBack, WinogradWeights
from konv.ops.convolution import Conv2D
from konv.ops.record import Array, Run
from tests.kernels import bounds
from tests.kernels.helpers import run, runs_here, same_bits, unset, wide

SEEDS = 6
"""Kernels over tiles take long to compile."""


@pytest.fixture(
    params=["within the bound", "exact", "exact on x86-64-v2", "exact on x86-64-v3", "exact on wide vectors"]
)
def exact(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the case is of integers with zero tolerance; then also for each kind of x86-64 vectors."""
    cpu = request.param.removeprefix("exact").removeprefix(" on ")
    if cpu == "wide vectors":
        target = wide()
        monkeypatch.setattr(processor, "host", lambda: target)
    elif cpu.startswith("x86"):
        if not runs_here(cpu):
            pytest.skip(f"this processor cannot run {cpu}")
        monkeypatch.setenv("KONV_CPU", cpu)
    return bool(request.param.startswith("exact"))


class Case(NamedTuple):
    """A convolution of stride 1, how its map is cut, and its arrays."""

    op: Conv2D
    tiling: Tiling
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

    def gradients(self) -> tuple[Array, Array]:
        """dx and dw of the reference, in float64."""
        wide = [a.astype("float64") for a in (self.dy, self.x, self.w)]
        found = self.op.backward(wide[0], (wide[1],), (wide[2], self.b.astype("float64")), self.dy, Run())
        assert found.inputs[0] is not None
        return found.inputs[0], found.weights[0]

    def back(self) -> Tiling:
        """How the data gradient's map is cut."""
        rows, columns = (Taps.backward(axis)[0] for axis in self.op.window(self.x.shape[1:]))
        return self.tiling._replace(rows=rows, columns=columns)


def case(seed: int, exact: bool = False) -> Case:
    """Any padding, groups, channels from 1 to 40, maps of 1 to 13 rows; groups of images or parts of them."""
    rng = np.random.default_rng(seed)
    taps, size = [(3, 2), (3, 4), (5, 2)][0 if exact else rng.integers(3)]
    dtype = str(rng.choice(["float32", "float64"]))
    groups = int(rng.choice([1, 1, 2]))
    inputs, outputs = (int(rng.integers(1, rng.choice([5, 20, 41]))) for _ in range(2))
    pads = tuple((int(rng.integers(0, taps)), int(rng.integers(0, taps))) for _ in range(2))
    padding = ("valid", "same", pads)[rng.integers(3)]
    height, width = (taps - 1 + int(rng.integers(1, 13)) for _ in range(2))
    op = Conv2D(outputs * groups, (taps, taps), (1, 1), padding, groups=groups)
    shape = (int(rng.integers(1, 5)), height, width, inputs * groups)
    rows, columns = (Taps.forward(axis) for axis in op.window(shape[1:]))
    tiling = Tiling(rows, columns, size)
    together = {"images": int(rng.integers(1, 4))} if rng.random() < 0.5 else {"pieces": int(rng.integers(1, 6))}
    tiling = tiling._replace(**together)

    def numbers(*shape: int, times: int = 1) -> Array:
        if exact:
            return (times * rng.integers(-4, 5, shape)).astype(dtype)
        return rng.standard_normal(shape).astype(dtype)

    return Case(
        op, tiling, numbers(*shape), numbers(taps, taps, inputs, outputs * groups, times=4), numbers(outputs * groups),
        numbers(shape[0], *op.output_shape(shape[1:])), rng,
    )  # fmt: skip


def made(c: Case, spec: Winograd, *arguments: Array, turned: bool = False) -> Array:
    """What `spec` makes of `arguments`, the first of which it convolves; in two calls."""
    target = current()
    pack = WinogradWeights.of(spec, target, turned)
    weights = unset((pack.size(target),), c.dtype)
    run(pack, c.w, weights, end=pack.units(target))
    shape = (len(c.x), spec.tiling.rows.positions, spec.tiling.columns.positions, spec.outputs * spec.groups)
    y = unset(shape, c.dtype)
    units = len(c.x) * spec.units()
    middle = int(c.rng.integers(0, units + 1))
    for begin, end in ((0, middle), (middle, units)):
        run(spec, arguments[0], weights, *arguments[1:], y, begin=begin, end=end)
    return y


def check(found: Array, expected: Array, bound: Array, exact: bool) -> None:
    if exact:
        np.testing.assert_array_equal(found, expected)
    else:
        worst = np.max(np.abs(found - expected) / np.maximum(bound, 1e-300))
        assert worst <= 1, f"{worst:.2f} times the bound"


def grouped(c: Case, x: Array, w: Array, tiling: Tiling) -> Array:
    """The bound of a convolution in groups."""
    parts = zip(np.split(x, c.op.groups, -1), np.split(w, c.op.groups, -1), strict=True)
    return np.concatenate([bounds.forward(*part, tiling, c.dtype) for part in parts], -1)


def test_forward(seed: int, exact: bool) -> None:
    """With bias and ReLU."""
    c = case(seed, exact)
    spec = Winograd(c.dtype, c.tiling, *c.part, c.op.groups, bias=True, finish="relu")
    expected = np.maximum(c.op.forward((c.x.astype("float64"),), (c.w.astype("float64"), c.b), Run()), 0)
    bound = grouped(c, c.x, c.w, c.tiling) + np.abs(c.b) * np.finfo(c.dtype).eps
    check(made(c, spec, c.x, c.b), expected, bound, exact)


def test_data_gradient(seed: int, exact: bool) -> None:
    """The same kernel with turned weights, zero where the gate is closed."""
    c = case(seed, exact)
    inputs, outputs = c.part
    gate = c.rng.integers(-1, 2, c.x.shape).astype(c.dtype)
    spec = Winograd(c.dtype, c.back(), outputs, inputs, c.op.groups, finish="gate")
    turned = np.concatenate([g[::-1, ::-1].swapaxes(2, 3) for g in np.split(c.w, c.op.groups, -1)], -1)
    found = made(c, spec, c.dy, gate, turned=True)
    check(found, np.where(gate > 0, c.gradients()[0], 0), grouped(c, c.dy, turned, c.back()), exact)


def test_weight_gradient(seed: int, exact: bool) -> None:
    """In two calls, then brought back to one leaf, on top of what it holds."""
    c = case(seed, exact)
    if exact:  # the way back halves twice along each axis
        c = c._replace(dy=4 * c.dy)
    target, leaf = current(), int(c.rng.integers(0, 8))
    spec = WinogradGradient(c.dtype, c.tiling, *c.part, c.op.groups)
    du = np.zeros(spec.size(target), c.dtype)
    units = len(c.x) * spec.units()
    middle = int(c.rng.integers(0, len(c.x) + 1)) * spec.units()
    for begin, end in ((0, middle), (middle, units)):
        run(spec, c.x, c.dy, du, begin=begin, end=end)
    held = c.rng.integers(-4, 5, (8, *c.w.shape)).astype(c.dtype)
    dw = held.copy()
    run(WinogradGradientBack.of(spec, target), du, dw, end=0, leaf=leaf)
    same_bits(np.delete(dw, leaf, 0), np.delete(held, leaf, 0))
    parts = zip(np.split(c.x, c.op.groups, -1), np.split(c.dy, c.op.groups, -1), strict=True)
    bound = np.concatenate([bounds.gradient(*part, c.tiling, c.dtype) for part in parts], -1)
    bound += np.finfo(c.dtype).eps * (np.abs(held[leaf]) + np.abs(c.gradients()[1]))
    check(dw[leaf], held[leaf] + c.gradients()[1], bound, exact)


def test_groups_change_no_bit(seed: int) -> None:
    """However tiles are grouped and work is cut, forward and gradients are the same, bit for bit."""
    c = case(seed)
    sums = []
    for images, pieces in ((1, 1), (3, 1), (1, 4)):
        spec = WinogradGradient(c.dtype, c.tiling._replace(images=images, pieces=pieces), *c.part, c.op.groups)
        sums.append(np.zeros(spec.size(current()), c.dtype))
        run(spec, c.x, c.dy, sums[-1], end=len(c.x) * spec.units())
    for other in sums[1:]:
        same_bits(sums[0], other)
    specs = [Winograd(c.dtype, c.tiling._replace(images=i, pieces=p), *c.part, c.op.groups) for i, p in
             ((1, 1), (3, 1), (1, 4))]  # fmt: skip
    first, *others = (made(c, spec, c.x) for spec in specs)
    for other in others:
        same_bits(first, other)


def test_a_tile_too_small_for_its_error_is_seen() -> None:
    """The bound is one that a wrong constant would break."""
    c = case(3)
    spec = Winograd(c.dtype, c.tiling, *c.part, c.op.groups)
    found = made(c, spec, c.x)
    expected = c.op.forward((c.x.astype("float64"),), (c.w.astype("float64"), 0 * c.b), Run())
    bound = grouped(c, c.x, c.w, c.tiling)
    assert (np.abs(found * np.asarray(1 + 1e-2, c.dtype) - expected) > bound).any()


def test_choice_is_for_whole_convolutions_of_stride_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strides, dilations, other kernels and few channels stay direct; so does all with KONV_DIRECT=1."""
    target = host()

    def chosen(channels: int = 64, kernel: int = 3, strides: int = 1, dilation: int = 1) -> bool:
        op = Conv2D(64, (kernel, kernel), (strides, strides), "same", (dilation, dilation))
        rows, columns = (Taps.forward(axis) for axis in op.window((28, 28, channels)))
        return choose(rows, columns, channels, 64, target, "float32", 32).tiling is not None

    assert chosen()
    assert not any([chosen(channels=3), chosen(kernel=1), chosen(strides=2), chosen(dilation=2), chosen(kernel=4)])
    monkeypatch.setenv("KONV_DIRECT", "1")
    assert not chosen()


def test_choice_does_not_depend_on_the_batch() -> None:
    """Forward, the algorithm is one for all batches: only the groups differ, which change no bit."""
    op = Conv2D(64, (3, 3), (1, 1), "same")
    rows, columns = (Taps.forward(axis) for axis in op.window((14, 14, 64)))
    found = {choose(rows, columns, 64, 64, host(), "float32", n).tiling for n in (1, 2, 5, 32, 1000)}
    assert len({t and t._replace(images=1, pieces=1) for t in found}) == 1


def test_a_gradient_must_pay_for_its_memory() -> None:
    """One small image a leaf is not worth a gradient of 512 × 512 channels; many are."""
    op = Conv2D(512, (3, 3), (1, 1), "same")
    rows, columns = (Taps.forward(axis) for axis in op.window((4, 4, 512)))
    kinds = [choose_gradient(rows, columns, 512, 512, host(), "float32", n).tiling for n in (8, 512)]
    assert kinds[0] is None
    assert kinds[1] is not None


def test_data_gradient_of_stride_one_is_one_kernel() -> None:
    """What the choice is asked about a data gradient is what its kernel is made of."""
    axes = Conv2D(8, (3, 3), (1, 1), "valid").window((9, 7, 8))
    (spec,) = data_gradient(axes, 8, 8, 1, "float32")
    assert [spec.rows, spec.columns] == [Taps.backward(axis)[0] for axis in axes]


def test_tiles_of_a_group_are_those_of_the_map() -> None:
    """Every position of the map is in one tile, whatever the tile's kind."""
    op = Conv2D(1, (3, 3), (1, 1), "valid")
    for height, width in ((3, 3), (5, 8), (6, 6), (13, 15), (10, 4)):
        tiling = Tiling(*(Taps.forward(axis) for axis in op.window((height + 2, width + 2, 1))), 4)
        assert tiling.tiles == -(-height // 4) * -(-width // 4)
        products = np.zeros((6, 6), int)
        for r in range(0, height, 4):
            for c in range(0, width, 4):
                products[: min(4, height - r) + 2, : min(4, width - c) + 2] += 1
        assert products.sum() == tiling.products()
