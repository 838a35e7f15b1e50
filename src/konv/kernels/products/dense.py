"""Dense layers: `y = x·w + b`, the gradient of x (the same with turned weights), and that of w."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import WIDEST, Panels, even, panels, tile
from konv.kernels.products.pack import transposed
from konv.kernels.products.product import ask_row, load_row, outer, store_row
from konv.kernels.products.product_spec import ProductSpec
from konv.kernels.sums.tree import flag_nonfinite

__all__ = ["Dense", "DenseFewGradient", "DenseWeightGradient"]


UNITS = 16
"""Shares of the work that there should be, for as many workers: where panels are fewer, several copy the same one."""


@dataclass(frozen=True)
class Dense(ProductSpec):
    """`y = x·w (+ bias)` for tiles of samples × panels of outputs.

    Arguments: frame (its first int64: samples in this run), x `(rows, inputs)`, w, bias where `bias`, gate, of y's
    shape, where `finish` is "gate", then y `(rows, outputs)`. Work units: panel · parts + part, where a part is
    some of the tiles of samples. Whole tiles are computed: x and y must have room for them. `rows`: rows of the largest
    run, which the tile is chosen for; `places`: rows of one sample. `finish`, `add`: as of a convolution.

    `weights`: how w comes, "packed" by `Pack` (one tap), or as it lies, `(inputs, outputs)` or, "turned", `(outputs,
    inputs)`. Packing pays where weights stay. Weights as they lie are copied to scratch memory, `depth` inputs of a
    panel at a time, which stay in the second-level cache for all tiles of a part; between, sums wait in y. A single
    tile has nothing to read twice, and reads w where it lies, if that is in the order in which it reads.
    """

    kind: ClassVar[str] = "dense"
    rows: int
    inputs: int
    outputs: int
    places: int = 1
    bias: bool = False
    finish: str = ""
    add: bool = False
    weights: str = "packed"

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample."""
        return self.places * self.inputs * self.outputs

    @property
    def result(self) -> tuple[int, int]:
        """Samples × outputs."""
        return self.rows, self.outputs

    def planned(self, target: Target) -> tuple[int, ...]:
        """A tile: rows and vectors. Tiles are whole, so their rows are as even as they can be. Few rows on weights as
        they lie take as much of a row of w as there are registers for sums: memory likes to be read on and on."""
        few = (target.registers - WIDEST) // self.rows
        if self.weights == "straight" and few >= WIDEST:
            return self.rows, min(few, -(-self.outputs // target.lanes(self.dtype)))
        return even(*self.result, target, self.dtype, self.inputs)

    def blocks(self, n: int, target: Target) -> int:
        """Tiles of samples in a run of n."""
        return -(-n // self.tile(target).rows)

    def units(self, target: Target) -> int:
        """The number of work units."""
        return self.parts(target) * self.panels(target).number

    def parts(self, target: Target) -> int:
        """How many share the tiles of a panel."""
        blocks = self.blocks(self.rows, target)
        return min(blocks, -(-UNITS // self.panels(target).number)) if self.copies(target) else blocks

    def copies(self, target: Target) -> bool:
        """Whether w is copied to scratch memory."""
        return self.weights == "turned" or (self.weights == "straight" and self.blocks(self.rows, target) > 1)

    def depth(self, target: Target) -> int:
        """Inputs of a panel that are copied at a time: whole vectors, in pieces as even as they can be."""
        lanes = target.lanes(self.dtype)
        kept = max(target.l2 // 8 // (self.tile(target).vectors * target.vector_bytes), 1)
        pieces = -(-self.inputs // kept) if self.copies(target) else 1
        return -(-self.inputs // (pieces * lanes)) * lanes

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: a piece of a panel."""
        return self.copies(target) * self.depth(target) * self.tile(target).vectors * target.vector_bytes

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x w" + " bias" * self.bias + " gate" * (self.finish == "gate") + " y")
        m, layout, parts = self.tile(target).rows, self.panels(target), self.parts(target)
        blocks = k.div(k.add(k.mul(k.get("i64", k.arg["frame"]), self.places), m - 1), m)
        wide = layout.vectors * layout.lanes
        with k.loop(k.begin, k.end) as unit:
            panel, part = k.div(unit.i, parts), k.rem(unit.i, parts)
            low, high = (k.div(k.mul(blocks, p), parts) for p in (part, k.add(part, 1)))
            with k.when(k.compare("slt", low, high)):
                if layout.whole:
                    with k.when(k.compare("slt", panel, layout.whole)):
                        self._panel(k, low, high, k.mul(panel, wide), layout.vectors, 0)
                if layout.rest:
                    with k.when(k.compare("sge", panel, layout.whole)):
                        self._panel(k, low, high, layout.whole * wide, layout.rest, layout.tail)
        return k

    def _panel(self, k: Function, low: Int, high: Int, channel: Int, vectors: int, tail: int) -> None:
        """All pieces of a panel for some blocks of samples."""
        depth, m = self.depth(k.target), self.tile(k.target).rows
        last = -(-self.inputs // depth) - 1

        def piece(c: Int, size: int, begins: bool, ends: bool) -> None:
            w, apart, ragged = k.scratch, vectors * k.lanes, 0
            if self.copies(k.target):
                self._copy(k, c, size, channel, vectors, tail)
            elif self.weights == "packed":
                w = k.at(k.arg["w"], k.mul(channel, self.inputs))
            else:
                w, apart, ragged = k.at(k.arg["w"], channel), self.outputs, tail
            with k.loop(low, high) as block:
                row = k.mul(block.i, m)
                y = k.add(k.mul(row, self.outputs), channel)
                sums = self._begun(k, y, m, channel, vectors, tail) if begins else self._held(k, y, m, vectors, tail)
                at = k.add(k.mul(row, self.inputs), c)
                with k.loop(0, size, sums) as i:
                    xs = [k.broadcast(k.arg["x"], k.add(at, i.i, r * self.inputs)) for r in range(m)]
                    i.out = outer(k, i.carry, xs, load_row(k, w, k.mul(i.i, apart), vectors, ragged))
                self._store(k, i.values, y, vectors, tail, self.finish if ends else "")

        piece(0, min(depth, self.inputs), True, not last)
        with k.loop(1, last) as p:
            piece(k.mul(p.i, depth), depth, False, False)
        if last:
            piece(last * depth, self.inputs - last * depth, False, True)

    def _held(self, k: Function, y: Int, m: int, vectors: int, tail: int) -> list[Value]:
        """What y holds."""
        return [v for i in range(m) for v in load_row(k, k.arg["y"], k.add(y, i * self.outputs), vectors, tail)]

    def _begun(self, k: Function, y: Int, m: int, channel: Int, vectors: int, tail: int) -> list[Value]:
        """What sums begin with."""
        start = load_row(k, k.arg["bias"], channel, vectors, tail) if self.bias else [k.every(0)] * vectors
        if not self.add:
            return start * m
        return [k.fadd(h, s) for h, s in zip(self._held(k, y, m, vectors, tail), start * m, strict=True)]

    def _store(self, k: Function, sums: list[Value], y: Int, vectors: int, tail: int, finish: str) -> None:
        for i in range(len(sums) // vectors):
            values, spot = sums[i * vectors : (i + 1) * vectors], k.add(y, i * self.outputs)
            if finish == "relu":
                values = [k.larger(k.every(0), v) for v in values]
            elif finish == "gate":
                gates = load_row(k, k.arg["gate"], spot, vectors, tail)
                values = [k.select(k.fcompare("ogt", g, k.every(0)), v, k.every(0))
                          for g, v in zip(gates, values, strict=True)]  # fmt: skip
            store_row(k, values, k.arg["y"], spot, tail)

    def _copy(self, k: Function, c: Int, size: int, channel: Int, vectors: int, tail: int) -> None:
        """Lay a piece of a panel side by side, `size` inputs from `c` on; the last vector is filled with zeros."""
        if self.weights == "straight":
            with k.loop(0, size) as i:
                row = load_row(k, k.arg["w"], k.add(k.mul(k.add(c, i.i), self.outputs), channel), vectors, tail)
                store_row(k, row, k.scratch, k.mul(i.i, vectors * k.lanes))
            return
        whole, ragged = divmod(size, k.lanes)
        for j in range(vectors):
            rows = tail if tail and j == vectors - 1 else k.lanes
            first = k.add(k.mul(k.add(channel, j * k.lanes), self.inputs), c)

            def square(i: Int, columns: int, j: int = j, rows: int = rows, first: Int = first) -> None:
                held = [k.load(k.arg["w"], k.add(first, i, r * self.inputs), columns % k.lanes) for r in range(rows)]
                held += [k.every(0)] * (k.lanes - rows)
                for r, v in enumerate(transposed(k, held)[:columns]):
                    k.store(v, k.scratch, k.add(k.mul(k.add(i, r), vectors * k.lanes), j * k.lanes))

            with k.loop(0, whole) as i:
                square(k.mul(i.i, k.lanes), k.lanes)
            if ragged:
                square(whole * k.lanes, ragged)


@dataclass(frozen=True)
class DenseWeightGradient(ProductSpec):
    """`dw = xᵀ·dy`, summed over samples by the tree of `LEAVES` leaves, tile by tile: the leaves of one are 3 KB.

    Arguments: frame (samples in this run; its flag is set where a sum is not finite), x `(n, inputs)`, dy
    `(n, outputs)`, dw `(inputs, outputs)`. Work units: block of tiles of inputs · panels + panel. `rows`: those of the
    largest run.

    Rows of x and dy lie a power of two apart more often than not, and then share a few sets of the first-level cache.
    So what a tile reads is copied to scratch memory, side by side: dy once a call, x once for all panels of a block. A
    panel of dy is read from the second-level cache for a block of tiles, not for each.
    """

    kind: ClassVar[str] = "dense_weight_gradient"
    rows: int
    inputs: int
    outputs: int
    places: int = 1

    BLOCK: ClassVar[int] = 4
    """Tiles of a block."""

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample."""
        return self.places * self.inputs * self.outputs

    @property
    def result(self) -> tuple[int, int]:
        """Inputs × outputs."""
        return self.inputs, self.outputs

    def planned(self, target: Target) -> tuple[int, ...]:
        """A tile: rows and vectors."""
        return tile(*self.result, target, self.dtype, 1)

    def units(self, target: Target) -> int:
        """The number of work units."""
        return -(-self.inputs // (self.BLOCK * self.tile(target).rows)) * self.panels(target).number

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: a tile's leaves, then dy, panel by panel, then a block of x, tile by tile."""
        rows, vectors = self.tile(target)
        wide = self.panels(target).padded + self.BLOCK * self._reach(target)
        copies = self.rows * wide * (target.vector_bytes // target.lanes(self.dtype))
        return LEAVES * rows * vectors * target.vector_bytes + copies

    def _reach(self, target: Target) -> int:
        """Elements from one row of a tile of x in scratch memory to the next: whole vectors."""
        lanes = target.lanes(self.dtype)
        return -(-self.tile(target).rows // lanes) * lanes

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x dy dw")
        m, layout = self.tile(target).rows, self.panels(target)
        tiles, wide = -(-self.inputs // m), layout.vectors * layout.lanes
        n = k.get("i64", k.arg["frame"])
        rows, reach = k.mul(n, self.places), self._reach(target)
        panels_of_dy = k.at(k.scratch, LEAVES * m * wide)
        block_of_x = k.at(panels_of_dy, k.mul(rows, layout.padded))
        self._copy_dy(k, panels_of_dy, layout, rows)
        with k.loop(k.begin, k.end) as unit:
            panel, first = k.rem(unit.i, layout.number), k.mul(k.div(unit.i, layout.number), self.BLOCK)
            last = k.least(k.add(first, self.BLOCK), tiles)
            new = k.binary("or", k.compare("eq", panel, 0), k.compare("eq", unit.i, k.begin))

            def each_tile(body: Callable[[Value, Int, int], None], first: Int = first, last: Int = last) -> None:
                """`body(where its part of x is copied to, first row, rows)`."""
                with k.loop(first, last) as t:
                    at, row = k.mul(k.sub(t.i, first), k.mul(rows, reach)), k.mul(t.i, m)
                    if tiles > 1 or self.inputs % m == 0:
                        with k.when(k.compare("slt", t.i, self.inputs // m)):
                            body(k.at(block_of_x, at), row, m)
                    if self.inputs % m:
                        with k.when(k.compare("eq", t.i, tiles - 1)):
                            body(k.at(block_of_x, at), row, self.inputs % m)

            def each_width(body: Callable[[Int, int, int], None], panel: Int = panel) -> None:
                if layout.whole:
                    with k.when(k.compare("slt", panel, layout.whole)):
                        body(k.mul(panel, wide), layout.vectors, 0)
                if layout.rest:
                    with k.when(k.compare("sge", panel, layout.whole)):
                        body(layout.whole * wide, layout.rest, layout.tail)

            def product(channel: Int, vectors: int, tail: int) -> None:
                dy = k.at(panels_of_dy, k.mul(rows, channel))
                each_tile(lambda x, row, high: self._tile(k, n, (x, reach), dy, row, high, channel, vectors, tail))

            with k.when(new):
                each_tile(lambda x, row, high: self._copy_x(k, x, reach, rows, row, high))
            each_width(product)
        return k

    def _copy_dy(self, k: Function, copies: Value, layout: Panels, rows: Int) -> None:
        """Lay dy out panel by panel; the last vector is filled with zeros."""
        wide = layout.vectors * layout.lanes

        def copy(row: Int, channel: Int, vectors: int, tail: int) -> None:
            into = k.add(k.mul(rows, channel), k.mul(row, vectors * layout.lanes))
            values = load_row(k, k.arg["dy"], k.add(k.mul(row, self.outputs), channel), vectors, tail)
            store_row(k, values, copies, into)

        with k.loop(0, rows) as s:
            with k.loop(0, layout.whole) as p:
                copy(s.i, k.mul(p.i, wide), layout.vectors, 0)
            if layout.rest:
                copy(s.i, layout.whole * wide, layout.rest, layout.tail)

    def _copy_x(self, k: Function, into: Value, reach: int, rows: Int, first: Int, m: int) -> None:
        """Lay `m` columns of x, from `first` on, side by side."""
        with k.loop(0, rows) as s:
            for part in range(0, m, k.lanes):
                here = k.add(k.mul(s.i, self.inputs), first, part)
                value = k.load(k.arg["x"], here, min(m - part, k.lanes))
                k.store(value, into, k.add(k.mul(s.i, reach), part))

    def _tile(self, k: Function, n: Int, x: tuple[Value, int], dy: Value, row: Int, m: int, channel: Int,
              vectors: int, tail: int) -> None:  # fmt: skip
        """Sum one tile from the copies of x (and the elements between its rows) and dy, and store it."""
        size = m * vectors * k.lanes
        spots = [k.add(k.mul(k.add(row, i), self.outputs), channel) for i in range(m)]
        for spot in spots:  # in the next panel, which comes after the other tiles of the block
            ask_row(k, k.arg["dw"], k.add(spot, vectors * k.lanes), vectors)
        with k.loop(0, LEAVES) as leaf:
            start, stop = (k.mul(k.div(k.mul(n, at), LEAVES), self.places) for at in (leaf.i, k.add(leaf.i, 1)))
            with k.loop(start, stop, [k.every(0)] * (m * vectors)) as s:
                ys = load_row(k, dy, k.mul(s.i, vectors * k.lanes), vectors)
                at = k.mul(s.i, x[1])
                s.out = outer(k, s.carry, [k.broadcast(x[0], k.add(at, i)) for i in range(m)], ys)
            store_row(k, s.values, k.scratch, k.mul(leaf.i, size))
        held = [load_row(k, k.scratch, leaf * size, m * vectors) for leaf in range(LEAVES)]
        while len(held) > 1:
            held = [[k.fadd(a, b) for a, b in zip(*two, strict=True)]
                    for two in zip(held[::2], held[1::2], strict=True)]  # fmt: skip
        total = held[0]
        flag_nonfinite(k, total, k.arg["frame"])
        for i, spot in enumerate(spots):
            store_row(k, total[i * vectors : (i + 1) * vectors], k.arg["dw"], spot, tail)


ABREAST = 4
"""Vectors of a row worked on at once."""


@dataclass(frozen=True)
class DenseFewGradient(Spec):
    """`dw = xᵀ·dy` of so few rows that storing dw takes longer than multiplying: row by row of dw, each sum in the
    order of the rows. Arguments: as of `DenseWeightGradient`. Work units: blocks of `BLOCK` inputs."""

    kind: ClassVar[str] = "dense_few_weight_gradient"
    inputs: int
    outputs: int
    places: int = 1

    BLOCK: ClassVar[int] = 8
    MOST: ClassVar[int] = LEAVES - 1
    """Rows up to which this is the faster way."""

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample."""
        return self.places * self.inputs * self.outputs

    def units(self) -> int:
        """The number of work units."""
        return -(-self.inputs // self.BLOCK)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x dy dw")
        rows = k.mul(k.get("i64", k.arg["frame"]), self.places)
        layout = panels(self.outputs, ABREAST, k.lanes)
        stop = k.least(k.mul(k.end, self.BLOCK), self.inputs)
        with k.loop(k.mul(k.begin, self.BLOCK), stop) as i:

            def piece(channel: Int, vectors: int, tail: int, i: Int = i.i) -> None:
                with k.loop(0, rows, [k.every(0)] * vectors) as r:
                    dy = load_row(k, k.arg["dy"], k.add(k.mul(r.i, self.outputs), channel), vectors, tail)
                    r.out = outer(k, r.carry, [k.broadcast(k.arg["x"], k.add(k.mul(r.i, self.inputs), i))], dy)
                store_row(k, r.values, k.arg["dw"], k.add(k.mul(i, self.outputs), channel), tail)
                flag_nonfinite(k, r.values, k.arg["frame"])

            with k.loop(0, layout.whole) as p:
                piece(k.mul(p.i, ABREAST * k.lanes), ABREAST, 0)
            if layout.rest:
                piece(layout.whole * ABREAST * k.lanes, layout.rest, layout.tail)
        return k
