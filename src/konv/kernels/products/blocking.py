"""Deciding, apart from emitting: how many rows and vectors of a result a kernel holds in registers.

All kernels of convolutions and dense layers are outer products: `rows` broadcast scalars times `vectors` vectors,
added to `rows · vectors` accumulators. A processor of this century starts two multiply-adds and two loads a cycle and
takes about four cycles for a multiply-add, so a tile is good when it has at least eight accumulators and more
multiply-adds than loads; a few accumulators more make up for what the loads between delay. The choice depends on spec
and target alone, and never changes the order of a sum.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from konv.kernels.code.target import Target

__all__ = ["WIDEST", "Panels", "Tile", "cut", "enough", "line", "most_rows", "panels", "tile"]

LATENCY = 10
"""Independent multiply-adds that keep two units of four cycles' latency busy: eight, if no load ever came late; with
eight alone, tiles of 2 × 4 and 4 × 2 ran at 65 to 85 % of what ten and more reach."""

L2_RATE = 16
"""Bytes a cycle that a stream from the second-level cache is counted on to bring, beside the loads it competes with."""


WIDEST = 4
"""Vectors of the widest tile."""


class Tile(NamedTuple):
    """`rows` × `vectors` accumulators."""

    rows: int
    vectors: int


class Panels(NamedTuple):
    """How `count` channels lie in vectors: `whole` panels of `vectors` full vectors each, then one of `rest` vectors,
    whose last vector has `tail` elements (0: it is full)."""

    vectors: int
    whole: int
    rest: int
    tail: int
    lanes: int

    @property
    def number(self) -> int:
        """Panels in all."""
        return self.whole + bool(self.rest)

    @property
    def padded(self) -> int:
        """Channels with those that fill the last vector."""
        return (self.whole * self.vectors + self.rest) * self.lanes


def panels(count: int, vectors: int, lanes: int) -> Panels:
    """Lay out `count` channels in panels of `vectors` vectors of `lanes`."""
    needed, tail = -(-count // lanes), count % lanes
    whole = needed // vectors
    if tail and needed % vectors == 0:
        whole -= 1
    return Panels(vectors, whole, needed - whole * vectors, tail, lanes)


def cut(length: int, most: int) -> list[tuple[int, int]]:
    """`length` in as few pieces of at most `most` as there can be, as even as they can be: (start, size) of each."""
    number = -(-length // most)
    bounds = [length * i // number for i in range(number + 1)]
    return [(a, b - a) for a, b in pairwise(bounds)]


def most_rows(vectors: int, length: int, target: Target) -> int:
    """Rows of the highest tile of `vectors` vectors for a result of `length` positions: its sums, a row of vectors and
    the scalar that is broadcast fill the registers. 0 where not even one row fits."""
    return min((target.registers - vectors - 1) // vectors, length)


def tile(length: int, channels: int, target: Target, dtype: str, depth: int) -> Tile:
    """The tile for a result of `length` positions × `channels`: the one whose modelled cycles are fewest.

    `depth`: how many products each result sums; so many vectors of each panel are read again for every tile. Where
    they are more than the first-level cache keeps, they come from the second, at `L2_RATE`.
    """
    return _best(length, channels, target, dtype, depth)[1]


def line(positions: int, channels: int, target: Target, dtype: str, depth: int) -> int:
    """How many of `positions` that may be cut anywhere should lie in one row: the best of the numbers that divide
    them."""
    rows = [length for length in range(1, positions + 1) if positions % length == 0]
    return enough(rows, channels, target, dtype, depth)


def enough(lengths: list[int], channels: int, target: Target, dtype: str, depth: int) -> int:
    """Of `lengths` of a result the one whose tiles cost fewest cycles a position, the first where that hardly
    matters."""
    costs = {length: _best(length, channels, target, dtype, depth)[0] / length for length in lengths}
    return next(length for length in lengths if costs[length] <= 1.02 * min(costs.values()))


def even(length: int, channels: int, target: Target, dtype: str, depth: int) -> Tile:
    """The tile for a result whose rows are made in whole tiles, the last one partly in vain."""

    def costs(vectors: int) -> tuple[float, Tile]:
        most = most_rows(vectors, length, target)
        pieces = -(-length // most)
        found = Tile(-(-length // pieces), vectors)
        return pieces * _cycles([found.rows], vectors, channels, target, dtype, depth), found

    widths = range(1, min(-(-channels // target.lanes(dtype)), WIDEST) + 1)
    found = [costs(vectors) for vectors in widths if most_rows(vectors, length, target)]
    return min(found, key=lambda found: (found[0], -found[1].vectors))[1]


def _cycles(heights: list[int], vectors: int, channels: int, target: Target, dtype: str, depth: int) -> float:
    """Cycles for each product summed of tiles of these heights, over all panels of `vectors` vectors."""
    total, layout = 0.0, panels(channels, vectors, target.lanes(dtype))
    for wide, times in ((vectors, layout.whole), (layout.rest, 1)):
        read = wide * target.vector_bytes
        fetch = read / L2_RATE if depth * read > target.l1 // 2 else 0
        for high in heights if wide else ():
            total += times * max(high * wide / 2, (high + wide) / 2, LATENCY / 2, fetch)
    return total


def _best(length: int, channels: int, target: Target, dtype: str, depth: int) -> tuple[float, Tile]:
    """The best tile, and its cycles for each product summed."""
    choices = []
    for vectors in range(1, min(-(-channels // target.lanes(dtype)), WIDEST) + 1):
        rows = most_rows(vectors, length, target)
        if rows >= 1:
            heights = [high for _, high in cut(length, rows)]
            choices.append((_cycles(heights, vectors, channels, target, dtype, depth), Tile(rows, vectors)))
    return min(choices, key=lambda found: (found[0], -found[1].vectors))
