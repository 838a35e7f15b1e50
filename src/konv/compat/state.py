"""`tf.Variable`: a weight in the `call` of a layer that is traced, elsewhere an array that can be assigned to."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from konv import initializers
from konv.compat.values import Values, valued
from konv.graph import Tensor, Variable, naming
from konv.graph.node import OPERATORS
from konv.layers.uses import now_gathering

__all__ = ["State"]

EAGERLY = {
    "index": "getitem", "negative": "neg", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "subtract": "sub", "multiply": "mul", "divide": "truediv", "power": "pow",
}  # fmt: skip
"""Python's operators by the names of konv's functions, where they differ."""


class State(Variable):
    """A variable of a script's own.

    Arguments: `initial_value`, where it starts, or a function that gives it; `trainable`; `name`; `dtype`; `shape`,
    with an initializer for `initial_value`, as in Keras 3; `others`, taken for TensorFlow's sake.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: Any = None,
        shape: Any = None,
        initializer: Any = None,
        **others: Any,
    ) -> None:
        given = initializer if initial_value is None else initial_value
        if isinstance(given, str) or (callable(given) and shape is not None):
            given = initializers.get(given)(tuple(shape), dtype=dtype)
        value = np.asarray(given() if callable(given) else given)
        kind = dtype or ("float32" if value.dtype.kind in "fiub" else value.dtype)
        super().__init__(name or naming.automatic("variable"), np.asarray(value, kind), trainable is not False)

    def read_value(self) -> Values:
        """The value as an array."""
        found: Values = valued(self.value.copy())
        return found

    def assign(self, value: Any, *others: Any, **named: Any) -> Any:
        """Give it a new `value`."""
        super().assign(np.asarray(value))
        return self

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __format__(self, spec: str) -> str:
        return format(self.value[()], spec)

    def __str__(self) -> str:
        return str(self.value)

    def _with(self, name: str, *operands: Any) -> Any:
        """An operator: added to the network with a symbolic tensor or in a traced `call`, else computed."""
        if now_gathering() is not None or any(isinstance(o, Tensor) for o in operands):
            return OPERATORS[name](*operands)
        row = [o.read_value() if isinstance(o, State) else o for o in operands]
        return valued(getattr(operator, EAGERLY.get(name, name))(*row))


def _operator(name: str, swapped: bool) -> Any:
    def one(self: State, *others: Any) -> Any:
        operands = (*others, self) if swapped else (self, *others)
        return self._with(name, *operands)

    return one


for _name in (*EAGERLY, "abs", "add", "matmul"):
    _method = EAGERLY.get(_name, _name)
    setattr(State, f"__{_method}__", _operator(_name, swapped=False))
    if _method in ("add", "sub", "mul", "truediv", "pow"):
        setattr(State, f"__r{_method}__", _operator(_name, swapped=True))
