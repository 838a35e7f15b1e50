"""A linear map between the places of images, the same for every channel: resizing, padding, cropping, rearranging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["Places", "Table"]

_Numbers = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


class Table(NamedTuple):
    """Which places each place of the output is made of, in compressed rows: those of place p are `starts[p] …
    starts[p + 1]` (int64) of `sources` (int64) and `factors`; `width` is the number of places of the input."""

    starts: _Numbers
    sources: _Numbers
    factors: _Numbers
    width: int

    @classmethod
    def of(cls, sources: _Numbers, factors: _Numbers, width: int) -> Table:
        """From as many sources for every place, `(places, most)`; those whose factor is 0 are left out."""
        kept = factors != 0
        starts = np.concatenate([[0], kept.sum(1).cumsum()]).astype(np.int64)
        return cls(starts, sources[kept].astype(np.int64), factors[kept], width)

    def turned(self) -> Table:
        """The table of the gradient: which places of the output each place of the input went into, in their order."""
        places = np.repeat(np.arange(len(self.starts) - 1, dtype=np.int64), np.diff(self.starts))
        order = np.argsort(self.sources, kind="stable")
        count = np.bincount(self.sources, minlength=self.width)
        starts = np.concatenate([[0], count.cumsum()]).astype(np.int64)
        return Table(starts, places[order], self.factors[order], len(self.starts) - 1)


@dataclass(frozen=True)
class Places(Spec):
    """`y[p] = Σ factor · x[source]` over a place's entries in a table, in their order, for samples `begin … end`.

    Arguments: starts, sources (int64), factors (where `scaled`; else all are 1), x `(n, width, channels)`, y
    `(n, places, channels)`. See `Table`.
    """

    kind: ClassVar[str] = "places"
    width: int
    places: int
    channels: int
    scaled: bool

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "starts sources" + " factors" * self.scaled + " x y")
        with k.loop(k.begin, k.end) as n, k.loop(0, self.places) as p:
            x = k.mul(n.i, self.width * self.channels)
            y = k.mul(k.add(k.mul(n.i, self.places), p.i), self.channels)
            bounds = k.get("i64", k.arg["starts"], p.i), k.get("i64", k.arg["starts"], k.add(p.i, 1))
            if self.channels == 1:
                k.put(self._sum(k, bounds, x, 1), k.arg["y"], y)
            else:
                self._vectors(k, bounds, x, y)
        return k

    def _vectors(self, k: Function, bounds: tuple[Value, Value], x: Int, y: Int) -> None:
        whole, tail = divmod(self.channels, k.lanes)
        with k.loop(0, whole) as c:
            at = k.mul(c.i, k.lanes)
            k.store(self._sum(k, bounds, k.add(x, at), 0), k.arg["y"], k.add(y, at))
        if tail:
            last = whole * k.lanes
            k.store(self._sum(k, bounds, k.add(x, last), tail), k.arg["y"], k.add(y, last), tail)

    def _sum(self, k: Function, bounds: tuple[Value, Value], x: Int, lanes: int) -> Value:
        """The entries' sum: of one vector of channels (0 lanes: a whole one), or of the only channel."""
        one = self.channels == 1
        with k.loop(*bounds, [k.scalar(0) if one else k.every(0)]) as e:
            source = k.get("i64", k.arg["sources"], e.i)
            at = k.add(x, k.mul(source, self.channels))
            seen = k.get(k.element, k.arg["x"], at) if one else k.load(k.arg["x"], at, lanes)
            if self.scaled:
                factor = k.get(k.element, k.arg["factors"], e.i)
                e.out = [k.fma(seen, factor if one else k.splat(factor), e.carry[0])]
            else:
                e.out = [k.fadd(e.carry[0], seen)]
        return e.values[0]
