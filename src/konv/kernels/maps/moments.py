"""Mean and variance of each channel, by the tree of leaves.

Every leaf keeps the mean of its rows and the sum of squares about it. A chunk of rows is summed about its own first
row, so that squares of what is left are no larger than they need be, then joined to its leaf, and leaves to each other,
by the rule of Chan, Golub & LeVeque (*Updating formulae and a pairwise algorithm for computing variances*, 1979):

    d = mean_b − mean_a        mean = mean_a + d·n_b/n        M = M_a + M_b + d²·n_a·n_b/n        n = n_a + n_b
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.channels import Channels, Columns, Streaming, Terms, load_all, store_all
from konv.kernels.sums.tree import each_block

__all__ = ["ChannelMoments", "Follow", "JoinMoments"]


@dataclass(frozen=True)
class _Leaves(Channels):
    """A kernel that sums over rows, or joins such sums, of samples of `places` rows each. `finer`: the leaves of the
    tree are parts of all rows; else of the samples."""

    places: int
    finer: bool = field(default=False, kw_only=True)

    def bound(self, k: Function, n: Int, leaf: Int) -> Int:
        """The first row of a leaf of n samples."""
        if self.finer:
            return k.div(k.mul(k.mul(n, self.places), leaf), LEAVES)
        return k.mul(k.div(k.mul(n, leaf), LEAVES), self.places)


@dataclass(frozen=True)
class ChannelMoments(Streaming, _Leaves):
    """Adds rows `begin … end` of x to the moments of leaf `leaf`; of one that is cut elsewhere than between samples
    these are all rows.

    Arguments: frame, x, moments `(leaves, 2, channels)`: mean and sum of squares about it. The leaf's first row begins
    it anew.
    """

    kind: ClassVar[str] = "channel_moments"

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: two sums a channel."""
        return 2 * self.padded(target.lanes(self.dtype)) * (8 if self.dtype == "float64" else 4)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x moments")
        start = self.bound(k, k.get("i64", k.arg["frame"]), k.leaf)
        into = k.mul(k.leaf, 2 * self.channels)

        def chunk(first: Int, rows: Int) -> None:
            known = k.sub(first, start)
            before, count = (k.real(v) for v in (known, rows))
            share = k.fdiv(count, k.fadd(before, count))
            numbers = [k.splat(v) for v in (k.fdiv(k.scalar(1), count), share, k.fmul(before, share))]
            top, fresh = k.mul(first, self.channels), k.splat(k.compare("eq", known, 0))

            def terms(columns: Columns) -> Terms:
                about = load_all(k, "x", columns, top)

                def add(at: Int, sums: list[Value]) -> list[Value]:
                    off = [k.fsub(x, s) for x, s in zip(load_all(k, "x", columns, at), about, strict=True)]
                    plain, squares = sums[: len(columns)], sums[len(columns) :]
                    plain = [k.fadd(s, d) for s, d in zip(plain, off, strict=True)]
                    return plain + [k.fma(d, d, s) for s, d in zip(squares, off, strict=True)]

                return add

            self.sums(k, 4, "x", 2, first, rows, terms)
            self.columns(k, 1, lambda columns: self._join(k, columns, top, into, numbers, fresh))

        self.chunks(k, self.places, chunk)
        return k

    def _join(self, k: Function, columns: Columns, top: Int, into: Int, numbers: list[Value], fresh: Value) -> None:
        """A chunk of rows, summed about its first, joined to the leaf. `numbers`: one over its rows, its share of the
        leaf, and that times the rows before it."""
        one, share, weight = numbers
        spread_at = k.add(into, self.channels)
        (about,), (plain,), (squares,) = load_all(k, "x", columns, top), *(self.summed(k, columns, i) for i in range(2))
        (mean,), (spread,) = load_all(k, "moments", columns, into), load_all(k, "moments", columns, spread_at)
        off = k.fmul(plain, one)
        mine, own = k.fadd(about, off), k.larger(k.every(0), k.fsub(squares, k.fmul(plain, off)))
        d = k.fsub(mine, mean)
        store_all(k, [k.select(fresh, mine, k.fma(d, share, mean))], "moments", columns, into)
        joined = k.fma(k.fmul(d, d), weight, k.fadd(spread, own))
        store_all(k, [k.select(fresh, own, joined)], "moments", columns, spread_at)


@dataclass(frozen=True)
class JoinMoments(_Leaves):
    """The root of the tree: mean and variance of all rows, and what the normalisation multiplies by. One work unit.

    Arguments: frame, moments `(leaves, 2, channels)`, gamma where `scale`; then mean, variance, inverse
    = 1/√(variance + epsilon) and factor = gamma · inverse, each `(channels,)`.
    """

    kind: ClassVar[str] = "join_moments"
    epsilon: float
    scale: bool

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, " ".join(["frame moments", *["gamma"] * self.scale, "mean variance inverse factor"]))
        n = k.get("i64", k.arg["frame"])
        ends = [self.bound(k, n, leaf) for leaf in range(LEAVES + 1)]
        numbers = [k.real(k.sub(b, a)) for a, b in pairwise(ends)]

        def block(columns: Columns) -> None:
            nodes = []
            for leaf, number in enumerate(numbers):
                at = 2 * leaf * self.channels
                (mean,), (spread,) = (load_all(k, "moments", columns, at + i * self.channels) for i in range(2))
                nodes.append((number, mean, spread))
            while len(nodes) > 1:
                nodes = [_joined(k, a, b) for a, b in zip(nodes[::2], nodes[1::2], strict=True)]
            number, mean, spread = nodes[0]
            variance = k.fdiv(spread, k.splat(number))
            inverse = k.fdiv(k.every(1), k.unary("sqrt", k.fadd(variance, k.every(self.epsilon))))
            factor = k.fmul(load_all(k, "gamma", columns)[0], inverse) if self.scale else inverse
            for name, v in (("mean", mean), ("variance", variance), ("inverse", inverse), ("factor", factor)):
                store_all(k, [v], name, columns)

        with k.loop(k.begin, k.end):
            self.columns(k, 1, block)
        return k


def _joined(k: Function, a: tuple[Value, Value, Value], b: tuple[Value, Value, Value]) -> tuple[Value, Value, Value]:
    """Two nodes of the tree as one; one of them, or both, may be empty."""
    count = k.fadd(a[0], b[0])
    some = k.select(k.fcompare("oeq", count, k.scalar(0)), k.scalar(1), count)
    share = k.fdiv(b[0], some)
    d = k.fsub(b[1], a[1])
    mean = k.fma(d, k.splat(share), a[1])
    spread = k.fma(k.fmul(d, d), k.splat(k.fmul(a[0], share)), k.fadd(a[2], b[2]))
    for n, other in ((a[0], b), (b[0], a)):
        none = k.splat(k.fcompare("oeq", n, k.scalar(0)))
        mean, spread = k.select(none, other[1], mean), k.select(none, other[2], spread)
    return count, mean, spread


@dataclass(frozen=True)
class Follow(Spec):
    """`moving ← momentum · moving + (1 − momentum) · now`. Arguments: now, moving. Work units: blocks of a weight."""

    kind: ClassVar[str] = "follow"
    size: int
    momentum: float

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "now moving")

        def piece(at: Int, lanes: int) -> None:
            now, moving = (k.load(k.arg[p], at, lanes) for p in ("now", "moving"))
            v = k.fma(k.every(self.momentum), moving, k.fmul(k.every(1 - self.momentum), now))
            k.store(v, k.arg["moving"], at, lanes)

        each_block(k, self.size, piece)
        return k
