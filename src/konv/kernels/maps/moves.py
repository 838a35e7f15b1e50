"""Kernels that put numbers elsewhere: parts of arrays, other orders of axes, repetitions; and arrays of one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.pointwise import each_vector
from konv.shapes import Shape

__all__ = ["Fill", "Move", "Walk"]

Walk = tuple[int, int, tuple[int, ...]]
"""How an array is gone through: its elements a sample, where to begin, and the steps along the axes of a `Move`."""


@dataclass(frozen=True)
class Move(Spec):
    """`out[to.begin + Σ i·to.steps] = x[source.begin + Σ i·source.steps]` for all i below `sizes`, and for samples
    `begin … end`; with `more` it adds. Arguments: x, out.

    A step of 0 repeats; a negative one goes backwards. Axes are taken in order, the last one by vectors where both
    arrays are contiguous along it. Elements of out that nothing is moved to stay as they are.
    """

    kind: ClassVar[str] = "move"
    sizes: Shape
    source: Walk
    to: Walk
    more: bool = False

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x out")
        sizes, source, to = self._merged()
        with k.loop(k.begin, k.end) as n:
            at = k.add(k.mul(n.i, self.source[0]), self.source[1])
            out = k.add(k.mul(n.i, self.to[0]), self.to[1])
            self._axes(k, sizes, source, to, at, out)
        return k

    def _merged(self) -> tuple[list[int], list[int], list[int]]:
        """Axes that are gone through as one, and none of one element; one axis at least."""
        found: list[tuple[int, int, int]] = []
        for size, a, b in zip(self.sizes, self.source[2], self.to[2], strict=True):
            if size == 1:
                continue
            if found and (found[-1][1], found[-1][2]) == (a * size, b * size):
                found[-1] = (found[-1][0] * size, a, b)
            else:
                found.append((size, a, b))
        sizes, source, to = zip(*(found or [(1, 1, 1)]), strict=True)
        return list(sizes), list(source), list(to)

    def _axes(self, k: Function, sizes: list[int], source: list[int], to: list[int], at: Int, out: Int) -> None:
        if len(sizes) > 1:
            with k.loop(0, sizes[0]) as i:
                there, here = k.add(at, k.mul(i.i, source[0])), k.add(out, k.mul(i.i, to[0]))
                self._axes(k, sizes[1:], source[1:], to[1:], there, here)
            return
        if to[0] != 1 or source[0] not in (0, 1):
            with k.loop(0, sizes[0]) as i:
                value = k.get(k.element, k.arg["x"], k.add(at, k.mul(i.i, source[0])))
                place = k.add(out, k.mul(i.i, to[0]))
                if self.more:
                    value = k.fadd(k.get(k.element, k.arg["out"], place), value)
                k.put(value, k.arg["out"], place)
            return
        whole, tail = divmod(sizes[0], k.lanes)

        def piece(first: Int, lanes: int) -> None:
            there, here = k.add(at, first), k.add(out, first)
            value = k.load(k.arg["x"], there, lanes) if source[0] else k.broadcast(k.arg["x"], at)
            if self.more:
                value = k.fadd(k.load(k.arg["out"], here, lanes), value)
            k.store(value, k.arg["out"], here, lanes)

        with k.loop(0, whole) as i:
            piece(k.mul(i.i, k.lanes), 0)
        if tail:
            piece(whole * k.lanes, tail)


@dataclass(frozen=True)
class Fill(Spec):
    """`out = value` for samples `begin … end` of `size` elements. Arguments: out."""

    kind: ClassVar[str] = "fill"
    size: int
    value: float = 0.0

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "out")
        each_vector(k, self.size, lambda at, lanes: k.store(k.every(self.value), k.arg["out"], at, lanes))
        return k
