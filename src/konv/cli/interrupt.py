"""Ctrl-C during a training: the first ends it after the batch, the second at once."""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType

from konv.train.callbacks import Callback, Logs

__all__ = ["Interrupt", "EndTraining"]


class EndTraining(Exception):  # noqa: N818 (no error: it was asked for)
    """Training was asked to end, and did so between two batches."""


class Interrupt(Callback):
    """Listens for SIGINT while its `with` statement lasts, and ends the training it is a callback of.

    Arguments: `words`, written to standard error at the first signal, to tell that it was heard. `asked` says whether
    there was one. A second one raises KeyboardInterrupt wherever the program is.
    """

    def __init__(self, words: str) -> None:
        super().__init__()
        self.asked = False
        self._words = f"\n{words}\n".encode()

    def __enter__(self) -> Interrupt:
        self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        os.write(2, self._words)  # a signal may come amid a print, and print must not be entered twice

    def _end(self) -> None:
        if self.asked:
            raise EndTraining

    def on_train_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """End the training here if that was asked for."""
        self._end()

    def on_test_batch_end(self, batch: int, logs: Logs[float] | None = None) -> None:
        """End it during validation too."""
        self._end()
