"""Augmentation: images changed at random while training, in ways that leave alone what they show.

What is chosen for a sample depends on the seed, the layer, the epoch and the sample alone (`konv.random.Stream`). Every
choice is one of a table's equally likely rows, so that the compiled kernels and the references choose the very same.
In prediction images pass unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.draws import Draws
from konv.kernels.maps.recolour import Erase, Recolour
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run
from konv.ops.windows import image_shape
from konv.shapes import Shape, show

__all__ = [
    "LEVELS",
    "Augmentation",
    "Cutout",
    "RandomBrightness",
    "RandomContrast",
    "RandomErasing",
    "chosen",
    "levels",
]

LEVELS = 4096
"""Equally spaced values that a random number is one of."""
Range = tuple[float, float]


def levels(low: float, high: float, count: int = LEVELS) -> Array:
    """Values from `low` to `high`, float64 `(count,)`: the middles of equal parts; one value where both are equal."""
    if low == high:
        return np.array([low])
    found: Array = low + (np.arange(count) + 0.5) * ((high - low) / count)
    return found


def chosen(tables: tuple[Array, ...], run: Run, dtype: np.dtype[np.generic]) -> Array:
    """For each sample the sum of one row of each table, `(n, width)`: row ⌊word · rows / 2³²⌋.

    Raises: ValueError where the run has no random stream.
    """
    if run.stream is None:
        raise ValueError("augmentation in training needs a random stream")
    words = run.stream.bits(len(tables)).astype(np.uint64)
    rows = [(words[:, t] * np.uint64(len(table))) >> np.uint64(32) for t, table in enumerate(tables)]
    total: Array = tables[0].astype(dtype)[rows[0]]
    for table, row in zip(tables[1:], rows[1:], strict=True):
        total = total + table.astype(dtype)[row]
    return total


class Augmentation(Op):
    """What all share: choices by tables, and images unchanged in prediction."""

    random: ClassVar[bool] = True

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        """The tables, `(rows, width)` each, for an image of `shape`."""
        raise NotImplementedError

    def draw(self, to: Lowering) -> Slot:
        """Add the kernel that draws what is chosen for each sample."""
        tables = self.tables(to.shapes[0])
        width = tables[0].shape[1]
        out = to.own("chosen", width, "sample")
        spec = Draws(to.dtype, len(tables), tuple(map(len, tables)), width)
        to.samples(spec, to.key, to.numbers, *(to.constant(t.astype(to.dtype)) for t in tables), out)
        return out

    def drawn(self, to: Lowering) -> Slot:
        """What `draw` drew on the way forward."""
        return to.own("chosen", self.tables(to.shapes[0])[0].shape[1], "sample")

    def output_shape(self, *inputs: Shape) -> Shape:
        return image_shape(inputs[0], type(self).__name__)


class _Recoloured(Augmentation):
    """Brightness and contrast: the numbers change, not their places."""

    mean: ClassVar[bool] = False
    value_range: Range

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        if not run.training:
            return x[0]
        f, d = self._choices(x[0], run)
        m = x[0].mean((1, 2), keepdims=True)
        y: Array = (x[0] - m) * f + m if self.mean else x[0] + d
        low, high = np.asarray(self.value_range, x[0].dtype)
        kept: Array = np.clip(y, low, high)
        return kept

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        if not run.training:
            return Gradients((dy,))
        f, _ = self._choices(x[0], run)
        low, high = np.asarray(self.value_range, dy.dtype)
        g = np.where((y > low) & (y < high), dy, 0)
        return Gradients((f * g + (1 - f) * g.mean((1, 2), keepdims=True) if self.mean else g,))

    def _choices(self, x: Array, run: Run) -> tuple[Array, Array]:
        found = chosen(self.tables(x.shape[1:]), run, x.dtype)
        return found[:, 0, None, None, None], found[:, 1, None, None, None]

    def lower(self, to: Lowering) -> None:
        if to.training:
            to.samples(self._kernel(to, back=False), self.draw(to), to.x[0], to.y)
        else:
            to.same()

    def lower_backward(self, to: Lowering) -> None:
        if not to.training:
            to.same()
        elif to.dx[0] is not None:
            to.samples(self._kernel(to, back=True), self.drawn(to), to.y, to.dy, to.dx[0])

    def _kernel(self, to: Lowering, back: bool) -> Recolour:
        height, width, channels = to.shapes[0]
        return Recolour(to.dtype, height * width, channels, self.mean, *self.value_range, back)


@dataclass(frozen=True)
class RandomBrightness(_Recoloured):
    """Images made brighter or darker at random while training.

        y = clip(x + d)        ∂x = ∂y where y is neither end of the range, else 0

    d is drawn for each sample from `factor`, times the width of `value_range`; clip keeps numbers within that range.
    Shapes: x and y (N, H, W, C).
    """

    name: ClassVar[str] = "random_brightness"
    factor: Range
    value_range: Range = (0.0, 255.0)

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        more = levels(*self.factor) * (self.value_range[1] - self.value_range[0])
        return (np.stack([np.ones_like(more), more], 1),)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"low": f"{self.factor[0]:g}", "high": f"{self.factor[1]:g}"}


@dataclass(frozen=True)
class RandomContrast(_Recoloured):
    """Images with more or less contrast at random while training.

        y = clip((x − m) · f + m)        ∂x = f·g + (1 − f) · mean(g)

    m is the mean of a channel over the sample's places, f drawn for each sample from `factor`, clip keeps numbers
    within `value_range`; g is ∂y, and 0 where y is either end of that range; its mean is over the places too.
    Shapes: x and y (N, H, W, C), m (N, C).
    """

    name: ClassVar[str] = "random_contrast"
    mean: ClassVar[bool] = True
    factor: Range
    value_range: Range = (0.0, 255.0)

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        f = levels(*self.factor)
        return (np.stack([f, np.zeros_like(f)], 1),)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"low": f"{self.factor[0]:g}", "high": f"{self.factor[1]:g}"}


class _Erased(Augmentation):
    """A rectangle filled with one value: rows from top to before bottom, columns from left to before right."""

    value: float

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.where(self._erased(x[0], run), np.asarray(self.value, x[0].dtype), x[0]) if run.training else x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((np.where(self._erased(x[0], run), 0, dy) if run.training else dy,))

    def _erased(self, x: Array, run: Run) -> Array:
        boxes = chosen(self.tables(x.shape[1:]), run, x.dtype)
        top, bottom, left, right = (boxes[:, i, None, None] for i in range(4))
        i, j = np.arange(x.shape[1])[:, None], np.arange(x.shape[2])
        inside: Array = (i >= top) & (i < bottom) & (j >= left) & (j < right)
        return inside[..., None]

    def lower(self, to: Lowering) -> None:
        if to.training:
            to.samples(self._kernel(to, self.value), self.draw(to), to.x[0], to.y)
        else:
            to.same()

    def lower_backward(self, to: Lowering) -> None:
        if not to.training:
            to.same()
        elif to.dx[0] is not None:
            to.samples(self._kernel(to, 0.0), self.drawn(to), to.dy, to.dx[0])

    def _kernel(self, to: Lowering, value: float) -> Erase:
        height, width, channels = to.shapes[0]
        return Erase(to.dtype, height, width, channels, value)


@dataclass(frozen=True)
class RandomErasing(_Erased):
    """A rectangle of an image filled with `value`, at random while training.

        y = value inside the rectangle, else x        ∂x = 0 inside, else ∂y

    It is there with probability `rate`. Height and width are each √s of the image's, s drawn from `scale` (as Keras
    draws them); then every place where it fits is equally likely. Shapes: x and y (N, H, W, C).
    Source: Zhong, Zheng, Kang, Li & Yang, *Random erasing data augmentation*, 2017.
    """

    name: ClassVar[str] = "random_erasing"
    rate: float = 0.5
    scale: Range = (0.02, 0.33)
    value: float = 0.0

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        rows, columns = (self._edges(length) for length in shape[:2])
        absent = np.zeros((LEVELS, 4))
        absent[round(self.rate * LEVELS) :, [1, 3]] = -float(shape[0] + shape[1])  # ends before it begins
        return np.pad(rows, ((0, 0), (0, 2))), np.pad(columns, ((0, 0), (2, 0))), absent

    def _edges(self, length: int) -> Array:
        """Beginnings and ends along one axis: 64 lengths at 64 places each."""
        size = np.repeat(np.sqrt(levels(*self.scale, 64)), 64) * length
        start = np.resize(levels(0, 1, 64), len(size)) * (length - size)
        return np.stack([start, start + size], 1)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"percent": f"{100 * self.rate:g}"}


@dataclass(frozen=True)
class Cutout(_Erased):
    """A rectangle of `size` = (height, width) filled with `value`, while training, its middle at a random pixel.

        y = value inside the rectangle, else x        ∂x = 0 inside, else ∂y

    Part of it may lie outside of the image. Shapes: x and y (N, H, W, C).
    Source: DeVries & Taylor, *Improved regularization of convolutional neural networks with cutout*, 2017, section 3.
    """

    name: ClassVar[str] = "cutout"
    size: tuple[int, int] = (8, 8)
    value: float = 0.0

    def tables(self, shape: Shape) -> tuple[Array, ...]:
        first = [np.arange(length) - side // 2 for length, side in zip(shape[:2], self.size, strict=True)]
        edges = [np.stack([start, start + side], 1) for start, side in zip(first, self.size, strict=True)]
        return np.pad(edges[0], ((0, 0), (0, 2))), np.pad(edges[1], ((0, 0), (2, 0)))

    def output_shape(self, *inputs: Shape) -> Shape:
        if any(side > length for side, length in zip(self.size, super().output_shape(*inputs)[:2], strict=True)):
            raise ShapeError(text("cutout_too_large", received=show(self.size), shape=show(inputs[0])))
        return inputs[0]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"size": show(self.size)}
