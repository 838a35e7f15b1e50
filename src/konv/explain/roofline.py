"""The roofline picture of a step: what each kernel call does with a core, under what a core can do.

Source: Williams, Waterman, Patterson, *Roofline: an insightful visual performance model for multicore architectures*,
Communications of the ACM 52(4), 2009.
"""

from __future__ import annotations

from math import atan2, cos, degrees, sin, sqrt
from typing import TYPE_CHECKING

import numpy as np

from konv.explain.speed import Limits, Profile
from konv.explain.style import FONT, LIGHT, Theme, figure, place, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["roofline"]

WIDTH, HEIGHT = 9.2, 6.75
LARGEST = 17.0
"""Points across the dot of the call that takes longest; a dot's area is its call's time."""
SMALLEST = 2.5
CLEAR = 90.0
"""Pixels between the middle of a line's name and the nearest dot."""


def roofline(measured: Profile, theme: Theme = LIGHT) -> bytes:
    """Each call of `measured` that multiplies, by its operations a byte and a second, and the whole step below.

    Arguments: `theme`. Both axes are logarithmic; a dot's area is its call's time, its number its place in the step,
    from 1; colours are those of the step's phases. The strip below has all calls, as wide as they take long, and on
    the right what is outside of kernels. Returns: a PNG.
    """
    picture = figure(WIDTH, HEIGHT, theme)
    colours = {"forward": theme.cool, "backward": theme.warm, "weights": theme.trained}
    dots = _dots(measured)
    axes = place(picture, 0.75, 0.62, WIDTH - 1.05, HEIGHT - 2.45)
    _frame(axes, dots, measured.limits, theme)
    _roofs(axes, dots, measured.limits, theme)
    longest = max((seconds for *_, seconds in dots), default=1.0)
    for number, x, y, seconds in sorted(dots, key=lambda dot: -dot[3]):
        across = max(LARGEST * sqrt(seconds / longest), SMALLEST)
        colour = colours[measured.phases[number - 1]]
        axes.plot(x, y, "o", color=colour, markersize=across, markeredgecolor=theme.paper, alpha=0.9, clip_on=False)
    _numbers(axes, dots, longest, measured.limits, theme)
    _legend(axes, colours)
    _strip(place(picture, 0.75, HEIGHT - 0.95, WIDTH - 1.05, 0.3), measured, colours, theme)
    return png(picture, "roofline")


Dot = tuple[int, float, float, float]
"""A call's number, floating-point operations a byte, of them a second in 10^9, and its seconds."""


def _dots(measured: Profile) -> list[Dot]:
    return [
        (number, 2 * call.macs / call.bytes, 2e-9 * call.macs / call.seconds, call.seconds)
        for number, call in enumerate(measured.calls, start=1)
        if call.macs and call.bytes and call.seconds
    ]


def _frame(axes: Axes, dots: list[Dot], limits: Limits, theme: Theme) -> None:
    """Axes that hold all dots and the corners of the roof."""
    corners = [limits.peak / limits.cache, limits.peak / limits.memory]
    xs, ys = [x for _, x, _, _ in dots] + corners, [y for _, _, y, _ in dots]
    top = limits.peak / 1e9
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(xs) / 2, max(xs) * 2)
    axes.set_ylim(min([top / 12, *(y / 1.5 for y in ys)]), max([top, *ys]) * 1.45)
    axes.set_facecolor(theme.paper)
    axes.grid(color=theme.rules, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0, labelsize=8.5, labelcolor=theme.faint, pad=5)
    for axis in (axes.xaxis, axes.yaxis):
        _ticks(axis)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(theme.rules)
    axes.set_title("GFLOP/s of one core", loc="left", fontsize=10, color=theme.ink, fontfamily=FONT, pad=12)
    axes.set_xlabel("FLOP per byte", fontsize=8.5, color=theme.faint, fontfamily=FONT, labelpad=6)


