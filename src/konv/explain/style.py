"""The colours and type of every picture: one restrained style, for light and for dark paper."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

__all__ = ["DARK", "DPI", "FONT", "LIGHT", "Theme", "ascii_names", "bare", "figure", "place", "png", "ramp", "short"]

DPI = 150
"""Pixels an inch."""
FONT = "DejaVu Sans"
"""Comes with matplotlib, so pictures look the same everywhere; it has no Chinese, so pictures carry no words."""


@dataclass(frozen=True)
class Theme:
    """Colours as `#rrggbb`: of the `paper`, of text (`ink`, and `faint` beside it), of `rules`, and of three meanings:
    what was held out, is right or positive (`cool`), is wrong or negative (`warm`), was `trained` on."""

    name: str
    paper: str
    ink: str
    faint: str
    rules: str
    cool: str
    warm: str
    trained: str


LIGHT = Theme("light", "#ffffff", "#1d2733", "#66727f", "#e3e7eb", "#1f6fb2", "#c8501e", "#7f8a96")
DARK = Theme("dark", "#171c22", "#e4e9ee", "#94a0ac", "#2e363f", "#62aeea", "#f0854f", "#8592a0")


def figure(width: float, height: float, theme: Theme) -> Figure:
    """An empty figure of `width` × `height` inches on the paper of `theme`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), dpi=DPI, facecolor=theme.paper)
    FigureCanvasAgg(made)
    return made


def place(picture: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """New axes in `picture`, `left` and `top` inches from its upper left corner, `width` × `height` inches."""
    whole_width, whole_height = picture.get_size_inches()
    bottom = whole_height - top - height
    return picture.add_axes((left / whole_width, bottom / whole_height, width / whole_width, height / whole_height))


def bare(axes: Axes, theme: Theme) -> None:
    """Leave nothing of `axes` but a thin frame in the colour that `theme` has for rules."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor(theme.paper)
    for spine in axes.spines.values():
        spine.set_color(theme.rules)


def ramp(*colours: str) -> LinearSegmentedColormap:
    """A colour map that runs evenly through `colours`."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("konv", list(colours))


def png(picture: Figure, title: str, trim: bool = False) -> bytes:
    """`picture` as the bytes of a PNG file that carries its `title` but no date: equal runs give equal files.

    `trim` cuts the empty paper around it away.
    """
    written = BytesIO()
    picture.savefig(
        written,
        format="png",
        facecolor=picture.get_facecolor(),
        bbox_inches="tight" if trim else None,
        metadata={"Title": title, "Software": "konv"},
    )
    return written.getvalue()


def short(name: str, length: int = 14) -> str:
    """`name` cut to `length` characters."""
    return name if len(name) <= length else name[: length - 1] + "…"


def ascii_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The class `names` where every one can be drawn in ASCII, else their numbers: `0`, `1`, …"""
    drawable = all(name.isascii() and name.isprintable() and name.strip() for name in names)
    return names if drawable else tuple(str(i) for i in range(len(names)))
