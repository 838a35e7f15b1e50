"""Callbacks that watch a measurement, and act when it no longer gets better."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from math import inf, isfinite
from typing import Any

import numpy as np

from konv.arguments import at_least_zero, count, number
from konv.errors import ConfigurationError, NonFiniteError
from konv.messages import text
from konv.ops.record import Array
from konv.train.callbacks import Callback, LambdaCallback, Logs

__all__ = ["EarlyStopping", "LearningRateScheduler", "Monitor", "ReduceLROnPlateau", "TerminateOnNaN"]

MODES = ("auto", "min", "max")
HIGHER = ("acc", "auc", "f1", "fmeasure", "precision", "recall", "iou", "r2", "cosine_similarity")
"""What is in the names of measurements that get better as they grow; all others get better as they fall."""


class Monitor(Callback):
    """Base of callbacks that watch one measurement.

    Arguments: `monitor`, its name as in the history; `mode`, `"min"`, `"max"`, or `"auto"`: by the name;
    `min_delta`, the least change that counts as better.
    Raises: ConfigurationError for another mode; when training begins, or after the first epoch where callbacks of your
    own may add measurements, for a name there is not, with those there are.
    """

    def __init__(self, monitor: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        super().__init__()
        if mode not in MODES:
            raise ConfigurationError(text("bad_mode", received=mode, known=", ".join(MODES)))
        self.monitor, self.mode = monitor, mode
        self.min_delta = abs(number(min_delta))
        rising = mode == "max" or (mode == "auto" and any(part in monitor for part in HIGHER))
        self._sign = -1.0 if rising else 1.0
        self.best = self._worst = -inf if rising else inf

    def better(self, value: float, than: float) -> bool:
        """Whether `value` is better than another one by more than `min_delta`."""
        return self._sign * value + self.min_delta < self._sign * than

    def foreseen(self) -> list[str] | None:
        """The measurements there will be; None where callbacks or a step of the user's own may add some before."""
        before = self.companions[: [c is self for c in self.companions].index(True)] if self.companions else ()
        known = self.params.get("metrics")  # None where only a step of the model's own will tell
        own = (type(c) is LambdaCallback or not type(c).__module__.startswith("konv.") for c in before)
        return None if known is None or any(own) else [*known, "learning_rate"]

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Look whether there will be such a measurement, where that can be known."""
        if (known := self.foreseen()) is not None:
            self._find(Logs.fromkeys(known, 0.0))

    def value(self, logs: Logs[float] | None) -> float | None:
        """The measurement in `logs`; None in an epoch that has not been validated.

        Raises: ConfigurationError where it is not there, or is several numbers, one for each class.
        """
        found = (logs or Logs()).get(self.monitor)
        if found is None and not (
            self.monitor.startswith("val_") and self.monitor in (self.params.get("metrics") or ())
        ):
            self._find(logs or Logs())
        if np.size(found) > 1:
            kind = type(self).__name__
            raise ConfigurationError(
                text("monitor_of_classes", callback=kind, received=self.monitor, count=np.size(found))
            )
        return None if found is None else float(found)

    def _find(self, logs: dict[str, float]) -> None:
        if self.monitor not in Logs(logs):
            known = ", ".join(logs)
            advice = text("monitor_validation") if self.monitor.startswith("val_") else ""
            kind = type(self).__name__
            raise ConfigurationError(
                text("no_such_monitor", callback=kind, received=self.monitor, known=known) + advice
            )

    def get_state(self) -> dict[str, Any]:
        """The best value so far."""
        return {"best": self.best if isfinite(self.best) else None}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from the best value in `state`."""
        self.best = self._worst if state["best"] is None else float(state["best"])


