"""Kernels that make fewer numbers of many, along axes of a sample: sums, means, largest and smallest ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.shapes import Shape, elements

__all__ = ["Reduction"]

_Inner = Callable[[Int, list[Value]], list[Value]]


@dataclass(frozen=True)
class Reduction(Spec):
    """The `function` ("sum", "mean", "max", "min") of x over `axes` of a sample of `shape`, for samples `begin … end`.

    Numbers are taken in the order in which they lie, lane by lane where the last axis goes; lanes are then put
    together by halves. A NaN stays a NaN. Arguments: x, out.
    """

    kind: ClassVar[str] = "reduction"
    function: str
    shape: Shape
    axes: tuple[int, ...]

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x out")
        sizes, gone = self._loops()
        strides = [elements(sizes[a + 1 :]) for a in range(len(sizes))]
        kept = [a for a in range(len(sizes)) if not gone[a]]
        inner = [a for a in range(len(sizes)) if gone[a]]
        last = len(sizes) - 1
        steps = {a: elements([sizes[b] for b in kept if b > a]) for a in kept}

        def nest(axes: list[int], at: Int, out: Int, body: Callable[[Int, Int], None]) -> None:
            if not axes:
                body(at, out)
                return
            a, *rest = axes
            with k.loop(0, sizes[a]) as i:
                nest(rest, k.add(at, k.mul(i.i, strides[a])), k.add(out, k.mul(i.i, steps[a])), body)

        with k.loop(k.begin, k.end) as n:
            at = k.mul(n.i, elements(sizes))
            out = k.mul(n.i, elements([sizes[a] for a in kept]))
            if gone[last]:
                nest(kept, at, out, lambda at, out: self._across(k, sizes, strides, inner, at, out))
            else:
                nest(kept[:-1], at, out, lambda at, out: self._along(k, sizes, strides, inner, at, out))
        return k

    def _loops(self) -> tuple[list[int], list[bool]]:
        """The axes to loop over and whether each goes: neighbours of one kind become one, axes of one element go."""
        sizes: list[int] = []
        gone: list[bool] = []
        for axis, size in enumerate(self.shape):
            if size == 1:
                continue
            if gone and gone[-1] == (axis in self.axes):
                sizes[-1] *= size
            else:
                sizes.append(size)
                gone.append(axis in self.axes)
        return (sizes, gone) if sizes else ([1], [False])

    def _fold(self, k: Function, sizes: list[int], strides: list[int], axes: list[int], at: Int, carry: list[Value],
              body: _Inner) -> list[Value]:  # fmt: skip
        """`body` for every place along `axes`, in order."""
        if not axes:
            return body(at, carry)
        a, *rest = axes
        with k.loop(0, sizes[a], carry) as i:
            i.out = self._fold(k, sizes, strides, rest, k.add(at, k.mul(i.i, strides[a])), i.carry, body)
        return i.values

    def _along(self, k: Function, sizes: list[int], strides: list[int], axes: list[int], at: Int, out: Int) -> None:
        """The last axis stays: every lane has a result of its own."""
        whole, tail = divmod(sizes[-1], k.lanes)

        def piece(first: Int, lanes: int) -> None:
            def take(place: Int, carry: list[Value]) -> list[Value]:
                return [self._join(k, carry[0], k.load(k.arg["x"], place, lanes))]

            (found,) = self._fold(k, sizes, strides, axes, k.add(at, first), [self._neutral(k)], take)
            k.store(self._finish(k, found, k.every), k.arg["out"], k.add(out, first), lanes)

        with k.loop(0, whole) as i:
            piece(k.mul(i.i, k.lanes), 0)
        if tail:
            piece(whole * k.lanes, tail)

    def _across(self, k: Function, sizes: list[int], strides: list[int], axes: list[int], at: Int, out: Int) -> None:
        """The last axis goes: lanes are parts of one result."""
        whole, tail = divmod(sizes[-1], k.lanes)

        def row(place: Int, carry: list[Value]) -> list[Value]:
            with k.loop(0, whole, carry) as i:
                x = k.load(k.arg["x"], k.add(place, k.mul(i.i, k.lanes)))
                i.out = [self._join(k, i.carry[0], x)]
            if not tail:
                return i.values
            order = [j if j < tail else k.lanes for j in range(k.lanes)]
            x = k.shuffle(k.load(k.arg["x"], k.add(place, whole * k.lanes), tail), self._neutral(k), order)
            return [self._join(k, i.values[0], x)]

        (found,) = self._fold(k, sizes, strides, axes[:-1], at, [self._neutral(k)], row)
        k.put(self._finish(k, self._together(k, found), k.scalar), k.arg["out"], out)

    def _neutral(self, k: Function) -> Value:
        return k.every({"max": float("-inf"), "min": float("inf")}.get(self.function, 0))

    def _join(self, k: Function, a: Value, b: Value) -> Value:
        if self.function in ("sum", "mean"):
            return k.fadd(a, b)
        best = k.larger(a, b) if self.function == "max" else k.smaller(a, b)
        return k.select(k.fcompare("uno", a, b), k.fadd(a, b), best)

    def _together(self, k: Function, v: Value) -> Value:
        """The lanes of a vector as one, by halves."""
        width = k.lanes
        while width > 1:
            width //= 2
            v = self._join(k, v, k.shuffle(v, v, [i + width if i < width else 0 for i in range(k.lanes)]))
        return k.emit(k.element, f"extractelement {v.typed}, i32 0")

    def _finish(self, k: Function, v: Value, constant: Callable[[float], Value]) -> Value:
        if self.function != "mean":
            return v
        return k.fdiv(v, constant(elements([self.shape[a] for a in self.axes])))
