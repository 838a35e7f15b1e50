"""Pictures of what is seen inside a network: feature maps, what an answer depends on, units, one weight's gradient.

Each function returns the bytes of a PNG file with numbers, symbols and ASCII labels only. Signed numbers are drawn in
two colours that meet, as the paper, at zero, with equal reach on both sides; the scale below says how far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from konv.explain.look.field import Region
from konv.explain.look.learning import Learned, WeightGradient
from konv.explain.look.neuron import Pooled, WeightedSum
from konv.explain.style import DPI, FONT, LIGHT, Theme, bare, figure, place, png, ramp, short
from konv.ops.record import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Panel",
    "feature_maps",
    "gallery",
    "neuron",
    "panels",
    "picture",
    "reach",
    "shown",
    "strongest_channels",
    "weight",
]

WIDTH = 9.2
"""Inches of a picture."""
MOST = 64
"""Feature maps drawn at most."""
ROW = 64
"""Numbers of a vector in one row."""
FEW = 500
"""Up to so many numbers the colours reach to the largest."""
WRITTEN = 16
"""Up to so many numbers of a vector are written too."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A map `(h, w)` to draw beside an image: `signed` or from 0 to its largest; `over` the image or by itself."""

    values: Array
    signed: bool = True
    over: bool = False
    smooth: bool = False


def reach(values: Array) -> float:
    """How far the colours reach on both sides of zero: to the largest absolute value; of many numbers, outliers (the
    largest 1 in 500) are left out."""
    sizes = np.abs(values)
    found = float(np.quantile(sizes, 0.998)) if values.size > FEW else 0.0
    return found or float(sizes.max(initial=0)) or 1.0


def shown(maps: Array, most: int = MOST) -> Array:
    """The numbers of the feature maps `(H, W, C)` that are drawn: all, or the `most` with the largest mean size."""
    strength = np.abs(maps).mean(tuple(range(maps.ndim - 1)))
    return np.sort(np.argsort(-strength, kind="stable")[:most])


