"""What a model is kept in: its file, its weights alone, and the state of its training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from konv.io import model_file
from konv.models import checkpoint, saving
from konv.train.callbacks import Callback

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["Kept"]


class Kept:
    """The part of a model that files know of: see `konv.models.Model`."""

    def save(self, filepath: str | Path, overwrite: bool = True, include_optimizer: bool = True) -> None:
        """Write the model to `filepath`, `NAME.konv`: layers, weights, and what training needs to go on exactly.

        Arguments: `overwrite`, whether an existing file is replaced; `include_optimizer`, whether its state is kept.
        Raises: ConfigurationError for another suffix, a folder there is not, an existing file that is not to be
        replaced, or a part that no file can hold; OSError where the folder cannot be written to.
        """
        path = saving.checked_path(filepath, overwrite)
        model_file.write(path, saving.content(cast("Model", self), include_optimizer))

    def save_weights(self, filepath: str | Path, overwrite: bool = True) -> None:
        """Write the weights to `filepath`, `NAME.konv`: a model file without what training needs.

        Arguments: `overwrite`, whether an existing file is replaced. Raises: as `save`.
        """
        self.save(filepath, overwrite, include_optimizer=False)

    def load_weights(self, filepath: str | Path) -> None:
        """Take the weights of the model file `filepath`, of a model of the same layers, whatever their names.

        Raises: ModelFileError where there is no such file, it is damaged, or holds weights of another architecture:
        the first that differs is named, and none has been set.
        """
        checkpoint.load_weights(cast("Model", self), Path(filepath).expanduser())

    def save_state(self, filepath: str | Path, callbacks: Sequence[Callback] = ()) -> None:
        """Write all that training needs to go on as if it had not been interrupted to `filepath`, `NAME.konv`.

        Arguments: `callbacks`, those of the run, whose states are kept too. Raises: as `save`.
        """
        path = saving.checked_path(filepath)
        model_file.write(path, checkpoint.content(cast("Model", self), callbacks))

    def load_state(self, filepath: str | Path, callbacks: Sequence[Callback] = ()) -> None:
        """Go back to the state of training in `filepath`, into this compiled model of the same layers.

        Arguments: `callbacks`, those of the run. Raises: ModelFileError where the file is no such state, or of another
        network.
        """
        checkpoint.restore(cast("Model", self), Path(filepath).expanduser(), callbacks)
