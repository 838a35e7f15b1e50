"""Local response normalisation: rows of channels, each number divided by a power of its neighbours' sum of squares.

A row's squares are laid out once in the worker's scratch memory, between as many zeros as a window reaches beyond its
ends; the sums over windows then are sums of vectors read from places one apart. The way back does the same once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.functions import exp
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.target import Target
from konv.kernels.maps.channels import Channels, Columns, load_all, store_all
from konv.kernels.maps.elementwise import FUNCTIONS

__all__ = ["NormaliseNeighbours", "NormaliseNeighboursGradient"]

_TOGETHER = 2
"""Vectors of channels at a time, so that square roots and quotients of one do not wait for those of the other."""


@dataclass(frozen=True)
class _Neighbours(Channels):
    """What both ways share: s = bias + slope · Σ x² over channels c − before … c + after, and powers of it."""

    before: int
    after: int
    slope: float
    beta: float
    bias: float
    arrays: ClassVar[int] = 1
    """Rows that lie in scratch memory."""

    @property
    def room(self) -> int:
        """Numbers of a row in scratch memory, with the zeros around it."""
        return self.before + self.channels + self.after

    def scratch(self, target: Target) -> int:
        """Bytes of the worker's scratch memory that it uses."""
        return self.arrays * self.room * (8 if self.dtype == "float64" else 4)

    def _clear(self, k: Function, start: int, left: int) -> None:
        """Zeros before and behind a row in scratch memory; what writes rows leaves them alone."""
        for first, count in ((start, left), (start + left + self.channels, self.before + self.after - left)):
            whole, tail = divmod(count, k.lanes)
            for i in range(whole):
                k.store(k.every(0), k.scratch, first + i * k.lanes)
            if tail:
                k.store(k.every(0), k.scratch, first + whole * k.lanes, tail)

    def _squares(self, k: Function, row: Int) -> None:
        """Lay out the squares of a row of x."""

        def block(columns: Columns) -> None:
            for x, (c, lanes) in zip(load_all(k, "x", columns, row), columns, strict=True):
                k.store(k.fmul(x, x), k.scratch, k.add(c, self.before), lanes)

        self.columns(k, _TOGETHER, block)

    def _sum(self, k: Function, start: int, c: Int, lanes: int) -> Value:
        """The sums over the windows of channels c and following of a row in scratch memory, in the channels' order."""
        total = k.load(k.scratch, k.add(c, start), lanes)
        for i in range(1, self.before + self.after + 1):
            total = k.fadd(total, k.load(k.scratch, k.add(c, start + i), lanes))
        return total

    def _size(self, k: Function, c: Int, lanes: int) -> Value:
        """s of channels c and following."""
        return k.fma(k.every(self.slope), self._sum(k, 0, c, lanes), k.every(self.bias))

    def _power(self, k: Function, s: Value) -> Value:
        """s^(−β); for β = ½, ¾ and 1 by square roots, which are rounded correctly and faster."""
        if self.beta not in (0.5, 0.75, 1.0):
            return exp(k, k.fmul(k.every(-self.beta), FUNCTIONS["log"](k, s)))
        if self.beta == 1:
            return k.fdiv(k.every(1), s)
        root = k.unary("sqrt", s)
        return k.fdiv(k.every(1), root if self.beta == 0.5 else k.fmul(root, k.unary("sqrt", root)))


@dataclass(frozen=True)
class NormaliseNeighbours(_Neighbours):
    """`y = x · s^(−β)` of rows `begin … end`. Arguments: x, y, which may be the same."""

    kind: ClassVar[str] = "normalise_neighbours"

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x y", alias=True)
        self._clear(k, 0, self.before)
        with k.loop(k.begin, k.end) as n:
            row = k.mul(n.i, self.channels)
            self._squares(k, row)

            def block(columns: Columns, row: Int = row) -> None:
                powers = [self._power(k, self._size(k, *column)) for column in columns]
                xs = load_all(k, "x", columns, row)
                store_all(k, [k.fmul(x, p) for x, p in zip(xs, powers, strict=True)], "y", columns, row)

            self.columns(k, _TOGETHER, block)
        return k


@dataclass(frozen=True)
class NormaliseNeighboursGradient(_Neighbours):
    """`dx = dy · s^(−β) − 2 · slope · β · x · Σ dy·x·s^(−β−1)` of rows `begin … end`. Arguments: x, dy, dx.

    The sum is over the windows that hold a channel: c − after … c + before. dx may be x or dy. `gate`: zero it where x
    is not positive, the way back through a ReLU that made x.
    """

    kind: ClassVar[str] = "normalise_neighbours_gradient"
    arrays: ClassVar[int] = 3
    gate: bool

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x dy dx", alias=True)
        terms, direct = self.room, 2 * self.room
        self._clear(k, 0, self.before)
        self._clear(k, terms, self.after)
        with k.loop(k.begin, k.end) as n:
            row = k.mul(n.i, self.channels)
            self._squares(k, row)

            def spread(columns: Columns, row: Int = row) -> None:
                sizes = [self._size(k, *column) for column in columns]
                both = zip(load_all(k, "x", columns, row), load_all(k, "dy", columns, row), strict=True)
                for (x, dy), s, (c, lanes) in zip(both, sizes, columns, strict=True):
                    part = k.fmul(dy, self._power(k, s))
                    k.store(part, k.scratch, k.add(c, direct), lanes)
                    k.store(k.fdiv(k.fmul(part, x), s), k.scratch, k.add(c, terms + self.after), lanes)

            def gather(columns: Columns, row: Int = row) -> None:
                made = []
                for x, (c, lanes) in zip(load_all(k, "x", columns, row), columns, strict=True):
                    back = k.fmul(k.every(-2 * self.slope * self.beta), self._sum(k, terms, c, lanes))
                    dx = k.fma(back, x, k.load(k.scratch, k.add(c, direct), lanes))
                    made.append(k.select(k.fcompare("ogt", x, k.every(0)), dx, k.every(0)) if self.gate else dx)
                store_all(k, made, "dx", columns, row)

            self.columns(k, _TOGETHER, spread)
            self.columns(k, _TOGETHER, gather)
        return k
