"""What a training run measures as it goes: the rows of `history.csv`."""

from __future__ import annotations

import time
from dataclasses import astuple
from typing import Any

import numpy as np

from konv.explain.record import Epoch
from konv.train.callbacks import Callback, Logs

__all__ = ["Stopwatch"]


class Stopwatch(Callback):
    """Turns what training measures into the rows of `history.csv`.

    Arguments: `started`, when the run began, as `time.perf_counter` tells it. Attributes: `epochs`, the rows; `steps`,
    the batches trained on, those of an unfinished epoch included; `seconds`, the time spent on them.
    """

    def __init__(self, started: float) -> None:
        super().__init__()
        self.epochs: list[Epoch] = []
        self.steps = 0
        self.seconds = 0.0
        self._started = started
        self._began = self._trained = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the run began; of a resumed one with those of its epochs before."""
        return time.perf_counter() - self._started

    def get_state(self) -> dict[str, Any]:
        """The rows and the times so far."""
        rows = np.array([astuple(epoch) for epoch in self.epochs], np.float64)
        return {"rows": rows, "steps": self.steps, "seconds": self.seconds, "elapsed": self.elapsed}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.epochs = [Epoch(int(row[0]), *row[1:]) for row in state["rows"].tolist()]
        self.steps, self.seconds = int(state["steps"]), float(state["seconds"])
        self._started -= float(state["elapsed"])

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Start the clock."""
        self._began = self._trained = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Read the clock: what comes after the last batch is validation."""
        now = time.perf_counter()
        self.seconds += now - self._trained
        self._trained = now
        self.steps += 1

    def leave_out(self, seconds: float) -> None:
        """Do not count the last `seconds`: training paused."""
        self._began += seconds
        self._trained += seconds

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Write the row down."""
        logs = logs or Logs()
        seconds = self._trained - self._began
        nan = float("nan")
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        measured = {name: float(logs.get(name, nan)) for name in names}
        rate = float(self.model.optimizer.current_rate)
        speed = self.params["samples"] / seconds if seconds > 0 else nan
        self.epochs.append(Epoch(epoch + 1, **measured, learning_rate=rate, seconds=seconds, images_per_second=speed))
