"""Locally connected layers: a convolution whose every place has a kernel of its own.

No weight is met twice in a sample, so what is shared is the batch: a place takes its weights once and works through
all samples with them. Work is cut by places; every place sees the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import cut, panels
from konv.kernels.products.product import load_row, outer, store_row
from konv.kernels.products.taps import Taps
from konv.kernels.sums.tree import flag_nonfinite
from konv.shapes import Axis

__all__ = ["Local", "LocalBiasGradient", "LocalDataGradient", "LocalWeightGradient", "local_data_gradient"]

VECTORS = 2
"""Vectors of filters in a tile; with four samples or channels beside them there are eight sums."""
ROWS = 4


@dataclass(frozen=True)
class _Places(Spec):
    """What all share: a window over `channels` channels that makes `filters` of them, by weights of each place."""

    rows: Taps
    columns: Taps
    kernel: tuple[int, int]
    channels: int
    filters: int

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample, taps over padding left out."""
        return self.rows.products * self.columns.products * self.channels * self.filters

    @property
    def x_size(self) -> int:
        """Elements of one sample of the input."""
        return self.rows.size * self.columns.size * self.channels

    @property
    def places(self) -> int:
        """Places of the output."""
        return self.rows.positions * self.columns.positions

    @property
    def depth(self) -> int:
        """Weights of one filter at one place."""
        return self.kernel[0] * self.kernel[1] * self.channels

    def each_panel(self, k: Function, body: Callable[[Int, int, int], None]) -> None:
        """`body(first filter, vectors, lanes of the last one)` for all filters."""
        layout = panels(self.filters, VECTORS, k.lanes)
        with k.loop(0, layout.whole) as p:
            body(k.mul(p.i, VECTORS * k.lanes), VECTORS, 0)
        if layout.rest:
            body(layout.whole * VECTORS * k.lanes, layout.rest, layout.tail)

    def input_at(self, k: Function, i: Int, j: Int, u: Int, v: Int) -> Int:
        """Where, in a sample, tap (u, v) of place (i, j) meets the input."""
        rows, columns = self.rows, self.columns
        row = k.add(k.mul(i, rows.step), rows.first, k.mul(u, rows.apart))
        column = k.add(k.mul(j, columns.step), columns.first, k.mul(v, columns.apart))
        return k.mul(k.add(k.mul(row, columns.size), column), self.channels)

    def weight_at(self, k: Function, place: Int, u: Int, v: Int) -> Int:
        """Where the weights of a tap at a place begin."""
        tap = k.add(k.mul(u, self.kernel[1]), v)
        return k.mul(k.add(k.mul(place, self.kernel[0] * self.kernel[1]), tap), self.channels * self.filters)

    def in_rows(self, k: Function, count: Int, body: Callable[[Int, int], None], rows: int = ROWS) -> None:
        """`body(first, rows)` for `count` samples or channels, several at a time, then one by one."""
        whole = k.mul(k.div(count, rows), rows)
        with k.loop(0, whole, step=rows) as n:
            body(n.i, rows)
        with k.loop(whole, count) as n:
            body(n.i, 1)


@dataclass(frozen=True)
class Local(_Places):
    """`y = b + x ∗ w`, w and b of each place's own, for places `begin … end` and all samples.

    Arguments: frame (samples in this run), x `(n, H, W, channels)`, w `(places, kernel·channels, filters)`, then b
    `(places, filters)` where `bias`, then y `(n, places, filters)`. Sums run over taps row by row, then channels.
    """

    kind: ClassVar[str] = "local"
    bias: bool = False

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x w" + " bias" * self.bias + " y")
        n = k.get("i64", k.arg["frame"])
        with k.loop(k.begin, k.end) as place:
            i, j = k.div(place.i, self.columns.positions), k.rem(place.i, self.columns.positions)
            taps = (*self.rows.taps_inside(k, i), *self.columns.taps_inside(k, j))

            def panel(
                first: Int,
                vectors: int,
                tail: int,
                p: Int = place.i,
                at: tuple[Int, Int] = (i, j),
                taps: tuple[Int, ...] = taps,
            ) -> None:
                self.in_rows(k, n, lambda s, m: self._tile(k, p, at, taps, first, vectors, tail, s, m))

            self.each_panel(k, panel)
        return k

    def _tile(self, k: Function, place: Int, at: tuple[Int, Int], taps: tuple[Int, ...], first: Int, vectors: int,
              tail: int, sample: Int, m: int) -> None:  # fmt: skip
        low, high, left, right = taps
        spot = k.add(k.mul(place, self.filters), first)
        start = load_row(k, k.arg["bias"], spot, vectors, tail) if self.bias else [k.every(0)] * vectors
        with k.loop(low, high, start * m) as u:
            with k.loop(left, right, u.carry) as v:
                x = k.add(k.mul(sample, self.x_size), self.input_at(k, *at, u.i, v.i))
                w = k.add(self.weight_at(k, place, u.i, v.i), first)
                with k.loop(0, self.channels, v.carry) as c:
                    ys = load_row(k, k.arg["w"], k.add(w, k.mul(c.i, self.filters)), vectors, tail)
                    xs = [k.broadcast(k.arg["x"], k.add(x, c.i, r * self.x_size)) for r in range(m)]
                    c.out = outer(k, c.carry, xs, ys)
                v.out = c.values
            u.out = v.values
        y = k.add(k.mul(sample, self.places * self.filters), spot)
        for r in range(m):
            values = u.values[r * vectors : (r + 1) * vectors]
            store_row(k, values, k.arg["y"], k.add(y, r * self.places * self.filters), tail)


