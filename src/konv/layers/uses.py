"""What layers are made of besides themselves: their uses in networks, layers inside them, values of their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from konv.errors import ShapeError
from konv.graph import Node, Tensor, Variable
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import show

if TYPE_CHECKING:
    from konv.layers.base import Layer

__all__ = ["Call", "freeze", "layers_in", "nodes_between", "set_values"]


@dataclass(eq=False)
class Call:
    """One use of a layer: `number` of its uses so far, what it was called on, and what it returned.

    `frozen`: it was called with `training=False`, so it behaves as in prediction even while training.
    """

    layer: Layer
    number: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    frozen: bool = False


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


def nodes_between(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> Iterator[Node]:
    """The nodes that `outputs` need, back to `inputs`, each once."""
    seen = {id(t.node) for t in inputs}
    waiting = [t.node for t in outputs]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(t.node for t in node.inputs)


def freeze(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> None:
    """Have the nodes between `inputs` and `outputs` behave as in prediction always."""
    for node in nodes_between(outputs, inputs):
        node.frozen = True


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
