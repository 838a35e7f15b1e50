"""Passes over a row of numbers, vector by vector, and what rows of probabilities need."""

from __future__ import annotations

from collections.abc import Callable

from konv.kernels.code.ir import Function, Int, Value

__all__ = ["clipped", "largest", "only", "scan"]

_Scan = Callable[[Int, int, list[Value]], list[Value]]
_LOW = float("-inf")


def scan(k: Function, size: int, carry: list[Value], body: _Scan) -> list[Value]:
    """`body(first element, lanes, carried)` for the vectors of a row; 0 lanes stand for a whole vector."""
    whole, tail = divmod(size, k.lanes)
    with k.loop(0, whole, carry) as i:
        i.out = body(k.mul(i.i, k.lanes), 0, i.carry)
    return body(whole * k.lanes, tail, i.values) if tail else i.values


def only(k: Function, v: Value, lanes: int, other: float) -> Value:
    """v in its first `lanes` lanes, `other` in the rest."""
    if not lanes:
        return v
    order = [j if j < lanes else k.lanes for j in range(k.lanes)]
    return k.shuffle(v, k.every(other), order)


def largest(k: Function, z: Value, row: Int, size: int) -> Value:
    """The largest number of a row, in every lane."""

    def body(at: Int, lanes: int, carry: list[Value]) -> list[Value]:
        x = only(k, k.load(z, k.add(row, at), lanes), lanes, _LOW)
        return [k.larger(carry[0], x)]

    (best,) = scan(k, size, [k.every(_LOW)], body)
    return k.splat(k.reduce("fmax", best))


def clipped(k: Function, p: Value, epsilon: float, high: float | None = None) -> tuple[Value, Value]:
    """p kept between `epsilon` and `high` (1 − epsilon), and where it already was."""
    low, top = k.every(epsilon), k.every(1 - epsilon if high is None else high)
    inside = k.binary("and", k.fcompare("uge", p, low), k.fcompare("ule", p, top))
    edge = k.select(k.fcompare("olt", p, low), low, top)
    return k.select(inside, p, edge), inside
