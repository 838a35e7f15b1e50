"""Functions of vectors, in multiply-adds: exponential, logarithm, and what is made of them.

Each reduces its argument to a small range and sums a Taylor series there; the number of terms is that after which the
next would be below half a unit in the last place. A NaN stays a NaN.
"""

from __future__ import annotations

from math import factorial, log, pi, sqrt

from konv.kernels.code.ir import Function, Value, number

__all__ = [
    "constant", "error_function", "exp", "exp_less_one", "integers", "log_one_more", "logarithm", "normal", "sigmoid",
    "sine", "tanh", "turn",
]  # fmt: skip

# Of each type: terms of e^r for |r| ≤ ln 2 / 2; of atanh s for |s| ≤ 0.172; bits of the fraction; the exponent's bias;
# and the arguments beyond which e^x is 0 or infinite.
_TERMS = {"float": (8, 5, 23, 127, -104.0, 89.0), "double": (14, 11, 52, 1023, -746.0, 710.0)}
# ln 2 in two parts, the first with so few bits that n times it is exact (Cody & Waite, 1980).
_LN2 = {"float": (0.693359375, log(2) - 0.693359375), "double": (0.6931471803691238, 1.9082149292705877e-10)}

# π/2 in three parts, of which n times the first two is exact, and terms of the sine for |r| ≤ π/4.
_QUARTER = {
    "float": ((1.5703125, 0.0004837512969970703, 7.549789954891882e-08), 6),
    "double": ((1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21), 11),
}

# e^(z²)·erfc z as a polynomial in t = (z − 5/2)/(z + 5/2), for z ≥ 0: Chebyshev interpolation at as many nodes as there
# are terms, in sixty digits. Times e^(−z²) it is off by at most 2.3e-10 (float) and 3.5e-17 (double).
_ERFC = {
    "float": (
        0.210806364, -0.371736728, 0.251713196, -0.12503321, 0.0399224584, -0.00399242814, -0.00264170635,
        0.000871474172, 0.000226025472, -0.000121243692, -2.99545725e-5, 1.21363798e-5, 3.61709641e-6,
    ),
    "double": (
        0.21080636406114361, -0.37173673394897337, 0.25171319321744049, -0.12503305237882445, 0.039922539076014865,
        -0.0039937011660979811, -0.0026423659728157, 0.00087591545491737848, 0.00022838047353356439,
        -0.00012887722225933806, -3.4182964354056885e-5, 1.8614769447322862e-5, 7.5569151054483102e-6,
        -2.2989988142231081e-6, -1.8211381937552403e-6, 7.6444603571927979e-8, 3.974085857289782e-7,
        8.6574545422717363e-8, -6.8341341377872557e-8, -3.6952994042957268e-8, 7.6170050346918963e-9,
        8.3143745646636491e-9, -3.5212383272690327e-10, -8.8992487131848149e-10,
    ),
}  # fmt: skip


def integers(k: Function) -> str:
    """The type of a vector of integers as wide as the elements."""
    return f"<{k.lanes} x i{64 if k.element == 'double' else 32}>"


def constant(k: Function, value: int) -> Value:
    """An integer as wide as an element in every lane."""
    kind = integers(k)
    return Value(kind, f"splat ({kind.split(' x ')[1][:-1]} {value})")


def _power_of_two(k: Function, n: Value) -> Value:
    """2^n for a vector of integers within the range of normal numbers, by writing the exponent's bits."""
    _, _, fraction, bias, _, _ = _TERMS[k.element]
    shifted = k.binary("shl", k.binary("add", n, constant(k, bias)), constant(k, fraction))
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
    whole = k.cast("fptosi", n, integers(k))
    half = k.binary("ashr", whole, constant(k, 1))
    return k.fmul(p, r), _power_of_two(k, half), _power_of_two(k, k.binary("sub", whole, half))


def exp(k: Function, x: Value) -> Value:
    """e^x."""
    less, a, b = _reduced(k, x)
    return k.select(k.fcompare("uno", x, x), x, k.fmul(k.fmul(k.fadd(less, k.every(1)), a), b))


def exp_less_one(k: Function, x: Value) -> Value:
    """e^x − 1 within a few units in the last place, also of small x; for x below the exponential's overflow."""
    less, a, b = _reduced(k, x)
    power = k.fmul(a, b)
    return k.select(k.fcompare("uno", x, x), x, k.fma(less, power, k.fsub(power, k.every(1))))


def log_one_more(k: Function, u: Value) -> Value:
    """ln(1 + u) for 0 ≤ u ≤ 1, within a few units in the last place: what 1 + u rounds off is put back by a factor.

    Source: Hewlett-Packard, *HP-15C advanced functions handbook*, 1982, appendix: ln(w)·u/(w − 1) with w = 1 + u.
    """
    w = k.fadd(k.every(1), u)
    more = k.fsub(w, k.every(1))
    none = k.fcompare("oeq", more, k.every(0))
    y = k.fdiv(k.fmul(logarithm(k, w), u), k.select(none, k.every(1), more))
    return k.select(none, u, y)


