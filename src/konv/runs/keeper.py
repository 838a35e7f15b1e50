"""What of a training must outlive a crash."""

from __future__ import annotations

from pathlib import Path

from konv.io.run_folder import RunFolder
from konv.runs.stopwatch import Stopwatch
from konv.train.callbacks import Callback, Logs

__all__ = ["Keeper"]


class Keeper(Callback):
    """Keeps the rows of a `watch` and the whole state of the training in `folder` after each epoch; begins with the
    state in `checkpoint`, if any."""

    last = 2

    def __init__(self, folder: RunFolder, watch: Stopwatch, checkpoint: Path | None) -> None:
        super().__init__()
        self._folder, self._watch, self._checkpoint = folder, watch, checkpoint

    def on_train_begin(self, logs: Logs[float] | None = None) -> None:
        """Go back to the state there is."""
        if self._checkpoint is not None:
            self.model.load_state(self._checkpoint, self.companions)

    def on_epoch_end(self, epoch: int, logs: Logs[float] | None = None) -> None:
        """What a crash from here on must not take away."""
        self._folder.write_history(self._watch.epochs)
        self.model.save_state(self._folder.checkpoint(self._watch.steps), self.companions)
