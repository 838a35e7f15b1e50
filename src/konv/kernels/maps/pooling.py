"""Pooling kernels: the largest or the mean of each window, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar

from konv.kernels.code.functions import constant, integers
from konv.kernels.code.ir import UNROLL, Function, Int, Value
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.products.taps import Taps

__all__ = ["Pool", "PoolGradient"]


Columns = list[tuple[Int, int]]
"""Vectors of channels: the first channel of each, and its lanes (0 for a whole vector)."""
_Shared = TypeVar("_Shared", bound="_Window")
FAR = 16
"""Taps beyond which a window is gone through row by row of its taps, with what is found so far in memory: its rows are
then read as streams that run along the channels, where vector by vector they would share a few sets of the cache."""
NONE, DEAD = 31, 32
"""What is noted of a window in place of its largest tap where that is a NaN; added where it is not positive."""


@dataclass(frozen=True)
class _Window(Spec):
    """What forward and backward share: a window over each of `channels` channels. `how`: "max" or "mean".

    Work units are rows of windows, for rows `begin … end` of all images. Where there are `parts`, of a part of the
    channels: (image · parts + part) · rows + row.
    """

    rows: Taps
    columns: Taps
    channels: int
    how: str
    parts: int = field(default=1, kw_only=True)

    def units(self) -> int:
        """Work units of one image."""
        return self.rows.positions * self.parts

    def shared(self: _Shared, images: int, target: Target) -> _Shared:
        """The same for a few images, in parts enough for several threads to share one, but no more: whole rows are for
        the most part in the cache of the worker that made them."""
        wanted = -(-LEAVES // (images * self.rows.positions))
        blocks = -(-self.channels // (self.together(target) * target.lanes(self.dtype)))
        return replace(self, parts=min(blocks, wanted))

    def together(self, target: Target) -> int:
        """Vectors of channels worked on at once: a cache line of them, or two where windows are large."""
        return max(1, (2 if self.far else 1) * 64 // target.vector_bytes)

    @property
    def far(self) -> bool:
        """Whether windows are gone through row by row of their taps."""
        return self.rows.taps * self.columns.taps > FAR

    def notes(self) -> int:
        """Bytes an image's windows take in an array that notes for each of them, channel by channel, which tap was the
        largest: rows of whole vectors, whatever their length."""
        return self.rows.positions * self.columns.positions * self.pitch

    @property
    def pitch(self) -> int:
        """Bytes of such an array from one window to the next."""
        return -(-self.channels // 16) * 16

    def tap(self, k: Function, u: Int, v: int) -> Value:
        """The number of a window's tap, as an integer of the element's width in every lane."""
        number = k.add(k.mul(u, self.columns.taps), v)
        if isinstance(number, int):
            return constant(k, number)
        return k.splat(number if k.bytes == 8 else k.cast("trunc", number, "i32"))

    def each(self, k: Function, body: Callable[[Int, Int, Int, Int], None]) -> None:
        """`body(image, part, first row, last row)` for the rows of all images and parts in units `begin … end`."""
        rows = self.rows.positions
        with k.loop(k.div(k.begin, rows), k.div(k.add(k.end, rows - 1), rows)) as turn:
            before = k.mul(turn.i, rows)
            first, last = k.largest(k.sub(k.begin, before), 0), k.least(k.sub(k.end, before), rows)
            body(k.div(turn.i, self.parts), k.rem(turn.i, self.parts), first, last)

    def positions(self, k: Function, body: Callable[[Int, bool], None]) -> None:
        """The columns: those whose window meets padding one by one, all others in a loop."""
        whole = [self.columns.whole(j) for j in range(self.columns.positions)]
        j = 0
        while j < len(whole):
            stop = j
            while stop < len(whole) and whole[stop] == whole[j] and (whole[j] or stop == j):
                stop += 1
            with k.loop(j, stop) as turn:
                body(turn.i, whole[j])
            j = stop

    def vectors(self, k: Function, target: Target, part: Int, body: Callable[[Columns], None]) -> None:
        """The channels of a part, some vectors at a time."""
        together = self.together(target)
        block = together * k.lanes
        whole, rest = divmod(self.channels, block)
        number = whole + bool(rest)
        first, last = (k.div(k.mul(p, number), self.parts) for p in (part, k.add(part, 1)))
        with k.loop(first, k.least(last, whole)) as turn:
            body([(k.add(k.mul(turn.i, block), i * k.lanes), 0) for i in range(together)])
        if rest:
            full, tail = divmod(rest, k.lanes)
            columns: Columns = [(whole * block + i * k.lanes, 0) for i in range(full)]
            with k.loop(k.largest(first, whole), last):
                body([*columns, (whole * block + full * k.lanes, tail)] if tail else columns)

    def inside(self, column: Int, clean: bool) -> list[int]:
        """The taps of a column that lie inside the image."""
        return [v for v in range(self.columns.taps) if clean or self.columns.meets(int(column), v)]  # type: ignore[arg-type]

    def line(self, k: Function, image: Int, row: Int) -> Int:
        """Where the first row of a window's taps begins in the input."""
        at = k.add(k.mul(image, self.rows.size), k.mul(row, self.rows.step), self.rows.first)
        return k.mul(at, self.columns.size * self.channels)

    def beside(self, k: Function, column: Int, tap: int, channel: Int) -> Int:
        """Where one element under a window lies in its row of the input."""
        place = k.add(k.mul(column, self.columns.step), self.columns.first + tap)
        return k.add(k.mul(place, self.channels), channel)

    def share(self, k: Function, taps: Int, columns: int) -> Value:
        """One over the number of elements of a window inside the image, in every lane."""
        if isinstance(taps, int):
            return k.every(1 / (taps * columns))
        return k.splat(k.fdiv(k.scalar(1), k.real(k.mul(taps, columns))))


