"""What every layer is: a name, weights, and the nodes it adds to a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from konv import activations, config, constraints, initializers, regularizers
from konv.errors import ConfigurationError, GraphError, KonvError, ShapeError
from konv.functions.total import Total
from konv.graph import Later, Node, Tensor, Variable, nodes_between
from konv.layers import keeping
from konv.layers.checks import checked_name, sample_shape
from konv.layers.eager import Eager, arrays_in
from konv.layers.phase import asked, with_training
from konv.layers.uses import Call, Used, freeze, gathered, layers_in, set_values, within
from konv.messages import text
from konv.ops.activation import Linear
from konv.ops.record import Array, Op, Weight
from konv.ops.source import Input as Source
from konv.shapes import Shape, show

__all__ = ["Call", "Layer", "checked_name", "set_values"]


class Layer(Used):
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
        `activity_regularizer`: what the outputs add to the loss; see `konv.regularizers`.
        `kernel_regularizer`, `bias_regularizer`, …: what a weight adds to the loss, and `kernel_constraint`,
        `bias_constraint`, …: what it is kept within (see `konv.constraints`), of layers with such weights.

    Raises: ConfigurationError for an argument it does not know.
    """

    arguments: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[bool] = False
    """Whether it takes a list of inputs."""
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
        **others: Any,
    ) -> None:
        kind = type(self).__name__
        self._kept = keeping.taken(others, self.arguments)
        vars(self).update(self._kept)
        if others:
            known = (*self.arguments, *self._kept, "name", "trainable", "dtype", "input_shape", "input_dim")
            raise ConfigurationError(
                text("unknown_argument", layer=kind, received=", ".join(others), known=", ".join(known))
            )
        self.name = checked_name(name, kind)
        self.dtype = dtype or config.floatx()
        if self.dtype not in ("float32", "float64"):
            raise ConfigurationError(
                text("unknown_setting", name=f"{self.name}: dtype", received=dtype, known="float32, float64")
            )
        self._weights: list[Variable] = []
        self._built = False
        self.first_shape = self._first_shape(input_shape, batch_input_shape, input_dim)
        self._trainable = bool(trainable)
        self._given: Mapping[str, Array] | None = None
        self._calls: list[Call] = []
        self._eager: Eager | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "call" in vars(cls):
            cls.call = with_training(vars(cls)["call"])  # type: ignore[method-assign]

    def _first_shape(self, shape: object, with_batch: object, features: object) -> Shape | None:
        """The input's shape that a first layer was given, in one of Keras's three ways."""
        if shape is not None:
            return sample_shape(shape, self.name)
        if with_batch is not None:
            return sample_shape(with_batch, self.name, batch=True)
        return None if features is None else sample_shape((features,), self.name)

    def op(self, *shapes: Shape) -> Op:
        """The operation for inputs of these shapes (without the batch axis). Raises: GraphError where there is none."""
        raise GraphError(text("no_call", layer=self.name, kind=type(self).__name__))

    def initial(self, weight: Weight) -> Array | Later:
        """The first value of `weight`, from the argument `NAME_initializer`; drawn once it is needed."""
        initializer = getattr(self, f"{weight.name}_initializer")
        if isinstance(initializer, initializers.Initializer):
            fan = weight.fan_in, weight.fan_out
            draw = partial(initializer.settled(), weight.shape, dtype=self.dtype, fan=fan)
            return Later(weight.shape, self.dtype, draw)
        return np.asarray(initializer(weight.shape, dtype=self.dtype))

    def call(self, inputs: Any) -> Any:
        """What a layer of one's own computes, written in `konv.ops` and other layers; in place of `op`.

        Arguments: `inputs`, a symbolic tensor, or a list of them; a `training` besides, where it takes one, is to be
        handed on to layers, which then do as the network does. Returns: a symbolic tensor, or several.
        """
        raise NotImplementedError

    def add_weight(
        self,
        shape: Any = None,
        initializer: object = "glorot_uniform",
        dtype: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> Variable:
        """A new weight of this layer; for `build` of layers of one's own.

        Arguments: `shape`, its own; `initializer`, where it starts (see `konv.initializers`); `dtype`, by default the
        layer's; `trainable`, whether training adjusts it; `name`, by default `weight` and a number; `regularizer`, what
        it adds to the loss, and `constraint`, what it is kept within.
        Raises: ShapeError where a file's weight has another shape, or none is there; UnknownNameError.
        """
        size = tuple(int(n) for n in ((shape,) if hasattr(shape, "__index__") else shape or ()))
        number = len(self._weights)
        weight = Weight(name or ("weight" if not number else f"weight_{number}"), size, *initializers.fans(size))
        if self._given is None:
            made = initializers.get(initializer)
            value = np.asarray(made(size, dtype=dtype or self.dtype))
        else:
            value = self._restored(weight, self._given)
        if value.shape != size:
            raise self._misfit(weight.name, size, value.shape)
        variable = Variable(f"{self.name}/{weight.name}", value, trainable and self._trainable, constant=not trainable)
        variable.regularizer, variable.constraint = regularizers.get(regularizer), constraints.get(constraint)
        self._weights.append(variable)
        return variable

    def sublayers(self) -> dict[str, Layer]:
        """The layers this layer has as attributes, or in lists and dictionaries of them, by these names.

        Raises: GraphError where it is one of them itself.
        """
        found = {} if type(self).call is Layer.call else dict(layers_in(vars(self), Layer))
        if any(layer is self for layer in found.values()):
            raise GraphError(text("inside_itself", layer=self.name))
        return found

    def named_weights(self, within: str = "") -> dict[str, Variable]:
        """All weights by the names files keep them under, those of layers inside under their attributes' names.

        Arguments: `within`, what stands before them.
        """
        found = {f"{within}{v.name.partition('/')[2]}": v for v in self._weights}
        for name, layer in self.sublayers().items():
            found.update(layer.named_weights(f"{within}{name}/"))
        return found

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape`, batch axis (any value) first; once, later calls do nothing.

        Raises: ShapeError where the input does not fit, or a weight that `restore` gave does not.
        """
        if type(self).call is not Layer.call:
            self.built = True
        elif not self.built:
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
            variable = Variable(f"{self.name}/{weight.name}", value, self._trainable, weight.statistic)
            keeping.attach(variable, weight.name, self._kept)
            self.weights.append(variable)
        self._given = None
        self.built = True

    def forget(self) -> None:
        """Drop the weights, so that the next `build` makes new ones."""
        self._weights = []
        self._eager = None
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

    def __call__(self, inputs: Any, *, training: bool | None = None) -> Any:
        """Add this layer to a network, or compute with arrays, as in prediction.

        Arguments: `inputs`, a symbolic tensor or an array `(N, …)`, or a list of them for layers that take several;
        `training`, False for a layer that behaves as in prediction even while the network is trained.
        Returns: a symbolic tensor or an array (a list where a model with several outputs is called).
        Raises: GraphError where an input is neither, or there are more than the layer takes; ShapeError where a shape
        does not fit.
        """
        training = asked(training)
        arrays = arrays_in(inputs)
        if arrays is not None:
            return self._computed(arrays, training)
        tensors = self._symbolic(inputs)
        outputs = self.call_on(tensors, training)
        return self._arranged(outputs)

    def call_on(self, tensors: tuple[Tensor, ...], training: bool | None = None) -> tuple[Tensor, ...]:
        """What calling this layer does, with inputs and outputs in rows: what models do it by.

        Arguments: `tensors`, the inputs; `training` as of a call. Raises: as a call; ConfigurationError for `training`.
        """
        training = asked(training)
        if training:
            raise ConfigurationError(text("always_training", layer=self.name))
        with gathered() as added, within(self):
            outputs = self._connected(tensors)
            own = {id(t) for t in tensors}
            outputs = tuple(Node.apply(Linear(), (t,), (), self.name, t.dtype) if id(t) in own else t for t in outputs)
            for output in outputs if self._kept["activity_regularizer"] is not None else ():
                self._note("", Total.of(self._kept["activity_regularizer"](output)).by_samples())
        call = Call(self, len(self._calls), tensors, outputs, training is False, added.all)
        if call.frozen:
            freeze((*outputs, *(t for _, total in added.all for _, t, _ in total.terms)), tensors)
        for output in outputs:
            output.node.call = call
        self._calls.append(call)
        return outputs

    def _computed(self, arrays: Sequence[Array], training: bool | None) -> Any:
        if training:
            raise ConfigurationError(text("always_training", layer=self.name))
        if self._eager is None:
            self._eager = Eager(self.name, self.dtype, self._apart)
        outputs = self._eager(arrays)
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def _apart(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The nodes of a call that is part of no model: what it adds to the loss counts nowhere."""
        with gathered():
            return self._connected(self._symbolic(tensors))

    def _symbolic(self, inputs: Any) -> tuple[Tensor, ...]:
        """`inputs` as a row of symbolic tensors, as many as this layer takes."""
        row = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
        if not row or not all(isinstance(t, Tensor) for t in row):
            raise GraphError(text("not_symbolic", layer=self.name, received=type(inputs).__name__))
        if len(row) > 1 and not self.several and type(self).call is Layer.call:
            raise GraphError(text("one_input", layer=self.name, received=len(row)))
        return row

    def _connected(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The nodes of one call added to the network, the weights made by the first."""
        if type(self).call is not Layer.call:
            return self._traced(tensors)
        needed = self._needed(*(t.shape for t in tensors))
        if not self.built:
            self._make_weights(needed)
        for weight, variable in zip(needed, self.weights, strict=True):
            if weight.shape != variable.shape:
                raise ShapeError(
                    text("weight_for_other_input", layer=self.name, name=weight.name, needed=show(weight.shape),
                         expected=show(variable.shape), input=", ".join(show(t.shape) for t in tensors))
                )  # fmt: skip
        return (self._nodes(tensors),)

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        try:
            op = self.op(*(t.shape for t in tensors))
            output = Node.apply(op, tensors, tuple(self.weights), self.name, self.dtype)
            if self.activation is not activations.linear and op is not self.activation.op:
                output = self.activation.applied(output, self.name)
        except KonvError as error:
            raise self._named(error) from error
        return output

    def _traced(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """What `call` adds to the network."""
        if not self.built:
            shapes = [(None, *t.shape) for t in tensors]
            self.build(shapes[0] if len(shapes) == 1 else shapes)
            self._built = True
        if self._given is not None:
            for name, layer in self.sublayers().items():
                inner = {k.removeprefix(f"{name}/"): v for k, v in self._given.items() if k.startswith(f"{name}/")}
                layer.restore(inner)
            self._given = None
        try:
            made = self.call(tensors[0] if len(tensors) == 1 else list(tensors))
        except KonvError as error:
            raise self._named(error) from error
        except TypeError as error:
            if "__array_ufunc__" not in str(error):
                raise
            raise GraphError(text("numpy_in_call", layer=self.name)) from error
        row = tuple(made) if isinstance(made, (list, tuple)) else (made,)
        if not row or not all(isinstance(t, Tensor) for t in row):
            raise GraphError(text("call_gave", layer=self.name, received=type(made).__name__))
        self._check_reach(row, tensors)
        return row

    def _check_reach(self, outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> None:
        """Refuse outputs that depend on another network than that of `inputs`; name the nodes between after this layer.

        Raises: GraphError.
        """
        for node in nodes_between(outputs, inputs):
            if isinstance(node.op, Source):
                raise GraphError(text("other_graph", layer=self.name, other=node.layer))
            node.layer = f"{self.name}/{node.layer}"

    def _named(self, error: KonvError) -> KonvError:
        """The error of an op, which knows its kind alone, with this layer's name."""
        told = str(error).startswith((f"{self.name}: ", f"{self.name}："))
        return error if told else type(error)(text("in_layer", layer=self.name, error=error))

    def _misfit(self, name: str, expected: Shape, received: Shape) -> ShapeError:
        return ShapeError(
            text("weight_shape", layer=self.name, name=name, expected=show(expected), received=show(received))
        )

    def __getattr__(self, name: str) -> Variable:
        """A weight by its name: `layer.kernel`, `layer.bias`. Raises: AttributeError, which says when there is none."""
        if "_trainable" not in self.__dict__ and not name.startswith("__"):
            raise AttributeError(text("not_begun", kind=type(self).__name__))
        own = self.__dict__.get("_weights", ())
        for variable in own:
            if variable.name.rpartition("/")[2] == name:
                found: Variable = variable
                return found
        known = ", ".join(v.name.rpartition("/")[2] for v in own)
        raise AttributeError(text("no_attribute", kind=type(self).__name__, name=name, known=known or "–"))

    def __getstate__(self) -> dict[str, Any]:
        """All but the programs of calls on arrays, which a copy makes anew."""
        return {**self.__dict__, "_eager": None}

    @property
    def weights(self) -> list[Variable]:
        """The weights, in Keras's order (kernel, bias); those of layers inside come last."""
        inside = self.sublayers()
        return list({id(v): v for v in self.named_weights().values()}.values()) if inside else self._weights

    @property
    def built(self) -> bool:
        """Whether there are weights, so that the shape of the input is known."""
        return self._built

    @built.setter
    def built(self, value: bool) -> None:
        self._built = bool(value)

    @property
    def trainable(self) -> bool:
        """Whether training adjusts this layer's weights."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._weights:
            variable.trainable = self._trainable and not variable.constant
        for layer in self.sublayers().values():
            layer.trainable = self._trainable

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for an input of `input_shape` (a list of shapes for several inputs)."""
        given = list(input_shape) if input_shape and isinstance(input_shape[0], (list, tuple)) else [input_shape]
        shapes = [sample_shape(shape, self.name, batch=True) for shape in given]
        try:
            return (given[0][0], *self.op(*shapes).output_shape(*shapes))
        except KonvError as error:
            raise self._named(error) from error

    def get_config(self) -> dict[str, Any]:
        """All that `from_config` needs to make this layer again, without its weights; fit for JSON."""
        values = {name: getattr(self, name) for name in self.arguments}
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": self.dtype,
            **{name: keeping.argument(name, value) for name, value in values.items()},
            **keeping.saved(self._kept),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Layer:
        """A new layer from what `get_config` gave as `config`."""
        return cls(**keeping.revived(config))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"
