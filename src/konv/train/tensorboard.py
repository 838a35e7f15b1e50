"""The course of training as event files that TensorBoard reads, by tensorboardX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from konv.arguments import count
from konv.errors import ConfigurationError
from konv.messages import text
from konv.train.callbacks import Callback, Logs
from konv.train.metric import apart

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Writes loss and metrics of each epoch, for training and validation apart, where TensorBoard finds them.

    Arguments: `log_dir`, the folder, in which `train` and `validation` are made; `histogram_freq`, after every so many
    epochs the distribution of each weight, 0 for never; `update_freq`, `"epoch"`, or `"batch"` or a number for the loss
    after every so many batches too; `write_graph`, `write_images`, `profile_batch`, `others`, of no effect.
    A metric that gives a number for each class is a scalar for each: `epoch_f1_score/0`, `epoch_f1_score/1`, …
    Raises: ConfigurationError where tensorboardX is not installed (`pip install 'konv[tensorboard]'`).
    Example: `model.fit(x, y, callbacks=[TensorBoard("logs")])`, then `tensorboard --logdir logs`.
    """

    last = True

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
        self._writers: dict[str, Any] = {}
        self._batches = 0

    def get_state(self) -> dict[str, Any]:
        """The batches seen."""
        return {"batches": self._batches}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._batches = int(state["batches"])

    def _write(self, part: str, name: str, value: Any, step: int) -> None:
        if part not in self._writers:
            self._writers[part] = self._kind(str(self.log_dir / part))
        for tag, number in apart(name, value):
            self._writers[part].add_scalar(tag, number, step)

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
                self._writers["train"].add_histogram(name, np.ravel(variable.value), epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()


def _writer() -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError as error:
        said = text("script.no_extra", name="TensorBoard", package="tensorboardX", extra="tensorboard")
        raise ConfigurationError(said) from error
    return SummaryWriter
