"""What a training run measures as it goes: the rows of `history.csv`."""

from __future__ import annotations

import time
from collections.abc import Callable

from konv.explain.record import Epoch
from konv.train.callbacks import Callback, Logs

__all__ = ["Stopwatch"]


class Stopwatch(Callback):
    """Turns what training measures into the rows of `history.csv`.

    Arguments: `written`, called with all rows so far after each epoch. Attributes: `epochs`, the rows; `steps`, the
    batches trained on, those of an unfinished epoch included; `seconds`, the time spent on them.
    """

    def __init__(self, written: Callable[[list[Epoch]], None]) -> None:
        super().__init__()
        self.epochs: list[Epoch] = []
        self.steps = 0
        self.seconds = 0.0
        self._written = written
        self._began = self._trained = 0.0

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
        self._written(self.epochs)
