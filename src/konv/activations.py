"""Activations as functions, under Keras's names: for arrays, for symbolic tensors, and as `activation=` of a layer."""

from __future__ import annotations

from typing import overload

import numpy as np

from konv.graph import Node, Tensor, naming
from konv.names import unknown
from konv.ops import Linear, Op, ReLU, Sigmoid, Softmax, Tanh
from konv.ops.record import Array, Run

__all__ = ["Function", "get", "linear", "relu", "sigmoid", "softmax", "tanh"]


class Function:
    """An activation: what a layer applies to each number, or along the last axis, after its sums.

    Called with an array it computes; called with a symbolic tensor it adds a node to the network.
    Attributes: `name`, Keras's; `op`, its record.
    """

    def __init__(self, name: str, op: Op) -> None:
        self.name, self.__name__ = name, name
        self.op = op
        self.__doc__ = type(op).__doc__

    @overload
    def __call__(self, x: Tensor) -> Tensor: ...

    @overload
    def __call__(self, x: Array) -> Array: ...

    def __call__(self, x: Tensor | Array) -> Tensor | Array:
        """The activation of `x`, of the same shape."""
        if isinstance(x, Tensor):
            return Node.apply(self.op, (x,), (), naming.automatic(self.name), x.dtype)
        values = np.asarray(x)
        if values.dtype.kind != "f":
            values = values.astype("float32")
        return self.op.forward((values,), (), Run())

    def __repr__(self) -> str:
        return f"<activation {self.name}>"


linear = Function("linear", Linear())
relu = Function("relu", ReLU())
sigmoid = Function("sigmoid", Sigmoid())
softmax = Function("softmax", Softmax())
tanh = Function("tanh", Tanh())

NAMES = {function.name: function for function in (linear, relu, sigmoid, softmax, tanh)}


def get(identifier: object) -> Function:
    """The activation for a name, an activation as it is, or `linear` for None.

    Arguments: `identifier`, any of these.
    Raises: UnknownNameError, with the nearest names, for anything else.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, Function):
        return identifier
    if isinstance(identifier, str) and identifier in NAMES:
        return NAMES[identifier]
    raise unknown("activation", identifier, NAMES)
