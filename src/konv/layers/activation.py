"""Activations as layers of their own."""

from __future__ import annotations

from typing import Any

from konv import activations, ops
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.shapes import Shape

__all__ = ["Activation", "ReLU", "Softmax"]


class Activation(Layer):
    """An activation as a layer.

    Arguments:
        `activation`: its name (`"relu"`, `"softmax"`, …) or a function of `konv.activations`.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: UnknownNameError, with the nearest names, for an activation there is not.
    Example: `Activation("relu")`.
    """

    arguments = ("activation",)

    def __init__(self, activation: object, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation)

    def op(self, *shapes: Shape) -> ops.Op:
        """The activation's."""
        return self.activation.op


class ReLU(Layer):
    """Rectified linear unit: what is positive passes, everything else becomes 0.

    Arguments: `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for an argument it does not know.
    Example: `ReLU()`.
    """

    def op(self, *shapes: Shape) -> ops.Op:
        """The rectification."""
        return ops.ReLU()


class Softmax(Layer):
    """Softmax: turns scores into probabilities, all positive, summing to 1 along the last axis.

    Arguments:
        `axis`: −1, the last axis: the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …, K)`.
    Output shape: the input's.
    Raises: ConfigurationError for another axis.
    Example: `Softmax()`.
    """

    arguments = ("axis",)

    def __init__(self, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        if axis != -1:
            raise ConfigurationError(text("softmax_axis", layer=self.name, received=axis))
        self.axis = -1

    def op(self, *shapes: Shape) -> ops.Op:
        """The softmax."""
        return ops.Softmax()
