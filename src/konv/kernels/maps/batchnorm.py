"""Batch normalisation by moments that are known (`konv.kernels.maps.moments`), and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import LEAVES
from konv.kernels.code.target import Target
from konv.kernels.maps.channels import Channels, Columns, Streaming, Terms, load_all, store_all
from konv.kernels.sums.tree import flag_nonfinite

__all__ = ["ChannelScale", "JoinGradientSums", "Normalise", "NormaliseGradient", "NormaliseGradientSums"]


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
class Normalise(Streaming):
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
                self.write(k, ys, "y", columns, at)

            return row

        self.rows(k, 4, "x", block)
        return k


def _normal(k: Function, x: Value, mean: Value, factor: Value, beta: Value, center: bool) -> Value:
    """(x − mean) · factor + beta."""
    off = k.fsub(x, mean)
    return k.fma(off, factor, beta) if center else k.fmul(off, factor)


@dataclass(frozen=True)
class NormaliseGradientSums(Streaming):
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
        rows = k.real(k.mul(k.get("i64", k.arg["frame"]), self.places))
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
class NormaliseGradient(Streaming):
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
                self.write(k, dx, "dx", columns, at)

            return row

        self.rows(k, 4 if target.registers >= 32 else 2, "x dy", block)
        return k
