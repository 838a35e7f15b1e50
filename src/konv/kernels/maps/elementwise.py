"""Kernels of functions of several arrays, element by element, the smaller ones repeated along missing axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

from konv.kernels.code.functions import error_function, exp, exp_less_one, logarithm, sigmoid, sine, tanh
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.pointwise import each_vector
from konv.shapes import Shape, elements

__all__ = ["FUNCTIONS", "LEAST_DEVIATION", "Elementwise", "collapsed"]

LEAST_DEVIATION = 1e-7
"""A standard deviation below this counts as this: a feature that never changes is divided by no less."""
_Body = Callable[..., Value]


def _zero_or(k: Function, condition: Value, v: Value) -> Value:
    return k.select(condition, v, k.every(0))


def _truth(how: str) -> _Body:
    return lambda k, a, b: _zero_or(k, k.fcompare(how, a, b), k.every(1))


def _negative(k: Function, a: Value) -> Value:
    return k.emit(a.type, f"fneg {a.typed}")


def _larger(k: Function, a: Value, b: Value) -> Value:
    """The larger one; NaN where either is."""
    return k.select(k.fcompare("uno", a, b), k.fadd(a, b), k.larger(a, b))


def _smaller(k: Function, a: Value, b: Value) -> Value:
    return k.select(k.fcompare("uno", a, b), k.fadd(a, b), k.smaller(a, b))


def _larger_gradient(k: Function, a: Value, b: Value, d: Value) -> Value:
    half = k.fmul(d, k.every(0.5))
    return k.select(k.fcompare("ogt", a, b), d, _zero_or(k, k.fcompare("oeq", a, b), half))


def _nonzero(k: Function, a: Value) -> Value:
    return k.fcompare("une", a, k.every(0))


def _sign(k: Function, a: Value) -> Value:
    one = k.select(k.fcompare("ogt", a, k.every(0)), k.every(1), a)
    return k.select(k.fcompare("olt", a, k.every(0)), k.every(-1), one)


def _log(k: Function, a: Value) -> Value:
    """ln a; −∞ at 0, NaN below, ∞ at ∞; numbers below the smallest normal one count as 0."""
    least = 2.2250738585072014e-308 if k.element == "double" else 1.1754943508222875e-38
    y = logarithm(k, a)
    y = k.select(k.fcompare("olt", a, k.every(least)), k.every(float("-inf")), y)
    y = k.select(k.fcompare("oeq", a, k.every(float("inf"))), a, y)
    return k.select(k.fcompare("olt", a, k.every(0)), k.every(float("nan")), y)


def _power(k: Function, a: Value, b: Value) -> Value:
    """a^b = e^(b · ln a) for a > 0; for a = 0: 0 where b > 0, 1 where b = 0."""
    return k.select(k.fcompare("oeq", b, k.every(0)), k.every(1), exp(k, k.fmul(b, _log(k, a))))


def _power_gradient(k: Function, a: Value, b: Value, d: Value) -> Value:
    less = k.fsub(b, k.every(1))
    slope = k.fmul(b, _power(k, a, less))
    return k.fmul(d, k.select(k.fcompare("oeq", b, k.every(0)), k.every(0), slope))


def _softplus(k: Function, a: Value) -> Value:
    small = exp(k, _negative(k, k.unary("fabs", a)))
    return k.fadd(_larger(k, a, k.every(0)), logarithm(k, k.fadd(k.every(1), small)))


def _log_one_more(k: Function, a: Value) -> Value:
    """ln(1 + a): what 1 + a rounds off is put back by a factor, as in `log_one_more`; ∞ at ∞."""
    whole = k.fadd(k.every(1), a)
    more = k.fsub(whole, k.every(1))
    as_it_is = k.binary("or", k.fcompare("oeq", more, k.every(0)), k.fcompare("oeq", a, k.every(float("inf"))))
    y = k.fdiv(k.fmul(_log(k, whole), a), k.select(as_it_is, k.every(1), more))
    return k.select(as_it_is, a, y)


def _exp_less_one(k: Function, a: Value) -> Value:
    return k.select(k.fcompare("ogt", a, k.every(40)), exp(k, a), exp_less_one(k, a))


def _remainder(k: Function, a: Value, b: Value) -> Value:
    return k.fsub(a, k.fmul(k.unary("floor", k.fdiv(a, b)), b))


def _finite(k: Function, a: Value) -> Value:
    return k.fcompare("olt", k.unary("fabs", a), k.every(float("inf")))


def _deviation(k: Function, a: Value) -> Value:
    """The standard deviation of a variance."""
    return k.larger(k.unary("sqrt", a), k.every(LEAST_DEVIATION))


def _bounded(k: Function, a: Value, low: Value, high: Value, rate: Value) -> Value:
    """d / (n + 1e-7) for the length n = √a; see `konv.ops.keeping.NormBound`."""
    n = k.unary("sqrt", a)
    kept = k.smaller(high, k.larger(low, n))
    wanted = k.fadd(k.fmul(rate, kept), k.fmul(k.fsub(k.every(1), rate), n))
    return k.fdiv(wanted, k.fadd(n, k.every(1e-7)))


FUNCTIONS: dict[str, _Body] = {
    "copy": lambda k, a: a,
    "negative": _negative,
    "add": lambda k, a, b: k.fadd(a, b),
    "subtract": lambda k, a, b: k.fsub(a, b),
    "multiply": lambda k, a, b: k.fmul(a, b),
    "divide": lambda k, a, b: k.fdiv(a, b),
    "maximum": _larger,
    "minimum": _smaller,
    "power": _power,
    "square": lambda k, a: k.fmul(a, a),
    "reciprocal": lambda k, a: k.fdiv(k.every(1), a),
    "sqrt": lambda k, a: k.unary("sqrt", a),
    "rsqrt": lambda k, a: k.fdiv(k.every(1), k.unary("sqrt", a)),
    "deviation": _deviation,
    "inverse_deviation": lambda k, a: k.fdiv(k.every(1), _deviation(k, a)),
    "exp": exp,
    "log": _log,
    "abs": lambda k, a: k.unary("fabs", a),
    "sign": _sign,
    "floor": lambda k, a: k.unary("floor", a),
    "ceil": lambda k, a: k.unary("ceil", a),
    "round": lambda k, a: k.unary("rint", a),
    "trunc": lambda k, a: k.unary("trunc", a),
    "sin": lambda k, a: sine(k, a),
    "cos": lambda k, a: sine(k, a, 1),
    "erf": error_function,
    "expm1": _exp_less_one,
    "log1p": _log_one_more,
    "mod": _remainder,
    "isnan": lambda k, a: _zero_or(k, k.fcompare("uno", a, a), k.every(1)),
    "isfinite": lambda k, a: _zero_or(k, _finite(k, a), k.every(1)),
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": lambda k, a: k.larger(k.every(0), a),
    "softplus": _softplus,
    "equal": _truth("oeq"),
    "not_equal": _truth("une"),
    "greater": _truth("ogt"),
    "greater_equal": _truth("oge"),
    "less": _truth("olt"),
    "less_equal": _truth("ole"),
    "logical_and": lambda k, a, b: _zero_or(k, k.binary("and", _nonzero(k, a), _nonzero(k, b)), k.every(1)),
    "logical_or": lambda k, a, b: _zero_or(k, k.binary("or", _nonzero(k, a), _nonzero(k, b)), k.every(1)),
    "logical_not": lambda k, a: k.select(_nonzero(k, a), k.every(0), k.every(1)),
    "where": lambda k, a, b, c: k.select(_nonzero(k, a), b, c),
    "bounded": _bounded,
    "prelu": lambda k, a, b: k.select(k.fcompare("ogt", a, k.every(0)), a, k.fmul(b, a)),
    "inverse_root": lambda k, a, b: k.fdiv(k.every(1), k.unary("sqrt", k.fadd(a, b))),
    "affine": lambda k, a, r, g, b: k.fma(k.fmul(a, r), g, b),
    # Gradients; d is that of the result.
    "kept": lambda k, a, d: _zero_or(k, _nonzero(k, a), d),
    "dropped": lambda k, a, d: k.select(_nonzero(k, a), k.every(0), d),
    "divide_gradient": lambda k, b, y, d: _negative(k, k.fdiv(k.fmul(y, d), b)),
    "larger_gradient": _larger_gradient,
    "power_gradient": _power_gradient,
    "exponent_gradient": lambda k, a, y, d: k.fmul(d, _zero_or(k, k.fcompare("une", y, k.every(0)),
                                                               k.fmul(y, _log(k, a)))),
    "square_gradient": lambda k, a, d: k.fmul(k.fadd(a, a), d),
    "reciprocal_gradient": lambda k, y, d: _negative(k, k.fmul(k.fmul(y, y), d)),
    "sqrt_gradient": lambda k, y, d: k.fdiv(d, k.fadd(y, y)),
    "rsqrt_gradient": lambda k, y, d: k.fmul(k.fmul(k.fmul(y, y), y), k.fmul(d, k.every(-0.5))),
    "abs_gradient": lambda k, a, d: k.fmul(_sign(k, a), d),
    "sigmoid_gradient": lambda k, y, d: k.fmul(d, k.fmul(y, k.fsub(k.every(1), y))),
    "tanh_gradient": lambda k, y, d: k.fmul(d, k.fsub(k.every(1), k.fmul(y, y))),
    "relu_gradient": lambda k, y, d: _zero_or(k, k.fcompare("ogt", y, k.every(0)), d),
    "softplus_gradient": lambda k, a, d: k.fmul(d, sigmoid(k, a)),
    "sin_gradient": lambda k, a, d: k.fmul(d, sine(k, a, 1)),
    "cos_gradient": lambda k, a, d: k.fmul(d, sine(k, a, 2)),
    "erf_gradient": lambda k, a, d: k.fmul(d, k.fmul(exp(k, _negative(k, k.fmul(a, a))), k.every(2 / sqrt(pi)))),
    "expm1_gradient": lambda k, y, d: k.fma(y, d, d),
    "log1p_gradient": lambda k, a, d: k.fdiv(d, k.fadd(k.every(1), a)),
    "prelu_gradient": lambda k, a, b, d: k.select(k.fcompare("ogt", a, k.every(0)), d, k.fmul(b, d)),
    "prelu_slope": lambda k, a, d: k.select(k.fcompare("ogt", a, k.every(0)), k.every(0), k.fmul(a, d)),
    "normal_gradient": lambda k, g, m, z, q, r: k.fmul(k.fsub(k.fsub(g, m), k.fmul(z, q)), r),
    "mod_gradient": lambda k, a, b, d: _negative(k, k.fmul(k.unary("floor", k.fdiv(a, b)), d)),
}  # fmt: skip
"""What is computed of one vector of each operand, by name."""


def collapsed(shape: Shape, operands: Sequence[Shape]) -> tuple[Shape, tuple[tuple[int, ...], ...]]:
    """The axes over which a kernel loops, as few as there can be, and the strides of each operand along them.

    Arguments: `shape`, of the result; `operands`, shapes with as many axes, 1 where an operand is repeated. Axes of
    one element go; axes that follow each other and that every operand either has or lacks alike become one.
    """
    sizes: list[int] = []
    patterns: list[tuple[bool, ...]] = []
    for axis, size in enumerate(shape):
        pattern = tuple(operand[axis] == size for operand in operands)
        if size == 1:
            continue
        if patterns and patterns[-1] == pattern:
            sizes[-1] *= size
        else:
            sizes.append(size)
            patterns.append(pattern)
    strides = []
    for i in range(len(operands)):
        held = [size if pattern[i] else 1 for size, pattern in zip(sizes, patterns, strict=True)]
        strides.append(tuple(elements(held[a + 1 :]) if patterns[a][i] else 0 for a in range(len(sizes))))
    return tuple(sizes), tuple(strides)


@dataclass(frozen=True)
class Elementwise(Spec):
    """A function of `FUNCTIONS` for samples `begin … end`, its result of `shape` a sample.

    `operands`: for each the shape of a sample, with as many axes as `shape`, 1 where it is repeated; or a number, which
    is the same everywhere. `shared`: the places, among those that are no numbers, of arrays that are the same for every
    sample, as weights are. `finish`: "relu" for what a ReLU makes of the result.
    Arguments: the operands that are no numbers, then the result, which may be one of those of its own shape.
    """

    kind: ClassVar[str] = "elementwise"
    function: str
    shape: Shape
    operands: tuple[Shape | float, ...]
    finish: str = ""
    shared: tuple[int, ...] = ()

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        arrays = [o for o in self.operands if isinstance(o, tuple)]
        names = [f"x{i}" for i in range(len(arrays))]
        k = self.new(target, " ".join([*names, "out"]), alias=True)
        sizes, strides = collapsed(self.shape, [*arrays, self.shape])
        if not sizes:
            sizes, strides = (1,), ((1,),) * (len(arrays) + 1)
        if len(sizes) == 1 and all(s == (1,) for s in strides) and not self.shared:
            each_vector(k, sizes[0], lambda at, lanes: self._piece(k, [(at, 1)] * len(arrays), at, lanes))
            return k
        with k.loop(k.begin, k.end) as n:
            starts = [
                0 if i in self.shared else k.mul(n.i, elements(shape)) for i, shape in enumerate((*arrays, self.shape))
            ]
            self._axes(k, sizes, strides, starts)
        return k

    def _axes(self, k: Function, sizes: Shape, strides: Sequence[tuple[int, ...]], at: Sequence[Int]) -> None:
        """Loops over `sizes`, the last one by vectors; `at` is where each operand and the result begin."""
        if len(sizes) > 1:
            with k.loop(0, sizes[0]) as i:
                inner = [k.add(a, k.mul(i.i, s[0])) for a, s in zip(at, strides, strict=True)]
                self._axes(k, sizes[1:], [s[1:] for s in strides], inner)
            return
        whole, tail = divmod(sizes[0], k.lanes)

        def piece(first: Int, lanes: int) -> None:
            spots = [(k.add(a, k.mul(first, s[0])), s[0]) for a, s in zip(at[:-1], strides[:-1], strict=True)]
            self._piece(k, spots, k.add(at[-1], first), lanes)

        with k.loop(0, whole) as i:
            piece(k.mul(i.i, k.lanes), 0)
        if tail:
            piece(whole * k.lanes, tail)

    def _piece(self, k: Function, spots: Sequence[tuple[Int, int]], out: Int, lanes: int) -> None:
        """One vector of the result; `spots`: where each operand lies, and 0 for one that is the same in every lane."""
        values, place = [], 0
        for operand in self.operands:
            if not isinstance(operand, tuple):
                values.append(k.every(operand))
                continue
            at, stride = spots[place]
            array = k.arg[f"x{place}"]
            values.append(k.load(array, at, lanes) if stride else k.broadcast(array, at))
            place += 1
        result = FUNCTIONS[self.function](k, *values)
        k.store(k.larger(k.every(0), result) if self.finish == "relu" else result, k.arg["out"], out, lanes)
