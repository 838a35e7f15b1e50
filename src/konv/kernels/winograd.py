"""Winograd's convolution of stride 1: input transform, products at each position, output transform, in one kernel.

Forward and data gradient are one kernel, as in `konv.kernels.convolution`. A group of tiles is taken through all three
parts while it lies in the worker's scratch memory. There a tile's positions lie side by side, vector of channels by
vector of channels, each an odd number of cache lines long, so that no power of two sends all tiles to one set of the
cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from konv.kernels import transforms
from konv.kernels.blocking import Panels, Tile, panels, tile
from konv.kernels.ir import Function, Int, Value
from konv.kernels.pack import transposed
from konv.kernels.product import load_row, outer, store_row
from konv.kernels.spec import Spec
from konv.kernels.target import Target
from konv.kernels.tiling import Group, Kind, Tiling

__all__ = ["Winograd", "WinogradWeights"]


class Heap(NamedTuple):
    """Transformed tiles in scratch memory, from element `start` on: `channels` of them, `spots` positions each."""

    start: int
    channels: int
    spots: int
    lanes: int

    @property
    def vector(self) -> int:
        """Elements from one vector of channels to the next."""
        return (self.spots | 1) * self.lanes

    @property
    def tile(self) -> int:
        """Elements from one tile to the next."""
        return -(-self.channels // self.lanes) * self.vector

    def at(self, k: Function, t: Int, vector: Int, spot: Int) -> Int:
        """Where the vector of a tile begins."""
        return k.add(self.start, k.mul(t, self.tile), k.mul(vector, self.vector), k.mul(spot, self.lanes))


@dataclass(frozen=True)
class _Tiled(Spec):
    """What kernels over tiles share: `inputs` and `outputs` are channels of one of the `groups`."""

    tiling: Tiling
    inputs: int
    outputs: int
    groups: int = 1

    def units(self) -> int:
        """Work units of one image."""
        return self.tiling.pieces

    def heaps(self, target: Target) -> tuple[Heap, Heap]:
        """Scratch memory for the transformed tiles of what is read, and of what is written or comes back."""
        lanes, tiling = target.lanes(self.dtype), self.tiling
        first = Heap(0, self.inputs, tiling.spots, lanes)
        room = tiling.most + 1  # products work on whole blocks of tiles
        return first, Heap(room * first.tile, self.outputs, tiling.spots, lanes)

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory."""
        last = self.heaps(target)[1]
        return (last.start + (self.tiling.most + 1) * last.tile) * (8 if self.dtype == "float64" else 4)

    def each_group(self, k: Function, body: Callable[[Group], None]) -> None:
        """`body` for all groups in units `begin … end`."""
        tiling = self.tiling
        if tiling.images == 1:
            with k.loop(k.begin, k.end) as unit:
                image, piece = k.div(unit.i, tiling.pieces), k.rem(unit.i, tiling.pieces)
                first, last = (k.div(k.mul(p, tiling.tiles), tiling.pieces) for p in (piece, k.add(piece, 1)))
                body(Group(k, tiling, image, 1, first, k.sub(last, first)))
            return
        with k.loop(k.begin, k.end, step=tiling.images) as unit:
            images = k.least(k.sub(k.end, unit.i), tiling.images)
            body(Group(k, tiling, unit.i, images, 0, k.mul(images, tiling.tiles)))


