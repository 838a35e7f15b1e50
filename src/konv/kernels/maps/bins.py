"""Kernels of adaptive pooling: along one axis, as many bins as are asked for, of nearly equal sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["Bins"]


@dataclass(frozen=True)
class Bins(Spec):
    """Bin i of `made` takes the places ⌊i·size/made⌋ up to ⌈(i + 1)·size/made⌉ along the middle axis of x `(outer,
    size, inner)`, by `function` "mean" or "max"; for samples `begin … end`.

    Arguments: x, y `(outer, made, inner)`. With `backward` the mean has dy, dx; the maximum x, y, dy, dx, and what came
    back goes to the first of equal largest ones.
    """

    kind: ClassVar[str] = "bins"
    function: str
    outer: int
    size: int
    inner: int
    made: int
    backward: bool = False

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = "x y" if not self.backward else "dy dx" if self.function == "mean" else "x y dy dx"
        k = self.new(target, names)
        with k.loop(k.begin, k.end) as n, k.loop(0, self.outer) as o:
            row = k.add(k.mul(n.i, self.outer), o.i)
            wide, narrow = k.mul(row, self.size * self.inner), k.mul(row, self.made * self.inner)
            if self.backward:
                self._each(k, self.size * self.inner, lambda at, lanes: k.store(
                    k.every(0), k.arg["dx"], k.add(wide, at), lanes))  # fmt: skip
            with k.loop(0, self.made) as i:
                first = k.div(k.mul(i.i, self.size), self.made)
                last = k.div(k.add(k.mul(k.add(i.i, 1), self.size), self.made - 1), self.made)
                out = k.add(narrow, k.mul(i.i, self.inner))

                def piece(at: Int, lanes: int, first: Int = first, last: Int = last, out: Int = out) -> None:
                    how = self._forward if not self.backward else self._mean_back
                    how = self._max_back if self.backward and self.function == "max" else how
                    how(k, first, last, k.add(wide, at), k.add(out, at), lanes)

                self._each(k, self.inner, piece)
        return k

    def _each(self, k: Function, count: int, body: Callable[[Int, int], None]) -> None:
        whole, tail = divmod(count, k.lanes)
        with k.loop(0, whole) as i:
            body(k.mul(i.i, k.lanes), 0)
        if tail:
            body(whole * k.lanes, tail)

    def _forward(self, k: Function, first: Int, last: Int, at: Int, out: Int, lanes: int) -> None:
        neutral = k.every(0 if self.function == "mean" else float("-inf"))
        with k.loop(first, last, [neutral]) as j:
            x, so_far = k.load(k.arg["x"], k.add(at, k.mul(j.i, self.inner)), lanes), j.carry[0]
            if self.function == "mean":
                j.out = [k.fadd(so_far, x)]
            else:
                j.out = [k.select(k.fcompare("uno", so_far, x), k.fadd(so_far, x), k.larger(so_far, x))]
        (found,) = j.values
        k.store(
            k.fdiv(found, self._count(k, first, last)) if self.function == "mean" else found, k.arg["y"], out, lanes
        )

    def _mean_back(self, k: Function, first: Int, last: Int, at: Int, out: Int, lanes: int) -> None:
        share = k.fdiv(k.load(k.arg["dy"], out, lanes), self._count(k, first, last))
        with k.loop(first, last) as j:
            place = k.add(at, k.mul(j.i, self.inner))
            k.store(k.fadd(k.load(k.arg["dx"], place, lanes), share), k.arg["dx"], place, lanes)

    def _max_back(self, k: Function, first: Int, last: Int, at: Int, out: Int, lanes: int) -> None:
        y, dy = k.load(k.arg["y"], out, lanes), k.load(k.arg["dy"], out, lanes)
        with k.loop(first, last, [dy]) as j:
            place, left = k.add(at, k.mul(j.i, self.inner)), j.carry[0]
            here = k.fcompare("oeq", k.load(k.arg["x"], place, lanes), y)
            taken = k.select(here, left, k.every(0))
            k.store(k.fadd(k.load(k.arg["dx"], place, lanes), taken), k.arg["dx"], place, lanes)
            j.out = [k.select(here, k.every(0), left)]

    def _count(self, k: Function, first: Int, last: Int) -> Value:
        """How many places a bin has, in every lane."""
        return k.splat(k.real(k.sub(last, first)))
