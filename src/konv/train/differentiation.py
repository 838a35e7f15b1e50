"""Gradients of one's own: of an expression by its inputs and weights, for explanations and training loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from konv.engine import Position, Program, Training, build
from konv.errors import GraphError, NonFiniteError
from konv.functions import Total, reshape
from konv.functions.base import lead
from konv.graph import Graph, Tensor, Variable
from konv.layers import Input
from konv.messages import text
from konv.ops.objective import Sum
from konv.ops.record import Array
from konv.ops.source import Input as Source
from konv.ops.update import SGD

__all__ = ["Gradient", "grad", "value_and_grad"]


def grad(scalar: Any, wrt: Any = None, inputs: Sequence[Tensor] | None = None) -> Gradient:
    """The gradient of `scalar`, as a function of arrays.

    Arguments: `scalar`, what `konv.ops.sum` or `mean` over all axes gives (of any other symbolic tensor the sum of all
    its numbers is meant), or a function that returns such a thing, called with symbolic tensors; `wrt`, a weight, an
    input, or a list of them (None, of a function: its arguments); `inputs`, the order in which arrays are given, by
    default that in which the expression meets its inputs.
    Returns: a function of arrays, one an input, whose result has an array for each of `wrt`: of a weight's shape, or
    `(N, …)` of an input.
    Raises: GraphError for what cannot be differentiated.
    Example: `konv.grad(ops.mean(ops.square(model(x))), x)(images)`.
    """
    return Gradient(scalar, wrt, inputs, with_value=False)


def value_and_grad(scalar: Any, wrt: Any = None, inputs: Sequence[Tensor] | None = None) -> Gradient:
    """`grad` with the value: called, it gives `(value, gradients)`. Arguments and errors: as of `grad`."""
    return Gradient(scalar, wrt, inputs, with_value=True)


class Gradient:
    """What `grad` and `value_and_grad` return: programs for each shape of data, made when first needed.

    Arguments: as of `grad`; `with_value`, whether a call gives the value too. Raises: GraphError.
    """

    def __init__(self, scalar: Any, wrt: Any, inputs: Sequence[Tensor] | None, with_value: bool) -> None:
        self._function: Callable[..., Any] | None = None if isinstance(scalar, (Total, Tensor)) else scalar
        if self._function is not None and not callable(scalar):
            raise GraphError(text("not_a_scalar", received=type(scalar).__name__))
        self._single = not isinstance(wrt, (list, tuple))
        self._wrt = [] if wrt is None else [wrt] if self._single else list(wrt)
        self._with_value = with_value
        self._traced: dict[Any, _Traced] = {}
        if self._function is None:
            self._traced[None] = _Traced(scalar, self._wrt, inputs)

    def __call__(self, *arrays: Any, position: Position | None = None) -> Any:
        """The gradient at `arrays`, one an input, `(N, …)`.

        Arguments: `position`, where in training this is, for layers that draw random numbers.
        Raises: NonFiniteError where something is NaN or infinite; ShapeError, GraphError for arrays that do not fit.
        """
        given = [np.asarray(a) for a in arrays]
        traced = self._traced_for(given)
        value, found = traced.run(given, position)
        gradients = found[0] if self._single and len(found) == 1 else found
        return (value, gradients) if self._with_value else gradients

    def _traced_for(self, arrays: Sequence[Array]) -> _Traced:
        if self._function is None:
            return self._traced[None]
        key = tuple(a.shape[1:] for a in arrays)
        if key not in self._traced:
            symbols = [Input(shape) for shape in key]
            self._traced[key] = _Traced(self._function(*symbols), self._wrt or symbols, symbols)
        return self._traced[key]


class _Traced:
    """One expression with its programs, by the number of samples."""

    def __init__(self, scalar: Any, wrt: Sequence[Any], inputs: Sequence[Tensor] | None) -> None:
        total = scalar if isinstance(scalar, Total) else _total(scalar)
        self.constant, self.terms = total.constant, total.terms
        heads = [reshape(t, (-1, 1) if lead(t) else (1,)) for _, t, _ in total.terms]
        reached = [node.output for node in Graph((), heads).nodes if isinstance(node.op, Source)]
        self.inputs = list(reached if inputs is None else inputs)
        self.used = [i for i, t in enumerate(self.inputs) if any(t is r for r in reached)]
        if len(self.used) != len(reached) or not reached:
            missing = [r.node.layer for r in reached if not any(r is t for t in self.inputs)]
            raise GraphError(text("inputs_of_gradient", missing=", ".join(missing) or "Input"))
        wrong = [w for w in wrt if not isinstance(w, Variable) and not any(w is t for t in self.inputs)]
        if wrong:
            received = ", ".join(w.node.layer if isinstance(w, Tensor) else type(w).__name__ for w in wrong)
            known = ", ".join(t.node.layer for t in self.inputs)
            raise GraphError(text("not_differentiable", received=received, known=known))
        self.wrt = list(wrt)
        self.graph = Graph([self.inputs[i] for i in self.used], heads)
        self.programs: dict[int, Program] = {}

    def run(self, arrays: Sequence[Array], position: Position | None) -> tuple[float, list[Array]]:
        if len(arrays) != len(self.inputs):
            raise GraphError(text("gradient_arrays", expected=len(self.inputs), received=len(arrays)))
        n = len(arrays[0])
        program = self._program(n)
        dtype = self.graph.outputs[0].dtype
        factors = [factor / n**power for factor, _, power in self.terms]
        weights = [np.full(n, factor, dtype) for factor in factors]
        zeros = [np.zeros((n, 1), dtype)] * len(factors)
        taken = [np.ascontiguousarray(arrays[i], dtype) for i in self.used]
        outcome = program.run(taken, zeros, weights, (0.0,), position or Position(0, 0, np.arange(n)))
        if outcome.nonfinite:
            raise NonFiniteError(text("nonfinite_prediction", layer=outcome.nonfinite, batch=1), outcome.nonfinite, 0)
        value = self.constant + sum(
            factor * float(loss.sum(dtype="float64")) for factor, loss in zip(factors, outcome.losses, strict=True)
        )
        by_variable = dict(zip(map(id, self._variables()), program.gradients(), strict=True))
        by_input = dict(zip(self.used, program.input_gradients(), strict=True))
        found = []
        for w in self.wrt:
            if isinstance(w, Variable):
                found.append(by_variable[id(w)])
            else:
                place = next(i for i, t in enumerate(self.inputs) if t is w)
                found.append(by_input[place] if place in by_input else np.zeros(arrays[place].shape, dtype))
        return value, found

    def _variables(self) -> tuple[Variable, ...]:
        return tuple({id(w): w for w in self.wrt if isinstance(w, Variable)}.values())

    def _program(self, n: int) -> Program:
        if n not in self.programs:
            variables = self._variables()
            training = Training(SGD(), variables, ((),) * len(variables), tuple(self.graph.inputs))
            self.programs[n] = build(self.graph, n, [Sum()] * len(self.graph.outputs), training)
        return self.programs[n]


def _total(scalar: Any) -> Total:
    """A symbolic tensor as the sum of all its numbers. Raises: GraphError for anything else."""
    if not isinstance(scalar, Tensor):
        raise GraphError(text("not_a_scalar", received=type(scalar).__name__))
    return Total.of(scalar)
