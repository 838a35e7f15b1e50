"""Batch normalisation: moments of each channel by the tree of leaves, the normalisation, and the way back.

Every leaf keeps the mean of its rows and the sum of squares about it. A chunk of rows is summed about its own first
row, so that squares of what is left are no larger than they need be, then joined to its leaf, and leaves to each other,
by the rule of Chan, Golub & LeVeque (*Updating formulae and a pairwise algorithm for computing variances*, 1979):

    d = mean_b − mean_a        mean = mean_a + d·n_b/n        M = M_a + M_b + d²·n_a·n_b/n        n = n_a + n_b
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.channels import Channels, Columns, Terms, load_all, store_all
from konv.kernels.sums.tree import each_block, flag_nonfinite

__all__ = [
    "ChannelMoments",
    "ChannelScale",
    "Follow",
    "JoinGradientSums",
    "JoinMoments",
    "Normalise",
    "NormaliseGradient",
    "NormaliseGradientSums",
]


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
class ChannelMoments(_Leaves):
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
            before, count = (k.cast("sitofp", _whole(v), k.element) for v in (known, rows))
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
        numbers = [k.cast("sitofp", _whole(k.sub(b, a)), k.element) for a, b in pairwise(ends)]

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


def _whole(x: Int) -> Value:
    return x if isinstance(x, Value) else Value("i64", str(x))


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
class ChannelScale(Channels):
    """inverse = 1/√(variance + epsilon) and factor = gamma · inverse, from a variance that is given. One work unit.

    Arguments: variance, gamma where `scale`, inverse, factor.
    """

    kind: ClassVar[str] = "channel_scale"
    epsilon: float
    scale: bool

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, " ".join(["variance", *["gamma"] * self.scale, "inverse factor"]))

        def block(columns: Columns) -> None:
            (variance,) = load_all(k, "variance", columns)
            inverse = k.fdiv(k.every(1), k.unary("sqrt", k.fadd(variance, k.every(self.epsilon))))
            store_all(k, [inverse], "inverse", columns)
            factor = k.fmul(load_all(k, "gamma", columns)[0], inverse) if self.scale else inverse
            store_all(k, [factor], "factor", columns)

        with k.loop(k.begin, k.end):
            self.columns(k, 1, block)
        return k


@dataclass(frozen=True)
class Normalise(Channels):
    """`y = (x − mean) · factor + beta` for rows `begin … end`, then a ReLU where `relu`, whose ceiling is `most`.

    Arguments: x, mean, factor, beta where `center`, y.
    """

    kind: ClassVar[str] = "normalise"
    center: bool
    relu: bool
    most: float = inf

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, " ".join(["x mean factor", *["beta"] * self.center, "y"]))

        def block(columns: Columns) -> Callable[[Int], None]:
            mean, factor = load_all(k, "mean", columns), load_all(k, "factor", columns)
            beta = load_all(k, "beta", columns) if self.center else [k.every(0)] * len(columns)

            def row(at: Int) -> None:
                xs = load_all(k, "x", columns, at)
                ys = [_normal(k, *v, self.center) for v in zip(xs, mean, factor, beta, strict=True)]
                ys = [k.larger(k.every(0), y) for y in ys] if self.relu else ys
                ys = [k.smaller(k.every(self.most), y) for y in ys] if self.relu and self.most < inf else ys
                store_all(k, ys, "y", columns, at)

            return row

        self.rows(k, 4, "x", block)
        return k


def _normal(k: Function, x: Value, mean: Value, factor: Value, beta: Value, center: bool) -> Value:
    """(x − mean) · factor + beta."""
    off = k.fsub(x, mean)
    return k.fma(off, factor, beta) if center else k.fmul(off, factor)


@dataclass(frozen=True)
class NormaliseGradientSums(Channels):
    """Adds Σ g and Σ g·(x − mean) of rows `begin … end` of samples of `places` rows to leaf `leaf`.

    Arguments: x, dy, mean; factor, and beta where `center`, where `relu`; sums `(leaves, 2, channels)`. g is dy, with
    `relu` zero where the normalisation's result is not positive, or not below `most`.
    """

    kind: ClassVar[str] = "normalise_gradient_sums"
    places: int
    center: bool
    relu: bool
    most: float = inf

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: two sums a channel."""
        return 2 * self.padded(target.lanes(self.dtype)) * (8 if self.dtype == "float64" else 4)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = ["x dy mean", *["factor"] * self.relu, *["beta"] * (self.relu and self.center), "sums"]
        k = self.new(target, " ".join(names))
        into = k.mul(k.leaf, 2 * self.channels)

        def terms(columns: Columns) -> Terms:
            held = _Held(k, columns, self.center, self.relu, self.most)

            def add(at: Int, sums: list[Value]) -> list[Value]:
                off, g = held.row(at)
                plain, dots = sums[: len(columns)], sums[len(columns) :]
                plain = [k.fadd(s, v) for s, v in zip(plain, g, strict=True)]
                return plain + [k.fma(v, d, s) for v, d, s in zip(g, off, dots, strict=True)]

            return add

        def join(columns: Columns) -> None:
            for i in range(2):
                at = k.add(into, i * self.channels)
                old, part = load_all(k, "sums", columns, at), self.summed(k, columns, i)
                store_all(k, [k.fadd(a, b) for a, b in zip(old, part, strict=True)], "sums", columns, at)

        def chunk(first: Int, rows: Int) -> None:
            self.sums(k, 4 if target.registers >= 32 or not self.relu else 2, "x dy", 2, first, rows, terms)
            self.columns(k, 1, join)

        self.chunks(k, self.places, chunk)
        return k


