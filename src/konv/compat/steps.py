"""A model's own `train_step`, `test_step`, `predict_step`, `compute_loss`: `fit` with the step a script has written.

The loop is konv's own. Here is what it asks for batches, runs and measures: a batch is handed to the step in the form
it came in, and what the step returns are the measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.arguments import count
from konv.compat.values import valued
from konv.errors import ConfigurationError
from konv.explain.live import watcher
from konv.functions import Total
from konv.messages import text
from konv.ops.record import Array
from konv.train import loop
from konv.train.callbacks import CallbackList, History
from konv.train.feeds import ArrayFeed, BatchFeed, Feed, is_feed
from konv.train.loop import Plan
from konv.train.metric import measured
from konv.train.runner import Result
from konv.train.watched import leaves

__all__ = ["evaluate", "fit", "predict", "unpacked"]

SIZE = 32
FEEDING = ("max_queue_size", "workers", "use_multiprocessing", "validation_batch_size")


@dataclass(frozen=True)
class Batch:
    """A batch, or all samples, in the form it was given: `data`, arrays in tuples, lists and dictionaries."""

    data: Any
    y: tuple[Any, ...] = ()
    weight: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(np.asarray(next(iter(leaves(self.data)))))

    def take(self, which: Array | slice) -> Batch:
        """Those samples alone."""
        return Batch(_each(lambda a: np.asarray(a)[which], self.data))


def unpacked(data: Any) -> tuple[Any, Any, Any]:
    """What a step is handed as x, y and sample weights, None for what is missing."""
    row = data if isinstance(data, (list, tuple)) else (data,)
    return (*row, None, None)[:3]


class _Steps:
    """What the loop knows of a `model` with steps of its own: it stands for the runner and for what is watched."""

    def __init__(self, model: Any) -> None:
        self.model, self.form = model, None
        self.logs: dict[str, Any] = {}

    def train(self, batch: Batch, *others: Any) -> Result:
        """One step of training."""
        return self._did(self.model.train_step, batch)

    def test(self, batch: Batch, *others: Any) -> Result:
        """One step of an evaluation."""
        return self._did(self.model.test_step, batch)

    def predict(self, batch: Batch, *others: Any) -> Result:
        """One step of a prediction."""
        self.form = self.model.predict_step(_handed(batch.data))
        return Result(tuple(np.asarray(one) for one in leaves(self.form)), (), "")

    def _did(self, step: Callable[[Any], Any], batch: Batch) -> Result:
        found = step(_handed(batch.data))
        if not isinstance(found, Mapping):
            received = type(found).__name__
            raise ConfigurationError(text("script.step_gave", model=self.model.name, received=received))
        self.logs = {name: _measured(name, value) for name, value in found.items()}
        return Result((), (), "" if all(np.isfinite(one).all() for one in self.logs.values()) else self.model.name)

    def reset(self) -> None:
        """Begin to measure anew."""
        self.logs = {}
        self.model.reset_metrics()

    def take(self, *others: Any) -> None:
        """Nothing: the step has measured."""

    def results(self) -> dict[str, Any]:
        """What the last step returned."""
        return self.logs

    def finish(self) -> None:
        """What the optimiser has left for the end of training."""
        if self.model.optimizer is not None:
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)


def fit(
    model: Any,
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Any = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_freq: int = 1,
    **others: Any,
) -> History:
    """Train `model` by its own steps; arguments as of `konv.models.Model.fit`.

    Raises: ConfigurationError for `class_weight`, or an argument that `fit` does not have.
    """
    wrong = [name for name in others if name not in FEEDING] + (["class_weight"] if class_weight else [])
    if wrong:
        known = "x, y, batch_size, epochs, callbacks, validation_data, …"
        raise ConfigurationError(text("unknown_argument", layer="fit", received=", ".join(wrong), known=known))
    training, validation = _feed((x, y, sample_weight), batch_size, steps_per_epoch, shuffle), None
    if validation_data is not None:
        given = (validation_data, None, None) if is_feed(validation_data) else validation_data
        validation = _feed(given, batch_size, validation_steps)
    elif validation_split and isinstance(training, ArrayFeed):
        whole: Any = training.samples
        first = int(len(whole) * (1 - validation_split))
        training = ArrayFeed(whole.take(slice(None, first)), training.batch, shuffle)
        validation = ArrayFeed(whole.take(slice(first, None)), training.batch)
    steps, plan = _Steps(model), Plan(count(epochs, "epochs", model.name), initial_epoch, validation_freq)
    model.history = History()
    heard = _heard(model, [*(callbacks or ()), model.history, *watcher(verbose)], training, plan.epochs)
    loop.fit(model, steps, steps, training, validation, plan, heard)  # type: ignore[arg-type]
    history: History = model.history
    return history


def evaluate(
    model: Any,
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    verbose: int | str = "auto",
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Any = None,
    return_dict: bool = False,
    **others: Any,
) -> Any:
    """Measure `model` by its own `test_step`; arguments and result as of `konv.models.Model.evaluate`."""
    own, feed = _Steps(model), _feed((x, y, sample_weight), batch_size, steps)
    heard = _heard(model, [*(callbacks or ()), *watcher(verbose, "evaluate")], feed)
    logs = loop.evaluate(own, own, feed, heard)  # type: ignore[arg-type]
    values = list(logs.values())
    return dict(logs) if return_dict else values[0] if len(values) == 1 else values


def predict(
    model: Any,
    x: Any,
    batch_size: int | None = None,
    verbose: int | str = "auto",
    steps: int | None = None,
    callbacks: Any = None,
    **others: Any,
) -> Any:
    """Predict with `model` by its own `predict_step`; arguments and result as of `konv.models.Model.predict`."""
    own, feed = _Steps(model), _feed((x, None, None), batch_size, steps)
    heard = _heard(model, [*(callbacks or ()), *watcher(verbose, "predict")], feed)
    found = iter(loop.predict(own, feed, heard))  # type: ignore[arg-type]
    return _each(lambda one: next(found), own.form)


def _feed(given: Sequence[Any], size: int | None, steps: int | None, shuffle: bool = False) -> Feed:
    """The batches of arrays, or of a source of them."""

    def packed(x: Any, y: Any = None, weight: Any = None) -> Any:
        if y is None:
            return Batch((x,) if isinstance(x, (list, tuple)) else x)
        return Batch((x, y) if weight is None else (x, y, weight))

    if is_feed(given[0]):
        feed = BatchFeed(given[0], packed, steps, shuffle)
        feed.first()
        return feed
    return ArrayFeed(packed(*given), size or SIZE, shuffle)


def _heard(model: Any, callbacks: Sequence[Any], feed: Feed, epochs: int = 1) -> CallbackList:
    params = {"epochs": epochs, "steps": feed.steps, "samples": feed.count, "batch_size": feed.batch}
    return CallbackList(callbacks, model, params)


def _each(function: Callable[[Any], Any], data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return type(data)(_each(function, one) for one in data)
    if isinstance(data, Mapping):
        return {name: _each(function, one) for name, one in data.items()}
    return None if data is None else function(data)


def _measured(name: str, value: Any) -> Any:
    """What a step returned as `name`: of losses of samples the mean, of metrics what they gave."""
    if isinstance(value, Total):
        return float(value)
    return float(np.mean(value, dtype="float64")) if name.endswith("loss") else measured(value)


def _handed(data: Any) -> Any:
    """A batch as a step gets it: arrays that answer as tensors, floats of single precision."""
    return _each(lambda a: valued(_single(np.asarray(a))), data)


def _single(array: Array) -> Array:
    return array.astype("float32") if array.dtype == np.float64 else array
