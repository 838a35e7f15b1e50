"""How Winograd's kernels cut a map into tiles, and tiles into groups that stay in the second-level cache.

Along an axis there are `whole` tiles of `size` outputs, then one with the `rest`. So a map has four kinds of tiles:
those cut off below, whole ones, those cut off at the right, and the corner. A tile that is cut off lacks the last
points of that axis, so that each position of the transformed domain belongs to some kinds only; in the order just named
these are always neighbours. A group holds its tiles in that order, and every product runs over one stretch of it.
"""

from __future__ import annotations

from typing import NamedTuple

from konv.kernels.code.ir import Function, Int
from konv.kernels.products.taps import Taps

__all__ = ["Group", "Kind", "Tiling"]


class Kind(NamedTuple):
    """Tiles `first … last` of an axis that are alike: `size` outputs, of whose inputs those from `low` to `high`
    (of the tile's own) lie inside the image."""

    first: int
    last: int
    size: int
    low: int
    high: int


class Tiling(NamedTuple):
    """A map of `rows` × `columns` in tiles of `size` × `size`, in groups: `images` whole images each, or, where that
    is 1, one of `pieces` parts of an image. `taps`: those of the convolution, along either axis."""

    rows: Taps
    columns: Taps
    size: int
    images: int = 1
    pieces: int = 1

    @property
    def taps(self) -> int:
        """The weights along one axis."""
        return self.rows.taps

    @property
    def points(self) -> int:
        """Positions of the transformed domain along one axis."""
        return self.size + self.taps - 1

    @property
    def spots(self) -> int:
        """Positions of the transformed domain."""
        return self.points**2

    def counts(self) -> tuple[int, int, int, int]:
        """Tiles of each kind in one image: cut off below, whole, cut off at the right, in the corner."""
        (r, below), (c, right) = (divmod(axis.positions, self.size) for axis in (self.rows, self.columns))
        return c * bool(below), r * c, r * bool(right), bool(below and right)

    @property
    def tiles(self) -> int:
        """Tiles of one image."""
        return sum(self.counts())

    @property
    def most(self) -> int:
        """Tiles of the largest group."""
        return self.images * -(-self.tiles // self.pieces)

    def products(self) -> int:
        """Products of one image, for each pair of channels: the positions that its tiles really have."""
        total = 1
        for axis in (self.rows, self.columns):
            whole, rest = divmod(axis.positions, self.size)
            total *= whole * self.points + (rest + self.taps - 1 if rest else 0)
        return total

    def kinds(self, axis: Taps, reach: int) -> list[Kind]:
        """The tiles of an axis, alike ones together, for blocks of `size + reach` elements: with reach taps − 1 of the
        input, with reach 0 of the output."""
        length, first = (axis.size, axis.first) if reach else (axis.positions, 0)
        found: list[Kind] = []
        for t in range(-(-axis.positions // self.size)):
            size = min(self.size, axis.positions - t * self.size)
            start = t * self.size + first
            low, high = (min(max(v, 0), size + reach) for v in (-start, length - start))
            if found and found[-1][2:] == (size, low, high):
                found[-1] = found[-1]._replace(last=t + 1)
            else:
                found.append(Kind(t, t + 1, size, low, high))
        return found


class Group:
    """One group under work: `count` tiles from number `first` on, of `images` images that begin with `image`.

    Its tiles lie kind by kind, or, where `apart`, image by image and kind by kind in each: an order that does not
    depend on how many images make a group.
    """

    def __init__(
        self, k: Function, tiling: Tiling, image: Int, images: Int, first: Int, count: Int, apart: bool = False
    ) -> None:
        self.k, self.tiling, self.image, self.images = k, tiling, image, images
        self.first, self.count, self.apart = first, count, apart
        kinds = [k.mul(1 if apart else images, n) for n in tiling.counts()]
        self.ends = [k.add(0, *kinds[: i + 1]) for i in range(4)]

    def place(self, t: Int) -> tuple[Int, Int, Int]:
        """Image, tile row and tile column of the group's tile t."""
        k, tiling = self.k, self.tiling
        rows, columns = (axis.positions // tiling.size for axis in (tiling.rows, tiling.columns))
        p, image = k.add(self.first, t), self.image
        if self.apart and self.images != 1:
            image, p = k.add(image, k.div(p, tiling.tiles)), k.rem(p, tiling.tiles)
        return self._inside(p, image, rows, columns)

    def _inside(self, p: Int, base: Int, rows: int, columns: int) -> tuple[Int, Int, Int]:
        """The place of tile p of those that begin with image `base`."""
        k, tiling = self.k, self.tiling
        found: tuple[Int, ...] = ()
        for i, number in reversed(list(enumerate(tiling.counts()))):
            if not number:
                continue
            q = k.sub(p, self.ends[i - 1]) if i else p
            image, q = k.div(q, number), k.rem(q, number)
            inner = (k.div(q, columns or 1), k.rem(q, columns or 1))
            here: tuple[Int, ...] = (image, *((rows, q), inner, (q, columns), (rows, columns))[i])
            if found:
                inside = k.compare("slt", p, self.ends[i])
                here = tuple(k.either(inside, a, b) for a, b in zip(here, found, strict=True))
            found = here
        return k.add(base, found[0]), found[1], found[2]

    def stretch(self, i: Int, j: Int) -> tuple[Int, Int]:
        """The tiles that have position (i, j) of the transformed domain, from one to before another: of the group, or,
        where images lie apart, of its first image."""
        k, tiling = self.k, self.tiling
        below, right = (axis.positions % tiling.size for axis in (tiling.rows, tiling.columns))
        low: Int = 0
        high = self.ends[3]
        if below:
            lacks = k.compare("sge", i, below + tiling.taps - 1)
            low, high = k.either(lacks, self.ends[0], 0), k.either(lacks, self.ends[2], high)
        if right:
            high = k.either(k.compare("sge", j, right + tiling.taps - 1), self.ends[1], high)
        count = self.count if self.images == 1 or not self.apart else self.tiling.tiles
        low, high = (k.least(k.largest(k.sub(v, self.first), 0), count) for v in (low, high))
        return low, k.largest(low, high)
