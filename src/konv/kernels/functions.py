"""Functions of vectors, in multiply-adds: exponential, logarithm, and what is made of them.

Each reduces its argument to a small range and sums a Taylor series there; the number of terms is that after which the
next would be below half a unit in the last place. A NaN stays a NaN.
"""

from __future__ import annotations

from math import factorial, log, sqrt

from konv.kernels.ir import Function, Value, number

__all__ = ["exp", "logarithm", "sigmoid", "tanh"]

# Of each type: terms of e^r for |r| ≤ ln 2 / 2; of atanh s for |s| ≤ 0.172; bits of the fraction; the exponent's bias;
# and the arguments beyond which e^x is 0 or infinite.
_TERMS = {"float": (8, 5, 23, 127, -104.0, 89.0), "double": (14, 11, 52, 1023, -746.0, 710.0)}
# ln 2 in two parts, the first with so few bits that n times it is exact (Cody & Waite, 1980).
_LN2 = {"float": (0.693359375, log(2) - 0.693359375), "double": (0.6931471803691238, 1.9082149292705877e-10)}


def _integers(k: Function) -> str:
    return f"<{k.lanes} x i{64 if k.element == 'double' else 32}>"


def _constant(k: Function, value: int) -> Value:
    kind = _integers(k)
    return Value(kind, f"splat ({kind.split(' x ')[1][:-1]} {value})")


def _power_of_two(k: Function, n: Value) -> Value:
    """2^n for a vector of integers within the range of normal numbers, by writing the exponent's bits."""
    _, _, fraction, bias, _, _ = _TERMS[k.element]
    shifted = k.binary("shl", k.binary("add", n, _constant(k, bias)), _constant(k, fraction))
    return k.cast("bitcast", shifted, k.vec)


def _reduced(k: Function, x: Value) -> tuple[Value, Value, Value]:
    """x = n·ln 2 + r: returns e^r − 1 and the two halves of 2^n (one alone may overflow)."""
    terms, _, _, _, low, high = _TERMS[k.element]
    x = k.larger(k.every(low), x)
    x = k.select(k.fcompare("olt", x, k.every(high)), x, k.every(high))
    n = k.unary("rint", k.fmul(x, k.every(1 / log(2))))
    minus = k.fsub(k.every(0), n)
    r = k.fma(minus, k.every(_LN2[k.element][1]), k.fma(minus, k.every(_LN2[k.element][0]), x))
    p = k.every(1 / factorial(terms - 1))
    for i in range(terms - 2, 0, -1):
        p = k.fma(p, r, k.every(1 / factorial(i)))
    whole = k.cast("fptosi", n, _integers(k))
    half = k.binary("ashr", whole, _constant(k, 1))
    return k.fmul(p, r), _power_of_two(k, half), _power_of_two(k, k.binary("sub", whole, half))


def exp(k: Function, x: Value) -> Value:
    """e^x."""
    less, a, b = _reduced(k, x)
    return k.select(k.fcompare("uno", x, x), x, k.fmul(k.fmul(k.fadd(less, k.every(1)), a), b))


def sigmoid(k: Function, x: Value) -> Value:
    """1 / (1 + e^(−x)): with e = e^(−|x|), 1/(1 + e) where x ≥ 0, e/(1 + e) below."""
    e = exp(k, k.fsub(k.every(0), k.unary("fabs", x)))
    top = k.select(k.fcompare("oge", x, k.every(0)), k.every(1), e)
    return k.fdiv(top, k.fadd(k.every(1), e))


def tanh(k: Function, x: Value) -> Value:
    """(e^2|x| − 1) / (e^2|x| + 1) with x's sign; e^… − 1 is summed as such, so that small x lose nothing."""
    size = k.unary("fabs", x)
    capped = k.select(k.fcompare("olt", size, k.every(20)), size, k.every(20))
    less, a, b = _reduced(k, k.fadd(capped, capped))
    power = k.fmul(a, b)
    less = k.fma(less, power, k.fsub(power, k.every(1)))
    y = k.fdiv(less, k.fadd(less, k.every(2)))
    signed = k.select(k.fcompare("olt", x, k.every(0)), k.fsub(k.every(0), y), y)
    return k.select(k.fcompare("uno", x, x), x, signed)


def logarithm(k: Function, x: Value) -> Value:
    """ln x for normal x > 0: x = m·2^e with m in [√½, √2], ln m = 2·atanh((m − 1)/(m + 1))."""
    _, terms, fraction, _, _, _ = _TERMS[k.element]
    kind = _integers(k)
    bits = k.cast("bitcast", x, kind)
    middle = int(number(sqrt(0.5), "double"), 16) if k.element == "double" else 0x3F3504F3
    e = k.binary("ashr", k.binary("sub", bits, _constant(k, middle)), _constant(k, fraction))
    m = k.cast("bitcast", k.binary("sub", bits, k.binary("shl", e, _constant(k, fraction))), k.vec)
    s = k.fdiv(k.fsub(m, k.every(1)), k.fadd(m, k.every(1)))
    square = k.fmul(s, s)
    p = k.every(2 / (2 * terms - 1))
    for i in range(terms - 2, -1, -1):
        p = k.fma(p, square, k.every(2 / (2 * i + 1)))
    y = k.fma(k.cast("sitofp", e, k.vec), k.every(log(2)), k.fmul(p, s))
    return k.select(k.fcompare("uno", x, x), x, y)
