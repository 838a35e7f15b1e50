"""Training in a process of its own: what it tells, and what it can be told.

It shares nothing with the server but a pipe: a page that is slow, closed or gone cannot slow it down or stop it. When
the server itself is gone, it saves what was learned and ends. `konv.lab.pupil` has the run proper.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from konv import data as images
from konv.errors import KonvError
from konv.lab.pupil import EndTraining, Pupil
from konv.lab.recipe import Recipe
from konv.messages import set_language

__all__ = ["Job", "main", "work"]


@dataclass(frozen=True)
class Job:
    """What to train: networks by their `recipes`, in turns, on the `data` of that name (None for the embedded ones),
    every image made `size` (None for the data's own); `folder`, where run folders go; `language`, that of errors."""

    recipes: tuple[Recipe, ...]
    data: str | None = None
    size: tuple[int, int] | None = None
    folder: str = "runs"
    language: str = "en"


class Ear:
    """The training's end of the pipe: `tell`s the server, and does what it says.

    Arguments: `show`, called with the number of a network and of an image whenever the server wants a picture of it.
    """

    def __init__(self, pipe: Connection, show: Callable[[int, int], None]) -> None:
        self._pipe, self._show = pipe, show

    def tell(self, kind: str, **values: Any) -> None:
        """Tell the server, if there still is one."""
        try:
            self._pipe.send({"kind": kind, **values})
        except OSError:
            return

    def listen(self) -> float:
        """Do what the server has said; returns the seconds of a pause. Raises: EndTraining when it says so, or is
        gone."""
        paused, held = 0.0, None
        try:
            while held is not None or self._pipe.poll():
                said, *more = self._pipe.recv()
                if said == "show":
                    self._show(*more)
                elif said == "stop":
                    raise EndTraining
                elif said == "pause" and held is None:
                    held = time.perf_counter()
                    self.tell("paused")
                elif said == "resume" and held is not None:
                    paused, held = paused + time.perf_counter() - held, None
                    self.tell("resumed")
        except (EOFError, OSError):
            raise EndTraining from None
        return paused


def main(pipe: Connection, job: Job) -> None:
    """What the process does: `work`, in the language of the job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then says what to do
    set_language(job.language)
    work(pipe, job)


def work(pipe: Connection, job: Job) -> None:
    """Train, telling everything through `pipe`, until done, told to stop, or left alone."""
    pupils: list[Pupil] = []
    ear = Ear(pipe, lambda run, sample: pupils[run].show(sample))
    try:
        with ExitStack() as folders:
            _train(ear, job, pupils, folders)
    except (KonvError, OSError, MemoryError) as error:
        ear.tell("failed", error=str(error) or type(error).__name__)
    finally:
        pipe.close()


def _train(ear: Ear, job: Job, pupils: list[Pupil], folders: ExitStack) -> None:
    source = images.load(job.data, job.size)
    pupils += [Pupil(recipe, source, job.size, number, ear) for number, recipe in enumerate(job.recipes)]
    for pupil in pupils:
        folders.enter_context(pupil.begin(job.folder))
    first = pupils[0]
    ear.tell("begin", shape=list(source.shape), classes=list(source.classes), name=source.name,
             images=[len(first.training), len(first.test)],
             parameters=[pupil.model.count_params() for pupil in pupils])  # fmt: skip
    epochs = max(pupil.recipe.epochs for pupil in pupils)
    turn = epochs if len(pupils) == 1 else 1
    ended = "done"
    try:
        for epoch in range(0, epochs, turn):
            for pupil in pupils:
                pupil.learn(epoch, epoch + turn)
    except EndTraining:
        ended = "stopped"
    ear.tell("saving")
    for pupil in pupils:
        pupil.leave(ended == "stopped")
    ear.tell(ended)
