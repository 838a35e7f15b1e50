"""Weights laid out for the kernels that read them: panels of vectors, in the order they are read.

Packed weights are `[group][panel][tap row][tap column][channel summed over][panel's vectors]`; the last vector of a
panel is filled with zeros, so that kernels load whole vectors whatever the number of channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import Panels, panels

__all__ = ["Pack"]


@dataclass(frozen=True)
class Pack(Spec):
    """Pack `w (taps, inputs, groups·outputs)` for reading, or, `turned`, for the data gradient.

    Arguments: w, packed. Work units (`begin … end`): rows of w, tap · inputs + input; turned: tap · blocks + block,
    where a block is one vector of inputs. Turned, the kernel is flipped (tap t goes to taps − 1 − t) and inputs take
    the place of outputs.
    """

    kind: ClassVar[str] = "pack"
    taps: int
    inputs: int
    outputs: int
    groups: int
    vectors: int
    turned: bool = False

    def layout(self, target: Target) -> Panels:
        """How the channels that the reader produces lie in vectors."""
        return panels(self.inputs if self.turned else self.outputs, self.vectors, target.lanes(self.dtype))

    def units(self, target: Target) -> int:
        """The number of work units."""
        return self.taps * (-(-self.inputs // target.lanes(self.dtype)) if self.turned else self.inputs)

    def size(self, target: Target) -> int:
        """Elements of the packed array."""
        summed = self.outputs if self.turned else self.inputs
        return self.groups * self.taps * summed * self.layout(target).padded

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "w packed")
        layout = self.layout(target)
        per = -(-self.inputs // k.lanes) if self.turned else self.inputs
        with k.loop(k.begin, k.end) as unit, k.loop(0, self.groups) as g:
            tap, c = k.div(unit.i, per), k.rem(unit.i, per)
            (self._turned if self.turned else self._straight)(k, layout, g.i, tap, c)
        return k

    def _spot(self, k: Function, layout: Panels, g: Int, channel: int | Int, width: int, tap: Int, c: Int) -> Int:
        """Where the packed row of a panel that starts at `channel` and is `width` wide begins."""
        summed = self.outputs if self.turned else self.inputs
        start = k.add(k.mul(g, self.taps * summed * layout.padded), k.mul(channel, self.taps * summed))
        return k.add(start, k.mul(k.add(k.mul(tap, summed), c), width))

    def _straight(self, k: Function, layout: Panels, g: Int, tap: Int, c: Int) -> None:
        row = k.add(k.mul(k.add(k.mul(tap, self.inputs), c), self.groups * self.outputs), k.mul(g, self.outputs))

        def copy(channel: Int, vectors: int, tail: int) -> None:
            into = self._spot(k, layout, g, channel, vectors * k.lanes, tap, c)
            for j in range(vectors):
                part = tail if j == vectors - 1 else 0
                k.store(
                    k.load(k.arg["w"], k.add(row, channel, j * k.lanes), part),
                    k.arg["packed"],
                    k.add(into, j * k.lanes),
                )

        wide = layout.vectors * k.lanes
        with k.loop(0, layout.whole) as p:
            copy(k.mul(p.i, wide), layout.vectors, 0)
        if layout.rest:
            copy(layout.whole * wide, layout.rest, layout.tail)

    def _turned(self, k: Function, layout: Panels, g: Int, tap: Int, block: Int) -> None:
        wide, first_of_rest = layout.vectors * k.lanes, layout.whole * layout.vectors
        flipped = k.sub(self.taps - 1, tap)
        channel = k.mul(block, k.lanes)
        panel = k.div(block, layout.vectors)
        ends = self.inputs // k.lanes  # blocks that are whole vectors

        def turn(start: Int, width: int, rows: int) -> None:
            inside = k.sub(channel, start)
            row = k.mul(k.add(k.mul(tap, self.inputs), channel), self.groups * self.outputs)
            row = k.add(row, k.mul(g, self.outputs))
            whole, tail = divmod(self.outputs, k.lanes)

            def square(o: Int, columns: int) -> None:
                block = [k.load(k.arg["w"], k.add(row, o, i * self.groups * self.outputs), columns % k.lanes)
                         if i < rows else k.every(0) for i in range(k.lanes)]  # fmt: skip
                for i, v in enumerate(transposed(k, block)[:columns]):
                    into = self._spot(k, layout, g, start, width, flipped, k.add(o, i))
                    k.store(v, k.arg["packed"], k.add(into, inside))

            with k.loop(0, whole) as o:
                square(k.mul(o.i, k.lanes), k.lanes)
            if tail:
                square(whole * k.lanes, tail)

        def both(start: Int, width: int) -> None:
            if self.inputs % k.lanes == 0:
                turn(start, width, k.lanes)
                return
            if ends:
                with k.when(k.compare("slt", block, ends)):
                    turn(start, width, k.lanes)
            with k.when(k.compare("sge", block, ends)):
                turn(start, width, self.inputs % k.lanes)

        if layout.whole:
            with k.when(k.compare("slt", block, first_of_rest)):
                both(k.mul(panel, wide), wide)
        if layout.rest:
            with k.when(k.compare("sge", block, first_of_rest)):
                both(layout.whole * wide, layout.rest * k.lanes)


def transposed(k: Function, rows: list[Value]) -> list[Value]:
    """A square block of vectors turned: in log2(lanes) rounds, swapping off-diagonal blocks of twice the size each."""
    rows, lanes = list(rows), k.lanes
    size = 1
    while size < lanes:
        for i in range(lanes):
            if not i & size:
                a, b = rows[i], rows[i + size]
                upper = [j if not j & size else lanes + j - size for j in range(lanes)]
                lower = [j + size if not j & size else lanes + j for j in range(lanes)]
                rows[i], rows[i + size] = (k.shuffle(a, b, order) for order in (upper, lower))
        size *= 2
    return rows
