"""Pooling kernels: the largest or the mean of each window, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.products.taps import Taps

__all__ = ["Pool", "PoolGradient"]


@dataclass(frozen=True)
class _Window(Spec):
    """What forward and backward share: a window over each of `channels` channels. `how`: "max" or "mean"."""

    rows: Taps
    columns: Taps
    channels: int
    how: str

    def positions(self, k: Function, body: Callable[[Int, bool], None]) -> None:
        """The columns: those whose window meets padding one by one, all others in a loop."""
        whole = [self.columns.whole(j) for j in range(self.columns.positions)]
        j = 0
        while j < len(whole):
            stop = j
            while stop < len(whole) and whole[stop] == whole[j] and (whole[j] or stop == j):
                stop += 1
            with k.loop(j, stop) as turn:
                body(turn.i, whole[j])
            j = stop

    def vectors(self, k: Function, body: Callable[[Int, int], None]) -> None:
        """The channels, a vector at a time; `body(first channel, lanes)` with 0 lanes for a whole vector."""
        whole, tail = divmod(self.channels, k.lanes)
        with k.loop(0, whole) as c:
            body(k.mul(c.i, k.lanes), 0)
        if tail:
            body(whole * k.lanes, tail)

    def inside(self, column: Int, clean: bool) -> list[int]:
        """The taps of a column that lie inside the image."""
        return [v for v in range(self.columns.taps) if clean or self.columns.meets(int(column), v)]  # type: ignore[arg-type]

    def line(self, k: Function, image: Int, row: Int) -> Int:
        """Where the first row of a window's taps begins in the input."""
        at = k.add(k.mul(image, self.rows.size), k.mul(row, self.rows.step), self.rows.first)
        return k.mul(at, self.columns.size * self.channels)

    def spot(self, k: Function, line: Int, row: Int, column: Int, tap: int, channel: Int) -> Int:
        """One element of the input under a window."""
        at = k.add(k.mul(k.add(k.mul(column, self.columns.step), self.columns.first + tap), self.channels), channel)
        return k.add(line, k.mul(row, self.columns.size * self.channels), at)

    def share(self, k: Function, taps: Int, columns: int) -> Value:
        """One over the number of elements of a window inside the image, in every lane."""
        if isinstance(taps, int):
            return k.every(1 / (taps * columns))
        number = k.cast("sitofp", k.mul(taps, columns), k.element)  # type: ignore[arg-type]
        return k.splat(k.fdiv(k.scalar(1), number))


@dataclass(frozen=True)
class Pool(_Window):
    """`y = max` or mean of each window of x, for rows `begin … end` of all images. Arguments: x, y. NaNs pass on."""

    kind: ClassVar[str] = "pool"

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x y")
        with k.loop(k.begin, k.end) as turn:
            image, row = k.div(turn.i, self.rows.positions), k.rem(turn.i, self.rows.positions)
            low, high = self.rows.taps_inside(k, row)
            line, out = self.line(k, image, row), k.mul(turn.i, self.columns.positions * self.channels)

            def at(
                column: Int, clean: bool, line: Int = line, low: Int = low, high: Int = high, out: Int = out
            ) -> None:
                taps = self.inside(column, clean)

                def vector(c: Int, lanes: int) -> None:
                    start = k.every(float("-inf") if self.how == "max" else 0)

                    def row(u: Int, found: list[Value]) -> list[Value]:
                        best = found[0]
                        for v in taps:
                            x = k.load(k.arg["x"], self.spot(k, line, u, column, v, c), lanes)
                            best = k.fadd(best, x) if self.how == "mean" else _maximum(k, best, x)
                        return [best]

                    (y,) = k.repeat(low, high, [start], row)
                    if self.how == "mean":
                        y = k.fmul(y, self.share(k, k.sub(high, low), len(taps)))
                    k.store(y, k.arg["y"], k.add(out, k.mul(column, self.channels), c), lanes)

                self.vectors(k, vector)

            self.positions(k, at)
        return k


