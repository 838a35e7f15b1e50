"""Several arrays side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.moves import Move
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["Concatenate"]


@dataclass(frozen=True)
class Concatenate(Op):
    """The inputs side by side along `axis`, which counts without the batch axis, or from the end where negative.

        y[…, o_i + c, …] = x_i[…, c, …]    o_i = Σ_{j<i} C_j        ∂x_i[…, c, …] = ∂y[…, o_i + c, …]

    Shapes: x_i (N, …, C_i, …), alike along all other axes; y (N, …, Σ C_i, …). Source: Huang et al., *Densely
    connected convolutional networks*, 2017, equation 2.
    """

    name: ClassVar[str] = "concatenate"
    axis: int = -1

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.concatenate(x, self._axis(x[0].ndim - 1) + 1)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        axis = self._axis(dy.ndim - 1) + 1
        ends = list(accumulate(a.shape[axis] for a in x))[:-1]
        return Gradients(tuple(np.split(dy, ends, axis)))

    def lower(self, to: Lowering) -> None:
        for i, (sizes, begin, whole) in enumerate(self._parts(to.shapes)):
            read, put = (elements(sizes), 0, (sizes[1], 1)), (whole * sizes[0], begin, (whole, 1))
            to.samples(Move(to.dtype, sizes, read, put), to.x[i], to.y)

    def lower_backward(self, to: Lowering) -> None:
        for i, (sizes, begin, whole) in enumerate(self._parts(to.shapes)):
            dx = to.dx[i]
            if dx is not None:
                read, put = (whole * sizes[0], begin, (whole, 1)), (elements(sizes), 0, (sizes[1], 1))
                to.samples(Move(to.dtype, sizes, read, put), to.dy, dx)

    def output_shape(self, *inputs: Shape) -> Shape:
        axes = len(inputs[0])
        axis = self._axis(axes)
        rest = {(*shape[:axis], *shape[axis + 1 :]) for shape in inputs}
        if not 0 <= axis < axes or len({len(shape) for shape in inputs}) > 1 or len(rest) > 1:
            raise ShapeError(text("cannot_concatenate", axis=self.axis, received=", ".join(map(show, inputs))))
        return (*inputs[0][:axis], sum(shape[axis] for shape in inputs), *inputs[0][axis + 1 :])

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.concatenate", {"count": len(inputs)}

    def _axis(self, axes: int) -> int:
        return self.axis + axes if self.axis < 0 else self.axis

    def _parts(self, shapes: tuple[Shape, ...]) -> list[tuple[Shape, int, int]]:
        """Of each input: rows and their length; then where its rows begin in those of y, and how long these are."""
        axis = self._axis(len(shapes[0]))
        inner = elements(shapes[0][axis + 1 :])
        lengths = [shape[axis] * inner for shape in shapes]
        rows = elements(shapes[0][:axis])
        begins = [0, *accumulate(lengths)]
        return [((rows, n), begin, begins[-1]) for n, begin in zip(lengths, begins, strict=False)]
