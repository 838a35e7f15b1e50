"""How a window slides over an image: shared by convolution and pooling.

Images are `(…, H, W, C)`. A window has taps `(u, v)`; moving over the padded image, tap `(u, v)` of output `(i, j)`
meets the element `(stride·i + dilation·u, stride·j + dilation·v)`. For a fixed tap these elements form a regular
grid, one for each output: a slice. So every window operation is a short loop over taps, and whole arrays inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import EllipsisType

import numpy as np

from konv.errors import ShapeError
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import Axis, Shape, show

__all__ = ["Grid", "crop", "image_shape", "pad", "taps"]

Grid = tuple[EllipsisType, slice, slice, slice]


def image_shape(shape: Shape, op: str) -> Shape:
    """`shape` itself if it is that of an image, `(H, W, C)`. Raises: ShapeError otherwise."""
    if len(shape) != 3:
        raise ShapeError(text("not_an_image", layer=op, received=show(shape), axes=len(shape)))
    return shape


def taps(axes: tuple[Axis, ...]) -> Iterator[tuple[int, int, Grid]]:
    """Each tap `(u, v)` of a window, row by row, with the grid of padded elements it meets."""
    rows, columns = axes
    for u in range(rows.kernel):
        for v in range(columns.kernel):
            yield u, v, (..., _met(rows, u), _met(columns, v), slice(None))


def _met(axis: Axis, tap: int) -> slice:
    """The padded elements along one axis that `tap` meets, one for each output."""
    start = tap * axis.dilation
    return slice(start, start + (axis.output - 1) * axis.stride + 1, axis.stride)


def pad(x: Array, axes: tuple[Axis, ...], value: float = 0.0) -> Array:
    """`x (N, H, W, C)` with `value` around its images, as far as the windows reach."""
    rows, columns = axes
    around = ((0, 0), (rows.before, rows.after), (columns.before, columns.after), (0, 0))
    return np.pad(x, around, constant_values=value)


def crop(x: Array, axes: tuple[Axis, ...]) -> Array:
    """The images inside a padded array `(…, H⁺, W⁺, C)`: undoes `pad`."""
    rows, columns = axes
    return x[..., rows.before : rows.before + rows.size, columns.before : columns.before + columns.size, :]
