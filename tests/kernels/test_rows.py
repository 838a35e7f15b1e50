"""Softmax and losses, against the references in float64 and a bound from the roundings made."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.training.rows import LossRows, Softmax, SoftmaxGradient
from konv.ops import activation
from konv.ops.loss import BinaryCrossentropy, CategoricalCrossentropy, Loss, MeanSquaredError
from konv.ops.margin import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    SquaredHinge,
)
from konv.ops.record import Array, Run
from konv.ops.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
)
from tests.kernels.helpers import frame, run, stretch, unset

LOSSES: dict[str, Loss] = {
    "softmax": CategoricalCrossentropy(from_logits=True),
    "categorical": CategoricalCrossentropy(),
    "sigmoid": BinaryCrossentropy(from_logits=True),
    "binary": BinaryCrossentropy(),
    "squares": MeanSquaredError(),
    "absolute": MeanAbsoluteError(),
    "percentage": MeanAbsolutePercentageError(),
    "logarithmic": MeanSquaredLogarithmicError(),
    "huber": Huber(0.5),
    "log_cosh": LogCosh(),
    "poisson": Poisson(),
    "cosine": CosineSimilarity(),
    "hinge": Hinge(),
    "squared_hinge": SquaredHinge(),
    "categorical_hinge": CategoricalHinge(),
    "divergence": KLDivergence(),
    "binary_focal": BinaryFocalCrossentropy(False, True, 0.3, 1.5),
    "sigmoid_focal": BinaryFocalCrossentropy(True),
    "categorical_focal": CategoricalFocalCrossentropy(gamma=0.5),
    "softmax_focal": CategoricalFocalCrossentropy(True),
}


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def eps(dtype: str) -> float:
    return float(np.finfo(dtype).eps)


@pytest.mark.parametrize("size", [1, 2, 8, 10, 16, 33, 100])
def test_softmax(size: int, dtype: str) -> None:
    """e^(x − m): the difference is rounded once, which counts for |x − m| units; then sum, quotient and product."""
    x = (np.random.default_rng(size).normal(size=(7, size)) * 8).astype(dtype)
    begin, end = stretch(np.random.default_rng(size), 7)
    y = unset(x.shape, dtype)
    run(Softmax(dtype, size), x, y, begin=begin, end=end)
    exact = activation.softmax(x.astype("float64"))
    below = x.max(1, keepdims=True) - x
    bound = (below.max() + size + 6) * eps(dtype) * exact
    assert (abs(y - exact) <= bound)[begin:end].all()
    assert np.isnan(np.delete(y, np.s_[begin:end], 0)).all()
    run(Softmax(dtype, size), x, x, begin=begin, end=end)
    np.testing.assert_array_equal(x[begin:end], y[begin:end])


def test_softmax_of_extreme_scores(dtype: str) -> None:
    largest = float(np.finfo(dtype).max)
    x = np.array([[1e4, 0, -1e4], [-np.inf, 3, 3], [-largest, 0, -np.inf], [np.nan, 1, 2], [1, 2, np.nan]], dtype)
    y = np.zeros_like(x)
    run(Softmax(dtype, 3), x, y, end=5)
    np.testing.assert_array_equal(y, [[1, 0, 0], [0, 0.5, 0.5], [0, 1, 0], [np.nan] * 3, [np.nan] * 3])


@pytest.mark.parametrize("size", [1, 2, 8, 10, 16, 33, 100])
def test_softmax_gradient(size: int, dtype: str) -> None:
    rng = np.random.default_rng(size)
    y = activation.softmax(rng.normal(size=(7, size)) * 3).astype(dtype)
    dy = rng.normal(size=(7, size)).astype(dtype)
    wide_y, wide = y.astype("float64"), dy.astype("float64")
    exact = activation.Softmax().backward(wide, (wide,), (), wide_y, Run()).inputs[0]
    bound = (size + 4) * eps(dtype) * wide_y * (abs(wide) + (abs(wide) * wide_y).sum(1, keepdims=True))
    dx = unset(y.shape, dtype)
    run(SoftmaxGradient(dtype, size), y, dy, dx, begin=1, end=6)
    assert (abs(dx - exact) <= bound)[1:6].all()
    assert np.isnan(dx[[0, 6]]).all()


def example(how: str, shape: tuple[int, ...], dtype: str) -> tuple[Array, Array]:
    """Scores or probabilities, and targets that fit."""
    rng = np.random.default_rng(sum(shape))
    between = isinstance(LOSSES[how], (Poisson, KLDivergence, MeanSquaredLogarithmicError))
    between = between or "categorical" in how or how.startswith("binary")
    z = rng.uniform(0.01, 0.99, shape) if between else rng.normal(size=shape) * 3
    if how.startswith("softmax") or "categorical" in how:
        t = np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
        t[0] = t[0] * 0.5 + 0.5 / shape[-1]  # smoothed
    else:
        whole = how.startswith(("sigmoid", "binary")) or "hinge" in how
        t = rng.integers(0, 2, shape).astype("float64") if whole else rng.uniform(0.1, 1, shape)
        t = 2 * t - 1 if "hinge" in how else t
    return z.astype(dtype), t.astype(dtype)


OLD = ("softmax", "categorical", "sigmoid", "binary", "squares")
CASES = [(how, places, size) for how in OLD for places in (1, 3) for size in (1, 2, 10, 16, 37)]
CASES += [(how, places, size) for how in LOSSES if how not in OLD for places, size in ((1, 37), (3, 3))]


@pytest.mark.parametrize("gradient", [True, False])
@pytest.mark.parametrize(("how", "places", "size"), CASES)
def test_loss(how: str, places: int, size: int, gradient: bool, dtype: str) -> None:
    """Some of the samples. Every term of a loss or gradient is below 200 here, and goes through few roundings."""
    z, t = example(how, (5, places, size), dtype)
    weight = np.array([1, 0.5, 0, 3, 0.1], dtype)
    loss, dz, told = unset((5,), dtype), unset(z.shape, dtype), frame(5)
    spec = LossRows(dtype, how, places, size, gradient, parameters=LOSSES[how].parameters)
    outputs = [loss, dz] if gradient else [loss]
    run(spec, told, z, t, weight, *outputs, begin=1, end=5, writes=(0, 4, 5) if gradient else (0, 4))

    exact = LOSSES[how].forward(t.astype("float64"), z.astype("float64"))
    np.testing.assert_allclose(loss[1:], exact[1:], rtol=(size + 20) * eps(dtype), atol=20 * eps(dtype))
    assert np.isnan(loss[0])
    np.testing.assert_array_equal(told, frame(5))
    if gradient:
        by_sample = LOSSES[how].backward(t.astype("float64"), z.astype("float64"))
        expected = by_sample * weight.astype("float64")[:, None, None]
        scale = abs(by_sample).max() * weight[:, None, None]
        assert (abs(dz - expected) <= (size + 30) * eps(dtype) * scale)[1:].all()
        assert np.isnan(dz[0]).all()


@pytest.mark.parametrize("how", ["softmax", "sigmoid"])
def test_scores_far_out_give_exact_losses(how: str, dtype: str) -> None:
    """Nothing overflows: the loss is the distance, the gradient ±1."""
    z = np.array([[2000, -2000], [-2000, 2000]], dtype)
    t = np.array([[0, 1], [0, 1]], dtype)
    loss, dz, told = unset((2,), dtype), unset((2, 2), dtype), frame(2)
    run(LossRows(dtype, how, 1, 2, True), told, z, t, np.ones(2, dtype), loss, dz, end=2, writes=(0, 4, 5))
    np.testing.assert_array_equal(loss, [4000 if how == "softmax" else 2000, 0])
    np.testing.assert_array_equal(dz * (1 if how == "softmax" else 2), [[1, -1], [0, 0]])
    np.testing.assert_array_equal(told, frame(2))


@pytest.mark.parametrize("how", ["categorical", "binary"])
def test_probabilities_of_0_and_1_are_clipped(how: str, dtype: str) -> None:
    """Finite losses as of the reference, and no gradient through a clipped probability."""
    z, t = np.array([[0, 1], [1, 0], [0.25, 0.75]], dtype), np.array([[1, 0], [1, 0], [1, 0]], dtype)
    loss, dz, told = unset((3,), dtype), unset((3, 2), dtype), frame(3)
    run(LossRows(dtype, how, 1, 2, True), told, z, t, np.ones(3, dtype), loss, dz, end=3, writes=(0, 4, 5))
    np.testing.assert_allclose(loss, LOSSES[how].forward(t, z), rtol=8 * eps(dtype))
    np.testing.assert_allclose(dz, LOSSES[how].backward(t, z), rtol=8 * eps(dtype), atol=0)
    np.testing.assert_array_equal(dz[:2], 0)
    np.testing.assert_array_equal(told, frame(3))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("how", [*OLD, "huber", "cosine", "categorical_hinge", "softmax_focal"])
def test_a_number_that_is_not_finite_sets_the_flag(how: str, bad: float, dtype: str) -> None:
    """Even where the loss clips it, so that the loss is finite."""
    z, t = example(how, (4, 2, 21), dtype)
    z[2, 1, 19] = bad
    with np.errstate(all="ignore"):
        expected = LOSSES[how].forward(t, z)
    loss, told = unset((4,), dtype), frame(4)
    spec = LossRows(dtype, how, 2, 21, False, parameters=LOSSES[how].parameters)
    run(spec, told, z, t, np.ones(4, dtype), loss, end=4, writes=(0, 4))
    np.testing.assert_array_equal(np.isfinite(loss), np.isfinite(expected))
    assert told[1] == 1
