"""How functions meet what they are given: symbolic tensors, weights, arrays, numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from konv.errors import GraphError, ShapeError
from konv.graph import Node, Tensor, Variable, naming
from konv.graph.node import Operand
from konv.messages import text
from konv.ops.constant import Constant, Parameter
from konv.ops.record import Array, Op
from konv.shapes import show

__all__ = ["Whole", "applied", "array", "axis_of", "is_symbolic", "lead", "number_of", "tensor"]


BINDERS: dict[type, Callable[[Array], Tensor]] = {}
"""For kinds of tensors that know their batch: what makes such a tensor of an array with a batch axis."""


class Whole(Operand):
    """A number of a whole batch that is not computed yet: `konv.functions.total.Total`."""

    def tensor(self) -> Tensor:
        """That number as a symbolic tensor."""
        raise NotImplementedError


def is_symbolic(*values: Any) -> bool:
    """Whether one of `values` belongs to a network, so that the result does."""
    return any(isinstance(v, Operand) for v in values)


def applied(op: Op, *inputs: Tensor) -> Tensor:
    """`op` added to the network. Raises: ShapeError from its shape rule."""
    return Node.apply(op, inputs, (), naming.automatic(op.name), inputs[0].dtype)


def array(value: Any) -> Array:
    """`value` as an array of floats, where it is one of integers too."""
    found = np.asarray(value)
    return found if found.dtype.kind == "f" else found.astype("float32")


def number_of(value: Any) -> float | None:
    """`value` as a number, None where it is more than one."""
    if isinstance(value, Operand) or np.ndim(value) != 0 or np.asarray(value).dtype.kind not in "biuf":
        return None
    return float(value)


def tensor(value: Any, like: Tensor | None = None) -> Tensor:
    """`value` as a symbolic tensor: a weight is the same for every sample, and so is an array.

    Arguments: `like`, a tensor whose type an array takes, and whose axes tell whether the array has a batch axis (of
    one element), which is then left out.
    Raises: ShapeError for an array with a batch axis of several elements; GraphError for what is no number.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Whole):
        return value.tensor()
    if isinstance(value, Variable):
        return Node.apply(Parameter(value.shape), (), (value,), naming.automatic("parameter"), str(value.value.dtype))
    found = np.asarray(value)
    if found.dtype.kind not in "biuf":
        raise GraphError(text("not_an_operand", received=type(value).__name__))
    if like is not None and type(like) in BINDERS and found.ndim == len(like.shape) + 1 and len(found) != 1:
        return BINDERS[type(like)](found)
    if like is not None and found.ndim > len(like.shape):
        if found.ndim != len(like.shape) + 1 or len(found) != 1:
            raise ShapeError(text("constant_with_batch", received=show(found.shape), shape=show(like.shape)))
        found = found[0]
    dtype = "float32" if like is None else like.dtype
    op = Constant(found.shape, tuple(float(v) for v in found.ravel()), dtype)
    return Node.apply(op, (), (), naming.automatic("constant"), dtype)


def lead(x: Tensor) -> int:
    """How many axes stand before those of `x.shape`: 1, the batch axis; none where `x` is the same for every sample."""
    return 0 if x.node.alike else 1


def axis_of(axis: int, x: Tensor, more: int = 0) -> int:
    """`axis` of `x`, the batch axis counted where it has one, as an axis of `x.shape`; `more` axes are to be added.

    Raises: ShapeError for the batch axis, or an axis there is not.
    """
    first = lead(x)
    axes = len(x.shape) + first + more
    found = axis + axes if axis < 0 else axis
    if not first <= found < axes:
        raise ShapeError(text("batch_axis" if found == 0 and first else "bad_axis", received=axis, axes=axes))
    return found - first
