"""Operations that were applied to symbolic tensors outside any layer, as the layers that models are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from konv import ops
from konv.errors import ConfigurationError, GraphError
from konv.graph import Tensor
from konv.layers.base import Call, Layer
from konv.messages import text
from konv.shapes import Shape

__all__ = ["Operation", "call_of"]


class Operation(Layer):
    """One operation on symbolic tensors, such as `a + b`, as a layer; models make them by themselves.

    Arguments:
        `operation`: the operation's name and attributes.
        `options`: `name`; see `Layer`.
    Input shape: what the operation takes.
    Output shape: what it gives.
    Raises: UnknownNameError for an operation there is not; ConfigurationError for attributes it does not have.
    Example: `Operation({"name": "elementwise", "function": "add"})`.
    """

    arguments = ("operation",)
    several = True

    def __init__(self, operation: Mapping[str, Any], **options: Any) -> None:
        super().__init__(**options)
        self.record = _record(operation)

    def stand_for(self, tensor: Tensor) -> Call:
        """Make this the layer that gave `tensor`; its use is returned."""
        node = tensor.node
        self._weights, self.built = list(node.variables), True
        self._calls.append(Call(self, 0, node.inputs, (tensor,), node.frozen))
        return self._calls[0]

    @property
    def operation(self) -> dict[str, Any]:
        """The operation's name and attributes, fit for JSON."""
        return {"name": self.record.name, **asdict(self.record)}

    def op(self, *shapes: Shape) -> ops.Op:
        """The operation."""
        return self.record

    def initial(self, weight: Any) -> Any:
        """Operations outside layers have no weights of their own. Raises: GraphError."""
        raise GraphError(text("no_own_weights", layer=self.name, operation=self.record.name))


def call_of(tensor: Tensor) -> Call:
    """The use of a layer that gave `tensor`; an operation outside any layer becomes a layer of its own."""
    node = tensor.node
    if not isinstance(node.call, Call):
        layer = Operation({"name": node.op.name, **asdict(node.op)}, name=node.layer, dtype=tensor.dtype)
        node.call = layer.stand_for(tensor)
    return node.call


def _record(saved: Mapping[str, Any]) -> ops.Op:
    """The record with these attributes; lists, which JSON has for tuples, become tuples again."""
    given = {name: _tuple(value) for name, value in saved.items() if name != "name"}
    kind = ops.op(str(saved.get("name")))
    try:
        return kind(**given)
    except TypeError as error:
        raise ConfigurationError(text("bad_operation", operation=kind.name, received=sorted(given))) from error


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, (list, tuple)) else value