@dataclass(frozen=True)
class LocalDataGradient(_Places):
    """The gradient of the input, for rows `begin … end` of it (one residue of the strides) and all samples.

    `rows`, `columns` are the axes as `Taps.backward` counts them: `size` the output's, weights those of the flipped
    kernel. Arguments: frame, dy `(n, places, filters)`, w, dx `(n, H, W, channels)`. Sums run over taps and filters
    lane by lane; the lanes are added at the end.
    """

    kind: ClassVar[str] = "local_data_gradient"

    def units(self, n: int) -> int:
        """The number of work units, whatever the number of samples."""
        return self.rows.positions

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame dy w dx")
        n = k.get("i64", k.arg["frame"])
        rows, columns = self.rows, self.columns
        with k.loop(k.begin, k.end) as i, k.loop(0, columns.positions) as j:
            taps = (*rows.taps_inside(k, i.i), *columns.taps_inside(k, j.i))
            row = k.add(k.mul(i.i, rows.out_step), rows.out_first)
            out = k.add(k.mul(row, columns.out_size), k.mul(j.i, columns.out_step), columns.out_first)
            for first, size in cut(self.channels, ROWS):
                spot = k.add(k.mul(out, self.channels), first)

                def tile(
                    s: Int, m: int, at: tuple[Int, Int] = (i.i, j.i), taps: tuple[Int, ...] = taps, spot: Int = spot,
                    first: int = first, size: int = size,
                ) -> None:  # fmt: skip
                    self._tile(k, at, taps, spot, first, size, s, m)

                self.in_rows(k, n, tile, 2)
        return k

    def _tile(self, k: Function, at: tuple[Int, Int], taps: tuple[Int, ...], spot: Int, first: int, size: int,
              sample: Int, m: int) -> None:  # fmt: skip
        rows, columns = self.rows, self.columns
        low, high, left, right = taps
        whole, tail = divmod(self.filters, k.lanes)
        dy_size = rows.size * columns.size * self.filters
        with k.loop(low, high, [k.every(0)] * (m * size)) as u:
            with k.loop(left, right, u.carry) as v:
                row, column = (
                    k.add(i, axis.first, k.mul(t.i, axis.apart))
                    for i, axis, t in zip(at, (rows, columns), (u, v), strict=True)
                )
                flipped = [
                    k.sub(length - 1, k.add(axis.weight, k.mul(t.i, axis.weight_step)))
                    for length, axis, t in zip(self.kernel, (rows, columns), (u, v), strict=True)
                ]
                place = k.add(k.mul(row, columns.size), column)
                w = k.add(self.weight_at(k, place, *flipped), first * self.filters)
                dy = k.add(k.mul(sample, dy_size), k.mul(place, self.filters))

                def add(sums: list[Value], o: Int, lanes: int, w: Int = w, dy: Int = dy) -> list[Value]:
                    ws = [k.load(k.arg["w"], k.add(w, c * self.filters, o), lanes) for c in range(size)]
                    ds = [k.load(k.arg["dy"], k.add(dy, r * dy_size, o), lanes) for r in range(m)]
                    return [k.fma(d, ws[c], sums[r * size + c]) for r, d in enumerate(ds) for c in range(size)]

                with k.loop(0, whole, v.carry) as o:
                    o.out = add(o.carry, k.mul(o.i, k.lanes), 0)
                v.out = add(o.values, whole * k.lanes, tail) if tail else o.values
            u.out = v.values
        x_size = rows.out_size * columns.out_size * self.channels
        for r in range(m):
            for c in range(size):
                at_x = k.add(k.mul(k.add(sample, r), x_size), spot, c)
                k.put(k.reduce("fadd", u.values[r * size + c]), k.arg["dx"], at_x)


def local_data_gradient(axes: tuple[Axis, ...], channels: int, filters: int, dtype: str) -> list[LocalDataGradient]:
    """The kernels of the data gradient, one for each pair of residues of the strides."""
    plain = LocalDataGradient(dtype, Taps.forward(axes[0]), Taps.forward(axes[1]), (axes[0].kernel, axes[1].kernel),
                              channels, filters)  # fmt: skip
    return [replace(plain, rows=r, columns=c) for r in Taps.backward(axes[0]) for c in Taps.backward(axes[1])]


