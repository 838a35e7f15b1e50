"""The weight gradient of a convolution: what each tap saw times what came back, summed over places and samples."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import Tile, cut, panels, tile
from konv.kernels.products.product import ask_row, load_row, outer, store_row
from konv.kernels.products.product_spec import ProductSpec
from konv.kernels.products.taps import Taps
from konv.kernels.sums.tree import flag_nonfinite
from konv.shapes import Axis

__all__ = ["Seen", "Sums", "WeightGradient", "by_places"]


PAYS = 24, 8
"""Tiles that must read a copied panel of dy, and vectors of outputs that must read copied rows of x, before copying has
paid."""


class Sums(NamedTuple):
    """Where a tile's sums are kept: in `array`, from element `start` on, `row` elements from one input channel to the
    next. `fresh`: whether nothing is there yet; None: something always is."""

    array: Value
    start: Int
    row: Int
    fresh: Value | None = None


class Seen(NamedTuple):
    """An array a tile reads: elements from a row of places to the next, and from a place to the next."""

    array: Value
    row: Int
    place: int


def _flat(rows: Taps, columns: Taps) -> bool:
    """Whether every place is seen once, by itself."""
    return rows.taps == columns.taps == rows.step == columns.step == 1 and not (rows.padded or columns.padded)


def by_places(rows: Taps, columns: Taps) -> tuple[Taps, Taps]:
    """The axes of a gradient; where every place is seen by itself each is a row, so that chunks may end anywhere."""
    if not _flat(rows, columns):
        return rows, columns
    return Taps.forward(Axis(rows.size * columns.size, 1)), Taps.forward(Axis(1, 1))


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
        copied = self._copied(found, target)
        once = copied and self.flat  # no part of dy is read again but for the panel that is copied
        chunk = self.chunk(target, self.inputs * self.groups, 0 if once else self.outputs * self.groups)
        if copied:  # and a panel of dy in the first-level one, beside the tiles' own
            chunk = min(chunk, max(1, target.l1 // 4 // (self.columns.positions * found.vectors * target.vector_bytes)))
        return *found, chunk

    @property
    def flat(self) -> bool:
        """Whether the rows of images that follow each other are one run of rows."""
        return _flat(self.rows, self.columns)

    def _large(self, target: Target) -> bool:
        """Whether a leaf is larger than half of the second-level cache, so that sums come from beyond it."""
        size = self.rows.taps * self.columns.taps * self.w_tap
        return size * target.vector_bytes // target.lanes(self.dtype) > target.l2 // 2

    def chunk(self, target: Target, taken: int, made: int) -> int:
        """Rows of an image of which what is read of `taken` channels of x and `made` of dy fits in half of the
        second-level cache."""
        rows, columns = self.rows, self.columns
        seen = min(columns.size, columns.positions * columns.taps) * min(rows.step, rows.taps)
        line = (seen * taken + columns.positions * made) * (8 if self.dtype == "float64" else 4)
        fitting = max(1, target.l2 // 2 // line)
        return fitting if self.flat else min(rows.positions, fitting)

    def copies(self, target: Target) -> tuple[int, int] | None:
        """Elements from a place to the next of the copies of a chunk's rows of x, and of a panel of dy, where these are
        read from scratch memory; None: they are read where they are.

        Places many lines apart share a few sets of the first-level cache, too few for those of a chunk, or fill it with
        parts of lines that the tile does not read."""
        chosen, lanes = self.tile(target), target.lanes(self.dtype)
        if not self._copied(chosen, target):
            return None
        line = target.line(self.dtype)
        return (-(-self.inputs // line) | 1) * line, chosen.vectors * lanes

    def _copied(self, chosen: Tile, target: Target) -> bool:
        """Whether a chunk is copied for such tiles."""
        lanes, taps = target.lanes(self.dtype), self.columns.taps
        pays = taps * (self.inputs // chosen.rows) >= PAYS[0] and taps * (self.outputs // lanes) >= PAYS[1]
        return pays and not (self.mixed or self.groups > 1 or self.inputs < lanes)

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: the copies of a chunk."""
        copies, rows = self.copies(target), self.blocking(target)[2]
        if copies is None:
            return 0
        elements = self.columns.size * copies[0] + self.columns.positions * copies[1]
        return rows * elements * (target.vector_bytes // target.lanes(self.dtype))

    def allows(self, blocking: tuple[int, ...], target: Target) -> bool:
        """Whether a blocking is possible: its tile, and a chunk of no more than an image, where images are apart."""
        most = blocking[2] if self.flat else self.rows.positions
        return super().allows(blocking, target) and 1 <= blocking[2] <= most

    def choices(self, target: Target) -> list[tuple[int, ...]]:
        """Tiles worth measuring, and chunks of half, twice and four times as many rows."""
        *found, chunk = planned = self.planned(target)
        chunks = [c for c in (chunk // 2, 2 * chunk, 4 * chunk) if self.allows((*found, c), target)]
        return [*super().choices(target), *((*planned[:2], c) for c in chunks)]

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x dy dw")
        if self.flat:
            self._chunks(k, target, 0, k.begin, k.end)
            return k
        rows = self.rows
        images = k.loop(k.div(k.begin, rows.positions), k.div(k.add(k.end, rows.positions - 1), rows.positions))
        with images as n:
            start, stop = (k.sub(v, k.mul(n.i, rows.positions)) for v in (k.begin, k.end))
            self._chunks(k, target, n.i, k.largest(start, 0), k.least(stop, rows.positions))
        return k

    def _chunks(self, k: Function, target: Target, image: Int, start: Int, stop: Int) -> None:
        """Add rows `start … stop` of an image to the sums, a chunk at a time."""
        some, each_group = self.chunks(k, target, start, stop), k.loop(0, self.groups)
        with some as (first, last, _), each_group as g, k.loop(0, self.rows.taps) as u:
            low, high = self.rows_inside(k, u.i, first, last)
            with k.when(k.compare("slt", low, high)):
                self._rows(k, target, image, g.i, u.i, low, high)

    @contextmanager
    def chunks(self, k: Function, target: Target, start: Int, stop: Int) -> Iterator[tuple[Int, Int, Value]]:
        """Rows `start … stop` in chunks as even as they can be: first and last row of each, and whether it is the first
        one."""
        most, rows = self.blocking(target)[2], k.sub(stop, start)
        number = k.div(k.add(rows, most - 1), most)
        with k.loop(0, number) as c:
            first, last = (k.add(start, k.div(k.mul(rows, at), number)) for at in (c.i, k.add(c.i, 1)))
            yield first, last, k.compare("eq", c.i, 0)

    def rows_inside(self, k: Function, u: Int, first: Int, last: Int) -> tuple[Int, Int]:
        """The rows among `first … last` at which a tap row lies inside the input."""
        if not self.rows.padded:
            return first, last
        low, high = self.rows.positions_inside(k, u)
        return k.largest(low, first), k.least(high, last)

    def _rows(self, k: Function, target: Target, image: Int, g: Int, u: Int, low: Int, high: Int) -> None:
        """Add rows `low … high` of an image to the sums of one row of taps of a group."""
        rows = self.rows
        size = rows.taps * self.columns.taps * self.w_tap
        line = k.add(k.mul(image, rows.size), rows.first, k.mul(u, rows.apart))
        x = k.add(k.mul(line, self.x_line), k.mul(g, self.inputs))
        dy = k.add(k.mul(k.mul(image, rows.positions), self.y_line), k.mul(g, self.outputs))
        dw = k.add(k.mul(k.leaf, size), k.mul(u, self.columns.taps * self.w_tap), k.mul(g, self.outputs))
        if (copies := self.copies(target)) is None:
            self._panels(k, target, self.seen(k), x, dy, dw, low, high)
            return
        xs = Seen(k.scratch, self.columns.size * copies[0], copies[0])
        held = k.at(k.scratch, k.mul(self.blocking(target)[2], xs.row))
        self._copy_x(k, xs, k.add(x, k.mul(low, rows.step * self.x_line)), k.sub(high, low))
        seen = xs, Seen(held, self.columns.positions * copies[1], copies[1])
        self._panels(k, target, seen, 0, k.add(dy, k.mul(low, self.y_line)), dw, 0, k.sub(high, low))

    def _copy_x(self, k: Function, xs: Seen, x: Int, rows: Int) -> None:
        """Lay some rows of x in scratch memory."""
        with k.loop(0, rows) as r, k.loop(0, self.columns.size) as c:
            here = k.add(x, k.mul(r.i, self.rows.step * self.x_line), k.mul(c.i, self.inputs))
            there = k.add(k.mul(r.i, xs.row), k.mul(c.i, xs.place))
            with k.loop(0, self.inputs, step=k.lanes) as i:
                at = k.least(i.i, self.inputs - k.lanes)  # a vector that ends with the row, at the end of it
                k.store(k.load(k.arg["x"], k.add(here, at)), xs.array, k.add(there, at))

    def _copy_dy(self, k: Function, dys: Seen, dy: Int, rows: Int, vectors: int, tail: int) -> None:
        """Lay some rows of one panel of dy in scratch memory."""
        with k.loop(0, rows) as r, k.loop(0, self.columns.positions) as j:
            here = k.add(dy, k.mul(r.i, self.y_line), k.mul(j.i, self.outputs))
            there = k.add(k.mul(r.i, dys.row), k.mul(j.i, dys.place))
            store_row(k, load_row(k, k.arg["dy"], here, vectors, tail), dys.array, there, tail)

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

    def _panels(
        self, k: Function, target: Target, seen: tuple[Seen, Seen], x: Int, dy: Int, dw: Int, low: Int, high: Int
    ) -> None:
        most, vectors = self.tile(target)
        layout = panels(self.outputs, vectors, target.lanes(self.dtype))
        wide = vectors * layout.lanes

        def panel(shift: Int, vectors: int, tail: int) -> None:
            here = k.add(dy, shift)
            if seen[1].array is not k.arg["dy"]:
                self._copy_dy(k, seen[1], here, high, vectors, tail)
                here = 0
            self._tiles(k, seen, most, x, here, k.add(dw, shift), low, high, vectors, tail)

        with k.loop(0, layout.whole) as p:
            panel(k.mul(p.i, wide), vectors, 0)
        if layout.rest:
            panel(layout.whole * wide, layout.rest, layout.tail)

    def _tiles(self, k: Function, seen: tuple[Seen, Seen], most: int, x: Int, dy: Int, dw: Int, low: Int, high: Int,
               vectors: int, tail: int) -> None:  # fmt: skip
        columns, deep = self.columns, self.inputs

        def place(at: Int) -> Sums:
            return Sums(k.arg["dw"], at, self.outputs * self.groups)

        if self.mixed:
            for first, m in cut(columns.taps * deep, most):
                rows = [divmod(first + i, deep) for i in range(m)]
                self.add_tile(k, seen, x, dy, place(k.add(dw, first * self.outputs)), low, high, vectors, tail, rows)
            return
        with k.loop(0, columns.taps) as v:
            bounds = columns.positions_inside(k, v.i)
            at = k.add(x, k.mul(v.i, columns.apart * seen[0].place))
            into = k.add(dw, k.mul(v.i, self.w_tap))
            pieces = cut(deep, most)
            for m in sorted({m for _, m in pieces}, reverse=True):  # pieces of one size follow each other or alternate
                starts = [a for a, size in pieces if size == m]
                for start, run, step in _runs(starts):
                    with k.loop(0, run) as t:
                        c = k.add(start, k.mul(t.i, step))
                        sums = place(k.add(into, k.mul(c, self.outputs * self.groups)))
                        self.add_tile(k, seen, k.add(at, c), dy, sums, low, high, vectors, tail,
                                      [(0, i) for i in range(m)], bounds)  # fmt: skip

    def seen(self, k: Function) -> tuple[Seen, Seen]:
        """x and dy as they come."""
        return (
            Seen(k.arg["x"], self.rows.step * self.x_line, self.inputs * self.groups),
            Seen(k.arg["dy"], self.y_line, self.outputs * self.groups),
        )

    def add_tile(self, k: Function, seen: tuple[Seen, Seen], x: Int, dy: Int, sums_at: Sums, low: Int, high: Int,
                 vectors: int, tail: int, rows: list[tuple[int, int]],
                 bounds: tuple[Int, Int] | None = None) -> None:  # fmt: skip
        """Sum one tile of dw over rows `low … high` of one image. `rows`: (tap, input channel) of each tile row.

        `bounds`: the columns at which the tile's one tap is inside; None: its taps differ, and so do their columns.
        """
        columns, (xs, dys) = self.columns, seen
        spots = [k.add(sums_at.start, k.mul(sums_at.row, i)) for i in range(len(rows))]
        sums = [v for s in spots for v in load_row(k, sums_at.array, s, vectors, tail)]
        if sums_at.fresh is not None:
            sums = [k.select(sums_at.fresh, k.every(0), v) for v in sums]
        elif self._large(k.target):
            for i in range(len(rows), 2 * len(rows)):  # those of the next tile
                ask_row(k, sums_at.array, k.add(sums_at.start, k.mul(sums_at.row, i)), vectors)

        def products(sums: list[Value], xr: Int, yr: Int, j: Int, inside: list[bool]) -> list[Value]:
            ys = load_row(k, dys.array, k.add(yr, k.mul(j, dys.place)), vectors, tail)
            at = k.add(xr, k.mul(k.add(k.mul(j, columns.step), columns.first), xs.place))
            return outer(k, sums, [k.broadcast(xs.array, k.add(at, v * xs.place * columns.apart + c)) if ok else None
                                   for (v, c), ok in zip(rows, inside, strict=True)], ys)  # fmt: skip

        with k.loop(low, high, sums) as r:
            xr, yr = k.add(x, k.mul(r.i, xs.row)), k.add(dy, k.mul(r.i, dys.row))
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
