"""Rows of a table that is learned, picked by numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from konv import initializers
from konv.arguments import count
from konv.errors import ConfigurationError
from konv.functions.elementwise import floor
from konv.functions.gathering import take
from konv.graph import Tensor, nodes_between
from konv.layers.base import Layer
from konv.messages import text
from konv.ops.record import Weight
from konv.shapes import Shape

__all__ = ["Embedding"]


class Embedding(Layer):
    """A vector for each of some things that are known by their numbers, such as the class a generator shall draw.

    It is computed as a product with rows of zeros and a one, which suits tables of hundreds of rows.

    Arguments:
        `input_dim`: how many things there are.
        `output_dim`: the length of a vector.
        `embeddings_initializer`: where the vectors start; see `konv.initializers`.
        `mask_zero`: only False: konv has no masks.
        `options`: `name`, `trainable`, `dtype`, `input_shape`, `embeddings_regularizer` and its like; see `Layer`.
    Input shape: `(N, …)`: numbers from 0 to input_dim − 1; what is behind their point is left out.
    Output shape: `(N, …, output_dim)`; zeros for any other number.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `Flatten()(Embedding(10, 50)(label))`, of `label = Input((1,))`.
    """

    arguments = ("input_dim", "output_dim", "embeddings_initializer")

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: object = "uniform",
        mask_zero: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if mask_zero:
            raise ConfigurationError(text("no_masks", layer=self.name))
        self.input_dim = count(input_dim, "input_dim", self.name)
        self.output_dim = count(output_dim, "output_dim", self.name)
        self.embeddings_initializer = initializers.get(embeddings_initializer)

    def _needed(self, *shapes: Shape) -> tuple[Weight, ...]:
        return (Weight("embeddings", (self.input_dim, self.output_dim), self.input_dim, self.output_dim),)

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        made: Tensor = take(self.weights[0], floor(tensors[0]), axis=0)
        for node in nodes_between((made,), tensors):
            node.layer = self.name
        return made

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for an input of `input_shape`."""
        return (*input_shape, self.output_dim)
