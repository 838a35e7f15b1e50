"""exp, log, tanh, sigmoid and their like, in units in the last place, against NumPy in a wider type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, erfc, sqrt
from typing import ClassVar

import numpy as np
import pytest

from konv.kernels.code import functions
from konv.kernels.code.ir import Function
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.pointwise import each_vector
from konv.ops.record import Array
from tests.kernels.helpers import run

WIDER = {"float32": np.float64, "float64": np.longdouble}


@dataclass(frozen=True)
class Elementwise(Spec):
    """One of `konv.kernels.code.functions` for samples `begin … end` of `size` elements. Arguments: x, y."""

    kind: ClassVar[str] = "test_elementwise"
    function: str
    size: int

    def emit(self, target: Target) -> Function:
        k = self.new(target, "x y")

        def piece(at: object, lanes: int) -> None:
            k.store(getattr(functions, self.function)(k, k.load(k.arg["x"], at, lanes)), k.arg["y"], at, lanes)

        each_vector(k, self.size, piece)
        return k


def computed(function: str, x: Array) -> Array:
    y = np.zeros_like(x)
    run(Elementwise(str(x.dtype), function, x.size), x, y, end=1)
    return y


def spread(dtype: str, low: float, high: float) -> Array:
    """Numbers of both signs of every exponent, and evenly spread ones, from low to high."""
    rng = np.random.default_rng(0)
    info = np.finfo(dtype)
    every = rng.uniform(1, 2, (20, info.maxexp - info.minexp)) * 2.0 ** np.arange(info.minexp, info.maxexp)
    numbers = np.concatenate([every.ravel(), -every.ravel(), rng.uniform(max(low, -800), min(high, 800), 20000)])
    return numbers[(numbers >= low) & (numbers <= high)].astype(dtype)


def sigmoid(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, e) / (1 + e))


# Function: (NumPy's, arguments from, to, bound in units in the last place of the result).
CASES: dict[str, tuple[Callable[[Array], Array], float, float, float]] = {
    "exp": (np.exp, -np.inf, np.inf, 1.5),
    "logarithm": (np.log, 0, np.inf, 2),
    "sigmoid": (sigmoid, -np.inf, np.inf, 2),
    "tanh": (np.tanh, -np.inf, np.inf, 3),
    "exp_less_one": (np.expm1, -np.inf, 80, 3),
    "log_one_more": (np.log1p, 0, 1, 4),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", CASES)
def test_error(function: str, dtype: str) -> None:
    formula, low, high, bound = CASES[function]
    x = spread(dtype, low, high)
    with np.errstate(all="ignore"):
        exact = formula(x.astype(WIDER[dtype]))
        rounded = exact.astype(dtype)
    y = computed(function, x)
    np.testing.assert_array_equal(np.isinf(y), np.isinf(rounded))
    finite = np.isfinite(rounded)
    units = abs(y[finite].astype(WIDER[dtype]) - exact[finite]) / np.spacing(abs(rounded[finite]))
    assert units.max() <= bound, f"{function}({x[finite][units.argmax()]!r}) is wrong by {units.max()} units"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("function", "x", "y"),
    [
        ("exp", [0, -0.0, 1e-45, np.inf, -np.inf, np.nan, 3e38, -3e38], [1, 1, 1, np.inf, 0, np.nan, np.inf, 0]),
        ("logarithm", [1, np.nan], [0, np.nan]),
        ("sigmoid", [0, 1e-45, np.inf, -np.inf, np.nan, 3e38, -3e38], [0.5, 0.5, 1, 0, np.nan, 1, 0]),
        ("tanh", [0, np.inf, -np.inf, np.nan, 3e38, -3e38], [0, 1, -1, np.nan, 1, -1]),
    ],
)
def test_special_arguments(function: str, x: list[float], y: list[float], dtype: str) -> None:
    np.testing.assert_array_equal(computed(function, np.array(x, dtype)), np.array(y, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_waves_and_the_error_function(dtype: str) -> None:
    """Within two units of 1 for arguments up to 10,000; small ones keep their sine, and lose nothing."""
    x, unit = spread(dtype, -1e4, 1e4), np.finfo(dtype).eps
    wide = x.astype(WIDER[dtype])
    assert (abs(computed("sine", x) - np.sin(wide)) <= 2 * unit).all()
    near = x[abs(x) < 6]
    exact = np.array([erf(v) for v in near.astype("float64")])
    assert (abs(computed("error_function", near) - exact) <= 6 * unit * np.minimum(1, abs(exact) + 0.5)).all()
    small = np.array([1e-30, -3e-20, 0], dtype)
    np.testing.assert_array_equal(computed("sine", small), small)
    assert np.isnan(computed("sine", np.array([np.inf, np.nan], dtype))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shares_of_a_normal_distribution(dtype: str) -> None:
    """Within two units of 1; in the tails, which are small, within a share of themselves that grows with x²."""
    x = np.concatenate([spread(dtype, -1e3, 1e3), np.linspace(-13, 13, 20001)]).astype(dtype)
    y, exact = computed("normal", x), np.array([erfc(-v * sqrt(0.5)) / 2 for v in x.astype("float64")])
    unit = np.finfo(dtype).eps
    assert (abs(y - exact) <= 2 * unit).all()
    tail = (x < 0) & (x > -12)
    assert (abs(y - exact)[tail] <= (8 + 2 * x[tail] ** 2) * unit * exact[tail]).all()
    far = np.array([-np.inf, 0, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(computed("normal", far), [0, 0.5, 1, np.nan])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_arguments_of_tanh_and_results_of_exp_keep_their_bits(dtype: str) -> None:
    """Where the argument is below the root of a unit tanh x = x; e^x goes down to the smallest denormal."""
    info = np.finfo(dtype)
    small = np.array([info.tiny, -info.tiny, info.smallest_subnormal * 5, 1e-30], dtype)
    np.testing.assert_array_equal(computed("tanh", small), small)
    last = np.log(np.longdouble(info.smallest_subnormal)).astype(dtype)
    np.testing.assert_array_equal(computed("exp", np.array([last, last - 1], dtype)), [info.smallest_subnormal, 0])
