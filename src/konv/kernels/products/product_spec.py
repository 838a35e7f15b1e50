"""Kernels that hold a tile of their result in registers: which tiles there are, and which one is in force."""

from __future__ import annotations

from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.products.blocking import WIDEST, Panels, Tile, cut, most_rows, panels

__all__ = ["ProductSpec"]


class ProductSpec(Spec):
    """Base of the product kernels. Their blocking begins with the rows and vectors of a tile."""

    @property
    def result(self) -> tuple[int, int]:
        """Positions × channels of the result that is cut into tiles."""
        raise NotImplementedError

    def tile(self, target: Target) -> Tile:
        """Register blocking, as the result's positions × channels."""
        rows, vectors, *_ = self.blocking(target)
        return Tile(rows, vectors)

    def panels(self, target: Target) -> Panels:
        """How output channels lie in vectors."""
        return panels(self.result[1], self.tile(target).vectors, target.lanes(self.dtype))

    def allows(self, blocking: tuple[int, ...], target: Target) -> bool:
        """Whether a blocking is possible for `target`: its tile is not wider than the result, and fits in registers."""
        if len(blocking) != len(self.planned(target)):
            return False
        (rows, vectors, *_), (length, channels) = blocking, self.result
        widest = min(-(-channels // target.lanes(self.dtype)), WIDEST)
        return 1 <= vectors <= widest and 1 <= rows <= most_rows(vectors, length, target)

    def choices(self, target: Target) -> list[tuple[int, ...]]:
        """Blockings worth measuring, the planned one first: for each width the highest tile, the highest of those
        that cut the result evenly, and the same with a piece more."""
        planned = self.planned(target)
        length, channels = self.result
        found = [planned]
        for vectors in range(1, min(-(-channels // target.lanes(self.dtype)), WIDEST) + 1):
            most = most_rows(vectors, length, target)
            if most:
                pieces = len(cut(length, most))
                heights = (most, -(-length // pieces), -(-length // (pieces + 1)))
                found += [(rows, vectors, *planned[2:]) for rows in heights if rows * vectors >= 6 or rows == most]
        return list(dict.fromkeys(found))
