"""Convolution kernels: forward and data gradient are one kernel with different taps; weight gradients are another.

What differs is which input an output meets: `konv.kernels.products.taps`. Taps that meet padding are skipped, not
multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import cut, panels, tile
from konv.kernels.products.product import load_row, outer, store_row
from konv.kernels.products.product_spec import ProductSpec
from konv.kernels.products.taps import Taps
from konv.shapes import Axis

__all__ = ["Convolution", "WeightGradient", "data_gradient"]


@dataclass(frozen=True)
class Convolution(ProductSpec):
    """`y = x ∗ w (+ bias)`, and what is fused to it, for rows `begin … end` of all images (image · rows + row).

    Arguments: x `(N, H, W, groups·inputs)`, w packed by `Pack`, then bias `(groups·outputs,)` where `bias`, then
    `gate`, of y's shape, where `finish` is "gate", then y. `finish`: "" as it is, "relu" the positive part, "gate" zero
    where the gate is not positive (the data gradient through a ReLU). `add`: add to what y holds.
    """

    kind: ClassVar[str] = "convolution"
    rows: Taps
    columns: Taps
    kernel: tuple[int, int]
    inputs: int
    outputs: int
    groups: int = 1
    bias: bool = False
    finish: str = ""
    add: bool = False

    @property
    def result(self) -> tuple[int, int]:
        """A row's positions × channels."""
        return self.columns.positions, self.outputs

    def planned(self, target: Target) -> tuple[int, ...]:
        """A tile: rows and vectors."""
        depth = self.rows.taps * self.columns.taps * self.inputs
        return tile(*self.result, target, self.dtype, depth)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = "x w" + " bias" * self.bias + " gate" * (self.finish == "gate") + " y"
        k = self.new(target, names)
        layout = self.panels(target)
        taps = self.kernel[0] * self.kernel[1]
        group_size = taps * self.inputs * layout.padded

        def panel(g: Int, channel: Int, at: Int, vectors: int, tail: int) -> None:
            with k.loop(k.begin, k.end) as turn:
                image, row = k.div(turn.i, self.rows.positions), k.rem(turn.i, self.rows.positions)
                _Row(self, k, g, channel, at, vectors, tail, image, row).emit(self.tile(target).rows)

        def all_panels(g: Int) -> None:
            start = k.mul(g, group_size)
            wide = layout.vectors * layout.lanes
            with k.loop(0, layout.whole) as p:
                panel(g, k.mul(p.i, wide), k.add(start, k.mul(p.i, taps * self.inputs * wide)), layout.vectors, 0)
            if layout.rest:
                done = layout.whole * wide
                panel(g, done, k.add(start, taps * self.inputs * done), layout.rest, layout.tail)

        with k.loop(0, self.groups) as g:
            all_panels(g.i)
        return k


