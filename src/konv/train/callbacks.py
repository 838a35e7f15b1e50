"""Callbacks under Keras's names: what is called at each beginning and end while a model trains, tests or predicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from konv.errors import ConfigurationError, NonFiniteError
from konv.messages import text
from konv.ops.record import Array

__all__ = ["Callback", "CallbackList", "History", "LambdaCallback", "Logs"]

Value = TypeVar("Value")


class Logs(dict[str, Value]):
    """A dictionary of measurements that answers to `acc` and to `accuracy`, whichever of the two it holds.

    `val_acc` and `val_accuracy` too, `lr` and `learning_rate`. Keys are listed once, as the metric was named.
    """

    def _spelled(self, key: str) -> str:
        if super().__contains__(key):
            return key
        if key in ("lr", "learning_rate"):
            return "learning_rate" if key == "lr" else "lr"
        front, last = key[: key.rfind("_") + 1], key[key.rfind("_") + 1 :]
        other = front + {"acc": "accuracy", "accuracy": "acc"}.get(last, last)
        return other if super().__contains__(other) else key

    def __getitem__(self, key: str) -> Value:
        return super().__getitem__(self._spelled(key))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(self._spelled(key))

    def get(self, key: str, default: Any = None) -> Any:
        """The value under `key` in either spelling, else `default`."""
        return super().get(self._spelled(key), default)


class Callback:
    """Base of all callbacks: override the hooks you need.

    `self.model` is the model, `self.params` a dictionary with `epochs`, `steps`, `samples`, `batch_size`.
    Every hook is handed `logs`: the measurements so far. Setting `self.model.stop_training = True` ends training after
    the batch. Batches and epochs count from 0. In `params`, `steps` and `samples` are None where only the end of the
    epoch will tell.

    What a callback has to remember for a resumed run goes through `get_state` and `set_state`: a dictionary of what
    JSON can hold, and of arrays.
    """

    last: ClassVar[int] = 0
    """How late it is called: 1, after the others, so that it hears of what they have done; 2, after those too, so that
    it keeps what all remember."""

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self.companions: Sequence[Callback] = ()
        """All callbacks of this run, in order."""

    def get_state(self) -> dict[str, Any]:
        """What this callback has to remember, besides how it was made; empty where nothing."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Remember what `get_state` gave as `state`; called after `on_train_begin`."""

    def takes(self, error: NonFiniteError) -> bool:
        """Whether a training that `error` would end shall end quietly; the weights are the last good ones."""
        return False

    def set_model(self, model: Any) -> None:
        """Called first, with the `model`."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called next, with the `params` of this run."""
        self.params = params

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Called before the first epoch; `logs` is empty."""

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Called when training ends, by an error or an interrupt too; `logs` are the last epoch's."""

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Called before `epoch`; `logs` is empty."""

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Called after `epoch` and its validation; `logs` has both, the latter's keys beginning with `val_`."""

    def on_train_batch_begin(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called before `batch`; calls `on_batch_begin`, Keras 1's name, with the same `logs`."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called after `batch`; calls `on_batch_end`, Keras 1's name, with the same `logs`."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called before a training `batch`; `logs` as in `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called after a training `batch`; `logs` as in `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs[float] | None = None) -> None:
        """Called before an evaluation or validation; `logs` is empty."""

    def on_test_end(self, logs: Logs[float] | None = None) -> None:
        """Called after an evaluation or validation, with its `logs`."""

    def on_test_batch_begin(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called before a `batch` is tested; `logs` are those so far."""

    def on_test_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called after a `batch` is tested; `logs` are those so far."""

    def on_predict_begin(self, logs: Logs[float] | None = None) -> None:
        """Called before predictions; `logs` is empty."""

    def on_predict_end(self, logs: Logs[float] | None = None) -> None:
        """Called after predictions; `logs` is empty."""

    def on_predict_batch_begin(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called before a `batch` is predicted; `logs` is empty."""

    def on_predict_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Called after a `batch` is predicted; `logs` is empty."""


class History(Callback):
    """What `fit` returns: the course of training.

    Attributes: `history`, for each measurement its value in every epoch (`loss`, `accuracy`, `val_loss`, …; `acc`
    and `accuracy` both answer; a metric that judges each class gives an array an epoch); `epoch`, the epochs' numbers,
    from 0.
    """

    shown: ClassVar[Callable[[Any], str] | None] = None
    """What draws it for a notebook; `konv.explain.notebook` enters it."""

    def __init__(self) -> None:
        super().__init__()
        self.history: Logs[list[float]] = Logs()
        self.epoch: list[int] = []

    def _repr_html_(self) -> str | None:
        return None if History.shown is None else History.shown(self)

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Begin with an empty list of epochs."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Write the epoch down."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def get_state(self) -> dict[str, Any]:
        """The course so far."""
        values = {f"value {name}": np.array(row, np.float64) for name, row in self.history.items()}
        return {"names": list(self.history), "epochs": list(self.epoch), **values}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from the course in `state`."""
        self.epoch = [int(epoch) for epoch in state["epochs"]]
        self.history = Logs((str(name), _course(state[f"value {name}"])) for name in state["names"])


def _course(values: Array) -> list[Any]:
    """The values of all epochs as they were measured: numbers, or an array an epoch."""
    return values.tolist() if values.ndim == 1 else list(values)


class LambdaCallback(Callback):
    """A callback made of functions.

    Arguments: `hooks`, functions by the names of the hooks they shall be, each taking what that hook takes.
    Raises: ConfigurationError for a name that is no hook.
    Example: `LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs["loss"]))`.
    """

    def __init__(self, **hooks: Callable[..., object]) -> None:
        super().__init__()
        known = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in hooks.items():
            if name not in known:
                raise ConfigurationError(
                    text("unknown_argument", layer="LambdaCallback", received=name, known=", ".join(known))
                )
            setattr(self, name, function)


class CallbackList:
    """Several callbacks called as one, in order, those that want to be called `last` at the end.

    Arguments: `callbacks`, the callbacks; `model`, handed to each; `params`, of this run.
    Raises: ConfigurationError where one is no `Callback`.
    """

    def __init__(self, callbacks: Sequence[Callback], model: Any, params: Mapping[str, Any]) -> None:
        self.callbacks = sorted(callbacks, key=lambda callback: getattr(callback, "last", 0))
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise ConfigurationError(text("not_a_callback", received=callback))
            callback.companions = self.callbacks
            callback.set_model(model)
            callback.set_params(dict(params))

    def __iter__(self) -> Iterator[Callback]:
        return iter(self.callbacks)

    def call(self, hook: str, *values: Any) -> None:
        """Call `hook` of every callback with `values` (the epoch or batch, where it has one, then the logs)."""
        for callback in self.callbacks:
            getattr(callback, hook)(*values)

    def takes(self, error: NonFiniteError) -> bool:
        """Whether a callback wants training to end quietly where `error` would end it."""
        return any(callback.takes(error) for callback in self.callbacks)
