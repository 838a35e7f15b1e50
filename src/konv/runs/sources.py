"""From what a user names to what commands work on: a run's model, and data that fit it."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from konv import data as images, zoo
from konv.data import DataSet
from konv.errors import ConfigurationError, DataError, DataWarning
from konv.explain.record import DataFacts, PartFacts
from konv.io.run_folder import model_path
from konv.messages import text
from konv.models import Model, load_model
from konv.ops import Softmax
from konv.shapes import Shape, show
from konv.train import losses, optimizers
from konv.train.losses import Loss
from konv.train.optimizers import Optimizer

__all__ = [
    "HELD_OUT",
    "divisor",
    "facts",
    "fitting",
    "load_run",
    "named_network",
    "names_of",
    "own_test",
    "prepared",
    "ready_to_train",
]

HELD_OUT = 0.2
"""The share of each class's images held out for testing where the data bring no test images."""

LUMINANCE = (19595, 38470, 7471)
"""Shares of red, green and blue in a grey, in 1/65536: the rounding of `konv.data.load_image`."""


def load_run(run: str) -> tuple[Model, Path]:
    """The model of `run`, a run folder or a model file, and the file's path.

    Raises: ModelFileError where there is none; ConfigurationError where it does not take images.
    """
    path = model_path(run)
    model = load_model(path)
    shape = model.input_shape[1:]
    if len(shape) != 3 or shape[2] not in (1, 3):
        raise ConfigurationError(text("cli.takes_no_images", path=path, received=show(shape)))
    return model, path


def named_network(named: str, shape: Shape | None = None, classes: int | None = None) -> Model:
    """The network that `named` names: one of the zoo, or that of a run folder or a model file.

    `shape` of an image and `classes` are chosen for a network of the zoo; a file has its own.
    Raises: UnknownNameError, with the nearest names, for a word that is neither; ModelFileError for a bad file;
    ConfigurationError where a file's network has another shape or other classes than asked for.
    """
    path = Path(named).expanduser()
    if named in zoo.NETWORKS or not (path.exists() or path.suffix or path.name != named):
        return zoo.build(named, shape, classes)
    model = load_model(model_path(path))
    source, output = model.graph.inputs[0].shape, model.graph.outputs[0].shape
    if shape not in (None, source) or classes not in (None, output[-1]):
        raise ConfigurationError(text("cli.own_shape", path=path, input=show(source), classes=output[-1]))
    return model


def ready_to_train(model: Model, optimizer: str | None) -> tuple[Loss, Optimizer]:
    """The loss and the optimizer that `model` trains with: those of its file, else those of `konv train`.

    A network whose output is an image and no probabilities, an autoencoder's, has the mean squared error.
    Raises: UnknownNameError, with the nearest names, for an `optimizer` that there is not.
    """
    output = model.graph.outputs[0]
    paints = len(output.shape) > 1 and not isinstance(output.node.op, Softmax)
    loss = model.loss or (losses.MeanSquaredError() if paints else losses.SparseCategoricalCrossentropy())
    return loss, model.optimizer if optimizer is None and model.optimizer else optimizers.get(optimizer or "adam")


def names_of(model: Model) -> tuple[str, ...]:
    """The classes of `model`: their names, or their numbers where the file has no names."""
    count = max(int(model.graph.outputs[0].shape[-1]), 2)
    return tuple(model.class_names or map(str, range(count)))


def prepared(model: Model, pixels: DataSet | np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Images as `model` takes them: uint8 divided by what its file says (255 where it says nothing), floats as is."""
    x = pixels.x if isinstance(pixels, DataSet) else pixels
    if x.dtype.kind not in "iu":
        return x.astype(np.float32, copy=False)
    divided: np.ndarray[Any, Any] = np.divide(x, np.float32(model.preprocessing.get("divide_by", 255)))
    return divided


def own_test(model: Model, path: Path, strict: bool = False) -> DataSet:
    """The images that the `model` of a run at `path` was tested on, read again; a note where they have changed.

    Raises: ConfigurationError where there is no `run.json` beside the model, or it is damaged.
    """
    record = path.parent / "run.json"
    try:
        found = json.loads(record.read_text("utf-8"))
        source, seed = found["data"]["source"], found["seed"]
        before = found["data"]["test"]["fingerprint"]
    except FileNotFoundError as error:
        raise ConfigurationError(text("cli.data_needed", path=path)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(text("cli.damaged_record", path=record)) from error
    data = fitting(model, None if source == "embedded" else source, strict)
    _, test = data.for_training(HELD_OUT, seed)
    if test.fingerprint != before:
        warnings.warn(text("cli.data_changed", source=source), DataWarning, stacklevel=2)
    return test


def fitting(model: Model, spec: str | None, strict: bool = False) -> DataSet:
    """The data that `spec` names, in the size and channels of `model`'s input and with its classes' numbers.

    Raises: DataError where they cannot be made to fit.
    """
    shape = model.graph.inputs[0].shape
    found = images.load(spec, (shape[0], shape[1]), strict)
    if model.class_names:
        found = found.relabelled(tuple(model.class_names))
    elif len(found.classes) != len(names_of(model)):
        raise DataError(
            text("cli.classes_differ", name=found.name, received=len(found.classes), expected=len(names_of(model)))
        )
    return _with_channels(found, shape)


def _with_channels(data: DataSet, shape: Shape) -> DataSet:
    """`data` and its parts with as many channels as `shape` has."""
    x = data.x
    if x.dtype == np.uint8 and x.shape[3] == 1 and shape[2] == 3:
        x = np.repeat(x, 3, axis=3)
    elif x.dtype == np.uint8 and x.shape[3] == 3 and shape[2] == 1:
        x = (((x.astype(np.uint32) @ np.array(LUMINANCE, np.uint32)) + 0x8000) >> 16).astype(np.uint8)[..., None]
    if x.shape[1:] != shape:
        raise DataError(text("cli.size_differs", name=data.name, received=show(x.shape[1:]), expected=show(shape)))
    validation = data.validation and _with_channels(data.validation, shape)
    test = data.test and _with_channels(data.test, shape)
    return replace(data, x=x, validation=validation, test=test)


def divisor(data: DataSet) -> float:
    """What the pixels of an image file are divided by to look like what the network was trained on."""
    whole = data.x.dtype.kind in "iu" or (float(data.x.min()) >= 0 and float(data.x.max()) <= 1)
    return 255.0 if whole else 1.0


def facts(source: DataSet, training: DataSet, test: DataSet) -> DataFacts:
    """What a record keeps of `source` and of its parts for `training` and `test`."""
    parts = [PartFacts(len(part), part.counts, part.fingerprint) for part in (training, test)]
    return DataFacts(
        name=source.name, source=source.source, classes=source.classes, shape=source.shape, train=parts[0],
        test=parts[1], test_is_held_out=test is not source.test and test is not source.validation,
        unreadable=source.unreadable,
    )  # fmt: skip
