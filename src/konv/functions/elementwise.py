"""Functions of numbers, element by element."""

from __future__ import annotations

from math import log as ln
from typing import Any

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.functions.base import applied, array, is_symbolic, lead, number_of, tensor
from konv.graph import Tensor
from konv.messages import text
from konv.ops.constant import StopGradient
from konv.ops.elementwise import VALUES, Elementwise
from konv.ops.views import Reshape
from konv.shapes import show

__all__ = [
    "abs", "absolute", "add", "cast", "ceil", "clip", "cos", "cosh", "divide", "divide_no_nan", "equal", "erf",
    "exp", "exp2", "expm1", "floor", "floor_divide", "greater", "greater_equal", "isfinite", "isinf", "isnan",
    "less", "less_equal", "log", "log10", "log1p", "log2", "logaddexp", "logical_and", "logical_not", "logical_or",
    "logical_xor", "maximum", "minimum", "mod", "multiply", "negative", "not_equal", "power", "reciprocal", "relu",
    "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "softplus", "sqrt", "square", "stop_gradient", "subtract",
    "tan", "tanh", "true_divide", "where",
]  # fmt: skip


class Function:
    """A function of one or several operands, applied element by element, smaller ones repeated along missing axes.

    Called with symbolic tensors or weights it adds to the network; called with arrays and numbers it computes.
    Attributes: `name`.
    """

    def __init__(self, name: str, summary: str) -> None:
        self.name, self.__name__, self.__doc__ = name, name, summary

    def __call__(self, *operands: Any) -> Any:
        """The function of the operands `x1`, `x2`, …. Raises: ShapeError where their shapes do not meet."""
        if not is_symbolic(*operands):
            arrays = [array(x) for x in operands]
            typed = [a for a, x in zip(arrays, operands, strict=True) if not isinstance(x, (int, float))]
            return np.asarray(VALUES[self.name](*arrays), np.result_type(*(typed or arrays)))
        like = next((x for x in operands if isinstance(x, Tensor)), None)
        numbers = [number_of(x) for x in operands]
        inputs = [tensor(x, like) for x, number in zip(operands, numbers, strict=True) if number is None]
        axes = {len(t.shape) for t in inputs if lead(t)}
        inputs = [_without_first(t) if axes and len(t.shape) == max(axes) + 1 else t for t in inputs]
        if len(axes) > 1 or (axes and any(len(t.shape) > min(axes) for t in inputs)):
            received = ", ".join(show((None,) * lead(t) + t.shape) for t in inputs)
            raise ShapeError(text("axes_do_not_meet", function=self.name, received=received))
        return applied(Elementwise(self.name, tuple(numbers)), *inputs)

    def __repr__(self) -> str:
        return f"<konv.ops.{self.name}>"


def _without_first(x: Tensor) -> Tensor:
    """What is the same for every sample, without an axis of one element that stands for the batch."""
    return applied(Reshape(x.shape[1:]), x) if x.shape[0] == 1 and not lead(x) else x


abs = absolute = Function("abs", "The size of each number: |x|.")
add = Function("add", "x1 + x2.")
ceil = Function("ceil", "The least integer that is not below x; no gradient.")
cos = Function("cos", "The cosine of x, in radians.")
divide = true_divide = Function("divide", "x1 / x2.")
equal = Function("equal", "1 where x1 = x2, else 0; no gradient.")
erf = Function("erf", "The error function of x: 2/√π times the integral of e^(−t²) from 0 to x.")
exp = Function("exp", "e to the power x.")
expm1 = Function("expm1", "e to the power x, less 1, exact for small x too.")
floor = Function("floor", "The greatest integer that is not above x; no gradient.")
greater = Function("greater", "1 where x1 > x2, else 0; no gradient.")
greater_equal = Function("greater_equal", "1 where x1 ≥ x2, else 0; no gradient.")
isfinite = Function("isfinite", "1 where x is neither NaN nor infinite, else 0; no gradient.")
isnan = Function("isnan", "1 where x is NaN, else 0; no gradient.")
less = Function("less", "1 where x1 < x2, else 0; no gradient.")
less_equal = Function("less_equal", "1 where x1 ≤ x2, else 0; no gradient.")
log = Function("log", "The natural logarithm of x.")
log1p = Function("log1p", "The natural logarithm of 1 + x, exact for small x too.")
logical_and = Function("logical_and", "1 where neither x1 nor x2 is 0, else 0; no gradient.")
logical_not = Function("logical_not", "1 where x is 0, else 0; no gradient.")
logical_or = Function("logical_or", "1 where x1 or x2 is not 0, else 0; no gradient.")
maximum = Function("maximum", "The larger of x1 and x2.")
minimum = Function("minimum", "The smaller of x1 and x2.")
mod = Function("mod", "The remainder x1 − ⌊x1 / x2⌋ · x2.")
multiply = Function("multiply", "x1 · x2.")
negative = Function("negative", "−x.")
not_equal = Function("not_equal", "1 where x1 ≠ x2, else 0; no gradient.")
reciprocal = Function("reciprocal", "1 / x.")
relu = Function("relu", "x where it is positive, else 0.")
round = Function("round", "The nearest integer, the even one of two; no gradient.")
rsqrt = Function("rsqrt", "1 / √x.")
sigmoid = Function("sigmoid", "1 / (1 + e^(−x)).")
sign = Function("sign", "1, 0 or −1: the sign of x; no gradient.")
sin = Function("sin", "The sine of x, in radians.")
softplus = Function("softplus", "ln(1 + e^x).")
sqrt = Function("sqrt", "The square root of x.")
square = Function("square", "x².")
subtract = Function("subtract", "x1 − x2.")
tanh = Function("tanh", "The hyperbolic tangent of x.")
where = Function("where", "x1 where the condition is not 0, else x2; the condition comes first and has no gradient.")
_power, _trunc = Function("power", "x1 to the power x2."), Function("trunc", "x without its fraction.")
LARGEST_PRODUCT = 16
"""The largest exponent that is multiplied out."""


