"""`konv train --resume RUN`: a run that was killed, interrupted or is to be longer, going on as it was begun.

`run.json` says from the first moment what a run is for; `checkpoints/` holds its state after each epoch. What comes out
at the end are the bits of a run that was never stopped.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from konv.cli.train import parameters
from konv.data import DataSet
from konv.data.sources import is_there
from konv.errors import ConfigurationError, DataError, DataWarning, KonvError, warn
from konv.explain.record import RunRecord
from konv.io import model_file
from konv.io.run_folder import newest_checkpoint
from konv.messages import text
from konv.runs.machine import LIBRARIES, processor, versions
from konv.runs.settings import Settings

__all__ = ["Begun", "begun"]

FREE = {"data", "epochs", "out", "strict", "quiet"}
"""What may be asked for anew when a run goes on."""
BITS = {"processor": ("engine", "vector_bits"), "versions": ("konv", "numpy", "llvmlite")}
"""What of the processor and of the versions the last bits of a result depend on."""


@dataclass(frozen=True)
class Begun:
    """A run that goes on.

    `asked`: its settings; `record`, its `run.json`; `checkpoint`, its newest state, after `epochs` epochs; None and 0
    where it was killed before its first epoch was over, so that it begins again.
    """

    asked: Settings
    record: Mapping[str, Any]
    checkpoint: Path | None
    epochs: int

    def check(self, training: DataSet, test: DataSet) -> None:
        """Refuse other images than the run was begun with, by a DataError; note what else changes the last bits."""
        before = self.record["data"]
        if [part.fingerprint for part in (training, test)] != [before[k]["fingerprint"] for k in ("train", "test")]:
            raise DataError(
                text("cli.resume.other_data", data=self.asked.data or training.name, run=self.asked.out,
                     train=f"{before['train']['images']:,}", test=f"{before['test']['images']:,}",
                     now=f"{len(training):,}", now_test=f"{len(test):,}")
            )  # fmt: skip
        facts: dict[str, Mapping[str, object]] = {"processor": processor(), "versions": versions(LIBRARIES)}
        for part, now in facts.items():
            for key in BITS[part]:
                then = self.record[part].get(key)
                if then != now.get(key):
                    warn(text("cli.resume.other_bits", name=key, before=then, now=now.get(key)), DataWarning)

    def continued(self, record: RunRecord) -> RunRecord:
        """`record`, of a run that begins now, as that of this run: begun then, and resumed now."""
        resumed = (*map(str, self.record.get("resumed", ())), record.started)
        return replace(record, started=str(self.record["started"]), resumed=resumed)


def begun(run: str, now: Settings, given: Set[str]) -> Begun:
    """The run in the folder `run`, and what it shall do from here: what it was begun with, changed by the options of
    `now` that were `given`.

    Raises: ConfigurationError where there is no such run, it has ended for good, or another run is asked for.
    """
    path = Path(run).expanduser()
    record, before = _read(path)
    if record["command"][:2] != ["konv", "train"]:
        raise ConfigurationError(text("cli.resume.not_by_train", run=path, command=shlex.join(record["command"])))
    for name in sorted(given - FREE):
        if getattr(now, name) != getattr(before, name):
            option = f"--{name.replace('_', '-')}"
            was, received = (_shown(getattr(asked, name)) for asked in (before, now))
            raise ConfigurationError(text("cli.resume.differs", run=path, option=option, before=was, received=received))
    if "out" in given and Path(str(now.out)).expanduser().absolute() != path.absolute():
        raise ConfigurationError(text("cli.resume.out", run=path))
    if record["status"] == "stopped":
        raise ConfigurationError(text("cli.resume.stopped", run=path, reason=record["message"]))
    epochs = now.epochs if "epochs" in given else before.epochs
    checkpoint = newest_checkpoint(path)
    done = _epochs(checkpoint)
    if epochs < done or (epochs == done and record["status"] == "finished"):
        more = shlex.join(["konv", "train", "--resume", str(path), "--epochs", str(2 * done)])
        raise ConfigurationError(text("cli.resume.done", run=path, epochs=done, command=more))
    data = now.data if "data" in given else _source(path, record)
    asked = replace(
        before, data=data, epochs=epochs, out=str(path), quiet=now.quiet, strict=before.strict or now.strict
    )
    return Begun(asked, record, checkpoint, done)


def _read(path: Path) -> tuple[dict[str, Any], Settings]:
    """`run.json` of the folder at `path`, and what its command asks for."""
    file = path / "run.json"
    try:
        record = json.loads(file.read_text("utf-8"))
        words = [str(word) for word in record["command"][2:]]
        context = click.Command("train", params=parameters()).make_context("train", words)
        asked = {key: value for key, value in context.params.items() if key != "resume"}
        for key in ("status", "message", "started", "seconds", "processor", "versions"):
            record[key]
        for part in ("train", "test"):
            record["data"][part]["fingerprint"], record["data"][part]["images"]
        return record, Settings(**asked)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ConfigurationError(text("cli.resume.no_run", run=path)) from error
    except (OSError, ValueError, KeyError, TypeError, click.ClickException, KonvError) as error:
        raise ConfigurationError(
            text("cli.resume.damaged", path=file, error=f"{type(error).__name__}: {error}")
        ) from error


def _source(path: Path, record: Mapping[str, Any]) -> str | None:
    """Where the images of a run are. Raises: DataError where they no longer are."""
    source = str(record["data"]["source"])
    if source == "embedded":
        return None
    if not is_there(source):
        raise DataError(text("cli.resume.data_gone", run=path, source=source))
    return source


def _epochs(checkpoint: Path | None) -> int:
    """The epochs that are over in a state of training. Raises: ModelFileError where it is damaged."""
    if checkpoint is None:
        return 0
    training = model_file.read(checkpoint).training or {}
    return int(training.get("next_epoch", 0))


def _shown(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
