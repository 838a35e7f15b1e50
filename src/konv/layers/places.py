"""Layers that put numbers elsewhere: padding, cropping, enlarging, reshaping, other orders of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from konv import ops
from konv.arguments import count
from konv.errors import ConfigurationError, ShapeError
from konv.layers.base import Layer
from konv.messages import text
from konv.ops.resizing import WAYS
from konv.ops.sequence import sequence_shape
from konv.ops.windows import image_shape
from konv.shapes import Shape, channels_last, pair, show

__all__ = ["Cropping1D", "Cropping2D", "Permute", "RepeatVector", "Reshape", "UpSampling1D", "UpSampling2D",
           "ZeroPadding1D", "ZeroPadding2D"]  # fmt: skip

Sides = tuple[int, int]


def _sides(value: object, name: str, layer: str, axes: int) -> tuple[Sides, ...]:
    """A pair for each axis, from one integer for all, one an axis, or a pair an axis; for one axis, also its pair."""
    if axes == 1 and isinstance(value, Sequence) and not isinstance(value, str):
        value = (value,)
    values = (value,) * axes if hasattr(value, "__index__") else value
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != axes:
        raise ConfigurationError(text("bad_sides", layer=layer, name=name, count=axes, received=value))
    return tuple(cast(Sides, pair(v, name, layer, 2, 0)) for v in values)


def _cropped(shape: Shape, cropping: tuple[Sides, ...], kind: str) -> ops.Op:
    """What is left of `shape` by its spatial axes. Raises: ShapeError where that is nothing."""
    starts = (*(before for before, _ in cropping), 0)
    counts = tuple(n - sum(cut) for n, cut in zip(shape, (*cropping, (0, 0)), strict=True))
    if min(counts) < 1:
        raise ShapeError(text("nothing_after_cropping", layer=kind, received=show(shape), cropping=cropping))
    return ops.Slice(starts, counts, (1,) * len(shape))


class ZeroPadding2D(Layer):
    """Zeros around images.

    Arguments:
        `padding`: rows and columns of zeros on each side: one integer, one for height and one for width, or
        ((above, below), (left, right)).
        `data_format`: `"channels_last"`, the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H + above + below, W + left + right, C)`.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `ZeroPadding2D(3)`: `(N, 224, 224, 3)` becomes `(N, 230, 230, 3)`.
    """

    arguments = ("padding", "data_format")

    def __init__(self, padding: object = 1, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.padding = _sides(padding, "padding", self.name, 2)
        self.data_format = channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The padding."""
        image_shape(shapes[0], "ZeroPadding2D")
        return ops.Pad((*self.padding, (0, 0)))


class ZeroPadding1D(Layer):
    """Zeros before and behind sequences.

    Arguments:
        `padding`: how many on either side, or (before, behind).
        `data_format`: `"channels_last"`, the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L + before + behind, C)`.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `ZeroPadding1D((2, 0))`.
    """

    arguments = ("padding", "data_format")

    def __init__(self, padding: object = 1, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        (self.padding,) = _sides(padding, "padding", self.name, 1)
        self.data_format = channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The padding."""
        sequence_shape(shapes[0], "ZeroPadding1D")
        return ops.Pad((self.padding, (0, 0)))


