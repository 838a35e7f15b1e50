"""Functions that put numbers elsewhere. Axes and shapes count the batch axis, which of symbolic tensors stays first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import EllipsisType
from typing import Any

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.functions.base import BINDERS, applied, array, axis_of, is_symbolic, lead, tensor
from konv.graph import Tensor, Variable
from konv.messages import text
from konv.ops.arrangement import BroadcastTo, Pad, Slice, Transpose
from konv.ops.concatenation import Concatenate
from konv.ops.views import Reshape
from konv.shapes import channels_last, elements

__all__ = [
    "broadcast_to", "concatenate", "depth_to_space", "expand_dims", "flip", "index", "moveaxis", "pad",
    "permute_dimensions", "repeat", "reshape", "roll", "space_to_depth", "split", "squeeze", "stack", "swapaxes",
    "tile", "transpose", "unstack",
]  # fmt: skip

MARGINS = ("constant", "reflect", "symmetric", "edge", "wrap")
"""What `pad` may put around."""


def reshape(x: Any, newshape: Sequence[int | None]) -> Any:
    """The same numbers in another shape. Raises: ShapeError where the batch axis would not stay.

    Arguments: `newshape`, of a symbolic tensor with −1 or None for the batch axis first; (−1,) alone gives a row whose
    sums and means are those of the whole batch.
    """
    if not is_symbolic(x):
        return np.reshape(array(x), tuple(-1 if n is None else int(n) for n in newshape))
    x = tensor(x)
    flat = lead(x) and len(newshape) == 1 and elements(x.shape) > 1
    if lead(x) and (not newshape or newshape[0] not in (-1, None) or (flat and isinstance(x, tuple(BINDERS)))):
        raise ShapeError(text("batch_axis_first", received=tuple(newshape)))
    if flat:
        return row(x)
    return applied(Reshape(tuple(-1 if n is None else int(n) for n in newshape[lead(x) :])), x)


def row(x: Tensor) -> Tensor:
    """All numbers of a batch in one row, as far as sums and means go: those of each sample in a row of its own."""
    made = applied(Reshape((-1,)), x)
    made.node.row = True
    return made


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order; by default turned around. Raises: ShapeError where the batch axis would not stay.

    Arguments: `axes`, for each axis of the result that of `x`; the batch axis 0 of a symbolic tensor stays first.
    """
    if not is_symbolic(x):
        return np.transpose(array(x), axes)
    x = tensor(x)
    first = lead(x)
    count = len(x.shape) + first
    order = list(range(count))[::-1] if axes is None else [a % count for a in axes]
    if order[:first] != [0][:first]:
        raise ShapeError(text("batch_axis_first", received=tuple(order)))
    return applied(Transpose(tuple(a - first for a in order[first:])), x)


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """`transpose` under the name of Keras's backend. Arguments: `pattern`, the axes."""
    return transpose(x, pattern)