def feature_maps(maps: Array, numbers: Array | None = None, theme: Theme = LIGHT) -> bytes:
    """The feature maps of one layer, all with one scale, each with its number; or the numbers of a vector.

    Arguments: `maps`, `(H, W, C)`, or with fewer axes; `numbers`, those to draw, by default what `shown` finds;
    `theme`. Returns: a PNG.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    limit = reach(maps)
    if maps.ndim != 3 or maps.shape[:2] == (1, 1):
        return _vector(maps.reshape(-1) if maps.ndim != 2 else maps, limit, theme)
    chosen = shown(maps) if numbers is None else numbers
    height, width = maps.shape[:2]
    columns = 8 if len(chosen) <= 8 else 12 if len(chosen) <= 24 else 16
    below, between = max(ceil(height * 0.2), 1), max(ceil(width * 0.06), 1)
    rows = ceil(len(chosen) / columns)
    whole = np.zeros((rows * (height + below), columns * (width + between) - between))
    for i, number in enumerate(chosen):
        top, left = i // columns * (height + below), i % columns * (width + between)
        whole[top : top + height, left : left + width] = maps[..., number]
    high = (WIDTH - 0.2) * whole.shape[0] / whole.shape[1]
    picture = figure(WIDTH, high + 0.6, theme)
    axes = place(picture, 0.1, 0.1, WIDTH - 0.2, high)
    _draw(axes, whole, limit, theme)
    axes.axis("off")
    corners = [
        (i % columns * (width + between) - 0.5, i // columns * (height + below) - 0.5) for i in range(len(chosen))
    ]
    frames = [Rectangle(corner, width, height) for corner in corners]
    axes.add_collection(PatchCollection(frames, facecolor="none", edgecolor=theme.rules, linewidth=0.6))
    for i, number in enumerate(chosen):
        top, left = i // columns * (height + below), i % columns * (width + between)
        axes.annotate(
            str(number), (left - 0.5, top + height - 0.5), (0, -1.5), textcoords="offset points", va="top",
            color=theme.faint, fontsize=6, fontfamily=FONT,
        )  # fmt: skip
    _scale(picture, limit, theme)
    return png(picture, "feature maps")


def _vector(values: Array, limit: float, theme: Theme) -> bytes:
    """A vector, in rows; or a sequence `(L, C)`, steps to the right."""
    if values.ndim == 1:
        wide = min(ROW, len(values))
        whole = np.zeros((ceil(len(values) / wide), wide))
        whole.ravel()[: len(values)] = values
    else:
        whole = values.T
    cell = min((WIDTH - 0.7) / whole.shape[1], 0.5)
    high = min(cell * whole.shape[0], 6.0)
    picture = figure(WIDTH, high + 0.7, theme)
    axes = place(picture, 0.55, 0.1, cell * whole.shape[1], high)
    _draw(axes, whole, limit, theme, aspect="auto")
    bare(axes, theme)
    if values.ndim == 1:
        marks = range(0, len(whole), max(ceil(len(whole) / 12), 1)) if len(whole) > 1 else range(0)
        axes.set_yticks(marks, [str(i * whole.shape[1]) for i in marks], fontsize=6.5, color=theme.faint)
        if len(whole) == 1:
            every = range(0, whole.shape[1], 1 if whole.shape[1] <= ROW // 2 else 8)
            axes.set_xticks(every, [str(i) for i in every], fontsize=6.5, color=theme.faint)
        axes.tick_params(length=0, pad=3)
        for i, value in enumerate(values if len(values) <= WRITTEN else ()):
            colour = theme.paper if abs(value) > 0.6 * limit else theme.ink
            axes.text(i, 0, _short(value, limit), ha="center", va="center", fontsize=6.5, color=colour, fontfamily=FONT)
    _scale(picture, limit, theme)
    return png(picture, "numbers")


def _short(value: float, limit: float) -> str:
    """A number in a cell: two digits; 0 where it is next to nothing beside `limit`."""
    return f"{value:.2g}".replace("-", "−") if abs(value) >= 0.005 * limit else "0"


def _draw(axes: Axes, values: Array, limit: float, theme: Theme, aspect: Literal["equal", "auto"] = "equal") -> None:
    colours = ramp(theme.warm, theme.paper, theme.cool)
    axes.imshow(values, colours, vmin=-limit, vmax=limit, interpolation="nearest", aspect=aspect)


def _scale(picture: Figure, limit: float, theme: Theme, left: float | None = None, wide: float = 2.2) -> None:
    """The colours from −limit to +limit, in the lower right corner, or from `left`."""
    height = picture.get_size_inches()[1]
    axes = place(picture, WIDTH - wide - 0.3 if left is None else left, height - 0.36, wide, 0.09)
    axes.imshow(
        np.linspace(-1, 1, 256)[None], ramp(theme.warm, theme.paper, theme.cool), aspect="auto", extent=(-1, 1, 0, 1)
    )
    bare(axes, theme)
    axes.set_xticks([-1, 0, 1], [f"−{limit:.3g}", "0", f"+{limit:.3g}"], fontsize=7.5, fontfamily=FONT)
    axes.tick_params(length=0, labelcolor=theme.faint, pad=3)


def panels(pixels: Array, maps: Sequence[Panel], theme: Theme = LIGHT) -> bytes:
    """An image, and maps beside it.

    Arguments: `pixels`, `(H, W, C)`, C being 1 or 3, from 0 to 255 or 0 to 1; `maps`; `theme`. Returns: a PNG.
    """
    gap = 0.25
    wide = min((WIDTH - 0.2 - gap * len(maps)) / (len(maps) + 1), 2.8)
    high = wide * pixels.shape[0] / pixels.shape[1]
    signed = any(panel.signed for panel in maps)
    picture = figure(WIDTH, high + (0.65 if signed else 0.2), theme)
    axes = place(picture, 0.1, 0.1, wide, high)
    draw_image(axes, pixels)
    bare(axes, theme)
    for i, panel in enumerate(maps):
        left = 0.1 + (i + 1) * (wide + gap)
        axes = place(picture, left, 0.1, wide, high)
        _panel(axes, panel, pixels, theme)
        bare(axes, theme)
        if panel.signed and not panel.over:
            _scale(picture, reach(panel.values), theme, left + 0.15, wide - 0.3)
    return png(picture, "image and maps")


def _panel(axes: Axes, panel: Panel, pixels: Array, theme: Theme) -> None:
    limit = reach(panel.values) if panel.signed else float(panel.values.max(initial=0)) or 1.0
    extent = (-0.5, pixels.shape[1] - 0.5, pixels.shape[0] - 0.5, -0.5)
    interpolation = "bilinear" if panel.smooth else "nearest"
    if panel.over:
        grey = _unit(pixels).mean(-1)
        axes.imshow(0.15 + 0.6 * grey, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        share = np.clip(np.abs(panel.values) / limit, 0, 1)
        laid = np.zeros((*panel.values.shape, 4))
        laid[..., :3] = np.where(panel.values[..., None] < 0, _rgb(OVER[0]), _rgb(OVER[1]))
        laid[..., 3] = 0.85 * share
        axes.imshow(laid, extent=extent, interpolation=interpolation)
    elif panel.signed:
        colours = ramp(theme.warm, theme.paper, theme.cool)
        axes.imshow(panel.values, colours, vmin=-limit, vmax=limit, extent=extent, interpolation=interpolation)
    else:
        ramped = ramp(theme.paper, theme.cool)
        axes.imshow(panel.values, ramped, vmin=0, vmax=limit, extent=extent, interpolation=interpolation)


OVER = ("#ff7a33", "#3fa9ff")
"""Colours laid over an image: of what speaks against, and of what speaks for the class."""


def _rgb(colour: str) -> Array:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def _unit(pixels: Array) -> Array:
    """Pixels from 0 to 1."""
    values = np.asarray(pixels, np.float32)
    return np.clip(values / 255 if values.max(initial=0) > 1 else values, 0, 1)


def draw_image(axes: Axes, pixels: Array) -> None:
    """An image `(H, W, C)` of 1 or 3 channels (of others their mean), from 0 to 255 or 0 to 1."""
    values = _unit(pixels)
    if values.shape[-1] == 3:
        axes.imshow(values, interpolation="nearest")
    else:
        axes.imshow(values.mean(-1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")


def gallery(
    images: Sequence[Array],
    captions: Sequence[Sequence[str]],
    regions: Sequence[Region] = (),
    theme: Theme = LIGHT,
    columns: int = 8,
) -> bytes:
    """Images side by side, with lines below each, and an outlined part.

    Arguments: `images`, each `(H, W, C)`; `captions`, for each up to two short lines; `regions`, for each the part to
    outline, or none at all; `theme`; `columns`. Returns: a PNG.
    """
    from matplotlib.patches import Rectangle

    lines = max((len(caption) for caption in captions), default=0)
    tile, gap, below = (WIDTH - 0.1) / columns, 0.12, 0.08 + 0.14 * lines
    tall = max(image.shape[0] / image.shape[1] for image in images) * (tile - gap)
    picture = figure(WIDTH, ceil(len(images) / columns) * (tall + below) + 0.15, theme)
    for i, image in enumerate(images):
        row, column = divmod(i, columns)
        axes = place(picture, 0.1 + column * tile, 0.1 + row * (tall + below), tile - gap, tall)
        draw_image(axes, image)
        bare(axes, theme)
        if i < len(regions):
            r = regions[i]
            corner = (r.left - 0.5, r.top - 0.5)
            edge = Rectangle(corner, r.right - r.left, r.bottom - r.top, fill=False, edgecolor=OVER[0], linewidth=1.6)
            axes.add_patch(edge)
        for line, words in enumerate(captions[i]):
            axes.annotate(
                short(words, 16), (0, 0), (0, -2 - 8.5 * line), xycoords="axes fraction", textcoords="offset points",
                va="top", color=theme.ink if line == 0 else theme.faint, fontsize=6.5, fontfamily=FONT,
                parse_math=False,
            )  # fmt: skip
    return png(picture, "images")


def weight(learned: Learned, one: WeightGradient, theme: Theme = LIGHT) -> bytes:
    """How one weight learns: above, what it saw at every place, what came back there, and their products, whose sum is
    its gradient; below, its kernel, the kernel's gradient, and the kernel after the step.

    Arguments: `learned`, the step; `one`, the weight; `theme`. The first image of the batch is drawn. Returns: a PNG.
    """
    above = [("x", one.seen[0]), ("dL/dy", one.coming[0]), ("x * dL/dy", one.terms[0])]
    kernels = [("w", learned.kernel), ("dL/dw", learned.dkernel), ("w - rate * dL/dw", learned.updated)]
    below = [(name, _around(kernel, one.index)) for name, kernel in kernels]
    wide, gap = 2.75, 0.3
    heights = [min(wide * rows[0][1].shape[0] / rows[0][1].shape[1], wide) for rows in (above, below)]
    heights[1] *= 0.6
    picture = figure(WIDTH, sum(heights) + 1.7, theme)
    top = 0.35
    for values, high, mark in ((above, heights[0], False), (below, heights[1], True)):
        for i, (name, map_) in enumerate(values):
            left = 0.1 + i * (wide + gap)
            axes = place(picture, left, top, wide * high / heights[0] if mark else wide, high)
            limit = reach(values[0][1]) if mark and i != 1 else reach(map_)
            _draw(axes, map_, limit, theme, aspect="auto")
            bare(axes, theme)
            axes.set_title(name, loc="left", fontsize=8.5, color=theme.ink, fontfamily=FONT, pad=4, parse_math=False)
            if mark:
                _mark(axes, map_, one.index, limit, theme)
            axes.set_xlabel(f"full colour: ±{limit:.3g}", fontsize=7, color=theme.faint, fontfamily=FONT, loc="left")
        top += high + 0.65
    return png(picture, "how a weight learns")


DRAWN = 3
"""Channels of a patch that are drawn."""
NUMBERED = 49
"""Up to so many numbers of a window are written."""


def strongest_channels(found: WeightedSum) -> Array:
    """Which channels of the patch are drawn: those whose products add most, in order."""
    if found.products.ndim != 3:
        return np.arange(0)
    size = np.abs(found.products.sum((0, 1)))
    return np.sort(np.argsort(-size, kind="stable")[:DRAWN])


def neuron(found: WeightedSum | Pooled, theme: Theme = LIGHT) -> bytes:
    """One number worked out: what it sees, the weights that lie on it, and their products, a row a channel; of pooling
    what it sees, the largest outlined.

    Arguments: `found`, the number; `theme`. Returns: a PNG.
    """
    rows = _rows(found)
    wide, gap = 2.75, 0.3
    high = min(wide * rows[0][1][0].shape[0] / rows[0][1][0].shape[1], wide)
    picture = figure(WIDTH if len(rows[0][1]) > 1 else wide + 0.3, 0.1 + len(rows) * (high + 0.62), theme)
    limits = [reach(np.concatenate([maps[i].ravel() for _, maps in rows])) for i in range(len(rows[0][1]))]
    for k, (label, maps) in enumerate(rows):
        for i, (name, values, limit) in enumerate(zip(("x", "w", "x * w"), maps, limits, strict=False)):
            axes = place(picture, 0.1 + i * (wide + gap), 0.3 + k * (high + 0.62), wide, high)
            _draw(axes, values, limit, theme, aspect="auto")
            bare(axes, theme)
            title = f"{name}{label}"
            axes.set_title(title, loc="left", fontsize=8.5, color=theme.ink, fontfamily=FONT, pad=4, parse_math=False)
            _numbers(axes, values, limit, theme)
            said = f"full colour: ±{limit:.3g}" + (f"     sum: {values.sum():.3g}".replace("-", "−") if i == 2 else "")
            axes.set_xlabel(said, fontsize=7, color=theme.faint, fontfamily=FONT, loc="left")
            if isinstance(found, Pooled):
                _outline(axes, *found.winner, theme)
    return png(picture, "one number worked out")


def _rows(found: WeightedSum | Pooled) -> list[tuple[str, list[Array]]]:
    """Labels and maps: a row for each channel drawn, one for a vector."""
    if isinstance(found, Pooled):
        return [("", [found.patch[..., 0]])]
    kinds = (found.patch, found.kernel, found.products)
    if found.patch.ndim == 3 and found.patch.shape[:2] != (1, 1):
        first = found.channels[0]
        return [(f", channel {first + c}", [a[..., c] for a in kinds]) for c in strongest_channels(found)]
    return [("", [_laid(a.ravel()) for a in kinds])]


def _laid(values: Array) -> Array:
    """A vector in rows."""
    wide = min(ROW, max(ceil(1.6 * len(values) ** 0.5), 1))
    whole: Array = np.zeros((ceil(len(values) / wide), wide))
    whole.ravel()[: len(values)] = values
    return whole


def _numbers(axes: Axes, values: Array, limit: float, theme: Theme) -> None:
    """Write the numbers into their cells, where they are few."""
    cell = axes.get_window_extent().width / DPI / values.shape[1]
    for (r, c), value in np.ndenumerate(values) if values.size <= NUMBERED else ():
        colour = theme.paper if abs(value) > 0.6 * limit else theme.ink
        axes.text(
            c, r, _short(value, limit), ha="center", va="center", fontsize=min(6.5, 16 * cell), color=colour,
            fontfamily=FONT,
        )  # fmt: skip


def _around(kernel: Array, index: tuple[int, ...]) -> Array:
    """The taps `(u, v)` of the weight's own channel and filter; of a dense layer its unit's weights, in rows."""
    if kernel.ndim == 4:
        return kernel[:, :, index[2], index[3]]
    if kernel.ndim == 3:
        return kernel[None, :, index[1], index[2]]
    column = kernel[:, index[1]]
    wide = min(ROW, len(column))
    whole: Array = np.zeros((ceil(len(column) / wide), wide))
    whole.ravel()[: len(column)] = column
    return whole


def _mark(axes: Axes, values: Array, index: tuple[int, ...], limit: float, theme: Theme) -> None:
    """Outline the weight."""
    if len(index) == 4:
        row, column = index[0], index[1]
    elif len(index) == 3:
        row, column = 0, index[0]
    else:
        row, column = divmod(index[0], values.shape[1])
    _numbers(axes, values, limit, theme)
    _outline(axes, row, column, theme)


def _outline(axes: Axes, row: int, column: int, theme: Theme) -> None:
    from matplotlib.patches import Rectangle

    corner: Any = (column - 0.5, row - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=theme.ink, linewidth=1.4))


def picture(pixels: Array, theme: Theme = LIGHT) -> bytes:
    """An image `(H, W, C)` by itself: each of its pixels a square. Returns: a PNG."""
    wide = 2.6
    high = wide * pixels.shape[0] / pixels.shape[1]
    whole = figure(wide, high, theme)
    axes = place(whole, 0, 0, wide, high)
    draw_image(axes, pixels)
    axes.axis("off")
    return png(whole, "image")
