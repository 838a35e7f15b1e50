"""What an answer depends on, by trying: the image with one part covered after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.look.network import Network, opened, rows_of
from konv.explain.look.scores import chosen, scores
from konv.messages import text
from konv.ops.record import Array

__all__ = ["Occlusion", "occlusion"]


@dataclass(frozen=True, eq=False)
class Occlusion:
    """The score of class `label` with a window of `size` covered at every place: `scores` `(rows, columns)`, the
    window's upper left corner at `tops` and `lefts`; `score`, that of the whole image, of height and width `shape`;
    `value`, what covered it, `(C,)`."""

    label: int
    score: float
    size: tuple[int, int]
    tops: Array
    lefts: Array
    scores: Array
    value: Array
    shape: tuple[int, int]

    @property
    def drops(self) -> Array:
        """How much the score falls when the window is covered, `(rows, columns)`: what is positive speaks for the
        class."""
        found: Array = self.score - self.scores
        return found

    @property
    def heat(self) -> Array:
        """For every pixel the mean fall over the windows that cover it, `(H, W)`; 0 where none does."""
        sums, counts = np.zeros(self.shape), np.zeros(self.shape)
        for i, top in enumerate(self.tops):
            for j, left in enumerate(self.lefts):
                here = slice(top, top + self.size[0]), slice(left, left + self.size[1])
                sums[here] += self.drops[i, j]
                counts[here] += 1
        return sums / np.maximum(counts, 1)


def occlusion(
    model: Network,
    image: Any,
    label: int | None = None,
    size: int | tuple[int, int] | None = None,
    stride: int | None = None,
    value: Any = None,
) -> Occlusion:
    """Cover a window of the image, look how the class's score falls, and move on.

    Arguments: `model`; `image`, one, as the network takes it; `label`, the class, by default the network's answer;
    `size` of the window in pixels, by default a quarter of the image; `stride`, how far it moves, by default a third
    of its size (the last window ends with the image); `value`, what covers, a number or one a channel, by default the
    image's mean colour.
    Raises: ConfigurationError for a class there is not, or a window that does not fit; as `activations`.
    Source: Zeiler & Fergus, *Visualizing and understanding convolutional networks*, 2014, section 4.2.
    """
    view = opened(model)
    rows = rows_of(view, image)
    label = chosen(view, rows, label)
    place = view.inputs.index(view.image)
    x = rows[place][0]
    if x.ndim != 3:
        raise ConfigurationError(text("look.no_image"))
    height, width = x.shape[:2]
    window = _window(size, height, width)
    steps = (stride, stride) if stride is not None else tuple(max(side // 3, 1) for side in window)
    if min(steps) < 1:
        raise ConfigurationError(text("look.least", name="stride", least=1, received=stride))
    tops, lefts = _starts(height, window[0], steps[0]), _starts(width, window[1], steps[1])
    colour = np.broadcast_to(np.asarray(x.mean((0, 1)) if value is None else value, x.dtype), x.shape[2:])
    found = np.empty((len(tops), len(lefts)))
    for i, top in enumerate(tops):
        covered = np.repeat(x[None], len(lefts), 0)
        for j, left in enumerate(lefts):
            covered[j, top : top + window[0], left : left + window[1]] = colour
        many = [covered if k == place else np.repeat(row, len(lefts), 0) for k, row in enumerate(rows)]
        found[i] = scores(view, many)[:, label]
    whole = float(scores(view, rows)[0, label])
    return Occlusion(label, whole, window, tops, lefts, found, colour, (height, width))


def _window(size: int | tuple[int, int] | None, height: int, width: int) -> tuple[int, int]:
    """The window's size. Raises: ConfigurationError where it is larger than the image, or empty."""
    asked = (max(round(height / 4), 1), max(round(width / 4), 1)) if size is None else size
    window = (asked, asked) if isinstance(asked, int) else asked
    if not (1 <= window[0] <= height and 1 <= window[1] <= width):
        raise ConfigurationError(text("look.window", received=size, height=height, width=width))
    return window


def _starts(length: int, size: int, stride: int) -> Array:
    """Where windows begin: every `stride`, and so that the last one ends with the image."""
    found = list(range(0, length - size, stride))
    return np.array([*found, length - size])
