"""The pictures of a run: learning curves, confusion matrix, mistakes, and the filters of the first convolution.

Each function returns the bytes of a PNG file. Words stand in the report, in the language asked for; pictures carry
numbers, symbols and ASCII labels only. A `$` in a class name is text, never mathematics to be typeset.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from konv.explain.style import FONT, LIGHT, Theme, ascii_names, bare, figure, place, png, ramp, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Array", "confusion", "curves", "filters", "learning_rates", "mistakes"]

Array = np.ndarray[Any, np.dtype[Any]]

NUMBERED = 20
"""Up to so many classes every cell of the confusion matrix carries its count."""
NAMED = 40
"""Up to so many classes the confusion matrix names each row and column."""
TILES = 24
"""Mistakes shown at most."""
WIDTH = 9.2
"""Inches of the wide pictures."""


def curves(
    epochs: Sequence[int],
    loss: Sequence[float],
    accuracy: Sequence[float],
    val_loss: Sequence[float] = (),
    val_accuracy: Sequence[float] = (),
    theme: Theme = LIGHT,
) -> bytes:
    """Loss (nats) and accuracy (0 to 1) after each of `epochs`, on what was trained on and what was held out.

    Arguments: `epochs` from 1; `loss`, `accuracy`, one number an epoch; `val_loss`, `val_accuracy` the same, or empty;
    `theme`. Returns: a PNG.
    """
    picture = figure(WIDTH, 3.4, theme)
    left, right = place(picture, 0.5, 0.4, 3.1, 2.5), place(picture, 5.1, 0.4, 3.1, 2.5)
    _curve(left, "loss", epochs, loss, val_loss, theme, "{:.3f}")
    percent = [[100 * a for a in row] for row in (accuracy, val_accuracy)]
    _curve(right, "accuracy, %", epochs, percent[0], percent[1], theme, "{:.1f}")
    return png(picture, "learning curves")


def _curve(
    axes: Axes,
    title: str,
    epochs: Sequence[int],
    trained: Sequence[float],
    held_out: Sequence[float],
    theme: Theme,
    form: str,
) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_facecolor(theme.paper)
    axes.set_title(title, loc="left", fontsize=10, color=theme.ink, fontfamily=FONT, pad=10)
    axes.set_xlabel("epoch", fontsize=8.5, color=theme.faint, fontfamily=FONT)
    axes.grid(axis="y", color=theme.rules, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8.5, labelcolor=theme.faint, pad=5)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(theme.rules)
    ends = []
    for name, values, colour in (("train", trained, theme.trained), ("test", held_out, theme.cool)):
        if len(values):
            axes.plot(epochs, values, color=colour, linewidth=1.9, solid_capstyle="round", clip_on=False)
            axes.plot(epochs[-1:], values[-1:], "o", color=colour, markersize=4.5, clip_on=False)
            ends.append((float(values[-1]), f"{name} {form.format(values[-1])}", colour))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.margins(x=0.02, y=0.08)
    _label_ends(axes, ends, epochs[-1] if len(epochs) else 0)


def learning_rates(
    rates: Sequence[float], losses: Sequence[float], smoothed: Sequence[float], chosen: float, theme: Theme = LIGHT
) -> bytes:
    """The loss while the learning rate grew, and the rate at which it fell fastest.

    Arguments: `rates`, `losses` (nats) and `smoothed` ones, a number for each step; `chosen`, the rate to mark;
    `theme`.
    Returns: a PNG.
    """
    picture = figure(5.6, 3.4, theme)
    axes = place(picture, 0.5, 0.5, 4.6, 2.4)
    _curve(axes, "loss", (), (), (), theme, "")
    axes.plot(rates, losses, color=theme.rules, linewidth=1.2)
    axes.plot(rates, smoothed, color=theme.trained, linewidth=1.9, solid_capstyle="round")
    axes.axvline(chosen, color=theme.cool, linewidth=1.4)
    axes.set_xscale("log")
    axes.set_ylim(top=min(max(losses), 1.5 * max(smoothed[: max(3, len(smoothed) // 2)])))
    axes.set_xlabel(f"learning rate; {chosen:.2g}", fontsize=8.5, color=theme.faint, fontfamily=FONT)
    return png(picture, "learning rates")


def _label_ends(axes: Axes, ends: list[tuple[float, str, str]], last: int) -> None:
    """Write each line's name and last value beside its end, moved apart where two would overlap."""
    low, high = axes.get_ylim()
    least = (high - low) * 0.075
    ends = sorted(ends)
    places = [value for value, _, _ in ends]
    if len(places) == 2 and places[1] - places[0] < least:
        middle = sum(places) / 2
        places = [middle - least / 2, middle + least / 2]
    for at, (_, name, colour) in zip(places, ends, strict=True):
        axes.annotate(
            name, (last, at), (8, 0), textcoords="offset points", va="center", color=colour, fontsize=8.5,
            fontfamily=FONT, annotation_clip=False,
        )  # fmt: skip


