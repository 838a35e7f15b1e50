"""Models out of their files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from konv.arguments import count
from konv.errors import KonvError, ModelFileError
from konv.io import model_file
from konv.io.model_file import ModelFile
from konv.messages import text
from konv.models import from_keras, keras_files, saving
from konv.models.architecture import KINDS, restored
from konv.models.base import Model
from konv.models.parts import mapped
from konv.names import unknown
from konv.random import check_seed
from konv.train import losses, optimizers

__all__ = ["load_model", "model_from_config", "model_from_json"]

WRONG = (KonvError, TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)
"""What building from a description that makes no sense can raise."""


def load_model(
    filepath: str | Path,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> Model:
    """The model that `save` wrote, or Keras (`.keras`, `.h5`); from `.konv`, training goes on exactly where it stood.

    Arguments: `filepath`, the file; `custom_objects`, layer classes and metric functions of your own by name;
    `compile`, whether to restore optimiser, loss and metrics too.
    Raises: ModelFileError where the file is missing, a SavedModel of TensorFlow's, truncated, foreign, damaged, of a
    newer format version, or describes a network that cannot be built.
    """
    path = Path(filepath).expanduser()
    saving.refuse_tensorflow(path)
    if keras_files.is_keras(path):
        return _of_keras(path, dict(custom_objects or {}), compile)
    file = model_file.read(path)
    model = _built(path, file, dict(custom_objects or {}))
    model.class_names = file.class_names
    model.preprocessing = file.preprocessing
    if compile and file.training is not None:
        try:
            _compile(model, file, file.training, custom_objects or {})
        except WRONG as error:
            raise ModelFileError(text("bad_training_settings", path=path, error=_said(error))) from error
    return model


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A new model of the layers that `to_json` gave, konv's or Keras's.

    Arguments: `json_string`, that; `custom_objects`, layer classes and functions of your own by name.
    Raises: ConfigurationError for what konv does not have; ValueError where it is no JSON.
    """
    return model_from_config(json.loads(json_string), custom_objects)


def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A new model of the layers that Keras describes as `config`; `custom_objects`, errors as of `model_from_json`."""
    known = dict(custom_objects or {})
    model = restored(from_keras.architecture(config, known), known, None)
    if not isinstance(model, Model):
        raise unknown("network", config.get("class_name"), KINDS)
    return model


def _of_keras(path: Path, custom_objects: Mapping[str, Any], compile: bool) -> Model:
    try:
        architecture, settings, weights = keras_files.load(path, custom_objects)
        model = restored(architecture, custom_objects, None)
        if not isinstance(model, Model):
            raise unknown("network", architecture["class_name"], KINDS)
        keras_files.set_weights(model, path, weights)
    except WRONG as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(text("bad_architecture", path=path, error=_said(error))) from error
    if compile and settings is not None:
        try:
            settings["metrics"] = mapped(lambda m: custom_objects.get(m, m), settings["metrics"])
            settings["loss"] = mapped(lambda one: custom_objects.get(one, one) if isinstance(one, str) else one,
                                      settings["loss"])  # fmt: skip
            model.compile(**settings)
            keras_files.set_optimizer(model, weights)
        except WRONG as error:
            raise ModelFileError(text("bad_training_settings", path=path, error=_said(error))) from error
    return model


def _built(path: Path, file: ModelFile, custom_objects: Mapping[str, Any]) -> Model:
    try:
        model = restored(file.architecture, custom_objects, file.weights)
        if not isinstance(model, Model):
            raise unknown("network", file.architecture["class_name"], KINDS)
        known = set(model.named_weights()) if model.built else set()
    except WRONG as error:
        raise ModelFileError(text("bad_architecture", path=path, error=_said(error))) from error
    if extra := sorted(file.weights.keys() - known):
        raise ModelFileError(text("extra_tensors", path=path, names=", ".join(extra[:5])))
    return model


def _compile(model: Model, file: ModelFile, training: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> None:
    metrics = mapped(lambda m: custom_objects.get(m, m) if isinstance(m, str) else m, training["metrics"])
    optimizer = optimizers.deserialize(training["optimizer"])
    loss = mapped(lambda one: losses.deserialize(one, custom_objects), training["loss"])
    model.compile(optimizer, loss, metrics, training.get("loss_weights"))
    model.seed = check_seed(training["seed"])
    model.epochs_trained = count(training["epochs_trained"], "epochs_trained", model.name, least=0)
    optimizer.iterations = training["iterations"]
    if model.built and file.optimizer:
        names = {id(v): name for name, v in model.named_weights().items()}
        optimizer.set_state(model.trainable_weights, file.optimizer, names)


def _said(error: BaseException) -> str:
    """An error as text, with its kind where it is not one of konv's own sentences."""
    return str(error) if isinstance(error, KonvError) else f"{type(error).__name__}: {error}"
