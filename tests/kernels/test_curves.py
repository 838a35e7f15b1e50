"""Kernels of activations that are curves, against the operations' references in float64."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.maps.curves import CURVES, Curve
from konv.ops.activation import sigmoid
from konv.ops.curves import ELU, GELU, ClippedReLU, Exponential, HardSigmoid, HardSiLU, SiLU, Softplus, Softsign
from konv.ops.record import Array, Run
from tests.kernels.helpers import run, same_bits, stretch, unset

KINDS = [
    ClippedReLU(0.3), ClippedReLU(0.1, 0.5, 1.5), ClippedReLU(most=6.0), ELU(0.7), ELU(1.6, 1.05), SiLU(),
    HardSigmoid(), HardSigmoid(0.2), HardSiLU(), Softplus(), Softsign(), Exponential(), GELU(), GELU(True),
]  # fmt: skip
each = pytest.mark.parametrize("op", KINDS, ids=str)
both = pytest.mark.parametrize("dtype", ["float32", "float64"])
UNITS = 8
"""How many units in the last place of the largest number a curve adds up a kernel may be off."""


def test_every_curve_is_here() -> None:
    assert {op.curve for op in KINDS} == set(CURVES)


def inputs(size: int, dtype: str) -> Array:
    rng = np.random.default_rng(size)
    x = rng.normal(size=(6, size)) * rng.choice([1e-3, 1, 4, 30], (6, size))
    return x.astype(dtype)


@both
@each
@pytest.mark.parametrize("size", [1, 45, 512])
def test_value_and_gradient(op: ClippedReLU, dtype: str, size: int) -> None:
    """Some of the samples, into an array of its own and in place; the exact result's size is that of x, 1 and y."""
    x, dy = inputs(size, dtype), np.random.default_rng(1).normal(size=(6, size)).astype(dtype)
    wide, given = x.astype("float64"), dy.astype("float64")
    y = op.forward((wide,), (), Run())
    (dx,) = op.backward(given, (wide,), (), y, Run()).inputs
    assert dx is not None
    begin, end = stretch(np.random.default_rng(size), 6)
    unit = UNITS * np.finfo(dtype).eps
    for spec, arguments, exact, scale in (
        (Curve(dtype, op.curve, size, op.constants), (x,), y, np.maximum(np.minimum(abs(wide), 1), abs(y))),
        (Curve(dtype, op.curve, size, op.constants, True), (x, dy), dx, abs(given) + abs(dx)),
    ):
        out = unset(x.shape, dtype)
        run(spec, *arguments, out, begin=begin, end=end)
        assert (abs(out - exact)[begin:end] <= unit * scale[begin:end]).all()
        assert np.isnan(np.delete(out, np.s_[begin:end], 0)).all()
        last = arguments[-1].copy()
        run(spec, *arguments[:-1], last, last, begin=begin, end=end)
        same_bits(last[begin:end], out[begin:end])


@both
@each
def test_far_out_and_not_a_number(op: ClippedReLU, dtype: str) -> None:
    """What is huge gives what the reference gives; a NaN stays one, forward."""
    x = np.array([[-3e38, -1e30, -200, 0, 200, 1e30, 3e38, np.nan]], dtype)
    dy = np.ones_like(x)
    with np.errstate(all="ignore"):
        y = op.forward((x,), (), Run())
        (dx,) = op.backward(dy, (x,), (), y, Run()).inputs
    assert dx is not None
    out = unset(x.shape, dtype)
    run(Curve(dtype, op.curve, x.size, op.constants), x, out, end=1)
    tiny = np.finfo(dtype).tiny
    np.testing.assert_allclose(out, y, rtol=1e-5 if dtype == "float32" else 1e-12, atol=tiny)
    run(Curve(dtype, op.curve, x.size, op.constants, True), x, dy, out, end=1)
    np.testing.assert_allclose(out[:, :-1], dx[:, :-1], rtol=1e-5 if dtype == "float32" else 1e-12, atol=tiny)


def test_parts_of_curves_that_are_exact() -> None:
    """Multiples of a quarter: nothing is rounded."""
    x = np.arange(-16, 16, dtype="float32")[None] / 4
    for op in (ClippedReLU(0.5, 1.0, 2.5), ClippedReLU(most=2.0), HardSigmoid(0.25)):
        out = unset(x.shape, "float32")
        run(Curve("float32", op.curve, x.size, op.constants), x, out, end=1)
        np.testing.assert_array_equal(out, op.forward((x,), (), Run()))


def test_softplus_and_elu_lose_nothing_near_their_bend() -> None:
    """Both are sums with a 1 in them that would swallow what is small."""
    x = np.array([[-1e-7, -1e-30, -60, -80]], "float32")
    out = unset(x.shape, "float32")
    run(Curve("float32", "elu", 4, (1.0, 1.0)), x, out, end=1)
    np.testing.assert_allclose(out, np.expm1(x.astype("float64")), rtol=3e-7)
    run(Curve("float32", "softplus", 4), x, out, end=1)
    np.testing.assert_allclose(out, np.log1p(np.exp(x.astype("float64"))), rtol=1e-6)
    run(Curve("float32", "softplus", 4, (), True), x, np.ones_like(x), out, end=1)
    np.testing.assert_allclose(out, sigmoid(x.astype("float64")), rtol=1e-6)
