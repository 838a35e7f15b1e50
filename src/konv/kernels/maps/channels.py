"""How kernels go through arrays whose last axis is the channels, each channel by itself: rows, and vectors of channels.

Rows are taken in chunks, and within a chunk a few vectors of channels at a time: what belongs to the channels (a mean,
a scale) stays in registers over the rows of a chunk, and every row of memory is used up while it is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec

__all__ = ["Channels", "Columns", "load_all", "partial_sums", "store_all"]

ABREAST = 4
"""Rows added up side by side, each in a sum of its own, so that no addition waits for the one before it."""

Columns = list[tuple[Int, int]]
"""Vectors of channels: the first channel of each, and its lanes (0 for a whole vector)."""


@dataclass(frozen=True)
class Channels(Spec):
    """A kernel over `channels` channels; where it goes by samples, each has `places` rows of them."""

    channels: int

    @property
    def chunk(self) -> int:
        """Rows of a chunk: a fixed number, as sums are cut here too."""
        return min(64, max(16, 8192 // self.channels // ABREAST * ABREAST))

    def columns(self, k: Function, together: int, body: Callable[[Columns], None]) -> None:
        """`body` for all channels, `together` vectors at a time."""
        block = together * k.lanes
        whole, rest = divmod(self.channels, block)
        with k.loop(0, whole) as turn:
            at = k.mul(turn.i, block)
            body([(k.add(at, i * k.lanes), 0) for i in range(together)])
        if rest:
            full, tail = divmod(rest, k.lanes)
            last: Columns = [(whole * block + i * k.lanes, 0) for i in range(full)]
            body([*last, (whole * block + full * k.lanes, tail)] if tail else last)

    def rows(self, k: Function, together: int, body: Callable[[Columns], Callable[[Int], None]]) -> None:
        """Rows `begin … end`, whatever samples they are of: `body(columns)` loads what belongs to the channels and
        returns what is to be done with each row, given where it begins."""
        with k.loop(k.begin, k.end, step=self.chunk) as turn:
            stop = k.least(k.add(turn.i, self.chunk), k.end)

            def block(columns: Columns, start: Int = turn.i, stop: Int = stop) -> None:
                each = body(columns)
                with k.loop(start, stop) as row:
                    each(k.mul(row.i, self.channels))

            self.columns(k, together, block)

    def chunks(self, k: Function, sample: Int, places: int, body: Callable[[Int, Int, int], None]) -> None:
        """The chunks of a sample of `places` rows: `body(its first row, rows before it in the sample, its rows)`."""
        whole, rest = divmod(places, self.chunk)
        start = k.mul(sample, places)
        with k.loop(0, whole) as turn:
            before = k.mul(turn.i, self.chunk)
            body(k.add(start, before), before, self.chunk)
        if rest:
            body(k.add(start, whole * self.chunk), whole * self.chunk, rest)


def partial_sums(k: Function, rows: int, count: int, terms: Callable[[Int, list[Value]], list[Value]]) -> list[Value]:
    """`count` sums over `rows` rows: `terms(row, sums so far)` adds a row. Row r goes to sum r mod 4, those in order;
    the four are then added pairwise."""
    sums = [[k.every(0)] * count for _ in range(ABREAST)]
    whole, rest = divmod(rows, ABREAST)
    with k.loop(0, whole, [v for s in sums for v in s]) as turn:
        first = k.mul(turn.i, ABREAST)
        parts = [turn.carry[i * count : (i + 1) * count] for i in range(ABREAST)]
        turn.out = [v for i, part in enumerate(parts) for v in terms(k.add(first, i), part)]
    sums = [turn.values[i * count : (i + 1) * count] for i in range(ABREAST)]
    for i in range(rest):
        sums[i] = terms(whole * ABREAST + i, sums[i])
    while len(sums) > 1:
        sums = [[k.fadd(a, b) for a, b in zip(*two, strict=True)] for two in zip(sums[::2], sums[1::2], strict=True)]
    return sums[0]


def load_all(k: Function, name: str, columns: Columns, at: Int = 0) -> list[Value]:
    """The vectors of `columns` of an argument, from element `at` on."""
    return [k.load(k.arg[name], k.add(at, c), lanes) for c, lanes in columns]


def store_all(k: Function, values: Sequence[Value], name: str, columns: Columns, at: Int = 0) -> None:
    """Store the vectors of `columns`."""
    for v, (c, lanes) in zip(values, columns, strict=True):
        k.store(v, k.arg[name], k.add(at, c), lanes)
