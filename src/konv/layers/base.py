"""What every layer is: a name, weights, and the nodes it adds to a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from konv import activations, config, initializers
from konv.errors import ConfigurationError, GraphError, KonvError, ShapeError
from konv.graph import Node, Tensor, Variable
from konv.layers import naming
from konv.layers.checks import sample_shape
from konv.messages import text
from konv.ops.record import Array, Op, Weight
from konv.shapes import Shape, show

__all__ = ["Layer", "checked_name", "set_values"]

RESERVED = ("optimizer", "random", "callbacks")
"""What a model file's tensors that are no weights begin with."""


class Layer:
    """Base of all layers.

    A layer is a class that keeps its constructor's arguments under their own names, lists those names in
    `arguments`, and says in `op` which operation it is for inputs of given shapes. Weights, configuration, nodes and
    errors follow from that.

    Arguments that every layer takes, by keyword:
        `name`: what messages and files call it; by default the class's name and a number, as in Keras.
        `trainable`: False keeps its weights as they are.
        `dtype`: `"float32"` or `"float64"`; by default `konv.config.floatx()`.
        `input_shape`: of a first layer: one sample's shape, without the batch axis; `batch_input_shape` has it,
        and `input_dim=n` is `input_shape=(n,)`.

    Raises: ConfigurationError for an argument it does not know.
    """

    arguments: ClassVar[tuple[str, ...]] = ()
    activation: activations.Function = activations.linear

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
        input_shape: Sequence[int] | None = None,
        batch_input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        **others: object,
    ) -> None:
        kind = type(self).__name__
        if others:
            known = (*self.arguments, "name", "trainable", "dtype", "input_shape", "input_dim")
            raise ConfigurationError(
                text("unknown_argument", layer=kind, received=", ".join(others), known=", ".join(known))
            )
        self.name = checked_name(name, kind)
        self.dtype = dtype or config.floatx()
        if self.dtype not in ("float32", "float64"):
            raise ConfigurationError(
                text("unknown_setting", name=f"{self.name}: dtype", received=dtype, known="float32, float64")
            )
        self.weights: list[Variable] = []
        self.built = False
        self.first_shape = self._first_shape(input_shape, batch_input_shape, input_dim)
        self._trainable = bool(trainable)
        self._given: Mapping[str, Array] | None = None
        self._calls: list[tuple[tuple[Tensor, ...], Tensor]] = []

    def _first_shape(self, shape: object, with_batch: object, features: object) -> Shape | None:
        """The input's shape that a first layer was given, in one of Keras's three ways."""
        if shape is not None:
            return sample_shape(shape, self.name)
        if with_batch is not None:
            return sample_shape(with_batch, self.name, batch=True)
        return None if features is None else sample_shape((features,), self.name)

    def op(self, *shapes: Shape) -> Op:
        """The operation for inputs of these shapes (without the batch axis)."""
        raise NotImplementedError

    def initial(self, weight: Weight) -> Array:
        """The first value of `weight`, from the argument `NAME_initializer`."""
        initializer = getattr(self, f"{weight.name}_initializer")
        if isinstance(initializer, initializers.Initializer):
            return initializer(weight.shape, dtype=self.dtype, fan=(weight.fan_in, weight.fan_out))
        return np.asarray(initializer(weight.shape, dtype=self.dtype))

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights for inputs of `input_shape`, batch axis (any value) first; once, later calls do nothing.

        Raises: ShapeError where the input does not fit, or a weight that `restore` gave does not.
        """
        if not self.built:
            self._make_weights(self._needed(sample_shape(input_shape, self.name, batch=True)))

    def _needed(self, *shapes: Shape) -> tuple[Weight, ...]:
        try:
            return self.op(*shapes).weights(*shapes)
        except KonvError as error:
            raise self._named(error) from error

    def _make_weights(self, needed: Sequence[Weight]) -> None:
        for weight in needed:
            value = self.initial(weight) if self._given is None else self._restored(weight, self._given)
            if value.shape != weight.shape:
                raise self._misfit(weight.name, weight.shape, value.shape)
            self.weights.append(Variable(f"{self.name}/{weight.name}", value, self._trainable))
        self._given = None
        self.built = True

    def forget(self) -> None:
        """Drop the weights, so that the next `build` makes new ones."""
        self.weights = []
        self.built = False

    def restore(self, values: Mapping[str, Array]) -> None:
        """Give the weights, by their names (`kernel`, `bias`), that `build` shall use in place of initial ones.

        Arguments: `values`, one array a weight. A file's shapes are so checked before anything is allocated.
        """
        self._given = values

    def _restored(self, weight: Weight, given: Mapping[str, Array]) -> Array:
        if weight.name not in given:
            raise ShapeError(text("weight_missing", layer=self.name, name=weight.name, expected=show(weight.shape)))
        return np.asarray(given[weight.name], self.dtype)

    def __call__(self, inputs: Tensor | Sequence[Tensor]) -> Tensor:
        """Add this layer to a network: `inputs` are symbolic tensors, and so is what is returned.

        Raises: GraphError where an input is no symbolic tensor; ShapeError where a shape does not fit.
        """
        tensors = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        if not tensors or not all(isinstance(t, Tensor) for t in tensors):
            raise GraphError(text("not_symbolic", layer=self.name, received=type(inputs).__name__))
        needed = self._needed(*(t.shape for t in tensors))
        if not self.built:
            self._make_weights(needed)
        for weight, variable in zip(needed, self.weights, strict=True):
            if weight.shape != variable.shape:
                raise self._misfit(weight.name, weight.shape, variable.shape)
        output = self._nodes(tensors)
        self._calls.append((tensors, output))
        return output

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        try:
            op = self.op(*(t.shape for t in tensors))
            output = Node.apply(op, tensors, tuple(self.weights), self.name, self.dtype)
            if self.activation is not activations.linear and op is not self.activation.op:
                output = Node.apply(self.activation.op, (output,), (), self.name, self.dtype)
        except KonvError as error:
            raise self._named(error) from error
        return output

    def _named(self, error: KonvError) -> KonvError:
        """The error of an op, which knows its kind alone, with this layer's name."""
        return type(error)(text("in_layer", layer=self.name, error=error))

    def _misfit(self, name: str, expected: Shape, received: Shape) -> ShapeError:
        return ShapeError(
            text("weight_shape", layer=self.name, name=name, expected=show(expected), received=show(received))
        )

    @property
    def trainable(self) -> bool:
        """Whether training adjusts this layer's weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self.weights:
            variable.trainable = self._trainable

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training adjusts."""
        return [v for v in self.weights if v.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        return [v for v in self.weights if not v.trainable]

    def get_weights(self) -> list[Array]:
        """Copies of the weights, in Keras's order (kernel, bias) and shapes."""
        return [v.value.copy() for v in self.weights]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Set all weights, in the order of `get_weights`.

        Arguments: `weights`, one array each, of the same shapes.
        Raises: ShapeError where their number or a shape differs; then none has been set.
        """
        set_values(self.weights, weights, self.name)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(v.value.size for v in self.weights)

    @property
    def connected(self) -> bool:
        """Whether this layer is in a network, so that its shapes are known."""
        return bool(self._calls)

    def _last_call(self) -> tuple[tuple[Tensor, ...], Tensor]:
        if not self._calls:
            raise GraphError(text("not_connected", layer=self.name))
        return self._calls[-1]

    @property
    def input(self) -> Tensor | list[Tensor]:
        """What this layer was last called on. Raises: GraphError where it is in no network yet."""
        tensors, _ = self._last_call()
        return tensors[0] if len(tensors) == 1 else list(tensors)

    @property
    def output(self) -> Tensor:
        """What it then returned. Raises: GraphError where it is in no network yet."""
        return self._last_call()[1]

    @property
    def input_shape(self) -> tuple[int | None, ...] | list[tuple[int | None, ...]]:
        """The input's shape, the batch axis None (a list of shapes where there are several inputs)."""
        shapes: list[tuple[int | None, ...]] = [(None, *t.shape) for t in self._last_call()[0]]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The output's shape, the batch axis None."""
        return (None, *self.output.shape)

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for an input of `input_shape`."""
        shape = sample_shape(input_shape, self.name, batch=True)
        try:
            return (input_shape[0], *self.op(shape).output_shape(shape))
        except KonvError as error:
            raise self._named(error) from error

    def get_config(self) -> dict[str, Any]:
        """All that `from_config` needs to make this layer again, without its weights; fit for JSON."""
        values = {name: getattr(self, name) for name in self.arguments}
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype,
            **{name: _saved(name, value) for name, value in values.items()},
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Layer:
        """A new layer from what `get_config` gave as `config`."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


def set_values(variables: Sequence[Variable], values: Sequence[Array], owner: str) -> None:
    """Assign one of `values` to each of `variables` of the layer or model called `owner`.

    Raises: ShapeError where their number or a shape differs; then none has been set.
    """
    if len(variables) != len(values):
        raise ShapeError(text("weight_count", layer=owner, expected=len(variables), received=len(values)))
    arrays = [np.asarray(value) for value in values]
    for variable, value in zip(variables, arrays, strict=True):
        if variable.shape != value.shape:
            name = variable.name.rpartition("/")[2]
            received, expected = show(value.shape), show(variable.shape)
            raise ShapeError(text("weight_shape", layer=owner, name=name, expected=expected, received=received))
    for variable, value in zip(variables, arrays, strict=True):
        variable.assign(value)


def checked_name(name: object, kind: str) -> str:
    """`name` of a layer or model checked, or the next automatic one: it stands before `/` in the names of weights.

    Raises: ConfigurationError where it is no text, has a `/`, or is one of a model file's own folders.
    """
    if name is None:
        return naming.automatic(kind)
    if not isinstance(name, str) or not name or "/" in name or name in RESERVED:
        raise ConfigurationError(text("bad_layer_name", received=name))
    return name


def _saved(name: str, value: Any) -> Any:
    """An argument as a configuration keeps it."""
    if isinstance(value, activations.Function):
        return value.name
    return initializers.serialize(value) if name.endswith("_initializer") else value
