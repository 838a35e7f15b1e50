"""Dense layers: `y = x·w + b`, the gradient of x (the same with turned weights), and that of w."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.blocking import tile
from konv.kernels.ir import Function, Int, Value
from konv.kernels.product import load_row, outer, store_row
from konv.kernels.product_spec import ProductSpec
from konv.kernels.spec import LEAVES
from konv.kernels.sums import flag_nonfinite
from konv.kernels.target import Target

__all__ = ["Dense", "DenseWeightGradient"]


@dataclass(frozen=True)
class Dense(ProductSpec):
    """`y = x·w (+ bias)` for tiles of samples × panels of outputs.

    Arguments: frame (its first int64: samples in this run), x `(rows, inputs)`, w packed by `Pack` (one tap), then bias
    where `bias`, then gate, of y's shape, where `finish` is "gate", then y `(rows, outputs)`. Work units: panel ·
    blocks + block, where blocks = ⌈n / tile rows⌉. Whole tiles are computed: x and y must have room for them.
    `rows`: rows of the largest run, which the tile is chosen for; `places`: rows of one sample. `finish`, `add`: as of
    a convolution.
    """

    kind: ClassVar[str] = "dense"
    rows: int
    inputs: int
    outputs: int
    places: int = 1
    bias: bool = False
    finish: str = ""
    add: bool = False

    @property
    def result(self) -> tuple[int, int]:
        """Samples × outputs."""
        return self.rows, self.outputs

    def planned(self, target: Target) -> tuple[int, ...]:
        """A tile: rows and vectors."""
        best = tile(*self.result, target, self.dtype, self.inputs)
        return -(-self.rows // -(-self.rows // best.rows)), best.vectors  # even tiles: the fewest rows in vain

    def blocks(self, n: int, target: Target) -> int:
        """Tiles of samples in a run of n."""
        return -(-n // self.tile(target).rows)

    def units(self, n: int, target: Target) -> int:
        """The number of work units in a run of n samples."""
        return self.blocks(n, target) * self.panels(target).number

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x w" + " bias" * self.bias + " gate" * (self.finish == "gate") + " y")
        m, layout = self.tile(target).rows, self.panels(target)
        n = k.mul(k.get("i64", k.arg["frame"]), self.places)
        blocks = k.div(k.add(n, m - 1), m)
        wide = layout.vectors * layout.lanes
        with k.loop(k.begin, k.end) as unit:
            panel, row = k.div(unit.i, blocks), k.mul(k.rem(unit.i, blocks), m)
            if layout.whole:
                with k.when(k.compare("slt", panel, layout.whole)):
                    self._tile(k, row, m, k.mul(panel, wide), layout.vectors, 0)
            if layout.rest:
                with k.when(k.compare("sge", panel, layout.whole)):
                    self._tile(k, row, m, layout.whole * wide, layout.rest, layout.tail)
        return k

    def _tile(self, k: Function, row: Int, m: int, channel: Int, vectors: int, tail: int) -> None:
        x, w, y = k.mul(row, self.inputs), k.mul(channel, self.inputs), k.add(k.mul(row, self.outputs), channel)
        start = load_row(k, k.arg["bias"], channel, vectors, tail) if self.bias else [k.every(0)] * vectors
        sums = start * m
        if self.add:
            held = [v for i in range(m) for v in load_row(k, k.arg["y"], k.add(y, i * self.outputs), vectors, tail)]
            sums = [k.fadd(h, s) for h, s in zip(held, sums, strict=True)]
        with k.loop(0, self.inputs, sums) as c:
            ys = load_row(k, k.arg["w"], k.add(w, k.mul(c.i, vectors * k.lanes)), vectors)
            at = k.add(x, c.i)
            c.out = outer(k, c.carry, [k.broadcast(k.arg["x"], k.add(at, i * self.inputs)) for i in range(m)], ys)
        for i in range(m):
            values, spot = c.values[i * vectors : (i + 1) * vectors], k.add(y, i * self.outputs)
            if self.finish == "relu":
                values = [k.larger(k.every(0), v) for v in values]
            elif self.finish == "gate":
                gates = load_row(k, k.arg["gate"], spot, vectors, tail)
                values = [k.select(k.fcompare("ogt", g, k.every(0)), v, k.every(0))
                          for g, v in zip(gates, values, strict=True)]  # fmt: skip
            store_row(k, values, k.arg["y"], spot, tail)


@dataclass(frozen=True)
class DenseWeightGradient(ProductSpec):
    """`dw = xᵀ·dy`, summed over samples by the tree of `LEAVES` leaves, in registers.

    Arguments: frame (samples in this run; its flag is set where a sum is not finite), x `(n, inputs)`, dy
    `(n, outputs)`, dw `(inputs, outputs)`. Work units: panel · tiles + tile of inputs.
    """

    kind: ClassVar[str] = "dense_weight_gradient"
    inputs: int
    outputs: int
    places: int = 1

    @property
    def result(self) -> tuple[int, int]:
        """Inputs × outputs."""
        return self.inputs, self.outputs

    def planned(self, target: Target) -> tuple[int, ...]:
        """A tile: rows and vectors."""
        return tile(*self.result, target, self.dtype, 1)

    def units(self, target: Target) -> int:
        """The number of work units."""
        return -(-self.inputs // self.tile(target).rows) * self.panels(target).number

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x dy dw")
        m, layout = self.tile(target).rows, self.panels(target)
        tiles, wide = -(-self.inputs // m), layout.vectors * layout.lanes
        n = k.get("i64", k.arg["frame"])
        bounds = [k.mul(k.div(k.mul(n, leaf), LEAVES), self.places) for leaf in range(LEAVES + 1)]
        with k.loop(k.begin, k.end) as unit:
            at, panel = k.div(unit.i, layout.number), k.rem(unit.i, layout.number)
            row = k.mul(at, m)

            def each_size(channel: Int, vectors: int, tail: int, row: Int = row, at: Int = at) -> None:
                if self.inputs % m == 0:
                    self._tile(k, bounds, row, m, channel, vectors, tail)
                    return
                if tiles > 1:
                    with k.when(k.compare("slt", at, tiles - 1)):
                        self._tile(k, bounds, row, m, channel, vectors, tail)
                with k.when(k.compare("eq", at, tiles - 1)):
                    self._tile(k, bounds, row, self.inputs % m, channel, vectors, tail)

            if layout.whole:
                with k.when(k.compare("slt", panel, layout.whole)):
                    each_size(k.mul(panel, wide), layout.vectors, 0)
            if layout.rest:
                with k.when(k.compare("sge", panel, layout.whole)):
                    each_size(layout.whole * wide, layout.rest, layout.tail)
        return k

    def _tile(self, k: Function, bounds: list[Int], row: Int, m: int, channel: Int, vectors: int, tail: int) -> None:
        def leaf(number: int) -> list[Value]:
            with k.loop(bounds[number], bounds[number + 1], [k.every(0)] * (m * vectors)) as s:
                ys = load_row(k, k.arg["dy"], k.add(k.mul(s.i, self.outputs), channel), vectors, tail)
                at = k.add(k.mul(s.i, self.inputs), row)
                s.out = outer(k, s.carry, [k.broadcast(k.arg["x"], k.add(at, i)) for i in range(m)], ys)
            return s.values

        def tree(first: int, last: int) -> list[Value]:
            if last - first == 1:
                return leaf(first)
            left, right = tree(first, (first + last) // 2), tree((first + last) // 2, last)
            return [k.fadd(a, b) for a, b in zip(left, right, strict=True)]

        total = tree(0, LEAVES)
        flag_nonfinite(k, total, k.arg["frame"])
        for i in range(m):
            spot = k.add(k.mul(k.add(row, i), self.outputs), channel)
            store_row(k, total[i * vectors : (i + 1) * vectors], k.arg["dw"], spot, tail)
