"""Gradients kept short: the sum of their squares, block by block, and the number to multiply them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.sums.tree import BLOCK, blocks

__all__ = ["ClipScale", "SquareSums"]


@dataclass(frozen=True)
class SquareSums(Spec):
    """`sums[b] = Σ g²` over block b of a gradient of `size` elements. Arguments: g, sums. Work units: blocks."""

    kind: ClassVar[str] = "square_sums"
    size: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "g sums")

        def run(start: Int, length: int) -> Value:
            whole, tail = divmod(length, k.lanes)
            with k.loop(0, whole, [k.every(0)]) as i:
                g = k.load(k.arg["g"], k.add(start, k.mul(i.i, k.lanes)))
                i.out = [k.fma(g, g, i.carry[0])]
            (total,) = i.values
            if tail:
                g = k.load(k.arg["g"], k.add(start, whole * k.lanes), tail)
                total = k.fma(g, g, total)
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


@dataclass(frozen=True)
class ClipScale(Spec):
    """`scale = norm / max(norm, √Σ sums)`: what shortens gradients of these `sizes` to `norm` where they are longer.

    Arguments: the sums that `SquareSums` made of each, then scale (one number). One work unit.
    """

    kind: ClassVar[str] = "clip_scale"
    sizes: tuple[int, ...]
    norm: float

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = [f"sums{i}" for i in range(len(self.sizes))]
        k = self.new(target, " ".join((*names, "scale")))
        total = k.scalar(0)
        for name, size in zip(names, self.sizes, strict=True):
            with k.loop(0, blocks(size), [total]) as i:
                i.out = [k.fadd(i.carry[0], k.get(k.element, k.arg[name], i.i))]
            (total,) = i.values
        long = k.larger(k.unary("sqrt", total), k.scalar(self.norm))
        k.put(k.fdiv(k.scalar(self.norm), long), k.arg["scale"])
        return k
