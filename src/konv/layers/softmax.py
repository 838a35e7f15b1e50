"""Softmax as a layer: along any axes, and of some scores alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from konv import ops
from konv.errors import GraphError, KonvError, ShapeError
from konv.functions.base import tensor
from konv.functions.curves import softmax
from konv.functions.elementwise import greater, where
from konv.graph import Tensor, nodes_between
from konv.layers.base import Layer
from konv.layers.normalization import feature_axes
from konv.messages import text
from konv.shapes import Shape, show

__all__ = ["Softmax"]

LEAST = -1e9
"""The score in place of one that is masked, as in Keras."""


class Softmax(Layer):
    """Softmax: turns scores into probabilities, all positive, summing to 1 along an axis.

    Called with a `mask`, an array or a tensor that is broadcast to the scores, it leaves out those where this is 0:
    they get the probability 0. A mask that is an array is the same for every sample of a network.

    Arguments:
        `axis`: the axis, or several together, counting the batch axis as 0: −1, the last.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`.
    Output shape: the input's.
    Raises: ConfigurationError for axes that are none; ShapeError, once called, where there is no such axis, or the mask
    does not fit; GraphError for more inputs than scores and a mask.
    Example: `Softmax()`; over all places of a map `Softmax(axis=[1, 2])`.
    """

    arguments = ("axis",)
    several = True

    def __init__(self, axis: int | Sequence[int] = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = feature_axes(axis, self.name)

    def __call__(self, inputs: Any, mask: Any = None, *, training: bool | None = None) -> Any:
        """See `Layer`; `mask`, which scores count: not those where it is 0, or False."""
        if isinstance(inputs, (list, tuple)) and len(inputs) == 2 and mask is None:
            inputs, mask = inputs
        if mask is not None:
            inputs = [inputs, self._beside(mask, inputs)]
        return super().__call__(inputs, training=training)

    def _beside(self, mask: Any, scores: Any) -> Any:
        if isinstance(mask, Tensor):
            return mask
        values = np.asarray(mask, "float32")
        if isinstance(scores, Tensor):
            return tensor(values, scores)
        try:
            return np.broadcast_to(values, scores.shape)
        except ValueError as error:
            shapes = {"received": show(values.shape), "shape": show(scores.shape)}
            raise ShapeError(text("mask_shape", layer=self.name, **shapes)) from error

    def op(self, *shapes: Shape) -> ops.Op:
        """The softmax. Raises: GraphError for more than scores and a mask."""
        if len(shapes) > 2:
            raise GraphError(text("scores_and_mask", layer=self.name, received=len(shapes)))
        return ops.Softmax()

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        scores, *mask = tensors
        if not mask and self.axis in (-1, len(scores.shape)):
            return super()._nodes(tensors)
        try:
            made = self._chosen(scores, mask)
        except KonvError as error:
            raise self._named(error) from error
        if made.shape != scores.shape:
            shapes = {"received": show(mask[0].shape), "shape": show(scores.shape)}
            raise ShapeError(text("mask_shape", layer=self.name, **shapes))
        for node in nodes_between((made,), tensors):
            node.layer = self.name
        return made

    def _chosen(self, scores: Tensor, mask: Sequence[Tensor]) -> Tensor:
        """The softmax of the scores that count."""
        counts = [greater(one, 0.5) for one in mask]
        made: Tensor = scores
        for one in counts:
            made = where(one, made, LEAST)
        made = softmax(made, self.axis)
        for one in counts:
            made = where(one, made, 0.0)
        return made
