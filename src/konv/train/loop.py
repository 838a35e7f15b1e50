"""The loops over batches: training, testing, predicting. The order of everything follows from the seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from konv import random
from konv.engine import Position
from konv.errors import NonFiniteError
from konv.messages import text
from konv.ops.record import Array
from konv.train.callbacks import CallbackList, Logs
from konv.train.runner import Result, Runner
from konv.train.samples import Samples
from konv.train.watched import Watched

__all__ = ["Plan", "Trained", "batches_of", "evaluate", "fit", "fitting", "one_batch", "predict", "predict_one"]


class Trained(Protocol):
    """What the loops need of a model: where its training stands, and whether a callback wants it to end.

    `seed` and `epochs_trained`, the epochs finished since the model was compiled, are the key of every random number:
    a model saved after epoch 3 and loaded again goes on exactly as if it had not been.
    """

    stop_training: bool
    seed: int
    epochs_trained: int


@dataclass(frozen=True)
class Plan:
    """How to train: samples a step, the epochs from `initial_epoch` to `epochs`, whether to shuffle, and after how
    many epochs to validate, `validation_batch` samples at once."""

    batch: int
    epochs: int
    initial_epoch: int = 0
    shuffle: bool = True
    validation_batch: int = 32
    validation_freq: int = 1


def batches_of(count: int, size: int) -> int:
    """How many batches of `size` there are in `count` samples, the last one smaller if need be."""
    return -(-count // size)


def fit(
    model: Trained,
    runner: Runner,
    watched: Watched,
    training: Samples,
    validation: Samples | None,
    plan: Plan,
    callbacks: CallbackList,
) -> None:
    """Train a model; `callbacks` hear of everything, and of the end whatever ends it.

    Arguments: `runner` and `watched` are the model's; `training` and `validation` (or None) its samples.
    Raises: NonFiniteError at the first batch that is not finite; the weights are those before it.
    """
    model.stop_training = False
    callbacks.call("on_train_begin", Logs())
    logs: Logs[float] = Logs()
    try:
        for epoch in range(plan.initial_epoch, plan.epochs):
            callbacks.call("on_epoch_begin", epoch, Logs())
            logs = _epoch(model, runner, watched, training, plan, epoch, callbacks)
            if validation is not None and (epoch + 1) % plan.validation_freq == 0:
                found = evaluate(runner, watched, validation, plan.validation_batch, callbacks)
                logs.update({f"val_{name}": value for name, value in found.items()})
            model.epochs_trained += 1
            callbacks.call("on_epoch_end", epoch, logs)
            if model.stop_training:
                break
        runner.finish()
    finally:
        callbacks.call("on_train_end", logs)


def _epoch(
    model: Trained, runner: Runner, watched: Watched, training: Samples, plan: Plan, epoch: int, callbacks: CallbackList
) -> Logs[float]:
    """Every sample once."""
    count = len(training)
    turn = model.epochs_trained
    order = random.permutation(count, model.seed, turn) if plan.shuffle else np.arange(count)
    size = min(plan.batch, count)
    logs: Logs[float] = Logs()
    watched.reset()
    for number in range(batches_of(count, size)):
        at = order[number * size : (number + 1) * size]
        callbacks.call("on_train_batch_begin", number, logs)
        batch = training.take(at)
        result = runner.train(batch, size, Position(model.seed, turn, at))
        if result.nonfinite:
            raise not_finite(result.nonfinite, number, epoch)
        logs = _seen(watched, result, batch)
        callbacks.call("on_train_batch_end", number, logs)
    return logs


def evaluate(runner: Runner, watched: Watched, samples: Samples, size: int, callbacks: CallbackList) -> Logs[float]:
    """The loss and the metrics of `samples`, `size` at a time.

    Raises: NonFiniteError where a batch is not finite.
    """
    callbacks.call("on_test_begin", Logs())
    watched.reset()
    logs: Logs[float] = Logs()
    size = fitting(size, len(samples))
    for number in range(batches_of(len(samples), size)):
        callbacks.call("on_test_batch_begin", number, logs)
        batch = samples.take(slice(number * size, (number + 1) * size))
        result = runner.test(batch, size)
        if result.nonfinite:
            raise not_finite(result.nonfinite, number)
        logs = _seen(watched, result, batch)
        callbacks.call("on_test_batch_end", number, logs)
    callbacks.call("on_test_end", logs)
    return logs


def predict(runner: Runner, samples: Samples, size: int, callbacks: CallbackList) -> tuple[Array, ...]:
    """The outputs for `samples`, of each an array `(n, …)`, `size` at a time.

    Raises: NonFiniteError where a batch is not finite.
    """
    callbacks.call("on_predict_begin", Logs())
    size = fitting(size, len(samples))
    found: list[tuple[Array, ...]] = []
    for number in range(batches_of(len(samples), size)):
        callbacks.call("on_predict_batch_begin", number, Logs())
        found.append(predict_one(runner, samples.take(slice(number * size, (number + 1) * size)), size, number))
        callbacks.call("on_predict_batch_end", number, Logs())
    callbacks.call("on_predict_end", Logs())
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def predict_one(runner: Runner, batch: Samples, size: int, number: int = 0) -> tuple[Array, ...]:
    """The outputs for one `batch`, the one of that `number`, by the program for `size` samples.

    Raises: NonFiniteError where they are not finite.
    """
    result = runner.predict(batch, size)
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


def fitting(size: int, count: int) -> int:
    """The batch size of the program that serves `count` samples, at most `size` at a time.

    A power of two where they are fewer: so that calls with 1, 2, 3, … samples share a handful of programs.
    """
    return min(size, 1 << (count - 1).bit_length())


def _seen(watched: Watched, result: Result, batch: Samples) -> Logs[float]:
    watched.take(result.losses, batch.weight, batch.y, result.outputs)
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
