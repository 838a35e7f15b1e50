"""Keras 2's HDF5 files: weights layer by layer (`save_weights`), and whole models (`save`); Keras 3 reads them too.

| place | content |
|---|---|
| attribute `layer_names` | every layer's name, in the model's order |
| attribute `weight_names` of a layer's group | its weights' names, in Keras's order |
| `LAYER/WEIGHT` | an array |
| group `model_weights` | all that, in a file of a whole model |
| attributes `model_config`, `training_config` of such a file | architecture, optimiser and loss, as JSON |
| group `optimizer_weights` of such a file, with `weight_names` | the state of the optimiser, where Keras wrote it |
| group `optimizer_state`, alike | the same, where konv wrote it |

Keras 3 (to 3.15 at least) cannot train a model from an `.h5` file in which it finds its `optimizer_weights`, its own
files included: it restores the steps taken and forgets the arrays. Where it finds none it begins with a new state.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from konv.errors import ModelFileError
from konv.io import hdf5
from konv.io.atomic import write_bytes
from konv.messages import text
from konv.ops.record import Array

__all__ = ["KerasH5", "is_hdf5", "read", "write"]

STATES = ("optimizer_state", "optimizer_weights")
LayerWeights = tuple[str, list[tuple[str, Array]]]


@dataclass(frozen=True)
class KerasH5:
    """What such a file holds: `layers`, each a name and its weights, (name, array) pairs; `model`, `training`: the
    architecture and the settings of training, None in a file of weights alone; `optimizer`, its state, (name, array)
    pairs."""

    layers: Sequence[LayerWeights]
    model: dict[str, Any] | None = None
    training: dict[str, Any] | None = None
    optimizer: Sequence[tuple[str, Array]] = ()

    @property
    def by_keras2(self) -> bool:
        """Whether Keras 2 wrote the optimiser's state: its names are those of operations' outputs, and the learning
        rate is not among them."""
        names = [name for name, _ in self.optimizer]
        return all(name.endswith(":0") and "learning_rate" not in name for name in names)


def is_hdf5(path: str | Path) -> bool:
    """Whether the file at `path` begins as an HDF5 file does."""
    try:
        with Path(path).open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:
        return False


def write(path: str | Path, content: KerasH5) -> None:
    """Write `content` to `path`. Raises: OSError where the folder cannot be written to."""
    buffer = BytesIO()
    with hdf5.created(buffer) as file:
        place = file
        if content.model is not None:
            file.attrs["keras_version"] = "2.3.1"
            file.attrs["backend"] = "tensorflow"
            file.attrs["model_config"] = json.dumps(content.model).encode()
            if content.training is not None:
                file.attrs["training_config"] = json.dumps(content.training).encode()
            place = file.create_group("model_weights")
        hdf5.set_names(place, "layer_names", [name for name, _ in content.layers])
        place.attrs["keras_version"], place.attrs["backend"] = b"2.3.1", b"tensorflow"
        for name, weights in content.layers:
            _put(place.create_group(name), weights)
        if content.optimizer:
            _put(file.create_group(STATES[0]), content.optimizer)
    write_bytes(path, buffer.getvalue())


def _put(group: Any, weights: Sequence[tuple[str, Array]]) -> None:
    hdf5.set_names(group, "weight_names", [name for name, _ in weights])
    for name, array in weights:
        group.create_dataset(name, data=array)


def read(path: str | Path) -> KerasH5:
    """The content of the file at `path`. Raises: ModelFileError where it is no such file, or damaged."""
    with hdf5.opened(path, path) as file:
        model, training = (_json(file, name, path) for name in ("model_config", "training_config"))
        place = hdf5.group(file, "model_weights", path) if "model_weights" in file else file
        layers = hdf5.names(place, "layer_names")
        if layers is None:
            raise ModelFileError(text("keras_file.part", path=path, name="layer_names"))
        found = [(name, _taken(hdf5.group(place, name, path), path)) for name in layers]
        state: list[tuple[str, Array]] = []
        for name in STATES:
            if name in file:
                state = _taken(hdf5.group(file, name, path), path)
        return KerasH5(found, model, training, state)


def _taken(group: Any, path: str | Path) -> list[tuple[str, Array]]:
    return [(name, hdf5.dataset(group, name, path)) for name in hdf5.names(group, "weight_names") or []]


def _json(file: Any, name: str, path: str | Path) -> dict[str, Any] | None:
    written = hdf5.attribute(file, name)
    if written is None:
        return None
    try:
        found = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(text("keras_file.part", path=path, name=name)) from error
    if not isinstance(found, dict):
        raise ModelFileError(text("keras_file.part", path=path, name=name))
    return found
