"""A network's answer, as what is explained: the score of a class.

The score is the number before the last softmax or sigmoid (Simonyan, Vedaldi & Zisserman, *Deep inside convolutional
networks*, 2014, section 2): a probability also moves when other classes' scores do. Of a network that gives one number,
class 1 is that number and class 0 its opposite; of one that gives an image `(H, W, K)` a class is the mean of its map.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.look.network import View
from konv.graph import Tensor
from konv.messages import text
from konv.ops.activation import Sigmoid, Softmax
from konv.ops.record import Array

__all__ = ["chosen", "classes", "direction", "head", "scores"]


def head(view: View) -> Tensor:
    """The tensor of scores: what the network gives, before a last softmax or sigmoid."""
    output = view.outputs[0]
    return output.node.inputs[0] if isinstance(output.node.op, (Softmax, Sigmoid)) else output


def classes(view: View) -> int:
    """How many classes there are; a network that gives one number tells two apart."""
    shape = head(view).shape
    return max(shape[-1], 2) if shape else 2


def direction(view: View, label: int) -> Array:
    """What each number of the scores counts in the score of class `label`. Raises: ConfigurationError if there is no
    such class."""
    if not 0 <= label < classes(view):
        raise ConfigurationError(text("look.class", received=label, last=classes(view) - 1))
    tensor = head(view)
    found = np.zeros(tensor.shape, tensor.dtype)
    if not tensor.shape or tensor.shape[-1] == 1:
        found[...] = (1.0 if label else -1.0) / found.size
    else:
        found[..., label] = tensor.shape[-1] / found.size
    return found


def scores(view: View, rows: Sequence[Array]) -> Array:
    """The score of every class `(n, K)` for a batch of `rows`."""
    (found,) = view.values(rows, [head(view)])
    found = found.reshape(len(found), -1, found.shape[-1] if found.ndim > 1 else 1).mean(1)
    return np.concatenate((-found, found), 1) if found.shape[1] == 1 else found


def chosen(view: View, rows: Sequence[Array], label: int | None) -> int:
    """Class `label`, or, where that is None, the one with the largest score for the first of `rows`.

    Raises: ConfigurationError if there is no such class.
    """
    if label is None:
        return int(scores(view, [row[:1] for row in rows])[0].argmax())
    direction(view, label)
    return label
