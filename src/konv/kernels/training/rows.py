"""Kernels that see a row of K numbers as a whole: softmax, and the losses with their gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.code.functions import exp, logarithm
from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.sums.scans import clipped, largest, only, scan
from konv.kernels.training.objectives import FORMULAS, ROWS, SUMMED, Row

__all__ = ["LossRows", "Softmax", "SoftmaxGradient"]


@dataclass(frozen=True)
class Softmax(Spec):
    """`y = softmax(x)` of rows `begin … end` of `size` numbers. Arguments: x, y."""

    kind: ClassVar[str] = "softmax"
    size: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x y", alias=True)
        with k.loop(k.begin, k.end) as n:
            row = k.mul(n.i, self.size)
            best = largest(k, k.arg["x"], row, self.size)

            def powers(at: Int, lanes: int, carry: list[Value], row: Int = row, best: Value = best) -> list[Value]:
                e = exp(k, k.fsub(k.load(k.arg["x"], k.add(row, at), lanes), best))
                k.store(e, k.arg["y"], k.add(row, at), lanes)
                return [k.fadd(carry[0], only(k, e, lanes, 0))]

            (total,) = scan(k, self.size, [k.every(0)], powers)
            share = k.fdiv(k.every(1), k.splat(k.reduce("fadd", total)))

            def scale(at: Int, lanes: int, carry: list[Value], row: Int = row, share: Value = share) -> list[Value]:
                y = k.fmul(k.load(k.arg["y"], k.add(row, at), lanes), share)
                k.store(y, k.arg["y"], k.add(row, at), lanes)
                return []

            scan(k, self.size, [], scale)
        return k


@dataclass(frozen=True)
class SoftmaxGradient(Spec):
    """`dx = y·(dy − Σ dy·y)` of rows `begin … end`. Arguments: y, dy, dx."""

    kind: ClassVar[str] = "softmax_gradient"
    size: int

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "y dy dx", alias=True)
        with k.loop(k.begin, k.end) as n:
            row = k.mul(n.i, self.size)

            def both(at: Int, lanes: int, row: Int = row) -> tuple[Value, Value]:
                return k.load(k.arg["y"], k.add(row, at), lanes), k.load(k.arg["dy"], k.add(row, at), lanes)

            def dot(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
                return [k.fma(*both(at, lanes), carry[0])]

            (total,) = scan(k, self.size, [k.every(0)], dot)
            mean = k.splat(k.reduce("fadd", total))

            def put(at: Int, lanes: int, carry: list[Value], row: Int = row, mean: Value = mean) -> list[Value]:
                y, dy = both(at, lanes)
                k.store(k.fmul(y, k.fsub(dy, mean)), k.arg["dx"], k.add(row, at), lanes)
                return []

            scan(k, self.size, [], put)
        return k


@dataclass(frozen=True)
class LossRows(Spec):
    """A loss of samples `begin … end`, each of `places` rows of `size` numbers, and with `gradient` its derivative.

    Arguments: frame (its flag is set where z or a loss is not finite), z (what the loss reads), t (targets of the same
    shape), weight `(n,)`, loss `(n,)`, then dz where `gradient`: ∂(weight · loss)/∂z. `how`: "softmax" and "sigmoid",
    cross-entropies of scores; "categorical" and "binary", of probabilities, kept `epsilon` away from 0 and 1; and the
    names in `konv.kernels.training.objectives`. `parameters`: the loss's. Formulas: `konv.ops.loss`, `regression`,
    `margin`.
    """

    kind: ClassVar[str] = "loss"
    how: str
    places: int
    size: int
    gradient: bool
    epsilon: float = 1e-7
    parameters: tuple[float, ...] = ()

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame z t weight loss" + " dz" * self.gradient)
        whole_rows = self.how in ("softmax", "categorical", *ROWS, *SUMMED)
        share = 1 / self.places if whole_rows else 1 / (self.places * self.size)
        with k.loop(k.begin, k.end) as n:
            factor = k.fmul(k.broadcast(k.arg["weight"], n.i), k.every(share))
            with k.loop(0, self.places, [k.scalar(0)] * 2) as place:
                row = k.mul(k.add(k.mul(n.i, self.places), place.i), self.size)
                found = (self._one(k, row, factor), self._zero(k, row))
                place.out = [k.fadd(a, b) for a, b in zip(place.carry, found, strict=True)]
            loss = k.fmul(place.values[0], k.scalar(share))
            k.put(loss, k.arg["loss"], n.i)
            zero = k.fadd(k.fmul(loss, k.scalar(0)), place.values[1])
            with k.when(k.fcompare("uno", zero, zero)):
                k.put(Value("i64", "1"), k.arg["frame"], 1)
        return k

    def _one(self, k: Function, row: Int, factor: Value) -> Value:
        """The loss of one row, its gradient times `factor` stored where wanted."""
        if self.how in ("softmax", "categorical"):
            return self._softmax(k, row, factor) if self.how == "softmax" else self._categorical(k, row, factor)
        if self.how in ROWS:
            return ROWS[self.how](Row(k, row, factor, self.size, self.gradient, self.epsilon, self.parameters))
        return self._single(k, row, factor)

    def _zero(self, k: Function, row: Int) -> Value:
        """Σ 0·z: 0 where all of a row is finite, else NaN; a loss that clips z would not tell."""

        def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            return [k.fma(self._load(k, "z", row, at, lanes), k.every(0), carry[0])]

        return k.reduce("fadd", scan(k, self.size, [k.every(0)], body)[0])

    def _load(self, k: Function, name: str, row: Int, at: Int, lanes: int) -> Value:
        return k.load(k.arg[name], k.add(row, at), lanes)

    def _put(self, k: Function, dz: Value, factor: Value, row: Int, at: Int, lanes: int) -> None:
        k.store(k.fmul(dz, factor), k.arg["dz"], k.add(row, at), lanes)

    def _softmax(self, k: Function, row: Int, factor: Value) -> Value:
        """L = Σt · log Σe^(z − m) − Σ t·(z − m); dz = p·Σt − t."""
        best = largest(k, k.arg["z"], row, self.size)

        def sums(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            t, z = self._load(k, "t", row, at, lanes), k.fsub(self._load(k, "z", row, at, lanes), best)
            e = only(k, exp(k, z), lanes, 0)
            return [k.fadd(carry[0], e), k.fadd(carry[1], t), k.fadd(carry[2], k.fmul(t, z))]

        powers, ts, seen = (k.reduce("fadd", v) for v in scan(k, self.size, [k.every(0)] * 3, sums))
        every = k.splat(powers)
        log_sum = k.emit(k.element, f"extractelement {logarithm(k, every).typed}, i32 0")
        if self.gradient:
            scale = k.fdiv(k.splat(ts), every)

            def put(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
                e = exp(k, k.fsub(self._load(k, "z", row, at, lanes), best))
                dz = k.fsub(k.fmul(e, scale), self._load(k, "t", row, at, lanes))
                self._put(k, dz, factor, row, at, lanes)
                return []

            scan(k, self.size, [], put)
        return k.fsub(k.fmul(ts, log_sum), seen)

    def _categorical(self, k: Function, row: Int, factor: Value) -> Value:
        """L = −Σ t·log p, p = clip(q/Σq); dq = (g − Σ g·p)/Σq with g = −t/p where p was not clipped."""

        def total(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            return [k.fadd(carry[0], self._load(k, "z", row, at, lanes))]

        whole = k.splat(k.reduce("fadd", scan(k, self.size, [k.every(0)], total)[0]))

        def parts(at: Int, lanes: int) -> tuple[Value, Value, Value, Value]:
            t = self._load(k, "t", row, at, lanes)
            p = k.fdiv(self._load(k, "z", row, at, lanes), whole)
            kept, inside = clipped(k, p, self.epsilon)
            g = k.select(inside, k.fdiv(k.fsub(k.every(0), t), kept), k.every(0))
            return t, p, kept, g

        def sums(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            t, p, kept, g = parts(at, lanes)
            return [k.fadd(carry[0], k.fmul(t, logarithm(k, kept))), k.fma(g, p, carry[1])]

        found, dot = scan(k, self.size, [k.every(0)] * 2, sums)
        if self.gradient:
            mean = k.splat(k.reduce("fadd", dot))

            def put(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
                self._put(k, k.fdiv(k.fsub(parts(at, lanes)[3], mean), whole), factor, row, at, lanes)
                return []

            scan(k, self.size, [], put)
        return k.fsub(k.scalar(0), k.reduce("fadd", found))

    def _single(self, k: Function, row: Int, factor: Value) -> Value:
        """Losses in which every number stands by itself."""
        formula = FORMULAS[self.how]

        def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            z, t = self._load(k, "z", row, at, lanes), self._load(k, "t", row, at, lanes)
            loss, dz = formula(k, z, t, self.epsilon, self.parameters)
            if self.gradient:
                self._put(k, dz, factor, row, at, lanes)
            return [k.fadd(carry[0], only(k, loss, lanes, 0))]

        return k.reduce("fadd", scan(k, self.size, [k.every(0)], body)[0])
