"""The server's end of training: starts the process, remembers what it tells, passes on what the page asks for."""

from __future__ import annotations

import json
import multiprocessing
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.lab.trainer import Job, main
from konv.messages import text

__all__ = ["Training", "earlier"]

POINTS = 240
"""Points of a curve that are remembered: more than a screen can show."""
MOST_EARLIER = 50
WAIT = 30.0
"""Seconds that a training process gets to save what it has learned."""


class Training:
    """The training there is or was; one at a time, of one network or of several in turns.

    Attributes: `version`, which grows whenever there is news. Thread-safe.
    """

    def __init__(self) -> None:
        self.version = 0
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._pipe: Connection | None = None
        self._process: Any = None
        self._state = "none"
        self._error = ""
        self._data: dict[str, Any] = {}
        self._runs: list[dict[str, Any]] = []
        self._pictures: dict[int, bytes] = {}

    @property
    def busy(self) -> bool:
        """Whether a training is going on, or paused."""
        return self._state in ("starting", "running", "paused", "stopping", "saving")

    def start(self, job: Job) -> None:
        """Begin to train. Raises: ConfigurationError while another training is going on."""
        with self._lock:
            if self.busy:
                raise ConfigurationError(text("lab.already_training"))
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=main, args=(theirs, job), name="konv-lab-training")
            self._job, self._state, self._error, self._data = job, "starting", "", {}
            self._runs = [
                {"recipe": recipe.to_json(), "epochs": [], "points": [], "path": "", "shown": 0, "error": ""}
                for recipe in job.recipes
            ]
            self._pictures = {}
            self._process.start()
            theirs.close()
            threading.Thread(target=self._hear, args=(self._pipe,), name="konv-lab-hears", daemon=True).start()
            self.version += 1

    def tell(self, word: str) -> None:
        """Say `pause`, `resume` or `stop`. Raises: ConfigurationError where there is no training to say it to."""
        with self._lock:
            if self._pipe is None or not self.busy:
                raise ConfigurationError(text("lab.not_training"))
            if word == "stop":
                self._state = "stopping"
            with suppress(OSError):  # it has just ended
                self._pipe.send((word,))
            self.version += 1

    def close(self) -> None:
        """End the training, when the server does: it saves what was learned."""
        process = self._process
        if process is None:
            return
        if self.busy:
            with suppress(ConfigurationError, OSError):
                self.tell("stop")
        process.join(WAIT)
        if process.is_alive():
            process.terminate()

    def state(self) -> dict[str, Any]:
        """All that the page shows, fit for JSON."""
        with self._lock:
            runs = [{**run, "epochs": list(run["epochs"]), "points": list(run["points"])} for run in self._runs]
            return {"state": self._state, "error": self._error, "data": self._data, "runs": runs}

    def picture(self, run: int, sample: int) -> bytes | None:
        """The last picture that the network of that `run` has sent of itself, None before the first; and ask for
        another one. Raises: ConfigurationError where there is no such run.
        """
        with self._lock:
            if not 0 <= run < len(self._runs):
                raise ConfigurationError(text("lab.bad_request", name="run", received=run))
            if self._state in ("running", "paused") and self._pipe is not None:
                with suppress(OSError):
                    self._pipe.send(("show", run, sample))
            return self._pictures.get(run)

    def _hear(self, pipe: Connection) -> None:
        """Take down what the process tells, until it ends."""
        while True:
            try:
                message = pipe.recv()
            except (EOFError, OSError):
                break
            with self._lock:
                self._take(message)
                self.version += 1
        with self._lock:
            if self.busy:  # it ended without a word: killed, or out of memory
                self._state, self._error = "failed", text("lab.process_died")
            self.version += 1

    def _take(self, message: dict[str, Any]) -> None:
        kind = message.pop("kind")
        states = {"begin": "running", "paused": "paused", "resumed": "running", "saving": "saving", "failed": "failed",
                  "done": "done", "stopped": "stopped"}  # fmt: skip
        if kind in states and not (self._state == "stopping" and kind == "resumed"):
            self._state = states[kind]
        if kind == "begin":
            self._data = message
        elif kind == "failed":
            self._error = message["error"]
        elif kind == "shown":
            self._pictures[message["run"]] = message["content"]
            self._runs[message["run"]]["shown"] = message["number"]
        elif "run" in message:
            run = self._runs[message.pop("run")]
            if kind == "progress":
                run["now"] = message
                at = message["epoch"] + message["batch"] / message["steps"]
                run["points"].append([round(at, 4), *message.pop("recent")])
                if len(run["points"]) > POINTS:
                    run["points"] = run["points"][::2]
            elif kind == "epoch":
                row = message["row"]
                run["epochs"].append({k: None if not np.isfinite(v) else v for k, v in row.items()})
            elif kind == "saved":
                run["path"] = message["path"]
            elif kind == "error":
                run["error"] = message["error"]


def earlier(folder: str | Path) -> list[dict[str, Any]]:
    """The runs in `folder`, the newest first, as many as a page shows: what `run.json` says of each."""
    found = []
    for path in sorted(Path(folder).glob("*/run.json"), key=lambda p: p.stat().st_mtime, reverse=True)[:MOST_EARLIER]:
        try:
            record = json.loads(path.read_text("utf-8"))
            found.append({"path": str(path.parent), "name": path.parent.name, "model": str(record["model"]),
                          "data": str(record["data"]["name"]), "accuracy": record["test_accuracy"],
                          "status": str(record["status"])})  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError):  # a folder that is being written, or was made by another
            continue
    return found
