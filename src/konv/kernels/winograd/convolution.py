"""Winograd's convolution of stride 1: transforms of tiles, and products at each position between them.

Forward and data gradient are one kernel, as in `konv.kernels.products.convolution`; the weight gradient is another.
What is transformed how is told in `konv.kernels.winograd.transforms`, and why that pays in docs/winograd.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.target import Target
from konv.kernels.products.product import load_row, outer, store_row
from konv.kernels.winograd import transforms
from konv.kernels.winograd.tiles import Heap, Tiled, each_tile, each_vector, load_tiles, put_tile
from konv.kernels.winograd.tiling import Group, Kind
from konv.kernels.winograd.weights import Stack, block

__all__ = ["Winograd", "WinogradGradient"]


@dataclass(frozen=True)
class Winograd(Tiled):
    """`y = x ∗ w (+ bias)`, and what is fused to it, for units `begin … end` (image · pieces + piece).

    Arguments: x `(N, H, W, groups·inputs)`, w transformed by `WinogradWeights`, then bias `(groups·outputs,)` where
    `bias`, then gate, of y's shape, where `finish` is "gate", then y. `finish`: as of a `Convolution`.
    """

    kind: ClassVar[str] = "winograd"
    bias: bool = False
    finish: str = ""

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
        weights, most = Stack.of(self, target), block(self.outputs, target, self.dtype).rows
        layout = weights.panels
        wide = layout.vectors * k.lanes
        step = 2 if most > 7 else 1  # blocks of a few sizes: tiles are dealt out evenly, at most one is made in vain
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


@dataclass(frozen=True)
class WinogradGradient(Tiled):
    """`du += (Bᵀ x B)ᵀ · (A dy Aᵀ)` at each position of the transformed domain, for units `begin … end`.

    Arguments: x `(N, H, W, groups·inputs)`, dy `(N, H', W', groups·outputs)`, du (see `Stack`).
    Sums run over images, and over tiles in the order of `Group`, whatever the blocking.
    """

    kind: ClassVar[str] = "winograd_gradient"

    def size(self, target: Target) -> int:
        """Elements of du."""
        return self.groups * Stack.of(self, target).group

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x dy du")

        def work(group: Group) -> None:
            with k.loop(0, self.groups) as g:
                seen, back = self.heaps(target)
                load_tiles(k, target, self, group, k.arg["x"], seen, g.i)
                self._load_back(k, group, back, k.mul(g.i, self.outputs))
                self._products(k, target, group, seen, back, g.i)

        self.each_group(k, target, work, apart=True)
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
        stack, most = Stack.of(self, target), block(self.outputs, target, self.dtype).rows
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
                    with k.loop(0, group.images, sums) as n:
                        first = k.mul(n.i, self.tiling.tiles)
                        with k.loop(k.add(first, low), k.add(first, high), n.carry) as t:
                            ys = load_row(k, k.scratch, back.at(k, t.i, channel, spot), vectors)
                            x = seen.at(k, t.i, c, spot)
                            t.out = outer(k, t.carry, [k.broadcast(k.scratch, k.add(x, i)) for i in range(m)], ys)
                        n.out = t.values
                    for i, into in enumerate(spots):
                        store_row(k, n.values[i * vectors : (i + 1) * vectors], k.arg["du"], into)

                with k.loop(0, whole) as b:
                    some(k.mul(b.i, rows), rows)
                if rest:
                    some(whole * rows, rest)

            with k.loop(0, layout.whole) as p:
                panel(k.mul(p.i, wide), layout.vectors)
            if layout.rest:
                panel(layout.whole * wide, layout.rest)