class Cropping2D(Layer):
    """Images with rows and columns cut off at the edges.

    Arguments:
        `cropping`: how many on each side: one integer, one for height and one for width, or
        ((above, below), (left, right)).
        `data_format`: `"channels_last"`, the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, H − above − below, W − left − right, C)`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where nothing is left.
    Example: `Cropping2D(((1, 1), (2, 2)))`.
    """

    arguments = ("cropping", "data_format")

    def __init__(self, cropping: object = 0, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.cropping = _sides(cropping, "cropping", self.name, 2)
        self.data_format = channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The cropping."""
        return _cropped(image_shape(shapes[0], "Cropping2D"), self.cropping, "Cropping2D")


class Cropping1D(Layer):
    """Sequences with steps cut off at their ends.

    Arguments:
        `cropping`: how many at either end, or (before, behind).
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, L − before − behind, C)`.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where nothing is left.
    Example: `Cropping1D((0, 1))`.
    """

    arguments = ("cropping",)

    def __init__(self, cropping: object = 1, **options: Any) -> None:
        super().__init__(**options)
        (self.cropping,) = _sides(cropping, "cropping", self.name, 1)

    def op(self, *shapes: Shape) -> ops.Op:
        """The cropping."""
        return _cropped(sequence_shape(shapes[0], "Cropping1D"), (self.cropping,), "Cropping1D")


class UpSampling2D(Layer):
    """Images enlarged by whole factors.

    Arguments:
        `size`: how many times, in height and width, one integer or two.
        `data_format`: `"channels_last"`, the only one.
        `interpolation`: `"nearest"` (every pixel repeated), `"bilinear"` (weighted between pixels' centres),
        `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, H, W, C)`.
    Output shape: `(N, size · H, size · W, C)`.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `UpSampling2D(2, interpolation="bilinear")`.
    """

    arguments = ("size", "data_format", "interpolation")

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.size = pair(size, "size", self.name)
        self.data_format = channels_last(data_format, self.name)
        if interpolation not in WAYS:
            name, known = f"{self.name}: interpolation", ", ".join(WAYS)
            raise ConfigurationError(text("unknown_setting", name=name, received=interpolation, known=known))
        self.interpolation = interpolation

    def op(self, *shapes: Shape) -> ops.Op:
        """The enlargement."""
        return ops.UpSampling2D(cast("tuple[int, int]", self.size), self.interpolation)


class UpSampling1D(Layer):
    """Sequences whose every step is repeated.

    Arguments:
        `size`: how many times.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, L, C)`.
    Output shape: `(N, size · L, C)`.
    Raises: ConfigurationError for a size that is no positive integer.
    Example: `UpSampling1D(3)`.
    """

    arguments = ("size",)

    def __init__(self, size: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.size = count(size, "size", self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The enlargement."""
        return ops.UpSampling1D(self.size)


class Reshape(Layer):
    """The same numbers, in the same order, in another shape.

    Arguments:
        `target_shape`: the shape of a sample, without the batch axis; one axis may be −1: whatever is left over.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: `(N, *target_shape)`.
    Raises: ConfigurationError for a shape that makes no sense; ShapeError, once called, where the numbers do not fit.
    Example: `Reshape((7, 7, -1))`.
    """

    arguments = ("target_shape",)

    def __init__(self, target_shape: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.target_shape = _integers(target_shape, "target_shape", self.name, -1)

    def op(self, *shapes: Shape) -> ops.Op:
        """The reshaping."""
        return ops.Reshape(self.target_shape)


class Permute(Layer):
    """The axes of a sample in another order.

    Arguments:
        `dims`: for each axis of the output, which axis of the input it is, counted from 1; the batch axis stays.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, as many axes as `dims` has.
    Output shape: `(N, …)`, the same axes in another order.
    Raises: ConfigurationError for dims that are no integers; ShapeError, once called, where they are not 1, 2, … in
    some order.
    Example: `Permute((2, 1))`: `(N, 10, 64)` becomes `(N, 64, 10)`.
    """

    arguments = ("dims",)

    def __init__(self, dims: Sequence[int], **options: Any) -> None:
        super().__init__(**options)
        self.dims = _integers(dims, "dims", self.name, 1)

    def op(self, *shapes: Shape) -> ops.Op:
        """The permutation. Raises: ShapeError where the input has other axes than `dims` names."""
        if sorted(self.dims) != list(range(1, len(shapes[0]) + 1)):
            received, axes = show(shapes[0]), len(shapes[0])
            raise ShapeError(text("bad_permutation", layer="Permute", dims=self.dims, received=received, axes=axes))
        return ops.Transpose(tuple(d - 1 for d in self.dims))


class RepeatVector(Layer):
    """A vector repeated, as the steps of a sequence.

    Arguments:
        `n`: how many times.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, F)`.
    Output shape: `(N, n, F)`.
    Raises: ConfigurationError for an n that is no positive integer; ShapeError, once called, for other inputs.
    Example: `RepeatVector(3)`.
    """

    arguments = ("n",)

    def __init__(self, n: int, **options: Any) -> None:
        super().__init__(**options)
        self.n = count(n, "n", self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The repetition."""
        return ops.RepeatVector(self.n)


def _integers(value: object, name: str, layer: str, least: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    return pair(values, name, layer, len(values), least)
