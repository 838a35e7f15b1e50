"""Training as a notebook shows it: a bar, the measurements, and curves that grow; elsewhere the terminal's own view."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any

from konv.explain.html import tag
from konv.explain.notebook import curves, framed
from konv.messages import text
from konv.train import progress
from konv.train.callbacks import Callback, Logs

__all__ = ["LiveView", "in_notebook", "watcher"]

REFRESH = 0.25
"""Seconds between two drawings."""


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook. IPython is asked only where it is loaded already."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def watcher(verbose: object, task: str = "fit") -> list[Callback]:
    """What shows a person how it goes: as `konv.train.progress.watcher`, but in a notebook a view that stays in place.

    Arguments: `verbose`, Keras's: 0 nothing, 1 or `"auto"` a view, 2 a line an epoch; `task`, `"fit"`, `"evaluate"` or
    `"predict"`. Raises: ConfigurationError for any other `verbose`.
    """
    usual = progress.watcher(verbose, task)
    return [LiveView()] if task == "fit" and verbose in (1, "auto") and in_notebook() else usual


class Shown:
    """What a cell of a notebook shows; `html` may change.

    Arguments: `html`, at first.
    """

    def __init__(self, html: str = "") -> None:
        self.html = html

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return text("notebook.training")


class LiveView(Callback):
    """Draws training into one cell, in place: the epoch's bar, speed and measurements, and the curves so far."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = Shown()
        self._handle: Any = None
        self._epochs: list[int] = []
        self._measured: dict[str, list[Any]] = {}
        self._began = self._drawn = 0.0
        self._epoch = 0

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Make the cell."""
        self._epochs, self._measured, self._drawn = [], {}, 0.0
        display = import_module("IPython.display").display
        self._handle = display(self._shown, display_id=True)

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Begin the epoch's bar."""
        self._epoch, self._began = epoch, time.perf_counter()
        self._draw(0, None)

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Move on, a few times a second."""
        if time.perf_counter() - self._drawn >= REFRESH:
            self._draw(batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Let the curves grow."""
        self._epochs.append(epoch + 1)
        for name, value in (logs or {}).items():
            self._measured.setdefault(name, []).append(value)
        self._draw(self.params["steps"], logs)

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Leave the last state, whatever ended the training."""
        self._draw(None, logs)

    def _draw(self, done: int | None, logs: Logs[float] | None) -> None:
        """Show the state after `done` batches of the epoch; None after the last epoch."""
        self._drawn = time.perf_counter()
        steps = self.params["steps"]
        title = text("epoch_of", epoch=self._epoch + 1, epochs=self.params["epochs"])
        share = tag("progress", max=steps, value=done) if steps and done is not None else None
        said = [title]
        if done:
            seen = done * self.params["batch_size"]
            count = self.params["samples"]
            seen = seen if count is None else min(seen, count)
            said.append(text("images_per_second", count=seen / max(self._drawn - self._began, 1e-9)))
        said.append(progress.values(logs))
        drawn = curves(self._epochs, self._measured) if self._epochs else None
        self._shown.html = framed(tag("p", " · ".join(s for s in said if s)), share, drawn)
        if self._handle is not None:
            self._handle.update(self._shown)
