"""Activations that are curves: a function of one number with its parameters, and the gradient from x."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

from konv.kernels.code.functions import exp, exp_less_one, log_one_more, normal, sigmoid
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.pointwise import each_vector

__all__ = ["Curve"]

_Body = Callable[[Function, Value, tuple[float, ...]], tuple[Value, Value]]


def _between(k: Function, x: Value, low: float, high: float) -> Value:
    """Where low < x < high."""
    return k.binary("and", k.fcompare("ogt", x, k.every(low)), k.fcompare("olt", x, k.every(high)))


def _clipped_relu(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    """Parameters: slope below the threshold, threshold, largest value (infinity for none). NaNs pass on."""
    slope, threshold, most = p
    below = k.fmul(k.fsub(x, k.every(threshold)), k.every(slope)) if slope else k.every(0)
    top = k.smaller(k.every(most), x)
    y = k.select(k.fcompare("ule", x, k.every(threshold)), k.select(k.fcompare("uno", x, x), x, below), top)
    inside = k.select(k.fcompare("olt", x, k.every(most)), k.every(1), k.every(0))
    return y, k.select(k.fcompare("ole", x, k.every(threshold)), k.every(slope), inside)


def _elu(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    """Parameters: scale, and what e^x − 1 is multiplied by below 0."""
    scale, alpha = p
    less, positive = exp_less_one(k, x), k.fcompare("ogt", x, k.every(0))
    y = k.select(positive, k.fmul(x, k.every(scale)), k.fmul(less, k.every(scale * alpha)))
    return y, k.select(positive, k.every(scale), k.fmul(exp(k, x), k.every(scale * alpha)))


def _silu(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    s = sigmoid(k, x)
    y = k.fmul(x, s)
    return y, k.fma(y, k.fsub(k.every(1), s), s)


def _hard_sigmoid(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    """Parameters: slope. y = slope·x + ½ kept within 0 and 1."""
    (slope,) = p
    y = k.fadd(k.fmul(x, k.every(slope)), k.every(0.5))
    inside = _between(k, x, -0.5 / slope, 0.5 / slope)
    edge = k.select(k.fcompare("ogt", x, k.every(0)), k.every(1), k.every(0))
    return k.select(k.fcompare("uno", x, x), x, k.select(inside, y, edge)), k.select(inside, k.every(slope), k.every(0))


def _hard_silu(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    """x · hard_sigmoid(x)."""
    gate, _ = _hard_sigmoid(k, x, p)
    (slope,) = p
    return k.fmul(x, gate), k.select(_between(k, x, -0.5 / slope, 0.5 / slope), k.fma(x, k.every(slope), gate), gate)


def _softplus(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    small = exp(k, k.fsub(k.every(0), k.unary("fabs", x)))
    return k.fadd(k.larger(k.every(0), x), log_one_more(k, small)), sigmoid(k, x)


def _softsign(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    below = k.fdiv(k.every(1), k.fadd(k.every(1), k.unary("fabs", x)))
    return k.fdiv(x, k.fadd(k.every(1), k.unary("fabs", x))), k.fmul(below, below)


def _exponential(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    y = exp(k, x)
    return y, y


def _gelu(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    near = k.smaller(k.every(40), k.larger(k.every(-40), x))
    density = k.fmul(exp(k, k.fmul(k.fmul(near, near), k.every(-0.5))), k.every(1 / sqrt(2 * pi)))
    share = normal(k, x)
    return k.fmul(x, share), k.fma(near, density, share)


def _gelu_tanh(k: Function, x: Value, p: tuple[float, ...]) -> tuple[Value, Value]:
    """½ · (1 + tanh u) is σ(2u). Beyond 30 either way the curve is 0 or x to the last bit, and x³ may not overflow."""
    near = k.smaller(k.every(30), k.larger(k.every(-30), x))
    square, twice = k.fmul(near, near), 2 * sqrt(2 / pi)
    s = sigmoid(k, k.fmul(near, k.fma(square, k.every(0.044715 * twice), k.every(twice))))
    rise = k.fmul(near, k.fma(square, k.every(3 * 0.044715 * twice), k.every(twice)))
    return k.fmul(x, s), k.fma(k.fmul(s, k.fsub(k.every(1), s)), rise, s)


CURVES: dict[str, _Body] = {
    "clipped_relu": _clipped_relu,
    "elu": _elu,
    "silu": _silu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "softplus": _softplus,
    "softsign": _softsign,
    "exponential": _exponential,
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
}
"""Each curve's value and slope at x; what of the two is not stored is never computed."""


@dataclass(frozen=True)
class Curve(Spec):
    """A curve for samples `begin … end` of `size` numbers. Arguments: x, y; with `backward` x, dy, dx = dy · slope."""

    kind: ClassVar[str] = "curve"
    curve: str
    size: int
    parameters: tuple[float, ...] = ()
    backward: bool = False

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x dy dx" if self.backward else "x y", alias=True)

        def piece(at: Int, lanes: int) -> None:
            y, slope = CURVES[self.curve](k, k.load(k.arg["x"], at, lanes), self.parameters)
            if self.backward:
                k.store(k.fmul(k.load(k.arg["dy"], at, lanes), slope), k.arg["dx"], at, lanes)
            else:
                k.store(y, k.arg["y"], at, lanes)

        each_vector(k, self.size, piece)
        return k
