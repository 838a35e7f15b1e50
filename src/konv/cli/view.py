"""What a person sees while a network trains: a row of figures for each epoch and, in a terminal, a bar below them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from math import isfinite

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from konv.explain.tables import percent
from konv.messages import text
from konv.runs.stopwatch import Stopwatch
from konv.train.callbacks import Callback, Logs

__all__ = ["TrainingView", "table_row"]

REFRESH = 0.1
"""Seconds between two drawings of the bar."""
COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "images_per_second", "seconds")


class TrainingView(Callback):
    """Prints the rows of a `watch` on `console`, and draws a bar below them where that is a terminal."""

    def __init__(self, console: Console, watch: Stopwatch) -> None:
        super().__init__()
        self._console = console
        self._watch = watch
        self._progress: Progress | None = None
        self._drawn = 0.0

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Print the head of the table, and put the bar below it."""
        names = [text(f"report.column.{name}") for name in COLUMNS]
        self._console.print(table_row(names), style="dim", soft_wrap=True)
        if not self._console.is_terminal:
            return
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(20),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            auto_refresh=False,
            transient=True,
        )
        self._progress.add_task("", total=self.params["steps"], figures="")
        self._progress.start()

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Begin the epoch's bar."""
        if self._progress is not None:
            title = text("cli.epoch", epoch=epoch + 1, epochs=self.params["epochs"])
            self._progress.reset(self._progress.task_ids[0], description=title, figures="")

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Move the bar on, ten times a second at most."""
        now = time.perf_counter()
        if self._progress is None or (now - self._drawn < REFRESH and batch + 1 < self.params["steps"]):
            return
        self._drawn = now
        self._progress.update(
            self._progress.task_ids[0], completed=batch + 1, figures=self._figures(logs or Logs()), refresh=True
        )

    def _figures(self, logs: Logs[float]) -> str:
        """Loss and accuracy so far in this epoch, speed, and the time left of the whole run."""
        watch, params = self._watch, self.params
        each = watch.seconds / watch.steps
        left = (params["epochs"] * params["steps"] - watch.steps) * each
        return text(
            "cli.figures",
            loss=f"{logs.get('loss', float('nan')):.4f}",
            accuracy=percent(logs.get("accuracy", float("nan"))),
            speed=f"{params['samples'] / params['steps'] / each:,.0f}",
            left=f"{int(left) // 60}:{int(left) % 60:02d}",
        )

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Print the epoch's row."""
        row = self._watch.epochs[-1]
        cells = (
            f"{row.epoch}/{self.params['epochs']}", _number(row.loss, ".4f"), percent(row.accuracy),
            _number(row.val_loss, ".4f"), percent(row.val_accuracy), _number(row.images_per_second, ",.0f"),
            _number(row.seconds, ".1f"),
        )  # fmt: skip
        self._console.print(table_row(cells), soft_wrap=True)

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Take the bar away, whatever ended the training."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def table_row(cells: Iterable[str]) -> str:
    """`cells` right-aligned in columns; a Chinese character is as wide as two letters."""
    widths = (8, *(14,) * (len(COLUMNS) - 2), 8)
    return "".join(" " * max(width - cell_len(cell), 1) + cell for width, cell in zip(widths, cells, strict=True))


def _number(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else "–"