class EarlyStopping(Monitor):
    """Ends training when a measurement has not got better for some epochs.

    Arguments: `monitor`; `min_delta`, the least change that counts; `patience`, epochs to wait for one; `verbose`, 1
    to say so; `mode`; `baseline`, what must be reached within `patience` besides; `restore_best_weights`, whether the
    model gets the weights of its best epoch in the end; `start_from_epoch`, epochs before which nothing is judged.
    Attributes: `stopped_epoch`, where it ended training (0: not yet); `best`, `best_epoch`.
    Raises: ConfigurationError, see `Monitor`.
    Source: Prechelt, *Early stopping: but when?*, 1998; as in Keras 3.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = count(patience, "patience", "EarlyStopping", least=0)
        self.verbose, self.baseline = verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights: list[Array] | None = None

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Begin anew."""
        super().on_train_begin(logs)
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best, self.best_weights = self._worst, None

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Judge the epoch."""
        found = self.value(logs)
        if found is None or epoch < self.start_from_epoch:
            return
        if self.best_weights is None:
            self._remember(epoch)
        self.wait += 1
        if self.better(found, self.best):
            self.best = found
            self._remember(epoch)
            if self.baseline is None or self.better(found, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _remember(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Give the model its best weights, and say what happened."""
        if self.stopped_epoch and self.verbose:
            print(text("stopped_early", epoch=self.stopped_epoch + 1, monitor=self.monitor, best=self.best_epoch + 1))
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def get_state(self) -> dict[str, Any]:
        """The best value, its epoch and weights, and how long ago it was."""
        weights = {f"weight {i}": array for i, array in enumerate(self.best_weights or ())}
        counted = {"wait": self.wait, "best_epoch": self.best_epoch, "stopped_epoch": self.stopped_epoch}
        return {**super().get_state(), **counted, **weights}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().set_state(state)
        self.wait, self.best_epoch = int(state["wait"]), int(state["best_epoch"])
        self.stopped_epoch = int(state["stopped_epoch"])
        weights = [state[f"weight {i}"] for i in range(sum(key.startswith("weight ") for key in state))]
        self.best_weights = weights or None


class ReduceLROnPlateau(Monitor):
    """Makes the learning rate smaller when a measurement has not got better for some epochs.

    Arguments: `monitor`; `factor`, below 1, what the rate is multiplied by; `patience`, epochs to wait; `verbose`, 1 to
    say so; `mode`; `min_delta`, the least change that counts; `cooldown`, epochs to wait after a change; `min_lr`, the
    smallest rate.
    Raises: ConfigurationError, see `Monitor`; for a factor of 1 or more; where a schedule gives the learning rate.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        if not 0 <= number(factor) < 1:
            raise ConfigurationError(text("momentum_range", name="factor", received=factor))
        self.factor, self.min_lr = float(factor), at_least_zero(min_lr, "min_lr")
        self.patience = count(patience, "patience", "ReduceLROnPlateau", least=0)
        self.cooldown = count(cooldown, "cooldown", "ReduceLROnPlateau", least=0)
        self.verbose, self.wait, self.cooldown_counter = verbose, 0, 0

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Begin anew."""
        super().on_train_begin(logs)
        self.best, self.wait, self.cooldown_counter = self._worst, 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Judge the epoch."""
        rate = self.model.optimizer.learning_rate
        if logs is not None:
            logs["learning_rate"] = rate
        found = self.value(logs)
        if found is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.better(found, self.best):
            self.best, self.wait = found, 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                new = max(rate * self.factor, self.min_lr)
                self.model.optimizer.learning_rate = new
                self.cooldown_counter, self.wait = self.cooldown, 0
                if self.verbose:
                    print(text("rate_reduced", epoch=epoch + 1, rate=new))

    def get_state(self) -> dict[str, Any]:
        """The best value, and how long it and the last change were ago."""
        return {**super().get_state(), "wait": self.wait, "cooldown": self.cooldown_counter}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().set_state(state)
        self.wait, self.cooldown_counter = int(state["wait"]), int(state["cooldown"])


class LearningRateScheduler(Callback):
    """Sets the learning rate at the beginning of each epoch.

    Arguments: `schedule`, a function of the epoch (from 0), or of the epoch and the rate so far, that gives the rate;
    `verbose`, 1 to say so.
    Raises: ConfigurationError where it gives no rate, or a schedule of the optimiser's gives it already.
    Example: `LearningRateScheduler(lambda epoch: 0.1 * 0.95**epoch)`.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Set the rate of `epoch`."""
        optimizer = self.model.optimizer
        given = (epoch, optimizer.learning_rate) if _takes_two(self.schedule) else (epoch,)
        optimizer.learning_rate = self.schedule(*given)
        if self.verbose:
            print(text("rate_set", epoch=epoch + 1, rate=optimizer.learning_rate))

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Put the rate among the measurements."""
        if logs is not None:
            logs["learning_rate"] = self.model.optimizer.learning_rate


def _takes_two(function: Callable[..., float]) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except (TypeError, ValueError):
        return False
    return True


class TerminateOnNaN(Callback):
    """Ends training quietly where something becomes NaN or infinite: the weights are the last good ones.

    Without it `fit` raises a NonFiniteError there, which says more.
    """

    def takes(self, error: NonFiniteError) -> bool:
        """Say what happened, and let training end."""
        print(error)
        return True
