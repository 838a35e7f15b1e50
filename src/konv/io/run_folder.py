"""The folder a training run leaves, and the lock that keeps two processes from writing one.

| file | content |
|---|---|
| `model.konv` | the trained network |
| `checkpoints/step-XXXXXXXX.konv` | the network after that many steps, with the whole state of its training |
| `history.csv` | a row for each epoch, see `COLUMNS`; what was not measured is empty |
| `run.json` | from the beginning: settings, seed, versions, processor, data; see `konv.explain.record` |
| `curves.png`, `confusion.png`, `mistakes.png`, `filters.png` | pictures |
| `report.html` | all of it on one page |
| `lock` | there while a process writes: its number |
"""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from math import isnan
from pathlib import Path
from types import TracebackType

from konv.errors import ConfigurationError, ModelFileError
from konv.explain.record import Epoch, RunRecord
from konv.io.atomic import write_bytes
from konv.messages import text

__all__ = ["COLUMNS", "RunFolder", "default_folder", "model_path", "newest_checkpoint"]

COLUMNS = tuple(f.name for f in fields(Epoch))
"""The columns of `history.csv`."""


def default_folder(name: str, base: str | Path = "runs") -> Path:
    """A folder in `base` that does not exist yet: `NAME-YYYYMMDD-HHMMSS` for `name` and the local time."""
    wanted = Path(base) / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    found, number = wanted, 1
    while found.exists():
        number += 1
        found = wanted.with_name(f"{wanted.name}-{number}")
    return found


def model_path(run: str | Path) -> Path:
    """The model file of `run`: a run folder, or a model file itself.

    Raises: ModelFileError where there is neither, or the folder holds no model.
    """
    path = Path(run).expanduser()
    if path.is_dir():
        path = path / "model.konv"
        if not path.is_file():
            begun = (path.parent / "run.json").is_file()
            raise ModelFileError(text("run_not_done" if begun else "no_model_in_folder", path=path.parent))
    elif not path.exists():
        raise ModelFileError(text("no_such_run", path=path))
    return path


def newest_checkpoint(run: Path) -> Path | None:
    """The newest checkpoint in the folder `run`, None where there is none."""
    return max((run / "checkpoints").glob("step-*.konv"), default=None)


class RunFolder:
    """A run folder being written; use it in a `with` statement, which holds its lock.

    Arguments: `path` of a folder that is empty or does not exist yet; its parents are made. `again`, whether the run
    in it goes on: then it holds something.
    Raises: ConfigurationError where it holds something already, another process is writing it, or it cannot be
    written to.
    """

    def __init__(self, path: str | Path, again: bool = False) -> None:
        self.path = Path(path).expanduser()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self.path / "lock")
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigurationError(text("cannot_write_run", path=self.path, reason=reason)) from error
        if not again and any(entry.name != "lock" for entry in self.path.iterdir()):
            self.release()
            raise ConfigurationError(text("run_folder_taken", path=self.path))

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give the folder free. A folder that got nothing is taken away again."""
        (self.path / "lock").unlink(missing_ok=True)
        os.close(self._lock)
        if not any(self.path.iterdir()):
            self.path.rmdir()

    @property
    def model(self) -> Path:
        """Where the trained network goes."""
        return self.path / "model.konv"

    def checkpoint(self, step: int) -> Path:
        """Where the checkpoint after `step` optimiser steps goes; of those before it the newest stays."""
        folder = self.path / "checkpoints"
        folder.mkdir(exist_ok=True)
        for old in sorted(folder.glob("step-*.konv"))[:-1]:
            old.unlink()
        return folder / f"step-{step:08d}.konv"

    def write(self, name: str, content: bytes | str) -> None:
        """Make `content` (a text in UTF-8) the file called `name`, whole or not at all."""
        write_bytes(self.path / name, content.encode("utf-8") if isinstance(content, str) else content)

    def write_history(self, epochs: Sequence[Epoch]) -> None:
        """Write `history.csv`: a row for each of `epochs`."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in astuple(epoch)] for epoch in epochs)
        self.write("history.csv", table.getvalue())

    def write_record(self, record: RunRecord) -> None:
        """Write `run.json` from `record`."""
        self.write("run.json", json.dumps(asdict(record), ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def _cell(value: float) -> str:
    """A number with the digits that float32 has; empty where it was not measured."""
    return "" if isnan(value) else format(value, "d" if isinstance(value, int) else ".9g")


def _locked(path: Path) -> int:
    """The lock file at `path`, open and locked, with this process's number in it.

    The system gives such a lock free when its process ends, however it ends: a file that a dead process left is taken
    over. Raises: ConfigurationError where a living process holds it; OSError where the file cannot be made.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(handle, 64).decode("ascii", "replace").strip() or "?"
            os.close(handle)
            raise ConfigurationError(text("run_folder_locked", path=path.parent, process=holder)) from error
        if _is(handle, path):
            os.ftruncate(handle, 0)
            os.write(handle, f"{os.getpid()}\n".encode())
            return handle
        os.close(handle)  # its owner deleted it between our opening and our locking: there may be a new one to lock


def _is(handle: int, path: Path) -> bool:
    """Whether the open file `handle` is the one now at `path`."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
