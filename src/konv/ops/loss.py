"""Losses as records: what is minimised, its gradient, and the form of target each takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.ops.record import Array
from konv.shapes import Shape

__all__ = ["Loss"]


@dataclass(frozen=True)
class Loss:
    """Base of all losses. `from_logits`: predictions are unnormalised scores, not probabilities."""

    name: ClassVar[str] = ""
    from_logits: bool = False

    def check(self, target: Array, output: Shape) -> Array:
        """`target` in the form that `forward` takes (float one-hot rows, or int64 labels), checked.

        Raises: LabelError where labels are out of range, of the wrong form or would have to be broadcast.
        """
        raise NotImplementedError

    def forward(self, target: Array, prediction: Array) -> Array:
        """The loss of each sample, `(N,)`."""
        raise NotImplementedError

    def backward(self, target: Array, prediction: Array) -> Array:
        """The derivative of each sample's loss by its prediction, of the prediction's shape (not divided by N)."""
        raise NotImplementedError
