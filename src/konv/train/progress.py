"""What a person sees while a model trains, tests or predicts: a progress bar, or a line an epoch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from konv.errors import ConfigurationError
from konv.messages import text
from konv.train.callbacks import Callback, Logs

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["EpochLines", "ProgressBar", "shown", "values", "watcher"]

FEW = 10
"""Classes whose numbers a line shows one by one."""
REFRESH = 0.1
"""Seconds between two drawings of a bar: often enough to look alive, seldom enough to cost nothing."""


def watcher(verbose: object, task: str = "fit") -> list[Callback]:
    """The callbacks for Keras's `verbose`: 0 none, 1 or `"auto"` a bar, 2 a line an epoch.

    Arguments: `task`: `"fit"`, `"evaluate"` or `"predict"`.
    Raises: ConfigurationError for any other `verbose`.
    """
    if verbose not in (0, 1, 2, "auto"):
        raise ConfigurationError(text("bad_verbose", received=verbose))
    if verbose == 2:
        return [EpochLines()] if task == "fit" else []
    return [ProgressBar(task)] if verbose else []


def values(logs: Logs[float] | None) -> str:
    """Measurements as a line shows them: `loss: 0.4512  accuracy: 0.8300`; of many classes the mean and the range."""
    return "  ".join(f"{name}: {shown(value)}" for name, value in (logs or {}).items())


def shown(value: Any, form: str = ".4f") -> str:
    """One measurement as a line shows it: a number in `form`, those of `FEW` classes, or how those of many lie."""
    if np.size(value) == 1:
        return format(float(value), form)
    if np.size(value) <= FEW:
        return "[" + " ".join(f"{number:.2f}" for number in value) + "]"
    return text("of_classes", mean=np.mean(value), least=np.min(value), most=np.max(value), count=np.size(value))


class EpochLines(Callback):
    """Prints one line an epoch."""

    _began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Print the line."""
        title = text("epoch_of", epoch=epoch + 1, epochs=self.params["epochs"])
        print(f"{title}  {time.perf_counter() - self._began:.1f}s  {values(logs)}", flush=True)


class ProgressBar(Callback):
    """Draws a bar for every epoch, or for an evaluation or a prediction: steps, seconds, speed, measurements.

    Arguments: `task`: `"fit"`, `"evaluate"` or `"predict"`. Where the output is no terminal only finished bars appear.
    """

    def __init__(self, task: str = "fit") -> None:
        super().__init__()
        self.task = task
        self._progress: Progress | None = None
        self._began = self._drawn = 0.0

    def _begin(self, title: str) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.table import Column

        print(title, flush=True)
        measured = TextColumn("{task.fields[measured]}", table_column=Column(overflow="fold", ratio=1))
        columns = MofNCompleteColumn(), BarColumn(12), TimeElapsedColumn(), measured
        self._progress = Progress(*columns, auto_refresh=False)
        self._progress.add_task("", total=self.params["steps"], measured="")
        self._progress.start()
        self._began = time.perf_counter()
        self._drawn = 0.0

    def _advance(self, batch: int, logs: Logs[float] | None) -> None:
        now = time.perf_counter()
        last = batch + 1 == self.params["steps"]
        if self._progress is None or (now - self._drawn < REFRESH and not last):
            return
        self._drawn = now
        seen = (batch + 1) * self.params["batch_size"]
        seen = seen if self.params["samples"] is None else min(seen, self.params["samples"])
        speed = text("images_per_second", count=seen / max(now - self._began, 1e-9))
        task = self._progress.task_ids[0]
        self._progress.update(task, completed=batch + 1, measured=f"{speed}  {values(logs)}", refresh=True)

    def _end(self, logs: Logs[float] | None = None) -> None:
        if self._progress is None:
            return
        if logs:
            speed = str(self._progress.tasks[0].fields["measured"]).partition("  ")[0]
            self._progress.update(self._progress.task_ids[0], measured=f"{speed}  {values(logs)}", refresh=True)
        self._progress.stop()
        self._progress = None

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Begin an epoch's bar."""
        self._begin(text("epoch_of", epoch=epoch + 1, epochs=self.params["epochs"]))

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Move on."""
        self._advance(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Show what validation found too."""
        self._end(logs)

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Leave a bar that an error or an interrupt cut short as it is."""
        self._end()

    def on_test_begin(self, logs: Logs[float] | None = None) -> None:
        """Begin an evaluation's bar; validation stands at the end of its epoch's."""
        if self.task == "evaluate":
            self._begin(text("evaluating"))

    def on_test_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Move on."""
        if self.task == "evaluate":
            self._advance(batch, logs)

    def on_test_end(self, logs: Logs[float] | None = None) -> None:
        """End an evaluation's bar."""
        if self.task == "evaluate":
            self._end(logs)

    def on_predict_begin(self, logs: Logs[float] | None = None) -> None:
        """Begin a bar."""
        self._begin(text("predicting"))

    def on_predict_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Move on."""
        self._advance(batch, None)

    def on_predict_end(self, logs: Logs[float] | None = None) -> None:
        """End the bar."""
        self._end()
