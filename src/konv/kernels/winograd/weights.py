"""Weights of Winograd's convolution: transformed, and their gradient brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from konv.kernels.code.ir import Function, Int
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import Panels, Tile, panels
from konv.kernels.products.pack import transposed
from konv.kernels.winograd import transforms
from konv.kernels.winograd.tiles import LINE, Tiled

__all__ = ["Stack", "WinogradGradientBack", "WinogradWeights", "block"]


class Stack(NamedTuple):
    """Transformed weights, or their gradient: at each of `spots` positions `summed` × `made` channels, the latter in
    panels of `vectors` vectors, `[group][position][panel][summed][panel's vectors]`."""

    spots: int
    summed: int
    made: int
    vectors: int
    lanes: int

    @classmethod
    def of(cls, spec: Tiled, target: Target) -> Stack:
        """The weights that `spec` reads, or the gradient it sums."""
        vectors = block(spec.outputs, target, spec.dtype).vectors
        return cls(spec.tiling.spots, spec.inputs, spec.outputs, vectors, target.lanes(spec.dtype))

    @property
    def panels(self) -> Panels:
        """How the channels that are made lie in vectors."""
        return panels(self.made, self.vectors, self.lanes)

    @property
    def spot(self) -> int:
        """Elements from one position to the next: never a power of two."""
        return self.summed * self.panels.padded + LINE

    @property
    def group(self) -> int:
        """Elements of one group."""
        return self.spots * self.spot

    def each_vector(self, k: Function, body: Callable[[Int, Int, int, int], None]) -> None:
        """`body(channel, panel's start, panel's width, lanes)` for all vectors; lanes 0: all."""
        layout = self.panels
        wide = layout.vectors * k.lanes
        with k.loop(0, layout.whole) as p, k.loop(0, layout.vectors) as j:
            start = k.mul(p.i, wide)
            body(k.add(start, k.mul(j.i, k.lanes)), start, wide, 0)
        start, full = layout.whole * wide, layout.rest - bool(layout.tail)
        with k.loop(0, full) as j:
            body(k.add(start, k.mul(j.i, k.lanes)), start, layout.rest * k.lanes, 0)
        if layout.tail:
            body(start + full * k.lanes, start, layout.rest * k.lanes, layout.tail)

    def at(self, k: Function, g: Int, c: Int, channel: Int, start: Int, width: int) -> Int:
        """Where a vector from `channel` on, of summed channel c, lies in position 0; its panel begins at `start`."""
        return k.add(k.mul(g, self.group), k.mul(start, self.summed), k.mul(c, width), k.sub(channel, start))


MOST = 14
"""Rows of a block: blocks of every second size are made (see `Winograd`), so that one tile more than there are may be
worked on, for which scratch memory has room."""


def block(made: int, target: Target, dtype: str) -> Tile:
    """Register blocking of the products: two vectors read for as many broadcasts as there are registers for, `MOST` at
    most, so that what is read again for each block fits in the first-level cache."""
    vectors = min(2, -(-made // target.lanes(dtype)))
    return Tile(min(MOST, (target.registers - vectors - 2) // vectors), vectors)


@dataclass(frozen=True)
class WinogradWeights(Spec):
    """`u = G w Gᵀ` of w `(taps, taps, inputs, groups·outputs)`: at each position of the transformed domain panels of
    `vectors` vectors, in the order the products read them.

    Arguments: w, u. Work units: inputs; turned: blocks of a vector of inputs. `inputs`, `outputs`: w's own. `turned`:
    for the data gradient, which flips the kernel and exchanges the two.
    """

    kind: ClassVar[str] = "winograd_weights"
    points: int
    taps: int
    inputs: int
    outputs: int
    groups: int
    vectors: int
    turned: bool = False

    @classmethod
    def of(cls, spec: Tiled, target: Target, turned: bool = False) -> WinogradWeights:
        """The weights that `spec` reads; `turned`: it is a data gradient, and its inputs are the layer's outputs."""
        channels = (spec.outputs, spec.inputs) if turned else (spec.inputs, spec.outputs)
        return cls(spec.dtype, spec.tiling.points, spec.tiling.taps, *channels, spec.groups,
                   block(spec.outputs, target, spec.dtype).vectors, turned)  # fmt: skip

    def stack(self, target: Target) -> Stack:
        """How u lies."""
        summed, made = (self.outputs, self.inputs) if self.turned else (self.inputs, self.outputs)
        return Stack(self.points**2, summed, made, self.vectors, target.lanes(self.dtype))

    def size(self, target: Target) -> int:
        """Elements in all."""
        return self.groups * self.stack(target).group

    def units(self, target: Target) -> int:
        """The number of work units."""
        return -(-self.inputs // target.lanes(self.dtype)) if self.turned else self.inputs

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: a square of each tap, turned."""
        lanes = target.lanes(self.dtype)
        return self.taps**2 * lanes**2 * (8 if self.dtype == "float64" else 4) if self.turned else 0

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "w u")
        with k.loop(k.begin, k.end) as unit, k.loop(0, self.groups) as g:
            (self._turned if self.turned else self._straight)(k, self.stack(target), g.i, unit.i)
        return k

    def _row(self, k: Function, tap: int, c: Int, g: Int) -> Int:
        wide = self.groups * self.outputs
        return k.add(k.mul(c, wide), k.mul(g, self.outputs), tap * self.inputs * wide)

    def _put(self, k: Function, stack: Stack, taps: transforms.Rows, at: Int) -> None:
        """Transform and store one vector."""
        rows = transforms.linear(k, transforms.weights(self.points, self.taps), taps)
        for i, value in enumerate(v for row in rows for v in row):
            k.store(value or k.every(0), k.arg["u"], k.add(at, i * stack.spot))

    def _straight(self, k: Function, stack: Stack, g: Int, c: Int) -> None:
        def vector(channel: Int, start: Int, width: int, lanes: int) -> None:
            taps: transforms.Rows = [
                [k.load(k.arg["w"], k.add(self._row(k, i * self.taps + j, c, g), channel), lanes)
                 for j in range(self.taps)] for i in range(self.taps)
            ]  # fmt: skip
            self._put(k, stack, taps, stack.at(k, g, c, channel, start, width))

        stack.each_vector(k, vector)

    def _turned(self, k: Function, stack: Stack, g: Int, block: Int) -> None:
        """A vector of inputs becomes a vector of what is made: squares of every tap are turned in scratch."""
        square, last = k.lanes**2, self.taps**2 - 1

        def vector(channel: Int, start: Int, width: int, lanes: int) -> None:
            def some(o: Int, columns: int) -> None:
                for tap in range(self.taps**2):
                    lines = [k.load(k.arg["w"], k.add(self._row(k, tap, k.add(channel, i), g), o), columns % k.lanes)
                             if i < (lanes or k.lanes) else k.every(0) for i in range(k.lanes)]  # fmt: skip
                    for i, line in enumerate(transposed(k, lines)):
                        k.store(line, k.scratch, (last - tap) * square + i * k.lanes)
                with k.loop(0, columns) as turn:
                    taps: transforms.Rows = [
                        [k.load(k.scratch, k.add(k.mul(turn.i, k.lanes), (r * self.taps + c) * square))
                         for c in range(self.taps)] for r in range(self.taps)
                    ]  # fmt: skip
                    self._put(k, stack, taps, stack.at(k, g, k.add(o, turn.i), channel, start, width))

            whole, tail = divmod(self.outputs, k.lanes)
            with k.loop(0, whole) as o:
                some(k.mul(o.i, k.lanes), k.lanes)
            if tail:
                some(whole * k.lanes, tail)

        # One unit is one vector of the layout: the last one, which may have fewer lanes, apart from all others.
        layout = stack.panels
        wide, shared = layout.vectors * k.lanes, layout.whole * layout.vectors
        start, full = layout.whole * wide, layout.rest - bool(layout.tail)
        channel = k.mul(block, k.lanes)
        if layout.whole:
            with k.when(k.compare("slt", block, shared)):
                vector(channel, k.mul(k.div(block, layout.vectors), wide), wide, 0)
        if full:
            inside = k.compare("slt", block, shared + full)
            with k.when(k.both(k.compare("sge", block, shared), inside)):
                vector(channel, start, layout.rest * k.lanes, 0)
        if layout.tail:
            with k.when(k.compare("eq", block, shared + full)):
                vector(channel, start, layout.rest * k.lanes, layout.tail)


@dataclass(frozen=True)
class WinogradGradientBack(Spec):
    """`dw[leaf] += Gᵀ du G`, all of it. Arguments: du (see `Stack`), dw `(leaves, taps, taps, inputs,
    groups·outputs)`."""

    kind: ClassVar[str] = "winograd_gradient_back"
    points: int
    taps: int
    inputs: int
    outputs: int
    groups: int
    vectors: int

    @classmethod
    def of(cls, spec: Tiled, target: Target) -> WinogradGradientBack:
        """The way back for what `spec` sums."""
        tiling = spec.tiling
        return cls(spec.dtype, tiling.points, tiling.taps, spec.inputs, spec.outputs, spec.groups,
                   block(spec.outputs, target, spec.dtype).vectors)  # fmt: skip

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "du dw")
        stack = Stack(self.points**2, self.inputs, self.outputs, self.vectors, k.lanes)
        matrix, wide = transforms.transposed(transforms.weights(self.points, self.taps)), self.outputs * self.groups
        into = k.mul(k.leaf, self.taps**2 * self.inputs * wide)
        with k.loop(0, self.groups) as g, k.loop(0, self.inputs) as c:

            def vector(channel: Int, start: Int, width: int, lanes: int, g: Int = g.i, c: Int = c.i) -> None:
                at = stack.at(k, g, c, channel, start, width)
                block: transforms.Rows = [
                    [k.load(k.arg["du"], k.add(at, (i * self.points + j) * stack.spot)) for j in range(self.points)]
                    for i in range(self.points)
                ]
                spot = k.add(into, k.mul(c, wide), k.mul(g, self.outputs), channel)
                for i, value in enumerate(v for row in transforms.linear(k, matrix, block) for v in row):
                    here = k.add(spot, i * self.inputs * wide)
                    held = k.load(k.arg["dw"], here, lanes)
                    k.store(held if value is None else k.fadd(held, value), k.arg["dw"], here, lanes)

            stack.each_vector(k, vector)
        return k
