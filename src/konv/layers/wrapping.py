"""A layer applied to each step of a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from konv.errors import ConfigurationError, ShapeError
from konv.functions.arrangement import stack
from konv.layers.base import Layer
from konv.layers.core import Dense
from konv.messages import text
from konv.shapes import show

__all__ = ["TimeDistributed"]


class TimeDistributed(Layer):
    """One layer, or one model, applied to each step of a sequence with the same weights: to each image of a film.

    Arguments:
        `layer`: it.
        `options`: `name`, `trainable`, `input_shape`; see `Layer`.
    Input shape: `(N, steps, …)`.
    Output shape: `(N, steps, …)`, what the layer makes of each step.
    Raises: ConfigurationError for what is no layer and, once called, for one whose statistics follow the batch, as
    batch normalisation's do, while it is trained: they would follow one step after the other; ShapeError for an input
    without steps.
    Example: `TimeDistributed(Conv2D(16, 3, activation="relu"))`, for input of the shape `(N, 8, 32, 32, 3)`.
    """

    arguments = ("layer",)

    def __init__(self, layer: Layer, **options: Any) -> None:
        super().__init__(**options)
        if not isinstance(layer, Layer):
            raise ConfigurationError(text("no_layer_inside", layer=self.name, received=type(layer).__name__))
        self.layer = layer

    def call(self, inputs: Any) -> Any:
        """The layer of each step, side by side; a dense one needs no steps.

        Raises: ConfigurationError, ShapeError: see the class.
        """
        if len(inputs.shape) < 2:
            raise ShapeError(text("no_steps", layer=self.name, received=show(inputs.shape)))
        if type(self.layer) is Dense:
            return self.layer(inputs)
        steps = [self.layer(inputs[:, t]) for t in range(inputs.shape[0])]
        if any(v.statistic and not v.frozen for v in self.layer.weights):
            raise ConfigurationError(text("statistics_of_steps", layer=self.name, inner=self.layer.name))
        return stack(steps, 1)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for an input of `input_shape`."""
        batch, steps, *step = input_shape
        return (batch, steps, *self.layer.compute_output_shape((batch, *step))[1:])

    def get_config(self) -> dict[str, Any]:
        """All that makes this layer again, the layer inside in a form as `serialize` gives it."""
        from konv.layers import serialize

        return {**super().get_config(), "layer": serialize(self.layer)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Layer:
        """A new layer from what `get_config` gave as `config`."""
        from konv.layers import deserialize

        inner = config["layer"]
        return cls(**{**config, "layer": deserialize(inner) if isinstance(inner, Mapping) else inner})