class _Row:
    """One row of outputs of one panel of channels: cut into tiles, those that meet padding apart from the others."""

    def __init__(self, spec: Convolution, k: Function, g: Int, channel: Int, at: Int, vectors: int, tail: int,
                 image: Int, row: Int) -> None:  # fmt: skip
        self.spec, self.k, self.vectors, self.tail = spec, k, vectors, tail
        rows, columns = spec.rows, spec.columns
        self.x_wide, self.y_wide = spec.inputs * spec.groups, spec.outputs * spec.groups
        self.low, self.high = rows.taps_inside(k, row)
        line = k.add(k.mul(image, rows.size), k.mul(row, rows.step), rows.first)
        self.x = k.add(k.mul(line, columns.size * self.x_wide), k.mul(g, spec.inputs))
        self.w = at
        self.width = vectors * k.lanes
        out = k.add(k.mul(image, rows.out_size), k.mul(row, rows.out_step), rows.out_first)
        self.channel = k.add(k.mul(g, spec.outputs), channel)
        self.y = k.add(k.mul(k.add(k.mul(out, columns.out_size), columns.out_first), self.y_wide), self.channel)

    def emit(self, most: int) -> None:
        """All tiles of the row; equal ones without padding that follow each other share a loop."""
        columns, k = self.spec.columns, self.k
        pieces = [(a, m, all(columns.whole(a + i) for i in range(m))) for a, m in cut(columns.positions, most)]
        i = 0
        while i < len(pieces):
            first, m, clean = pieces[i]
            run = 1
            while clean and i + run < len(pieces) and pieces[i + run][1:] == (m, True):
                run += 1
            with k.loop(0, run) as turn:
                self.tile(k.add(first, k.mul(turn.i, m)), m, clean)
            i += run

    def tile(self, first: Int, m: int, clean: bool) -> None:
        """Sum `m` outputs × the panel's channels over all taps and input channels, then finish and store them."""
        k, spec = self.k, self.spec
        columns = spec.columns
        x0 = k.add(self.x, k.mul(k.add(k.mul(first, columns.step), columns.first), self.x_wide))
        with k.loop(self.low, self.high, self._initial(first, m)) as u:
            line = k.add(x0, k.mul(u.i, spec.rows.apart * columns.size * self.x_wide))
            tap_row = k.add(spec.rows.weight, k.mul(u.i, spec.rows.weight_step))
            weights = k.add(self.w, k.mul(tap_row, spec.kernel[1] * spec.inputs * self.width))
            if clean and columns.apart == columns.weight_step == 1 and spec.groups == 1:
                # Taps side by side: their channels are one run in the input and in the packed weights.
                start = k.add(weights, columns.weight * spec.inputs * self.width)
                u.out = self._along(u.carry, line, start, columns.taps * spec.inputs, range(m), m)
            elif clean:
                with k.loop(0, columns.taps, u.carry) as v:
                    u.out = v.out = self._along(v.carry, *self._tap(line, weights, v.i), spec.inputs, range(m), m)
                u.out = v.values
            else:
                sums = u.carry
                for tap in range(columns.taps):
                    inside = [i for i in range(m) if columns.meets(int(first) + i, tap)]  # type: ignore[arg-type]
                    if inside:
                        sums = self._along(sums, *self._tap(line, weights, tap), spec.inputs, inside, m)
                u.out = sums
        self._finish(u.values, first, m)

    def _tap(self, line: Int, weights: Int, v: Int) -> tuple[Int, Int]:
        columns, k = self.spec.columns, self.k
        at = k.add(columns.weight, k.mul(v, columns.weight_step))
        return (k.add(line, k.mul(v, columns.apart * self.x_wide)),
                k.add(weights, k.mul(at, self.spec.inputs * self.width)))  # fmt: skip

    def _along(self, sums: list[Value], x: Int, w: Int, length: int, inside: range | list[int], m: int) -> list[Value]:
        """Add `length` products, side by side in x and w, to the rows `inside` of the tile."""
        k, reach = self.k, self.spec.columns.step * self.x_wide
        mine = [s for i in inside for s in sums[i * self.vectors : (i + 1) * self.vectors]]
        with k.loop(0, length, mine) as c:
            ys = load_row(k, k.arg["w"], k.add(w, k.mul(c.i, self.width)), self.vectors)
            at = k.add(x, c.i)
            c.out = outer(k, c.carry, [k.broadcast(k.arg["x"], k.add(at, i * reach)) for i in inside], ys)
        out, summed = list(sums), iter(c.values)
        for i in inside:
            for j in range(self.vectors):
                out[i * self.vectors + j] = next(summed)
        return out

    def _spot(self, first: Int, i: int) -> Int:
        k = self.k
        return k.add(self.y, k.mul(first, self.spec.columns.out_step * self.y_wide),
                     i * self.spec.columns.out_step * self.y_wide)  # fmt: skip

    def _initial(self, first: Int, m: int) -> list[Value]:
        k, spec = self.k, self.spec
        start = [k.every(0)] * self.vectors
        if spec.bias:
            start = load_row(k, k.arg["bias"], self.channel, self.vectors, self.tail)
        if not spec.add:
            return start * m
        held = [load_row(k, k.arg["y"], self._spot(first, i), self.vectors, self.tail) for i in range(m)]
        return [k.fadd(h, s) for row in held for h, s in zip(row, start, strict=True)]

    def _finish(self, sums: list[Value], first: Int, m: int) -> None:
        k, spec = self.k, self.spec
        for i in range(m):
            row, spot = sums[i * self.vectors : (i + 1) * self.vectors], self._spot(first, i)
            if spec.finish == "relu":
                row = [k.larger(k.every(0), v) for v in row]
            elif spec.finish == "gate":
                gates = load_row(k, k.arg["gate"], spot, self.vectors, self.tail)
                row = [
                    k.select(k.fcompare("ogt", g, k.every(0)), v, k.every(0)) for g, v in zip(gates, row, strict=True)
                ]
            store_row(k, row, k.arg["y"], spot, self.tail)


