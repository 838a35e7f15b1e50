"""What a model is kept in: its file, its weights alone, and the state of its training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from konv.io import model_file
from konv.models import checkpoint, keras_files, saving
from konv.train.callbacks import Callback

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["Kept"]

KERAS = (".keras", ".h5", ".hdf5")
"""The suffixes of Keras's files."""


class Kept:
    """The part of a model that files know of: see `konv.models.Model`."""

    def save(self, filepath: str | Path, overwrite: bool = True, include_optimizer: bool = True) -> None:
        """Write the model to `filepath`: layers, weights, and in `NAME.konv` what training needs to go on exactly;
        `NAME.keras` and `NAME.h5` are files that Keras reads, with the optimiser's settings and state; Keras itself
        goes on with the state in `NAME.keras` alone.

        Arguments: `overwrite`, whether an existing file is replaced; `include_optimizer`, whether its state is kept.
        Raises: ConfigurationError for another suffix, a folder there is not, an existing file that is not to be
        replaced, or a part that no file can hold; OSError where the folder cannot be written to.
        """
        path = saving.checked_path(filepath, overwrite, KERAS)
        if path.suffix in KERAS:
            keras_files.save(cast("Model", self), path, include_optimizer)
        else:
            model_file.write(path, saving.content(cast("Model", self), include_optimizer))

    def save_weights(self, filepath: str | Path, overwrite: bool = True, save_format: str | None = None) -> None:
        """Write the weights to `filepath`: `NAME.konv`, a model file without what training needs; `NAME.weights.h5`,
        Keras 3's layout; any other `.h5` or `.hdf5`, Keras 2's.

        Arguments: `overwrite`, whether an existing file is replaced; `save_format`, of Keras 2, makes no difference.
        Raises: as `save`.
        """
        path = saving.checked_path(filepath, overwrite, KERAS[1:])
        if path.suffix in KERAS:
            keras_files.save_weights(cast("Model", self), path)
        else:
            self.save(path, overwrite, include_optimizer=False)

    def to_json(self, **options: Any) -> str:
        """The layers without their weights, as Keras 3's JSON, for `konv.models.model_from_json`.

        Arguments: `options`, those of `json.dumps`. Raises: ConfigurationError for what Keras does not have.
        """
        return keras_files.as_json(cast("Model", self), **options)

    def load_weights(self, filepath: str | Path, by_name: bool = False) -> None:
        """Take the weights of the file `filepath`, konv's or Keras's, of a model of the same layers, whatever their
        names; or, `by_name`, of those layers that are called alike (`.h5` of Keras 2).

        Raises: ModelFileError where there is no such file, it is TensorFlow's or damaged, or holds weights of another
        architecture: the first that differs is named, and none has been set.
        """
        path = Path(filepath).expanduser()
        saving.refuse_tensorflow(path, checkpoint=True)
        if path.suffix in KERAS:
            keras_files.load_weights(cast("Model", self), path, by_name)
        else:
            checkpoint.load_weights(cast("Model", self), path)

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
