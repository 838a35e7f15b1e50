"""What a model consists of: the layers between its inputs and outputs, and their weights; itself a layer of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.explain.explanation import Explanation, explained
from konv.explain.notebook import model_html
from konv.explain.summary import costs_of, summary
from konv.functions.total import Total
from konv.graph import Graph, Tensor, Variable
from konv.layers import InputLayer, Layer
from konv.layers.base import Call, checked_name
from konv.layers.operation import call_of
from konv.layers.uses import gathered, now_gathering
from konv.messages import text
from konv.models.architecture import inside, written
from konv.models.network import Network, copied
from konv.models.parts import Form
from konv.names import nearest
from konv.ops.record import Array
from konv.shapes import show

if TYPE_CHECKING:
    from konv.explain.inside import Inside

__all__ = ["Structure"]


class Structure(Layer):
    """The part of a model that says what it consists of; training and files are `Model`'s.

    Arguments: `inputs`, `outputs`, symbolic tensors: one, a list, or a dictionary by name; `name`; `trainable`.
    """

    several = True

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, trainable: bool = True
    ) -> None:
        kind = type(self).__name__
        super().__init__(name=checked_name(name, "Functional" if kind == "Model" else kind))
        self._network: Network | None = None
        self._own_added: list[tuple[str, Total]] = []
        if inputs is not None or outputs is not None:
            self._begin(inputs, outputs)
        if not trainable:
            self.trainable = False

    def _begin(self, inputs: Any, outputs: Any) -> None:
        """Make this the model between `inputs` and `outputs`."""
        self._inputs, self._outputs = (Form(given, part, self.name) for given, part in
                                       ((inputs, "inputs"), (outputs, "outputs")))  # fmt: skip
        self._network = Network(self._inputs.tensors, self._outputs.tensors, self.name)
        self._built = True

    # What it consists of

    @property
    def network(self) -> Network:
        """The layers between inputs and outputs. Raises: GraphError where the inputs' shapes are not known yet."""
        if self._network is None:
            raise GraphError(text("not_built", model=self.name))
        return self._network

    @property
    def own_network(self) -> Network | None:
        """The layers between inputs and outputs, None where there are none yet, or they stand one behind the other."""
        return self._network

    @property
    def subclassed(self) -> bool:
        """Whether it is a class of one's own that says in `call` what it computes."""
        return type(self).call is not Layer.call

    @property
    def layers(self) -> list[Layer]:
        """The layers, in Keras's order: those farthest from the outputs first; of a class with a `call`, its own."""
        return list(self.sublayers().values() if self.subclassed else self.network.layers)

    @property
    def graph(self) -> Graph:
        """The network's nodes. Raises: GraphError where the shape of its input is not known yet."""
        return self.network.graph

    @property
    def inputs(self) -> list[Tensor]:
        """The symbolic tensors it begins with."""
        return list(self.graph.inputs)

    @property
    def outputs(self) -> list[Tensor]:
        """The symbolic tensors it ends with."""
        return list(self.graph.outputs)

    @property
    def input(self) -> Any:
        """What it begins with: a symbolic tensor, or several in the form they were given."""
        return self.form("inputs").given_as(self.graph.inputs)

    @property
    def output(self) -> Any:
        """What it ends with: a symbolic tensor, or several in the form they were given."""
        return self.form("outputs").given_as(self.graph.outputs)

    @property
    def input_names(self) -> list[str]:
        """What the inputs are called, in order: by the dictionary's keys, else by their layers."""
        return list(self.form("inputs").names())

    @property
    def output_names(self) -> list[str]:
        """What the outputs are called, in order: by the dictionary's keys, else by their layers; several of a class
        with a `call`, whose layers have passing names, `output_1`, `output_2`, …"""
        form = self.form("outputs")
        if self.subclassed and form.keys is None and len(form.tensors) > 1:
            return [f"output_{i}" for i in range(1, len(form.tensors) + 1)]
        return list(form.names())

    def form(self, part: str) -> Form:
        """How inputs and outputs are given: one, a list, a dictionary. Arguments: `part`, "inputs" or "outputs"."""
        row = self.graph.inputs if part == "inputs" else self.graph.outputs
        kept: dict[str, tuple[Any, Form]] = vars(self).setdefault("_forms", {})
        if part not in kept or kept[part][0] is not row:  # asked for at every prediction
            known: Form | None = vars(self).get(f"_{part}")
            single = len(row) == 1 if known is None else known.single
            form = Form(row[0] if single else list(row), part, self.name)
            if known is not None:
                form.keys, form.written = known.keys, known.written
            kept[part] = row, form
        return kept[part][1]

    @property
    def input_shape(self) -> Any:
        """The input's shape, the batch axis None (a list or dictionary of shapes where there are several)."""
        return self.form("inputs").given_as([(None, *t.shape) for t in self.graph.inputs])

    @property
    def output_shape(self) -> Any:
        """The output's shape, the batch axis None (a list or dictionary of shapes where there are several)."""
        return self.form("outputs").given_as([(None, *t.shape) for t in self.graph.outputs])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for inputs of `input_shape`, which must be the model's own."""
        return self.output_shape

    @property
    def added(self) -> tuple[tuple[str, Total], ...]:
        """What its layers and `add_loss` add to the loss (under the name "") and to the metrics (under theirs)."""
        seen = {id(call): call for call in self._all_calls()}
        return (*(one for call in seen.values() for one in call.added), *self._own_added)

    @property
    def added_outside(self) -> bool:
        """Whether `add_loss` was called on it outside of any `call`: that no file can keep."""
        return bool(self._own_added) and not self.subclassed

    def _all_calls(self) -> Sequence[Call]:
        return self.network.calls

    def _note(self, name: str, total: Total) -> None:
        if now_gathering() is not None:
            super()._note(name, total)
        else:
            self._own_added.append((name, total))

    @property
    def weights(self) -> list[Variable]:
        """All weights, layer by layer. Raises: GraphError where the shape of the input is not known yet."""
        return list(self.named_weights().values())

    def named_weights(self, within: str = "") -> dict[str, Variable]:
        """All weights by the names files keep them under: `LAYER/WEIGHT`, those of a model inside under its name.

        Arguments: `within`, what stands before them. A weight that is reached in two ways is there once.
        """
        if self.subclassed:
            return super().named_weights(within)
        found: dict[str, Variable] = {}
        seen: set[int] = set()
        for layer in self._owners():
            own = layer.named_weights(f"{within}{layer.name}/")
            for name, variable in own.items():
                if id(variable) not in seen:
                    seen.add(id(variable))
                    found[name] = variable
        return found

    def _owners(self) -> Sequence[Layer]:
        """The layers whose weights are this model's."""
        return self.layers

    @property
    def trainable(self) -> bool:
        """Whether training adjusts this model's weights; set, it is handed on to all layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.sublayers().values() if self.subclassed else self._owners() if self.built else ():
            layer.trainable = self._trainable

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(v.size for v in self.weights)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer called `name`, or the one at `index`.

        Raises: ConfigurationError unless one of the two is given; GraphError where there is no such layer.
        """
        if (name is None) == (index is None):
            raise ConfigurationError(text("layer_or_index"))
        found = {layer.name: layer for layer in self.layers}
        if name in found:
            return found[name]
        if index is not None and -len(found) <= index < len(found):
            return self.layers[index]
        close = nearest(str(name), found) or list(found)
        received = name if index is None else index
        raise GraphError(text("no_such_layer", model=self.name, received=received, known=", ".join(close)))

    def summary(
        self, line_length: int | None = None, print_fn: Callable[[str], object] | None = None, **others: Any
    ) -> None:
        """Print the table of layers: output shapes, parameters, multiply-adds, receptive fields and, where the network
        branches, what is before each.

        Arguments: `line_length`, columns; `print_fn`, called with each line instead of printing; `others`, what Keras
        takes besides, of no effect.
        """
        known = self._network is not None or self.built
        costs = costs_of(self.layers, self.graph) if known else None
        summary(self.name, self.layers, print_fn, line_length, self._connections(), costs)

    def explain(self) -> Explanation:
        """What every layer is for, sees and costs: printed a table, in a notebook a page; `html()`, `svg()`, `json()`.

        Raises: GraphError where the shape of the input is not known yet.
        """
        return explained(self.graph, self.name)

    def explain_layer(self, layer: str, x: Any = None, y: Any = None) -> Inside:
        """One layer from inside: its wiring, effective receptive field, dead units, and what its numbers are like.

        Arguments: `layer`, its name; `x`, images `(n, …)` to ask with, by default noise; `y`, their targets, for the
        gradient of the weights.
        Raises: UnknownNameError, with the nearest names, for a layer there is not; ShapeError where images do not fit.
        """
        from konv.explain.inside import layer_inside

        return layer_inside(self, self.name, layer, x, y)

    def _repr_html_(self) -> str:
        return model_html(self)

    def _connections(self) -> Mapping[str, str] | None:
        """What each layer reads, by its name; None where the layers stand one behind the other."""
        network = self._network
        if network is None or self.subclassed:
            return None
        before: dict[str, list[str]] = {layer.name: [] for layer in network.layers}
        for call in network.calls:
            for tensor in call.inputs:
                source = call_of(tensor)
                place = f"[{network.number(source)}][{_place(tensor, source.outputs)}]"
                before[call.layer.name].append(f"{source.layer.name}{place}")
        straight = all(len(names) <= 1 for names in before.values()) and len(network.inputs) == 1
        readers = [t for call in network.calls for t in call.inputs]
        if straight and len({id(t) for t in readers}) == len(readers):
            return None
        return {name: ", ".join(names) or "-" for name, names in before.items()}

    # As a layer of another model

    @property
    def connected(self) -> bool:
        """Whether its shapes are known."""
        return self.built

    def _symbolic(self, inputs: Any) -> tuple[Tensor, ...]:
        if isinstance(inputs, Mapping) and self.built:
            names = self.input_names
            inputs = [inputs.get(name) for name in names] if set(inputs) == set(names) else list(inputs.values())
        elif isinstance(inputs, Mapping):
            inputs = list(inputs.values())
        return super()._symbolic(inputs)

    def _connected(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if self.subclassed:
            if self._network is None:
                self.build([(None, *t.shape) for t in tensors])
            return self._traced(tensors)
        if not self.built:
            self._build_on(tensors)
        own = self.graph.inputs
        if len(own) != len(tensors):
            names = ", ".join(self.input_names)
            raise GraphError(
                text("input_count", model=self.name, expected=len(own), names=names, received=len(tensors))
            )
        for expected, tensor in zip(own, tensors, strict=True):
            if expected.shape != tensor.shape:
                raise ShapeError(
                    text("nested_shape", model=self.name, expected=show(expected.shape), received=show(tensor.shape))
                )
        heads = [t for _, total in self.added for _, t, _ in total.terms]
        outputs = copied(self.graph, tensors, self.name, heads)
        made = iter(outputs[len(outputs) - len(heads) :])
        for name, total in self.added:
            terms = tuple((factor, next(made), power) for factor, _, power in total.terms)
            super()._note(name, Total(terms, total.constant))
        return outputs[: len(outputs) - len(heads)]

    def _build_on(self, tensors: tuple[Tensor, ...]) -> None:
        """Make the weights for inputs like `tensors`."""
        self.build((None, *tensors[0].shape))

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape`, the batch axis (any value) first; a list or dictionary of such
        shapes for several inputs. Of a class with a `call`, once; any other model has its weights already.

        Raises: ShapeError where a layer does not fit; GraphError as `call` makes no network.
        """
        if not self.subclassed or self._network is not None:
            return
        self._built = True
        shapes = _shapes(input_shape)
        given = {name: InputLayer(shape, dtype=self.dtype).output for name, shape in shapes.items()}
        named = isinstance(input_shape, Mapping)
        inputs = given if named else list(given.values()) if len(given) > 1 else given[0]
        if self._given is not None:
            for name, layer in self.sublayers().items():
                layer.restore(inside(self._given, name) or {})
        try:
            with gathered() as added:
                outputs = self.call(inputs)
            self._begin(inputs, outputs)
            self._own_added += added.own
        except BaseException:
            self._built = False
            raise

    def _arranged(self, outputs: tuple[Tensor, ...]) -> Any:
        return self.form("outputs").given_as(outputs)

    def get_config(self) -> dict[str, Any]:
        """All that makes this model again, without its weights; fit for JSON."""
        return {} if self.subclassed else {"name": self.name, "trainable": self.trainable, **written(self)}

    def forget(self) -> None:
        """Nothing to drop: a model that is a layer keeps its weights."""

    def restore(self, values: Mapping[str, Array]) -> None:
        """Give the weights of a class with a `call`; the layers of any other model have theirs when it is made.

        Arguments: `values`, arrays by the names of `named_weights`.
        """
        if self.subclassed:
            super().restore(values)


def _place(tensor: Tensor, row: Sequence[Tensor]) -> int:
    return int(np.argmax([t is tensor for t in row]))


def _shapes(given: Any) -> dict[Any, tuple[int, ...]]:
    """The shape of each input without the batch axis, by name or place."""
    if isinstance(given, Mapping):
        return {name: tuple(shape[1:]) for name, shape in given.items()}
    several = bool(given) and isinstance(given[0], (list, tuple))
    return {i: tuple(shape[1:]) for i, shape in enumerate(given if several else [given])}