def power(x1: Any, x2: Any) -> Any:
    """x1 to the power x2; a small whole number x2 is multiplied out, so that x1 may be negative."""
    exponent = number_of(x2)
    if exponent is None or exponent != int(exponent) or not 0 < np.abs(exponent) <= LARGEST_PRODUCT:
        return _power(x1, x2)
    result, factor, left = None, x1, int(np.abs(exponent))
    while left:
        if left % 2:
            result = factor if result is None else multiply(result, factor)
        left //= 2
        factor = square(factor) if left else factor
    return reciprocal(result) if exponent < 0 else result


def tan(x: Any) -> Any:
    """The tangent of x, in radians."""
    return divide(sin(x), cos(x))


def sinh(x: Any) -> Any:
    """(e^x − e^(−x)) / 2."""
    return multiply(0.5, subtract(expm1(x), expm1(negative(x))))


def cosh(x: Any) -> Any:
    """(e^x + e^(−x)) / 2."""
    return multiply(0.5, add(exp(x), exp(negative(x))))


def log2(x: Any) -> Any:
    """The logarithm of x to base 2."""
    return multiply(1 / ln(2), log(x))


def log10(x: Any) -> Any:
    """The logarithm of x to base 10."""
    return multiply(1 / ln(10), log(x))


def floor_divide(x1: Any, x2: Any) -> Any:
    """The greatest integer that is not above x1 / x2; no gradient."""
    return floor(divide(x1, x2))


def divide_no_nan(x1: Any, x2: Any) -> Any:
    """x1 / x2, and 0 where x2 is 0, with a gradient of 0 there."""
    none = equal(x2, 0)
    return where(none, 0, divide(x1, where(none, 1, x2)))


def isinf(x: Any) -> Any:
    """1 where x is ∞ or −∞, else 0; no gradient."""
    return equal(absolute(x), float("inf"))


def logical_xor(x1: Any, x2: Any) -> Any:
    """1 where one of x1 and x2 is 0 and the other is not, else 0; no gradient."""
    return not_equal(not_equal(x1, 0), not_equal(x2, 0))


def clip(x: Any, x_min: float, x_max: float) -> Any:
    """x, at least `x_min` and at most `x_max`."""
    return minimum(maximum(x, x_min), x_max)


def cast(x: Any, dtype: Any) -> Any:
    """`x` as another type. Symbolic tensors keep their own: to integers drops fractions, to "bool" gives 1 and 0.

    Arguments: `dtype`, a type's name. Raises: ConfigurationError for a type that holds no numbers.
    """
    kind = np.dtype(dtype).kind
    if kind not in "biuf":
        raise ConfigurationError(text("bad_cast", received=dtype))
    if not is_symbolic(x):
        return np.asarray(x).astype(dtype)
    return not_equal(x, 0) if kind == "b" else _trunc(x) if kind in "iu" else tensor(x)


def exp2(x: Any) -> Any:
    """2 to the power of each number."""
    return exp(multiply(ln(2), x))


def logaddexp(x1: Any, x2: Any) -> Any:
    """ln(e^x1 + e^x2), without overflow."""
    return add(maximum(x1, x2), log1p(exp(negative(absolute(subtract(x1, x2))))))


def stop_gradient(x: Any) -> Any:
    """`x`, taken for a constant by gradients."""
    return applied(StopGradient(), tensor(x)) if is_symbolic(x) else np.asarray(x)