@dataclass(frozen=True)
class Winograd(_Tiled):
    """`y = x ∗ w (+ bias)`, and what is fused to it, for units `begin … end` (image · pieces + piece).

    Arguments: x `(N, H, W, groups·inputs)`, w transformed by `WinogradWeights`, then bias `(groups·outputs,)` where
    `bias`, then gate, of y's shape, where `finish` is "gate", then y. `finish`: as of a `Convolution`.
    """

    kind: ClassVar[str] = "winograd"
    bias: bool = False
    finish: str = ""

    def block(self, target: Target) -> Tile:
        """Register blocking of the products: tiles × output channels."""
        return tile(self.tiling.most, self.outputs, target, self.dtype, self.inputs)

    def panels(self, target: Target) -> Panels:
        """How output channels lie in vectors."""
        return panels(self.outputs, self.block(target).vectors, target.lanes(self.dtype))

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x w" + " bias" * self.bias + " gate" * (self.finish == "gate") + " y")

        def work(group: Group) -> None:
            with k.loop(0, self.groups) as g:
                read, made = self.heaps(target)
                load_tiles(k, self, group, k.arg["x"], read, k.mul(g.i, self.inputs))
                self._products(k, target, group, read, made, g.i)
                self._store_tiles(k, group, made, k.mul(g.i, self.outputs))

        self.each_group(k, work)
        return k

    # -- products ----------------------------------------------------------------------------------------------

    def _products(self, k: Function, target: Target, group: Group, read: Heap, made: Heap, g: Int) -> None:
        layout, most = self.panels(target), self.block(target).rows
        wide = layout.vectors * k.lanes
        step = max(1, most // 7)  # blocks of a few sizes: tiles are dealt out evenly, and few are computed in vain
        sizes = list(range(most, 0, -step))[::-1]
        weights = WinogradWeights.of(self, target)
        start = k.mul(g, weights.group(target))
        with k.loop(0, self.tiling.spots) as spot:
            i, j = k.div(spot.i, self.tiling.points), k.rem(spot.i, self.tiling.points)
            low, high = group.stretch(i, j)
            count = k.sub(high, low)
            blocks = k.div(k.add(count, most - 1), most)
            even = k.div(k.add(count, k.sub(blocks, 1)), k.largest(blocks, 1))
            w = k.add(start, k.mul(spot.i, weights.spot(target)))
            last = k.largest(low, 0)

            def panel(channel: Int, vectors: int, w: Int = w, spot: Int = spot.i, low: Int = low, high: Int = high,
                      blocks: Int = blocks, even: Int = even) -> None:  # fmt: skip
                at = k.add(w, k.mul(channel, self.inputs))
                for before, rows in zip([0, *sizes], sizes, strict=False):
                    fits = [k.compare("sgt", even, before), k.compare("sle", even, rows)]
                    with k.when(k.emit("i1", f"and i1 {fits[0].ref}, {fits[1].ref}")), k.loop(0, blocks) as b:
                        # The last block ends with the stretch: it may do again what the one before it has done.
                        t = k.largest(k.least(k.add(low, k.mul(b.i, rows)), k.sub(high, rows)), low)
                        self._block(k, read, made, t, rows, spot, at, k.div(channel, k.lanes), vectors)

            with k.loop(0, layout.whole) as p:
                panel(k.mul(p.i, wide), layout.vectors)
            if layout.rest:
                panel(layout.whole * wide, layout.rest)
            del last

    def _block(self, k: Function, read: Heap, made: Heap, t: Int, rows: int, spot: Int, w: Int, vector: Int,
               vectors: int) -> None:  # fmt: skip
        """Sum `rows` tiles × `vectors` vectors over all input channels."""
        wide = vectors * k.lanes
        whole, tail = divmod(self.inputs, k.lanes)

        def along(sums: list[Value], x: Int, w: Int, length: int) -> list[Value]:
            with k.loop(0, length, sums) as c:
                ys = load_row(k, k.arg["w"], k.add(w, k.mul(c.i, wide)), vectors)
                at = k.add(x, c.i)
                c.out = outer(k, c.carry, [k.broadcast(k.scratch, k.add(at, i * read.tile)) for i in range(rows)], ys)
            return c.values

        with k.loop(0, whole, [k.every(0)] * (rows * vectors)) as v:
            v.out = along(v.carry, read.at(k, t, v.i, spot), k.add(w, k.mul(v.i, k.lanes * wide)), k.lanes)
        sums = v.values
        if tail:
            sums = along(sums, read.at(k, t, whole, spot), k.add(w, whole * k.lanes * wide), tail)
        for i in range(rows):
            for j in range(vectors):
                k.store(sums[i * vectors + j], k.scratch, made.at(k, k.add(t, i), k.add(vector, j), spot))

    # -- outputs -----------------------------------------------------------------------------------------------

    def _store_tiles(self, k: Function, group: Group, made: Heap, channel: Int) -> None:
        tiling, wide = self.tiling, self.outputs * self.groups
        rows, columns = tiling.rows, tiling.columns

        def body(t: Int, image: Int, row: Int, column: Int, r: Kind, c: Kind) -> None:
            corner = k.add(k.mul(image, rows.positions), k.mul(row, tiling.size))
            corner = k.add(k.mul(corner, columns.positions), k.mul(column, tiling.size))
            corner = k.add(k.mul(corner, wide), channel)

            def vector(v: Int, lanes: int) -> None:
                points = [n + tiling.taps - 1 for n in (r.size, c.size)]
                block = [[k.load(k.scratch, made.at(k, t, v, i * tiling.points + j)) for j in range(points[1])]
                         for i in range(points[0])]  # fmt: skip
                left, right = (transforms.outputs(tiling.points, n, s.size) for n, s in zip(points, (r, c), strict=True))
                here = k.mul(v, k.lanes)
                bias = k.load(k.arg["bias"], k.add(channel, here), lanes) if self.bias else None
                for i, line in enumerate(transforms.apart(k, left, block, right)):
                    for j, value in enumerate(line):
                        spot = k.add(corner, here, (i * columns.positions + j) * wide)
                        self._finish(k, value or k.every(0), bias, spot, lanes)

            each_vector(k, self.outputs, vector)

        each_tile(k, group, 0, body)

    def _finish(self, k: Function, value: Value, bias: Value | None, spot: Int, lanes: int) -> None:
        if bias is not None:
            value = k.fadd(value, bias)
        if self.finish == "relu":
            value = k.larger(k.every(0), value)
        elif self.finish == "gate":
            gate = k.load(k.arg["gate"], spot, lanes)
            value = k.select(k.fcompare("ogt", gate, k.every(0)), value, k.every(0))
        k.store(value, k.arg["y"], spot, lanes)


def each_vector(k: Function, channels: int, body: Callable[[Int, int], None]) -> None:
    """`body(vector, lanes)` for all vectors of `channels`; the last may have fewer lanes (0: all)."""
    whole, tail = divmod(channels, k.lanes)
    with k.loop(0, whole) as v:
        body(v.i, 0)
    if tail:
        body(whole, tail)


def each_tile(k: Function, group: Group, reach: int, body: Callable[..., None]) -> None:
    """`body(t, image, row, column, kind of row, kind of column)` for each tile of the group, by kinds."""
    tiling = group.tiling
    kinds = [tiling.kinds(axis, reach) for axis in (tiling.rows, tiling.columns)]

    def only(found: list[Kind], at: Int, then: Callable[[Kind], None]) -> None:
        for kind in found:
            if len(found) == 1:
                then(kind)
                continue
            inside = [k.compare("sge", at, kind.first), k.compare("slt", at, kind.last)]
            with k.when(k.emit("i1", f"and i1 {inside[0].ref}, {inside[1].ref}")):
                then(kind)

    with k.loop(0, group.count) as t:
        image, row, column = group.place(t.i)
        only(kinds[0], row, lambda r: only(kinds[1], column, lambda c: body(t.i, image, row, column, r, c)))


def load_tiles(k: Function, spec: _Tiled, group: Group, source: Value, heap: Heap, channel: Int) -> None:
    """Input transform: `Bᵀ d B` of every tile; what lies outside the image counts as zero."""
    tiling, wide = spec.tiling, heap.channels * spec.groups
    rows, columns = tiling.rows, tiling.columns

    def body(t: Int, image: Int, row: Int, column: Int, r: Kind, c: Kind) -> None:
        corner = k.add(k.mul(image, rows.size), k.mul(row, tiling.size), rows.first)
        corner = k.add(k.mul(corner, columns.size), k.mul(column, tiling.size), columns.first)
        corner = k.add(k.mul(corner, wide), channel)
        points = [kind.size + tiling.taps - 1 for kind in (r, c)]
        left, right = (transforms.inputs(tiling.points, n) for n in points)

        def vector(v: Int, lanes: int) -> None:
            start = k.add(corner, k.mul(v, k.lanes))
            block = [[k.load(source, k.add(start, (i * columns.size + j) * wide), lanes)
                      if r.low <= i < r.high and c.low <= j < c.high else None
                      for j in range(points[1])] for i in range(points[0])]  # fmt: skip
            for i, line in enumerate(transforms.apart(k, left, block, right)):
                for j, value in enumerate(line):
                    k.store(value or k.every(0), k.scratch, heap.at(k, t, v, i * tiling.points + j))

        each_vector(k, heap.channels, vector)

    each_tile(k, group, tiling.taps - 1, body)


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
    def of(cls, spec: Winograd, target: Target, turned: bool = False) -> WinogradWeights:
        """The weights that `spec` reads; `turned`: it is a data gradient, and its inputs are the layer's outputs."""
        channels = (spec.outputs, spec.inputs) if turned else (spec.inputs, spec.outputs)
        return cls(spec.dtype, spec.tiling.points, spec.tiling.taps, *channels, spec.groups,
                   spec.block(target).vectors, turned)  # fmt: skip

    @property
    def summed(self) -> int:
        """Channels that the reader sums over."""
        return self.outputs if self.turned else self.inputs

    def layout(self, target: Target) -> Panels:
        """How the channels that the reader produces lie in vectors."""
        return panels(self.inputs if self.turned else self.outputs, self.vectors, target.lanes(self.dtype))

    def spot(self, target: Target) -> int:
        """Elements from one position to the next: never a power of two."""
        return self.summed * self.layout(target).padded + target.lanes(self.dtype)

    def group(self, target: Target) -> int:
        """Elements of one group."""
        return self.points**2 * self.spot(target)

    def size(self, target: Target) -> int:
        """Elements in all."""
        return self.groups * self.group(target)

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
            (self._turned if self.turned else self._straight)(k, target, g.i, unit.i)
        return k

    def _row(self, k: Function, tap: int, c: Int, g: Int) -> Int:
        wide = self.groups * self.outputs
        return k.add(k.mul(c, wide), k.mul(g, self.outputs), tap * self.inputs * wide)

    def _put(self, k: Function, target: Target, taps: list[list[Value | None]], g: Int, c: Int, channel: Int,
             start: Int, width: int) -> None:  # fmt: skip
        """Transform and store one vector, `channel` on, of summed channel c; its panel begins at `start`."""
        at = k.add(k.mul(g, self.group(target)), k.mul(start, self.summed), k.mul(c, width), k.sub(channel, start))
        rows = transforms.linear(k, transforms.weights(self.points, self.taps), taps)
        for i, value in enumerate(v for row in rows for v in row):
            k.store(value or k.every(0), k.arg["u"], k.add(at, i * self.spot(target)))

    def _each(self, k: Function, target: Target, body: Callable[[Int, Int, int, int], None]) -> None:
        """`body(channel, panel's start, panel's width, lanes)` for the vectors that the reader produces."""
        layout = self.layout(target)
        wide = layout.vectors * k.lanes
        with k.loop(0, layout.whole) as p, k.loop(0, layout.vectors) as j:
            start = k.mul(p.i, wide)
            body(k.add(start, k.mul(j.i, k.lanes)), start, wide, 0)
        start, full = layout.whole * wide, layout.rest - bool(layout.tail)
        with k.loop(0, full) as j:
            body(k.add(start, k.mul(j.i, k.lanes)), start, layout.rest * k.lanes, 0)
        if layout.tail:
            body(start + full * k.lanes, start, layout.rest * k.lanes, layout.tail)

    def _straight(self, k: Function, target: Target, g: Int, c: Int) -> None:
        def vector(channel: Int, start: Int, width: int, lanes: int) -> None:
            taps: list[list[Value | None]] = [
                [k.load(k.arg["w"], k.add(self._row(k, i * self.taps + j, c, g), channel), lanes)
                 for j in range(self.taps)] for i in range(self.taps)
            ]  # fmt: skip
            self._put(k, target, taps, g, c, channel, start, width)

        self._each(k, target, vector)

    def _turned(self, k: Function, target: Target, g: Int, block: Int) -> None:
        """A vector of inputs becomes a vector of what is produced: squares of every tap are turned in scratch."""
        square, last = k.lanes**2, self.taps**2 - 1

        def vector(channel: Int, start: Int, width: int, lanes: int) -> None:
            def some(o: Int, columns: int) -> None:
                for tap in range(self.taps**2):
                    lines = [k.load(k.arg["w"], k.add(self._row(k, tap, k.add(channel, i), g), o), columns % k.lanes)
                             if i < (lanes or k.lanes) else k.every(0) for i in range(k.lanes)]  # fmt: skip
                    for i, line in enumerate(transposed(k, lines)):
                        k.store(line, k.scratch, (last - tap) * square + i * k.lanes)
                with k.loop(0, columns) as i:
                    taps: list[list[Value | None]] = [
                        [k.load(k.scratch, k.add(k.mul(i.i, k.lanes), (r * self.taps + c) * square))
                         for c in range(self.taps)] for r in range(self.taps)
                    ]  # fmt: skip
                    self._put(k, target, taps, g, k.add(o, i.i), channel, start, width)

            whole, tail = divmod(self.outputs, k.lanes)
            with k.loop(0, whole) as o:
                some(k.mul(o.i, k.lanes), k.lanes)
            if tail:
                some(whole * k.lanes, tail)

        def mine(channel: Int, start: Int, width: int, lanes: int) -> None:
            with k.when(k.compare("eq", k.div(channel, k.lanes), block)):
                vector(channel, start, width, lanes)

        layout = self.layout(target)
        wide, shared = layout.vectors * k.lanes, layout.whole * layout.vectors
        if layout.whole:
            with k.when(k.compare("slt", block, shared)):
                vector(k.mul(block, k.lanes), k.mul(k.div(block, layout.vectors), wide), wide, 0)
        start, full = layout.whole * wide, layout.rest - bool(layout.tail)
        for j in range(full):
            mine(start + j * k.lanes, start, layout.rest * k.lanes, 0)
        if layout.tail:
            mine(start + full * k.lanes, start, layout.rest * k.lanes, layout.tail)
