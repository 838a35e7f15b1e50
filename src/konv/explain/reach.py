"""How an operation's results meet the places of its input: the one rule that receptive fields follow from."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

from konv import ops
from konv.ops.resizing import RADIUS
from konv.shapes import Axis, Shape

__all__ = ["Moves", "Reach", "moves", "sees_all"]

Reach = Callable[[int], tuple[int, int]]
"""The first and the last place of the map before that a place of the map behind meets; either may lie beyond it."""
Moves = tuple[Reach, int, int]
"""A reach, and how many places it moves on for how many places behind."""

WHOLE = (
    ops.GlobalAveragePool1D, ops.GlobalAveragePool2D, ops.GlobalMaxPool1D, ops.GlobalMaxPool2D, ops.GroupNormalization,
    ops.Matmul, ops.Reduce, ops.Transpose,
)  # fmt: skip
"""Operations of which every result may depend on every place."""


def sees_all(op: ops.Op, taken: Shape, shape: Shape) -> bool:
    """Whether every result of `op`, of `shape`, may depend on every place of its input, of the shape `taken`.

    Asked where `moves` finds nothing; where this is not so either, a result depends on its own place alone.
    """
    if isinstance(op, WHOLE) or taken[:-1] != shape[:-1]:
        return True
    if isinstance(op, (ops.LayerNormalization, ops.RMSNormalization, ops.UnitNormalization)):  # over places?
        return any(a % len(taken) != len(taken) - 1 for a in op.axes)
    if isinstance(op, ops.Slice):  # turned around
        return min(op.steps) < 0
    return isinstance(op, ops.Dense) and len(taken) == 1


def moves(op: ops.Op, taken: Shape, shape: Shape) -> tuple[Moves, Moves] | None:
    """How places along height and width of `shape` meet those of `taken`, for operations with a window or a margin.

    Returns: for both axes a `Reach`, and by how many places it moves for how many places behind; None for operations
    without.
    """
    if isinstance(op, WHOLE):
        return None
    if isinstance(op, (ops.Conv2DTranspose, ops.Conv1DTranspose)):
        axes = _way_back(op, taken)
        return _pair([(_spread(axis), 1, axis.stride) for axis in axes])
    if isinstance(op, ops.AdaptiveAveragePool2D):
        return _pair([(_binned(n, bins), n, bins) for n, bins in zip(taken, op.output, strict=False)])
    window = op.window(taken)
    if window is not None:
        return _pair([(_window(axis), axis.stride, 1) for axis in window])
    if isinstance(op, (ops.Resize, ops.UpSampling2D, ops.UpSampling1D)):
        sizes = zip(taken[:-1], shape[:-1], strict=True)
        return _pair([(_resized(op, old, new), old // gcd(old, new), new // gcd(old, new)) for old, new in sizes])
    if isinstance(op, ops.Pad) and len(taken) in (2, 3):
        return _pair([(_shifted(-before), 1, 1) for before, _ in op.margins[:-1]])
    if isinstance(op, ops.Slice) and len(taken) in (2, 3) and min(op.steps) > 0 and len(shape) == len(taken):
        return _pair([(_shifted(a, s), s, 1) for a, s in list(zip(op.starts, op.steps, strict=True))[:-1]])
    return None


def _pair(moves: list[Moves]) -> tuple[Moves, Moves]:
    """Of height and width; a sequence is an image of one row."""
    first, second = moves if len(moves) == 2 else [(_shifted(0), 1, 1), *moves]
    return first, second


def _way_back(op: ops.Conv2DTranspose | ops.Conv1DTranspose, taken: Shape) -> tuple[Axis, ...]:
    if isinstance(op, ops.Conv2DTranspose):
        return op.way_back(taken)
    images = op.on_images()
    assert isinstance(images, ops.Conv2DTranspose)
    return images.way_back((1, *taken))


def _window(axis: Axis) -> Reach:
    return lambda i: (axis.stride * i - axis.before, axis.stride * i - axis.before + axis.span - 1)


def _spread(axis: Axis) -> Reach:
    """Of a transposed convolution: places whose copy of the kernel covers i; where none does, the one before."""

    def reach(i: int) -> tuple[int, int]:
        last = (i + axis.before) // axis.stride
        return min(-((axis.span - 1 - i - axis.before) // axis.stride), last), last

    return reach


def _resized(op: ops.Op, old: int, new: int) -> Reach:
    """Places nearer than the curve's end to t = (i + ½)·old/new − ½; without a curve the one that t falls on."""
    radius = RADIUS.get(getattr(op, "interpolation", "nearest"))
    if not radius:
        return lambda i: ((2 * i + 1) * old // (2 * new),) * 2
    stretched = getattr(op, "smooth", False) and old > new
    wide = 2 * radius * (old if stretched else new)

    def reach(i: int) -> tuple[int, int]:
        place = (2 * i + 1) * old - new
        if not stretched and place % (2 * new) == 0:  # on a place: the curves are 0 at all others
            return (place // (2 * new),) * 2
        return (place - wide) // (2 * new) + 1, -((-place - wide) // (2 * new)) - 1

    return reach


def _binned(size: int, bins: int) -> Reach:
    return lambda i: (i * size // bins, -(-(i + 1) * size // bins) - 1)


def _shifted(by: int, step: int = 1) -> Reach:
    return lambda i: (step * i + by, step * i + by)
