"""Sums over samples: leaves cleared, columns summed, and the leaves of the tree put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target

__all__ = ["BLOCK", "BiasGradient", "Clear", "Combine", "Increase", "blocks", "each_block", "flag_nonfinite"]

BLOCK = 1024
"""Elements of one work unit of kernels that go through a weight from end to end."""


def blocks(size: int) -> int:
    """Work units of a weight of `size` elements."""
    return -(-size // BLOCK)


def each_block(k: Function, size: int, body: Callable[[Int, int], None]) -> None:
    """`body(first element, lanes)` for the vectors of blocks `begin … end` of an array of `size` elements."""

    def run(start: Int, length: int) -> None:
        whole, tail = divmod(length, k.lanes)
        with k.loop(0, whole) as i:
            body(k.add(start, k.mul(i.i, k.lanes)), 0)
        if tail:
            body(k.add(start, whole * k.lanes), tail)

    full, rest = divmod(size, BLOCK)
    with k.loop(k.begin, k.end) as unit:
        start = k.mul(unit.i, BLOCK)
        if full:
            with k.when(k.compare("slt", unit.i, full)):
                run(start, BLOCK)
        if rest:
            with k.when(k.compare("sge", unit.i, full)):
                run(start, rest)


def flag_nonfinite(k: Function, values: Sequence[Value], frame: Value) -> None:
    """Set the frame's flag (its second int64) where a value is NaN or infinite: x·0 is 0 for all others."""
    total = k.fmul(values[0], k.every(0))
    for v in values[1:]:
        total = k.fma(v, k.every(0), total)
    bad = k.fcompare("uno", total, total)
    whole = k.cast("bitcast", bad, f"i{k.lanes}")
    with k.when(k.emit("i1", f"icmp ne {whole.typed}, 0")):
        k.put(Value("i64", "1"), frame, 1)


@dataclass(frozen=True)
class Clear(Spec):
    """Zeros for leaf `leaf` of partial sums `(leaves, size)`, or for `(size,)`. Arguments: partial."""

    kind: ClassVar[str] = "clear"
    size: int
    leaves: bool = True

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "partial")
        start = k.mul(k.leaf, self.size) if self.leaves else 0
        whole, tail = divmod(self.size, k.lanes)
        with k.loop(0, whole) as i:
            k.store(k.every(0), k.arg["partial"], k.add(start, k.mul(i.i, k.lanes)))
        if tail:
            k.store(k.every(0), k.arg["partial"], k.add(start, whole * k.lanes), tail)
        return k


@dataclass(frozen=True)
class BiasGradient(Spec):
    """`db[leaf] += Σ dy` over rows `begin … end` of dy `(rows, size)`. Arguments: dy, db `(leaves, size)`."""

    kind: ClassVar[str] = "bias_gradient"
    size: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "dy db")
        into, together = k.mul(k.leaf, self.size), 4
        full = list(range(0, self.size, k.lanes))
        for first in range(0, len(full), together):
            mine = full[first : first + together]
            lanes = [min(self.size - c, k.lanes) for c in mine]
            spots = [k.add(into, c) for c in mine]
            sums = [k.load(k.arg["db"], s, n) for s, n in zip(spots, lanes, strict=True)]
            with k.loop(k.begin, k.end, sums) as r:
                row = k.mul(r.i, self.size)
                r.out = [k.fadd(s, k.load(k.arg["dy"], k.add(row, c), n))
                         for s, c, n in zip(r.carry, mine, lanes, strict=True)]  # fmt: skip
            for v, s, n in zip(r.values, spots, lanes, strict=True):
                k.store(v, k.arg["db"], s, n)
        return k


@dataclass(frozen=True)
class Combine(Spec):
    """The root of the tree: `total = ((p₀ + p₁) + (p₂ + p₃)) + …` of partial sums `(leaves, size)`; with `mean` divided
    by the number of samples.

    Arguments: frame (its flag is set where a sum is not finite), partial, total. Work units: blocks of `BLOCK`.
    """

    kind: ClassVar[str] = "combine"
    size: int
    mean: bool = False

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame partial total")
        count = k.splat(k.real(k.get("i64", k.arg["frame"]))) if self.mean else None

        def piece(at: Int, lanes: int) -> None:
            sums = [k.load(k.arg["partial"], k.add(at, leaf * self.size), lanes) for leaf in range(LEAVES)]
            while len(sums) > 1:
                sums = [k.fadd(a, b) for a, b in zip(sums[::2], sums[1::2], strict=True)]
            k.store(sums[0] if count is None else k.fdiv(sums[0], count), k.arg["total"], at, lanes)
            flag_nonfinite(k, sums, k.arg["frame"])

        each_block(k, self.size, piece)
        return k


@dataclass(frozen=True)
class Increase(Spec):
    """`total += part`, for weights that several nodes share.

    Arguments: frame (its flag is set where a sum is not finite), part, total. Work units: blocks of `BLOCK`.
    """

    kind: ClassVar[str] = "increase"
    size: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame part total")

        def piece(at: Int, lanes: int) -> None:
            v = k.fadd(k.load(k.arg["total"], at, lanes), k.load(k.arg["part"], at, lanes))
            k.store(v, k.arg["total"], at, lanes)
            flag_nonfinite(k, [v], k.arg["frame"])

        each_block(k, self.size, piece)
        return k