@dataclass(frozen=True)
class Pool(_Window):
    """`y = max` or mean of each window of x. Arguments: x, y. NaNs pass on.

    With `noting` ("max" only, windows that are not `far`) a third argument takes the number of each window's first
    largest tap, `NONE` for a NaN, and `DEAD` added where y is not positive: a byte each, in rows of `pitch`.
    """

    kind: ClassVar[str] = "pool"
    noting: bool = field(default=False, kw_only=True)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "x y notes" if self.noting else "x y")
        wide = self.columns.size * self.channels
        start = k.every(float("-inf") if self.how == "max" else 0)

        def work(image: Int, part: Int, begin: Int, end: Int) -> None:
            with k.loop(begin, end) as turn:
                low, high = self.rows.taps_inside(k, turn.i)
                line = self.line(k, image, turn.i)
                row = k.mul(k.add(k.mul(image, self.rows.positions), turn.i), self.columns.positions)
                self.positions(k, lambda column, clean: window(part, line, low, high, row, column, clean))

        def window(part: Int, line: Int, low: Int, high: Int, row: Int, column: Int, clean: bool) -> None:
            taps, place = self.inside(column, clean), k.add(row, column)
            into, note = k.mul(place, self.channels), k.mul(place, self.pitch)

            def more(u: Int, found: list[Value], columns: Columns) -> list[Value]:
                return self._row(k, k.add(line, k.mul(u, wide)), u, column, taps, found, columns)

            def finish(found: list[Value], columns: Columns, share: Value | None) -> None:
                for i, (c, lanes) in enumerate(columns):
                    y = found[i]
                    k.store(y if share is None else k.fmul(y, share), k.arg["y"], k.add(into, c), lanes)
                    if self.noting:
                        self._note(k, y, found[i - len(columns)], k.add(note, c))

            def whole(columns: Columns) -> None:
                first = [start] * len(columns) + [self.tap(k, low, taps[0])] * (len(columns) * self.noting)
                finish(k.repeat(low, high, first, lambda u, found: more(u, found, columns)), columns, share)

            share = self.share(k, k.sub(high, low), len(taps)) if self.how == "mean" else None
            if not self.far:
                self.vectors(k, target, part, whole)
                return
            with k.loop(low, high) as u:
                first, last = k.compare("eq", u.i, low), k.compare("eq", u.i, k.sub(high, 1))
                part_of = None if share is None else k.select(last, share, k.every(1))

                def some(columns: Columns, u: Int = u.i) -> None:
                    held = [k.load(k.arg["y"], k.add(into, c), n) for c, n in columns]
                    finish(more(u, [k.select(first, start, v) for v in held], columns), columns, part_of)

                self.vectors(k, target, part, some)

        self.each(k, work)
        return k

    def _row(
        self, k: Function, line: Int, u: Int, column: Int, taps: list[int], found: list[Value], columns: Columns
    ) -> list[Value]:
        """What is found with one more row of a window's taps: sums, or the largest (a NaN, once met, stays)
        and then, noting, their taps."""
        found = list(found)
        for v in taps:
            xs = [k.load(k.arg["x"], k.add(line, self.beside(k, column, v, c)), n) for c, n in columns]
            for i, x in enumerate(xs):
                if self.how == "mean":
                    found[i] = k.fadd(found[i], x)
                    continue
                better = k.binary("or", k.fcompare("ogt", x, found[i]), k.fcompare("uno", x, x))
                found[i] = k.select(better, x, found[i])
                if self.noting:
                    found[i - len(xs)] = k.select(better, self.tap(k, u, v), found[i - len(xs)])
        return found

    def _note(self, k: Function, y: Value, tap: Value, at: Int) -> None:
        """Note which tap was a window's largest."""
        tap = k.select(k.fcompare("uno", y, y), constant(k, NONE), tap)
        dead = k.select(k.fcompare("ogt", y, k.every(0)), constant(k, 0), constant(k, DEAD))
        note = k.cast("trunc", k.binary("or", tap, dead), f"<{k.lanes} x i8>")
        k.lines.append(f"  store {note.typed}, ptr {k.at(k.arg['notes'], at, 'i8').ref}, align 1")


