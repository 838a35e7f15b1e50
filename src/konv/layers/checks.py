"""What layers ask of their arguments, with errors that name the layer."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import nan

from konv.errors import ConfigurationError, ShapeError
from konv.graph import naming
from konv.messages import text
from konv.shapes import Shape, channels_last

__all__ = ["channels_last", "checked_name", "count", "number", "sample_shape"]

RESERVED = ("optimizer", "random", "callbacks")
"""What a model file's tensors that are no weights begin with."""


def count(value: object, name: str, layer: str, least: int = 1) -> int:
    """`value` as an integer of at least `least`. Raises: ConfigurationError where it is none."""
    try:
        found = least - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        found = least - 1
    if found < least:
        raise ConfigurationError(text("not_a_count", layer=layer, name=name, least=least, received=value))
    return found


def number(value: object) -> float:
    """`value` as a float, NaN where it is no number: so that whoever asks for a range refuses it in one sentence."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return nan


def sample_shape(shape: object, layer: str, batch: bool = False) -> Shape:
    """`shape` of one sample as a tuple of positive integers; with `batch`, the first axis is the batch and goes.

    Raises: ShapeError where an axis is None, not positive or not an integer.
    """
    if isinstance(shape, Sequence) and not isinstance(shape, str):
        axes = tuple(shape)[1:] if batch else tuple(shape)
    else:
        axes = (shape,)
    if not axes or not all(hasattr(n, "__index__") and not isinstance(n, bool) and int(n) > 0 for n in axes):
        raise ShapeError(text("bad_sample_shape", layer=layer, received=shape))
    return tuple(int(n) for n in axes)


def checked_name(name: object, kind: str) -> str:
    """`name` of a layer or model checked, or the next automatic one: it stands before `/` in the names of weights.

    Raises: ConfigurationError where it is no text, has a `/`, or is one of a model file's own folders.
    """
    if name is None:
        return naming.automatic(kind)
    if not isinstance(name, str) or not name or "/" in name or name in RESERVED:
        raise ConfigurationError(text("bad_layer_name", received=name))
    return name
