"""Ops that put numbers elsewhere: other orders of axes, parts of arrays, margins, repetitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.elementwise import Elementwise as Kernel
from konv.kernels.maps.moves import Fill, Move
from konv.kernels.sums.reduction import Reduction
from konv.messages import text
from konv.ops.elementwise import broadcast, reduced_to
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["BroadcastTo", "Pad", "Slice", "Transpose"]


def _steps(shape: Shape) -> tuple[int, ...]:
    """How many elements apart neighbours lie along each axis of a contiguous array."""
    return tuple(elements(shape[a + 1 :]) for a in range(len(shape)))


@dataclass(frozen=True)
class Transpose(Op):
    """The axes in another order: axis a of the result is axis `axes[a]` of the input, the batch axis left out.

        y[…, i_a, …] = x with i_a along axis axes[a]        ∂x is ∂y in the old order

    Shapes: x (N, s_0, s_1, …), y (N, s_axes[0], s_axes[1], …).
    """

    name: ClassVar[str] = "transpose"
    axes: tuple[int, ...]

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.ascontiguousarray(x[0].transpose(0, *(a + 1 for a in self.axes)))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((np.ascontiguousarray(dy.transpose(0, *(int(a) + 1 for a in np.argsort(self.axes)))),))

    def lower(self, to: Lowering) -> None:
        y = self.output_shape(*to.shapes)
        read, put = self._walks(to.shapes[0], y)
        to.samples(Move(to.dtype, y, read, put), to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        y = self.output_shape(*to.shapes)
        read, put = self._walks(to.shapes[0], y)
        if to.dx[0] is not None:
            to.samples(Move(to.dtype, y, put, read), to.dy, to.dx[0])

    def output_shape(self, *inputs: Shape) -> Shape:
        if sorted(self.axes) != list(range(len(inputs[0]))):
            raise ShapeError(text("bad_axes", received=self.axes, shape=show(inputs[0])))
        return tuple(inputs[0][a] for a in self.axes)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.arrangement", {}

    def _walks(self, x: Shape, y: Shape) -> tuple[tuple[int, int, tuple[int, ...]], tuple[int, int, tuple[int, ...]]]:
        steps = _steps(x)
        return (elements(x), 0, tuple(steps[a] for a in self.axes)), (elements(y), 0, _steps(y))


@dataclass(frozen=True)
class Slice(Op):
    """A part of the input: along axis a the `counts[a]` elements from `starts[a]` on, `steps[a]` apart.

        y[…, i_a, …] = x[…, starts_a + i_a · steps_a, …]        ∂x = ∂y where it was taken from, 0 elsewhere

    Shapes: x (N, …), y (N, *counts); the batch axis left out. A step may be negative.
    """

    name: ClassVar[str] = "slice"
    starts: tuple[int, ...]
    counts: tuple[int, ...]
    steps: tuple[int, ...]

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.ascontiguousarray(x[0][self._index()])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        dx = np.zeros_like(x[0])
        dx[self._index()] = dy
        return Gradients((dx,))

    def lower(self, to: Lowering) -> None:
        read, put = self._walks(to.shapes[0])
        to.samples(Move(to.dtype, self.counts, read, put), to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        read, put = self._walks(to.shapes[0])
        if to.dx[0] is not None:
            to.samples(Fill(to.dtype, elements(to.shapes[0])), to.dx[0])
            to.samples(Move(to.dtype, self.counts, put, read), to.dy, to.dx[0])

    def output_shape(self, *inputs: Shape) -> Shape:
        shape = inputs[0]
        parts = list(zip(self.starts, self.counts, self.steps, strict=True))
        inside = len(parts) == len(shape) and all(
            count > 0 and 0 <= start < size and 0 <= start + (count - 1) * step < size
            for size, (start, count, step) in zip(shape, parts, strict=True)
        )
        if not inside:
            raise ShapeError(text("bad_slice", shape=show(shape), received=parts))
        return self.counts

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.slice", {"received": show(inputs[0]), "shape": show(self.counts)}

    def _index(self) -> tuple[slice, ...]:
        ends = [a + n * step for a, n, step in zip(self.starts, self.counts, self.steps, strict=True)]
        parts = zip(self.starts, ends, self.steps, strict=True)
        return (slice(None), *(slice(a, end if end >= 0 else None, step) for a, end, step in parts))

    def _walks(self, x: Shape) -> tuple[tuple[int, int, tuple[int, ...]], tuple[int, int, tuple[int, ...]]]:
        apart = _steps(x)
        begin = sum(a * d for a, d in zip(self.starts, apart, strict=True))
        steps = tuple(s * d for s, d in zip(self.steps, apart, strict=True))
        return (elements(x), begin, steps), (elements(self.counts), 0, _steps(self.counts))


@dataclass(frozen=True)
class Pad(Op):
    """The input with a margin of `value`: along axis a, `margins[a]` elements before and behind it.

        y[…, i_a, …] = x[…, i_a − before_a, …] inside, `value` outside        ∂x is ∂y without the margin

    Shapes: x (N, …, s_a, …), y (N, …, before_a + s_a + after_a, …), the batch axis left out.
    """

    name: ClassVar[str] = "pad"
    margins: tuple[tuple[int, int], ...]
    value: float = 0.0

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.pad(x[0], ((0, 0), *self.margins), constant_values=self.value)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        sizes = zip(self.margins, x[0].shape[1:], strict=True)
        inside = (slice(None), *(slice(before, before + size) for (before, _), size in sizes))
        return Gradients((np.ascontiguousarray(dy[inside]),))

    def lower(self, to: Lowering) -> None:
        shape, y = to.shapes[0], self.output_shape(*to.shapes)
        read, put = self._walks(shape, y)
        to.samples(Fill(to.dtype, elements(y), self.value), to.y)
        to.samples(Move(to.dtype, shape, read, put), to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        shape = to.shapes[0]
        read, put = self._walks(shape, self.output_shape(*to.shapes))
        if to.dx[0] is not None:
            to.samples(Move(to.dtype, shape, put, read), to.dy, to.dx[0])

    def output_shape(self, *inputs: Shape) -> Shape:
        if len(self.margins) != len(inputs[0]) or any(n < 0 for pair in self.margins for n in pair):
            raise ShapeError(text("bad_margins", received=self.margins, shape=show(inputs[0])))
        return tuple(b + n + a for (b, a), n in zip(self.margins, inputs[0], strict=True))

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.pad", {"value": self.value}

    def _walks(self, x: Shape, y: Shape) -> tuple[tuple[int, int, tuple[int, ...]], tuple[int, int, tuple[int, ...]]]:
        steps = _steps(y)
        begin = sum(before * step for (before, _), step in zip(self.margins, steps, strict=True))
        return (elements(x), 0, _steps(x)), (elements(y), begin, steps)


@dataclass(frozen=True)
class BroadcastTo(Op):
    """The input repeated along axes of one element, and along axes it lacks in front, until it has `shape`.

        y[i] = x[i with 0 along repeated axes]        ∂x = Σ ∂y over the repetitions

    Shapes: x (N, …), y (N, *shape), the batch axis left out.
    """

    name: ClassVar[str] = "broadcast_to"
    shape: Shape

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        lacking = (1,) * (len(self.shape) - x[0].ndim + 1)
        small = x[0].reshape(len(x[0]), *lacking, *x[0].shape[1:])
        return np.array(np.broadcast_to(small, (len(small), *self.shape)))

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((reduced_to(dy, x[0].shape),))

    def lower(self, to: Lowering) -> None:
        to.samples(Kernel(to.dtype, "copy", self.shape, (self._small(to.shapes[0]),)), to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        small = self._small(to.shapes[0])
        axes = tuple(a for a, size in enumerate(small) if size != self.shape[a])
        if to.dx[0] is not None:
            to.samples(Reduction(to.dtype, "sum", self.shape, axes), to.dy, to.dx[0])

    def output_shape(self, *inputs: Shape) -> Shape:
        if broadcast((inputs[0], self.shape), "broadcast_to") != self.shape:
            raise ShapeError(text("shapes_do_not_meet", function="broadcast_to",
                                  received=f"{show(inputs[0])}, {show(self.shape)}"))  # fmt: skip
        return self.shape

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.arrangement", {}

    def _small(self, x: Shape) -> Shape:
        return (1,) * (len(self.shape) - len(x)) + x
