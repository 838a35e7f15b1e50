"""Activations as functions, under Keras's names: for arrays, for symbolic tensors, and as `activation=` of a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np

from konv.errors import ConfigurationError, GraphError
from konv.functions import curves
from konv.graph import Node, Tensor, naming, nodes_between
from konv.messages import text
from konv.names import found, name_of, unknown
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
from konv.ops.source import Input

__all__ = [
    "Function",
    "celu",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "rectifier",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
]


class Function:
    """An activation: what a layer applies to each number, or along the last axis, after its sums.

    Called with an array it computes; called with a symbolic tensor it adds a node to the network.
    Arguments: `name`, Keras's; `op`, its record, None for what several operations make together; `make`, what makes the
    record for options; `whole`, the function where there is no record, or that takes options which it has not.
    Attributes: `name`, `op`; `own`, the function or layer of one's own that it stands for, None of konv's.
    """

    def __init__(
        self, name: str, op: Op | None, make: Callable[..., Op] | None = None, whole: Callable[..., Any] | None = None,
        own: Any = None,
    ) -> None:  # fmt: skip
        self.name, self.__name__ = name, name
        self.op, self.whole, self.own = op, whole, own
        self.make: Callable[..., Op] | type = make or type(op)
        self.__doc__ = (whole if op is None else type(op)).__doc__

    @overload
    def __call__(self, x: Tensor, *options: Any, **named: Any) -> Tensor: ...

    @overload
    def __call__(self, x: Array, *options: Any, **named: Any) -> Array: ...

    def __call__(self, x: Tensor | Array, *options: Any, **named: Any) -> Tensor | Array:
        """The activation of `x`, of the same shape; `options` and `named` are what it can be told besides, as in Keras:
        `relu(x, negative_slope=0.1, max_value=6)`, `leaky_relu(x, 0.1)`, `gelu(x, approximate=True)`,
        `softmax(x, axis=1)`.
        """
        if self.whole is not None and (options or named or self.op is None):
            whole: Tensor | Array = self.whole(x, *options, **named)
            return whole
        op = self.op if self.op is not None and not (options or named) else self.make(*options, **named)
        if isinstance(x, Tensor):
            return Node.apply(op, (x,), (), naming.automatic(self.name), x.dtype)
        values = np.asarray(x)
        if values.dtype.kind != "f":
            values = values.astype("float32")
        return op.forward((values,), (), Run())

    def applied(self, x: Tensor, layer: str) -> Tensor:
        """The activation of `x` as the last part of `layer`.

        Raises: GraphError where a function of one's own gives no symbolic tensor, has weights or meets another network.
        """
        if self.op is not None:
            return Node.apply(self.op, (x,), (), layer, x.dtype)
        made = self(x)
        if not isinstance(made, Tensor):
            raise GraphError(text("activation_gave", name=self.name, received=type(made).__name__))
        for node in nodes_between((made,), (x,)):
            if isinstance(node.op, Input):
                raise GraphError(text("other_graph", layer=layer, other=node.layer))
            if node.variables:
                raise GraphError(text("activation_with_weights", name=self.name, weight=node.variables[0].name))
            node.layer = f"{layer}/{node.layer}"
        return made

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
softmax = Function("softmax", Softmax(), whole=curves.softmax)
softplus = Function("softplus", Softplus())
softsign = Function("softsign", Softsign())
tanh = Function("tanh", Tanh())
celu = Function("celu", None, whole=curves.celu)
glu = Function("glu", None, whole=curves.glu)
hard_shrink = Function("hard_shrink", None, whole=curves.hard_shrink)
hard_tanh = Function("hard_tanh", None, whole=curves.hard_tanh)
log_sigmoid = Function("log_sigmoid", None, whole=curves.log_sigmoid)
log_softmax = Function("log_softmax", None, whole=curves.log_softmax)
mish = Function("mish", None, whole=curves.mish)
soft_shrink = Function("soft_shrink", None, whole=curves.soft_shrink)
squareplus = Function("squareplus", None, whole=curves.squareplus)
tanh_shrink = Function("tanh_shrink", None, whole=curves.tanh_shrink)

NAMES = {
    function.name: function
    for function in (
        celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh, leaky_relu, linear,
        log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus, softsign,
        squareplus, tanh, tanh_shrink,
    )
} | {"swish": silu, "hard_swish": hard_silu}  # fmt: skip


def get(identifier: object) -> Function:
    """The activation for a name, konv's or registered; an activation as it is; a function of symbolic tensors, written
    in `konv.ops`, or a layer without weights as one; `linear` for None.

    Arguments: `identifier`, any of these.
    Raises: UnknownNameError, with the nearest names, for anything else.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, Function):
        return identifier
    if isinstance(identifier, str) and identifier in NAMES:
        return NAMES[identifier]
    own: Any = found(identifier) if isinstance(identifier, str) else identifier
    if isinstance(own, Function):
        return own
    if callable(own) and not isinstance(own, type):
        return Function(str(getattr(own, "name", None) or getattr(own, "__name__", "activation")), None, None, own, own)
    raise unknown("activation", identifier, NAMES)


def serialize(activation: Function) -> Any:
    """The form in which a file keeps an `activation`: its name, or of a layer its class's name and configuration.

    Raises: ConfigurationError for a function of one's own that has not been registered.
    """
    own = activation.own
    if own is None:
        return activation.name
    if hasattr(own, "get_config"):
        return {"class_name": name_of(type(own)) or type(own).__name__, "config": own.get_config()}
    name = name_of(own)
    if name is None:
        raise ConfigurationError(text("own_not_registered", received=activation.name))
    return name