def moveaxis(x: Any, source: int, destination: int) -> Any:
    """`x` with the axis `source` put at `destination`; the batch axis of a symbolic tensor stays first."""
    if not is_symbolic(x):
        return np.moveaxis(array(x), source, destination)
    x = tensor(x)
    order = list(range(len(x.shape) + lead(x)))
    count = len(order)
    order.insert(destination % count, order.pop(source % count))
    return transpose(x, order)


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """`x` with the axes `axis1` and `axis2` in each other's place; the batch axis of a symbolic tensor stays first."""
    if not is_symbolic(x):
        return np.swapaxes(array(x), axis1, axis2)
    x = tensor(x)
    order = list(range(len(x.shape) + lead(x)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


def expand_dims(x: Any, axis: int) -> Any:
    """`x` with an axis of one element at `axis`."""
    if not is_symbolic(x):
        return np.expand_dims(array(x), axis)
    x = tensor(x)
    own = axis_of(axis, x, 1)
    return applied(Reshape((*x.shape[:own], 1, *x.shape[own:])), x)


def squeeze(x: Any, axis: int | None = None) -> Any:
    """`x` without an axis of one element, `axis`, or all of them (but the batch axis). Raises: ShapeError."""
    if not is_symbolic(x):
        return np.squeeze(array(x), axis)
    x = tensor(x)
    own = {a for a, n in enumerate(x.shape) if n == 1} if axis is None else {axis_of(axis, x)}
    if any(x.shape[a] != 1 for a in own):
        raise ShapeError(text("bad_axis", received=axis, axes=len(x.shape) + 1))
    return applied(Reshape(tuple(n for a, n in enumerate(x.shape) if a not in own)), x)


def concatenate(xs: Sequence[Any], axis: int = -1) -> Any:
    """`xs` side by side along `axis`."""
    if not is_symbolic(*xs):
        return np.concatenate([array(x) for x in xs], axis)
    tensors = _tensors(xs)
    return applied(Concatenate(axis_of(axis, tensors[0])), *tensors)


def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """The arrays or tensors `x`, alike, along a new axis at `axis`; of symbolic tensors not the batch axis."""
    if not is_symbolic(*x):
        return np.stack([array(one) for one in x], axis)
    return concatenate([expand_dims(one, axis) for one in _tensors(x)], axis)


def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = -1) -> Any:
    """`x` cut along `axis`. Raises: ShapeError where equal parts do not come out even.

    Arguments: `indices_or_sections`, how many equal parts, or where each part but the first begins.
    Returns: a list of the parts.
    """
    if not is_symbolic(x):
        return np.split(array(x), indices_or_sections, axis)
    x = tensor(x)
    own = axis_of(axis, x)
    size = x.shape[own]
    if isinstance(indices_or_sections, Sequence):
        begins = [0, *indices_or_sections, size]
    else:
        if indices_or_sections < 1 or size % indices_or_sections:
            raise ShapeError(text("uneven_split", size=size, received=indices_or_sections))
        begins = [i * (size // indices_or_sections) for i in range(indices_or_sections + 1)]
    return [_part(x, own, a, b) for a, b in pairwise(begins)]


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Any]:
    """The parts of `x` along `axis`, each without it; of a symbolic tensor not the batch axis. Arguments: `num`, taken
    for Keras's sake."""
    if not is_symbolic(x):
        return [np.take(array(x), i, axis) for i in range(np.shape(x)[axis])]
    x = tensor(x)
    own = axis_of(axis, x)
    return [squeeze(_part(x, own, i, i + 1), own + lead(x)) for i in range(x.shape[own])]


def roll(x: Any, shift: int, axis: int) -> Any:
    """`x` with everything `shift` places further along `axis`, what leaves at one end coming in at the other."""
    if not is_symbolic(x):
        return np.roll(array(x), shift, axis)
    x = tensor(x)
    own = axis_of(axis, x)
    size = x.shape[own]
    at = -shift % size
    return applied(Concatenate(own), _part(x, own, at, size), _part(x, own, 0, at)) if at else x


def repeat(x: Any, repeats: int, axis: int) -> Any:
    """`x` with each element along `axis` there `repeats` times in a row."""
    if not is_symbolic(x):
        return np.repeat(array(x), repeats, axis)
    x = tensor(x)
    own = axis_of(axis, x)
    before, size, behind = x.shape[:own], x.shape[own], x.shape[own + 1 :]
    wide = applied(BroadcastTo((*before, size, repeats, *behind)), applied(Reshape((*before, size, 1, *behind)), x))
    return applied(Reshape((*before, size * repeats, *behind)), wide)


def flip(x: Any, axis: int) -> Any:
    """`x` with the order along `axis` turned around."""
    if not is_symbolic(x):
        return np.flip(array(x), axis)
    x = tensor(x)
    own = axis_of(axis, x)
    starts, steps = [0] * len(x.shape), [1] * len(x.shape)
    starts[own], steps[own] = x.shape[own] - 1, -1
    return applied(Slice(tuple(starts), x.shape, tuple(steps)), x)


def pad(
    x: Any, pad_width: Sequence[Sequence[int]], mode: str = "constant", constant_values: float | None = None
) -> Any:
    """`x` with a margin. Raises: ConfigurationError for another mode; ShapeError for a margin of the batch axis.

    Arguments: `pad_width`, for each axis how many elements before and behind; `mode`, what they hold, as in
    `numpy.pad`: "constant", which is `constant_values`; or "reflect", "symmetric", "edge", "wrap": elements of `x`.
    """
    mode = str(mode).lower()  # TensorFlow writes capitals
    if mode not in MARGINS:
        raise ConfigurationError(text("unknown_setting", name="pad: mode", received=mode, known=", ".join(MARGINS)))
    constant = {"constant_values": constant_values or 0.0} if mode == "constant" else {}
    if not is_symbolic(x):
        return np.pad(array(x), pad_width, mode, **constant)  # type: ignore[call-overload]
    x, margins = tensor(x), [(int(before), int(after)) for before, after in pad_width]
    if lead(x) and margins[:1] != [(0, 0)]:
        raise ShapeError(text("batch_axis_first", received=tuple(margins)))
    margins = margins[lead(x) :]
    if constant:
        return applied(Pad(tuple(margins), float(constant["constant_values"])), x)
    for axis, margin in enumerate(margins, lead(x)):
        x = _repeating(x, axis, margin, mode)
    return x


def _repeating(x: Tensor, axis: int, margin: tuple[int, int], mode: str) -> Tensor:
    """`x` with a margin along `axis` that repeats its elements."""
    size = x.shape[axis - lead(x)]
    places = np.pad(np.arange(size), margin, mode)  # type: ignore[call-overload]
    front = (slice(None),) * axis
    before, after = places[: margin[0]], places[margin[0] + size :]
    sides = [[index(x, (*front, slice(i, i + 1))) for i in map(int, side)] for side in (before, after)]
    return concatenate([*sides[0], x, *sides[1]], axis) if any(margin) else x


def depth_to_space(x: Any, block_size: int, data_format: str | None = None) -> Any:
    """Every `block_size`² channels of images `(N, H, W, C)` as a square of places, row by row.

    Arguments: `data_format`, "channels_last". Raises: ShapeError where the channels do not come out even.
    """
    channels_last(data_format, "depth_to_space")
    height, width, channels = x.shape[-3:]
    made = channels // block_size**2
    blocks = reshape(x, (-1, height, width, block_size, block_size, made))
    return reshape(transpose(blocks, (0, 1, 3, 2, 4, 5)), (-1, height * block_size, width * block_size, made))


def space_to_depth(x: Any, block_size: int, data_format: str | None = None) -> Any:
    """Every square of `block_size`² places of images `(N, H, W, C)` as one place of so many times as many channels.

    Arguments: `data_format`, "channels_last". Raises: ShapeError where the squares do not come out even.
    """
    channels_last(data_format, "space_to_depth")
    height, width, channels = x.shape[-3:]
    rows, columns = height // block_size, width // block_size
    blocks = transpose(reshape(x, (-1, rows, block_size, columns, block_size, channels)), (0, 1, 3, 2, 4, 5))
    return reshape(blocks, (-1, rows, columns, block_size**2 * channels))


def broadcast_to(x: Any, shape: Sequence[int | None]) -> Any:
    """`x` repeated until it has `shape`, of a symbolic tensor with any value for the batch axis first."""
    if not is_symbolic(x):
        return np.broadcast_to(array(x), [len(x) if n is None else int(n) for n in shape]).copy()
    x = tensor(x)
    return applied(BroadcastTo(tuple(int(n or 1) for n in list(shape)[lead(x) :])), x)


def tile(x: Any, repeats: Sequence[int]) -> Any:
    """`x` repeated as a whole, `repeats` times along each axis, of a symbolic tensor once along the batch axis.

    Raises: ShapeError otherwise.
    """
    if not is_symbolic(x):
        return np.tile(array(x), repeats)
    x = tensor(x)
    if len(repeats) != len(x.shape) + lead(x) or (lead(x) and repeats[0] != 1):
        raise ShapeError(text("batch_axis_first", received=tuple(repeats)))
    repeats = list(repeats)[lead(x) :]
    apart: list[int] = []
    spread: list[int] = []
    for n, times in zip(x.shape, repeats, strict=True):
        apart += [1, n]
        spread += [int(times), n]
    wide = applied(BroadcastTo(tuple(spread)), applied(Reshape(tuple(apart)), x))
    return applied(Reshape(tuple(n * int(times) for n, times in zip(x.shape, repeats, strict=True))), wide)


def index(x: Tensor | Variable, key: Any) -> Tensor:
    """`x[key]` of a symbolic tensor: integers, slices, `...`, None; the batch axis whole. Raises: ShapeError."""
    x = tensor(x)
    keys = list(key) if isinstance(key, tuple) else [key]
    taken = sum(k is not None and not isinstance(k, EllipsisType) for k in keys)
    if not any(isinstance(k, EllipsisType) for k in keys):
        keys.append(...)
    at = next(i for i, k in enumerate(keys) if isinstance(k, EllipsisType))
    keys[at : at + 1] = [slice(None)] * (len(x.shape) + lead(x) - taken)
    if lead(x) and (not isinstance(keys[0], slice) or keys[0] != slice(None)):
        raise ShapeError(text("batch_axis_first", received=key))
    starts, counts, steps, shape = [], [], [], []
    sizes = iter(x.shape)
    for k in keys[lead(x) :]:
        if k is None:
            shape.append(1)
            continue
        size = next(sizes, 0)
        places = range(size)[k] if isinstance(k, slice) else _one(size, k)
        starts.append(places[0] if len(places) else 0)
        counts.append(len(places))
        steps.append(places.step)
        if isinstance(k, slice):
            shape.append(len(places))
    found = applied(Slice(tuple(starts), tuple(counts), tuple(steps)), x)
    return found if tuple(shape) == found.shape else applied(Reshape(tuple(shape)), found)


def _one(size: int, k: Any) -> range:
    if not hasattr(k, "__index__") or not -size <= int(k) < size:
        raise ShapeError(text("bad_index", received=k, size=size))
    return range(int(k) % size, int(k) % size + 1)


def _part(x: Tensor, axis: int, begin: int, end: int) -> Tensor:
    starts, counts = [0] * len(x.shape), list(x.shape)
    starts[axis], counts[axis] = begin, end - begin
    return applied(Slice(tuple(starts), tuple(counts), (1,) * len(x.shape)), x)


def _tensors(xs: Sequence[Any]) -> list[Tensor]:
    like = next((x for x in xs if isinstance(x, Tensor)), None)
    return [tensor(x, like) for x in xs]
