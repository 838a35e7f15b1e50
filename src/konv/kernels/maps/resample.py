"""Images looked at through an affine map, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["FARTHEST", "Resample"]

FARTHEST = 2**20
"""Places are looked for up to this far outside an image, in pixels; what is farther counts as this far."""


class _Place(NamedTuple):
    """A row or column of an image: its number, whether it is inside (None where it always is), and its share (None for
    all)."""

    at: Int
    inside: Value | None
    share: Value | None


@dataclass(frozen=True)
class Resample(Spec):
    """`y[n, i, j] = x[n]` at the place `(a·i + c + b·j, d·i + f + e·j)`, for samples `begin … end`.

    `source` and `size`: height and width of x and of y. `linear`: a place between pixels is interpolated, by rows last;
    else the nearest pixel counts. `fill`: what is beyond the edges: "constant" (`value`), "nearest", "reflect"
    (d c b a | a b c d | d c b a), "wrap". `alike`: one map for all samples. `back`: the gradient: dy is handed to the
    pixels it came from, in order.
    Arguments: maps `(n, 6)` of a b c d e f, x `(n, H, W, channels)`, y; with `back`: maps, dy, dx.
    """

    kind: ClassVar[str] = "resample"
    source: tuple[int, int]
    size: tuple[int, int]
    channels: int
    linear: bool
    fill: str
    value: float
    alike: bool = False
    back: bool = False

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "maps dy dx" if self.back else "maps x y")
        inside, outside = self.source[0] * self.source[1], self.size[0] * self.size[1]
        with k.loop(k.begin, k.end) as n:
            a, b, c, d, e, f = (
                k.get(k.element, k.arg["maps"], i if self.alike else k.add(k.mul(n.i, 6), i)) for i in range(6)
            )
            image = k.mul(n.i, inside * self.channels)
            if self.back:
                with k.loop(0, inside) as p:
                    at = k.add(image, k.mul(p.i, self.channels))
                    self._vectors(k, lambda i, lanes, at=at: k.store(k.every(0), k.arg["dx"], k.add(at, i), lanes))
            with k.loop(0, self.size[0]) as i:
                row = k.real(i.i)
                down, across = k.fadd(k.fmul(a, row), c), k.fadd(k.fmul(d, row), f)
                with k.loop(0, self.size[1]) as j:
                    column = k.real(j.i)
                    rows = self._places(k, k.fadd(down, k.fmul(b, column)), self.source[0])
                    columns = self._places(k, k.fadd(across, k.fmul(e, column)), self.source[1])
                    pixel = k.add(k.mul(n.i, outside), k.mul(i.i, self.size[1]), j.i)
                    at = k.mul(pixel, self.channels)
                    (self._hand_back if self.back else self._look)(k, image, at, rows, columns)
        return k

    def _places(self, k: Function, at: Value, length: int) -> list[_Place]:
        """The rows (or columns) that a place lies on or between."""
        at = k.smaller(k.larger(at, k.scalar(-FARTHEST)), k.scalar(FARTHEST))
        if not self.linear:
            return [self._place(k, k.unary("floor", k.fadd(at, k.scalar(0.5))), 0, length, None)]
        low = k.unary("floor", at)
        share = k.fsub(at, low)
        rest = k.fsub(k.scalar(1), share)
        return [self._place(k, low, 0, length, rest), self._place(k, low, 1, length, share)]

    def _place(self, k: Function, whole: Value, more: int, length: int, share: Value | None) -> _Place:
        index = k.add(k.cast("fptosi", whole, "i64"), more)
        if self.fill in ("constant", "nearest"):
            kept = k.largest(k.least(index, length - 1), 0)
            return _Place(kept, None if self.fill == "nearest" else k.compare("eq", kept, index), share)
        period = length if self.fill == "wrap" else 2 * length
        turned = k.rem(k.add(index, -(-(FARTHEST + 1) // period) * period), period)
        if self.fill == "reflect":
            turned = k.least(turned, k.sub(period - 1, turned))
        return _Place(turned, None, share)

    def _vectors(self, k: Function, body: object) -> None:
        """`body(first channel, lanes)` for all channels, by vectors."""
        whole, tail = divmod(self.channels, k.lanes)
        with k.loop(0, whole) as v:
            body(k.mul(v.i, k.lanes), 0)  # type: ignore[operator]
        if tail:
            body(whole * k.lanes, tail)  # type: ignore[operator]

    def _pixel(self, k: Function, image: Int, row: _Place, column: _Place) -> tuple[Int, Value | None]:
        """Where a pixel of the image begins, and whether it is one."""
        at = k.add(image, k.mul(k.add(k.mul(row.at, self.source[1]), column.at), self.channels))
        if row.inside is None or column.inside is None:
            return at, None
        return at, k.both(row.inside, column.inside)

    def _look(self, k: Function, image: Int, out: Int, rows: list[_Place], columns: list[_Place]) -> None:
        pixels = [[self._pixel(k, image, row, column) for column in columns] for row in rows]

        def vector(c: Int, lanes: int) -> None:
            def seen(pixel: tuple[Int, Value | None]) -> Value:
                found = k.load(k.arg["x"], k.add(pixel[0], c), lanes)
                return found if pixel[1] is None else k.select(pixel[1], found, k.every(self.value))

            lines = [_mixed(k, [seen(pixel) for pixel in line], columns) for line in pixels]
            k.store(_mixed(k, lines, rows), k.arg["y"], k.add(out, c), lanes)

        self._vectors(k, vector)

    def _hand_back(self, k: Function, image: Int, out: Int, rows: list[_Place], columns: list[_Place]) -> None:
        def vector(c: Int, lanes: int) -> None:
            whole = k.load(k.arg["dy"], k.add(out, c), lanes)
            for row in rows:
                line = whole if row.share is None else k.fmul(whole, k.splat(row.share))
                for column in columns:
                    g = line if column.share is None else k.fmul(line, k.splat(column.share))
                    at, inside = self._pixel(k, image, row, column)
                    known = k.load(k.arg["dx"], k.add(at, c), lanes)
                    g = g if inside is None else k.select(inside, g, k.every(0))
                    k.store(k.fadd(known, g), k.arg["dx"], k.add(at, c), lanes)

        self._vectors(k, vector)


def _mixed(k: Function, values: list[Value], places: list[_Place]) -> Value:
    """The mean of values by the shares of their places."""
    if places[0].share is None:
        return values[0]
    low, high = (k.fmul(v, k.splat(p.share)) for v, p in zip(values, places, strict=True) if p.share is not None)
    return k.fadd(low, high)
