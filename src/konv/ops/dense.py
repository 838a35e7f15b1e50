"""The fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from konv.errors import ShapeError
from konv.kernels.products.dense import Dense as DenseKernel, DenseFewGradient, DenseWeightGradient
from konv.kernels.products.pack import Pack
from konv.kernels.sums.tree import BiasGradient
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.shapes import Shape, elements

__all__ = ["Dense"]


@dataclass(frozen=True)
class Dense(Op):
    """Fully connected: every one of `units` neurons takes a weighted sum of all features.

        y[n, u] = b[u] + Σ_f x[n, f] · k[f, u]

    Backward:

        ∂x[n, f] = Σ_u ∂y[n, u] · k[f, u]        ∂k[f, u] = Σ_n x[n, f] · ∂y[n, u]        ∂b[u] = Σ_n ∂y[n, u]

    Shapes: x (N, F), k (F, units), b (units,), y (N, units). Where x has more axes, (N, …, F), every vector along
    the last axis goes through the same neurons, as in Keras.

    Source: Rumelhart, Hinton & Williams, *Learning representations by back-propagating errors*, Nature 323, 1986,
    equations 1 and 6.
    """

    name: ClassVar[str] = "dense"
    gates: ClassVar[bool] = True
    relus: ClassVar[bool] = True
    units: int
    bias: bool = True

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        y: Array = x[0] @ w[0]
        return y + w[1] if self.bias else y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        dx = dy @ w[0].T
        rows, drows = x[0].reshape(-1, x[0].shape[-1]), dy.reshape(-1, self.units)
        dk = rows.T @ drows
        return Gradients((dx,), (dk, drows.sum(0)) if self.bias else (dk,))

    def lower(self, to: Lowering) -> None:
        places, features = elements(to.shapes[0][:-1]), to.shapes[0][-1]
        finish = "relu" if to.relu else ""
        spec = DenseKernel(to.dtype, to.batch * places, features, self.units, places, self.bias, finish)
        self._product(to, spec, to.x[0], to.y, to.w[1:])

    def lower_backward(self, to: Lowering) -> None:
        places, features = elements(to.shapes[0][:-1]), to.shapes[0][-1]
        if self.bias and to.dw[1]:
            to.sums(BiasGradient(to.dtype, self.units), to.dy, weight=1, grain=places)
        if to.dw[0]:
            gradient: DenseWeightGradient | DenseFewGradient
            if to.batch * places <= DenseFewGradient.MOST:
                gradient = DenseFewGradient(to.dtype, features, self.units, places)
                units = gradient.units()
            else:
                gradient = DenseWeightGradient(to.dtype, to.batch * places, features, self.units, places)
                units = gradient.units(to.target)
            to.outputs(gradient, to.frame, to.x[0], to.dy, to.gradient(0), units=lambda n: units)
        if to.dx[0] is not None:
            finish = "gate" if to.gate else ""
            spec = DenseKernel(to.dtype, to.batch * places, self.units, features, places, finish=finish)
            self._product(to, spec, to.dy, to.dx[0], (to.x[0],) if to.gate else (), turned=True)

    def _product(
        self, to: Lowering, spec: DenseKernel, x: Slot, y: Slot, others: tuple[Slot, ...], turned: bool = False
    ) -> None:
        """Weights that every step changes are read as they lie, others from a packed copy."""
        w = to.w[0]
        if to.changing[0]:
            spec = replace(spec, weights="turned" if turned else "straight")
        else:
            vectors = spec.tile(to.target).vectors
            w = to.pack(Pack(to.dtype, 1, to.shapes[0][-1], self.units, 1, vectors, turned), w)
        room = spec.tile(to.target).rows * spec.blocks(spec.rows, to.target)
        for slot, size in ((x, spec.inputs), (y, spec.outputs), *((s, spec.outputs) for s in others if to.gate)):
            to.reserve(slot, room * size)
        units = spec.units(to.target)
        to.outputs(spec, to.frame, x, w, *others, y, units=lambda n: units)

    def output_shape(self, *inputs: Shape) -> Shape:
        if not inputs[0] or inputs[0][-1] < 1:
            raise ShapeError(text("no_features", layer="Dense", received=inputs[0]))
        return (*inputs[0][:-1], self.units)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        self.output_shape(*inputs)
        features = inputs[0][-1]
        kernel = Weight("kernel", (features, self.units), features, self.units)
        return (kernel, Weight("bias", (self.units,), self.units, self.units)) if self.bias else (kernel,)

    def macs(self, *inputs: Shape) -> int:
        """`F · units` for each vector along the last axis."""
        return elements(inputs[0]) * self.units

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.dense", {"units": self.units, "features": inputs[0][-1]}
