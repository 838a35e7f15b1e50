"""What layers are made of besides themselves: their uses in networks, layers inside them, values of their weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from konv.errors import GraphError, ShapeError
from konv.functions.total import Total
from konv.graph import Tensor, Variable, nodes_between
from konv.messages import text
from konv.ops.record import Array

if TYPE_CHECKING:
    from konv.layers.base import Layer

__all__ = [
    "Added",
    "Call",
    "Used",
    "freeze",
    "gathered",
    "layers_in",
    "now_gathering",
    "set_values",
    "within",
]

MOST = 6
"""Names in a message, at most."""


@dataclass(eq=False)
class Added:
    """What calls of layers add to the loss and to the metrics of the model they are part of: `own`, by the layer that
    is being called; `inner`, by layers it calls itself. Metrics have their names."""

    own: list[tuple[str, Total]] = field(default_factory=list)
    inner: list[tuple[str, Total]] = field(default_factory=list)

    @property
    def all(self) -> tuple[tuple[str, Total], ...]:
        """Everything, as pairs of a metric's name ("" for a loss) and its total."""
        return (*self.own, *self.inner)


_gathering: list[Added] = []


@contextmanager
def gathered() -> Iterator[Added]:
    """What is added within; whoever gathers around it is told afterwards."""
    found = Added()
    _gathering.append(found)
    try:
        yield found
    finally:
        _gathering.pop()
    if _gathering:
        _gathering[-1].inner.extend(found.all)


_being_called: list[Used] = []


@contextmanager
def within(layer: Used) -> Iterator[None]:
    """While `layer` is being called. Raises: GraphError where it already is: it would never end."""
    if any(other is layer for other in _being_called):
        raise GraphError(text("inside_itself", layer=layer.name))
    _being_called.append(layer)
    try:
        yield
    finally:
        _being_called.pop()


def now_gathering() -> Added | None:
    """Where a layer that is being called adds losses; None outside any call."""
    return _gathering[-1] if _gathering else None


@dataclass(eq=False)
class Call:
    """One use of a layer: `number` of its uses so far, what it was called on, and what it returned.

    `frozen`: it was called with `training=False`, so it behaves as in prediction even while training. `added`: what it
    adds to the model's loss and metrics, see `Added.all`.
    """

    layer: Layer
    number: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    frozen: bool = False
    added: tuple[tuple[str, Total], ...] = ()


class Used:
    """What a layer knows of its uses in networks."""

    name: str
    weights: Any
    built: Any
    _calls: list[Call]
    shown: ClassVar[Callable[[Any], str] | None] = None
    """What draws a layer for a notebook; `konv.explain.notebook` enters it."""

    def _repr_html_(self) -> str | None:
        return None if Used.shown is None else Used.shown(self)

    def _arranged(self, outputs: tuple[Tensor, ...]) -> Any:
        """Outputs as a call returns them."""
        return outputs[0] if len(outputs) == 1 else list(outputs)

    @property
    def connected(self) -> bool:
        """Whether this layer is in a network, so that its shapes are known."""
        return bool(self._calls)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The uses of this layer so far."""
        return tuple(self._calls)

    def _first_call(self) -> Call:
        if not self._calls:
            raise GraphError(text("not_connected", layer=self.name))
        return self._calls[0]

    @property
    def input(self) -> Tensor | list[Tensor]:
        """What this layer was first called on, as in Keras. Raises: GraphError where it is in no network yet."""
        tensors = self._first_call().inputs
        return tensors[0] if len(tensors) == 1 else list(tensors)

    @property
    def output(self) -> Any:
        """What it then returned. Raises: GraphError where it is in no network yet."""
        return self._arranged(self._first_call().outputs)

    @property
    def input_shape(self) -> tuple[int | None, ...] | list[tuple[int | None, ...]]:
        """The input's shape, the batch axis None (a list of shapes where there are several inputs)."""
        shapes: list[tuple[int | None, ...]] = [(None, *t.shape) for t in self._first_call().inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Any:
        """The output's shape, the batch axis None (a list of shapes where there are several outputs)."""
        shapes = [(None, *t.shape) for t in self._first_call().outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def add_loss(self, loss: Any) -> None:
        """Add to the loss of the models this layer is part of; in the layer's `call`.

        Arguments: `loss`, what `konv.ops.sum` or `mean` over all axes gives, a symbolic tensor, whose numbers are all
        summed, or a number; or a list of such. Raises: GraphError for anything else, and outside of `call`.
        """
        for one in loss if isinstance(loss, (list, tuple)) else [loss]:
            self._add("", one)

    def add_metric(self, value: Any, name: str | None = None, aggregation: str | None = None) -> None:
        """Have `fit` and `evaluate` report a number beside the loss, the mean over the batches; in the layer's `call`.

        Arguments: `value`, as of `add_loss`; `name`, its key in the history; `aggregation`, taken for Keras's sake.
        Raises: as `add_loss`.
        """
        self._add(name or f"{self.name}_metric", value)

    def _add(self, name: str, value: Any) -> None:
        try:
            total = Total.of(value)
        except GraphError as error:
            raise GraphError(text("loss_of_no_network", layer=self.name, received=type(value).__name__)) from error
        self._note(name, total)

    def _note(self, name: str, total: Total) -> None:
        place = now_gathering()
        if place is None:
            raise GraphError(text("add_loss_outside", layer=self.name))
        place.own.append((name, total))

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
        if len(weights) and not self.built:
            raise ShapeError(text("no_weights_yet", layer=self.name))
        set_values(self.weights, weights, self.name)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(v.size for v in self.weights)


def layers_in(held: Mapping[Any, Any], kind: type[Layer], before: str = "") -> Iterator[tuple[str, Layer]]:
    """The layers (objects of `kind`) among the values of `held`, by their keys behind `before`; lists and dictionaries
    are looked into."""
    for key, value in held.items():
        name = f"{before}{key}"
        if isinstance(value, kind):
            yield name, value
        elif isinstance(value, dict):
            yield from layers_in(value, kind, f"{name}_")
        elif isinstance(value, (list, tuple)):
            yield from layers_in(dict(enumerate(value)), kind, f"{name}_")


def freeze(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> None:
    """Have the nodes between `inputs` and `outputs` behave as in prediction always."""
    for node in nodes_between(outputs, inputs):
        node.frozen = True


def _other_count(owner: str, variables: Sequence[Variable], received: str) -> str:
    """What is said where `owner`'s weights, `variables`, are given another number of arrays: `received`."""
    names = ", ".join(v.name for v in variables[:MOST]) + ", …" * (len(variables) > MOST)
    return text("weight_count", layer=owner, expected=len(variables), received=received, names=names or "–")


def set_values(variables: Sequence[Variable], values: Sequence[Array], owner: str) -> None:
    """Assign one of `values` to each of `variables` of the layer or model called `owner`.

    Raises: ShapeError where their number or a shape differs, or they are no numbers; then none has been set.
    """
    if len(variables) != len(values):
        raise ShapeError(_other_count(owner, variables, str(len(values))))
    arrays = [variable.fitting(value) for variable, value in zip(variables, values, strict=True)]
    for variable, value in zip(variables, arrays, strict=True):
        variable.assign(value)