def _tree(k: Function, leaf: Callable[[int], list[Value]], first: int = 0, last: int = LEAVES) -> list[Value]:
    """The leaves `first … last` put together pairwise."""
    if last - first == 1:
        return leaf(first)
    middle = (first + last) // 2
    pairs = zip(_tree(k, leaf, first, middle), _tree(k, leaf, middle, last), strict=True)
    return [k.fadd(a, b) for a, b in pairs]


@dataclass(frozen=True)
class LocalWeightGradient(_Places):
    """`dw = x · dy`, for places `begin … end`, summed over samples by the tree of `LEAVES` leaves, in registers.

    Arguments: frame (samples in this run; its flag is set where a sum is not finite), x, dy, dw, as of `Local`.
    """

    kind: ClassVar[str] = "local_weight_gradient"

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x dy dw")
        n = k.get("i64", k.arg["frame"])
        bounds = [k.div(k.mul(n, leaf), LEAVES) for leaf in range(LEAVES + 1)]
        rows, columns = self.rows, self.columns
        with k.loop(k.begin, k.end) as place:
            i, j = k.div(place.i, columns.positions), k.rem(place.i, columns.positions)
            if rows.padded or columns.padded:  # weights that meet padding have no gradient
                _clear(k, k.arg["dw"], k.mul(place.i, self.depth * self.filters), self.depth * self.filters)
            low, high = rows.taps_inside(k, i)
            left, right = columns.taps_inside(k, j)
            with k.loop(low, high) as u, k.loop(left, right) as v:
                x = self.input_at(k, i, j, u.i, v.i)
                w = self.weight_at(k, place.i, u.i, v.i)

                def panel(
                    first: Int, vectors: int, tail: int, p: Int = place.i, x: Int = x, w: Int = w
                ) -> None:  # fmt: skip
                    dy = k.add(k.mul(p, self.filters), first)
                    self.in_rows(
                        k, self.channels,
                        lambda c, m: self._tile(k, bounds, k.add(x, c), dy, k.add(w, k.mul(c, self.filters), first),
                                                m, vectors, tail),
                    )  # fmt: skip

                self.each_panel(k, panel)
        return k

    def _tile(self, k: Function, bounds: list[Int], x: Int, dy: Int, dw: Int, m: int, vectors: int,
              tail: int) -> None:  # fmt: skip
        def leaf(number: int) -> list[Value]:
            with k.loop(bounds[number], bounds[number + 1], [k.every(0)] * (m * vectors)) as s:
                ys = load_row(k, k.arg["dy"], k.add(dy, k.mul(s.i, self.places * self.filters)), vectors, tail)
                at = k.add(x, k.mul(s.i, self.x_size))
                s.out = outer(k, s.carry, [k.broadcast(k.arg["x"], k.add(at, c)) for c in range(m)], ys)
            return s.values

        total = _tree(k, leaf)
        flag_nonfinite(k, total, k.arg["frame"])
        for c in range(m):
            store_row(k, total[c * vectors : (c + 1) * vectors], k.arg["dw"], k.add(dw, c * self.filters), tail)


@dataclass(frozen=True)
class LocalBiasGradient(Spec):
    """`db = Σ dy` over samples by the tree of `LEAVES` leaves, for places `begin … end`.

    Arguments: frame (its flag is set where a sum is not finite), dy `(n, places, filters)`, db `(places, filters)`.
    """

    kind: ClassVar[str] = "local_bias_gradient"
    places: int
    filters: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame dy db")
        n = k.get("i64", k.arg["frame"])
        bounds = [k.div(k.mul(n, leaf), LEAVES) for leaf in range(LEAVES + 1)]
        whole, tail = divmod(self.filters, k.lanes)

        def vector(at: Int, lanes: int) -> None:
            def leaf(number: int) -> list[Value]:
                with k.loop(bounds[number], bounds[number + 1], [k.every(0)]) as s:
                    place = k.add(k.mul(s.i, self.places * self.filters), at)
                    s.out = [k.fadd(s.carry[0], k.load(k.arg["dy"], place, lanes))]
                return s.values

            total = _tree(k, leaf)
            flag_nonfinite(k, total, k.arg["frame"])
            k.store(total[0], k.arg["db"], at, lanes)

        with k.loop(k.begin, k.end) as place:
            start = k.mul(place.i, self.filters)
            with k.loop(0, whole) as o:
                vector(k.add(start, k.mul(o.i, k.lanes)), 0)
            if tail:
                vector(k.add(start, whole * k.lanes), tail)
        return k


def _clear(k: Function, p: Value, start: Int, size: int) -> None:
    whole, tail = divmod(size, k.lanes)
    with k.loop(0, whole) as i:
        k.store(k.every(0), p, k.add(start, k.mul(i.i, k.lanes)))
    if tail:
        k.store(k.every(0), p, k.add(start, whole * k.lanes), tail)
