"""Sums and means over the samples of a batch: what losses are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from konv.errors import GraphError
from konv.functions.base import applied, lead, number_of
from konv.graph import Tensor
from konv.messages import text
from konv.ops.reduction import Reduce

__all__ = ["Total"]


@dataclass(frozen=True, eq=False)
class Total:
    """A number of a whole batch: the sum of `terms` `(factor, tensor, power)` and of `constant`.

    A term is `factor` times the sum of a symbolic tensor's numbers over all samples, divided by how many these are to
    that `power`: 0 for a sum, 1 for a mean. Totals are added and scaled; anything else is done before the sum over the
    batch.
    """

    __array_ufunc__: ClassVar[None] = None  # an array on the left leaves arithmetic to the total

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
        return cls((), _number(value))

    def by_samples(self) -> Total:
        """The total divided by the number of samples."""
        return Total(tuple((f, t, power + 1) for f, t, power in self.terms), self.constant)

    def scaled(self, factor: float) -> Total:
        """The total times `factor`."""
        return Total(tuple((factor * f, t, power) for f, t, power in self.terms), factor * self.constant)

    def __add__(self, other: Any) -> Total:
        """The sum with another total, a number, or one made of weights alone. Raises: GraphError for anything else."""
        if isinstance(other, Total):
            return Total((*self.terms, *other.terms), self.constant + other.constant)
        if isinstance(other, Tensor) and not other.shape and not lead(other):
            return Total((*self.terms, (1.0, other, 1)), self.constant)
        return Total(self.terms, self.constant + _number(other))

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

    def __neg__(self) -> Total:
        return self.scaled(-1.0)

    def __sub__(self, other: Any) -> Total:
        return self.__add__(-other if isinstance(other, Total) else -_number(other))

    def __rsub__(self, other: Any) -> Total:
        return self.scaled(-1.0).__add__(other)

    def __mul__(self, factor: Any) -> Total:
        return self.scaled(_number(factor))

    __rmul__ = __mul__

    def __truediv__(self, divisor: Any) -> Total:
        return self.scaled(1 / _number(divisor))


def _number(value: Any) -> float:
    found = None if isinstance(value, Total) else number_of(value)
    if found is None:
        raise GraphError(text("total_is_linear", received=type(value).__name__))
    return found
