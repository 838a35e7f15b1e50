"""Activations as functions, under Keras's names: for arrays, for symbolic tensors, and as `activation=` of a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np

from konv.functions.curves import softmax as softmax_along
from konv.graph import Node, Tensor, naming
from konv.names import unknown
from konv.ops import (
    ELU,
    GELU,
    ClippedReLU,
    Exponential,
    HardSigmoid,
    HardSiLU,
    Linear,
    Op,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from konv.ops.record import Array, Run

__all__ = [
    "Function",
    "elu",
    "exponential",
    "gelu",
    "get",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "leaky_relu",
    "linear",
    "rectifier",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "swish",
    "tanh",
]


class Function:
    """An activation: what a layer applies to each number, or along the last axis, after its sums.

    Called with an array it computes; called with a symbolic tensor it adds a node to the network.
    Arguments: `name`, Keras's; `op`, its record; `make`, which makes the record for options; `whole`, the function that
    takes options which no record has.
    Attributes: `name`, `op`.
    """

    def __init__(
        self, name: str, op: Op, make: Callable[..., Op] | None = None, whole: Callable[..., Any] | None = None
    ) -> None:
        self.name, self.__name__ = name, name
        self.op, self.whole = op, whole
        self.make = make or type(op)
        self.__doc__ = type(op).__doc__

    @overload
    def __call__(self, x: Tensor, *options: Any, **named: Any) -> Tensor: ...

    @overload
    def __call__(self, x: Array, *options: Any, **named: Any) -> Array: ...

    def __call__(self, x: Tensor | Array, *options: Any, **named: Any) -> Tensor | Array:
        """The activation of `x`, of the same shape; `options` and `named` are what it can be told besides, as in Keras:
        `relu(x, negative_slope=0.1, max_value=6)`, `leaky_relu(x, 0.1)`, `gelu(x, approximate=True)`,
        `softmax(x, axis=1)`.
        """
        if self.whole is not None and (options or named):
            found: Tensor | Array = self.whole(x, *options, **named)
            return found
        op = self.make(*options, **named) if options or named else self.op
        if isinstance(x, Tensor):
            return Node.apply(op, (x,), (), naming.automatic(self.name), x.dtype)
        values = np.asarray(x)
        if values.dtype.kind != "f":
            values = values.astype("float32")
        return op.forward((values,), (), Run())

    def __repr__(self) -> str:
        return f"<activation {self.name}>"


def rectifier(negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Op:
    """The record of a ReLU as Keras's arguments describe it; `ReLU`, the fastest, where they are the usual ones.

    Arguments: `negative_slope`, the slope below `threshold`; `max_value`, the ceiling, None for none.
    """
    if not negative_slope and max_value is None and not threshold:
        return ReLU()
    return ClippedReLU(float(negative_slope), float(threshold), None if max_value is None else float(max_value))


elu = Function("elu", ELU(), lambda alpha=1.0: ELU(float(alpha)))
exponential = Function("exponential", Exponential())
gelu = Function("gelu", GELU(), lambda approximate=False: GELU(bool(approximate)))
hard_sigmoid = Function("hard_sigmoid", HardSigmoid(), HardSigmoid)
hard_silu = hard_swish = Function("hard_silu", HardSiLU())
leaky_relu = Function("leaky_relu", rectifier(0.2), lambda negative_slope=0.2: rectifier(negative_slope))
linear = Function("linear", Linear())
relu = Function("relu", ReLU(), rectifier)
relu6 = Function("relu6", rectifier(max_value=6))
selu = Function("selu", ELU(1.6732632423543772, 1.0507009873554805))
sigmoid = Function("sigmoid", Sigmoid())
silu = swish = Function("silu", SiLU())
softmax = Function("softmax", Softmax(), whole=softmax_along)
softplus = Function("softplus", Softplus())
softsign = Function("softsign", Softsign())
tanh = Function("tanh", Tanh())

NAMES = {
    function.name: function
    for function in (
        elu, exponential, gelu, hard_sigmoid, hard_silu, leaky_relu, linear, relu, relu6, selu, sigmoid, silu, softmax,
        softplus, softsign, tanh,
    )
} | {"swish": silu, "hard_swish": hard_silu}  # fmt: skip


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
