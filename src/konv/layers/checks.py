"""What layers ask of their arguments, with errors that name the layer."""

from __future__ import annotations

from collections.abc import Sequence

from konv.errors import ConfigurationError, ShapeError
from konv.graph import naming
from konv.messages import text
from konv.shapes import Shape

__all__ = ["checked_name", "sample_shape"]

RESERVED = ("optimizer", "random", "callbacks")
"""What a model file's tensors that are no weights begin with."""


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
