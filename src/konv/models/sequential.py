"""Models whose layers stand one behind the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from konv.errors import GraphError
from konv.graph import Graph, Tensor
from konv.layers import InputLayer, Layer, MixUp
from konv.layers.base import Call
from konv.layers.checks import sample_shape
from konv.layers.operation import call_of
from konv.messages import text
from konv.models.architecture import KINDS, described, inside, restored
from konv.models.base import Model
from konv.ops.record import Array
from konv.shapes import show

__all__ = ["Sequential"]


class Sequential(Model):
    """A model whose layers stand one behind the other.

    The shape of the input comes from `Input`, from the first layer's `input_shape`, from `build`, or from the first
    data; until then there are no weights.

    Arguments: `layers`, to begin with; `name`.
    Raises: GraphError as `add` does; ShapeError where a layer does not fit the one before it.
    Example: `Sequential([Input((28, 28, 1)), Flatten(), Dense(10, activation="softmax")])`.
    """

    def __init__(self, layers: Iterable[Layer | Tensor] | None = None, name: str | None = None) -> None:
        super().__init__(name=name)
        self._input: InputLayer | None = None
        self._layers: list[Layer] = []
        self._behind_each: list[Tensor] = []
        self._graph: Graph | None = None
        for layer in layers or ():
            self.add(layer)

    @property
    def layers(self) -> list[Layer]:
        """The layers in order, the input layer left out, as in Keras."""
        return list(self._layers)

    @property
    def graph(self) -> Graph:
        """The network's nodes. Raises: GraphError where there are no layers, or their input's shape is not known."""
        if self._input is None or not self._layers:
            raise GraphError(text("not_built" if self._layers else "no_layers", model=self.name))
        if self._graph is None:
            self._graph = Graph((self._input.output,), (self._behind_each[-1],))
        return self._graph

    def add(self, layer: Layer | Tensor) -> None:
        """Put a layer behind the others.

        Arguments: `layer`, a layer, or, first of all, what `konv.layers.Input` returned.
        Raises: GraphError for anything else, a name that is taken, or a second input; ShapeError where it does not fit.
        """
        if isinstance(layer, Tensor):
            layer = InputLayer.of(layer)
        if not isinstance(layer, Layer):
            raise GraphError(
                text("mixup_in_graph")
                if isinstance(layer, MixUp)
                else text("not_a_layer", model=self.name, received=type(layer).__name__)
            )
        if _holds(layer, self):
            raise GraphError(text("inside_itself", layer=self.name))
        if any(layer.name == other.name for other in (self._input, *self._layers) if other is not None):
            raise GraphError(text("name_taken", model=self.name, name=layer.name))
        if isinstance(layer, InputLayer):
            self._begin_with(layer)
            return
        first = layer.inputs[0].shape if isinstance(layer, Model) and layer.built else layer.first_shape
        begun_here = self._input is None and not self._layers and first is not None
        if begun_here:
            self._input = InputLayer(first, dtype=layer.dtype)
        try:
            if self._input is not None:
                self._behind_each.append(self._behind(self._last(self._input), layer))
        except BaseException:
            if begun_here:
                self._input = None
            raise
        self._layers.append(layer)
        self._changed()

    def _begin_with(self, layer: InputLayer) -> None:
        if self._input is not None or self._layers:
            expected = show(self._input.shape) if self._input else "?"
            raise GraphError(text("second_input", model=self.name, expected=expected, received=show(layer.shape)))
        self._input = layer

    def _behind(self, before: Tensor, layer: Layer) -> Tensor:
        """The output of `layer` called on `before`. Raises: GraphError for a model with several."""
        outputs = layer.call_on((before,))
        if len(outputs) > 1:
            raise GraphError(text("one_output", model=self.name, layer=layer.name, received=len(outputs)))
        return outputs[0]

    def _all_calls(self) -> Sequence[Call]:
        return [call_of(tensor) for tensor in self._behind_each]

    def _last(self, begin: InputLayer) -> Tensor:
        return self._behind_each[-1] if self._behind_each else begin.output

    def pop(self) -> Layer:
        """Take the last layer off and return it. Raises: GraphError where there is none."""
        if not self._layers:
            raise GraphError(text("no_layers", model=self.name))
        self._changed()
        if self._behind_each:
            self._behind_each.pop()
        return self._layers.pop()

    def _changed(self) -> None:
        self._built = self._input is not None and bool(self._layers)
        self._graph = None
        self._runner = None

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights for inputs of `input_shape`, the batch axis (any value) first; once.

        Raises: ShapeError where a layer does not fit (no weights are left then); GraphError where the model already
        has an input of another shape.
        """
        shape = sample_shape(input_shape, self.name, batch=True)
        if self._input is not None:
            if self._input.shape != shape:
                expected = show(self._input.shape)
                raise GraphError(text("second_input", model=self.name, expected=expected, received=show(shape)))
            return
        begin = InputLayer(shape, dtype=self._layers[0].dtype if self._layers else None)
        fresh = [layer for layer in self._layers if not layer.built]
        outputs = [begin.output]
        try:
            for layer in self._layers:
                outputs.append(self._behind(outputs[-1], layer))
        except BaseException:
            for layer in fresh:
                layer.forget()
            raise
        self._input, self._behind_each = begin, outputs[1:]
        self._changed()

    def get_config(self) -> dict[str, Any]:
        """The layers, the input layer too where there is one, without weights; fit for JSON."""
        layers = [*([] if self._input is None else [self._input]), *self._layers]
        return {"name": self.name, "layers": [described(layer) for layer in layers]}

    def _owners(self) -> Sequence[Layer]:
        return self._layers if self.graph.nodes else ()

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
        weights: Mapping[str, Array] | None = None,
    ) -> Sequential:
        """A new model from what `get_config` gave.

        Arguments: `config`, that; `custom_objects`, layer classes of your own by name; `weights`, arrays by the
        names of `named_weights`, to be used in place of initial ones.
        Raises: UnknownNameError for a layer there is not; ShapeError where a weight is missing or of another shape.
        """
        saved = config["layers"]
        given = weights if saved and saved[0]["class_name"] == "InputLayer" else None
        layers = [restored(one, custom_objects or {}, inside(given, str(one["config"].get("name")))) for one in saved]
        return cls(layers, name=config["name"])


KINDS["Sequential"] = Sequential


def _holds(layer: Layer, sought: Layer) -> bool:
    """Whether `sought` is `layer`, or is inside of it."""
    return layer is sought or any(_holds(one, sought) for one in (layer.layers if isinstance(layer, Model) else ()))
