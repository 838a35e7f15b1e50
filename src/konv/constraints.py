"""Bounds that weights are kept within, under Keras's names: after each step of the optimiser they are brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from konv.arguments import at_least_zero
from konv.errors import ConfigurationError
from konv.messages import text
from konv.names import Family
from konv.ops.keeping import Bound, NonNegative, NormBound
from konv.ops.record import Array

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "maxnorm",
    "min_max_norm",
    "non_neg",
    "nonneg",
    "serialize",
    "unit_norm",
    "unitnorm",
]

Axis = int | Sequence[int]


class Constraint:
    """Base of all constraints: called with a weight's array it gives what the weight is to be.

    One of your own defines `__call__`, in NumPy or `konv.ops`; it runs after each step, outside compiled code.
    """

    @property
    def bound(self) -> Bound | None:
        """The bound as a record, for which there are kernels; None for any other."""
        return None

    def __call__(self, w: Any) -> Any:
        """The array `w` brought back within the bound."""
        if self.bound is None:
            raise NotImplementedError
        value: Array = self.bound.apply(np.asarray(w))
        return value

    def get_config(self) -> dict[str, Any]:
        """All that makes this constraint again, fit for JSON."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Constraint:
        """A new constraint from what `get_config` gave as `config`."""
        return cls(**config)


class NonNeg(Constraint):
    """No number below 0.

    Example: `Dense(10, kernel_constraint=NonNeg())`.
    """

    @property
    def bound(self) -> Bound | None:
        """The bound as a record."""
        return NonNegative()


class MaxNorm(Constraint):
    """Vectors of a weight no longer than `max_value`.

    Arguments: `max_value`; `axis`, along which a vector lies, one or several: 0, the inputs, of a dense layer, `[0, 1,
    2]` of a convolution's kernel. Raises: ConfigurationError for values that make no sense.
    Example: `Conv2D(32, 3, kernel_constraint=MaxNorm(2, axis=[0, 1, 2]))`.
    Source: Hinton et al., *Improving neural networks by preventing co-adaptation of feature detectors*, 2012.
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value, self.axis = at_least_zero(max_value, "max_value"), _axis(axis)

    @property
    def bound(self) -> Bound | None:
        """The bound as a record."""
        return NormBound(0.0, self.max_value, 1.0, _axes(self.axis))

    def get_config(self) -> dict[str, Any]:
        """All that makes this constraint again."""
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(Constraint):
    """Vectors of a weight of length 1.

    Arguments: `axis`, as of `MaxNorm`. Raises: as `MaxNorm`. Example: `Dense(10, kernel_constraint=UnitNorm())`.
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = _axis(axis)

    @property
    def bound(self) -> Bound | None:
        """The bound as a record."""
        return NormBound(1.0, 1.0, 1.0, _axes(self.axis))

    def get_config(self) -> dict[str, Any]:
        """All that makes this constraint again."""
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Vectors of a weight with a length between `min_value` and `max_value`.

    Arguments: `min_value`, `max_value`; `rate`, the share of the way there gone at each step, from 0 to 1; `axis`, as
    of `MaxNorm`. Raises: as `MaxNorm`. Example: `Dense(10, kernel_constraint=MinMaxNorm(0.5, 1.5))`.
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axis = 0) -> None:
        self.min_value, self.max_value = at_least_zero(min_value, "min_value"), at_least_zero(max_value, "max_value")
        self.rate, self.axis = at_least_zero(rate, "rate"), _axis(axis)
        if self.rate > 1 or self.min_value > self.max_value:
            raise ConfigurationError(text("bad_norm_bounds", low=min_value, high=max_value, rate=rate))

    @property
    def bound(self) -> Bound | None:
        """The bound as a record."""
        return NormBound(self.min_value, self.max_value, self.rate, _axes(self.axis))

    def get_config(self) -> dict[str, Any]:
        """All that makes this constraint again."""
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


max_norm = maxnorm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = nonneg = NonNeg
unit_norm = unitnorm = UnitNorm
CLASSES: dict[str, type[Constraint]] = {kind.__name__: kind for kind in (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)}
NAMES: dict[str, type[Constraint]] = {
    "max_norm": MaxNorm, "maxnorm": MaxNorm, "min_max_norm": MinMaxNorm, "non_neg": NonNeg, "nonneg": NonNeg,
    "unit_norm": UnitNorm, "unitnorm": UnitNorm, **CLASSES,
}  # fmt: skip


_FAMILY = Family("constraint", Constraint, CLASSES, NAMES)


def get(identifier: object) -> Any:
    """The constraint for a name (`"non_neg"`), a saved form, a class, a constraint or function as it is; None for None.

    Arguments: `identifier`, any of these. Raises: UnknownNameError for a name that is none.
    """
    return _FAMILY.get(identifier)


def serialize(constraint: Any) -> dict[str, Any]:
    """The form in which a configuration keeps `constraint`: its class's name and its arguments.

    Raises: ConfigurationError for a function or class of one's own that has not been registered.
    """
    return _FAMILY.serialize(constraint)


def deserialize(saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The constraint that `serialize` wrote as `saved`.

    Arguments: `custom_objects`, classes of your own by name. Raises: UnknownNameError for a class that is none.
    """
    return _FAMILY.deserialize(saved, custom_objects)


def _axis(axis: Any) -> int | list[int]:
    """`axis` as one integer or a list. Raises: ConfigurationError for anything else."""
    row = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if not row or not all(hasattr(a, "__index__") and not isinstance(a, bool) for a in row):
        raise ConfigurationError(text("bad_axis_of_norm", received=axis))
    numbers = [int(a) for a in row]
    return numbers if isinstance(axis, (list, tuple)) else numbers[0]


def _axes(axis: int | list[int]) -> tuple[int, ...]:
    return tuple(axis) if isinstance(axis, list) else (axis,)
