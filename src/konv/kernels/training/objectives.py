"""The formulas of losses: of numbers that stand by themselves, and of rows that are seen as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from konv.kernels.code.functions import exp, logarithm, sigmoid, tanh
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.sums.scans import clipped, largest, only, scan

__all__ = ["FORMULAS", "ROWS", "SUMMED", "Row"]

_Pair = tuple[Value, Value]
_Formula = Callable[[Function, Value, Value, float, tuple[float, ...]], _Pair]
_LOW = float("-inf")


def _minus(k: Function, x: Value) -> Value:
    return k.fsub(k.every(0), x)


def _sign(k: Function, x: Value) -> Value:
    above = k.select(k.fcompare("ogt", x, k.every(0)), k.every(1), k.every(0))
    return k.select(k.fcompare("olt", x, k.every(0)), k.every(-1), above)


def _power(k: Function, x: Value, y: float) -> Value:
    """x^y of x > 0."""
    if y in (0, 1, 2):
        return (k.every(1), x, k.fmul(x, x))[int(y)]
    return exp(k, k.fmul(k.every(y), logarithm(k, x)))


def _sigmoid(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """max(z, 0) − z·t + log(1 + e^(−|z|)); sigmoid(z) − t."""
    small = exp(k, _minus(k, k.unary("fabs", z)))
    loss = k.fadd(k.fsub(k.larger(k.every(0), z), k.fmul(z, t)), logarithm(k, k.fadd(k.every(1), small)))
    return loss, k.fsub(sigmoid(k, z), t)


def _entropy(k: Function, p: Value, t: Value) -> Value:
    """−t·log p − (1 − t)·log(1 − p)."""
    q, against = k.fsub(k.every(1), p), k.fsub(k.every(1), t)
    return _minus(k, k.fadd(k.fmul(t, logarithm(k, p)), k.fmul(against, logarithm(k, q))))


def _binary(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """−t·log p − (1 − t)·log(1 − p); (p − t)/(p·(1 − p)) where p was not clipped."""
    p, inside = clipped(k, z, epsilon)
    slope = k.fdiv(k.fsub(p, t), k.fmul(p, k.fsub(k.every(1), p)))
    return _entropy(k, p, t), k.select(inside, slope, k.every(0))


def _binary_focal(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """b·m^γ·H; b·(m^γ·(p − t)/(p(1 − p)) + γ·m^(γ − 1)·(1 − 2t)·H), m = 1 − t·p − (1 − t)·(1 − p)."""
    alpha, gamma = given
    p, inside = clipped(k, z, epsilon)
    one = k.every(1)
    q, against, entropy = k.fsub(one, p), k.fsub(one, t), _entropy(k, p, t)
    m = k.fsub(k.fsub(one, k.fmul(t, p)), k.fmul(against, q))
    m = k.larger(m, k.every(epsilon))
    power = _power(k, m, gamma)
    slope = k.fdiv(k.fmul(power, k.fsub(p, t)), k.fmul(p, q))
    more = k.fmul(k.fmul(k.every(gamma), _power(k, m, gamma - 1)), k.fmul(k.fsub(against, t), entropy))
    loss, slope = k.fmul(power, entropy), k.fadd(slope, more)
    if alpha >= 0:
        b = k.fadd(k.fmul(t, k.every(alpha)), k.fmul(against, k.every(1 - alpha)))
        loss, slope = k.fmul(b, loss), k.fmul(b, slope)
    return loss, k.select(inside, slope, k.every(0))


def _sigmoid_focal(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """The focal loss of p = sigmoid(z); its slope times p·(1 − p)."""
    p = sigmoid(k, z)
    loss, slope = _binary_focal(k, p, t, epsilon, given)
    return loss, k.fmul(slope, k.fmul(p, k.fsub(k.every(1), p)))


def _squares(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """(z − t)²; 2·(z − t)."""
    less = k.fsub(z, t)
    return k.fmul(less, less), k.fadd(less, less)


def _numbers(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """z itself; 1."""
    return z, k.every(1)


def _absolute(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """|z − t|; its sign."""
    less = k.fsub(z, t)
    return k.unary("fabs", less), _sign(k, less)


def _percentage(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """100·|z − t|/max(|t|, ε); 100·sign/max(|t|, ε)."""
    less, size = k.fsub(z, t), k.larger(k.every(epsilon), k.unary("fabs", t))
    share = k.fdiv(k.every(100), size)
    return k.fmul(k.unary("fabs", less), share), k.fmul(_sign(k, less), share)


def _logarithmic(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """(log(1 + z) − log(1 + t))²; 2·(log(1 + z) − log(1 + t))/(1 + z) where z > ε."""
    above = k.fadd(k.every(1), k.larger(k.every(epsilon), z))
    base = k.fadd(k.every(1), k.larger(k.every(epsilon), t))
    less = logarithm(k, k.fdiv(above, base))
    slope = k.fdiv(k.fadd(less, less), above)
    return k.fmul(less, less), k.select(k.fcompare("ogt", z, k.every(epsilon)), slope, k.every(0))


def _huber(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """½d² or δ·|d| − ½δ²; d kept within ±δ."""
    (delta,) = given
    less = k.fsub(z, t)
    size, half = k.unary("fabs", less), k.every(0.5)
    near = k.fmul(half, k.fmul(size, size))
    far = k.fsub(k.fmul(k.every(delta), size), k.every(0.5 * delta * delta))
    slope = k.smaller(k.larger(less, k.every(-delta)), k.every(delta))
    return k.select(k.fcompare("ule", size, k.every(delta)), near, far), slope


def _log_cosh(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """|d| + log(½ + ½e^(−2|d|)); tanh d."""
    less = k.fsub(z, t)
    size = k.unary("fabs", less)
    e, half = exp(k, k.fmul(k.every(-2), size)), k.every(0.5)
    return k.fadd(size, logarithm(k, k.fma(half, e, half))), tanh(k, less)


def _poisson(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """z − t·log(z + ε); 1 − t/(z + ε)."""
    above = k.fadd(z, k.every(epsilon))
    return k.fsub(z, k.fmul(t, logarithm(k, above))), k.fsub(k.every(1), k.fdiv(t, above))


def _hinge(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """max(1 − t·z, 0); −t where that is above 0."""
    short = k.fsub(k.every(1), k.fmul(t, z))
    lost = k.fcompare("ogt", short, k.every(0))
    return k.larger(k.every(0), short), k.select(lost, _minus(k, t), k.every(0))


def _squared_hinge(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """max(1 − t·z, 0)²; −2t·max(1 − t·z, 0)."""
    short = k.larger(k.every(0), k.fsub(k.every(1), k.fmul(t, z)))
    return k.fmul(short, short), k.fmul(k.fmul(k.every(-2), t), short)


def _divergence(k: Function, z: Value, t: Value, epsilon: float, given: tuple[float, ...]) -> _Pair:
    """t·log(t/p), both between ε and 1; −t/p where p was."""
    (t, _), (p, inside) = clipped(k, t, epsilon, 1), clipped(k, z, epsilon, 1)
    return k.fmul(t, logarithm(k, k.fdiv(t, p))), k.select(inside, _minus(k, k.fdiv(t, p)), k.every(0))


FORMULAS: dict[str, _Formula] = {
    "absolute": _absolute,
    "binary": _binary,
    "binary_focal": _binary_focal,
    "divergence": _divergence,
    "hinge": _hinge,
    "huber": _huber,
    "log_cosh": _log_cosh,
    "logarithmic": _logarithmic,
    "numbers": _numbers,
    "percentage": _percentage,
    "poisson": _poisson,
    "sigmoid": _sigmoid,
    "sigmoid_focal": _sigmoid_focal,
    "squared_hinge": _squared_hinge,
    "squares": _squares,
}
"""Of vectors z and t: the loss of each number and its derivative by z."""
SUMMED = ("divergence",)
"""The formulas that are summed over a row, where others are averaged."""


@dataclass(frozen=True)
class Row:
    """One row of z and t in a kernel of `konv.kernels.training.rows.LossRows`."""

    k: Function
    start: Int
    factor: Value
    size: int
    gradient: bool
    epsilon: float
    given: tuple[float, ...]

    def load(self, at: Int, lanes: int) -> tuple[Value, Value]:
        """A vector of z and of t."""
        k, place = self.k, self.k.add(self.start, at)
        return k.load(k.arg["z"], place, lanes), k.load(k.arg["t"], place, lanes)

    def sums(self, count: int, terms: Callable[[Value, Value], list[Value]]) -> list[Value]:
        """The sums over the row of each of the `count` terms(z, t), in every lane."""
        k = self.k

        def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            found = terms(*self.load(at, lanes))
            return [k.fadd(a, only(k, v, lanes, 0)) for a, v in zip(carry, found, strict=True)]

        return [k.splat(k.reduce("fadd", v)) for v in scan(k, self.size, [k.every(0)] * count, body)]

    def put(self, slope: Callable[[Value, Value], Value]) -> None:
        """Store the derivatives `slope(z, t)`, where they are wanted."""

        def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            k = self.k
            k.store(k.fmul(slope(*self.load(at, lanes)), self.factor), k.arg["dz"], k.add(self.start, at), lanes)
            return []

        if self.gradient:
            scan(self.k, self.size, [], body)

    def first(self, v: Value) -> Value:
        """One lane of a vector whose lanes are all the same."""
        return self.k.emit(self.k.element, f"extractelement {v.typed}, i32 0")


def _cosine(row: Row) -> Value:
    """−Σ t̂·ẑ; −(t̂ − ẑ·Σ t̂·ẑ)/‖z‖."""
    k, least = row.k, row.k.every(row.epsilon)
    tt, zz, tz = row.sums(3, lambda z, t: [k.fmul(t, t), k.fmul(z, z), k.fmul(t, z)])
    length = k.unary("sqrt", zz)
    a, b = k.larger(least, k.unary("sqrt", tt)), k.larger(least, length)
    cosine = k.fdiv(k.fdiv(tz, a), b)
    turn = k.select(k.fcompare("ogt", length, least), k.fdiv(cosine, b), k.every(0))
    row.put(lambda z, t: k.fdiv(k.fsub(k.fmul(z, turn), k.fdiv(t, a)), b))
    return row.first(_minus(k, cosine))


def _categorical_hinge(row: Row) -> Value:
    """max(1 + max (1 − t)·z − Σ t·z, 0); −t, and 1 − t at the largest (1 − t)·z."""
    k, one = row.k, row.k.every(1)

    def other(z: Value, t: Value) -> Value:
        return k.fmul(k.fsub(one, t), z)

    def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
        return [k.larger(carry[0], only(k, other(*row.load(at, lanes)), lanes, _LOW))]

    best = k.splat(k.reduce("fmax", scan(k, row.size, [k.every(_LOW)], body)[0]))

    def at_best(z: Value, t: Value) -> Value:
        return k.select(k.fcompare("oeq", other(z, t), best), one, k.every(0))

    right, several = row.sums(2, lambda z, t: [k.fmul(t, z), at_best(z, t)])
    loss = k.fsub(k.fadd(one, best), right)
    lost = k.select(k.fcompare("ogt", loss, k.every(0)), one, k.every(0))
    share = k.fdiv(one, several)
    row.put(lambda z, t: k.fmul(lost, k.fsub(k.fmul(k.fmul(k.fsub(one, t), at_best(z, t)), share), t)))
    return row.first(k.larger(k.every(0), loss))


def _focal(row: Row, q: Callable[[Value], Value], divide: Value | None) -> Value:
    """−Σ α·t·(1 − p)^γ·log p of probabilities q(z); g − Σ g·q, times q, or divided by what made q of z."""
    k, (alpha, gamma) = row.k, row.given

    def parts(z: Value, t: Value) -> tuple[Value, Value, Value]:
        share = q(z)
        p, inside = clipped(k, share, row.epsilon)
        rest, log_p = k.fsub(k.every(1), p), logarithm(k, p)
        near = _power(k, rest, gamma - 1)
        weight = k.fmul(k.fmul(k.every(alpha), t), near)
        slope = k.fmul(weight, k.fsub(k.fmul(k.every(gamma), log_p), k.fdiv(rest, p)))
        return k.fmul(k.fmul(weight, rest), log_p), k.select(inside, slope, k.every(0)), share

    def terms(z: Value, t: Value) -> list[Value]:
        loss, g, share = parts(z, t)
        return [loss, k.fmul(g, share)]

    total, dot = row.sums(2, terms)

    def slope(z: Value, t: Value) -> Value:
        _, g, share = parts(z, t)
        less = k.fsub(g, dot)
        return k.fmul(less, share) if divide is None else k.fdiv(less, divide)

    row.put(slope)
    return row.first(_minus(k, total))


def _categorical_focal(row: Row) -> Value:
    """Of probabilities, made to sum to 1."""
    (whole,) = row.sums(1, lambda z, t: [z])
    return _focal(row, lambda z: row.k.fdiv(z, whole), whole)


def _softmax_focal(row: Row) -> Value:
    """Of scores, whose softmax it takes."""
    k = row.k
    best = largest(k, k.arg["z"], row.start, row.size)
    (whole,) = row.sums(1, lambda z, t: [exp(k, k.fsub(z, best))])
    return _focal(row, lambda z: k.fdiv(exp(k, k.fsub(z, best)), whole), None)


ROWS: dict[str, Callable[[Row], Value]] = {
    "categorical_focal": _categorical_focal,
    "categorical_hinge": _categorical_hinge,
    "cosine": _cosine,
    "softmax_focal": _softmax_focal,
}
"""Of a row: its loss; its gradient is stored."""
