"""How kernels go through arrays whose last axis is the channels, each channel by itself: rows, and vectors of channels.

A few rows are gone through side by side, and of them a few vectors of channels at a time: what belongs to the channels
(a mean, a scale) is loaded once for so many rows, and memory is read in a few streams that run along the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import gcd

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec

__all__ = ["Channels", "Columns", "Streaming", "Terms", "load_all", "store_all"]

ABREAST = 8
"""Rows gone through side by side, as streams that the processor reads ahead of: a few vectors of the first row, then of
the next, before the vectors after them."""
WAY = 4096
"""Bytes apart at which lines compete for one set of the first-level cache: its size over its ways, on most."""
AHEAD = 8 << 10
"""Bytes ahead, of each array, at which a kernel that streams asks for lines."""
CHUNK = 64
"""Rows whose sums are taken together before they join the others."""

Columns = list[tuple[Int, int]]
"""Vectors of channels: the first channel of each, and its lanes (0 for a whole vector)."""


Terms = Callable[[Int, list[Value]], list[Value]]


@dataclass(frozen=True)
class Channels(Spec):
    """A kernel over `channels` channels; where it goes by samples, each has `places` rows of them."""

    channels: int

    def padded(self, lanes: int) -> int:
        """Channels in whole vectors."""
        return -(-self.channels // lanes) * lanes

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

    def pace(self, k: Function, together: int, reads: str) -> tuple[int, int]:
        """Rows gone through before the next vectors of channels, and how many rows ahead lines are asked for.

        All of a chunk where there are no more vectors; else so few that they and those asked for, in each of the
        arguments `reads`, take half of a set at most."""
        if self.channels <= together * k.lanes:
            return CHUNK, CHUNK
        apart = WAY // gcd(self.channels * k.bytes, WAY)
        rows = max(1, min(ABREAST, 2 * apart // len(reads.split())))
        return rows, rows

    def rows(self, k: Function, together: int, reads: str, body: Callable[[Columns], Callable[[Int], None]]) -> None:
        """Rows `begin … end`, whatever samples they are of: `body(columns)` loads what belongs to the channels and
        returns what is to be done with each row, given where it begins. `reads`: the arguments that have such rows."""
        step, ahead = self.pace(k, together, reads)
        with k.loop(k.begin, k.end, step=step) as turn:
            stop = k.least(k.add(turn.i, step), k.end)

            def block(columns: Columns, start: Int = turn.i, stop: Int = stop) -> None:
                each = body(columns)
                with k.loop(start, stop) as row:
                    at = k.mul(row.i, self.channels)
                    self.ask(k, reads, columns, k.add(at, ahead * self.channels))
                    each(at)

            self.columns(k, together, block)

    def chunks(self, k: Function, places: int, body: Callable[[Int, Int], None]) -> None:
        """Rows `begin … end` of samples of `places` rows in chunks, the first of each sample a chunk's first:
        `body(first row, rows)`."""
        with k.loop(k.div(k.begin, places), k.div(k.add(k.end, places - 1), places)) as n:
            low = k.largest(k.mul(n.i, places), k.begin)
            high = k.least(k.mul(k.add(n.i, 1), places), k.end)
            with k.loop(low, high, step=CHUNK) as turn:
                body(turn.i, k.least(k.sub(high, turn.i), CHUNK))

    def sums(
        self,
        k: Function,
        together: int,
        reads: str,
        count: int,
        first: Int,
        rows: Int,
        terms: Callable[[Columns], Terms],
    ) -> None:
        """`count` sums for each channel over `rows` rows, in their order: sum i of channel c is then element
        i · `padded` + c of scratch memory. `terms(columns)` loads what belongs to the channels and returns what adds a
        row: given where it begins and the sums so far, which are those of all columns for each of the `count`."""
        (step, ahead), size = self.pace(k, together, reads), self.padded(k.lanes)
        with k.loop(0, count * size, step=k.lanes) as v:
            k.store(k.every(0), k.scratch, v.i)
        end = k.add(first, rows)
        with k.loop(first, end, step=step) as turn:
            stop = k.least(k.add(turn.i, step), end)

            def block(columns: Columns, start: Int = turn.i, stop: Int = stop) -> None:
                add = terms(columns)
                spots = [k.add(i * size, c) for i in range(count) for c, _ in columns]
                with k.loop(start, stop, [k.load(k.scratch, spot) for spot in spots]) as row:
                    at = k.mul(row.i, self.channels)
                    self.ask(k, reads, columns, k.add(at, ahead * self.channels))
                    row.out = add(at, row.carry)
                for v, spot in zip(row.values, spots, strict=True):
                    k.store(v, k.scratch, spot)

            self.columns(k, together, block)

    def ask(self, k: Function, reads: str, columns: Columns, at: Int) -> None:
        """Have the lines of `columns` brought near, of a row that begins at `at` in each of the arguments `reads`."""
        apart = max(1, k.target.line(self.dtype) // k.lanes)
        for name in reads.split():
            for c, _ in columns[::apart]:
                k.prefetch(k.arg[name], k.add(at, c))

    def summed(self, k: Function, columns: Columns, which: int) -> list[Value]:
        """Sum `which` of the channels of `columns`, as `sums` leaves it."""
        return [k.load(k.scratch, k.add(which * self.padded(k.lanes), c)) for c, _ in columns]


@dataclass(frozen=True)
class Streaming(Channels):
    """A kernel that may stream (`streams`): its arrays come from memory and go there. It goes row by row then, in one
    stream of each array, and writes past the caches where rows are whole lines: no line is read before it is written.
    """

    streams: bool = field(default=False, kw_only=True)

    def streaming(self) -> Spec:
        """The same kernel, streaming."""
        return replace(self, streams=True)

    def pace(self, k: Function, together: int, reads: str) -> tuple[int, int]:
        """Row by row, where it streams, for what is `AHEAD`; as ever, where there are no more vectors."""
        rows, ahead = super().pace(k, together, reads)
        return (1, -(-AHEAD // (self.channels * k.bytes))) if self.streams and rows < CHUNK else (rows, ahead)

    def write(self, k: Function, values: Sequence[Value], name: str, columns: Columns, at: Int) -> None:
        """Store the vectors of `columns` of the result."""
        past = self.streams and self.channels % k.target.line(self.dtype) == 0
        for v, (c, lanes) in zip(values, columns, strict=True):
            k.store(v, k.arg[name], k.add(at, c), lanes, past)


def load_all(k: Function, name: str, columns: Columns, at: Int = 0) -> list[Value]:
    """The vectors of `columns` of an argument, from element `at` on."""
    return [k.load(k.arg[name], k.add(at, c), lanes) for c, lanes in columns]


def store_all(k: Function, values: Sequence[Value], name: str, columns: Columns, at: Int = 0) -> None:
    """Store the vectors of `columns`."""
    for v, (c, lanes) in zip(values, columns, strict=True):
        k.store(v, k.arg[name], k.add(at, c), lanes)
