"""`keras.metrics`: konv's, with results that answer as tensors do, and metrics with weights of their own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from konv import losses, metrics
from konv.compat.state import State
from konv.compat.values import Values, valued
from konv.compat.words import Spelled
from konv.functions import Total
from konv.initializers import get as initializer_of
from konv.train import metric
from konv.train.losses import CLASSES as LOSSES
from konv.train.metrics import CLASSES, LossMetric

__all__ = ["Mean", "Metric", "Sum", "words"]


def _number(value: Any) -> Values:
    found: Values = valued(np.float32(value))
    return found


def _plain(value: Any) -> Any:
    """`value` as an array, where it is one of a training step."""
    return float(value) if isinstance(value, Total) else value if value is None else np.asarray(value)


class Telling:
    """What metrics under Keras's names can do besides: results with `numpy()`, variables, old arguments."""

    def __init__(self, *args: Any, dtype: Any = None, **named: Any) -> None:
        super().__init__(*args, **named)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """`update_state`, then `result`."""
        self.update_state(*args, **named)
        return self.result()

    def result(self) -> Any:
        """The value over all that was taken in since `reset_state`."""
        handed: Any = super()
        return _number(handed.result())

    def update_state(self, *args: Any, **named: Any) -> Any:
        """Take a batch in; see `Metric.update_state`."""
        handed: Any = super()
        return handed.update_state(*map(_plain, args), **{k: _plain(v) for k, v in named.items()})


class Metric(metric.Metric, metaclass=Spelled):
    """Base of metrics of a script's own, which keep what they have seen in variables. Arguments: `name`; `dtype`."""

    konv_class = metric.Metric

    def __init__(self, name: str | None = None, dtype: Any = None, **others: Any) -> None:
        super().__init__(name)

    def add_weight(
        self, name: Any = None, shape: Any = (), initializer: Any = "zeros", dtype: Any = None, **others: Any
    ) -> State:
        """A variable of this metric.

        Arguments: `name`, and `shape`, in either order; `initializer`, where it starts; `dtype`.
        """
        if isinstance(name, (tuple, list)):
            name, shape = (shape if isinstance(shape, str) else None), name
        made = State(initializer_of(initializer)(tuple(shape or ()), dtype="float32"), name=name)
        vars(self).setdefault("_variables", []).append(made)
        return made

    add_variable = add_weight

    @property
    def variables(self) -> list[State]:
        """What it keeps."""
        return list(vars(self).get("_variables", ()))

    weights = variables

    def reset_state(self) -> None:
        """Set all variables to 0, or what a class of the script's own does under Keras 2's name."""
        if type(self).reset_states is not metric.Metric.reset_states:
            self.reset_states()
            return
        for one in self.variables:
            one.assign(np.zeros(one.shape))


class Mean(Telling, metric.Mean):
    """The mean of numbers handed to `update_state`. Arguments: `name`; `dtype`, taken for Keras's sake."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name)

    def update_state(self, values: Any, sample_weight: Any = None, *others: Any) -> None:  # type: ignore[override]
        """Take numbers in. Arguments: `values`, numbers; `sample_weight`, as many, None for ones."""
        self.update(_plain(values), _plain(sample_weight))


class Sum(Mean):
    """The sum of numbers handed to `update_state`. Arguments: `name`; `dtype`, taken for Keras's sake."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name)

    def result(self) -> Any:
        """The sum."""
        return _number(self.total)


class CosineSimilarity(Telling, metric.Mean):
    """The mean cosine of the angle between targets and predictions. Arguments: `name`; `axis`, always the last."""

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: int = -1) -> None:
        super().__init__(name)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        y, p = (np.asarray(a, "float64") for a in (y_true, y_pred))
        length = np.maximum(np.linalg.norm(y, axis=-1) * np.linalg.norm(p, axis=-1), 1e-12)
        self.update((y * p).sum(-1) / length, _plain(sample_weight))


class MeanMetricWrapper(Telling, metric.MeanMetricWrapper, metaclass=Spelled):
    """The mean of a function. Arguments: `fn`, `name`, `settings`, see `konv.metrics.MeanMetricWrapper`."""

    konv_class = metric.MeanMetricWrapper


def _judging(name: str) -> type:
    """The metric that is the loss called `name`, watched."""

    def begun(self: Any, name_: str | None = None, dtype: Any = None, name: str | None = None, **settings: Any) -> None:
        LossMetric.__init__(self, LOSSES[kind](**settings), name or name_)

    kind = name
    content = {"konv_class": LossMetric, "__init__": begun, "__doc__": LOSSES[name].__doc__}
    return Spelled(name, (Telling, LossMetric), content)


def _spelled(name: str, kind: type[metric.Metric]) -> type:
    return Spelled(name, (Telling, kind), {"konv_class": kind, "__doc__": kind.__doc__})


words = SimpleNamespace(
    **{name: _judging(name) for name in LOSSES if not hasattr(metrics, name)},
    **{name: getattr(losses, name) for name in losses.__all__ if not hasattr(losses.Loss, name) and name.islower()},
)
"""Every name of `keras.metrics`."""
for _name in metrics.__all__:
    setattr(words, _name, getattr(metrics, _name))
for _name, _kind in CLASSES.items():
    setattr(words, _name, _spelled(_name, _kind))
for _own in (Metric, Mean, Sum, CosineSimilarity, MeanMetricWrapper):
    setattr(words, _own.__name__, _own)