@dataclass(frozen=True)
class PoolGradient(_Window):
    """The gradient of a pooling's input: those of its rows in which the first taps of the windows' rows lie, and those
    before the next one's.

    Arguments: x, y, dy, dx for "max" (the first of the largest gets all), or with `noted` what `Pool` noted, dy, dx;
    dy, dx for "mean" (each an equal share). `gate`: zero it where x is not positive, which is the way back through a
    ReLU before the pooling ("max" only).
    """

    kind: ClassVar[str] = "pool_gradient"
    gate: bool = False
    noted: bool = field(default=False, kw_only=True)

    @property
    def apart(self) -> bool:
        """Whether no element lies in two windows, so that gradients are written and never added up."""
        return all(t.step >= t.taps for t in (self.rows, self.columns))

    @property
    def covered(self) -> bool:
        """Whether every element lies in a window."""
        axes = (self.rows, self.columns)
        return all(t.step <= t.taps and (t.positions - 1) * t.step + t.first + t.taps >= t.size for t in axes)

    @property
    def first_come(self) -> bool:
        """Whether it is known for each tap of a window that it is the first to reach its element, so that only what has
        no such tap is cleared."""
        axes = (self.rows, self.columns)
        return not self.rows.padded and self.rows.taps <= UNROLL and all(t.step <= t.taps for t in axes)

    def shared_taps(self) -> tuple[int, int]:
        """The first taps of each axis that lie under the window before as well."""
        return self.rows.taps - self.rows.step, self.columns.taps - self.columns.step

    @property
    def before(self) -> int:
        """How many rows of windows before a row's own reach into its rows of the input."""
        return -(-max(self.rows.taps - self.rows.step, 0) // self.rows.step)

    def scratch(self, target: Target) -> int:
        """Bytes of scratch memory: a row of the input, for what belongs to other units, then what is left of a window's
        gradient where it is gone through row by row."""
        elements = self.columns.size * self.channels * bool(self.before)
        elements += (self.channels + target.lanes(self.dtype)) * self.far
        return elements * (8 if self.dtype == "float64" else 4)

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        seen = "" if self.how == "mean" else "notes" if self.noted else "x y"
        k = self.new(target, f"{seen} dy dx")
        self.each(k, lambda image, part, begin, end: _Band(self, k, target, image, part, begin, end).emit())
        return k


class _Band:
    """Rows `begin … end` of the windows of one image and part of its channels, and the rows of dx that are theirs."""

    def __init__(
        self, spec: PoolGradient, k: Function, target: Target, image: Int, part: Int, begin: Int, end: Int
    ) -> None:
        self.spec, self.k, self.target = spec, k, target
        self.image, self.part, self.begin, self.end = image, part, begin, end
        rows = spec.rows
        low, high = (k.least(k.largest(k.add(k.mul(i, rows.step), rows.first), 0), rows.size) for i in (begin, end))
        self.low = k.either(k.compare("eq", begin, 0), 0, low)
        self.high = k.either(k.compare("eq", end, rows.positions), rows.size, high)
        self.wide = spec.columns.size * spec.channels

    def emit(self) -> None:
        """Clear the rows of dx where that is needed, then go through the windows that reach into them."""
        k, spec = self.k, self.spec
        if not (spec.apart and spec.covered):
            self._clear()
        with k.loop(k.largest(k.sub(self.begin, spec.before), 0), self.end) as r:
            row = r.i
            spec.positions(k, lambda column, clean: self.window(row, column, clean))

    def _clear(self) -> None:
        """Clear rows of dx: all of each, or only where no window comes first."""
        k, spec = self.k, self.spec
        inner = [(t.size, t.size) for t in (spec.rows, spec.columns)]
        if spec.first_come:
            shared = zip((spec.rows, spec.columns), spec.shared_taps(), strict=True)
            inner = [
                (max(0, t.first + n), min(t.size, t.first + (t.positions - 1) * t.step + t.taps)) for t, n in shared
            ]
        (top, bottom), (left, right) = inner
        with k.loop(self.low, self.high) as r:
            line = k.mul(k.add(k.mul(self.image, spec.rows.size), r.i), self.wide)
            within = k.both(k.compare("sge", r.i, top), k.compare("slt", r.i, bottom))
            whole = spec.columns.size
            for start, stop in ((0, k.either(within, left, whole)), (k.either(within, right, whole), whole)):
                with k.loop(start, stop) as j:
                    at = k.add(line, k.mul(j.i, spec.channels))
                    spec.vectors(k, self.target, self.part, lambda columns, at=at: _clear(k, at, columns))  # type: ignore[misc]

    def window(self, row: Int, column: Int, clean: bool) -> None:
        """Hand back what came to one window."""
        k, spec = self.k, self.spec
        taps, (low, high) = spec.inside(column, clean), spec.rows.taps_inside(k, row)
        out = k.add(k.mul(k.add(k.mul(self.image, spec.rows.positions), row), spec.columns.positions), column)
        share = spec.share(k, k.sub(high, low), len(taps)) if spec.how == "mean" else None

        def coming(columns: Columns) -> tuple[list[Value], list[Value]]:
            spots = [(k.add(k.mul(out, spec.channels), c), lanes) for c, lanes in columns]
            dys = [k.load(k.arg["dy"], *spot) for spot in spots]
            if share is not None:
                dys = [k.fmul(dy, share) for dy in dys]
            if spec.noted:
                return dys, [self._noted(k.add(k.mul(out, spec.pitch), c)) for c, _ in columns]
            return dys, [k.load(k.arg["y"], *spot) for spot in spots] if spec.how == "max" else dys

        def whole(columns: Columns) -> None:
            dys, ys = coming(columns)
            k.repeat(low, high, dys, lambda u, left: self._row(row, u, column, taps, left, ys, columns))

        def step(u: Int, columns: Columns) -> None:
            dys, ys = coming(columns)
            if spec.how == "mean":
                self._row(row, u, column, taps, dys, ys, columns)
                return
            spots = [k.add(self.wide * bool(spec.before), c) for c, _ in columns]
            first = k.compare("eq", u, low)
            left = [k.select(first, dy, k.load(k.scratch, s)) for dy, s in zip(dys, spots, strict=True)]
            for value, at in zip(self._row(row, u, column, taps, left, ys, columns), spots, strict=True):
                k.store(value, k.scratch, at)

        if not spec.far:
            spec.vectors(k, self.target, self.part, whole)
            return
        with k.loop(low, high) as turn:
            u = turn.i
            spec.vectors(k, self.target, self.part, lambda columns: step(u, columns))

    def _row(
        self, row: Int, u: Int, column: Int, taps: list[int], left: list[Value], ys: list[Value], columns: Columns
    ) -> list[Value]:
        """Hand one row of a window's taps what is its own; returns what is left for those after it."""
        k, spec = self.k, self.spec
        line = k.add(spec.line(k, self.image, row), k.mul(u, self.wide))
        into, left = k.at(k.arg["dx"], line), list(left)
        if spec.before:  # a row that belongs to another unit is written where nobody reads it
            at = k.add(k.mul(row, spec.rows.step), spec.rows.first, u)
            mine = k.both(k.compare("sge", at, self.low), k.compare("slt", at, self.high))
            into = k.select(mine, into, k.scratch)
        above, before = spec.shared_taps()
        for v in taps:
            first = spec.apart or (spec.first_come and isinstance(u, int) and u >= above and v >= before)
            for i, (c, lanes) in enumerate(columns):
                beside = spec.beside(k, column, v, c)
                if spec.noted:
                    won = k.emit(f"<{k.lanes} x i1>", f"icmp eq {ys[i].typed}, {spec.tap(k, u, v).ref}")
                    self._put(k.select(won, left[i], k.every(0)), k.at(into, beside), lanes, first)
                else:
                    left[i] = self._give(k.add(line, beside), k.at(into, beside), ys[i], left[i], lanes, first)
        return left

    def _noted(self, at: Int) -> Value:
        """What was noted of a vector of windows, as integers of the elements' width."""
        k = self.k
        some = f"<{k.lanes} x i8>"
        found = k.emit(some, f"load {some}, ptr {k.at(k.arg['notes'], at, 'i8').ref}, align 1")
        notes = k.cast("zext", found, integers(k))
        return notes if self.spec.gate else k.binary("and", notes, constant(k, NONE))

    def _give(self, at: Int, into: Value, y: Value, left: Value, lanes: int, first: bool) -> Value:
        """Hand an element what is its own, the first it gets or more; returns what is left for those after it."""
        k, spec = self.k, self.spec
        part = left
        if spec.how == "max":
            x = k.load(k.arg["x"], at, lanes)
            won = k.fcompare("oeq", x, y)
            part, left = k.select(won, left, k.every(0)), k.select(won, k.every(0), left)
            if spec.gate:
                part = k.select(k.fcompare("ogt", x, k.every(0)), part, k.every(0))
        self._put(part, into, lanes, first)
        return left

    def _put(self, part: Value, into: Value, lanes: int, first: bool) -> None:
        """Store the first that an element gets, or add to what it has."""
        if not first:
            part = self.k.fadd(self.k.load(into, 0, lanes), part)
        self.k.store(part, into, 0, lanes)


def _clear(k: Function, at: Int, columns: Columns) -> None:
    for c, lanes in columns:
        k.store(k.every(0), k.arg["dx"], k.add(at, c), lanes)
