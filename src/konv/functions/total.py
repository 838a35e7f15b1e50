"""Sums and means over the samples of a batch: what losses are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.errors import GraphError
from konv.functions.base import Whole, applied, lead, number_of
from konv.graph import Tensor
from konv.graph.node import OPERATORS
from konv.messages import text
from konv.ops.batch_sum import BatchSum
from konv.ops.reduction import Reduce

__all__ = ["Total"]


@dataclass(frozen=True, eq=False)
class Total(Whole):
    """A number of a whole batch: the sum of `terms` `(factor, tensor, power)` and of `constant`.

    A term is `factor` times the sum of a symbolic tensor's numbers over all samples, divided by how many these are to
    that `power`: 0 for a sum, 1 for a mean. Totals that are added and scaled are totals; what anything else is done to
    becomes a symbolic tensor without a batch axis (`tensor`).
    """

    terms: tuple[tuple[float, Tensor, int], ...]
    constant: float = 0.0

    @classmethod
    def of(cls, value: Any) -> Total:
        """`value` as a total: of a symbolic tensor the sum of all its numbers. Raises: GraphError for anything else."""
        if isinstance(value, Total):
            return value
        if isinstance(value, Tensor):
            each = applied(Reduce("sum", tuple(range(len(value.shape)))), value) if value.shape else value
            return cls(((1.0, each, lead(value) ^ 1),))
        number = number_of(value)
        if number is None:
            raise GraphError(text("not_a_total", received=type(value).__name__))
        return cls((), number)

    def tensor(self) -> Tensor:
        """The number as a symbolic tensor, the same for every sample."""
        found: Any = None
        for factor, tensor, power in self.terms:
            one: Any = tensor if not lead(tensor) and power == 1 else applied(BatchSum(power > 0), tensor)
            for _ in range(power - 1):
                one = one / applied(BatchSum(), one * 0 + 1)
            one = one if factor == 1 else one * factor
            found = one if found is None else found + one
        made: Tensor = found + self.constant if self.constant else found
        return made

    def by_samples(self) -> Total:
        """The total divided by the number of samples."""
        return Total(tuple((f, t, power + 1) for f, t, power in self.terms), self.constant)

    def scaled(self, factor: float) -> Total:
        """The total times `factor`."""
        return Total(tuple((factor * f, t, power) for f, t, power in self.terms), factor * self.constant)

    def __add__(self, other: Any) -> Any:
        """The sum with another total, a number, or one that is the same for every sample, a total; else a tensor."""
        if isinstance(other, Total):
            return Total((*self.terms, *other.terms), self.constant + other.constant)
        if isinstance(other, Tensor) and not other.shape and not lead(other):
            return Total((*self.terms, (1.0, other, 1)), self.constant)
        number = number_of(other)
        return OPERATORS["add"](self, other) if number is None else Total(self.terms, self.constant + number)

    __radd__ = __add__

    def numpy(self) -> float:
        """The number itself, where the tensors are of a kind that knows its values. Raises: GraphError elsewhere."""
        found = self.constant
        for factor, tensor, mean in self.terms:
            known: Any = getattr(tensor, "numpy", None)
            if known is None:
                raise GraphError(text("no_value", layer=tensor.node.layer))
            values = np.asarray(known(), "float64")
            found += factor * float(values.mean() if mean else values.sum())
        return found

    def __float__(self) -> float:
        return self.numpy()

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec) if spec else repr(self)

    def __neg__(self) -> Any:
        return self.scaled(-1.0)

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, factor: Any) -> Any:
        number = number_of(factor)
        return OPERATORS["multiply"](self, factor) if number is None else self.scaled(number)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Any) -> Any:
        number = number_of(divisor)
        return OPERATORS["divide"](self, divisor) if number is None else self.scaled(1 / number)
