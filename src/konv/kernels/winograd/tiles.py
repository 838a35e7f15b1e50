"""Tiles of Winograd's convolution in scratch memory: where they lie, and how they come there.

A group of tiles is transformed, multiplied and transformed back while it lies in the worker's scratch memory. There a
tile's channels lie side by side at each position of the transformed domain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.winograd import transforms
from konv.kernels.winograd.tiling import Group, Kind, Tiling

__all__ = ["LINE", "Heap", "Tiled", "each_tile", "each_vector", "load_tiles", "put_tile"]

LINE = 16
"""Elements of float32 in a cache line."""


class Heap(NamedTuple):
    """Transformed tiles in scratch memory, from element `start` on: at each of `spots` positions a tile's `channels`
    side by side, in whole cache lines; where a power of two would send all positions to a few sets of the cache, they
    lie a line further apart."""

    start: int
    channels: int
    spots: int
    lanes: int

    @property
    def spot(self) -> int:
        """Elements from one position to the next."""
        lines = -(-self.channels // LINE)
        return (lines if lines % 8 else lines + 1) * LINE

    @property
    def tile(self) -> int:
        """Elements from one tile to the next."""
        return self.spots * self.spot

    def at(self, k: Function, t: Int, channel: Int, spot: Int) -> Int:
        """Where a channel of a tile lies."""
        return k.add(self.start, k.mul(t, self.tile), k.mul(spot, self.spot), channel)


@dataclass(frozen=True)
class Tiled(Spec):
    """What kernels over tiles share: `inputs` and `outputs` are channels of one of the `groups`."""

    tiling: Tiling
    inputs: int
    outputs: int
    groups: int = 1

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample of the direct sums that this stands for, taps over padding left out."""
        return self.tiling.rows.products * self.tiling.columns.products * self.inputs * self.outputs * self.groups

    def units(self) -> int:
        """Work units of one image."""
        return self.tiling.pieces

    def heaps(self, target: Target) -> tuple[Heap, Heap]:
        """Scratch memory for the transformed tiles of what is read, and of what is written or comes back."""
        lanes, tiling = target.lanes(self.dtype), self.tiling
        first = Heap(0, self.inputs, tiling.spots, lanes)
        room = tiling.most + 1  # products work on whole blocks of tiles
        return first, Heap(room * first.tile, self.outputs, tiling.spots, lanes)

    def zeros(self, target: Target) -> int:
        """Where in scratch memory a line of zeros lies, for rows outside the image."""
        last = self.heaps(target)[1]
        return last.start + (self.tiling.most + 1) * last.tile

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory."""
        line = self.tiling.points * self.groups * self.inputs
        lanes = target.lanes(self.dtype)
        return (self.zeros(target) + -(-line // lanes) * lanes) * (8 if self.dtype == "float64" else 4)

    def each_group(self, k: Function, target: Target, body: Callable[[Group], None], apart: bool = False) -> None:
        """`body` for all groups in units `begin … end`; `apart`: see `Group`."""
        tiling, zeros = self.tiling, self.zeros(target)
        if tiling.rows.padded:
            with k.loop(0, -(-tiling.points * self.groups * self.inputs // k.lanes)) as v:
                k.store(k.every(0), k.scratch, k.add(zeros, k.mul(v.i, k.lanes)))
        if tiling.images == 1:
            with k.loop(k.begin, k.end) as unit:
                image, piece = k.div(unit.i, tiling.pieces), k.rem(unit.i, tiling.pieces)
                first, last = (k.div(k.mul(p, tiling.tiles), tiling.pieces) for p in (piece, k.add(piece, 1)))
                body(Group(k, tiling, image, 1, first, k.sub(last, first)))
            return
        with k.loop(k.begin, k.end, step=tiling.images) as unit:
            images = k.least(k.sub(k.end, unit.i), tiling.images)
            body(Group(k, tiling, unit.i, images, 0, k.mul(images, tiling.tiles), apart))


def each_vector(k: Function, channels: int, body: Callable[[Int, int], None]) -> None:
    """`body(vector, lanes)` for all vectors of `channels`; the last may have fewer lanes (0: all)."""
    whole, tail = divmod(channels, k.lanes)
    with k.loop(0, whole) as v:
        body(v.i, 0)
    if tail:
        body(whole, tail)


def each_tile(k: Function, group: Group, reach: int, body: Callable[..., None]) -> None:
    """`body(t, image, row, column, size of row, kind of column)` for each tile of the group."""
    tiling = group.tiling
    columns = tiling.kinds(tiling.columns, reach)
    whole, rest = divmod(tiling.rows.positions, tiling.size)
    sizes = [(tiling.size, 0, whole)] * bool(whole) + [(rest, whole, whole + 1)] * bool(rest)

    def only(ranges: list[tuple[int, int]], at: Int, then: Callable[[int], None]) -> None:
        for number, (first, last) in enumerate(ranges):
            if len(ranges) == 1:
                then(number)
                continue
            with k.when(k.both(k.compare("sge", at, first), k.compare("slt", at, last))):
                then(number)

    with k.loop(0, group.count) as t:
        image, row, column = group.place(t.i)

        def line(r: int, t: Int = t.i, image: Int = image, row: Int = row, column: Int = column) -> None:
            only([c[:2] for c in columns], column, lambda c: body(t, image, row, column, sizes[r][0], columns[c]))

        only([s[1:] for s in sizes], row, line)


def load_tiles(k: Function, target: Target, spec: Tiled, group: Group, source: Value, heap: Heap, g: Int) -> None:
    """Input transform: `Bᵀ d B` of every tile. What lies outside the image counts as zero: columns are known where
    code is made for each kind of them; rows are read from a line of zeros."""
    tiling, wide, reach = spec.tiling, heap.channels * spec.groups, spec.tiling.taps - 1
    rows, columns = tiling.rows, tiling.columns
    zeros = k.at(k.scratch, spec.zeros(target))

    def body(t: Int, image: Int, row: Int, column: Int, size: int, c: Kind) -> None:
        top = k.add(k.mul(row, tiling.size), rows.first)
        left = k.add(k.mul(column, tiling.size), columns.first)
        lines = []
        for i in range(size + reach):
            line = k.add(k.mul(k.add(k.mul(image, rows.size), top, i), columns.size), left)
            p = k.at(source, k.add(k.mul(line, wide), k.mul(g, heap.channels)))
            if any(kind.size == size and not kind.low <= i < kind.high for kind in tiling.kinds(rows, reach)):
                at = k.add(top, i)
                inside = k.both(k.compare("sge", at, 0), k.compare("slt", at, rows.size))
                p = k.emit("ptr", f"select i1 {inside.ref}, {p.typed}, {zeros.typed}")
            lines.append(p)
        matrices = [transforms.inputs(tiling.points, n + reach) for n in (size, c.size)]

        def vector(v: Int, lanes: int) -> None:
            here = k.mul(v, k.lanes)
            block: transforms.Rows = []
            for line in lines:
                start = k.at(line, here)
                block.append([k.load(start, j * wide, lanes) if c.low <= j < c.high else None
                              for j in range(c.size + reach)])  # fmt: skip
            put_tile(k, heap, t, here, tiling.points, transforms.apart(k, matrices[0], block, matrices[1]))

        each_vector(k, heap.channels, vector)

    each_tile(k, group, reach, body)


def put_tile(k: Function, heap: Heap, t: Int, channel: Int, points: int, values: transforms.Rows) -> None:
    """Keep a vector of a transformed tile; one that is cut off lacks the last of the `points` of an axis."""
    start = k.at(k.scratch, heap.at(k, t, channel, 0))
    for i, line in enumerate(values):
        for j, value in enumerate(line):
            k.store(value or k.every(0), start, (i * points + j) * heap.spot)
