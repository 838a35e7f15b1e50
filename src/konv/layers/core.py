"""Inputs, fully connected layers, flattening, dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from konv import activations, initializers, ops
from konv.arguments import count, number
from konv.errors import ConfigurationError
from konv.graph import Node, Tensor
from konv.layers.base import Call, Layer
from konv.layers.checks import sample_shape
from konv.messages import text
from konv.ops.dropping import shaped
from konv.shapes import Shape, channels_last

__all__ = ["Dense", "Dropout", "Flatten", "Input", "InputLayer"]


class InputLayer(Layer):
    """Where data enters a network.

    Arguments:
        `shape`: one sample's shape, without the batch axis; `input_shape` is Keras 2's name for it, and
        `batch_shape` has the batch axis too. Every axis is known.
        `batch_size`: taken for Keras's sake; a network runs at any.
        `options`: `name`, `dtype`; see `Layer`.
    Input shape: none; it has no input.
    Output shape: `(N, *shape)`.
    Raises: ShapeError where an axis is not a positive integer.
    Example: `InputLayer((28, 28, 1))`.
    """

    arguments = ("shape",)

    def __init__(
        self,
        shape: Sequence[int] | None = None,
        batch_size: int | None = None,
        *,
        batch_shape: Sequence[int | None] | None = None,
        **options: Any,
    ) -> None:
        given = shape if shape is not None else options.pop("input_shape", None)
        super().__init__(batch_input_shape=batch_shape, **options)
        self.shape = self.first_shape or sample_shape(given, self.name)
        self.first_shape = self.shape
        output = Node.apply(ops.Input(self.shape), (), (), self.name, self.dtype)
        self._enter(output)

    def op(self, *shapes: Shape) -> ops.Op:
        """The input."""
        return ops.Input(self.shape)

    @property
    def input(self) -> Tensor:
        """The symbolic tensor that stands for the data."""
        made: Tensor = self.output
        return made

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the data, the batch axis None."""
        return (None, *self.shape)

    @classmethod
    def of(cls, tensor: Tensor) -> InputLayer:
        """The input layer that `Input` made `tensor` with. Raises: ConfigurationError for any other tensor."""
        node = tensor.node
        if not isinstance(node.op, ops.Input):
            raise ConfigurationError(text("not_an_input", received=node.layer))
        layer = getattr(node.call, "layer", None)
        if isinstance(layer, InputLayer):
            return layer
        layer = cls(node.op.shape, name=node.layer, dtype=tensor.dtype)
        layer._enter(tensor)
        return layer

    def _enter(self, output: Tensor) -> None:
        output.node.call = call = Call(self, 0, (), (output,))
        self._calls[:] = [call]
        self.built = True


def Input(
    shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    name: str | None = None,
    *,
    batch_shape: Sequence[int | None] | None = None,
) -> Tensor:
    """The symbolic tensor a network begins with.

    Arguments: `shape`, one sample's shape, without the batch axis (`batch_shape` has it); `batch_size`, taken for
    Keras's sake, as a network runs at any; `dtype` and `name` as of `Layer`.
    Output shape: `(N, *shape)`.
    Raises: ShapeError where an axis is not a positive integer.
    Example: `x = Input((32, 32, 3))`, then `Conv2D(32, 3)(x)`.
    """
    made: Tensor = InputLayer(shape, batch_size, dtype=dtype, name=name, batch_shape=batch_shape).output
    return made


class Dense(Layer):
    """Fully connected layer: every unit takes a weighted sum of all features.

    Arguments:
        `units`: how many sums, the size of the output.
        `activation`: a name or function applied to them; None for none.
        `use_bias`: whether each unit adds a number of its own.
        `kernel_initializer`, `bias_initializer`: where the weights start; see `konv.initializers`.
        `options`: `name`, `trainable`, `dtype`, `input_shape`, `input_dim`; see `Layer`.
    Input shape: `(N, F)`; `(N, …, F)` treats each vector along the last axis alike.
    Output shape: `(N, units)`; `(N, …, units)`.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `Dense(512, activation="relu")`.
    """

    arguments = ("units", "activation", "use_bias", "kernel_initializer", "bias_initializer")

    def __init__(
        self,
        units: int,
        activation: object = None,
        use_bias: bool = True,
        kernel_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.units = count(units, "units", self.name)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)

    def op(self, *shapes: Shape) -> ops.Op:
        """The dense operation."""
        return ops.Dense(self.units, self.use_bias)


class Flatten(Layer):
    """All of a sample's numbers in one row, so that dense layers can take them.

    Arguments:
        `data_format`: `"channels_last"`, the only one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: `(N, F)`, F the product of the input's axes.
    Raises: ConfigurationError for another data format.
    Example: `Flatten()`: `(N, 5, 5, 16)` becomes `(N, 400)`.
    """

    arguments = ("data_format",)

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = channels_last(data_format, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The flattening."""
        return ops.Flatten()


class Dropout(Layer):
    """Sets a share of the numbers to zero while training, anew for every sample and epoch, against overfitting.

    Arguments:
        `rate`: the share, at least 0 and below 1.
        `noise_shape`: which numbers are dropped together: the input's shape, batch axis first and None, with 1 for axes
        that share what is drawn, which come before the others: `(None, 1, 1, 1)` drops whole images.
        `seed`: taken for Keras's sake. Masks follow from the run's seed (`konv.utils.set_random_seed`), the layer,
        the epoch and the sample, so that they repeat without one.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`, any.
    Output shape: the input's; kept numbers are divided by 1 − rate, so that prediction needs no change.
    Raises: ConfigurationError for a rate outside [0, 1), or, once called, a noise shape of another kind.
    Example: `Dropout(0.25)`.
    """

    arguments: ClassVar[tuple[str, ...]] = ("rate", "noise_shape")

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.noise_shape = None if noise_shape is None else list(noise_shape)
        self.rate = number(rate)
        if not 0 <= self.rate < 1:
            raise ConfigurationError(text("bad_rate", layer=self.name, received=rate))

    def op(self, *shapes: Shape) -> ops.Op:
        """The dropout."""
        return shaped(self.rate, self.noise_shape, shapes[0], self.name)
