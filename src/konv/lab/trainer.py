"""Training in a process of its own: what it does, what it tells, and what it can be told.

It shares nothing with the server but a pipe: a page that is slow, closed or gone cannot slow it down or stop it. When
the server itself is gone, it saves what was learned and ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from konv import data as images, random
from konv.data import DataSet
from konv.errors import ConfigurationError, KonvError
from konv.explain.record import Epoch
from konv.io.run_folder import RunFolder, default_folder
from konv.lab.recipe import Recipe, network
from konv.messages import set_language
from konv.models import Model
from konv.train.callbacks import Callback, Logs

__all__ = ["Job", "main"]

TOLD_EVERY, SHOWN_EVERY, LISTENED_EVERY = 0.15, 0.8, 0.03
"""Seconds between two messages of progress, between two of the weights, and between two looks into the pipe."""
LARGEST_SHOWN = 4_000_000
"""Weights are sent while training only of networks of fewer parameters."""
HELD_OUT = 0.2


@dataclass(frozen=True)
class Job:
    """What to train: networks by their `recipes`, in turns, on the `data` of that name (None for the embedded ones),
    every image made `size`; `folder`, where run folders go; `language`, that of errors."""

    recipes: tuple[Recipe, ...]
    data: str | None = None
    size: tuple[int, int] | None = None
    folder: str = "runs"
    language: str = "en"


class EndTraining(Exception):  # noqa: N818 (no error: it was asked for)
    """Training was asked to end."""


class Watch(Callback):
    """Tells how one training goes, and listens between batches.

    Arguments: `tell`, sends a message; `listen`, called after each batch, returns when training may go on.
    """

    def __init__(self, tell: Callable[..., None], listen: Callable[[], float]) -> None:
        super().__init__()
        self.rows: list[Epoch] = []
        self._tell, self._listen = tell, listen
        self._began = self._trained = self._told = self._shown = self._heard = 0.0
        self._sums = (0, 0.0, 0.0)

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Start the clock."""
        self._began = self._trained = time.perf_counter()
        self._sums = (0, 0.0, 0.0)

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Listen, and now and then tell."""
        self._trained = now = time.perf_counter()
        if now - self._heard > LISTENED_EVERY:
            self._heard = now
            paused = self._listen()
            self._began, self._trained = self._began + paused, self._trained + paused
        done, steps = batch + 1, self.params["steps"]
        if now - self._told > TOLD_EVERY or done == steps:
            self._told, found = now, logs or Logs()
            loss, accuracy = float(found.get("loss", 0)), float(found.get("accuracy", 0))
            seen = min(done * self.params["batch_size"], self.params["samples"])
            self._tell("progress", epoch=self.model.epochs_trained, batch=done, steps=steps, loss=loss,
                       accuracy=accuracy, recent=self._recent(done, loss, accuracy),
                       speed=seen / max(now - self._began, 1e-9))  # fmt: skip
        if now - self._shown > SHOWN_EVERY:
            self._shown = now
            self.show()

    def _recent(self, done: int, loss: float, accuracy: float) -> tuple[float, float]:
        """Loss and accuracy of the batches since the last message, from their means over the epoch so far."""
        before, losses, accuracies = self._sums
        self._sums = done, loss * done, accuracy * done
        return (loss * done - losses) / (done - before), (accuracy * done - accuracies) / (done - before)

    def on_test_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Listen during validation too."""
        self._listen()

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Tell the epoch's row."""
        found, seconds = logs or Logs(), self._trained - self._began
        measured = {n: float(found.get(n, float("nan"))) for n in ("loss", "accuracy", "val_loss", "val_accuracy")}
        rate = float(self.model.optimizer.current_rate)
        speed = self.params["samples"] / max(seconds, 1e-9)
        row = Epoch(epoch + 1, **measured, learning_rate=rate, seconds=seconds, images_per_second=speed)
        self.rows.append(row)
        self._tell("epoch", row={**measured, "epoch": row.epoch, "seconds": seconds, "images_per_second": speed})

    def show(self) -> None:
        """Send the weights as they are now."""
        if self.model.count_params() < LARGEST_SHOWN:
            self._tell("weights", weights={n: v.value.copy() for n, v in self.model.named_weights().items()})


def main(pipe: Connection, job: Job) -> None:
    """Train as `job` says, telling and listening through `pipe`, until it is done or told to stop."""
    set_language(job.language)
    try:
        _train(pipe, job)
    except KonvError as error:
        _send(pipe, {"kind": "failed", "error": str(error)})
    except (MemoryError, OSError) as error:
        _send(pipe, {"kind": "failed", "error": str(error) or type(error).__name__})
    except KeyboardInterrupt:
        pass
    finally:
        pipe.close()


def _train(pipe: Connection, job: Job) -> None:
    training, test = images.load(job.data, job.size).for_training(HELD_OUT)
    models, watches = [], []
    for run, recipe in enumerate(job.recipes):
        random.set_seed(recipe.seed)
        models.append(network(recipe, training.shape, training.classes))
        watches.append(Watch(_teller(pipe, run), lambda: _listen(pipe)))
    _send(pipe, {"kind": "begin", "shape": list(training.shape), "classes": list(training.classes),
                 "images": [len(training), len(test)], "parameters": [m.count_params() for m in models]})  # fmt: skip
    x, watched = training.scaled(), (test.scaled(), test.y)
    ended = "done"
    try:
        for epoch in range(max(r.epochs for r in job.recipes)):
            for recipe, model, watch in zip(job.recipes, models, watches, strict=True):
                if epoch < recipe.epochs:
                    model.fit(x, training.y, batch_size=recipe.batch_size, initial_epoch=epoch, epochs=epoch + 1,
                              verbose=0, validation_data=watched, callbacks=[watch])  # fmt: skip
    except (EndTraining, KeyboardInterrupt):
        ended = "stopped"
    for run, (model, watch) in enumerate(zip(models, watches, strict=True)):
        if watch.model is not None:
            watch.show()
        saved = _save(job, model, watch, training)
        _send(pipe, {"kind": "saved", "run": run, "path": saved})
    _send(pipe, {"kind": ended})


def _save(job: Job, model: Model, watch: Watch, training: DataSet) -> str:
    """Keep the network and its history in a run folder. Returns: the folder, "" where none can be written."""
    try:
        with RunFolder(default_folder("lab", job.folder)) as folder:
            model.save(folder.model)
            folder.write_history(watch.rows)
            return str(folder.path.absolute())
    except ConfigurationError:
        return ""


def _teller(pipe: Connection, run: int) -> Callable[..., None]:
    def tell(kind: str, **values: Any) -> None:
        _send(pipe, {"kind": kind, "run": run, **values})

    return tell


def _send(pipe: Connection, message: dict[str, Any]) -> None:
    """Tell the server, if there still is one."""
    try:
        pipe.send(message)
    except OSError:
        return


def _listen(pipe: Connection) -> float:
    """Do what the server says; returns the seconds of a pause. Raises: EndTraining when it says so, or is gone."""
    if not pipe.poll():
        return 0.0
    began = time.perf_counter()
    try:
        said = pipe.recv()
        if said == "pause":
            _send(pipe, {"kind": "paused"})
            while (said := pipe.recv()) not in ("resume", "stop"):
                continue
            _send(pipe, {"kind": "resumed"})
    except (EOFError, OSError):
        raise EndTraining from None
    if said == "stop":
        raise EndTraining
    return time.perf_counter() - began
