"""Operations that make images and sequences larger without weights.

Each is a linear map between places, the same for all channels; the references state it by slices, the kernels by one
table of which places make which (`konv.kernels.maps.places`), whose transpose is the gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.places import Places, Table
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, show

__all__ = ["Moved", "RepeatVector", "grid"]


class Moved(Op):
    """What all share: the kernels, from a table of places."""

    def table(self, shape: Shape) -> tuple[Table, int]:
        """The table for an input of `shape`, and how many numbers there are at each place."""
        raise NotImplementedError

    def lower(self, to: Lowering) -> None:
        table, channels = self.table(to.shapes[0])
        _add(to, table, channels, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if to.dx[0] is not None:
            table, channels = self.table(to.shapes[0])
            _add(to, table.turned(), channels, to.dy, to.dx[0])


def _add(to: Lowering, table: Table, channels: int, x: Slot, y: Slot) -> None:
    scaled = bool((table.factors != 1).any())
    spec = Places(to.dtype, table.width, len(table.starts) - 1, channels, scaled)
    parts: list[Array] = [table.starts, table.sources]
    if scaled:
        parts.append(table.factors.astype(to.dtype))
    # A table without entries has an address all the same.
    slots = [Slot("table", a.size, "given", given=np.ascontiguousarray(a if a.size else np.zeros(1, a.dtype)))
             for a in parts]  # fmt: skip
    to.samples(spec, *slots, x, y)


def grid(rows: tuple[Array, Array], columns: tuple[Array, Array], shape: Shape) -> Table:
    """The table of an image `shape` from those of its axes: sources `(outputs, most)` and their factors."""
    sources = rows[0][:, None, :, None] * shape[1] + columns[0][None, :, None, :]
    factors = rows[1][:, None, :, None] * columns[1][None, :, None, :]
    places = sources.shape[0] * sources.shape[1]
    return Table.of(sources.reshape(places, -1), factors.reshape(places, -1), shape[0] * shape[1])


@dataclass(frozen=True)
class RepeatVector(Moved):
    """A vector repeated `times` times, as the steps of a sequence.

        y[n, i, f] = x[n, f]        ∂x[n, f] = Σ_i ∂y[n, i, f]

    Shapes: x (N, F), y (N, times, F).
    """

    name: ClassVar[str] = "repeat_vector"
    times: int

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        y: Array = np.repeat(x[0][:, None], self.times, 1)
        return y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy.sum(1),))

    def table(self, shape: Shape) -> tuple[Table, int]:
        sources = np.zeros((self.times, 1), np.int64)
        return Table.of(sources, np.ones(sources.shape), 1), shape[0]

    def output_shape(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(text("not_a_vector", layer="RepeatVector", received=show(inputs[0])))
        return self.times, inputs[0][0]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.repeat_vector", {"times": self.times}
