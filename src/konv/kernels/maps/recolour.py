"""Brightness and contrast of each sample, and parts of it that are erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["Erase", "Recolour"]


@dataclass(frozen=True)
class Recolour(Spec):
    """`y = clip((x − m)·f + m + d, low, high)` for samples `begin … end`, m the mean of x over a sample's places.

    `places` rows of `channels` a sample. Arguments: chosen `(n, 2)` of f and d, x, y; with `back` instead x is y, the
    result of the way forward, and dy and dx follow: dx = f·g + (1 − f)·(mean of g over the places), where g is dy and 0
    where y is no number between low and high. Without `mean` f is 1.
    """

    kind: ClassVar[str] = "recolour"
    places: int
    channels: int
    mean: bool
    low: float
    high: float
    back: bool = False

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "chosen y dy dx" if self.back else "chosen x y")
        whole, tail = divmod(self.channels, k.lanes)
        with k.loop(k.begin, k.end) as n:
            factor, more = (k.splat(k.get(k.element, k.arg["chosen"], k.add(k.mul(n.i, 2), i))) for i in range(2))
            start = k.mul(n.i, self.places * self.channels)
            with k.loop(0, whole) as v:
                self._columns(k, k.add(start, k.mul(v.i, k.lanes)), 0, factor, more)
            if tail:
                self._columns(k, k.add(start, whole * k.lanes), tail, factor, more)
        return k

    def _columns(self, k: Function, start: Int, lanes: int, factor: Value, more: Value) -> None:
        """One vector of channels, at all places."""
        mean = k.every(0)
        if self.mean:
            with k.loop(0, self.places, [k.every(0)]) as p:
                p.out = [k.fadd(p.carry[0], self._given(k, k.add(start, k.mul(p.i, self.channels)), lanes))]
            mean = k.fdiv(p.values[0], k.every(self.places))
        rest = k.fmul(k.fsub(k.every(1), factor), mean)
        with k.loop(0, self.places) as p:
            at = k.add(start, k.mul(p.i, self.channels))
            x = self._given(k, at, lanes)
            if self.back:
                k.store(k.fadd(k.fmul(factor, x), rest) if self.mean else x, k.arg["dx"], at, lanes)
            else:
                y = k.fadd(k.fmul(k.fsub(x, mean), factor), mean) if self.mean else k.fadd(x, more)
                k.store(k.larger(k.smaller(y, k.every(self.high)), k.every(self.low)), k.arg["y"], at, lanes)

    def _given(self, k: Function, at: Int, lanes: int) -> Value:
        """x; on the way back g."""
        if not self.back:
            return k.load(k.arg["x"], at, lanes)
        y, dy = k.load(k.arg["y"], at, lanes), k.load(k.arg["dy"], at, lanes)
        above = k.select(k.fcompare("ogt", y, k.every(self.low)), dy, k.every(0))
        return k.select(k.fcompare("olt", y, k.every(self.high)), above, k.every(0))


@dataclass(frozen=True)
class Erase(Spec):
    """x, but `value` in a rectangle of each image: in rows from top to before bottom, in columns from left to before
    right, for samples `begin … end`.

    Arguments: boxes `(n, 4)` of top, bottom, left, right; x `(n, height, width, channels)`; y. The gradient is the same
    with dy for x and a `value` of 0.
    """

    kind: ClassVar[str] = "erase"
    height: int
    width: int
    channels: int
    value: float

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "boxes x y")
        whole, tail = divmod(self.channels, k.lanes)
        with k.loop(k.begin, k.end) as n:
            edges = [k.get(k.element, k.arg["boxes"], k.add(k.mul(n.i, 4), i)) for i in range(4)]
            with k.loop(0, self.height) as i:
                row = _within(k, i.i, edges[0], edges[1])
                with k.loop(0, self.width) as j:
                    erased = k.both(row, _within(k, j.i, edges[2], edges[3]))
                    pixel = k.add(k.mul(k.add(k.mul(n.i, self.height), i.i), self.width), j.i)
                    at = k.mul(pixel, self.channels)
                    with k.loop(0, whole) as v:
                        self._put(k, k.add(at, k.mul(v.i, k.lanes)), 0, erased)
                    if tail:
                        self._put(k, k.add(at, whole * k.lanes), tail, erased)
        return k

    def _put(self, k: Function, at: Int, lanes: int, erased: Value) -> None:
        k.store(k.select(erased, k.every(self.value), k.load(k.arg["x"], at, lanes)), k.arg["y"], at, lanes)


def _within(k: Function, i: Int, low: Value, high: Value) -> Value:
    """Whether low ≤ i < high."""
    at = k.real(i)
    return k.both(k.fcompare("oge", at, low), k.fcompare("olt", at, high))