def confusion(matrix: Array, names: Sequence[str], theme: Theme = LIGHT) -> bytes:
    """How often each class (row) was taken for each (column): right ones in one colour, mistakes in another.

    Arguments: `matrix`, counts `(K, K)`; `names` of the K classes, replaced by their numbers where one is not ASCII;
    `theme`. Colours show shares of a row; mistakes are coloured by the square root of theirs, so that rare ones are
    seen. Returns: a PNG.
    """
    count = len(names)
    labels = [short(name) for name in ascii_names(tuple(names))]
    side = count * (0.52 if count <= NUMBERED else max(5.6 / count, 0.022))
    letters = max(len(label) for label in labels) if count <= NAMED else 4
    margin = 0.55 + 0.085 * letters
    picture = figure(max(side, 1.0) + margin + 0.2, max(side, 1.0) + margin + 0.2, theme)
    axes = place(picture, margin, margin, side, side)
    axes.imshow(_confusion_colours(matrix, theme), interpolation="nearest", aspect="auto")
    bare(axes, theme)
    axes.xaxis.set_ticks_position("top")
    axes.xaxis.set_label_position("top")
    marks = range(0, count, 1 if count <= NAMED else ceil(count / 20))
    shown = [labels[i] if count <= NAMED else str(i) for i in marks]
    size = 8.5 if count <= NUMBERED else 7
    axes.set_xticks(marks, shown, rotation=90, fontsize=size, color=theme.ink, fontfamily=FONT, parse_math=False)
    axes.set_yticks(marks, shown, fontsize=size, color=theme.ink, fontfamily=FONT, parse_math=False)
    axes.tick_params(length=0, pad=4)
    axes.set_xlabel("predicted →", fontsize=8.5, color=theme.faint, fontfamily=FONT, loc="left", labelpad=6)
    axes.set_ylabel("← true", fontsize=8.5, color=theme.faint, fontfamily=FONT, loc="top", labelpad=6)
    if count <= NUMBERED:
        _write_counts(axes, matrix, theme)
    return png(picture, "confusion matrix", trim=True)


def _shares(matrix: Array) -> Array:
    """Each row divided by its sum; a class without samples is a row of zeros."""
    shares: Array = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    return shares


def _confusion_colours(matrix: Array, theme: Theme) -> Array:
    """Colours `(K, K, 4)`: the diagonal by its share, the rest by the square root of theirs."""
    shares = _shares(matrix)
    colours: Array = ramp(theme.paper, theme.warm)(np.sqrt(shares))
    diagonal = np.arange(len(matrix))
    colours[diagonal, diagonal] = ramp(theme.paper, theme.cool)(0.12 + 0.88 * shares[diagonal, diagonal])
    return colours


def _write_counts(axes: Axes, matrix: Array, theme: Theme) -> None:
    shares = _shares(matrix)
    size = 8.5 if matrix.max(initial=0) < 10_000 else 6.5
    for row, column in np.argwhere(matrix > 0):
        depth = shares[row, column] if row == column else np.sqrt(shares[row, column])
        axes.text(
            column, row, str(int(matrix[row, column])), ha="center", va="center", fontsize=size, fontfamily=FONT,
            color=theme.paper if depth > 0.55 else theme.ink,
        )  # fmt: skip


