"""What every metric is: something that takes batches in and gives one value for all of them; and means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from konv.graph.naming import snake_case

__all__ = ["Mean", "MeanMetricWrapper", "Metric", "apart", "measured"]

Judge = Callable[..., Any]


def measured(value: Any) -> Any:
    """What a metric gave as `value`: a float, or an array of float64 where there are several numbers, one a class."""
    found = np.asarray(value, np.float64)
    return found.item() if found.size == 1 else found


def apart(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """The numbers of a measurement called `name`: itself, or those of the classes as `name/0`, `name/1`, …"""
    numbers = np.ravel(value)
    if np.size(value) == 1:
        yield name, float(numbers[0])
    else:
        yield from ((f"{name}/{i}", float(number)) for i, number in enumerate(numbers))


class Metric:
    """Base of all metrics: `update_state` takes a batch in, `result` gives the value so far.

    Arguments: `name`, its key in the history. A metric of your own defines `update_state`, `result`, `reset_state`.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in.

        Arguments: `y_true`, targets `(N, …)`; `y_pred`, predictions `(N, …)`; `sample_weight`, `(N,)` or None.
        """
        raise NotImplementedError

    def result(self) -> Any:
        """The value over all that was taken in since `reset_state`: a number, or one for each class, `(K,)`."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Forget what was taken in."""
        raise NotImplementedError

    def reset_states(self) -> None:
        """`reset_state` under Keras 2's name."""
        self.reset_state()

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name}

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """`update_state`, then `result`."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


class Mean(Metric):
    """The weighted mean of numbers.

    Arguments: `name`, its key in the history.
    Example: `m = Mean(); m.update([1.0, 3.0]); m.result()` is 2.0.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self.total = 0.0
        self.count = 0.0

    def update(self, values: Any, weights: Any = None) -> None:
        """Take numbers in.

        Arguments: `values`, numbers; `weights`, as many, None for ones.
        """
        values = np.asarray(values, np.float64)
        weights = np.ones_like(values) if weights is None else np.asarray(weights, np.float64)
        self.total += float((values * weights).sum())
        self.count += float(weights.sum())

    def result(self) -> float:
        """The mean; 0 where nothing was taken in."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Forget what was taken in."""
        self.total = self.count = 0.0


class MeanMetricWrapper(Mean):
    """The mean over samples of what a function says of each, or, as in Keras, over batches of what it says of one.

    Arguments: `fn`, called with targets, predictions and `settings`, giving one number a sample or one for the batch;
    `name`, its key in the history.
    """

    def __init__(self, fn: Judge, name: str | None = None, **settings: Any) -> None:
        super().__init__(name or getattr(fn, "__name__", None))
        self.fn, self.settings = fn, settings

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        values = np.asarray(self.fn(y_true, y_pred, **self.settings), np.float64)
        if values.ndim == 0:
            self.update([values])
        else:
            self.update(values.reshape(len(values), -1).mean(1), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """All that makes this metric again, fit for JSON."""
        return {"name": self.name, **self.settings}
