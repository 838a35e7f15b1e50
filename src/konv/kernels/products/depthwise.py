"""Depthwise kernels: every channel is filtered by itself, so the channel axis is the vector axis throughout.

Forward, data gradient and weight gradient multiply vector by vector. Several columns of a result (or all taps of a
weight) are held in registers; each vector of the input is loaded once for all the columns and taps it meets.

With a `multiplier` M, channel c makes the channels c·M … c·M + M − 1. Vectors lie along the M times as many channels
of the output; those of the input are spread to them by a fixed shuffle, and folded back in the data gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import cut
from konv.kernels.products.taps import Taps
from konv.shapes import Axis

__all__ = ["Depthwise", "DepthwiseWeightGradient", "depthwise_data_gradient"]

HELD = 14
"""The most columns whose sums are held at once: beyond it few loads are saved, and the code only grows."""


def _blocks(k: Function, channels: int, body: Callable[[Int, int], None]) -> None:
    """`body(first channel, channels)` for each vector of the input's channels."""
    whole, tail = divmod(channels, k.lanes)
    with k.loop(0, whole) as b:
        body(k.mul(b.i, k.lanes), k.lanes)
    if tail:
        body(whole * k.lanes, tail)


def _lanes(k: Function, count: int, multiplier: int) -> list[int]:
    """Elements of each of the vectors that the `multiplier` times `count` channels of the output fill."""
    return [min(count * multiplier - first, k.lanes) for first in range(0, count * multiplier, k.lanes)]


