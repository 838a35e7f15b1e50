"""Activations as layers of their own."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from konv import activations, initializers, ops
from konv.arguments import count
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.shapes import Shape

__all__ = ["ELU", "Activation", "LeakyReLU", "PReLU", "ReLU"]


class Activation(Layer):
    """An activation as a layer.

    Arguments:
        `activation`: its name (`"relu"`, `"softmax"`, …), a function of `konv.activations`, or one of your own,
        written in `konv.ops`. A file keeps a function's name: see `register_serializable`.
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
        return self.activation.op or ops.Linear()


class ReLU(Layer):
    """Rectified linear unit: what is positive passes, everything else becomes 0.

    Arguments:
        `max_value`: the ceiling; None for none.
        `negative_slope`: the slope below `threshold`, where 0 cuts off.
        `threshold`: what passes is above it.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for a number below 0, or an argument it does not know.
    Example: `ReLU()`, `ReLU(max_value=6)`.
    """

    arguments = ("max_value", "negative_slope", "threshold")

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.max_value = None if max_value is None else _not_below_zero(max_value, "max_value", self.name)
        self.negative_slope = _not_below_zero(negative_slope, "negative_slope", self.name)
        self.threshold = _not_below_zero(threshold, "threshold", self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The rectification."""
        return activations.rectifier(self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """Leaky rectified linear unit: what is negative passes too, made smaller, so that its gradient is not lost.

    Arguments:
        `negative_slope`: the slope below 0.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for a slope below 0.
    Example: `LeakyReLU(0.1)`.
    """

    arguments = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.3, **options: Any) -> None:
        super().__init__(**options)
        self.negative_slope = _not_below_zero(negative_slope, "negative_slope", self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The rectification."""
        return activations.rectifier(self.negative_slope)


class ELU(Layer):
    """Exponential linear unit: below 0 it bends towards −`alpha` instead of stopping at 0.

    Arguments:
        `alpha`: what e^x − 1 is multiplied by below 0.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for an `alpha` below 0.
    Example: `ELU()`.
    """

    arguments = ("alpha",)

    def __init__(self, alpha: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.alpha = _not_below_zero(alpha, "alpha", self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The unit."""
        return ops.ELU(self.alpha)


class PReLU(Layer):
    """Parametric rectified linear unit: what is negative passes with a slope that is learned.

    Arguments:
        `alpha_initializer`: where the slopes start; see `konv.initializers`.
        `shared_axes`: axes along which they are the same, counting the batch axis as 0: `[1, 2]` for one slope a
        channel of an image. By default each number of a sample has its own.
        `options`: `name`, `trainable`, `input_shape`, `alpha_regularizer`, `alpha_constraint`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Raises: ConfigurationError for axes that are no integers from 1 up; ShapeError, once called, where there is no such
    axis.
    Example: `PReLU(shared_axes=[1, 2])`, behind a convolution.
    """

    arguments = ("alpha_initializer", "shared_axes")

    def __init__(self, alpha_initializer: object = "zeros", shared_axes: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.alpha_initializer = initializers.get(alpha_initializer)
        row = [] if shared_axes is None else shared_axes if isinstance(shared_axes, (list, tuple)) else [shared_axes]
        self.shared_axes = [count(axis, "shared_axes", self.name) for axis in row] or None

    def op(self, *shapes: Shape) -> ops.Op:
        """The rectification."""
        return ops.PReLU(tuple(axis - 1 for axis in self.shared_axes or ()))


class Identity(Layer):
    """Passes its input on as it is: a place with a name, or a branch without layers.

    Arguments: `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's.
    Example: `Identity(name="features")`.
    """

    def op(self, *shapes: Shape) -> ops.Op:
        """Nothing."""
        return ops.Linear()


def _not_below_zero(value: object, argument: str, layer: str) -> float:
    """`value` as a float. Raises: ConfigurationError where it is no finite number from 0 up."""
    if isinstance(value, (int, float, np.number)) and 0 <= float(value) < inf:
        return float(value)
    raise ConfigurationError(text("not_from_zero", layer=layer, argument=argument, received=repr(value)))
