"""Augmentation that moves pixels: flips, shifts, crops, rotations, zooms, shears; all are one affine map of places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.resample import FARTHEST, Resample
from konv.messages import text
from konv.ops.augmentation import Augmentation, Range, chosen, levels
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Run
from konv.shapes import Shape, show

__all__ = [
    "FILLS", "RandomCrop", "RandomFlip", "RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom", "look",
    "looked_from",
]  # fmt: skip

FILLS = ("constant", "nearest", "reflect", "wrap")
"""What may be beyond the edges of an image."""
STILL = np.array([[1.0, 0, 0, 0, 1, 0]])
"""The map that leaves every pixel where it is."""


def _maps(count: int, **parts: Array | float) -> Array:
    """`count` maps with these of their numbers a … f, the others 0."""
    found = np.zeros((count, 6))
    for letter, values in parts.items():
        found[:, "abcdef".index(letter)] = values
    return found


def _axis(at: Array, length: int, linear: bool, fill: str) -> list[tuple[Array, Array, Array]]:
    """The rows (or columns) that places lie on or between: their numbers, whether they are inside, their shares."""
    at = np.clip(np.where(np.isnan(at), -FARTHEST, at), -FARTHEST, FARTHEST)
    low = np.floor(at if linear else at + np.asarray(0.5, at.dtype))
    share = at - low
    found = []
    for more, part in ((0, 1 - share), (1, share)) if linear else ((0, np.ones_like(at)),):
        index = low.astype(np.int64) + more
        inside = np.ones(index.shape, bool)
        if fill == "reflect":
            kept = index % (2 * length)
            kept = np.minimum(kept, 2 * length - 1 - kept)
        elif fill == "wrap":
            kept = index % length
        else:
            kept = np.clip(index, 0, length - 1)
            inside = (kept == index) | (fill == "nearest")
        found.append((kept, inside, part))
    return found


def _places(maps: Array, size: tuple[int, int], shape: Shape, linear: bool, fill: str) -> tuple[list, list]:  # type: ignore[type-arg]
    """Rows and columns of the input `shape` for every pixel of the output, `(N, H', W')` each."""
    a, b, c, d, e, f = (maps[:, i, None, None] for i in range(6))
    i, j = np.arange(size[0], dtype=maps.dtype)[:, None], np.arange(size[1], dtype=maps.dtype)
    rows, columns = (a * i + c) + b * j, (d * i + f) + e * j
    return _axis(rows, shape[0], linear, fill), _axis(columns, shape[1], linear, fill)


def look(x: Array, maps: Array, size: tuple[int, int], linear: bool, fill: str, value: float) -> Array:
    """Images `x` `(N, H, W, C)` looked at through `maps` `(N, 6)`; see `_Moved`. Returns: `(N, *size, C)`."""
    rows, columns = _places(maps, size, x.shape[1:], linear, fill)
    n = np.arange(len(x))[:, None, None]
    lines = []
    for r, row_inside, _ in rows:
        seen = [
            np.where((row_inside & inside)[..., None], x[n, r, column], np.asarray(value, x.dtype))
            for column, inside, _ in columns
        ]
        lines.append(_mixed(seen, columns))
    return _mixed(lines, rows)


def looked_from(dy: Array, maps: Array, shape: Shape, linear: bool, fill: str) -> Array:
    """The gradient of `look`: `dy` handed to the pixels it came from. Returns: `(N, *shape)`."""
    rows, columns = _places(maps, dy.shape[1:3], shape, linear, fill)
    dx = np.zeros((len(dy), *shape), dy.dtype)
    n = np.arange(len(dy))[:, None, None]
    for r, row_inside, row_share in rows:
        for c, inside, share in columns:
            g = dy * row_share[..., None] * share[..., None]
            np.add.at(dx, (n, r, c), np.where((row_inside & inside)[..., None], g, 0))
    return dx


def _mixed(values: list[Array], places: list[tuple[Array, Array, Array]]) -> Array:
    if len(values) == 1:
        return values[0]
    (_, _, low), (_, _, high) = places
    found: Array = values[0] * low[..., None] + values[1] * high[..., None]
    return found


class _Moved(Augmentation):
    """Every pixel (i, j) of the output is what the input shows at the place (a·i + c + b·j, d·i + f + e·j)."""

    @property
    def way(self) -> tuple[bool, str, float]:
        """Whether places between pixels are interpolated, what is beyond the edges, and the value there."""
        return False, "constant", 0.0

    def still(self, shape: Shape) -> Array | None:
        """The map `(1, 6)` of prediction; None where nothing moves."""
        return None

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        maps = self._maps(x[0], run)
        if maps is None:
            return x[0]
        return look(x[0], maps, self._size(x[0].shape[1:]), *self.way)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        maps = self._maps(x[0], run)
        return Gradients((dy if maps is None else looked_from(dy, maps, x[0].shape[1:], *self.way[:2]),))

    def _maps(self, x: Array, run: Run) -> Array | None:
        if run.training:
            return chosen(self.tables(x.shape[1:]), run, x.dtype)
        still = self.still(x.shape[1:])
        return None if still is None else np.repeat(still, len(x), 0).astype(x.dtype)

    def _size(self, shape: Shape) -> tuple[int, int]:
        height, width, _ = self.output_shape(shape)
        return height, width

    def lower(self, to: Lowering) -> None:
        still = self.still(to.shapes[0])
        if to.training:
            to.samples(self._kernel(to, alike=False, back=False), self.draw(to), to.x[0], to.y)
        elif still is None:
            to.same()
        else:
            to.samples(self._kernel(to, alike=True, back=False), self._constant(to, still), to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        still = self.still(to.shapes[0])
        if not to.training and still is None:
            to.same()
        elif to.dx[0] is not None:
            alike = not to.training
            maps = self._constant(to, still) if alike and still is not None else self.drawn(to)
            to.samples(self._kernel(to, alike, back=True), maps, to.dy, to.dx[0])

    def _constant(self, to: Lowering, still: Array) -> Slot:
        return to.constant(still[0].astype(to.dtype))

    def _kernel(self, to: Lowering, alike: bool, back: bool) -> Resample:
        height, width, channels = to.shapes[0]
        return Resample(to.dtype, (height, width), self._size(to.shapes[0]), channels, *self.way, alike, back)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {}


class _Between(_Moved):
    """Those that move pixels to places between pixels, and from beyond the edges."""

    fill: str
    interpolation: str
    value: float

    @property
    def way(self) -> tuple[bool, str, float]:
        """See `_Moved`."""
        return self.interpolation == "bilinear", self.fill, self.value


@dataclass(frozen=True)
class RandomFlip(_Moved):
    """Images mirrored at random while training: left to right, upside down, or each by itself.

        y[n, i, j] = x[n, i', j']        ∂x[n, i', j'] = ∂y[n, i, j]

    i' is i or H − 1 − i, j' is j or W − 1 − j, with probability ½ each, as `mode` ("horizontal", "vertical",
    "horizontal_and_vertical") allows. Shapes: x and y (N, H, W, C).
    """

    name: ClassVar[str] = "random_flip"
    mode: str = "horizontal_and_vertical"

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        rows = _maps(2, a=np.array([1.0, -1]), c=np.array([0.0, shape[0] - 1]))
        columns = _maps(2, e=np.array([1.0, -1]), f=np.array([0.0, shape[1] - 1]))
        return rows[: 1 + ("vertical" in self.mode)], columns[: 1 + ("horizontal" in self.mode)]


@dataclass(frozen=True)
class RandomTranslation(_Between):
    """Images shifted at random while training, down by a share of their height, right by a share of their width.

        y[n, i, j] = x[n, i − s·H, j − t·W]        s from `height`, t from `width`, drawn for each sample

    Between pixels x is interpolated ("bilinear") or that of the nearest one ("nearest"); beyond the edges it is what
    `fill` says (see `Resample`). ∂x: every ∂y goes to the pixels it came from, by their shares.
    Shapes: x and y (N, H, W, C).
    """

    name: ClassVar[str] = "random_translation"
    height: Range
    width: Range
    fill: str = "reflect"
    interpolation: str = "bilinear"
    value: float = 0.0

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        s, t = levels(*self.height), levels(*self.width)
        return _maps(len(s), a=1, c=-s * shape[0]), _maps(len(t), e=1, f=-t * shape[1])


@dataclass(frozen=True)
class RandomRotation(_Between):
    """Images turned about their middle at random while training.

        (i', j') = m + R(−2π·t)·((i, j) − m)        y[n, i, j] = x[n, i', j']        t from `factor`, in turns

    Positive turns are counter-clockwise. Interpolation, `fill`, gradient and shapes as of `RandomTranslation`.
    """

    name: ClassVar[str] = "random_rotation"
    factor: Range
    fill: str = "reflect"
    interpolation: str = "bilinear"
    value: float = 0.0

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        angle = 2 * np.pi * levels(*self.factor)
        cos, sin = np.cos(angle), np.sin(angle)
        row, column = (shape[0] - 1) / 2, (shape[1] - 1) / 2
        return (_maps(len(angle), a=cos, b=sin, c=row - cos * row - sin * column,
                      d=-sin, e=cos, f=column + sin * row - cos * column),)  # fmt: skip


@dataclass(frozen=True)
class RandomZoom(_Between):
    """Images made smaller or larger about their middle at random while training.

        (i', j') = m + ((1 + s)·(i − m₀), (1 + t)·(j − m₁))        y[n, i, j] = x[n, i', j']

    s is drawn from `height`, t from `width` (None: t = s): positive ones show more of the image, smaller.
    Interpolation, `fill`, gradient and shapes as of `RandomTranslation`.
    """

    name: ClassVar[str] = "random_zoom"
    height: Range
    width: Range | None = None
    fill: str = "reflect"
    interpolation: str = "bilinear"
    value: float = 0.0

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        s = levels(*self.height)
        rows = _maps(len(s), a=1 + s, c=-s * (shape[0] - 1) / 2)
        if self.width is None:
            return (rows + _maps(len(s), e=1 + s, f=-s * (shape[1] - 1) / 2),)
        t = levels(*self.width)
        return rows, _maps(len(t), e=1 + t, f=-t * (shape[1] - 1) / 2)


@dataclass(frozen=True)
class RandomShear(_Between):
    """Images sheared about their middle at random while training: rows slide along each other, and columns.

        (i', j') = (i + t·(j − m₁), j + s·(i − m₀))        y[n, i, j] = x[n, i', j']

    s is drawn from `x_factor`, t from `y_factor`. Interpolation, `fill`, gradient and shapes as of `RandomTranslation`.
    """

    name: ClassVar[str] = "random_shear"
    x_factor: Range
    y_factor: Range
    fill: str = "reflect"
    interpolation: str = "bilinear"
    value: float = 0.0

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        s, t = levels(*self.x_factor), levels(*self.y_factor)
        return (
            _maps(len(s), a=1, e=1, d=s, f=-s * (shape[0] - 1) / 2),
            _maps(len(t), b=t, c=-t * (shape[1] - 1) / 2),
        )


@dataclass(frozen=True)
class RandomCrop(_Moved):
    """A part of `size` = (h, w) of each image, at random while training, the middle one in prediction.

        y[n, i, j] = x⁺[n, i + s, j + t]        ∂x⁺[n, i + s, j + t] = ∂y[n, i, j]

    x⁺ is x with `padding` zeros on each side; s from 0 to H⁺ − h and t from 0 to W⁺ − w are equally likely.
    Shapes: x (N, H, W, C), y (N, h, w, C). Source: Krizhevsky, Sutskever & Hinton, 2012, section 4.1; with padding:
    Lee, Xie, Gallagher, Zhang & Tu, *Deeply-supervised nets*, 2015, section 3.
    """

    name: ClassVar[str] = "random_crop"
    size: tuple[int, int]
    padding: int = 0

    def _room(self, shape: Shape) -> list[int]:
        """How far the part can move along either axis."""
        return [length + 2 * self.padding - side for length, side in zip(shape[:2], self.size, strict=True)]

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        down, right = (np.arange(room + 1) - self.padding for room in self._room(shape))
        return _maps(len(down), a=1, c=down), _maps(len(right), e=1, f=right)

    def still(self, shape: Shape) -> Array | None:
        down, right = (room // 2 - self.padding for room in self._room(shape))
        still = STILL + _maps(1, c=float(down), f=float(right))
        return None if self.size == shape[:2] and not still[0, [2, 5]].any() else still

    def output_shape(self, *inputs: Shape) -> Shape:
        shape = super().output_shape(*inputs)
        if min(self._room(shape)) < 0:
            padded = show((shape[0] + 2 * self.padding, shape[1] + 2 * self.padding))
            raise ShapeError(text("crop_too_large", size=show(self.size), received=padded))
        return *self.size, shape[2]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"size": show(self.size)}
