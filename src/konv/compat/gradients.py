"""`K.gradients` and `K.function`: gradients as things to compute with, worked out when a function is called.

konv's graphs hold no gradients. What `K.gradients` gives is therefore `Deferred`: a recipe that arithmetic and
`keras.backend` add to, and that `K.function` follows with the arrays it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from konv.compat.values import Deferred, valued
from konv.engine import build
from konv.errors import ConfigurationError, GraphError
from konv.functions import Total
from konv.graph import Graph, Tensor, Variable, replaced
from konv.layers import Input
from konv.messages import text
from konv.ops.record import Array
from konv.ops.source import Input as Source
from konv.train.differentiation import Gradient, grad

__all__ = ["function", "gradients"]


def gradients(loss: Any, variables: Any) -> list[Deferred]:
    """The gradients of `loss` by symbolic tensors or weights, to be worked out in a `function`.

    Arguments: `loss`, a mean or sum over all axes, or a symbolic tensor, of which the sum is meant; `variables`, one or
    a list. Raises: GraphError where `loss` is no such thing.
    """
    total = Total.of(loss)
    row = variables if isinstance(variables, (list, tuple)) else [variables]
    return [Deferred(_Gradient(total, one)) for one in row]


class _Gradient:
    """The recipe of one gradient: of `total`, by `by`, which may lie between the inputs and it."""

    def __init__(self, total: Total, by: Any) -> None:
        terms = [t for _, t, _ in total.terms]
        self.by = self.stand = by
        if isinstance(by, Tensor) and not isinstance(by.node.op, Source):
            self.stand = Input(by.node.output.shape)
            terms = list(replaced(terms, {by: self.stand}))
        self.total = Total(tuple((f, t, p) for (f, _, p), t in zip(total.terms, terms, strict=True)), total.constant)
        self.begins = [node.output for node in Graph((), terms).nodes if isinstance(node.op, Source)]
        self._made: Gradient | None = None

    def __call__(self, known: _Known) -> Any:
        if self._made is None:
            self._made = grad(self.total, self.stand, self.begins)
        arrays = [known[self.by] if t is self.stand else known[t] for t in self.begins]
        return valued(self._made(*arrays))


class _Known:
    """The values of symbolic tensors, worked out from the arrays given for some. Arguments: `values`, by tensors."""

    def __init__(self, values: dict[Tensor, Array], programs: dict[Any, Any]) -> None:
        self.given, self.values, self.programs = values, dict(values), programs

    def __getitem__(self, tensor: Tensor) -> Any:
        if tensor not in self.values:
            n = len(next(iter(self.given.values())))
            key = tensor, n
            if key not in self.programs:
                self.programs[key] = build(Graph(self._needed(tensor), (tensor,)), n)
            arrays = [np.ascontiguousarray(self.given[t], "float32") for t in self._needed(tensor)]
            self.values[tensor] = self.programs[key].run(arrays).outputs[0]
        return valued(self.values[tensor])

    def _needed(self, tensor: Tensor) -> list[Tensor]:
        """The inputs it is made of. Raises: GraphError where one was not given."""
        found = [node.output for node in Graph((), (tensor,)).nodes if isinstance(node.op, Source)]
        for one in found:
            if one not in self.given:
                raise GraphError(text("inputs_of_gradient", missing=one.node.layer))
        return found


def function(inputs: Sequence[Any], outputs: Any, updates: Any = None, **others: Any) -> Callable[..., Any]:
    """A function of a list of arrays, one for each of `inputs`, that gives the values of `outputs`, a list or one.

    Outputs are symbolic tensors, means and sums of such, and what `gradients` gave. The learning phase may stand among
    the inputs; its value must be 0.
    Raises: GraphError where it is no network; ConfigurationError for `updates`.
    """
    if updates:
        known = "inputs, outputs"
        raise ConfigurationError(text("unknown_argument", layer="K.function", received="updates", known=known))
    row = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    places = [i for i, x in enumerate(row) if isinstance(x, Tensor)]
    single = not isinstance(outputs, (list, tuple))
    wanted = [outputs] if single else list(outputs)
    run = (
        _plain(row, places, wanted) if all(isinstance(o, Tensor) for o in wanted) else _worked_out(row, places, wanted)
    )

    def called(arrays: Any) -> Any:
        given = arrays if isinstance(arrays, (list, tuple)) else [arrays]
        for i, value in enumerate(given):
            if i not in places and np.any(value):
                raise ConfigurationError(text("script.learning_phase", received=value))
        found = run([np.asarray(given[i]) for i in places])
        return found[0] if single else found

    return called


def _plain(row: Sequence[Any], places: Sequence[int], wanted: list[Any]) -> Callable[[list[Array]], list[Any]]:
    from konv.models import Model

    model = Model([row[i] for i in places], wanted)

    def run(arrays: list[Array]) -> list[Any]:
        found = model.predict_on_batch(arrays)
        return found if isinstance(found, list) else [found]

    return run


def _worked_out(row: Sequence[Any], places: Sequence[int], wanted: list[Any]) -> Callable[[list[Array]], list[Any]]:
    programs: dict[Any, Any] = {}

    def value(one: Any, known: _Known) -> Any:
        if isinstance(one, Deferred):
            return np.asarray(one.compute(known))[()]
        if isinstance(one, Total):
            n = len(next(iter(known.given.values())))
            sums = [f * np.asarray(known[t], "float64").sum() / n**p for f, t, p in one.terms]
            return np.float32(sum(sums) + one.constant)
        if isinstance(one, Variable):
            return one.value.copy()
        return np.asarray(known[one])

    def run(arrays: list[Array]) -> list[Any]:
        known = _Known({row[i]: a for i, a in zip(places, arrays, strict=True)}, programs)
        return [value(one, known) for one in wanted]

    return run
