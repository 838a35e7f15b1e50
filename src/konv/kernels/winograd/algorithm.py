"""Which way a convolution is computed: direct sums, or Winograd's transforms with tiles of one size or another.

A pure function of shapes, by a model of cycles whose constants were measured. It never looks at the number of threads
or the processor, and at the batch only where a gradient's memory must pay for itself: the choice is part of what a
program computes. How tiles are grouped depends on the processor, and changes no bit. `konv.config.direct_sums` leaves
direct sums alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from konv import config
from konv.kernels.code.spec import LEAVES
from konv.kernels.code.target import Target
from konv.kernels.products.taps import Taps
from konv.kernels.winograd.tiles import Heap
from konv.kernels.winograd.tiling import Tiling

__all__ = ["Choice", "choose", "choose_gradient"]

DIRECT, PRODUCTS = 0.85, 0.78
"""Shares of the multiply-add peak that direct kernels and the products between transforms reach."""
INPUT, OUTPUT = 3.0, 2.5
"""Cycles for each position of a tile and vector of channels: its transform, with loads and stores."""
LANES, KEPT = 16, 1 << 18
"""Channels of a vector, and elements of weights that a second-level cache keeps, for the model: the same for all
processors, so that all make the same choice."""
MOVED, LINES = (7.0, 15.0), (0.3, 5.5)
"""Cycles to clear, read again and transform back a vector of a transformed gradient in the second-level cache, and
beyond it; and what the direct kernel pays for a vector of its gradient at each line of an image."""
READ, FEW = 3.0, 4
"""Cycles to read a vector of weights from beyond the second-level cache; images that are counted on to share it in
prediction, where the choice is one for all batches."""
TRANSFORMED = 5.0, 11.0
"""Cycles to make a vector of transformed weights, in the second-level cache and beyond it."""
SCRATCH = 0.4
"""The part of the second-level cache that a group of tiles may fill."""
LEAST = 8
"""Channels on either side, below which transforms are most of the work."""
READ_AGAIN = 256 << 10
"""Bytes of weights that one tile more in a group is worth: each group reads them all, from beyond the second-level
cache where they are many."""
MARGIN = 0.95
"""Winograd's way must promise less than this part of the direct one's cycles."""


class Choice(NamedTuple):
    """`tiling`: tiles for Winograd's way, None for direct sums. `cost`: its modelled cycles in parts of the direct
    sums'; 1 for these. `reason`, for the plan: the algorithm and what the model expects of it; of direct sums what
    speaks against the other: the setting, taps (with the stride or how far they are apart), channels, or the model."""

    tiling: Tiling | None
    cost: float
    reason: str


def choose(
    rows: Taps, columns: Taps, inputs: int, outputs: int, target: Target, dtype: str, batch: int, training: bool = False
) -> Choice:
    """The way to compute `y = x ∗ w`, forward or as a data gradient, of `inputs` and `outputs` channels of one group.

    In training every batch pays for the transform of the weights. A program for prediction transforms them once, and
    its choice is the same for any batch; where that is small, maps are cut finer, so that several threads share one.
    """
    if against := _against(rows, columns, inputs, outputs):
        return Choice(None, 1.0, f"direct: {against}")
    made, seen = -(-outputs // LANES), -(-inputs // LANES)
    images = batch if training else FEW
    plain = rows.taps * columns.taps * inputs * made
    direct = _direct(rows, columns, inputs * made) + plain * READ * _far(plain) / images
    found: list[tuple[float, Tiling]] = []
    for size in _sizes(rows.taps):
        tiling = Tiling(rows, columns, size)
        cost = tiling.products() * inputs * made / (2 * PRODUCTS)
        cost += tiling.tiles * tiling.spots * (INPUT * seen + OUTPUT * made)
        kept = tiling.spots * inputs * made
        cost += kept * (READ * _far(kept) + TRANSFORMED[_far(kept)] * training) / images
        found.append((cost / direct, tiling))
    few = batch if batch < LEAVES or not training else 0
    return _better(found, lambda tiling: _grouped(tiling, inputs, outputs, target, dtype, few))


def choose_gradient(
    rows: Taps, columns: Taps, inputs: int, outputs: int, target: Target, dtype: str, batch: int
) -> Choice:
    """The way to compute the gradient of w over a batch: its sums must pay for the memory they are kept in.

    Leaves are cut by samples; of fewer samples than there are leaves, by parts of images."""
    if against := _against(rows, columns, inputs, outputs):
        return Choice(None, 1.0, f"direct: {against}")
    images = batch / LEAVES
    made, seen = -(-outputs // LANES), -(-inputs // LANES)
    plain = rows.taps * columns.taps * inputs * made
    lines = plain * LINES[_far(plain)] * rows.positions if batch >= LEAVES else 0
    direct = (_direct(rows, columns, inputs * made) + lines) * images
    found: list[tuple[float, Tiling]] = []
    for size in _sizes(rows.taps):
        tiling = Tiling(rows, columns, size)
        kept = tiling.spots * inputs * made
        cost = images * tiling.products() * inputs * made / (2 * PRODUCTS)
        cost += images * tiling.tiles * tiling.spots * INPUT * (seen + made)
        cost += kept * MOVED[_far(kept)]
        found.append((cost / direct, tiling))
    few = batch if batch < LEAVES else 0
    return _better(found, lambda tiling: _grouped(tiling, inputs, outputs, target, dtype, few))


def _better(found: list[tuple[float, Tiling]], grouped: Callable[[Tiling], Tiling]) -> Choice:
    """The cheapest tiling, if it promises enough, else direct sums."""
    cost, tiling = min(found, key=lambda one: one[0])
    expected = f"F({tiling.size}×{tiling.size},{tiling.taps}×{tiling.taps}) {cost:.2f}"
    return Choice(grouped(tiling), cost, expected) if cost < MARGIN else Choice(None, 1.0, f"direct: {expected}")


def _against(rows: Taps, columns: Taps, inputs: int, outputs: int) -> str:
    """What speaks against Winograd's way, "" where nothing does: these must be the axes of a whole convolution of
    stride 1, no dilation, and as many taps as it is made for, between enough channels, and direct sums not asked
    for."""
    if config.direct():
        return "direct_sums"
    fits = all(
        axis.taps in (3, 5) and axis.step == axis.apart == axis.out_step == axis.weight_step == 1 and not axis.weight
        for axis in (rows, columns)
    )
    if not fits or rows.taps != columns.taps:
        stride = max(rows.step, columns.step, rows.out_step, columns.out_step)
        apart = max(rows.apart, columns.apart)
        return f"{rows.taps}×{columns.taps}" + f"/{stride}" * (stride > 1) + f"·{apart}" * (apart > 1)
    return f"{inputs}→{outputs}" if min(inputs, outputs) < LEAST else ""


def _far(vectors: int) -> bool:
    """Whether so many vectors lie beyond the second-level cache."""
    return vectors * LANES > KEPT


def _sizes(taps: int) -> tuple[int, ...]:
    """Outputs of a tile along an axis: six points, or four."""
    return (4, 2) if taps == 3 else (2,)


def _direct(rows: Taps, columns: Taps, channels: int) -> float:
    """Cycles of direct sums over one image; taps that meet padding are skipped."""
    return rows.products * columns.products * channels / (2 * DIRECT)


def _grouped(tiling: Tiling, inputs: int, outputs: int, target: Target, dtype: str, images: int) -> Tiling:
    """`tiling` in groups that fit in the second-level cache; their size changes no result."""
    lanes = target.lanes(dtype)
    tile = sum(Heap(0, n, tiling.spots, lanes).tile for n in (inputs, outputs)) * (8 if dtype == "float64" else 4)
    weights = tiling.spots * inputs * outputs * (8 if dtype == "float64" else 4)
    most = max(8, int(SCRATCH * target.l2) // tile, min(48, weights // READ_AGAIN))
    if tiling.tiles <= most:
        together = most // tiling.tiles
        if images and images < 2 * LEAVES:
            # A small batch is cut finer, so that several threads share an image.
            wanted = min(-(-2 * LEAVES // images), -(-tiling.tiles // 8))
            return tiling._replace(pieces=wanted)
        return tiling._replace(images=together)
    return tiling._replace(pieces=-(-tiling.tiles // most))
