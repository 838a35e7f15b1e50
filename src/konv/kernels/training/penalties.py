"""Kernels of penalties on weights: what they add to gradients, and how much they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.sums.tree import BLOCK

__all__ = ["Penalise"]


@dataclass(frozen=True)
class Penalise(Spec):
    """`g += l1 · sign w + 2 · l2 · w`, and of each block the sum of `l1 · |w| + l2 · w²`.

    Arguments: w, g, sums (one number for each block). Work units: blocks of `BLOCK`.
    """

    kind: ClassVar[str] = "penalise"
    size: int
    l1: float
    l2: float

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "w g sums")

        def run(start: Int, length: int) -> Value:
            whole, tail = divmod(length, k.lanes)
            with k.loop(0, whole, [k.every(0)]) as i:
                i.out = [self._piece(k, k.add(start, k.mul(i.i, k.lanes)), 0, i.carry[0])]
            (total,) = i.values
            if tail:
                total = self._piece(k, k.add(start, whole * k.lanes), tail, total)
            return k.reduce("fadd", total)

        full, rest = divmod(self.size, BLOCK)
        with k.loop(k.begin, k.end) as unit:
            start = k.mul(unit.i, BLOCK)
            if full:
                with k.when(k.compare("slt", unit.i, full)):
                    k.put(run(start, BLOCK), k.arg["sums"], unit.i)
            if rest:
                with k.when(k.compare("sge", unit.i, full)):
                    k.put(run(start, rest), k.arg["sums"], unit.i)
        return k

    def _piece(self, k: Function, at: Int, lanes: int, total: Value) -> Value:
        """One vector's gradient; `total` with its share of the penalty."""
        w, g = k.load(k.arg["w"], at, lanes), k.load(k.arg["g"], at, lanes)
        if self.l2:
            g = k.fma(w, k.every(2 * self.l2), g)
            total = k.fma(k.fmul(w, w), k.every(self.l2), total)
        if self.l1:
            above, below = (k.fcompare(how, w, k.every(0)) for how in ("ogt", "olt"))
            sign = k.select(above, k.every(self.l1), k.select(below, k.every(-self.l1), k.every(0)))
            g = k.fadd(g, sign)
            total = k.fma(k.unary("fabs", w), k.every(self.l1), total)
        k.store(g, k.arg["g"], at, lanes)
        return total
