"""The loops over batches: training, testing, predicting. The order of everything follows from the seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from konv.engine import Position
from konv.engine.program import still
from konv.errors import NonFiniteError
from konv.messages import text
from konv.ops.record import Array
from konv.train.callbacks import CallbackList, Logs
from konv.train.feeds import Feed
from konv.train.runner import Result, Runner
from konv.train.samples import Samples
from konv.train.watched import Watched

__all__ = ["Plan", "Trained", "alone", "evaluate", "fit", "fitting", "one_batch", "predict", "predict_one"]


class Trained(Protocol):
    """What the loops need of a model: where its training stands, and whether a callback wants it to end (after the
    batch) or to begin with another epoch (`next_epoch`).

    `seed` and `epochs_trained`, the epochs finished since the model was compiled, are the key of every random number:
    a model saved after epoch 3 and loaded again goes on exactly as if it had not been.
    """

    stop_training: bool
    next_epoch: int
    seed: int
    epochs_trained: int


@dataclass(frozen=True)
class Plan:
    """How to train: the epochs from `initial_epoch` to `epochs`, and after how many of them to validate."""

    epochs: int
    initial_epoch: int = 0
    validation_freq: int = 1


def fit(
    model: Trained,
    runner: Runner,
    watched: Watched,
    training: Feed,
    validation: Feed | None,
    plan: Plan,
    callbacks: CallbackList,
) -> None:
    """Train a model; `callbacks` hear of everything, and of the end whatever ends it.

    Arguments: `runner` and `watched` are the model's; `training` and `validation` (or None) give its batches.
    Raises: NonFiniteError at the first batch that is not finite, unless a callback takes it; the weights are those
    before it.
    """
    model.stop_training = False
    model.next_epoch = plan.initial_epoch
    callbacks.call("on_train_begin", Logs())
    logs: Logs[float] = Logs()
    try:
        for epoch in range(model.next_epoch, plan.epochs):
            callbacks.call("on_epoch_begin", epoch, Logs())
            logs = _epoch(model, runner, watched, training, epoch, callbacks)
            if validation is not None and (epoch + 1) % plan.validation_freq == 0:
                found = evaluate(runner, watched, validation, callbacks)
                logs.update({f"val_{name}": value for name, value in found.items()})
            model.epochs_trained += 1
            model.next_epoch = epoch + 1
            callbacks.call("on_epoch_end", epoch, logs)
            if model.stop_training:
                break
        runner.finish()
    finally:
        for feed in (training, validation):
            if feed is not None:
                feed.close()
        callbacks.call("on_train_end", logs)


def _epoch(
    model: Trained, runner: Runner, watched: Watched, training: Feed, epoch: int, callbacks: CallbackList
) -> Logs[float]:
    """Every batch once, or until a callback wants training to end."""
    turn = model.epochs_trained
    logs: Logs[float] = Logs()
    watched.reset()
    for number, (batch, at) in enumerate(training.epoch(model.seed, turn)):
        callbacks.call("on_train_batch_begin", number, logs)
        result = runner.train(batch, max(training.batch, len(batch)), Position(model.seed, turn, at))
        if result.nonfinite:
            error = not_finite(result.nonfinite, number, epoch)
            if not callbacks.takes(error):
                raise error
            model.stop_training = True
            break
        logs = _seen(watched, result, batch)
        callbacks.call("on_train_batch_end", number, logs)
        if model.stop_training:
            break
    return logs


def evaluate(runner: Runner, watched: Watched, feed: Feed, callbacks: CallbackList) -> Logs[float]:
    """The loss and the metrics of the batches of `feed`.

    Raises: NonFiniteError where a batch is not finite.
    """
    callbacks.call("on_test_begin", Logs())
    watched.reset()
    logs: Logs[float] = Logs()
    for number, (batch, at) in enumerate(feed.epoch(0, 0)):
        callbacks.call("on_test_batch_begin", number, logs)
        result = runner.test(batch, fitting(feed, len(batch)), replace(still(len(batch)), samples=at))
        if result.nonfinite:
            raise not_finite(result.nonfinite, number)
        logs = _seen(watched, result, batch)
        callbacks.call("on_test_batch_end", number, logs)
    callbacks.call("on_test_end", logs)
    return logs


def predict(runner: Runner, feed: Feed, callbacks: CallbackList) -> tuple[Array, ...]:
    """The outputs for the batches of `feed`, of each an array `(n, …)`.

    Raises: NonFiniteError where a batch is not finite.
    """
    callbacks.call("on_predict_begin", Logs())
    found: list[tuple[Array, ...]] = []
    for number, (batch, at) in enumerate(feed.epoch(0, 0)):
        callbacks.call("on_predict_batch_begin", number, Logs())
        found.append(predict_one(runner, batch, fitting(feed, len(batch)), number, at))
        callbacks.call("on_predict_batch_end", number, Logs())
    callbacks.call("on_predict_end", Logs())
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def predict_one(
    runner: Runner, batch: Samples, size: int, number: int = 0, at: Array | None = None
) -> tuple[Array, ...]:
    """The outputs for one `batch`, the one of that `number`, by the program for `size` samples; `at`, their numbers.

    Raises: NonFiniteError where they are not finite.
    """
    position = None if at is None else replace(still(len(batch)), samples=at)
    result = runner.predict(batch, size, position)
    if result.nonfinite:
        raise not_finite(result.nonfinite, number)
    return result.outputs


def one_batch(watched: Watched, result: Result, batch: Samples, training: bool = False) -> Logs[float]:
    """The loss and the metrics of one `batch` by itself, from its `result`.

    Raises: NonFiniteError where it is not finite; the text says so of `training`.
    """
    if result.nonfinite:
        raise not_finite(result.nonfinite, 0, 0 if training else None)
    watched.reset()
    return _seen(watched, result, batch)


def fitting(feed: Feed, samples: int) -> int:
    """The batch size of the program that serves the batches of `feed`, this one of `samples`."""
    size = max(feed.batch, samples)
    return alone(size) if feed.steps == 1 else size


def alone(size: int) -> int:
    """The batch size of the program that tests or predicts `size` samples, where there is only one batch: a power of
    two, so that calls with 1, 2, 3, … samples share a handful of programs."""
    return 1 << (size - 1).bit_length()


def _seen(watched: Watched, result: Result, batch: Samples) -> Logs[float]:
    watched.take(result.losses, batch.weight, batch.y, result.outputs, result.added, result.metrics)
    return Logs(watched.results())


def not_finite(layer: str, batch: int, epoch: int | None = None) -> NonFiniteError:
    """The error for `layer` ("input" for the input itself) not being finite in `batch` (of `epoch`, in training)."""
    values: dict[str, Any] = {"batch": batch + 1}
    if epoch is not None:
        values["epoch"] = epoch + 1
    if layer == "input":
        message = text("nonfinite_prediction_input" if epoch is None else "nonfinite_input", **values)
        return NonFiniteError(message, "", batch)
    message = text("nonfinite_prediction" if epoch is None else "nonfinite_layer", layer=layer, **values)
    return NonFiniteError(message, layer, batch)
