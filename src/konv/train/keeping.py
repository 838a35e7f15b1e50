"""Callbacks that keep what was learned: models, states of training to go on from, and measurements in a table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import numpy as np

from konv.arguments import count
from konv.errors import ConfigurationError
from konv.messages import text
from konv.train.callbacks import Callback, Logs
from konv.train.monitors import Monitor

__all__ = ["BackupAndRestore", "CSVLogger", "ModelCheckpoint"]


class ModelCheckpoint(Monitor):
    """Saves the model after each epoch, or after some batches.

    Arguments: `filepath`, the file, `NAME.konv`, with `{epoch}` and measurements to be filled in if wanted; `monitor`,
    what decides which is best; `verbose`, 1 to say so; `save_best_only`, whether to save only what is better than all
    before; `save_weights_only`, whether to leave out what training needs; `mode`; `save_freq`, `"epoch"` or a number
    of batches; `initial_value_threshold`, what the first one saved has to be better than; `period`, Keras 2's number of
    epochs between two files.
    Raises: ConfigurationError, see `Monitor` (with `save_best_only`); for a measurement in `filepath` there is not.
    Example: `ModelCheckpoint("best-{epoch:02d}-{val_accuracy:.3f}.konv", monitor="val_accuracy", save_best_only=True)`.
    """

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        period: int = 1,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath, self.verbose = str(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq: str | int = save_freq
        if save_freq != "epoch":
            self.save_freq = count(save_freq, "save_freq", "ModelCheckpoint")
        self.period = count(period, "period", "ModelCheckpoint")
        if initial_value_threshold is not None:
            self.best = float(initial_value_threshold)
        self._batches = self._epoch = 0

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Look whether there will be the measurement that decides, and those in the file's name."""
        if self.save_best_only:
            super().on_train_begin(logs)
        if self.save_freq == "epoch" and (known := self.foreseen()) is not None:
            _filled(self.filepath, 0, Logs((name, 0.0) for name in known))

    def on_epoch_begin(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Remember which epoch it is."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """Save after so many batches, where that was asked for."""
        self._batches += 1
        if isinstance(self.save_freq, int) and self._batches % self.save_freq == 0:
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Save after the epoch, where that was asked for."""
        if self.save_freq == "epoch" and (epoch + 1) % self.period == 0:
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: Mapping[str, float]) -> None:
        measured = Logs(logs)
        if self.save_best_only:
            found = self.value(measured)
            if found is None or not self.better(found, self.best):
                return
            self.best = found
        path = _filled(self.filepath, epoch, measured)
        Path(path).expanduser().parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            print(text("checkpoint_saved", epoch=epoch + 1, path=path))

    def get_state(self) -> dict[str, Any]:
        """The best value, and the batches seen."""
        return {**super().get_state(), "batches": self._batches}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        super().set_state(state)
        self._batches = int(state["batches"])


def _filled(pattern: str, epoch: int, logs: Logs[float]) -> str:
    """`pattern` with the epoch (from 1) and measurements filled in."""
    try:
        return pattern.format_map(Logs({**logs, "epoch": epoch + 1}))
    except (KeyError, ValueError, IndexError, TypeError) as error:
        known = ", ".join(["epoch", *logs])
        raise ConfigurationError(text("bad_file_pattern", received=pattern, error=error, known=known)) from error


class BackupAndRestore(Callback):
    """Keeps the state of training after each epoch, and goes on from it where an earlier run was killed.

    What is kept is everything: weights, optimiser, learning rate, place in the data, and the states of all callbacks;
    a run that was killed and started again ends with the very bits of one that was not.

    Arguments: `backup_dir`, the folder for the state; `save_freq`, `"epoch"`, there is no other; `delete_checkpoint`,
    whether to delete the state when training has ended well.
    Raises: ConfigurationError for another `save_freq`; ModelFileError where the state is of another network.
    Example: `model.fit(x, y, epochs=100, callbacks=[BackupAndRestore("backup")])`, again after a crash.
    """

    last = 2

    def __init__(self, backup_dir: str | Path, save_freq: str = "epoch", delete_checkpoint: bool = True) -> None:
        super().__init__()
        if save_freq != "epoch":
            raise ConfigurationError(text("backup_by_epoch", received=save_freq))
        self.backup_dir, self.delete_checkpoint = Path(backup_dir).expanduser(), delete_checkpoint
        self._finished = False

    @property
    def path(self) -> Path:
        """Where the state is."""
        return self.backup_dir / "backup.konv"

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Go back to the state there is, if any."""
        self.backup_dir.mkdir(parents=True, exist_ok=True)
        self._finished = False
        if self.path.exists():
            self.model.load_state(self.path, self.companions)

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Keep the state."""
        self.model.save_state(self.path, self.companions)
        self._finished = epoch + 1 == self.params["epochs"] or self.model.stop_training

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Delete the state, where training has ended well."""
        if self._finished and self.delete_checkpoint:
            self.path.unlink(missing_ok=True)


class CSVLogger(Callback):
    """Writes a row of measurements for each epoch.

    Arguments: `filename`, the file; `separator` of its columns; `append`, whether to go on after its last row.
    In a resumed run rows of epochs that are done again are taken away first. What was not measured is `NA`; what is
    one number for each class is a list in one cell.
    """

    def __init__(self, filename: str | Path, separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.separator, self.append = Path(filename).expanduser(), separator, append
        self._keys: list[str] = []
        self._length: int | None = None
        self._file: TextIOWrapper | None = None

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Begin anew; the file is opened with its first row."""
        self._keys, self._length = [], None

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """Write the row."""
        logs = logs or Logs()
        if self._file is None:
            self._open(logs)
        if self._file is not None:
            writer = csv.writer(self._file, delimiter=self.separator, lineterminator="\n")
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self._keys)])
            self._file.flush()
            self._length = self._file.tell()

    def _open(self, logs: Logs[float]) -> None:
        resumed = self._length is not None and self.filename.exists()
        self._file = self.filename.open("r+" if resumed else "a" if self.append else "w", encoding="utf-8", newline="")
        if resumed:
            self._file.truncate(self._length)
        self._file.seek(0, 2)
        known = [name for name in self.params.get("metrics", ()) if name not in logs]
        self._keys = self._keys or sorted([*logs, *known])
        if self._file.tell() == 0:
            csv.writer(self._file, delimiter=self.separator, lineterminator="\n").writerow(["epoch", *self._keys])

    def on_train_end(self, logs: Logs[float] | None = None) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def get_state(self) -> dict[str, Any]:
        """The columns, and how far the file was written."""
        return {"keys": list(self._keys), "length": self._length}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self._keys = [str(key) for key in state["keys"]]
        self._length = None if state["length"] is None else int(state["length"])


def _cell(value: Any) -> Any:
    """A measurement as a row holds it; numbers of classes as a list, `[0.5, 0.25]`, as Keras 3 writes them."""
    return f"[{', '.join(map(str, value.tolist()))}]" if isinstance(value, np.ndarray) and value.ndim else value
