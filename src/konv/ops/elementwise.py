"""Functions of numbers, applied to arrays element by element, the smaller operands repeated along missing axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erf, pi, sqrt
from typing import ClassVar, TypeVar

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.kernels.maps.elementwise import LEAST_DEVIATION, Elementwise as Kernel
from konv.kernels.sums.reduction import Reduction
from konv.messages import text
from konv.names import unknown
from konv.ops.activation import sigmoid
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["FUNCTIONS", "Elementwise", "broadcast", "reduced_to"]

_T = TypeVar("_T")
VALUES: dict[str, Callable[..., Array]] = {
    "copy": lambda a: a,
    "negative": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "power": lambda a, b: np.power(a, b).astype(a.dtype if isinstance(a, np.ndarray) else b.dtype, copy=False),
    "square": np.square,
    "reciprocal": lambda a: 1 / a,
    "sqrt": np.sqrt,
    "rsqrt": lambda a: 1 / np.sqrt(a),
    "deviation": lambda a: np.maximum(np.sqrt(a), LEAST_DEVIATION),
    "inverse_deviation": lambda a: 1 / np.maximum(np.sqrt(a), LEAST_DEVIATION),
    "exp": np.exp,
    "log": np.log,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
    "round": np.rint,
    "trunc": np.trunc,
    "sin": np.sin,
    "cos": np.cos,
    "erf": np.vectorize(erf, otypes=[float]),
    "expm1": np.expm1,
    "log1p": np.log1p,
    "mod": np.mod,
    "isnan": np.isnan,
    "isfinite": np.isfinite,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "softplus": lambda a: np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a))),
    "equal": np.equal,
    "not_equal": np.not_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_not": np.logical_not,
    "where": lambda a, b, c: np.asarray(np.where(np.not_equal(a, 0), b, c)),
    "bounded": lambda a, low, high, rate: (
        (rate * np.clip(np.sqrt(a), low, high) + (1 - rate) * np.sqrt(a)) / (np.sqrt(a) + 1e-7)
    ),
    "prelu": lambda a, b: np.where(a > 0, a, b * a),
    "inverse_root": lambda a, b: 1 / np.sqrt(a + b),
    "affine": lambda a, r, g, b: a * r * g + b,
    "kept": lambda a, d: np.where(np.not_equal(a, 0), d, 0),
    "dropped": lambda a, d: np.where(np.not_equal(a, 0), 0, d),
    "divide_gradient": lambda b, y, d: -(y * d) / b,
    "larger_gradient": lambda a, b, d: np.where(a > b, d, np.where(a == b, d / 2, 0)),
    "power_gradient": lambda a, b, d: d * np.where(np.equal(b, 0), 0, b * np.power(a, b - 1)),
    "exponent_gradient": lambda a, y, d: d * np.where(y != 0, y * np.log(a), 0),
    "square_gradient": lambda a, d: (a + a) * d,
    "reciprocal_gradient": lambda y, d: -(y * y * d),
    "sqrt_gradient": lambda y, d: d / (y + y),
    "rsqrt_gradient": lambda y, d: y * y * y * (d * -0.5),
    "abs_gradient": lambda a, d: np.sign(a) * d,
    "sigmoid_gradient": lambda y, d: d * (y * (1 - y)),
    "tanh_gradient": lambda y, d: d * (1 - y * y),
    "relu_gradient": lambda y, d: np.where(y > 0, d, 0),
    "softplus_gradient": lambda a, d: d * sigmoid(a),
    "sin_gradient": lambda a, d: d * np.cos(a),
    "cos_gradient": lambda a, d: -d * np.sin(a),
    "erf_gradient": lambda a, d: d * np.exp(-a * a) * (2 / sqrt(pi)),
    "expm1_gradient": lambda y, d: d * (y + 1),
    "log1p_gradient": lambda a, d: d / (1 + a),
    "prelu_gradient": lambda a, b, d: np.where(a > 0, d, b * d),
    "prelu_slope": lambda a, d: np.where(a > 0, 0, a * d),
    "normal_gradient": lambda g, m, z, q, r: (g - m - z * q) * r,
    "mod_gradient": lambda a, b, d: -np.floor(a / b) * d,
}
"""What a function, or a part of a gradient, computes; the compiled ones have the same names."""

_ONE = {name: (f"{name}_gradient", "ad") for name in (
    "square", "abs", "softplus", "sin", "cos", "erf", "log1p",
)}  # fmt: skip
_OWN = {name: (f"{name}_gradient", "yd") for name in (
    "reciprocal", "sqrt", "rsqrt", "sigmoid", "tanh", "relu", "expm1",
)}  # fmt: skip
FUNCTIONS: dict[str, tuple[tuple[str, str] | None, ...]] = {
    "copy": (("copy", "d"),),
    "negative": (("negative", "d"),),
    "add": (("copy", "d"), ("copy", "d")),
    "subtract": (("copy", "d"), ("negative", "d")),
    "multiply": (("multiply", "bd"), ("multiply", "ad")),
    "divide": (("divide", "db"), ("divide_gradient", "byd")),
    "maximum": (("larger_gradient", "abd"), ("larger_gradient", "bad")),
    "minimum": (("larger_gradient", "bad"), ("larger_gradient", "abd")),
    "power": (("power_gradient", "abd"), ("exponent_gradient", "ayd")),
    "mod": (("copy", "d"), ("mod_gradient", "abd")),
    "exp": (("multiply", "yd"),),
    "log": (("divide", "da"),),
    **{name: (formula,) for name, formula in (*_ONE.items(), *_OWN.items())},
    **dict.fromkeys(("sign", "floor", "ceil", "round", "trunc", "logical_not", "isnan", "isfinite"), (None,)),
    **dict.fromkeys(("equal", "not_equal", "greater", "greater_equal", "less", "less_equal"), (None, None)),
    **dict.fromkeys(("logical_and", "logical_or"), (None, None)),
    "where": (None, ("kept", "ad"), ("dropped", "ad")),
}
"""Every function by name, and the gradient of each operand: what computes it, of which of the operands a, b, c, the
result y and its gradient d; None where it is zero."""


@dataclass(frozen=True)
class Elementwise(Op):
    """A `function` of numbers, applied element by element.

        y[i] = f(a[i], b[i], …)        ∂a[i] = ∂f/∂a · ∂y[i]

    `operands` has, for each operand, None for the next input or a number. An operand with fewer axes, or with axes of
    one element, is repeated along them (NumPy's broadcasting); its gradient is the sum over the repetitions.
    Comparisons give 1 and 0, and pass no gradient on; neither do `sign` and the roundings. Of `maximum` and `minimum`
    the operand that is chosen has the gradient, half of it each where they are equal. Where a function with a `finish`
    is "relu", it is not part of this record: the plan joins a ReLU that follows.

    Shapes: inputs (N, …), y (N, …), the batch axis never repeated. Source of the gradients: any calculus book.
    """

    name: ClassVar[str] = "elementwise"
    relus: ClassVar[bool] = True
    function: str
    operands: tuple[float | None, ...] = (None, None)

    def __post_init__(self) -> None:
        if self.function not in FUNCTIONS:
            raise unknown("op", self.function, FUNCTIONS)
        if len(self.operands) != len(FUNCTIONS[self.function]):
            count = len(FUNCTIONS[self.function])
            raise ConfigurationError(text("operand_count", function=self.function, expected=count,
                                          received=len(self.operands)))  # fmt: skip

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(VALUES[self.function](*self._all(_aligned(x))), x[0].dtype)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        known = dict(zip("abc", self._all(_aligned(x)), strict=False), y=y, d=dy)
        found: list[Array | None] = []
        for place, operand in enumerate(self.operands):
            if operand is None:
                formula = FUNCTIONS[self.function][place]
                shape = x[len(found)].shape
                g = None if formula is None else VALUES[formula[0]](*(known[name] for name in formula[1]))
                found.append(None if g is None else reduced_to(np.asarray(g, dy.dtype), shape))
        return Gradients(tuple(found))

    def output_shape(self, *inputs: Shape) -> Shape:
        return broadcast(inputs, self.function)

    def lower(self, to: Lowering) -> None:
        shape = self.output_shape(*to.shapes)
        operands = tuple(self._all(_padded(to.shapes, len(shape))))
        to.samples(Kernel(to.dtype, self.function, shape, operands, "relu" if to.relu else ""), *to.x, to.y)

    def lower_backward(self, to: Lowering) -> None:
        shape = self.output_shape(*to.shapes)
        shapes: list[Shape | float] = self._all(_padded(to.shapes, len(shape)))
        slots: list[Slot | float] = self._all(to.x)
        known = dict(zip("abc", zip(shapes, slots, strict=True), strict=False), y=(shape, to.y), d=(shape, to.dy))
        place = 0
        for operand, formula in zip(self.operands, FUNCTIONS[self.function], strict=True):
            if operand is not None:
                continue
            dx, small = to.dx[place], _padded(to.shapes, len(shape))[place]
            if dx is not None and formula is None:
                to.nothing(place)
            elif dx is not None and formula is not None:
                taken = [known[name] for name in formula[1]]
                spec = Kernel(to.dtype, formula[0], shape, tuple(s for s, _ in taken))
                read = [slot for _, slot in taken if isinstance(slot, Slot)]
                if small == shape and formula[0] == "copy":
                    to.passes(place)
                elif small == shape:
                    to.samples(spec, *read, dx)
                else:
                    whole = to.dy if formula[0] == "copy" else to.temporary(elements(shape))
                    if whole is not to.dy:
                        to.samples(spec, *read, whole)
                    axes = tuple(a for a, size in enumerate(small) if size != shape[a])
                    to.samples(Reduction(to.dtype, "sum", shape, axes), whole, dx)
            place += 1

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        key = self.function if self.operands == (None, None) and self.function in ("add", "multiply") else self.name
        return f"purpose.{key}", {"function": self.function}

    def _all(self, inputs: tuple[_T, ...]) -> list[_T | float]:
        """The operands in order: inputs, and numbers between them."""
        waiting = iter(inputs)
        return [next(waiting) if operand is None else operand for operand in self.operands]


def broadcast(shapes: tuple[Shape, ...], name: str) -> Shape:
    """The shape of a result of operands of `shapes`, by NumPy's rule. Raises: ShapeError where they do not fit."""
    axes = max(map(len, shapes))
    padded = _padded(shapes, axes)
    sizes = [sorted({shape[a] for shape in padded} - {1}) for a in range(axes)]
    if any(len(found) > 1 for found in sizes):
        received = " + ".join(map(show, shapes)) if name == "add" else ", ".join(map(show, shapes))
        raise ShapeError(text("shapes_do_not_meet", function=name, received=received))
    return tuple(found[0] if found else 1 for found in sizes)


def reduced_to(g: Array, shape: Shape) -> Array:
    """The gradient `g` (N, …) of a repeated array summed over the repetitions, in that array's `shape`."""
    own = (shape[0], *(1,) * (g.ndim - len(shape)), *shape[1:])
    axes = tuple(a for a in range(1, g.ndim) if own[a] != g.shape[a])
    return (g.sum(axes, keepdims=True) if axes else g).reshape(shape)


def _padded(shapes: tuple[Shape, ...], axes: int) -> tuple[Shape, ...]:
    """Shapes with axes of one element in front, so that all have as many."""
    return tuple((1,) * (axes - len(shape)) + shape for shape in shapes)


def _aligned(x: tuple[Array, ...]) -> tuple[Array, ...]:
    """Arrays (N, …) with axes of one element behind the batch axis, so that all have as many."""
    axes = max(a.ndim for a in x)
    return tuple(a.reshape(len(a), *(1,) * (axes - a.ndim), *a.shape[1:]) for a in x)
