"""Kernels that see a row of K numbers as a whole: softmax, and the losses with their gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.functions import exp, logarithm, sigmoid
from konv.kernels.ir import Function, Int, Value
from konv.kernels.spec import Spec
from konv.kernels.target import Target

__all__ = ["LossRows", "Softmax", "SoftmaxGradient"]

_Scan = Callable[[Int, int, list[Value]], list[Value]]
_LOW = float("-inf")


def _scan(k: Function, size: int, carry: list[Value], body: _Scan) -> list[Value]:
    """`body(first element, lanes, carried)` for the vectors of a row; 0 lanes stand for a whole vector."""
    whole, tail = divmod(size, k.lanes)
    with k.loop(0, whole, carry) as i:
        i.out = body(k.mul(i.i, k.lanes), 0, i.carry)
    return body(whole * k.lanes, tail, i.values) if tail else i.values


def _only(k: Function, v: Value, lanes: int, other: float) -> Value:
    """v in its first `lanes` lanes, `other` in the rest."""
    if not lanes:
        return v
    order = [j if j < lanes else k.lanes for j in range(k.lanes)]
    return k.shuffle(v, k.every(other), order)


def _largest(k: Function, z: Value, row: Int, size: int) -> Value:
    """The largest number of a row, in every lane."""

    def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
        x = _only(k, k.load(z, k.add(row, at), lanes), lanes, _LOW)
        return [k.larger(carry[0], x)]

    (best,) = _scan(k, size, [k.every(_LOW)], body)
    return k.splat(k.reduce("fmax", best))


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
            best = _largest(k, k.arg["x"], row, self.size)

            def powers(at: Int, lanes: int, carry: list[Value], row: Int = row, best: Value = best) -> list[Value]:
                e = exp(k, k.fsub(k.load(k.arg["x"], k.add(row, at), lanes), best))
                k.store(e, k.arg["y"], k.add(row, at), lanes)
                return [k.fadd(carry[0], _only(k, e, lanes, 0))]

            (total,) = _scan(k, self.size, [k.every(0)], powers)
            share = k.fdiv(k.every(1), k.splat(k.reduce("fadd", total)))

            def scale(at: Int, lanes: int, carry: list[Value], row: Int = row, share: Value = share) -> list[Value]:
                y = k.fmul(k.load(k.arg["y"], k.add(row, at), lanes), share)
                k.store(y, k.arg["y"], k.add(row, at), lanes)
                return []

            _scan(k, self.size, [], scale)
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

            (total,) = _scan(k, self.size, [k.every(0)], dot)
            mean = k.splat(k.reduce("fadd", total))

            def put(at: Int, lanes: int, carry: list[Value], row: Int = row, mean: Value = mean) -> list[Value]:
                y, dy = both(at, lanes)
                k.store(k.fmul(y, k.fsub(dy, mean)), k.arg["dx"], k.add(row, at), lanes)
                return []

            _scan(k, self.size, [], put)
        return k


@dataclass(frozen=True)
class LossRows(Spec):
    """A loss of samples `begin … end`, each of `places` rows of `size` numbers, and with `gradient` its derivative.

    Arguments: frame (its flag is set where z or a loss is not finite), z (what the loss reads), t (targets of the same
    shape), weight `(n,)`, loss `(n,)`, then dz where `gradient`: ∂(weight · loss)/∂z. `how`: "softmax" and "sigmoid",
    cross-entropies of scores; "categorical" and "binary", of probabilities, kept `epsilon` away from 0 and 1;
    "squares", the mean squared error; "numbers", the mean of z itself. Formulas: `konv.ops.loss`.
    """

    kind: ClassVar[str] = "loss"
    how: str
    places: int
    size: int
    gradient: bool
    epsilon: float = 1e-7

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "frame z t weight loss" + " dz" * self.gradient)
        whole_rows = self.how in ("softmax", "categorical")
        share = 1 / self.places if whole_rows else 1 / (self.places * self.size)
        with k.loop(k.begin, k.end) as n:
            factor = k.fmul(k.broadcast(k.arg["weight"], n.i), k.every(share))
            with k.loop(0, self.places, [k.scalar(0)] * 2) as place:
                row = k.mul(k.add(k.mul(n.i, self.places), place.i), self.size)
                one = {"softmax": self._softmax, "categorical": self._categorical}.get(self.how, self._single)
                found = (one(k, row, factor), self._zero(k, row))
                place.out = [k.fadd(a, b) for a, b in zip(place.carry, found, strict=True)]
            loss = k.fmul(place.values[0], k.scalar(share))
            k.put(loss, k.arg["loss"], n.i)
            zero = k.fadd(k.fmul(loss, k.scalar(0)), place.values[1])
            with k.when(k.fcompare("uno", zero, zero)):
                k.put(Value("i64", "1"), k.arg["frame"], 1)
        return k

    def _zero(self, k: Function, row: Int) -> Value:
        """Σ 0·z: 0 where all of a row is finite, else NaN; a loss that clips z would not tell."""

        def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            return [k.fma(self._load(k, "z", row, at, lanes), k.every(0), carry[0])]

        return k.reduce("fadd", _scan(k, self.size, [k.every(0)], body)[0])

    def _load(self, k: Function, name: str, row: Int, at: Int, lanes: int) -> Value:
        return k.load(k.arg[name], k.add(row, at), lanes)

    def _put(self, k: Function, dz: Value, factor: Value, row: Int, at: Int, lanes: int) -> None:
        k.store(k.fmul(dz, factor), k.arg["dz"], k.add(row, at), lanes)

    def _softmax(self, k: Function, row: Int, factor: Value) -> Value:
        """L = Σt · log Σe^(z − m) − Σ t·(z − m); dz = p·Σt − t."""
        best = _largest(k, k.arg["z"], row, self.size)

        def sums(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            t, z = self._load(k, "t", row, at, lanes), k.fsub(self._load(k, "z", row, at, lanes), best)
            e = _only(k, exp(k, z), lanes, 0)
            return [k.fadd(carry[0], e), k.fadd(carry[1], t), k.fadd(carry[2], k.fmul(t, z))]

        powers, ts, seen = (k.reduce("fadd", v) for v in _scan(k, self.size, [k.every(0)] * 3, sums))
        every = k.splat(powers)
        log_sum = k.emit(k.element, f"extractelement {logarithm(k, every).typed}, i32 0")
        if self.gradient:
            scale = k.fdiv(k.splat(ts), every)

            def put(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
                e = exp(k, k.fsub(self._load(k, "z", row, at, lanes), best))
                dz = k.fsub(k.fmul(e, scale), self._load(k, "t", row, at, lanes))
                self._put(k, dz, factor, row, at, lanes)
                return []

            _scan(k, self.size, [], put)
        return k.fsub(k.fmul(ts, log_sum), seen)

    def _clipped(self, k: Function, p: Value) -> tuple[Value, Value]:
        """p kept away from 0 and 1, and where it already was."""
        low, high = k.every(self.epsilon), k.every(1 - self.epsilon)
        inside = k.binary("and", k.fcompare("uge", p, low), k.fcompare("ule", p, high))
        edge = k.select(k.fcompare("olt", p, low), low, high)
        return k.select(inside, p, edge), inside

    def _categorical(self, k: Function, row: Int, factor: Value) -> Value:
        """L = −Σ t·log p, p = clip(q/Σq); dq = (g − Σ g·p)/Σq with g = −t/p where p was not clipped."""

        def total(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            return [k.fadd(carry[0], self._load(k, "z", row, at, lanes))]

        whole = k.splat(k.reduce("fadd", _scan(k, self.size, [k.every(0)], total)[0]))

        def parts(at: Int, lanes: int) -> tuple[Value, Value, Value, Value]:
            t = self._load(k, "t", row, at, lanes)
            p = k.fdiv(self._load(k, "z", row, at, lanes), whole)
            kept, inside = self._clipped(k, p)
            g = k.select(inside, k.fdiv(k.fsub(k.every(0), t), kept), k.every(0))
            return t, p, kept, g

        def sums(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            t, p, kept, g = parts(at, lanes)
            return [k.fadd(carry[0], k.fmul(t, logarithm(k, kept))), k.fma(g, p, carry[1])]

        found, dot = _scan(k, self.size, [k.every(0)] * 2, sums)
        if self.gradient:
            mean = k.splat(k.reduce("fadd", dot))

            def put(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
                self._put(k, k.fdiv(k.fsub(parts(at, lanes)[3], mean), whole), factor, row, at, lanes)
                return []

            _scan(k, self.size, [], put)
        return k.fsub(k.scalar(0), k.reduce("fadd", found))

    def _single(self, k: Function, row: Int, factor: Value) -> Value:
        """Losses in which every number stands by itself."""
        formula = {
            "sigmoid": self._sigmoid,
            "binary": self._binary,
            "squares": self._squares,
            "numbers": self._numbers,
        }[self.how]

        def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
            loss, dz = formula(k, self._load(k, "z", row, at, lanes), self._load(k, "t", row, at, lanes))
            if self.gradient:
                self._put(k, dz, factor, row, at, lanes)
            return [k.fadd(carry[0], _only(k, loss, lanes, 0))]

        return k.reduce("fadd", _scan(k, self.size, [k.every(0)], body)[0])

    def _sigmoid(self, k: Function, z: Value, t: Value) -> tuple[Value, Value]:
        """max(z, 0) − z·t + log(1 + e^(−|z|)); sigmoid(z) − t."""
        small = exp(k, k.fsub(k.every(0), k.unary("fabs", z)))
        loss = k.fadd(k.fsub(k.larger(k.every(0), z), k.fmul(z, t)), logarithm(k, k.fadd(k.every(1), small)))
        return loss, k.fsub(sigmoid(k, z), t)

    def _binary(self, k: Function, z: Value, t: Value) -> tuple[Value, Value]:
        """−t·log p − (1 − t)·log(1 − p); (p − t)/(p·(1 − p)) where p was not clipped."""
        p, inside = self._clipped(k, z)
        q, against = k.fsub(k.every(1), p), k.fsub(k.every(1), t)
        loss = k.fsub(k.every(0), k.fadd(k.fmul(t, logarithm(k, p)), k.fmul(against, logarithm(k, q))))
        return loss, k.select(inside, k.fdiv(k.fsub(p, t), k.fmul(p, q)), k.every(0))

    def _numbers(self, k: Function, z: Value, t: Value) -> tuple[Value, Value]:
        """z; 1."""
        return z, k.every(1)

    def _squares(self, k: Function, z: Value, t: Value) -> tuple[Value, Value]:
        """(z − t)²; 2·(z − t)."""
        less = k.fsub(z, t)
        return k.fmul(less, less), k.fadd(less, less)
