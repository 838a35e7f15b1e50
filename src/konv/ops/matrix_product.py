"""Products of matrices that are different for every sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.moves import Move
from konv.kernels.products.small_product import SampleProduct
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["Matmul"]


@dataclass(frozen=True)
class Matmul(Op):
    """The product of two matrices of each sample; of stacks of them, one by one.

        y[…, i, j] = Σ_k a[…, i, k] · b[…, k, j]        ∂a = ∂y · bᵀ        ∂b = aᵀ · ∂y

    Shapes: a (N, …, I, K), b (N, …, K, J), y (N, …, I, J).
    """

    name: ClassVar[str] = "matmul"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(x[0] @ x[1])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy @ x[1].swapaxes(-1, -2), x[0].swapaxes(-1, -2) @ dy))

    def lower(self, to: Lowering) -> None:
        places, i, k, j = self._sizes(to.shapes)
        to.samples(SampleProduct(to.dtype, places, i, k, j), to.x[0], to.x[1], to.y)

    def lower_backward(self, to: Lowering) -> None:
        places, i, k, j = self._sizes(to.shapes)
        if to.dx[0] is not None:
            turned = self._turned(to, to.x[1], places, k, j)
            to.samples(SampleProduct(to.dtype, places, i, j, k), to.dy, turned, to.dx[0])
        if to.dx[1] is not None:
            turned = self._turned(to, to.x[0], places, i, k)
            to.samples(SampleProduct(to.dtype, places, k, i, j), turned, to.dy, to.dx[1])

    def output_shape(self, *inputs: Shape) -> Shape:
        a, b = inputs
        if len(a) < 2 or len(a) != len(b) or a[:-2] != b[:-2] or a[-1] != b[-2]:
            raise ShapeError(text("cannot_multiply", received=f"{show(a)}, {show(b)}"))
        return (*a[:-1], b[-1])

    def macs(self, *inputs: Shape) -> int:
        return 0

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.matmul", {"inner": inputs[0][-1]}

    def _sizes(self, shapes: tuple[Shape, ...]) -> tuple[int, int, int, int]:
        a, b = shapes
        return elements(a[:-2]), a[-2], a[-1], b[-1]

    def _turned(self, to: Lowering, matrices: Slot, places: int, rows: int, columns: int) -> Slot:
        """The matrices `(rows, columns)` with rows for columns."""
        turned, size = to.temporary(places * rows * columns), rows * columns
        walks = ((places * size, 0, (size, 1, columns)), (places * size, 0, (size, rows, 1)))
        to.samples(Move(to.dtype, (places, columns, rows), *walks), matrices, turned)
        return turned
