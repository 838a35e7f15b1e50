"""Kernels of several operands, reductions and moves: on small integers, so that nothing is rounded, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.maps.elementwise import FUNCTIONS, Elementwise
from konv.kernels.maps.moves import Fill, Move
from konv.kernels.sums.reduction import Reduction
from konv.ops.elementwise import VALUES
from tests.kernels.helpers import run, stretch, unset

EXACT = [
    "copy", "negative", "add", "subtract", "multiply", "maximum", "minimum", "square", "abs", "sign", "floor", "ceil",
    "round", "trunc", "relu", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and",
    "logical_or", "logical_not", "where", "kept", "dropped", "larger_gradient", "square_gradient",
    "reciprocal_gradient", "abs_gradient", "sigmoid_gradient", "tanh_gradient", "relu_gradient", "divide", "sqrt",
    "reciprocal", "sqrt_gradient",
]  # fmt: skip
CLOSE = sorted(set(FUNCTIONS) - set(EXACT))
SHAPES = [((5,), (5,)), ((3, 4, 7), (1, 1, 7)), ((3, 4, 7), (3, 1, 1)), ((2, 5, 33), (1, 5, 33)), ((1, 1), (1, 1)),
          ((4, 1, 3), (1, 1, 3)), ((2, 3, 2, 19), (2, 1, 2, 1))]  # fmt: skip


def operands(function: str) -> int:
    return FUNCTIONS[function].__code__.co_argcount - 1


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: str, positive: bool) -> np.ndarray:
    if positive:
        return rng.uniform(0.1, 4, shape).astype(dtype)
    return (rng.integers(-6, 7, shape) / 2).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", [*EXACT, *CLOSE])
def test_functions(function: str, dtype: str) -> None:
    """The results of exact arithmetic are equal; the others within four roundings of the result.

    A power is e^z with |z| ≤ 4 · ln 4 < 6: z is rounded twice, and its error, 6 roundings each time, is the result's.
    """
    rng = np.random.default_rng(len(function))
    for shape, small in SHAPES[:: 1 if function in ("add", "where") else 3]:
        shapes = [shape, small, shape, small, small][: operands(function)]
        arrays = [numbers(rng, (6, *s), dtype, function in CLOSE) for s in shapes]
        begin, end = stretch(rng, 6)
        with np.errstate(all="ignore"):
            expected = np.broadcast_to(np.asarray(VALUES[function](*arrays), dtype), (6, *shape))
        out = unset((6, *shape), dtype)
        run(Elementwise(dtype, function, shape, tuple(shapes)), *arrays, out, begin=begin, end=end)
        if function in EXACT:
            np.testing.assert_array_equal(out[begin:end], expected[begin:end])
        else:
            bound = (16 if "power" in function else 4) * np.finfo(dtype).eps
            np.testing.assert_allclose(out[begin:end], expected[begin:end], rtol=bound, atol=bound)
        assert np.isnan(np.delete(out, np.s_[begin:end], 0)).all()


def test_questions_about_what_is_no_number() -> None:
    x = np.array([[np.nan, np.inf, -np.inf, 0, 1e38, -1.5]], "float32")
    for function in ("isnan", "isfinite"):
        out = unset((1, 6), "float32")
        run(Elementwise("float32", function, (6,), ((6,),)), x, out, end=1)
        np.testing.assert_array_equal(out, VALUES[function](x))


def test_numbers_and_repeated_samples_in_place() -> None:
    x = np.arange(12.0).reshape(2, 6)
    run(Elementwise("float64", "subtract", (6,), (10.0, (6,)), "relu"), x, x, end=2)
    np.testing.assert_array_equal(x, np.maximum(10 - np.arange(12.0).reshape(2, 6), 0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", ["sum", "mean", "max", "min"])
@pytest.mark.parametrize(("shape", "axes"), [
    ((5,), (0,)), ((3, 35), (1,)), ((3, 35), (0,)), ((4, 3, 5), (0, 2)), ((4, 3, 17), (1,)), ((2, 1, 3), (0, 1, 2)),
    ((2, 3, 4, 5), (0, 2)), ((2, 3, 4, 5), (1, 3)), ((1, 1), (0,)),
])  # fmt: skip
def test_reductions(function: str, shape: tuple[int, ...], axes: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(sum(shape))
    x = rng.integers(-8, 9, (5, *shape)).astype(dtype)
    expected = getattr(np, function)(x, tuple(a + 1 for a in axes))
    out = unset(expected.shape, dtype)
    begin, end = stretch(rng, 5)
    run(Reduction(dtype, function, shape, axes), x, out, begin=begin, end=end)
    np.testing.assert_array_equal(out[begin:end], expected[begin:end])
    assert np.isnan(np.delete(out, np.s_[begin:end], 0)).all()


def test_moves() -> None:
    x = np.arange(2 * 4 * 5 * 3, dtype="float32").reshape(2, 4, 5, 3)
    turned = unset((2, 3, 5, 4), "float32")
    run(Move("float32", (3, 5, 4), (60, 0, (1, 3, 15)), (60, 0, (20, 4, 1))), x, turned, end=2)
    np.testing.assert_array_equal(turned, x.transpose(0, 3, 2, 1))
    part = unset((2, 2, 5, 2), "float32")
    run(Move("float32", (2, 5, 2), (60, 15 + 12 + 1, (15, -3, 1)), (20, 0, (10, 2, 1))), x, part, end=2)
    np.testing.assert_array_equal(part, x[:, 1:3, ::-1, 1:])
    total = np.ones((2, 3), "float32")
    run(Move("float32", (20, 3), (60, 0, (3, 1)), (3, 0, (0, 1)), more=True), x, total, end=2)
    np.testing.assert_array_equal(total, 1 + x.sum((1, 2)))
    many = unset((2, 37), "float32")
    run(Move("float32", (37,), (60, 7, (0,)), (37, 0, (1,))), x, many, end=2)
    np.testing.assert_array_equal(many, np.repeat(x[:, 0, 2, 1:2], 37, 1))
    run(Fill("float32", 37, 2.5), many, begin=1, end=2)
    assert (many[1] == 2.5).all()