def mistakes(
    images: Array,
    true: Sequence[int] | Array,
    predicted: Sequence[int] | Array,
    probabilities: Sequence[float] | Array,
    names: Sequence[str],
    theme: Theme = LIGHT,
) -> bytes:
    """Images that were taken for another class, each with its true name and the one predicted with its probability.

    Arguments: `images` `(M, H, W, C)`, C being 1 or 3, values 0 to 255 or 0 to 1, the worst first; for each its
    `true` and `predicted` class number and the predicted one's probability (`probabilities`); `names` of the classes;
    `theme`. At most 24 are drawn. Returns: a PNG.
    """
    labels = [short(name, 13) for name in ascii_names(tuple(names))]
    shown = min(len(images), TILES)
    columns = 8 if shown > 12 else 6
    tile, caption, gap = (WIDTH - 0.1) / columns, 0.36, 0.14
    high = tile - gap + caption
    picture = figure(WIDTH, max(ceil(shown / columns), 1) * high + 0.1, theme)
    for i in range(shown):
        row, column = divmod(i, columns)
        axes = place(picture, 0.1 + column * tile, 0.1 + row * high, tile - gap, tile - gap)
        _draw_image(axes, images[i])
        bare(axes, theme)
        lines = ((labels[true[i]], theme.ink), (f"→ {labels[predicted[i]]} {100 * probabilities[i]:.0f}%", theme.warm))
        for line, (words, colour) in enumerate(lines):
            axes.annotate(
                words, (0, 0), (0, -3 - 9 * line), xycoords="axes fraction", textcoords="offset points", va="top",
                color=colour, fontsize=6.5 if columns == 8 else 8, fontfamily=FONT, parse_math=False,
            )  # fmt: skip
    return png(picture, "mistakes")


def _draw_image(axes: Axes, image: Array) -> None:
    values = np.asarray(image, np.float32)
    values = np.clip(values / 255 if values.max(initial=0) > 1 else values, 0, 1)
    if values.shape[-1] == 1:
        axes.imshow(values[..., 0], cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    else:
        axes.imshow(values[..., :3], interpolation="nearest")


def filters(kernel: Array, theme: Theme = LIGHT) -> bytes:
    """Every filter of a convolution, weight by weight: positive in one colour, negative in another, 0 is the paper.

    Arguments: `kernel` `(kh, kw, channels, filters)`; `theme`. The scale is symmetric about 0. A filter over up to
    four channels is a strip with a tile for each; over more it is one tile, the mean over its channels. Returns: a PNG.
    """
    if kernel.shape[2] > 4:
        kernel = kernel.mean(2, keepdims=True)
    kernel_height, kernel_width, channels, count = kernel.shape
    limit = float(np.abs(kernel).max(initial=0)) or 1.0
    columns = _columns(count, channels)
    wide = (WIDTH - 0.1) / columns
    tile = min((wide - 0.14) / channels, 0.95)
    tall = tile * kernel_height / kernel_width
    high = tall + 0.24
    picture = figure(WIDTH, ceil(count / columns) * high + 0.5, theme)
    colours = ramp(theme.warm, theme.paper, theme.cool)
    for i in range(count):
        row, column = divmod(i, columns)
        for c in range(channels):
            axes = place(picture, 0.1 + column * wide + c * tile, 0.1 + row * high, tile * 0.96, tall * 0.96)
            axes.imshow(kernel[:, :, c, i], colours, vmin=-limit, vmax=limit, interpolation="nearest", aspect="auto")
            bare(axes, theme)
            if c == 0:
                axes.annotate(
                    str(i), (0, 0), (0, -2), xycoords="axes fraction", textcoords="offset points", va="top",
                    color=theme.faint, fontsize=6.5, fontfamily=FONT,
                )  # fmt: skip
    _scale(picture, limit, theme)
    return png(picture, "filters of the first convolution")


def _scale(picture: Figure, limit: float, theme: Theme) -> None:
    """The colours from −limit to +limit, in the lower right corner."""
    height = picture.get_size_inches()[1]
    axes = place(picture, WIDTH - 2.6, height - 0.36, 2.3, 0.09)
    colours = ramp(theme.warm, theme.paper, theme.cool)
    axes.imshow(np.linspace(-1, 1, 256)[None], colours, aspect="auto", extent=(-1, 1, 0, 1))
    bare(axes, theme)
    axes.set_xticks([-1, 0, 1], [f"−{limit:.2g}", "0", f"+{limit:.2g}"], fontsize=7.5, fontfamily=FONT)
    axes.tick_params(length=0, labelcolor=theme.faint, pad=3)


def _columns(count: int, channels: int) -> int:
    """Filters side by side: as many as stay legible, in rows of equal length where that can be had."""
    most = {1: 16, 2: 10, 3: 8}.get(channels, 6)
    if count <= most:
        return max(count, most // 2)
    return next((n for n in range(most, most // 2, -1) if count % n == 0), most)
