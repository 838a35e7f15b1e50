"""The course of training as event files that TensorBoard reads, by tensorboardX."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from konv.arguments import count
from konv.errors import ConfigurationError
from konv.messages import text
from konv.ops.record import Array
from konv.train.callbacks import Callback, Logs
from konv.train.metric import apart

__all__ = ["TensorBoard"]

BINS = 30
"""Bars of a histogram, as many as Keras's."""
PARTS = ("train", "validation")
"""The folders that event files lie in."""


class TensorBoard(Callback):
    """Writes loss and metrics of each epoch, for training and validation apart, where TensorBoard finds them.

    Arguments: `log_dir`, the folder, in which `train` and `validation` are made; `histogram_freq`, after every so many
    epochs the distribution of each weight, 0 for never; `update_freq`, `"epoch"`, or `"batch"` or a number for the loss
    after every so many batches too; `write_graph`, `write_images`, `profile_batch`, `others`, of no effect.
    In a resumed run what is measured again is taken away first.
    A metric that gives a number for each class is a scalar for each: `epoch_f1_score/0`, `epoch_f1_score/1`, …
    Raises: ConfigurationError where tensorboardX is not installed (`pip install 'konv[tensorboard]'`).
    Example: `model.fit(x, y, callbacks=[TensorBoard("logs")])`, then `tensorboard --logdir logs`.
    """

    last = 1

    def __init__(
        self,
        log_dir: str | Path = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        **others: Any,
    ) -> None:
        super().__init__()
        self.log_dir = Path(log_dir).expanduser()
        self.histogram_freq = count(histogram_freq, "histogram_freq", "TensorBoard", least=0)
        every = {"epoch": 0, "batch": 1}.get(str(update_freq), update_freq)
        self.update_freq = count(every, "update_freq", "TensorBoard", least=0)
        self._kind = _writer()
        self._writers: dict[str, _Events] = {}
        self._run, self._files, self._batches = "", 0, 0

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Begin anew, with files of this run's own."""
        self._run, self._files, self._batches = f"{time.time_ns():x}", 0, 0

    def _mine(self) -> dict[str, Path]:
        """The files of this run by their places in the folder."""
        paths = sorted(path for part in PARTS for path in (self.log_dir / part).glob(f"*.{self._run}.*"))
        return {path.relative_to(self.log_dir).as_posix(): path for path in paths}

    def get_state(self) -> dict[str, Any]:
        """The batches seen, and how far each file is written."""
        lengths = {name: path.stat().st_size for name, path in self._mine().items()}
        return {"batches": self._batches, "run": self._run, "files": self._files, "lengths": lengths}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`: what was written after it is taken away, for it is measured again.

        Raises: ValueError where the run in it is not named by letters and digits.
        """
        if not str(state["run"]).isalnum():
            raise ValueError(state["run"])
        self._batches, self._run, self._files = int(state["batches"]), str(state["run"]), int(state["files"])
        for name, path in self._mine().items():
            if (length := state["lengths"].get(name)) is None:
                path.unlink()
            else:
                os.truncate(path, int(length))

    def _events(self, part: str) -> _Events:
        """What writes one of `PARTS`."""
        if part not in self._writers:
            self._writers[part] = _Events(self._kind, self.log_dir / part, f".{self._run}.{self._files:04d}")
            self._files += 1
        return self._writers[part]

    def _write(self, part: str, name: str, value: Any, step: int) -> None:
        for tag, number in apart(name, value):
            self._events(part).scalar(tag, number, step)

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Write what was measured so far, where that was asked for."""
        self._batches += 1
        if self.update_freq and self._batches % self.update_freq == 0:
            for name, value in (logs or {}).items():
                self._write("train", f"batch_{name}", value, self._batches)

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Write the epoch's measurements, the learning rate, and the weights' distributions."""
        for name, value in (logs or {}).items():
            part = "validation" if name.startswith("val_") else "train"
            self._write(part, f"epoch_{name.removeprefix('val_')}", value, epoch)
        if self.model.optimizer is not None:
            self._write("train", "epoch_learning_rate", self.model.optimizer.learning_rate, epoch)
        if self.histogram_freq and (epoch + 1) % self.histogram_freq == 0:
            for name, variable in self.model.named_weights().items():
                self._events("train").histogram(name, np.ravel(variable.value), epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


class _Events:
    """One event file, in `folder`, whose name ends with `suffix`; `kind`, tensorboardX.

    What is flushed is in the file: its `SummaryWriter` would leave some in a queue.
    """

    def __init__(self, kind: Any, folder: Path, suffix: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._kind, self._writer = kind, kind.event_file_writer.EventsWriter(str(folder / "events"), suffix)
        self.flush, self.close = self._writer.flush, self._writer.close

    def scalar(self, name: str, value: float, step: int) -> None:
        """Write a number."""
        self._write(self._kind.summary.scalar(name, value), step)

    def histogram(self, name: str, values: Array, step: int) -> None:
        """Write how `values` are distributed."""
        self._write(self._kind.summary.histogram(name, values, BINS), step)

    def _write(self, summary: Any, step: int) -> None:
        event = self._kind.proto.event_pb2.Event(summary=summary, step=step, wall_time=time.time())
        self._writer.write_event(event)


def _writer() -> Any:
    try:
        import tensorboardX
    except ImportError as error:
        said = text("script.no_extra", name="TensorBoard", package="tensorboardX", extra="tensorboard")
        raise ConfigurationError(said) from error
    return tensorboardX
