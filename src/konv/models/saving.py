"""What of a model goes into its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from konv.errors import ConfigurationError, ModelFileError, warn
from konv.io.model_file import ModelFile
from konv.messages import text
from konv.models.architecture import described
from konv.models.parts import mapped
from konv.train import losses, metrics, optimizers

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["checked_path", "content", "refuse_tensorflow", "training_settings"]

TENSORFLOW = ("", ".ckpt", ".tf")
"""The suffixes with which Keras 2 writes files of TensorFlow's own format."""
WEIGHTS = ".weights.h5"


def checked_path(path: str | Path, overwrite: bool = True, others: tuple[str, ...] = ()) -> Path:
    """`path` as a model file's.

    Raises: ConfigurationError for a suffix other than `.konv` and `others`, a folder there is not, or an existing file
    unless `overwrite`.
    """
    file = Path(path).expanduser()
    if others and file.suffix in TENSORFLOW:
        key, suffix = ("saved_model.written", ".keras") if ".keras" in others else ("tf_checkpoint.written", WEIGHTS)
        raise ConfigurationError(text(key, received=file.name, suggestion=f"{file.stem}{suffix}"))
    if file.suffix not in (".konv", *others):
        known, suggestion = ", ".join(others) or "—", file.with_suffix(".konv").name
        raise ConfigurationError(text("model_suffix", received=file.name, suggestion=suggestion, known=known))
    if not file.parent.is_dir():
        raise ConfigurationError(text("no_such_folder", path=file.parent))
    if not overwrite and file.exists():
        raise ConfigurationError(text("file_exists", path=file))
    return file


def refuse_tensorflow(path: Path, checkpoint: bool = False) -> None:
    """Say what TensorFlow has written to `path`, and how to convert it.

    Arguments: `checkpoint`, whether weights are asked for, which TensorFlow keeps in checkpoints of its own.
    Raises: ModelFileError where there is a SavedModel, another folder, or such a checkpoint.
    """
    if path.suffix == ".pb" or (path / "saved_model.pb").exists():
        folder = path.parent if path.suffix == ".pb" else path
        said = text("saved_model.read", path=path, folder=str(folder), suggestion=f"{folder.name}.h5")
        raise ModelFileError(said)
    if checkpoint and path.with_name(f"{path.name}.index").exists():
        raise ModelFileError(text("tf_checkpoint.read", path=path, suggestion=f"{path.stem}{WEIGHTS}"))
    if path.is_dir():
        raise ModelFileError(text("not_a_model_file", path=path, reason=text("reason.folder")))


def content(model: Model, include_optimizer: bool = True) -> ModelFile:
    """What the file of `model` holds; the optimiser's state only with `include_optimizer`.

    Raises: ConfigurationError where a part is code of the user's own, which no file can hold.
    """
    compiled = model.optimizer is not None and model.loss is not None
    if model.optimizer is not None and include_optimizer and model.added_outside:
        warn(text("added_not_kept", model=model.name))
    weights = model.named_weights() if model.built else {}
    state: Mapping[str, Any] = {}
    if model.optimizer is not None and include_optimizer:
        state = model.optimizer.get_state({id(v): name for name, v in weights.items()})
    return ModelFile(
        architecture=described(model),
        weights={name: v.value for name, v in weights.items()},
        optimizer=state,
        training=training_settings(model) if compiled and include_optimizer else None,
        preprocessing=model.preprocessing,
        class_names=model.class_names,
    )


def training_settings(model: Model) -> dict[str, Any] | None:
    """The optimiser, loss, metrics and place in training of `model`, fit for JSON; None where it is not compiled."""
    if model.optimizer is None or model.loss is None:
        return None
    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "iterations": model.optimizer.iterations,
        "loss": mapped(losses.serialize, model.loss),
        "loss_weights": model.loss_weights,
        "metrics": mapped(metrics.serialize, model.asked_metrics),
        "seed": model.seed,
        "epochs_trained": model.epochs_trained,
    }