def _ticks(axis: object) -> None:
    """Marks at 1, 2, 5, 10, …, written as plain numbers."""
    from matplotlib.axis import Axis
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    assert isinstance(axis, Axis)
    axis.set_major_locator(LogLocator(10, (1.0, 2.0, 5.0)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _roofs(axes: Axes, dots: list[Dot], limits: Limits, theme: Theme) -> None:
    """The lines no call can cross: the peak, and what memory and cache deliver, up to where they meet it."""
    (left, right), (low, _) = axes.get_xlim(), axes.get_ylim()
    peak = limits.peak / 1e9
    for name, rate, style in (("L2 cache", limits.cache / 1e9, (0, (4, 3))), ("memory", limits.memory / 1e9, "-")):
        corner, start = peak / rate, max(left, low / rate)
        axes.plot([start, corner], [start * rate, peak], color=theme.ink, linewidth=1.3, linestyle=style)
        _along(axes, (start, start * rate), (corner, peak), dots, f"{name} {rate:.3g} GB/s", theme)
    axes.plot([peak / (limits.cache / 1e9), right], [peak, peak], color=theme.ink, linewidth=1.3)
    axes.annotate(
        f"peak {peak:.0f}", (right, peak), (0, 4), textcoords="offset points", ha="right", color=theme.ink,
        fontsize=8.5, fontfamily=FONT,
    )  # fmt: skip


def _along(
    axes: Axes, first: tuple[float, float], last: tuple[float, float], dots: list[Dot], words: str, theme: Theme
) -> None:
    """`words` above a line, sloping as it does: in its middle, or where they are farthest from any dot."""
    ends = axes.transData.transform([first, last])
    slope = atan2(*(ends[1] - ends[0])[::-1])
    crowd = axes.transData.transform([(x, y) for _, x, y, _ in dots] or [last])
    places = [ends[0] + share * (ends[1] - ends[0]) for share in (0.5, 0.35, 0.65, 0.22, 0.78)]
    clear = [float(np.hypot(*(crowd - place).T).min()) for place in places]
    chosen = next((i for i, distance in enumerate(clear) if distance > CLEAR), int(np.argmax(clear)))
    x, y = axes.transData.inverted().transform(places[chosen])
    axes.annotate(
        words, (x, y), (-7 * sin(slope), 7 * cos(slope)), textcoords="offset points", ha="center", va="center",
        rotation=degrees(slope), rotation_mode="anchor", color=theme.faint, fontsize=8.5, fontfamily=FONT,
    )  # fmt: skip


def _numbers(axes: Axes, dots: list[Dot], longest: float, limits: Limits, theme: Theme) -> None:
    """The number of each dot, beside it: long calls choose first where theirs stands, clear of dots and lines."""
    scale = 72 / axes.figure.dpi
    at = {n: axes.transData.transform((x, y)) * scale for n, x, y, _ in dots}
    radius = {n: max(LARGEST * sqrt(s / longest), SMALLEST) / 2 for n, _, _, s in dots}
    taken = [(*at[n], radius[n], radius[n]) for n in at]
    lines = [(x, min(rate * x, limits.peak) / 1e9) for x in np.geomspace(*axes.get_xlim(), 200)
             for rate in (limits.memory, limits.cache)]  # fmt: skip
    taken += [(*axes.transData.transform(point) * scale, 2.0, 2.0) for point in lines]
    for number, x, y, _ in sorted(dots, key=lambda dot: -dot[3]):
        half = 2.6 * len(str(number)) + 0.5
        away = radius[number]
        places = [
            (dx * (away + half + 1), dy * (away + 5))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.8), (-0.8, 0.8), (0.8, -0.8), (-0.8, -0.8))
        ]
        places += [(2.2 * dx, 2.2 * dy) for dx, dy in places]
        boxes = [(at[number][0] + dx, at[number][1] + dy, half, 4.0) for dx, dy in places]
        clear = (i for i, box in enumerate(boxes) if not any(_overlap(box, other) for other in taken))
        chosen = next(clear, 0)
        taken.append(boxes[chosen])
        line = {"arrowstyle": "-", "color": theme.faint, "linewidth": 0.5} if chosen >= len(places) // 2 else None
        axes.annotate(
            str(number), (x, y), places[chosen], textcoords="offset points", ha="center", va="center",
            color=theme.ink, fontsize=7.5, fontfamily=FONT, annotation_clip=False, arrowprops=line,
        )  # fmt: skip


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Whether two boxes `(x, y, half the width, half the height)` meet."""
    return abs(a[0] - b[0]) < a[2] + b[2] and abs(a[1] - b[1]) < a[3] + b[3]


def _legend(axes: Axes, colours: dict[str, str]) -> None:
    right = 0.0
    for name, colour in reversed(colours.items()):
        axes.annotate(
            name, (1, 1), (right, 14), xycoords="axes fraction", textcoords="offset points", ha="right",
            color=colour, fontsize=8.5, fontfamily=FONT, annotation_clip=False,
        )  # fmt: skip
        right -= 5.3 * len(name) + 12


def _strip(axes: Axes, measured: Profile, colours: dict[str, str], theme: Theme) -> None:
    """The step as a strip: every call as wide as it takes long, the rest of all threads' time in the open."""
    at, inside = 0.0, measured.inside
    whole = max(measured.whole, inside)
    for number, (call, phase) in enumerate(zip(measured.calls, measured.phases, strict=True), start=1):
        axes.barh(0, call.seconds, left=at, height=1, color=colours[phase], edgecolor=theme.paper, linewidth=0.4)
        if call.seconds > (0.006 + 0.006 * len(str(number))) * whole:
            axes.text(
                at + call.seconds / 2, 0, str(number), ha="center", va="center", color=theme.paper, fontsize=7.5,
                fontfamily=FONT,
            )  # fmt: skip
        at += call.seconds
    axes.barh(0, whole - inside, left=at, height=1, color=theme.paper, edgecolor=theme.rules, linewidth=0.8)
    if whole - inside > 0.15 * whole:
        axes.text(
            (at + whole) / 2, 0, "outside kernels", ha="center", va="center", color=theme.faint, fontsize=7.5,
            fontfamily=FONT,
        )  # fmt: skip
    axes.set_xlim(0, whole)
    axes.set_ylim(-0.5, 0.5)
    axes.set_facecolor(theme.paper)
    axes.set_yticks([])
    axes.tick_params(length=0, labelsize=8.5, labelcolor=theme.faint, pad=4)
    axes.set_xticks([0, inside, whole], ["0", f"{1e3 * inside:.3g}", f"{1e3 * whole:.3g}"], fontfamily=FONT)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(
        f"ms of one core a step, {measured.threads} threads", loc="left", fontsize=10, color=theme.ink,
        fontfamily=FONT, pad=8,
    )  # fmt: skip