@dataclass(frozen=True)
class WeightGradient(ProductSpec):
    """`dw[leaf] += xᵀ ∗ dy` for the images `begin … end`: what each tap saw times what came back there.

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
        size = rows.taps * self.columns.taps * self.inputs * self.outputs * self.groups
        into = k.mul(k.leaf, size)
        images, chunks = k.loop(k.begin, k.end), k.loop(0, rows.positions, step=chunk)
        with images as n, chunks as r, k.loop(0, self.groups) as g, k.loop(0, rows.taps) as u:
            low, high = rows.positions_inside(k, u.i)
            low = k.largest(low, r.i)
            high = k.least(high, k.add(r.i, chunk))
            x = k.add(k.mul(k.add(k.mul(n.i, rows.size), rows.first, k.mul(u.i, rows.apart)), self._x_line),
                          k.mul(g.i, self.inputs))  # fmt: skip
            dy = k.add(k.mul(k.mul(n.i, rows.positions), self._y_line), k.mul(g.i, self.outputs))
            dw = k.add(into, k.mul(u.i, self.columns.taps * self._w_tap), k.mul(g.i, self.outputs))
            with k.when(k.compare("slt", low, high)):
                self._panels(k, target, x, dy, dw, low, high)
        return k

    @property
    def _x_line(self) -> int:
        return self.columns.size * self.inputs * self.groups

    @property
    def _y_line(self) -> int:
        return self.columns.positions * self.outputs * self.groups

    @property
    def _w_tap(self) -> int:
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
        if self.mixed:
            for first, m in cut(columns.taps * deep, most):
                rows = [divmod(first + i, deep) for i in range(m)]
                self._tile(k, x, dy, k.add(dw, first * self.outputs), low, high, vectors, tail, rows)
            return
        with k.loop(0, columns.taps) as v:
            bounds = columns.positions_inside(k, v.i)
            at = k.add(x, k.mul(v.i, columns.apart * deep * self.groups))
            into = k.add(dw, k.mul(v.i, self._w_tap))
            pieces = cut(deep, most)
            for m in sorted({m for _, m in pieces}, reverse=True):  # pieces of one size follow each other or alternate
                starts = [a for a, size in pieces if size == m]
                for start, run, step in _runs(starts):
                    with k.loop(0, run) as t:
                        c = k.add(start, k.mul(t.i, step))
                        self._tile(k, k.add(at, c), dy, k.add(into, k.mul(c, self.outputs * self.groups)), low, high,
                                   vectors, tail, [(0, i) for i in range(m)], bounds)  # fmt: skip

    def _tile(self, k: Function, x: Int, dy: Int, dw: Int, low: Int, high: Int, vectors: int, tail: int,
              rows: list[tuple[int, int]], bounds: tuple[Int, Int] | None = None) -> None:  # fmt: skip
        """Sum one tile of dw over rows `low … high` of one image. `rows`: (tap, input channel) of each tile row.

        `bounds`: the columns at which the tile's one tap is inside; None: its taps differ, and so do their columns.
        """
        columns, wide = self.columns, self.inputs * self.groups
        spots = [k.add(dw, i * self.outputs * self.groups) for i in range(len(rows))]
        sums = [v for s in spots for v in load_row(k, k.arg["dw"], s, vectors, tail)]

        def products(sums: list[Value], xr: Int, yr: Int, j: Int, inside: list[bool]) -> list[Value]:
            ys = load_row(k, k.arg["dy"], k.add(yr, k.mul(j, self.outputs * self.groups)), vectors, tail)
            at = k.add(xr, k.mul(k.add(k.mul(j, columns.step), columns.first), wide))
            return outer(k, sums, [k.broadcast(k.arg["x"], k.add(at, v * wide * columns.apart + c)) if ok else None
                                   for (v, c), ok in zip(rows, inside, strict=True)], ys)  # fmt: skip

        with k.loop(low, high, sums) as r:
            xr, yr = k.add(x, k.mul(r.i, self.rows.step * self._x_line)), k.add(dy, k.mul(r.i, self._y_line))
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
            store_row(k, r.values[i * vectors : (i + 1) * vectors], k.arg["dw"], spot, tail)

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


def data_gradient(axes: tuple[Axis, ...], inputs: int, outputs: int, groups: int, dtype: str) -> list[Convolution]:
    """The kernels of `dx = dy ∗ wᵀ`, one for each pair of residues of the strides; `inputs` are the layer's own."""
    plain = Convolution(dtype, Taps.forward(axes[0]), Taps.forward(axes[1]), (axes[0].kernel, axes[1].kernel),
                        outputs, inputs, groups)  # fmt: skip
    return [replace(plain, rows=r, columns=c) for r in Taps.backward(axes[0]) for c in Taps.backward(axes[1])]