@dataclass(frozen=True)
class PoolGradient(_Window):
    """The gradient of a pooling's input, for whole images `begin … end`.

    Arguments: x, y, dy, dx for "max" (the first of the largest gets all); dy, dx for "mean" (each an equal share).
    `gate`: zero it where x is not positive, which is the way back through a ReLU before the pooling ("max" only).
    """

    kind: ClassVar[str] = "pool_gradient"
    gate: bool = False

    @property
    def apart(self) -> bool:
        """Whether no element lies in two windows, so that gradients are written and never added up."""
        return all(t.step >= t.taps for t in (self.rows, self.columns))

    @property
    def covered(self) -> bool:
        """Whether every element lies in a window."""
        axes = (self.rows, self.columns)
        return all(t.step <= t.taps and (t.positions - 1) * t.step + t.first + t.taps >= t.size for t in axes)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x y dy dx" if self.how == "max" else "dy dx")
        size = self.rows.size * self.columns.size * self.channels
        with k.loop(k.begin, k.end) as n:
            if not (self.apart and self.covered):
                _clear(k, k.arg["dx"], k.mul(n.i, size), size)
            with k.loop(0, self.rows.positions) as r:
                low, high = self.rows.taps_inside(k, r.i)
                line = self.line(k, n.i, r.i)
                out = k.mul(k.add(k.mul(n.i, self.rows.positions), r.i), self.columns.positions * self.channels)

                def at(
                    column: Int, clean: bool, line: Int = line, low: Int = low, high: Int = high, out: Int = out
                ) -> None:
                    taps = self.inside(column, clean)

                    def vector(c: Int, lanes: int) -> None:
                        here = k.add(out, k.mul(column, self.channels), c)
                        dy = k.load(k.arg["dy"], here, lanes)
                        if self.how == "mean":
                            dy = k.fmul(dy, self.share(k, k.sub(high, low), len(taps)))
                        y = k.load(k.arg["y"], here, lanes) if self.how == "max" else dy
                        k.repeat(
                            low, high, [dy], lambda u, left: [self._row(k, line, u, column, taps, c, y, left[0], lanes)]
                        )

                    self.vectors(k, vector)

                self.positions(k, at)
        return k

    def _row(
        self, k: Function, line: Int, u: Int, column: Int, taps: list[int], c: Int, y: Value, left: Value, lanes: int
    ) -> Value:
        """Hand one row of a window what is its own; `left` is what has not found its element yet."""
        for v in taps:
            left = self._give(k, self.spot(k, line, u, column, v, c), y, left, lanes)
        return left

    def _give(self, k: Function, spot: Int, y: Value, left: Value, lanes: int) -> Value:
        """Hand an element what is its own; returns what is left for those after it."""
        part = left
        if self.how == "max":
            x = k.load(k.arg["x"], spot, lanes)
            won = k.fcompare("oeq", x, y)
            part, left = k.select(won, left, k.every(0)), k.select(won, k.every(0), left)
            if self.gate:
                part = k.select(k.fcompare("ogt", x, k.every(0)), part, k.every(0))
        if not self.apart:
            part = k.fadd(k.load(k.arg["dx"], spot, lanes), part)
        k.store(part, k.arg["dx"], spot, lanes)
        return left


def _maximum(k: Function, best: Value, x: Value) -> Value:
    """The larger; a NaN, once met, stays."""
    better = k.binary("or", k.fcompare("ogt", x, best), k.fcompare("uno", x, x))
    return k.select(better, x, best)


def _clear(k: Function, p: Value, start: Int, size: int) -> None:
    whole, tail = divmod(size, k.lanes)
    with k.loop(0, whole) as i:
        k.store(k.every(0), p, k.add(start, k.mul(i.i, k.lanes)))
    if tail:
        k.store(k.every(0), p, k.add(start, whole * k.lanes), tail)
