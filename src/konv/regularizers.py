"""Penalties on weights and outputs, under Keras's names: part of the loss that is minimised and reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from konv import functions as ops
from konv.arguments import at_least_zero
from konv.errors import ConfigurationError
from konv.messages import text
from konv.names import Family
from konv.ops.keeping import Penalty

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "activity_l1",
    "activity_l1l2",
    "activity_l2",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l1l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer:
    """Base of all regularisers: called with a weight or an output it gives what is added to the loss.

    One of your own defines `__call__` in `konv.ops`, and `get_config` if a file is to keep it. On a weight it is
    computed once for each sample of a batch: fit for small ones.
    """

    @property
    def penalty(self) -> Penalty | None:
        """The penalty as a record, for which there is a kernel; None for any other."""
        return None

    def __call__(self, x: Any) -> Any:
        """The penalty on `x`: symbolic tensors and weights give an expression, arrays a number."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """All that makes this regulariser again, fit for JSON."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Regularizer:
        """A new regulariser from what `get_config` gave as `config`."""
        return cls(**config)


class L1L2(Regularizer):
    """λ₁ · Σ |x| + λ₂ · Σ x²: small numbers, and few of them.

    Arguments: `l1`, λ₁; `l2`, λ₂. Raises: ConfigurationError for one below 0 or no number.
    Example: `Dense(10, kernel_regularizer=L1L2(1e-5, 1e-4))`.
    Source: Zou & Hastie, *Regularization and variable selection via the elastic net*, 2005.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = at_least_zero(l1, "l1"), at_least_zero(l2, "l2")

    @property
    def penalty(self) -> Penalty | None:
        """The penalty as a record."""
        return Penalty(self.l1, self.l2)

    def __call__(self, x: Any) -> Any:
        """The penalty on `x`."""
        terms = []
        if self.l1:
            terms.append(self.l1 * ops.sum(ops.absolute(x)))
        if self.l2:
            terms.append(self.l2 * ops.sum(ops.square(x)))
        return terms[0] + terms[1] if len(terms) == 2 else terms[0] if terms else 0.0

    def get_config(self) -> dict[str, Any]:
        """All that makes this regulariser again."""
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """λ · Σ |x|: few numbers that are not 0.

    Arguments: `l1`, λ. Raises: as `L1L2`. Example: `Dense(10, kernel_regularizer=L1(1e-5))`.
    Source: Tibshirani, *Regression shrinkage and selection via the lasso*, 1996.
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)

    def get_config(self) -> dict[str, Any]:
        """All that makes this regulariser again."""
        return {"l1": self.l1}


class L2(L1L2):
    """λ · Σ x²: small numbers.

    Arguments: `l2`, λ. Raises: as `L1L2`. Example: `Conv2D(32, 3, kernel_regularizer=L2(1e-4))`.
    Source: Hoerl & Kennard, *Ridge regression*, 1970.
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)

    def get_config(self) -> dict[str, Any]:
        """All that makes this regulariser again."""
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """Rows (or columns) of a matrix kept at right angles: `factor` times the mean |cosine| of every two different ones.

    Arguments: `factor`; `mode`, `"rows"` or `"columns"`. Raises: ConfigurationError for another mode, or once called,
    for a weight that is no matrix.
    Example: `Dense(4, kernel_regularizer=OrthogonalRegularizer(0.01))`. Source: Keras 3, `OrthogonalRegularizer`.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor, self.mode = at_least_zero(factor, "factor"), mode
        if mode not in ("rows", "columns"):
            raise ConfigurationError(text("unknown_setting", name="mode", received=mode, known="rows, columns"))

    def __call__(self, x: Any) -> Any:
        """The penalty on the matrix `x`."""
        shape = tuple(x.shape)
        if len(shape) != 2:
            raise ConfigurationError(text("not_a_matrix", received=shape))
        along = 1 if self.mode == "rows" else 0
        unit = ops.divide(x, ops.maximum(ops.norm(x, axis=along, keepdims=True), 1e-7))
        size = shape[1 - along]
        turned = ops.transpose(unit)
        cosines = ops.matmul(unit, turned) if along else ops.matmul(turned, unit)
        others = (1 - np.eye(size)).astype("float32")
        pairs = size * (size - 1) / 2
        return self.factor * 0.5 / max(pairs, 1) * ops.sum(ops.absolute(cosines * others))

    def get_config(self) -> dict[str, Any]:
        """All that makes this regulariser again."""
        return {"factor": self.factor, "mode": self.mode}


def l1(l1: float = 0.01, l: float | None = None) -> L1:  # noqa: E741 (Keras's name)
    """`L1`; `l` is Keras 2's name of `l1`."""
    return L1(l1 if l is None else l)


def l2(l2: float = 0.01, l: float | None = None) -> L2:  # noqa: E741 (Keras's name)
    """`L2`; `l` is Keras 2's name of `l2`."""
    return L2(l2 if l is None else l)


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """`L1L2` with Keras 2's defaults. Arguments: `l1`, `l2`."""
    return L1L2(l1, l2)


activity_l1, activity_l2, activity_l1l2 = l1, l2, l1_l2  # Keras 1's names, and the next one
l1l2 = l1_l2
orthogonal_regularizer = OrthogonalRegularizer
CLASSES: dict[str, type[Regularizer]] = {kind.__name__: kind for kind in (L1, L2, L1L2, OrthogonalRegularizer)}
NAMES: dict[str, Callable[[], Regularizer]] = {
    "l1": L1, "l2": L2, "l1_l2": l1_l2, "l1l2": l1_l2, "orthogonal_regularizer": OrthogonalRegularizer, **CLASSES,
}  # fmt: skip


_FAMILY = Family("regularizer", Regularizer, CLASSES, NAMES)


def get(identifier: object) -> Any:
    """The regulariser for a name (`"l2"`), a saved form, a class, a regulariser or function as it is; None for None.

    Arguments: `identifier`, any of these. Raises: UnknownNameError for a name that is none.
    """
    return _FAMILY.get(identifier)


def serialize(regularizer: Any) -> dict[str, Any]:
    """The form in which a configuration keeps `regularizer`: its class's name and its arguments.

    Raises: ConfigurationError for a function or class of one's own that has not been registered.
    """
    return _FAMILY.serialize(regularizer)


def deserialize(saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The regulariser that `serialize` wrote as `saved`.

    Arguments: `custom_objects`, classes of your own by name. Raises: UnknownNameError for a class that is none.
    """
    return _FAMILY.deserialize(saved, custom_objects)
