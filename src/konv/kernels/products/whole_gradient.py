"""The weight gradient of a convolution cut by what is made instead of by samples."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import cut, panels
from konv.kernels.products.product import load_row, store_row
from konv.kernels.products.weight_gradient import Seen, Sums, WeightGradient
from konv.kernels.sums.tree import flag_nonfinite

__all__ = ["WholeWeightGradient"]

UNITS = 2 * LEAVES
"""Work units that several threads can share well."""
WIDE = 128
"""The fewest outputs of a part, where inputs can be cut instead."""
ROOM = 1 << 15
"""The most elements of dw that one unit makes, as far as the cut goes: its leaves fit in the second-level cache."""
SHARED = 2048
"""Bytes of which places are a multiple apart, if they are to be copied side by side: half of what one way of a
first-level cache spans."""


@dataclass(frozen=True)
class WholeWeightGradient(WeightGradient):
    """`dw = xᵀ ∗ dy` of all samples, cut by what is made instead of by samples: for so few of these that they would not
    keep several threads busy, or leave most leaves of the sum tree empty.

    Arguments: frame (samples in this run; its flag is set where a sum is not finite), x, dy, dw `(kernel, inputs,
    groups·outputs)`. Work units: ((group · tap rows + tap row) · blocks of inputs + block) · parts of outputs + part.
    The sum of a leaf is taken as by `WeightGradient`, in the result itself where there is one sample; else leaves are
    kept in scratch memory, and added up when the last one is done.
    """

    kind: ClassVar[str] = "whole_weight_gradient"

    def split(self, target: Target) -> tuple[int, int]:
        """Into how many blocks the tiles' rows, and into how many parts the panels of outputs are cut."""
        return self._cut(self.tile(target).rows, self.panels(target).number)

    def _cut(self, rows: int, number: int) -> tuple[int, int]:
        """The same for tiles of so many rows, and so many panels."""
        base, pieces = self.rows.taps * self.groups, len(cut(self.result[0], rows))
        elements = self.columns.taps * self.inputs * self.outputs
        wanted = max(-(-UNITS // base), -(-elements // ROOM))
        # Units about as high as wide, so that they read little of x and dy again, but run along rows.
        even = min(round((wanted * self.outputs / self.inputs) ** 0.5), self.outputs // WIDE) or 1
        blocks = min(pieces, -(-wanted // even))
        return blocks, min(number, -(-wanted // blocks))

    def read(self, target: Target) -> int:
        """Elements of one sample that all units read together."""
        blocks, parts = self.split(target)
        rows, columns = self.rows, self.columns
        seen = rows.positions * min(columns.size, columns.positions * columns.taps) * self.inputs * parts
        return rows.taps * self.groups * (seen + rows.positions * columns.positions * self.outputs * blocks)

    def units(self, target: Target) -> int:
        """The number of work units."""
        blocks, parts = self.split(target)
        return self.groups * self.rows.taps * blocks * parts

    def planned(self, target: Target) -> tuple[int, ...]:
        """A tile, and as many rows of an image as what a unit reads of them fits in the second-level cache."""
        rows, vectors, _ = super().planned(target)
        blocks, parts = self._cut(rows, panels(self.outputs, vectors, target.lanes(self.dtype)).number)
        return rows, vectors, self.chunk(target, -(-self.inputs // blocks), -(-self.outputs // parts))

    def beside(self, target: Target) -> tuple[int, int] | None:
        """Elements from one place to the next where what a unit reads is copied side by side first; None: it is not.

        Places a power of two apart share a few sets of the first-level cache, too few for those of an image."""
        lanes = target.lanes(self.dtype)
        line, shared = target.line(self.dtype), SHARED * lanes // target.vector_bytes
        few = self.inputs // self.split(target)[0] < 2 * lanes
        if self.groups > 1 or self.mixed or few or (self.inputs % shared and self.outputs % shared):
            return None
        wide, tap, _ = self.unit(target)
        return (-(-(tap // wide) // line) | 1) * line, (-(-wide // line) | 1) * line  # odd numbers of lines

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: the leaves of one unit, and copies of what it reads."""
        elements, beside, chunk = LEAVES * self.unit(target)[2], self.beside(target), self.blocking(target)[2]
        if beside is not None:
            elements += chunk * (self.columns.size * beside[0] + self.columns.positions * beside[1])
        return elements * (target.vector_bytes // target.lanes(self.dtype))

    def unit(self, target: Target) -> tuple[int, int, int]:
        """Elements of a row of a unit's sums, of a tap of them, and of all."""
        blocks, parts = self.split(target)
        (most, vectors), (length, _) = self.tile(target), self.result
        wide = -(-self.panels(target).number // parts) * vectors * target.lanes(self.dtype)
        tap = -(-len(cut(length, most)) // blocks) * most * wide
        return wide, tap, tap * (1 if self.mixed else self.columns.taps)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x dy dw")
        n = k.get("i64", k.arg["frame"])
        with k.loop(k.begin, k.end) as unit:
            _Unit(self, k, target, n, unit.i).emit()
        return k


class _Ahead(NamedTuple):
    """Where the next chunk begins in x and in dy, and how many places it has."""

    x: Int
    dy: Int
    places: Int


class _Unit:
    """One unit of a whole weight gradient: a tap row of a block of inputs and a part of the outputs of a group."""

    def __init__(self, spec: WholeWeightGradient, k: Function, target: Target, n: Int, unit: Int) -> None:
        self.spec, self.k, self.n = spec, k, n
        self.layout, self.most, self.chunk = spec.panels(target), spec.tile(target).rows, spec.blocking(target)[2]
        self.pieces = cut(spec.result[0], self.most)
        blocks, parts = spec.split(target)
        rest, part = k.div(unit, parts), k.rem(unit, parts)
        rest, block = k.div(rest, blocks), k.rem(rest, blocks)
        self.g, self.u = k.div(rest, spec.rows.taps), k.rem(rest, spec.rows.taps)
        self.first, self.last = self._share(block, len(self.pieces), blocks)
        self.panel, self.stop = self._share(part, self.layout.number, parts)
        self.wide = self.layout.vectors * k.lanes
        self.channel = k.mul(self.panel, self.wide)
        self.row, self.stopped = self._start(self.first), self._start(self.last)
        self.alone = k.compare("eq", n, 1)
        # Where the sums of one sample go, at once, and those of a leaf.
        self.dw = k.add(k.mul(self.u, spec.columns.taps * spec.w_tap), k.mul(self.g, spec.outputs), self.channel,
                        k.mul(self.row, spec.outputs * spec.groups))  # fmt: skip
        wide, tap, self.size = spec.unit(target)
        self.array = k.select(self.alone, k.arg["dw"], k.scratch)
        self.seen, self.copied = spec.seen(k), spec.beside(target)
        if self.copied is not None:
            x = k.at(k.scratch, LEAVES * self.size)
            dy = k.at(x, self.chunk * spec.columns.size * self.copied[0])
            self.seen = (
                Seen(x, spec.columns.size * self.copied[0], self.copied[0]),
                Seen(dy, spec.columns.positions * self.copied[1], self.copied[1]),
            )
        self.step = k.either(self.alone, spec.outputs * spec.groups, wide)
        self.tap = k.either(self.alone, spec.w_tap, tap)
        self.steps = wide, tap

    def _share(self, part: Int, number: int, parts: int) -> tuple[Int, Int]:
        """The first and the last of `number` things in a part of them."""
        k = self.k
        return k.div(k.mul(part, number), parts), k.div(k.mul(k.add(part, 1), number), parts)

    def _start(self, piece: Int) -> Int:
        """The first row of a piece."""
        k = self.k
        return k.div(k.mul(piece, self.spec.result[0]), len(self.pieces))

    def emit(self) -> None:
        """Sum leaf by leaf, then the leaves."""
        k, spec = self.k, self.spec
        with k.loop(0, LEAVES) as leaf:
            start, stop = (k.div(k.mul(self.n, at), LEAVES) for at in (leaf.i, k.add(leaf.i, 1)))
            into = k.either(self.alone, self.dw, k.mul(leaf.i, self.size))
            rows = spec.rows.positions
            if spec.flat:  # all images of the leaf as one
                self._chunks(start, k.mul(k.sub(stop, start), rows), into, [])
            else:
                with k.loop(start, stop) as image:
                    self._chunks(image.i, rows, into, [k.compare("eq", image.i, start)])
        with k.when(k.compare("ne", self.n, 1)):
            self._combine()

    def _chunks(self, image: Int, rows: Int, into: Int, begins: list[Value]) -> None:
        """Add the rows of an image to the sums, a chunk at a time. `begins`: what holds where they are empty."""
        k, spec = self.k, self.spec
        with spec.chunks(k, k.target, 0, rows) as (first, last, fresh):
            for other in begins:
                fresh = k.both(fresh, other)
            self._chunk(image, *spec.rows_inside(k, self.u, first, last), into, fresh)

    def _chunk(self, image: Int, low: Int, high: Int, into: Int, fresh: Value) -> None:
        """Add some rows of one image to the sums."""
        k, spec = self.k, self.spec
        line = k.add(k.mul(image, spec.rows.size), spec.rows.first, k.mul(self.u, spec.rows.apart))
        x = k.add(k.mul(line, spec.x_line), k.mul(self.g, spec.inputs))
        dy = k.add(k.mul(k.mul(image, spec.rows.positions), spec.y_line), k.mul(self.g, spec.outputs))
        ahead: _Ahead | None = None
        if self.copied is not None:
            if spec.flat:
                done = k.mul(high, spec.x_line), k.mul(high, spec.y_line)
                ahead = _Ahead(k.add(x, done[0]), k.add(dy, done[1]), k.sub(high, low))
            self._copy(k.add(x, k.mul(low, spec.rows.step * spec.x_line)), k.add(dy, k.mul(low, spec.y_line)),
                       k.sub(high, low))  # fmt: skip
            x, dy = k.sub(0, self.row), k.sub(0, self.channel)
            low, high = 0, k.sub(high, low)

        def panel(p: Int, vectors: int, tail: int) -> None:
            channel = k.mul(p, self.wide)
            at = k.add(into, k.sub(channel, self.channel))
            sums = Sums(self.array, at, self.step, fresh)
            before = k.mul(k.sub(p, self.panel), k.sub(self.last, self.first))
            self._tiles(x, k.add(dy, channel), sums, low, high, vectors, tail, ahead, before)

        self._panels(panel)

    def _copy(self, x: Int, dy: Int, rows: Int) -> None:
        """Lay the unit's part of some rows of x and dy side by side, which begin at these places."""
        k, spec = self.k, self.spec
        columns, (xs, dys) = spec.columns, self.seen
        alone = columns.taps == 1 and not columns.padded  # columns between the only tap's are not read
        first, step = (columns.first, columns.step) if alone else (0, 1)
        with k.loop(0, rows) as r:
            with k.loop(first, first + columns.positions * step if alone else columns.size, step=step) as c:
                here = k.add(x, k.mul(r.i, spec.rows.step * spec.x_line), k.mul(c.i, spec.inputs))
                there = k.sub(k.add(k.mul(r.i, xs.row), k.mul(c.i, xs.place)), self.row)
                with k.loop(self.row, self.stopped, step=k.lanes) as i:
                    at = k.least(i.i, spec.inputs - k.lanes)  # a vector that ends with the row, at the end of it
                    k.store(k.load(k.arg["x"], k.add(here, at)), xs.array, k.add(there, at))
            with k.loop(0, columns.positions) as j:
                here = k.add(dy, k.mul(r.i, spec.y_line), k.mul(j.i, spec.outputs))
                there = k.sub(k.add(k.mul(r.i, dys.row), k.mul(j.i, dys.place)), self.channel)

                def panel(p: Int, vectors: int, tail: int, here: Int = here, there: Int = there) -> None:
                    channel = k.mul(p, self.wide)
                    values = load_row(k, k.arg["dy"], k.add(here, channel), vectors, tail)
                    store_row(k, values, dys.array, k.add(there, channel))

                self._panels(panel)

    def _panels(self, body: Callable[[Int, int, int], None]) -> None:
        """`body(panel, vectors, tail)` for the panels of this part."""
        k, layout = self.k, self.layout
        with k.loop(self.panel, k.least(self.stop, layout.whole)) as p:
            body(p.i, layout.vectors, 0)
        if layout.rest:
            with k.loop(k.largest(self.panel, layout.whole), self.stop) as p:
                body(p.i, layout.rest, layout.tail)

    def _ask(self, ahead: _Ahead, tile: Int) -> None:
        """Ask for one place of the next chunk for each tile: nothing else foresees pieces of rows that lie apart."""
        k, spec = self.k, self.spec
        line, (wide, tap) = k.target.line(k.dtype), self.steps
        with k.when(k.compare("slt", tile, ahead.places)):
            for at in range(0, tap // wide, line):
                k.prefetch(k.arg["x"], k.add(ahead.x, self.row, k.mul(tile, spec.x_line), at))
            for at in range(0, wide, line):
                k.prefetch(k.arg["dy"], k.add(ahead.dy, self.channel, k.mul(tile, spec.y_line), at))

    def _tiles(self, x: Int, dy: Int, sums: Sums, low: Int, high: Int, vectors: int, tail: int, ahead: _Ahead | None,
               before: Int) -> None:  # fmt: skip
        """All tiles of a panel, which `before` others of the chunk came before."""
        k, spec = self.k, self.spec
        columns, deep = spec.columns, spec.inputs

        def tile(x: Int, start: Int, rows: list[tuple[int, int]], bounds: tuple[Int, Int] | None = None) -> None:
            spec.add_tile(k, self.seen, x, dy, sums._replace(start=start), low, high, vectors, tail, rows, bounds)

        if spec.mixed:
            for number, (first, m) in enumerate(self.pieces):
                mine = k.both(k.compare("sge", number, self.first), k.compare("slt", number, self.last))
                with k.when(mine):
                    start = k.add(sums.start, k.mul(k.sub(first, self.row), sums.row))
                    tile(x, start, [divmod(first + i, deep) for i in range(m)])
            return
        with k.loop(0, columns.taps) as v, k.loop(self.first, self.last) as t:
            if ahead is not None:
                self._ask(ahead, k.add(before, k.sub(t.i, self.first)))
            row, end = self._start(t.i), self._start(k.add(t.i, 1))
            at = k.add(x, k.mul(v.i, columns.apart * self.seen[0].place), row)
            start = k.add(sums.start, k.mul(v.i, self.tap), k.mul(k.sub(row, self.row), sums.row))
            sizes = {m for _, m in self.pieces}
            for m in sizes:
                with k.when(k.compare("eq", k.sub(end, row), m)) if len(sizes) > 1 else nullcontext():
                    tile(at, start, [(0, i) for i in range(m)], columns.positions_inside(k, v.i))

    def _combine(self) -> None:
        """The leaves of a unit as a binary tree; those without a sample are left out."""
        k, spec = self.k, self.spec
        wide, tap = self.steps
        some = [k.compare("slt", *(k.div(k.mul(self.n, at), LEAVES) for at in (leaf, leaf + 1)))
                for leaf in range(LEAVES)]  # fmt: skip

        def panel(p: Int, vectors: int, tail: int) -> None:
            inside = k.sub(k.mul(p, self.wide), self.channel)
            with k.loop(0, 1 if spec.mixed else spec.columns.taps) as v, k.loop(0, k.sub(self.stopped, self.row)) as r:
                held = k.add(k.mul(v.i, tap), k.mul(r.i, wide), inside)
                sums = []
                for leaf, has in enumerate(some):
                    row = load_row(k, k.scratch, k.add(held, leaf * self.size), vectors, tail)
                    sums.append([k.select(has, value, k.every(0)) for value in row])
                while len(sums) > 1:
                    sums = [[k.fadd(a, b) for a, b in zip(*two, strict=True)]
                            for two in zip(sums[::2], sums[1::2], strict=True)]  # fmt: skip
                flag_nonfinite(k, sums[0], k.arg["frame"])
                spot = k.add(self.dw, k.mul(v.i, spec.w_tap), k.mul(r.i, spec.outputs * spec.groups), inside)
                store_row(k, sums[0], k.arg["dw"], spot, tail)

        self._panels(panel)
