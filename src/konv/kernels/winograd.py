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
from konv.kernels.blocking import Panels, Tile, panels
from konv.kernels.ir import Function, Int, Value
from konv.kernels.pack import transposed
from konv.kernels.product import load_row, outer, store_row
from konv.kernels.spec import Spec
from konv.kernels.target import Target
from konv.kernels.tiling import Group, Kind, Tiling

__all__ = ["Winograd", "WinogradGradient", "WinogradGradientBack", "WinogradWeights"]

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


class Stack(NamedTuple):
    """Transformed weights, or their gradient: at each of `spots` positions `summed` × `made` channels, the latter in
    panels of `vectors` vectors, `[group][position][panel][summed][panel's vectors]`."""

    spots: int
    summed: int
    made: int
    vectors: int
    lanes: int

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


def block(made: int, target: Target, dtype: str) -> Tile:
    """Register blocking of the products: two vectors read for as many broadcasts as there are registers for, so that
    what is read again for each block fits in the first-level cache."""
    vectors = min(2, -(-made // target.lanes(dtype)))
    return Tile((target.registers - vectors - 2) // vectors, vectors)


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

    def zeros(self, target: Target) -> int:
        """Where in scratch memory a line of zeros lies, for rows outside the image."""
        last = self.heaps(target)[1]
        return last.start + (self.tiling.most + 1) * last.tile

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory."""
        line = self.tiling.points * self.groups * self.inputs
        lanes = target.lanes(self.dtype)
        return (self.zeros(target) + -(-line // lanes) * lanes) * (8 if self.dtype == "float64" else 4)

    def each_group(self, k: Function, target: Target, body: Callable[[Group], None]) -> None:
        """`body` for all groups in units `begin … end`."""
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

    def weights(self, target: Target) -> Stack:
        """How the weights it reads lie."""
        vectors = block(self.outputs, target, self.dtype).vectors
        return Stack(self.tiling.spots, self.inputs, self.outputs, vectors, target.lanes(self.dtype))

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x w" + " bias" * self.bias + " gate" * (self.finish == "gate") + " y")

        def work(group: Group) -> None:
            with k.loop(0, self.groups) as g:
                read, made = self.heaps(target)
                load_tiles(k, target, self, group, k.arg["x"], read, g.i)
                self._products(k, target, group, read, made, g.i)
                self._store_tiles(k, group, made, k.mul(g.i, self.outputs))

        self.each_group(k, target, work)
        return k

    # -- products ----------------------------------------------------------------------------------------------

    def _products(self, k: Function, target: Target, group: Group, read: Heap, made: Heap, g: Int) -> None:
        weights, most = self.weights(target), block(self.outputs, target, self.dtype).rows
        layout = weights.panels
        wide = layout.vectors * k.lanes
        step = max(1, most // 7)  # blocks of a few sizes: tiles are dealt out evenly, and few are computed in vain
        sizes = list(range(most, 0, -step))[::-1]
        with k.loop(0, self.tiling.spots) as spot:
            i, j = k.div(spot.i, self.tiling.points), k.rem(spot.i, self.tiling.points)
            low, high = group.stretch(i, j)
            count = k.sub(high, low)
            blocks = k.div(k.add(count, most - 1), most)
            even = k.div(k.add(count, k.sub(blocks, 1)), k.largest(blocks, 1))
            w = k.add(k.mul(g, weights.group), k.mul(spot.i, weights.spot))

            def panel(channel: Int, vectors: int, w: Int = w, spot: Int = spot.i, low: Int = low, high: Int = high,
                      blocks: Int = blocks, even: Int = even) -> None:  # fmt: skip
                at = k.add(w, k.mul(channel, self.inputs))
                for before, rows in zip([0, *sizes], sizes, strict=False):
                    fits = [k.compare("sgt", even, before), k.compare("sle", even, rows)]
                    with k.when(k.both(*fits)), k.loop(0, blocks) as b:
                        # The last block ends with the stretch: it may do again what the one before it has done.
                        t = k.largest(k.least(k.add(low, k.mul(b.i, rows)), k.sub(high, rows)), low)
                        self._block(k, read, made, t, rows, spot, at, channel, vectors)

            with k.loop(0, layout.whole) as p:
                panel(k.mul(p.i, wide), layout.vectors)
            if layout.rest:
                panel(layout.whole * wide, layout.rest)

    def _block(self, k: Function, read: Heap, made: Heap, t: Int, rows: int, spot: Int, w: Int, channel: Int,
               vectors: int) -> None:  # fmt: skip
        """Sum `rows` tiles × `vectors` vectors over all input channels."""
        x, wide = read.at(k, t, 0, spot), vectors * k.lanes
        with k.loop(0, self.inputs, [k.every(0)] * (rows * vectors)) as c:
            ys = load_row(k, k.arg["w"], k.add(w, k.mul(c.i, wide)), vectors)
            at = k.add(x, c.i)
            c.out = outer(k, c.carry, [k.broadcast(k.scratch, k.add(at, i * read.tile)) for i in range(rows)], ys)
        for i in range(rows):
            store_row(k, c.values[i * vectors : (i + 1) * vectors], k.scratch, made.at(k, k.add(t, i), channel, spot))

    # -- outputs -----------------------------------------------------------------------------------------------

    def _store_tiles(self, k: Function, group: Group, made: Heap, channel: Int) -> None:
        tiling, wide = self.tiling, self.outputs * self.groups
        rows, columns = tiling.rows, tiling.columns

        def body(t: Int, image: Int, row: Int, column: Int, size: int, c: Kind) -> None:
            corner = k.add(k.mul(image, rows.positions), k.mul(row, tiling.size))
            corner = k.add(k.mul(corner, columns.positions), k.mul(column, tiling.size))
            corner = k.add(k.mul(corner, wide), channel)
            points = [n + tiling.taps - 1 for n in (size, c.size)]
            left, right = (transforms.outputs(tiling.points, n, s) for n, s in zip(points, (size, c.size), strict=True))

            def vector(v: Int, lanes: int) -> None:
                here = k.mul(v, k.lanes)
                start = k.at(k.scratch, made.at(k, t, here, 0))
                block: transforms.Rows = [[k.load(start, (i * tiling.points + j) * made.spot) for j in range(points[1])]
                                          for i in range(points[0])]  # fmt: skip
                bias = k.load(k.arg["bias"], k.add(channel, here), lanes) if self.bias else None
                places = {p: k.at(k.arg[p], k.add(corner, here)) for p in k.pointers if p in ("gate", "y")}
                for i, line in enumerate(transforms.apart(k, left, block, right)):
                    for j, value in enumerate(line):
                        self._finish(k, value or k.every(0), bias, places, (i * columns.positions + j) * wide, lanes)

            each_vector(k, self.outputs, vector)

        each_tile(k, group, 0, body)

    def _finish(self, k: Function, value: Value, bias: Value | None, places: dict[str, Value], spot: int,
                lanes: int) -> None:  # fmt: skip
        if bias is not None:
            value = k.fadd(value, bias)
        if self.finish == "relu":
            value = k.larger(k.every(0), value)
        elif self.finish == "gate":
            gate = k.load(places["gate"], spot, lanes)
            value = k.select(k.fcompare("ogt", gate, k.every(0)), value, k.every(0))
        k.store(value, places["y"], spot, lanes)


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


def load_tiles(k: Function, target: Target, spec: _Tiled, group: Group, source: Value, heap: Heap, g: Int) -> None:
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
                   spec.weights(target).vectors, turned)  # fmt: skip

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
class WinogradGradient(_Tiled):
    """`du += (Bᵀ x B)ᵀ · (A dy Aᵀ)` at each position of the transformed domain, for units `begin … end` of images.

    Arguments: x `(N, H, W, groups·inputs)`, dy `(N, H', W', groups·outputs)`, du (see `Stack`). Sums run over images and
    tiles in the order of `Group`, whatever the blocking.
    """

    kind: ClassVar[str] = "winograd_gradient"

    def size(self, target: Target) -> int:
        """Elements of du."""
        return self.groups * self.stack(target).group

    def stack(self, target: Target) -> Stack:
        """How du lies."""
        vectors = block(self.outputs, target, self.dtype).vectors
        return Stack(self.tiling.spots, self.inputs, self.outputs, vectors, target.lanes(self.dtype))

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x dy du")

        def work(group: Group) -> None:
            with k.loop(0, self.groups) as g:
                seen, back = self.heaps(target)
                load_tiles(k, target, self, group, k.arg["x"], seen, g.i)
                self._load_back(k, group, back, k.mul(g.i, self.outputs))
                self._products(k, target, group, seen, back, g.i)

        self.each_group(k, target, work)
        return k

    def _load_back(self, k: Function, group: Group, heap: Heap, channel: Int) -> None:
        """`A dy Aᵀ` of every tile."""
        tiling, wide = self.tiling, self.outputs * self.groups
        rows, columns = tiling.rows, tiling.columns

        def body(t: Int, image: Int, row: Int, column: Int, size: int, c: Kind) -> None:
            corner = k.add(k.mul(image, rows.positions), k.mul(row, tiling.size))
            corner = k.add(k.mul(corner, columns.positions), k.mul(column, tiling.size))
            corner = k.add(k.mul(corner, wide), channel)
            left, right = (transforms.transposed(transforms.outputs(tiling.points, n + tiling.taps - 1, n))
                           for n in (size, c.size))  # fmt: skip

            def vector(v: Int, lanes: int) -> None:
                here = k.mul(v, k.lanes)
                start = k.at(k.arg["dy"], k.add(corner, here))
                block: transforms.Rows = [[k.load(start, (i * columns.positions + j) * wide, lanes)
                                           for j in range(c.size)] for i in range(size)]  # fmt: skip
                put_tile(k, heap, t, here, tiling.points, transforms.apart(k, left, block, right))

            each_vector(k, self.outputs, vector)

        each_tile(k, group, 0, body)

    def _products(self, k: Function, target: Target, group: Group, seen: Heap, back: Heap, g: Int) -> None:
        stack, most = self.stack(target), block(self.outputs, target, self.dtype).rows
        layout, rows = stack.panels, -(-self.inputs // -(-self.inputs // most))
        wide = layout.vectors * k.lanes
        whole, rest = divmod(self.inputs, rows)
        with k.loop(0, self.tiling.spots) as spot:
            low, high = group.stretch(k.div(spot.i, self.tiling.points), k.rem(spot.i, self.tiling.points))
            start = k.add(k.mul(g, stack.group), k.mul(spot.i, stack.spot))

            def panel(channel: Int, vectors: int, spot: Int = spot.i, low: Int = low, high: Int = high,
                      start: Int = start) -> None:  # fmt: skip
                at = k.add(start, k.mul(channel, self.inputs))

                def some(c: Int, m: int) -> None:
                    into = k.add(at, k.mul(c, vectors * k.lanes))
                    spots = [k.add(into, i * vectors * k.lanes) for i in range(m)]
                    sums = [v for s in spots for v in load_row(k, k.arg["du"], s, vectors)]
                    with k.loop(low, high, sums) as t:
                        ys = load_row(k, k.scratch, back.at(k, t.i, channel, spot), vectors)
                        x = seen.at(k, t.i, c, spot)
                        t.out = outer(k, t.carry, [k.broadcast(k.scratch, k.add(x, i)) for i in range(m)], ys)
                    for i, into in enumerate(spots):
                        store_row(k, t.values[i * vectors : (i + 1) * vectors], k.arg["du"], into)

                with k.loop(0, whole) as b:
                    some(k.mul(b.i, rows), rows)
                if rest:
                    some(whole * rows, rest)

            with k.loop(0, layout.whole) as p:
                panel(k.mul(p.i, wide), layout.vectors)
            if layout.rest:
                panel(layout.whole * wide, layout.rest)


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
    def of(cls, spec: WinogradGradient, target: Target) -> WinogradGradientBack:
        """The way back for what `spec` sums."""
        tiling = spec.tiling
        return cls(spec.dtype, tiling.points, tiling.taps, spec.inputs, spec.outputs, spec.groups,
                   spec.stack(target).vectors)  # fmt: skip

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
