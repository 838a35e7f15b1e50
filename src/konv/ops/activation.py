"""Activations: what makes a stack of linear layers more than one linear layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.pointwise import Pointwise
from konv.kernels.training.rows import Softmax as SoftmaxKernel, SoftmaxGradient
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape

__all__ = ["Linear", "ReLU", "Sigmoid", "Softmax", "Tanh", "sigmoid", "softmax"]


@dataclass(frozen=True)
class Linear(Op):
    """The identity: what a layer without an activation uses.

        y = x        ∂x = ∂y

    Shapes: x and y (N, …).
    """

    name: ClassVar[str] = "linear"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy,))

    def lower(self, to: Lowering) -> None:
        to.same()

    def lower_backward(self, to: Lowering) -> None:
        to.same()


@dataclass(frozen=True)
class ReLU(Op):
    """Rectified linear unit: what is positive passes, everything else becomes 0.

        y = max(x, 0)        ∂x = ∂y where y > 0, else 0

    A NaN stays a NaN, so that it is found. Shapes: x and y (N, …).

    Source: Nair & Hinton, *Rectified linear units improve restricted Boltzmann machines*, 2010.
    """

    name: ClassVar[str] = "relu"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.maximum(x[0], 0)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((np.where(y > 0, dy, 0),))

    def lower(self, to: Lowering) -> None:
        _pointwise(self, to)

    def lower_backward(self, to: Lowering) -> None:
        _pointwise_backward(self, to)


@dataclass(frozen=True)
class Sigmoid(Op):
    """The logistic function: squeezes any number into (0, 1), read as a probability.

        y = 1 / (1 + e^(−x))        ∂x = ∂y · y · (1 − y)

    Shapes: x and y (N, …). Source: Rumelhart, Hinton & Williams, 1986, equation 2.
    """

    name: ClassVar[str] = "sigmoid"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return sigmoid(x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy * y * (1 - y),))

    def lower(self, to: Lowering) -> None:
        _pointwise(self, to)

    def lower_backward(self, to: Lowering) -> None:
        _pointwise_backward(self, to)


@dataclass(frozen=True)
class Tanh(Op):
    """The hyperbolic tangent: squeezes any number into (−1, 1), keeping its sign.

        y = (e^x − e^(−x)) / (e^x + e^(−x))        ∂x = ∂y · (1 − y²)

    Shapes: x and y (N, …). Source: LeCun, Bottou, Orr & Müller, *Efficient BackProp*, 1998, section 4.4.
    """

    name: ClassVar[str] = "tanh"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.tanh(x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy * (1 - y * y),))

    def lower(self, to: Lowering) -> None:
        _pointwise(self, to)

    def lower_backward(self, to: Lowering) -> None:
        _pointwise_backward(self, to)


@dataclass(frozen=True)
class Softmax(Op):
    """Softmax over the last axis: turns scores into probabilities, all positive, summing to 1.

        y[n, k] = e^(x[n, k] − m[n]) / Σ_j e^(x[n, j] − m[n])        m[n] = max_j x[n, j]

    Subtracting m changes nothing in exact arithmetic and keeps e^… from overflowing.

    Backward: raising one score lowers all the other probabilities.

        ∂x[n, k] = y[n, k] · (∂y[n, k] − Σ_j ∂y[n, j] · y[n, j])

    Shapes: x and y (N, …, K). Source: Bridle, *Probabilistic interpretation of feedforward classification network
    outputs*, 1990.
    """

    name: ClassVar[str] = "softmax"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return softmax(x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((y * (dy - (dy * y).sum(-1, keepdims=True)),))

    def lower(self, to: Lowering) -> None:
        size = to.shapes[0][-1]
        to.samples(SoftmaxKernel(to.dtype, size), to.x[0], to.y, grain=to.y.size // size)

    def lower_backward(self, to: Lowering) -> None:
        size = to.shapes[0][-1]
        if to.dx[0] is not None:
            to.samples(SoftmaxGradient(to.dtype, size), to.y, to.dy, to.dx[0], grain=to.y.size // size)

    def output_shape(self, *inputs: Shape) -> Shape:
        if not inputs[0] or inputs[0][-1] < 1:
            raise ShapeError(text("no_features", layer="Softmax", received=inputs[0]))
        return inputs[0]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.softmax", {"classes": f"{inputs[0][-1]:,}"}


def _pointwise(op: Op, to: Lowering) -> None:
    to.samples(Pointwise(to.dtype, op.name, to.y.size), to.x[0], to.y)


def _pointwise_backward(op: Op, to: Lowering) -> None:
    if to.dx[0] is not None:
        to.samples(Pointwise(to.dtype, f"{op.name}_gradient", to.y.size), to.y, to.dy, to.dx[0])


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^(−x)) without overflow: with e = e^(−|x|) ≤ 1 it is 1/(1 + e) where x ≥ 0, and e/(1 + e) below."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, e) / (1 + e))


def softmax(x: Array) -> Array:
    """Probabilities from scores, along the last axis."""
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))