def sigmoid(k: Function, x: Value) -> Value:
    """1 / (1 + e^(−x)): with e = e^(−|x|), 1/(1 + e) where x ≥ 0, e/(1 + e) below."""
    e = exp(k, k.fsub(k.every(0), k.unary("fabs", x)))
    top = k.select(k.fcompare("oge", x, k.every(0)), k.every(1), e)
    return k.fdiv(top, k.fadd(k.every(1), e))


def normal(k: Function, x: Value) -> Value:
    """Φ(x) = ½·erfc(−x/√2), the share of a standard normal distribution that lies below x, within two units of 1."""
    z = k.fmul(k.unary("fabs", x), k.every(sqrt(0.5)))
    z = k.smaller(k.every(30), z)
    t = k.fdiv(k.fsub(z, k.every(2.5)), k.fadd(z, k.every(2.5)))
    p = k.every(_ERFC[k.element][-1])
    for c in _ERFC[k.element][-2::-1]:
        p = k.fma(p, t, k.every(c))
    beyond = k.fmul(k.fmul(p, k.every(0.5)), exp(k, k.fsub(k.every(0), k.fmul(z, z))))
    return k.select(k.fcompare("ogt", x, k.every(0)), k.fsub(k.every(1), beyond), beyond)


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
    kind = integers(k)
    bits = k.cast("bitcast", x, kind)
    middle = int(number(sqrt(0.5), "double"), 16) if k.element == "double" else 0x3F3504F3
    e = k.binary("ashr", k.binary("sub", bits, constant(k, middle)), constant(k, fraction))
    m = k.cast("bitcast", k.binary("sub", bits, k.binary("shl", e, constant(k, fraction))), k.vec)
    s = k.fdiv(k.fsub(m, k.every(1)), k.fadd(m, k.every(1)))
    square = k.fmul(s, s)
    p = k.every(2 / (2 * terms - 1))
    for i in range(terms - 2, -1, -1):
        p = k.fma(p, square, k.every(2 / (2 * i + 1)))
    y = k.fma(k.cast("sitofp", e, k.vec), k.every(log(2)), k.fmul(p, s))
    return k.select(k.fcompare("uno", x, x), x, y)


def _around(k: Function, r: Value, quarters: Value) -> Value:
    """sin(r + quarters · π/2), for |r| ≤ π/4 and a whole number of quarters."""
    terms, square = _QUARTER[k.element][1], k.fmul(r, r)
    sine, cosine = (k.every((-1) ** terms / factorial(2 * terms + odd)) for odd in (1, 0))
    for i in range(terms - 1, 0, -1):
        sine = k.fma(sine, square, k.every((-1) ** i / factorial(2 * i + 1)))
        cosine = k.fma(cosine, square, k.every((-1) ** i / factorial(2 * i)))
    sine, cosine = k.fma(k.fmul(sine, square), r, r), k.fma(cosine, square, k.every(1))
    left = k.fsub(quarters, k.fmul(k.every(4), k.unary("floor", k.fmul(quarters, k.every(0.25)))))
    odd = k.binary("or", k.fcompare("oeq", left, k.every(1)), k.fcompare("oeq", left, k.every(3)))
    found = k.select(odd, cosine, sine)
    return k.select(k.fcompare("oge", left, k.every(2)), k.fsub(k.every(0), found), found)


def sine(k: Function, x: Value, ahead: int = 0) -> Value:
    """sin(x + ahead · π/2): the cosine where `ahead` is 1. Within two units of 1 for |x| up to 10,000; beyond, the
    argument itself is known less and less well. x is reduced to ±π/4 in three steps (Cody & Waite, 1980)."""
    n = k.unary("rint", k.fmul(x, k.every(2 / pi)))
    minus, r = k.fsub(k.every(0), n), x
    for part in _QUARTER[k.element][0]:
        r = k.fma(minus, k.every(part), r)
    return _around(k, r, k.fadd(n, k.every(ahead)))


def turn(k: Function, v: Value) -> tuple[Value, Value]:
    """cos 2πv and sin 2πv for 0 ≤ v ≤ 1: a point of the circle."""
    four = k.fmul(v, k.every(4))
    n = k.unary("rint", four)
    r = k.fmul(k.fsub(four, n), k.every(pi / 2))
    return _around(k, r, k.fadd(n, k.every(1))), _around(k, r, n)


def error_function(k: Function, x: Value) -> Value:
    """erf x: a Taylor series for |x| < ½, else 2Φ(x√2) − 1."""
    terms, square = (9, k.fmul(x, x)) if k.element == "float" else (16, k.fmul(x, x))
    p = k.every((-1) ** terms / (factorial(terms) * (2 * terms + 1)))
    for i in range(terms - 1, -1, -1):
        p = k.fma(p, square, k.every((-1) ** i / (factorial(i) * (2 * i + 1))))
    near = k.fmul(k.fmul(x, k.every(2 / sqrt(pi))), p)
    far = k.fma(k.every(2), normal(k, k.fmul(x, k.every(sqrt(2)))), k.every(-1))
    return k.select(k.fcompare("olt", k.unary("fabs", x), k.every(0.5)), near, far)