def _spread(k: Function, v: Value, multiplier: int, part: int) -> Value:
    """Vector `part` of those in which every lane of v is repeated `multiplier` times."""
    if multiplier == 1:
        return v
    return k.shuffle(v, v, [(part * k.lanes + i) // multiplier for i in range(k.lanes)])


def _folded(k: Function, parts: Sequence[Value], multiplier: int) -> Value:
    """Every `multiplier` neighbouring lanes of several vectors added up, in their order: undoes `_spread`."""
    if multiplier == 1:
        return parts[0]
    total = None
    for m in range(multiplier):
        at = [divmod(c * multiplier + m, k.lanes) for c in range(k.lanes)]
        picked = parts[0]
        for number, part in enumerate(parts):
            order = [k.lanes + lane if n == number else c for c, (n, lane) in enumerate(at)]
            picked = k.shuffle(picked, part, order)
        total = picked if total is None else k.fadd(total, picked)
    assert total is not None
    return total


@dataclass(frozen=True)
class Depthwise(Spec):
    """`y = x ∗ w (+ bias)`, each channel by itself, for rows `begin … end` of all images (image · rows + row).

    Arguments: x `(N, H, W, channels)`, w `(kernel, channels·multiplier)`, then bias `(channels·multiplier,)` where
    `bias`, then `gate`, of y's shape, where `finish` is "gate", then y `(N, H', W', channels·multiplier)`. `finish`: ""
    as it is, "relu" the positive part, "gate" zero where the gate is not positive. Taps are summed row by row.

    `turned`: the data gradient. x has channels·multiplier channels and y has `channels`; taps are those of the flipped
    kernel (as `Taps.backward` counts them), and the channels that came from one are added up after the taps.
    """

    kind: ClassVar[str] = "depthwise"
    rows: Taps
    columns: Taps
    kernel: tuple[int, int]
    channels: int
    multiplier: int = 1
    turned: bool = False
    bias: bool = False
    finish: str = ""

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample, taps over padding left out."""
        return self.rows.products * self.columns.products * self.channels * self.multiplier

    @property
    def x_wide(self) -> int:
        """Channels of the input."""
        return self.channels * (self.multiplier if self.turned else 1)

    @property
    def y_wide(self) -> int:
        """Channels of the output."""
        return self.channels * (1 if self.turned else self.multiplier)

    def columns_held(self, target: Target) -> int:
        """Register blocking: how many columns of a row are summed at once."""
        sums = target.registers // 2 // (self.multiplier if self.turned else 1)
        return max(1, min(sums, HELD, self.columns.positions))

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x w" + " bias" * self.bias + " gate" * (self.finish == "gate") + " y")
        rows, columns = self.rows, self.columns
        pieces = [(a, m, all(columns.whole(a + i) for i in range(m)))
                  for a, m in cut(columns.positions, self.columns_held(target))]  # fmt: skip
        with k.loop(k.begin, k.end) as turn:
            image, row = k.div(turn.i, rows.positions), k.rem(turn.i, rows.positions)
            low, high = rows.taps_inside(k, row)
            line = k.add(k.mul(image, rows.size), k.mul(row, rows.step), rows.first)
            out = k.add(k.mul(image, rows.out_size), k.mul(row, rows.out_step), rows.out_first)
            x = k.mul(line, columns.size * self.x_wide)
            y = k.mul(k.add(k.mul(out, columns.out_size), columns.out_first), self.y_wide)
            for (m, clean, _), run in groupby(pieces, lambda p: (p[1], p[2], p[2] or p[0])):
                first, count = _run(run)
                with k.loop(0, count) as t:
                    tile = _Tile(self, k, k.add(first, k.mul(t.i, m)), m, clean, x, y, low, high)
                    _blocks(k, self.channels, tile.emit)
        return k


def _run(pieces: Iterator[tuple[int, int, bool]]) -> tuple[int, int]:
    """The first column and the number of pieces that follow each other."""
    found = list(pieces)
    return found[0][0], len(found)


class _Tile:
    """`m` columns of a row of outputs, from column `first` on; `clean` where no tap of theirs meets padding."""

    def __init__(
        self, spec: Depthwise, k: Function, first: Int, m: int, clean: bool, x: Int, y: Int, low: Int, high: Int
    ) -> None:
        self.spec, self.k, self.m, self.low, self.high = spec, k, m, low, high
        columns = spec.columns
        self.x = k.add(x, k.mul(k.add(k.mul(first, columns.step), columns.first), spec.x_wide))
        self.y = k.add(y, k.mul(first, columns.out_step * spec.y_wide))
        # What each column of the input gives: (output, tap) pairs by its distance from the first one's first tap.
        self.met: dict[int, list[tuple[int, int]]] = {}
        for i in range(m):
            for v in range(columns.taps):
                if clean or columns.meets(int(first) + i, v):  # type: ignore[arg-type]
                    self.met.setdefault(i * columns.step + v * columns.apart, []).append((i, v))

    def emit(self, channel: Int, count: int) -> None:
        """All columns for the `count` channels of the input (one vector of them) from `channel` on."""
        k, spec = self.k, self.spec
        lanes = _lanes(k, count, spec.multiplier)
        wide = k.mul(channel, spec.multiplier)
        if spec.turned:
            parts = [self._sums(wide, t, n, n, [k.every(0)] * self.m) for t, n in enumerate(lanes)]
            for i in range(self.m):
                self._store(_folded(k, [p[i] for p in parts], spec.multiplier), i, channel, count)
            return
        self._ahead(channel)
        for t, n in enumerate(lanes):
            at = k.add(wide, t * k.lanes)
            start = k.load(k.arg["bias"], at, n) if spec.bias else k.every(0)
            sums = self._sums(wide, t, n, count, [start] * self.m, channel)
            for i, v in enumerate(sums):
                self._store(v, i, at, n)

    def _ahead(self, channel: Int) -> None:
        """Have the rows of the input that the next row of outputs reads anew brought near: no processor sees through
        the order in which columns and channels are gone through."""
        k, rows, columns, wide = self.k, self.spec.rows, self.spec.columns, self.spec.x_wide
        last = k.add(self.x, ((rows.taps - 1) * rows.apart + 1) * columns.size * wide, channel)
        for u in range(rows.step):
            for j in range(self.m * columns.step):
                k.prefetch(k.arg["x"], k.add(last, (u * columns.size + j) * wide))

    def _sums(
        self, wide: Int, part: int, lanes: int, count: int, start: list[Value], channel: Int | None = None
    ) -> list[Value]:
        """Vector `part` of the weights' channels times x, over all taps; `channel`: where x is, if not there too."""
        k, spec = self.k, self.spec
        rows, columns = spec.rows, spec.columns
        at = k.add(wide, part * k.lanes)
        tap_size = spec.channels * spec.multiplier
        repeated = 1 if spec.turned else spec.multiplier

        def row(u: Int, sums: list[Value]) -> list[Value]:
            line = k.add(self.x, k.mul(u, rows.apart * columns.size * spec.x_wide), at if channel is None else channel)
            tap_row = k.add(rows.weight, k.mul(u, rows.weight_step))
            if spec.turned:
                tap_row = k.sub(spec.kernel[0] - 1, tap_row)
            taps = [columns.weight + v * columns.weight_step for v in range(columns.taps)]
            if spec.turned:
                taps = [spec.kernel[1] - 1 - v for v in taps]
            w = k.add(k.mul(tap_row, spec.kernel[1] * tap_size), at)
            weights = [k.load(k.arg["w"], k.add(w, v * tap_size), lanes) for v in taps]
            sums = list(sums)
            for column in sorted(self.met):
                x = _spread(k, k.load(k.arg["x"], k.add(line, column * spec.x_wide), count), repeated, part)
                for i, v in self.met[column]:
                    sums[i] = k.fma(x, weights[v], sums[i])
            return sums

        return k.repeat(self.low, self.high, start, row)

    def _store(self, v: Value, i: int, channel: Int, lanes: int) -> None:
        k, spec = self.k, self.spec
        spot = k.add(self.y, i * spec.columns.out_step * spec.y_wide, channel)
        if spec.finish == "relu":
            v = k.larger(k.every(0), v)
        elif spec.finish == "gate":
            gate = k.load(k.arg["gate"], spot, lanes)
            v = k.select(k.fcompare("ogt", gate, k.every(0)), v, k.every(0))
        k.store(v, k.arg["y"], spot, lanes)


def depthwise_data_gradient(axes: tuple[Axis, ...], channels: int, multiplier: int, dtype: str) -> list[Depthwise]:
    """The kernels of the data gradient, one for each pair of residues of the strides."""
    plain = Depthwise(dtype, Taps.forward(axes[0]), Taps.forward(axes[1]), (axes[0].kernel, axes[1].kernel), channels,
                      multiplier, turned=True)  # fmt: skip
    return [replace(plain, rows=r, columns=c) for r in Taps.backward(axes[0]) for c in Taps.backward(axes[1])]


@dataclass(frozen=True)
class DepthwiseWeightGradient(Spec):
    """`dw[leaf] += x · dy` summed over places, each channel by itself, for rows `begin … end` of all images (image ·
    rows + row).

    Arguments: x `(N, H, W, channels)`, dy `(N, H', W', channels·multiplier)`, dw `(leaves, kernel,
    channels·multiplier)`. Sums run over images, rows and columns in that order, whatever the blocking.
    """

    kind: ClassVar[str] = "depthwise_weight_gradient"
    rows: Taps
    columns: Taps
    channels: int
    multiplier: int = 1

    TOGETHER: ClassVar[int] = 4
    """Columns worked on at once, so that the inputs they share are loaded once."""

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample, taps over padding left out."""
        return self.rows.products * self.columns.products * self.channels * self.multiplier

    def chunk(self, target: Target) -> int:
        """Rows of an image worked through at a time, so that what the channels share a line with stays in cache."""
        line = self.columns.size * self.channels * self.rows.step + (
            self.columns.positions * self.channels * self.multiplier
        )
        return max(1, min(self.rows.positions, target.l2 // 4 // (line * (8 if self.dtype == "float64" else 4))))

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x dy dw")
        taps, wide = self.rows.taps * self.columns.taps, self.channels * self.multiplier
        into = k.mul(k.leaf, taps * wide)
        # Where the sums of all taps do not fit the registers, one row of taps is summed after the other.
        every = list(range(self.rows.taps))
        groups = [every] if taps <= target.registers - 4 else [[u] for u in every]
        chunk, rows = self.chunk(target), self.rows.positions
        with k.loop(k.div(k.begin, rows), k.div(k.add(k.end, rows - 1), rows)) as n:
            start, stop = (k.sub(v, k.mul(n.i, rows)) for v in (k.begin, k.end))
            x = k.mul(k.mul(n.i, self.rows.size), self.columns.size * self.channels)
            dy = k.mul(k.mul(n.i, rows), self.columns.positions * wide)

            def block(channel: Int, count: int, some: tuple[Int, Int], x: Int = x, dy: Int = dy) -> None:
                first = k.mul(channel, self.multiplier)
                for part, lanes in enumerate(_lanes(k, count, self.multiplier)):
                    at = k.add(first, part * k.lanes)
                    for us in groups:
                        work = _Gradient(self, k, us, part, lanes, count, chunk)
                        work.emit(k.add(x, channel), k.add(dy, at), k.add(into, at), some)

            stop = k.least(stop, rows)
            with k.loop(k.largest(start, 0), stop, step=chunk) as c:
                some = (c.i, k.least(k.add(c.i, chunk), stop))
                _blocks(k, self.channels, lambda channel, count, some=some: block(channel, count, some))  # type: ignore[misc]
        return k


class _Gradient:
    """The gradient of one vector of the weights, for the rows `us` of the taps."""

    def __init__(
        self, spec: DepthwiseWeightGradient, k: Function, us: list[int], part: int, lanes: int, count: int, chunk: int
    ) -> None:
        self.spec, self.k, self.us, self.part, self.lanes, self.count = spec, k, us, part, lanes, count
        self.chunk = chunk

    def emit(self, x: Int, dy: Int, dw: Int, some: tuple[Int, Int]) -> None:
        """Add a range of rows of one image to the sums."""
        k, spec = self.k, self.spec
        wide = spec.channels * spec.multiplier
        taps = spec.columns.taps
        spots = [k.add(dw, (u * taps + v) * wide) for u in self.us for v in range(taps)]
        sums = [k.load(k.arg["dw"], s, self.lanes) for s in spots]
        for start, stop in _stretches(spec.rows, self.us):
            inside = [u for u in self.us if spec.rows.meets(start, u)]
            if inside:
                low, high = k.largest(start, some[0]), k.least(stop, some[1])
                with k.loop(low, high, sums) as r:
                    line = k.mul(k.add(k.mul(r.i, spec.rows.step), spec.rows.first), spec.columns.size * spec.channels)
                    back = k.mul(r.i, spec.columns.positions * wide)
                    r.out = self._row(r.carry, k.add(x, line), k.add(dy, back), inside)
                sums = r.values
        for v, s in zip(sums, spots, strict=True):
            k.store(v, k.arg["dw"], s, self.lanes)

    def _row(self, sums: list[Value], x: Int, dy: Int, inside: list[int]) -> list[Value]:
        """One row of outputs; `inside`: the rows of taps that are not padding there."""
        k, columns, m = self.k, self.spec.columns, self.spec.TOGETHER
        for start, stop in _stretches(columns, range(columns.taps)):
            vs = [v for v in range(columns.taps) if columns.meets(start, v)]
            whole = start + (stop - start) // m * m
            if not vs:
                continue
            with k.loop(start, whole, sums, step=m) as j:
                j.out = self._columns(j.carry, x, dy, j.i, m, inside, vs)
            sums = j.values
            if whole < stop:
                sums = self._columns(sums, x, dy, whole, stop - whole, inside, vs)
        return sums

    def _columns(
        self, sums: list[Value], x: Int, dy: Int, first: Int, m: int, inside: list[int], vs: list[int]
    ) -> list[Value]:
        """The `m` columns from `first` on, whose taps `vs` are inside."""
        k, spec, columns = self.k, self.spec, self.spec.columns
        wide = spec.channels * spec.multiplier
        back = [k.load(k.arg["dy"], k.add(dy, k.mul(k.add(first, j), wide)), self.lanes) for j in range(m)]
        at = k.add(x, k.mul(k.add(k.mul(first, columns.step), columns.first), spec.channels))
        met: dict[int, list[tuple[int, int]]] = {}
        for j in range(m):
            for v in vs:
                met.setdefault(j * columns.step + v * columns.apart, []).append((j, v))
        self._ahead(at, k.add(dy, k.mul(first, wide)), m)
        sums = list(sums)
        for u in inside:
            line = k.add(at, u * spec.rows.apart * columns.size * spec.channels)
            for column in sorted(met):
                seen = k.load(k.arg["x"], k.add(line, column * spec.channels), self.count)
                seen = _spread(k, seen, spec.multiplier, self.part)
                for j, v in met[column]:
                    place = self.us.index(u) * columns.taps + v
                    sums[place] = k.fma(seen, back[j], sums[place])
        return sums

    def _ahead(self, x: Int, dy: Int, m: int) -> None:
        """Have what the next chunk of rows reads here brought near."""
        if self.us[0]:
            return
        k, spec = self.k, self.spec
        rows, columns, wide = spec.rows, spec.columns, spec.channels * spec.multiplier
        last = self.chunk * rows.step + (rows.taps - 1) * rows.apart + 1 - rows.step
        for j in range(m * columns.step):
            for u in range(rows.step):
                k.prefetch(k.arg["x"], k.add(x, ((last + u) * columns.size + j) * spec.channels))
        for j in range(m):
            k.prefetch(k.arg["dy"], k.add(dy, (self.chunk * columns.positions + j) * wide))


def _stretches(axis: Taps, taps: Sequence[int]) -> list[tuple[int, int]]:
    """The positions of an axis, cut where the set of those `taps` that are inside the input changes."""
    inside = [tuple(axis.meets(t, u) for u in taps) for t in range(axis.positions)]
    starts = [t for t in range(axis.positions) if not t or inside[t] != inside[t - 1]]
    return list(zip(starts, [*starts[1:], axis.positions], strict=True))
