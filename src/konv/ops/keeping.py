"""What is asked of weights besides a small loss: penalties on their size, and bounds they are kept within.

`konv.regularizers` and `konv.constraints` are the names people use; these are the records the engines run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.code.spec import Spec
from konv.kernels.maps.elementwise import Elementwise
from konv.kernels.sums.reduction import Reduction
from konv.kernels.training.penalties import Penalise
from konv.ops.lowering import Slot
from konv.ops.record import Array
from konv.shapes import Shape, elements

__all__ = ["Bound", "NonNegative", "NormBound", "Penalty"]

EPSILON = 1e-7
"""Added to a length before it divides, as Keras does."""
Add = Callable[[Spec, tuple[Slot, ...]], None]
New = Callable[[str, int], Slot]


@dataclass(frozen=True)
class Penalty:
    """A penalty on the size of a weight, added to the loss.

        p(w) = λ₁ · Σ |w| + λ₂ · Σ w²        ∂p/∂w = λ₁ · sign w + 2 · λ₂ · w        `l1` is λ₁, `l2` is λ₂

    Source: Hoerl & Kennard, *Ridge regression*, 1970; Tibshirani, *Regression shrinkage and selection via the lasso*,
    1996; both together: Zou & Hastie, *Regularization and variable selection via the elastic net*, 2005.
    """

    name: ClassVar[str] = "penalty"
    l1: float = 0.0
    l2: float = 0.0

    def value(self, w: Array) -> float:
        """The penalty of the weight `w`."""
        wide = w.astype(np.float64)
        return self.l1 * float(np.abs(wide).sum()) + self.l2 * float((wide * wide).sum())

    def gradient(self, w: Array) -> Array:
        """Its derivative by `w`."""
        return np.asarray(self.l1 * np.sign(w) + 2 * self.l2 * w, w.dtype)

    def kernel(self, dtype: str, size: int) -> Spec:
        """The compiled form, for a weight of `size` elements: adds the gradient, and sums the penalty by blocks."""
        return Penalise(dtype, size, self.l1, self.l2)


@dataclass(frozen=True)
class Bound:
    """Base of what a weight is kept within: after each step of the optimiser it is brought back there."""

    name: ClassVar[str] = ""

    def apply(self, w: Array) -> Array:
        """The weight `w` brought back; the reference."""
        raise NotImplementedError

    def lower(self, dtype: str, shape: Shape, w: Slot, add: Add, new: New) -> None:
        """Add the compiled kernels, each of one work unit, that do it to `w` in place."""
        raise NotImplementedError


@dataclass(frozen=True)
class NonNegative(Bound):
    """No number below 0: w ← max(w, 0)."""

    name: ClassVar[str] = "non_negative"

    def apply(self, w: Array) -> Array:
        return np.maximum(w, 0)

    def lower(self, dtype: str, shape: Shape, w: Slot, add: Add, new: New) -> None:
        add(Elementwise(dtype, "relu", shape, (shape,)), (w, w))


@dataclass(frozen=True)
class NormBound(Bound):
    """The lengths of a weight's vectors kept between `low` and `high`.

        n = √(Σ w²), along `axes`        d = r · min(max(n, low), high) + (1 − r) · n        w ← w · d / (n + ε)

    r is the `rate`: the share of the way to the bound that is gone at each step. ε is 1e-7, as in Keras.

    Source: Srebro & Shraibman, *Rank, trace-norm and max-norm*, 2005; Hinton, Srivastava, Krizhevsky, Sutskever &
    Salakhutdinov, *Improving neural networks by preventing co-adaptation of feature detectors*, 2012.
    """

    name: ClassVar[str] = "norm_bound"
    low: float
    high: float
    rate: float = 1.0
    axes: tuple[int, ...] = (0,)

    def apply(self, w: Array) -> Array:
        n = np.sqrt((w * w).sum(self._own(w.ndim), keepdims=True))
        wanted = self.rate * np.clip(n, self.low, self.high) + (1 - self.rate) * n
        return np.asarray(w * (wanted / (n + EPSILON)), w.dtype)

    def lower(self, dtype: str, shape: Shape, w: Slot, add: Add, new: New) -> None:
        axes = self._own(len(shape))
        kept = tuple(1 if a in axes else n for a, n in enumerate(shape))
        squares, lengths = new("squares", elements(shape)), new("lengths", elements(kept))
        add(Elementwise(dtype, "square", shape, (shape,)), (w, squares))
        add(Reduction(dtype, "sum", shape, axes), (squares, lengths))
        add(Elementwise(dtype, "bounded", kept, (kept, self.low, self.high, self.rate)), (lengths, lengths))
        add(Elementwise(dtype, "multiply", shape, (shape, kept)), (w, lengths, w))

    def _own(self, count: int) -> tuple[int, ...]:
        return tuple(sorted({a % count for a in self.axes}))
