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
from konv.ops.sequence import OnImages
from konv.ops.windows import image_shape
from konv.shapes import Shape, show

__all__ = ["RepeatVector", "UpSampling1D", "UpSampling2D"]


class _Moved(Op):
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


def _grid(rows: tuple[Array, Array], columns: tuple[Array, Array], shape: Shape) -> Table:
    """The table of an image `shape` from those of its axes: sources `(outputs, most)` and their factors."""
    sources = rows[0][:, None, :, None] * shape[1] + columns[0][None, :, None, :]
    factors = rows[1][:, None, :, None] * columns[1][None, :, None, :]
    places = sources.shape[0] * sources.shape[1]
    return Table.of(sources.reshape(places, -1), factors.reshape(places, -1), shape[0] * shape[1])


@dataclass(frozen=True)
class UpSampling2D(_Moved):
    """An image enlarged `size` = (a, b) times.

        nearest:   y[n, i, j, c] = x[n, ⌊i/a⌋, ⌊j/b⌋, c]
        bilinear:  y = U_a · x · U_bᵀ in each channel

    U_a (a·H, H) weighs, for output i at the place t = (i + ½)/a − ½ of the input, its two neighbours: ⌊t⌋ by
    1 − (t − ⌊t⌋) and ⌊t⌋ + 1 by t − ⌊t⌋; beyond the edge the last one counts for both. Backward: ∂x = U_aᵀ · ∂y · U_b,
    with ones at ⌊i/a⌋ for U_a under "nearest".

    Shapes: x (N, H, W, C), y (N, a·H, b·W, C).
    """

    name: ClassVar[str] = "up_sampling2d"
    size: tuple[int, int] = (2, 2)
    interpolation: str = "nearest"

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        up, across = self._matrices(x[0])
        y: Array = np.einsum("ih,nhwc,jw->nijc", up, x[0], across, optimize=True)
        return y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        up, across = self._matrices(x[0])
        return Gradients((np.einsum("ih,nijc,jw->nhwc", up, dy, across, optimize=True),))

    def _matrices(self, x: Array) -> list[Array]:
        """U_a and U_b, in x's type."""
        found = []
        for length, times in zip(x.shape[1:3], self.size, strict=True):
            sources, factors = self._axis(length, times)
            matrix = np.zeros((length * times, length), x.dtype)
            for column, factor in zip(sources.T, factors.T, strict=True):
                np.add.at(matrix, (np.arange(length * times), column), factor)
            found.append(matrix)
        return found

    def _axis(self, length: int, times: int) -> tuple[Array, Array]:
        """One axis: the sources of every output, and their factors."""
        i = np.arange(length * times)
        if self.interpolation == "nearest":
            return (i // times)[:, None], np.ones((len(i), 1))
        t = (i + 0.5) / times - 0.5
        low = np.floor(t).astype(np.int64)
        share = t - low
        return np.clip(np.stack([low, low + 1], 1), 0, length - 1), np.stack([1 - share, share], 1)

    def table(self, shape: Shape) -> tuple[Table, int]:
        rows, columns = (self._axis(length, times) for length, times in zip(shape[:2], self.size, strict=True))
        return _grid(rows, columns, shape), shape[2]

    def output_shape(self, *inputs: Shape) -> Shape:
        height, width, channels = image_shape(inputs[0], type(self).__name__)
        return height * self.size[0], width * self.size[1], channels

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.up_sampling", {"size": show(self.output_shape(*inputs)[:2])}


@dataclass(frozen=True)
class RepeatVector(_Moved):
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


@dataclass(frozen=True)
class _OnSequence(OnImages):
    """What those along sequences share: no ReLU is part of them."""

    gates: ClassVar[bool] = False
    relus: ClassVar[bool] = False


@dataclass(frozen=True)
class UpSampling1D(_OnSequence):
    """Every step of a sequence repeated `size` times.

        y[n, i, c] = x[n, ⌊i/size⌋, c]        ∂x[n, i, c] = Σ_{r < size} ∂y[n, size·i + r, c]

    Shapes: x (N, L, C), y (N, size·L, C).
    """

    name: ClassVar[str] = "up_sampling1d"
    size: int = 2

    def on_images(self) -> UpSampling2D:
        """The operation in two dimensions."""
        return UpSampling2D((1, self.size))
