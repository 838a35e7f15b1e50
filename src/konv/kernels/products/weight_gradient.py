"""The weight gradient of a convolution: what each tap saw times what came back, summed over places and samples."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from math import isqrt
from typing import ClassVar, NamedTuple

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import cut, panels, tile
from konv.kernels.products.product import load_row, outer, store_row
from konv.kernels.products.product_spec import ProductSpec
from konv.kernels.products.taps import Taps
from konv.kernels.sums.tree import flag_nonfinite

__all__ = ["WeightGradient", "WholeWeightGradient"]


class _Sums(NamedTuple):
    """Where a tile's sums are kept: in `array`, from element `start` on, `row` elements from one input channel to the
    next. `fresh`: whether nothing is there yet; None: something always is."""

    array: Value
    start: Int
    row: Int
    fresh: Value | None = None


@dataclass(frozen=True)
class WeightGradient(ProductSpec):
    """`dw[leaf] += xᵀ ∗ dy` for rows `begin … end` of all images (image · rows + row): what each tap saw times what
    came back there.

    Arguments: x `(N, H, W, groups·inputs)`, dy `(N, H', W', groups·outputs)`, dw `(leaves, kernel, inputs,
    groups·outputs)`. Sums run over images, rows and columns in that order, whatever the blocking.
    """

    kind: ClassVar[str] = "weight_gradient"
    rows: Taps
    columns: Taps
    inputs: int
    outputs: int
    groups: int = 1

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample, taps over padding left out."""
        return self.rows.products * self.columns.products * self.inputs * self.outputs * self.groups

    @property
    def mixed(self) -> bool:
        """Whether a tile's rows are taken from several taps at once: where there are few input channels."""
        return self.inputs < 8 and self.groups == 1 and self.columns.apart == 1

    @property
    def result(self) -> tuple[int, int]:
        """(Taps ×) input channels × output channels."""
        return self.inputs * (self.columns.taps if self.mixed else 1), self.outputs

    def planned(self, target: Target) -> tuple[int, ...]:
        """A tile, and the rows of an image worked through at a time, so that what the tiles read again stays in the
        second-level cache."""
        found = tile(*self.result, target, self.dtype, self.rows.positions * self.columns.positions)
        line = self.columns.size * self.inputs * self.groups * self.rows.step + (
            self.columns.positions * self.outputs * self.groups
        )
        chunk = target.l2 // 2 // (line * (8 if self.dtype == "float64" else 4))
        return *found, max(1, min(self.rows.positions, chunk))

    def allows(self, blocking: tuple[int, ...], target: Target) -> bool:
        """Whether a blocking is possible: its tile, and a chunk that is no more than an image."""
        return super().allows(blocking, target) and 1 <= blocking[2] <= self.rows.positions

    def choices(self, target: Target) -> list[tuple[int, ...]]:
        """Tiles worth measuring, and chunks of half, twice and four times as many rows."""
        *found, chunk = planned = self.planned(target)
        chunks = [c for c in (chunk // 2, 2 * chunk, 4 * chunk) if self.allows((*found, c), target)]
        return [*super().choices(target), *((*planned[:2], c) for c in chunks)]

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x dy dw")
        rows, chunk = self.rows, self.blocking(target)[2]
        images = k.loop(k.div(k.begin, rows.positions), k.div(k.add(k.end, rows.positions - 1), rows.positions))
        with images as n:
            start, stop = (k.sub(v, k.mul(n.i, rows.positions)) for v in (k.begin, k.end))
            start, stop = k.largest(start, 0), k.least(stop, rows.positions)
            with k.loop(start, stop, step=chunk) as r, k.loop(0, self.groups) as g, k.loop(0, rows.taps) as u:
                low, high = rows.positions_inside(k, u.i)
                low, high = k.largest(low, r.i), k.least(high, k.least(k.add(r.i, chunk), stop))
                with k.when(k.compare("slt", low, high)):
                    self._rows(k, target, n.i, g.i, u.i, low, high)
        return k

    def _rows(self, k: Function, target: Target, image: Int, g: Int, u: Int, low: Int, high: Int) -> None:
        """Add rows `low … high` of an image to the sums of one row of taps of a group."""
        rows = self.rows
        size = rows.taps * self.columns.taps * self.w_tap
        line = k.add(k.mul(image, rows.size), rows.first, k.mul(u, rows.apart))
        x = k.add(k.mul(line, self.x_line), k.mul(g, self.inputs))
        dy = k.add(k.mul(k.mul(image, rows.positions), self.y_line), k.mul(g, self.outputs))
        dw = k.add(k.mul(k.leaf, size), k.mul(u, self.columns.taps * self.w_tap), k.mul(g, self.outputs))
        self._panels(k, target, x, dy, dw, low, high)

    @property
    def x_line(self) -> int:
        """Elements of a row of x."""
        return self.columns.size * self.inputs * self.groups

    @property
    def y_line(self) -> int:
        """Elements of a row of dy."""
        return self.columns.positions * self.outputs * self.groups

    @property
    def w_tap(self) -> int:
        """Elements of a tap of dw."""
        return self.inputs * self.outputs * self.groups

    def _panels(self, k: Function, target: Target, x: Int, dy: Int, dw: Int, low: Int, high: Int) -> None:
        most, vectors = self.tile(target)
        layout = panels(self.outputs, vectors, target.lanes(self.dtype))
        wide = vectors * layout.lanes
        with k.loop(0, layout.whole) as p:
            shift = k.mul(p.i, wide)
            self._tiles(k, most, x, k.add(dy, shift), k.add(dw, shift), low, high, vectors, 0)
        if layout.rest:
            shift = layout.whole * wide
            self._tiles(k, most, x, k.add(dy, shift), k.add(dw, shift), low, high, layout.rest, layout.tail)

    def _tiles(self, k: Function, most: int, x: Int, dy: Int, dw: Int, low: Int, high: Int,
               vectors: int, tail: int) -> None:  # fmt: skip
        columns, deep = self.columns, self.inputs

        def place(at: Int) -> _Sums:
            return _Sums(k.arg["dw"], at, self.outputs * self.groups)

        if self.mixed:
            for first, m in cut(columns.taps * deep, most):
                rows = [divmod(first + i, deep) for i in range(m)]
                self.add_tile(k, x, dy, place(k.add(dw, first * self.outputs)), low, high, vectors, tail, rows)
            return
        with k.loop(0, columns.taps) as v:
            bounds = columns.positions_inside(k, v.i)
            at = k.add(x, k.mul(v.i, columns.apart * deep * self.groups))
            into = k.add(dw, k.mul(v.i, self.w_tap))
            pieces = cut(deep, most)
            for m in sorted({m for _, m in pieces}, reverse=True):  # pieces of one size follow each other or alternate
                starts = [a for a, size in pieces if size == m]
                for start, run, step in _runs(starts):
                    with k.loop(0, run) as t:
                        c = k.add(start, k.mul(t.i, step))
                        sums = place(k.add(into, k.mul(c, self.outputs * self.groups)))
                        self.add_tile(k, k.add(at, c), dy, sums, low, high, vectors, tail, [(0, i) for i in range(m)],
                                   bounds)  # fmt: skip

    def add_tile(self, k: Function, x: Int, dy: Int, sums_at: _Sums, low: Int, high: Int, vectors: int, tail: int,
              rows: list[tuple[int, int]], bounds: tuple[Int, Int] | None = None) -> None:  # fmt: skip
        """Sum one tile of dw over rows `low … high` of one image. `rows`: (tap, input channel) of each tile row.

        `bounds`: the columns at which the tile's one tap is inside; None: its taps differ, and so do their columns.
        """
        columns, wide = self.columns, self.inputs * self.groups
        spots = [k.add(sums_at.start, k.mul(sums_at.row, i)) for i in range(len(rows))]
        sums = [v for s in spots for v in load_row(k, sums_at.array, s, vectors, tail)]
        if sums_at.fresh is not None:
            sums = [k.select(sums_at.fresh, k.every(0), v) for v in sums]

        def products(sums: list[Value], xr: Int, yr: Int, j: Int, inside: list[bool]) -> list[Value]:
            ys = load_row(k, k.arg["dy"], k.add(yr, k.mul(j, self.outputs * self.groups)), vectors, tail)
            at = k.add(xr, k.mul(k.add(k.mul(j, columns.step), columns.first), wide))
            return outer(k, sums, [k.broadcast(k.arg["x"], k.add(at, v * wide * columns.apart + c)) if ok else None
                                   for (v, c), ok in zip(rows, inside, strict=True)], ys)  # fmt: skip

        with k.loop(low, high, sums) as r:
            xr, yr = k.add(x, k.mul(r.i, self.rows.step * self.x_line)), k.add(dy, k.mul(r.i, self.y_line))
            carried = r.carry
            if bounds is not None:
                with k.loop(*bounds, carried) as j:
                    j.out = products(j.carry, xr, yr, j.i, [True] * len(rows))
                carried = j.values
            else:
                for start, stop in self._stretches():
                    inside = [columns.meets(start, v) for v, _ in rows]
                    with k.loop(start, stop, carried) as j:
                        j.out = products(j.carry, xr, yr, j.i, inside)
                    carried = j.values
            r.out = carried
        for i, spot in enumerate(spots):
            store_row(k, r.values[i * vectors : (i + 1) * vectors], sums_at.array, spot, tail)
        if sums_at.fresh is not None:
            flag_nonfinite(k, r.values, k.arg["frame"])

    def _stretches(self) -> list[tuple[int, int]]:
        """The columns, cut where the set of taps inside the input changes."""
        columns = self.columns
        inside = [tuple(columns.meets(j, v) for v in range(columns.taps)) for j in range(columns.positions)]
        starts = [j for j in range(columns.positions) if not j or inside[j] != inside[j - 1]]
        return list(zip(starts, [*starts[1:], columns.positions], strict=True))


def _runs(starts: list[int]) -> list[tuple[int, int, int]]:
    """Positions as (start, count, step) of evenly spaced runs, so that each run is one loop."""
    runs: list[tuple[int, int, int]] = []
    for s in starts:
        if runs:
            first, count, step = runs[-1]
            if count == 1 or s == first + count * step:
                runs[-1] = (first, count + 1, s - first if count == 1 else step)
                continue
        runs.append((s, 1, 0))
    return runs


UNITS = 2 * LEAVES
"""Work units that several threads can share well."""
WIDE = 128
"""The fewest outputs of a part, where inputs can be cut instead."""
ROOM = 1 << 15
"""The most elements of dw that one unit makes, as far as the cut goes: its leaves fit in the second-level cache."""


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
        base, pieces = self.rows.taps * self.groups, len(cut(self.result[0], self.tile(target).rows))
        number, elements = self.panels(target).number, self.columns.taps * self.inputs * self.outputs
        wanted = max(-(-UNITS // base), -(-elements // ROOM))
        # As many blocks as parts, so that units read little of x and dy again, but run along rows.
        even = min(isqrt(wanted), self.outputs // WIDE) or 1
        blocks = min(pieces, -(-wanted // even))
        return blocks, min(number, -(-wanted // blocks))

    def units(self, target: Target) -> int:
        """The number of work units."""
        blocks, parts = self.split(target)
        return self.groups * self.rows.taps * blocks * parts

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: the leaves of one unit."""
        return LEAVES * self.unit(target)[2] * (target.vector_bytes // target.lanes(self.dtype))

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
            with k.loop(start, stop) as image, k.loop(0, spec.rows.positions, step=self.chunk) as chunk:
                fresh = k.compare("eq", image.i, start)
                if isinstance(chunk.i, Value):
                    fresh = k.both(fresh, k.compare("eq", chunk.i, 0))
                self._chunk(image.i, chunk.i, into, fresh)
        with k.when(k.compare("ne", self.n, 1)):
            self._combine()

    def _chunk(self, image: Int, first: Int, into: Int, fresh: Value) -> None:
        """Add some rows of one image to the sums."""
        k, spec = self.k, self.spec
        low, high = spec.rows.positions_inside(k, self.u)
        low, high = k.largest(low, first), k.least(high, k.add(first, self.chunk))
        line = k.add(k.mul(image, spec.rows.size), spec.rows.first, k.mul(self.u, spec.rows.apart))
        x = k.add(k.mul(line, spec.x_line), k.mul(self.g, spec.inputs))
        dy = k.add(k.mul(k.mul(image, spec.rows.positions), spec.y_line), k.mul(self.g, spec.outputs))

        def panel(p: Int, vectors: int, tail: int) -> None:
            channel = k.mul(p, self.wide)
            at = k.add(into, k.sub(channel, self.channel))
            sums = _Sums(self.array, at, self.step, fresh)
            self._tiles(x, k.add(dy, channel), sums, low, high, vectors, tail)

        self._panels(panel)

    def _panels(self, body: Callable[[Int, int, int], None]) -> None:
        """`body(panel, vectors, tail)` for the panels of this part."""
        k, layout = self.k, self.layout
        with k.loop(self.panel, k.least(self.stop, layout.whole)) as p:
            body(p.i, layout.vectors, 0)
        if layout.rest:
            with k.loop(k.largest(self.panel, layout.whole), self.stop) as p:
                body(p.i, layout.rest, layout.tail)

    def _tiles(self, x: Int, dy: Int, sums: _Sums, low: Int, high: Int, vectors: int, tail: int) -> None:
        k, spec = self.k, self.spec
        columns, deep = spec.columns, spec.inputs

        def tile(x: Int, start: Int, rows: list[tuple[int, int]], bounds: tuple[Int, Int] | None = None) -> None:
            spec.add_tile(k, x, dy, sums._replace(start=start), low, high, vectors, tail, rows, bounds)

        if spec.mixed:
            for number, (first, m) in enumerate(self.pieces):
                mine = k.both(k.compare("sge", number, self.first), k.compare("slt", number, self.last))
                with k.when(mine):
                    start = k.add(sums.start, k.mul(k.sub(first, self.row), sums.row))
                    tile(x, start, [divmod(first + i, deep) for i in range(m)])
            return
        with k.loop(0, columns.taps) as v, k.loop(self.first, self.last) as t:
            row, end = self._start(t.i), self._start(k.add(t.i, 1))
            at = k.add(x, k.mul(v.i, columns.apart * deep * spec.groups), row)
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
