"""Metrics of `keras.metrics` that konv has in another form."""

from __future__ import annotations

from typing import Any

from konv.functions import Total
from konv.train import metric

__all__ = ["Mean", "Sum"]


class Mean(metric.Mean):
    """The mean of numbers handed to `update_state`.

    Arguments: `name`; `dtype`, taken for Keras's sake.
    """

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name)

    def update_state(self, values: Any, sample_weight: Any = None, *others: Any) -> None:  # type: ignore[override]
        """Take numbers in. Arguments: `values`, numbers; `sample_weight`, as many, None for ones."""
        self.update(float(values) if isinstance(values, Total) else values, sample_weight)

    def __call__(self, values: Any, sample_weight: Any = None, *others: Any) -> float:  # type: ignore[override]
        """`update_state`, then `result`."""
        self.update_state(values, sample_weight)
        return self.result()


class Sum(Mean):
    """The sum of numbers handed to `update_state`. Arguments: `name`; `dtype`, taken for Keras's sake."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name)

    def result(self) -> float:
        """The sum."""
        return self.total
