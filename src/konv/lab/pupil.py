"""One network that the lab trains: as `konv train` does, with somebody watching, and with the same run folder left."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from konv import random
from konv.data import DataSet
from konv.errors import ConfigurationError, NonFiniteError
from konv.explain.record import RunRecord
from konv.io.run_folder import RunFolder, default_folder
from konv.lab.preview import Preview
from konv.lab.recipe import LOSS, Recipe, network
from konv.runs.keeper import Keeper
from konv.runs.machine import LIBRARIES, processor, versions
from konv.runs.outcome import leave
from konv.runs.settings import Settings
from konv.runs.sources import HELD_OUT, divisor, facts, prepared
from konv.runs.stopwatch import Stopwatch
from konv.shapes import show
from konv.train.callbacks import Logs

__all__ = ["EndTraining", "Pupil"]

TOLD_EVERY, LISTENED_EVERY = 0.5, 0.03
"""Seconds between two messages of progress, and between two looks into the pipe."""


class EndTraining(Exception):  # noqa: N818 (no error: it was asked for)
    """Training was asked to end."""


class Listener(Protocol):
    """The other end: `konv.lab.trainer.Ear`."""

    def tell(self, kind: str, **values: Any) -> None:
        """Send a message."""

    def listen(self) -> float:
        """Do what was said; returns the seconds of a pause. Raises: EndTraining."""


class Watch(Stopwatch):
    """Tells how the training of a `pupil` goes, and listens between batches."""

    def __init__(self, pupil: Pupil) -> None:
        super().__init__(pupil.began)
        self._pupil, self._ear = pupil, pupil.ear
        self._told = self._heard = 0.0
        self._sums = (0, 0.0, 0.0)

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Start the clock."""
        super().on_epoch_begin(epoch, logs)
        self._sums = (0, 0.0, 0.0)

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Listen, and now and then tell."""
        super().on_train_batch_end(batch, logs)
        now, done, steps = self._trained, batch + 1, self.params["steps"]
        if now - self._told > TOLD_EVERY or done == steps:
            self._told, found = now, logs or Logs()
            loss, accuracy = float(found.get("loss", 0)), float(found.get("accuracy", 0))
            seen = min(done * self.params["batch_size"], self.params["samples"])
            self._ear.tell("progress", run=self._pupil.number, epoch=self.model.epochs_trained, batch=done, steps=steps,
                           loss=loss, accuracy=accuracy, recent=self._recent(done, loss, accuracy),
                           speed=seen / max(now - self._began, 1e-9))  # fmt: skip
        if now - self._heard > LISTENED_EVERY:
            self._heard = now
            self.leave_out(self._ear.listen())

    def _recent(self, done: int, loss: float, accuracy: float) -> tuple[float, float]:
        """Loss and accuracy of the batches since the last message, from their means over the epoch so far."""
        before, losses, accuracies = self._sums
        self._sums = done, loss * done, accuracy * done
        return (loss * done - losses) / (done - before), (accuracy * done - accuracies) / (done - before)

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Write the row down, and tell it."""
        super().on_epoch_end(epoch, logs)
        row = self.epochs[-1]
        names = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "images_per_second")
        self._ear.tell("epoch", run=self._pupil.number, row={name: getattr(row, name) for name in names})

    def on_test_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Listen during validation too."""
        self._ear.listen()


class Pupil:
    """A network that learns by its `recipe`.

    Arguments: `source`, the images, made `size` where that was asked for; `number`, which of the networks it is;
    `ear`, who hears of it. Attributes: `training` and `test`, the parts of the images; `model`.
    """

    def __init__(
        self, recipe: Recipe, source: DataSet, size: tuple[int, int] | None, number: int, ear: Listener
    ) -> None:
        self.recipe, self.number, self.ear = recipe, number, ear
        self.training, self.test = source.for_training(HELD_OUT, recipe.seed)
        random.set_seed(recipe.seed)
        self.model = network(recipe, self.training.shape, self.training.classes, divisor(self.training))
        self._source, self._size = source, size
        self.began, self._started = time.perf_counter(), time.strftime("%Y-%m-%dT%H:%M:%S")
        self._x, self._watched = prepared(self.model, self.training), prepared(self.model, self.test)
        self._failed = ""
        self._shown = 0
        self._preview: Preview | None = None
        with suppress(ConfigurationError):  # no image that could be shown: it learns all the same
            self._preview = Preview(self.model, self.test)

    def begin(self, base: str) -> RunFolder:
        """Make the run folder, in `base`. Raises: ConfigurationError where it cannot be written."""
        self._folder = RunFolder(default_folder(self.recipe.network, base))
        self._watch = Watch(self)
        self._keeper = Keeper(self._folder, self._watch, None)
        recipe = self.recipe
        self._record = RunRecord(
            model=recipe.network, status="running", command=self._command(), started=self._started, seconds=0.0,
            training_seconds=0.0, epochs=recipe.epochs, steps=0, seed=recipe.seed,
            parameters=self.model.count_params(), settings=self._settings(),
            data=facts(self._source, self.training, self.test), processor=processor(), versions=versions(LIBRARIES),
        )  # fmt: skip
        self._folder.write_record(self._record)
        return self._folder

    def learn(self, first: int, last: int) -> None:
        """Train from epoch `first` to before `last`, or to the recipe's own end. Raises: EndTraining."""
        last = min(last, self.recipe.epochs)
        if self._failed or first >= last:
            return
        try:
            self.model.fit(
                self._x, self.training.y, batch_size=self.recipe.batch_size, initial_epoch=first, epochs=last,
                verbose=0, validation_data=(self._watched, self.test.y), callbacks=[self._watch, self._keeper],
            )  # fmt: skip
        except NonFiniteError as error:
            self._failed = str(error)
            self.ear.tell("error", run=self.number, error=self._failed)

    def show(self, sample: int) -> None:
        """Send a picture of the network as it is."""
        if self._preview is None:
            return
        try:
            content = self._preview(sample)
        except NonFiniteError:
            return
        self._shown += 1
        self.ear.tell("shown", run=self.number, number=self._shown, content=content)

    def leave(self, interrupted: bool) -> None:
        """Leave the run folder that `konv train` leaves."""
        self.show(0)
        self.model.save(self._folder.model)
        watch, status = self._watch, "stopped" if self._failed else "interrupted" if interrupted else "finished"
        record = replace(
            self._record, status=status, message=self._failed, seconds=watch.elapsed, training_seconds=watch.seconds,
            steps=watch.steps,
        )  # fmt: skip
        leave(self._folder, self.model, self.test, record, watch.epochs, self.recipe.batch_size)
        self.ear.tell("saved", run=self.number, path=str(self._folder.path.absolute()))

    def _settings(self) -> dict[str, object]:
        """The settings that a report lists, under the keys of `report.setting.…`."""
        recipe = self.recipe
        size = {} if self._size is None else {"image_size": show(self._size)}
        return {
            "epochs": recipe.epochs, "batch_size": recipe.batch_size, "optimizer": recipe.optimizer,
            "learning_rate": recipe.learning_rate, "loss": LOSS, "seed": recipe.seed,
            "scaling": f"x / {self.model.preprocessing['divide_by']:g}", **recipe.variant.choices, **size,
        }  # fmt: skip

    def _command(self) -> tuple[str, ...]:
        """The command that does the same."""
        recipe, source = self.recipe, self._source.source
        own = recipe.variant
        return Settings(
            data=None if source == "embedded" else source, model=recipe.network, activation=own.activation,
            pooling=own.pooling, kernel=own.kernel, filters=own.filters, epochs=recipe.epochs,
            batch_size=recipe.batch_size, optimizer=recipe.optimizer, learning_rate=recipe.learning_rate,
            seed=recipe.seed, image_size=self._size, out=None, strict=False, quiet=False,
        ).command  # fmt: skip