class _Held:
    """What both ways back need of the channels, in registers; `row(at)` gives x − mean and g of a row."""

    def __init__(self, k: Function, columns: Columns, center: bool, relu: bool, most: float) -> None:
        self.k, self.columns, self.center, self.relu, self.most = k, columns, center, relu, most
        self.mean = load_all(k, "mean", columns)
        self.factor = load_all(k, "factor", columns) if "factor" in k.arg else []
        self.beta = load_all(k, "beta", columns) if "beta" in k.arg else [k.every(0)] * len(columns)

    def row(self, at: Int) -> tuple[list[Value], list[Value]]:
        k = self.k
        xs, g = load_all(k, "x", self.columns, at), load_all(k, "dy", self.columns, at)
        if self.relu:
            ys = [_normal(k, *v, self.center) for v in zip(xs, self.mean, self.factor, self.beta, strict=True)]
            g = [k.select(k.fcompare("ogt", y, k.every(0)), v, k.every(0)) for y, v in zip(ys, g, strict=True)]
            if self.most < inf:
                top = k.every(self.most)
                g = [k.select(k.fcompare("olt", y, top), v, k.every(0)) for y, v in zip(ys, g, strict=True)]
        return [k.fsub(x, m) for x, m in zip(xs, self.mean, strict=True)], g


@dataclass(frozen=True)
class JoinGradientSums(Channels):
    """The root of the tree of `NormaliseGradientSums`: the weights' gradients, and what the data's is made of.

    Arguments: frame (its flag is set where a gradient is not finite), sums, inverse, factor; dgamma, dbeta, each
    `(channels,)`; then `rest (2, channels)`: −factor·dbeta/m and −factor·inverse·dgamma/m for m rows. One work unit.
    """

    kind: ClassVar[str] = "join_gradient_sums"
    places: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame sums inverse factor dgamma dbeta rest")
        rows = k.cast("sitofp", _whole(k.mul(k.get("i64", k.arg["frame"]), self.places)), k.element)
        share = k.splat(k.fdiv(k.scalar(-1), rows))

        def block(columns: Columns) -> None:
            dbeta, dots = (self._tree(k, columns, i) for i in range(2))
            (inverse,), (factor,) = load_all(k, "inverse", columns), load_all(k, "factor", columns)
            dgamma, part = k.fmul(dots, inverse), k.fmul(factor, share)
            store_all(k, [dgamma], "dgamma", columns)
            store_all(k, [dbeta], "dbeta", columns)
            store_all(k, [k.fmul(part, dbeta)], "rest", columns)
            store_all(k, [k.fmul(k.fmul(part, inverse), dgamma)], "rest", columns, self.channels)
            flag_nonfinite(k, [dgamma, dbeta], k.arg["frame"])

        with k.loop(k.begin, k.end):
            self.columns(k, 1, block)
        return k

    def _tree(self, k: Function, columns: Columns, which: int) -> Value:
        sums = [load_all(k, "sums", columns, (2 * leaf + which) * self.channels)[0] for leaf in range(LEAVES)]
        while len(sums) > 1:
            sums = [k.fadd(a, b) for a, b in zip(sums[::2], sums[1::2], strict=True)]
        return sums[0]


@dataclass(frozen=True)
class NormaliseGradient(Channels):
    """The data's gradient for rows `begin … end`: dx = factor·g, and with `moving` sums + rest₀ + rest₁·(x − mean).

    Arguments: x, dy, mean, factor, beta where `relu` and `center`, rest where `through`, dx. g as of
    `NormaliseGradientSums`. `through`: mean and variance are of these very rows, and the gradient passes through them
    too. `gate`: zero it where x is not positive, the way back through a ReLU that made x.
    """

    kind: ClassVar[str] = "normalise_gradient"
    center: bool
    relu: bool
    through: bool
    gate: bool
    most: float = inf

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = ["x dy mean factor", *["beta"] * (self.relu and self.center), *["rest"] * self.through, "dx"]
        k = self.new(target, " ".join(names), alias=True)

        def block(columns: Columns) -> Callable[[Int], None]:
            held = _Held(k, columns, self.center, self.relu, self.most)
            rest = [load_all(k, "rest", columns, i * self.channels) for i in range(2)] if self.through else []

            def row(at: Int) -> None:
                off, g = held.row(at)
                dx = [k.fmul(f, v) for f, v in zip(held.factor, g, strict=True)]
                if self.through:
                    dx = [k.fadd(v, k.fma(d, b, a)) for v, d, a, b in zip(dx, off, *rest, strict=True)]
                if self.gate:
                    xs = load_all(k, "x", columns, at)
                    dx = [
                        k.select(k.fcompare("ogt", x, k.every(0)), v, k.every(0)) for x, v in zip(xs, dx, strict=True)
                    ]
                store_all(k, dx, "dx", columns, at)

            return row

        self.rows(k, 4 if target.registers >= 32 else 2, "x dy", block)
        return k


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
