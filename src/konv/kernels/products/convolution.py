"""Convolution kernels: forward and data gradient are one kernel with different taps.

What differs is which input an output meets: `konv.kernels.products.taps`. Taps that meet padding are skipped, not
multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import cut, enough, tile
from konv.kernels.products.product import load_row, outer, store_row
from konv.kernels.products.product_spec import ProductSpec
from konv.kernels.products.taps import Taps
from konv.shapes import Axis

__all__ = ["Convolution", "data_gradient"]


@dataclass(frozen=True)
class Convolution(ProductSpec):
    """`y = x ∗ w (+ bias)`, and what is fused to it, for units `begin … end`: `fold` rows each, of all images (image ·
    units of an image + unit). Where there are `parts`, a unit is that of a part of the panels: (image · parts + part) ·
    units of a part + unit. Tiles go on from one row of a unit to the next, which only rows and columns without padding
    can.

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
    parts: int = 1
    fold: int = 1

    MOST: ClassVar[int] = 4
    """Rows of the largest unit."""

    @property
    def folds(self) -> int:
        """Units of a part of one image."""
        return -(-self.rows.positions // self.fold)

    def units(self) -> int:
        """Work units of one image."""
        return self.folds * self.parts

    def folded(self, target: Target) -> Convolution:
        """The same with as many rows in a unit as tiles want that do not fit in one row: 13 places are no whole number
        of tiles of 5 or 6, 26 are."""
        if self.rows.padded or self.columns.padded:
            return self
        row, most = self.columns.positions, min(self.MOST, self.rows.positions)
        depth = self.rows.taps * self.columns.taps * self.inputs
        length = enough([row * fold for fold in range(1, most + 1)], self.outputs, target, self.dtype, depth)
        return replace(self, fold=length // row)

    def shared(self, images: int, target: Target) -> Convolution:
        """The same for a few images, in parts enough for several threads to share one, and small enough for the
        weights of one to stay in the second-level cache; folded where enough units are left."""
        folded = self.folded(target)
        if self.fold < folded.fold and images * folded.folds * folded.panels(target).number >= 2 * LEAVES:
            return folded.shared(images, target)
        size = self.kernel[0] * self.kernel[1] * self.inputs * self.panels(target).padded * self.groups
        size *= 8 if self.dtype == "float64" else 4
        wanted = max(-(-2 * LEAVES // (images * self.folds)), -(-size // (target.l2 // 2)))
        number = self.panels(target).number
        return replace(self, parts=next((p for p in range(wanted, number) if number % p == 0), number))

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample, taps over padding left out."""
        return self.rows.products * self.columns.products * self.inputs * self.outputs * self.groups

    @property
    def result(self) -> tuple[int, int]:
        """A unit's positions × channels."""
        return self.fold * self.columns.positions, self.outputs

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

        def panel(g: Int, channel: Int, at: Int, vectors: int, tail: int, begin: Int, end: Int, part: Int) -> None:
            with k.loop(begin, end) as turn:
                image, row = k.div(turn.i, self.units()), k.rem(turn.i, self.units())
                unit = k.sub(row, k.mul(part, self.folds))
                row = k.mul(unit, self.fold)
                whole, rest = divmod(self.rows.positions, self.fold)
                for rows, where in ((self.fold, "slt"), (rest, "sge")):
                    if rows:
                        with k.when(k.compare(where, unit, whole)):
                            made = _Rows(self, k, g, channel, at, vectors, tail, image, row)
                            made.emit(self.tile(target).rows, rows)

        def some_panels(g: Int, first: Int, last: Int, begin: Int, end: Int, part: Int = 0) -> None:
            start = k.mul(g, group_size)
            wide = layout.vectors * layout.lanes
            with k.loop(first, k.least(last, layout.whole)) as p:
                at = k.add(start, k.mul(p.i, taps * self.inputs * wide))
                panel(g, k.mul(p.i, wide), at, layout.vectors, 0, begin, end, part)
            if layout.rest:
                done = layout.whole * wide
                with k.loop(k.largest(first, layout.whole), last):
                    at = k.add(start, taps * self.inputs * done)
                    panel(g, done, at, layout.rest, layout.tail, begin, end, part)

        if self.parts == 1:
            with k.loop(0, self.groups) as g:
                some_panels(g.i, 0, layout.number, k.begin, k.end)
            return k
        with k.loop(k.begin, k.end) as unit, k.loop(0, self.groups) as g:
            part = k.div(k.rem(unit.i, self.units()), self.folds)
            first, last = (k.div(k.mul(p, layout.number), self.parts) for p in (part, k.add(part, 1)))
            some_panels(g.i, first, last, unit.i, k.add(unit.i, 1), part)
        return k


class _Rows:
    """A row of outputs, or some, of one panel of channels: cut into tiles, those that meet padding apart from the
    others."""

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
        self.x_steps = columns.step * self.x_wide, rows.step * columns.size * self.x_wide
        self.y_steps = columns.out_step * self.y_wide, rows.out_step * columns.out_size * self.y_wide

    def emit(self, most: int, rows: int) -> None:
        """All tiles of the rows; of a row alone, equal ones without padding that follow each other share a loop."""
        columns, k = self.spec.columns, self.k
        if rows > 1:
            for first, m in cut(rows * columns.positions, most):
                self.tile(first, m, True)
            return
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
        x0 = k.add(self.x, columns.first * self.x_wide, self._to(first, *self.x_steps))
        steps = {i: self._away(first, i, *self.x_steps) for i in range(m)}
        with k.loop(self.low, self.high, self._initial(first, m)) as u:
            line = k.add(x0, k.mul(u.i, spec.rows.apart * columns.size * self.x_wide))
            tap_row = k.add(spec.rows.weight, k.mul(u.i, spec.rows.weight_step))
            weights = k.add(self.w, k.mul(tap_row, spec.kernel[1] * spec.inputs * self.width))
            if clean and columns.apart == columns.weight_step == 1 and spec.groups == 1:
                # Taps side by side: their channels are one run in the input and in the packed weights.
                start = k.add(weights, columns.weight * spec.inputs * self.width)
                u.out = self._along(u.carry, line, start, columns.taps * spec.inputs, steps)
            elif clean:
                with k.loop(0, columns.taps, u.carry) as v:
                    u.out = v.out = self._along(v.carry, *self._tap(line, weights, v.i), spec.inputs, steps)
                u.out = v.values
            else:
                sums = u.carry
                for tap in range(columns.taps):
                    inside = {i: away for i, away in steps.items() if columns.meets(int(first) + i, tap)}  # type: ignore[arg-type]
                    if inside:
                        sums = self._along(sums, *self._tap(line, weights, tap), spec.inputs, inside)
                u.out = sums
        self._finish(u.values, first, m)

    def _tap(self, line: Int, weights: Int, v: Int) -> tuple[Int, Int]:
        columns, k = self.spec.columns, self.k
        at = k.add(columns.weight, k.mul(v, columns.weight_step))
        return (k.add(line, k.mul(v, columns.apart * self.x_wide)),
                k.add(weights, k.mul(at, self.spec.inputs * self.width)))  # fmt: skip

    def _along(self, sums: list[Value], x: Int, w: Int, length: int, inside: dict[int, int]) -> list[Value]:
        """Add `length` products, side by side in x and w, to the tile's rows `inside`: how far away in x each is."""
        k = self.k
        mine = [s for i in inside for s in sums[i * self.vectors : (i + 1) * self.vectors]]
        with k.loop(0, length, mine) as c:
            ys = load_row(k, k.arg["w"], k.add(w, k.mul(c.i, self.width)), self.vectors)
            at = k.add(x, c.i)
            c.out = outer(k, c.carry, [k.broadcast(k.arg["x"], k.add(at, away)) for away in inside.values()], ys)
        out, summed = list(sums), iter(c.values)
        for i in inside:
            for j in range(self.vectors):
                out[i * self.vectors + j] = next(summed)
        return out

    def _spot(self, first: Int, i: int) -> Int:
        return self.k.add(self.y, self._to(first, *self.y_steps), self._away(first, i, *self.y_steps))

    def _to(self, first: Int, step: int, line: int) -> Int:
        """How far from the unit's first position another is: `step` from one to the next, `line` from row to row."""
        return self._away(0, first, step, line) if isinstance(first, int) else self.k.mul(first, step)

    def _away(self, first: Int, i: int, step: int, line: int) -> int:
        """How far from position `first` the one is that is `i` further. One known only at run time is in a unit of one
        row."""
        wide = self.spec.columns.positions
        start = first if isinstance(first, int) else 0
        (row, column), (last_row, last) = divmod(start, wide), divmod(start + i, wide)
        return (last_row - row) * line + (last - column) * step

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


def data_gradient(axes: tuple[Axis, ...], inputs: int, outputs: int, groups: int, dtype: str) -> list[Convolution]:
    """The kernels of `dx = dy ∗ wᵀ`, one for each pair of residues of the strides; `inputs` are the layer's own."""
    plain = Convolution(dtype, Taps.forward(axes[0]), Taps.forward(axes[1]), (axes[0].kernel, axes[1].kernel),
                        outputs, inputs, groups)  # fmt: skip
    return [replace(plain, rows=r, columns=c) for r in Taps.backward(axes[0]) for c in Taps.backward(axes[1])]
