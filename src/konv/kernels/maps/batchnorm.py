"""Batch normalisation: moments of each channel by the tree of leaves, the normalisation, and the way back.

Every leaf keeps the mean of its rows and the sum of squares about it. A chunk of rows is summed about its own first
row, so that squares of what is left are no larger than they need be, then joined to its leaf, and leaves to each other,
by the rule of Chan, Golub & LeVeque (*Updating formulae and a pairwise algorithm for computing variances*, 1979):

    d = mean_b − mean_a        mean = mean_a + d·n_b/n        M = M_a + M_b + d²·n_a·n_b/n        n = n_a + n_b
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.maps.channels import Channels, Columns, load_all, partial_sums, store_all
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
class ChannelMoments(Channels):
    """Adds samples `begin … end` of x, `places` rows each, to the moments of leaf `leaf`.

    Arguments: frame, x, moments `(leaves, 2, channels)`: mean and sum of squares about it. The leaf's first sample
    begins it anew.
    """

    kind: ClassVar[str] = "channel_moments"
    places: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame x moments")
        start = k.div(k.mul(k.get("i64", k.arg["frame"]), k.leaf), LEAVES)
        into = k.mul(k.leaf, 2 * self.channels)
        with k.loop(k.begin, k.end) as n:
            seen = k.mul(k.sub(n.i, start), self.places)

            def chunk(first: Int, before: Int, rows: int, seen: Int = seen) -> None:
                known = k.add(seen, before)
                a = k.cast("sitofp", _whole(known), k.element)
                share = k.splat(k.fdiv(k.scalar(rows), k.fadd(a, k.scalar(rows))))
                fresh = k.splat(k.compare("eq", known, 0))

                def block(columns: Columns) -> None:
                    self._join(k, first, rows, into, share, k.fmul(k.splat(a), share), fresh, columns)

                self.columns(k, 2 if target.registers >= 32 else 1, block)

            self.chunks(k, n.i, self.places, chunk)
        return k

    def _join(self, k: Function, first: Int, rows: int, into: Int, share: Value, weight: Value, fresh: Value,
              columns: Columns) -> None:  # fmt: skip
        """A chunk of rows, summed about its first, joined to the leaf, of which it makes up `share`."""
        top = k.mul(first, self.channels)
        about = load_all(k, "x", columns, top)

        def row(r: Int, sums: list[Value]) -> list[Value]:
            off = [k.fsub(x, s) for x, s in zip(load_all(k, "x", columns, k.add(top, k.mul(r, self.channels))), about,
                                                strict=True)]  # fmt: skip
            plain, squares = sums[: len(columns)], sums[len(columns) :]
            plain = [k.fadd(s, d) for s, d in zip(plain, off, strict=True)]
            return plain + [k.fma(d, d, s) for s, d in zip(squares, off, strict=True)]

        sums = partial_sums(k, rows, 2 * len(columns), row)
        spread_at = k.add(into, self.channels)
        old = zip(load_all(k, "moments", columns, into), load_all(k, "moments", columns, spread_at), strict=True)
        means, spreads = [], []
        for i, (mean, spread) in enumerate(old):
            off = k.fmul(sums[i], k.every(1 / rows))
            mine, own = k.fadd(about[i], off), k.fsub(sums[len(columns) + i], k.fmul(sums[i], off))
            own = k.larger(k.every(0), own)
            d = k.fsub(mine, mean)
            means.append(k.select(fresh, mine, k.fma(d, share, mean)))
            spreads.append(k.select(fresh, own, k.fma(k.fmul(d, d), weight, k.fadd(spread, own))))
        store_all(k, means, "moments", columns, into)
        store_all(k, spreads, "moments", columns, spread_at)


@dataclass(frozen=True)
class JoinMoments(Channels):
    """The root of the tree: mean and variance of all rows, and what the normalisation multiplies by. One work unit.

    Arguments: frame, moments `(leaves, 2, channels)`, gamma where `scale`; then mean, variance, inverse
    = 1/√(variance + epsilon) and factor = gamma · inverse, each `(channels,)`.
    """

    kind: ClassVar[str] = "join_moments"
    places: int
    epsilon: float
    scale: bool

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, " ".join(["frame moments", *["gamma"] * self.scale, "mean variance inverse factor"]))
        n = k.get("i64", k.arg["frame"])
        ends = [k.div(k.mul(n, leaf), LEAVES) for leaf in range(LEAVES + 1)]
        counts = [k.mul(k.sub(b, a), self.places) for a, b in pairwise(ends)]
        numbers = [k.cast("sitofp", _whole(c), k.element) for c in counts]

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
    """`y = (x − mean) · factor + beta` for rows `begin … end`, then a ReLU where `relu`.

    Arguments: x, mean, factor, beta where `center`, y.
    """

    kind: ClassVar[str] = "normalise"
    center: bool
    relu: bool

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, " ".join(["x mean factor", *["beta"] * self.center, "y"]))

        def block(columns: Columns) -> Callable[[Int], None]:
            mean, factor = load_all(k, "mean", columns), load_all(k, "factor", columns)
            beta = load_all(k, "beta", columns) if self.center else [k.every(0)] * len(columns)

            def row(at: Int) -> None:
                xs = load_all(k, "x", columns, at)
                ys = [_normal(k, *v, self.center) for v in zip(xs, mean, factor, beta, strict=True)]
                store_all(k, [k.larger(k.every(0), y) for y in ys] if self.relu else ys, "y", columns, at)

            return row

        self.rows(k, 4, block)
        return k


def _normal(k: Function, x: Value, mean: Value, factor: Value, beta: Value, center: bool) -> Value:
    """(x − mean) · factor + beta."""
    off = k.fsub(x, mean)
    return k.fma(off, factor, beta) if center else k.fmul(off, factor)


@dataclass(frozen=True)
class NormaliseGradientSums(Channels):
    """Adds Σ g and Σ g·(x − mean) of samples `begin … end`, `places` rows each, to leaf `leaf`.

    Arguments: x, dy, mean; factor, and beta where `center`, where `relu`; sums `(leaves, 2, channels)`. g is dy, with
    `relu` zero where the normalisation's result is not positive.
    """

    kind: ClassVar[str] = "normalise_gradient_sums"
    places: int
    center: bool
    relu: bool

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = ["x dy mean", *["factor"] * self.relu, *["beta"] * (self.relu and self.center), "sums"]
        k = self.new(target, " ".join(names))
        into = k.mul(k.leaf, 2 * self.channels)
        with k.loop(k.begin, k.end) as n:

            def chunk(first: Int, before: Int, rows: int) -> None:
                self.columns(k, 2 if target.registers >= 32 else 1, lambda c: self._add(k, first, rows, into, c))

            self.chunks(k, n.i, self.places, chunk)
        return k

    def _add(self, k: Function, first: Int, rows: int, into: Int, columns: Columns) -> None:
        held = _Held(k, columns, self.center, self.relu)

        def row(r: Int, sums: list[Value]) -> list[Value]:
            at = k.mul(k.add(first, r), self.channels)
            off, g = held.row(at)
            plain, dots = sums[: len(columns)], sums[len(columns) :]
            plain = [k.fadd(s, v) for s, v in zip(plain, g, strict=True)]
            return plain + [k.fma(v, d, s) for v, d, s in zip(g, off, dots, strict=True)]

        sums = partial_sums(k, rows, 2 * len(columns), row)
        for i in range(2):
            at, part = k.add(into, i * self.channels), sums[i * len(columns) : (i + 1) * len(columns)]
            old = load_all(k, "sums", columns, at)
            store_all(k, [k.fadd(a, b) for a, b in zip(old, part, strict=True)], "sums", columns, at)


class _Held:
    """What both ways back need of the channels, in registers; `row(at)` gives x − mean and g of a row."""

    def __init__(self, k: Function, columns: Columns, center: bool, relu: bool) -> None:
        self.k, self.columns, self.center, self.relu = k, columns, center, relu
        self.mean = load_all(k, "mean", columns)
        self.factor = load_all(k, "factor", columns) if "factor" in k.arg else []
        self.beta = load_all(k, "beta", columns) if "beta" in k.arg else [k.every(0)] * len(columns)

    def row(self, at: Int) -> tuple[list[Value], list[Value]]:
        k = self.k
        xs, g = load_all(k, "x", self.columns, at), load_all(k, "dy", self.columns, at)
        if self.relu:
            ys = [_normal(k, *v, self.center) for v in zip(xs, self.mean, self.factor, self.beta, strict=True)]
            g = [k.select(k.fcompare("ogt", y, k.every(0)), v, k.every(0)) for y, v in zip(ys, g, strict=True)]
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

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = ["x dy mean factor", *["beta"] * (self.relu and self.center), *["rest"] * self.through, "dx"]
        k = self.new(target, " ".join(names), alias=True)

        def block(columns: Columns) -> Callable[[Int], None]:
            held = _Held(k, columns, self.center, self.relu)
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

        self.rows(k, 4 if target.registers >= 32 else 2, block)
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
