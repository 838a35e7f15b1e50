"""What part of the input every number of a network sees: receptive fields, right for branches and enlargements.

Along one axis, place i of a map sees an interval of the input, first(i) … last(i). A window of span k, stride s and
padding p in front meets places s·i − p … s·i − p + k − 1 of the map before it, so it sees from the first of those that
come first to the last of those that come last. Where branches meet, the widest way counts: the smallest first, the
largest last. Intervals go on beyond the image's edge, as is usual.

Source: Araujo, Norris & Sim, *Computing receptive fields of convolutional neural networks*, Distill, 2019; here for
each phase of i, because a map that was enlarged repeats itself only every few places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd, lcm

from konv import ops
from konv.explain.reach import Reach, moves, sees_all
from konv.graph import Graph, Node, Tensor
from konv.shapes import Shape

__all__ = ["Sight", "Span", "sights"]


@dataclass(frozen=True)
class Span:
    """What `count` places along one axis of a map see of the input.

    Place i sees `firsts[i mod n] + (i // n) · step` … `lasts[i mod n] + (i // n) · step`, n the length of both.
    """

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]
    step: int
    count: int

    def seen(self, i: int) -> tuple[int, int]:
        """The first and the last place of the input that place `i` sees; it may lie beyond an edge."""
        turn, phase = divmod(i, len(self.firsts))
        return self.firsts[phase] + turn * self.step, self.lasts[phase] + turn * self.step

    @property
    def size(self) -> int:
        """How many places of the input the widest view has: the receptive field."""
        both = zip(self.firsts[: self.count], self.lasts, strict=False)
        return max(last - first + 1 for first, last in both)

    @property
    def jump(self) -> Fraction:
        """How far the view moves from one place to the next: a fraction where a map is finer than the input."""
        return Fraction(self.step, len(self.firsts))

    def behind(self, reach: Reach, times: int, of: int, count: int) -> Span:
        """What is seen behind an operation: `count` places, each meeting `reach` of these.

        The reach moves by `times` places for every `of` places behind.
        """
        n = len(self.firsts)
        turns = n // gcd(n, times)
        met = [reach(i) for i in range(of * turns)]
        # A window longer than n places sees nothing new in its middle: what comes n places on lies a step on.
        views = [
            [self.seen(j) for j in {*range(a, min(b, a + n - 1) + 1), *range(max(a, b - n + 1), b + 1)} or {a}]
            for a, b in met
        ]
        firsts = tuple(min(first for first, _ in view) for view in views)
        lasts = tuple(max(last for _, last in view) for view in views)
        return Span(firsts, lasts, self.step * turns * times // n, count)

    def whole(self, count: int = 1) -> Span:
        """`count` places that each see all that these see."""
        views = [self.seen(i) for i in range(self.count)]
        firsts, lasts = zip(*views, strict=True)
        # As a window over the whole map would, moving by one place.
        return Span((min(firsts),), (max(lasts),), round(self.jump), count)

    def with_(self, other: Span) -> Span:
        """What is seen where both meet, place by place; one that has a single place meets all of the other."""
        if self.count != other.count:
            one, many = sorted((self, other), key=lambda span: span.count)
            first, last = one.seen(0)
            (low,), (high,) = (many.whole().firsts, many.whole().lasts)
            return Span((min(first, low),), (max(last, high),), round(many.jump), many.count)
        n = lcm(len(self.firsts), len(other.firsts))
        views = [(self.seen(i), other.seen(i)) for i in range(n)]
        firsts, lasts = (tuple(f(view[k] for view in pair) for pair in views) for k, f in ((0, min), (1, max)))
        return Span(firsts, lasts, self.step * n // len(self.firsts), self.count)


@dataclass(frozen=True)
class Sight:
    """What the places of a map see of the input's height and width; `flat` where the map has been laid out in a row."""

    rows: Span
    columns: Span
    flat: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """The receptive field: height and width in the input's places."""
        return self.rows.size, self.columns.size

    @property
    def jump(self) -> tuple[Fraction, Fraction]:
        """How far apart neighbours look."""
        return self.rows.jump, self.columns.jump

    def whole(self, shape: Shape, flat: bool = False) -> Sight:
        """Places of a map of `shape` that each see all that these see."""
        rows, columns = _counts(shape)
        return Sight(self.rows.whole(rows), self.columns.whole(columns), flat)


def sights(graph: Graph) -> dict[Tensor, Sight]:
    """What every tensor of `graph` that depends on its inputs sees of them."""
    found: dict[Tensor, Sight] = {}
    for node in graph.nodes:
        sight = _behind(node, found)
        if sight is not None:
            found[node.output] = sight
    return found


def _behind(node: Node, found: Mapping[Tensor, Sight]) -> Sight | None:
    """What `node` sees; None where it depends on no input."""
    op, shape = node.op, node.output.shape
    if isinstance(op, ops.Input):
        rows, columns = (Span((0,), (0,), 1, n) for n in _counts(shape))
        return Sight(rows, columns, flat=len(shape) < 2)
    known = [(found[t], t.shape) for t in node.inputs if t in found]
    if not known:
        return None
    before, taken = known[0]
    if len(known) > 1:
        return _met(node, [sight for sight, _ in known])
    moved = moves(op, taken, shape)
    if moved is not None:
        spans = (before.rows, before.columns)
        rows, columns = (span.behind(*m, n) for span, m, n in zip(spans, moved, _counts(shape), strict=True))
        return Sight(rows, columns)
    if isinstance(op, (ops.Flatten, ops.Reshape)):
        return _rearranged(before, taken, shape)
    return before.whole(shape, flat=len(shape) < 2) if sees_all(op, taken, shape) else before


def _met(node: Node, known: list[Sight]) -> Sight:
    """What is seen where several maps meet."""
    shape = node.output.shape
    maps = {t.shape[:-1] for t in node.inputs if len(t.shape) > 1}
    alike = len(maps) < 2 or isinstance(node.op, ops.Elementwise)
    if isinstance(node.op, ops.Matmul) or not alike:
        known = [sight.whole(shape) for sight in known]
    met = known[0]
    for other in known[1:]:
        met = Sight(met.rows.with_(other.rows), met.columns.with_(other.columns), met.flat and other.flat)
    return met


def _rearranged(before: Sight, taken: Shape, shape: Shape) -> Sight:
    """A map laid out in a row keeps what each number sees; one whose places stay keeps it too."""
    if len(shape) == 1:
        return replace(before, flat=True)
    if taken[:-1] == shape[:-1]:
        return before
    return before.whole(shape)


def _counts(shape: Shape) -> tuple[int, int]:
    """Places along height and width: a sequence has one row, a vector one place."""
    rows, columns = {1: (1, 1), 2: (1, shape[0])}.get(len(shape), shape[:2])
    return rows, columns
