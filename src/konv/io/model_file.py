"""konv's model files: one safetensors file, with all that is no tensor as JSON in its metadata.

The metadata has one entry, `konv`: a JSON object, so that the same model gives the same bytes.

| key | content |
|---|---|
| `format_version` | an integer |
| `architecture` | the layers and their arguments |
| `preprocessing` | how images were prepared |
| `class_names` | the classes' names in the order of the output, or null |
| `training` | optimiser, loss, metrics, seed, epochs trained; null where the model was not compiled |

Tensors are named `LAYER/WEIGHT`, and `optimizer/LAYER/WEIGHT/SLOT`; a checkpoint may have more under `random/` and
`callbacks/`. Such a file holds numbers and names, never code: reading one runs nothing out of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from konv.errors import ModelFileError
from konv.io.atomic import write_bytes
from konv.messages import text
from konv.ops.record import Array

__all__ = ["VERSION", "ModelFile", "read", "write"]

VERSION = 1
"""The version of the format that this konv writes, and the newest it reads."""
KEY = "konv"
LARGEST_HEADER = 64 * 2**20
"""Bytes; a header says where tensors lie, and holds the metadata. No model needs more."""


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds.

    `architecture`: the layers, as JSON; `weights`: arrays by name; `optimizer`: its state arrays by name; `extra`:
    further arrays of a checkpoint, their names beginning with `random/` or `callbacks/`; `training`: settings, None
    where the model was not compiled; `preprocessing`, `class_names`: as the model has them.
    """

    architecture: dict[str, Any]
    weights: Mapping[str, Array]
    optimizer: Mapping[str, Array] = field(default_factory=dict)
    extra: Mapping[str, Array] = field(default_factory=dict)
    training: dict[str, Any] | None = None
    preprocessing: dict[str, Any] = field(default_factory=dict)
    class_names: list[str] | None = None


def write(path: str | Path, model: ModelFile) -> None:
    """Write `model` to `path`: whoever reads it finds the old file or the new one whole, never a part.

    Raises: OSError where the folder cannot be written to.
    """
    metadata = {
        "format_version": VERSION,
        "architecture": model.architecture,
        "preprocessing": model.preprocessing,
        "class_names": model.class_names,
        "training": model.training,
    }
    arrays = {**model.weights, **{f"optimizer/{k}": v for k, v in model.optimizer.items()}, **model.extra}
    described = json.dumps(metadata, ensure_ascii=False, allow_nan=False)
    content = save({name: np.require(array, requirements="C") for name, array in arrays.items()}, {KEY: described})
    write_bytes(path, content)


def read(path: str | Path) -> ModelFile:
    """The content of the model file at `path`.

    Raises: ModelFileError where there is none, or it is truncated, foreign, damaged, or of a newer format version.
    """
    file = Path(path)
    _check_header(file)
    try:
        with safe_open(file, framework="numpy") as opened:
            metadata = _metadata(file, opened.metadata() or {})
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError, KeyError, TypeError, AttributeError) as error:
        # KeyError, TypeError and AttributeError: element types that NumPy does not have.
        _refuse(file, text("reason.header", error=error), error)
    _check_numbers(file, tensors)
    class_names = _part(file, metadata, "class_names", list, type(None))
    if class_names is not None and not all(isinstance(name, str) for name in class_names):
        _refuse(file, text("reason.metadata", name="class_names"))
    return ModelFile(
        architecture=_part(file, metadata, "architecture", dict),
        weights={k: v for k, v in tensors.items() if not k.startswith(("optimizer/", "random/", "callbacks/"))},
        optimizer={k.partition("/")[2]: v for k, v in tensors.items() if k.startswith("optimizer/")},
        extra={k: v for k, v in tensors.items() if k.startswith(("random/", "callbacks/"))},
        training=_part(file, metadata, "training", dict, type(None)),
        preprocessing=_part(file, metadata, "preprocessing", dict),
        class_names=class_names,
    )


def _refuse(file: Path, reason: str, cause: BaseException | None = None) -> NoReturn:
    raise ModelFileError(text("not_a_model_file", path=file, reason=reason)) from cause


def _check_header(file: Path) -> None:
    """Refuse, before anything is allocated, a file whose first eight bytes promise more than it has."""
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            first = opened.read(8)
    except FileNotFoundError as error:
        _refuse(file, text("reason.missing"), error)
    except OSError as error:
        _refuse(file, text("reason.unreadable", error=error.strerror or error), error)
    if len(first) < 8:
        _refuse(file, text("reason.short", size=size))
    header = int.from_bytes(first, "little")
    if not 2 <= header <= min(size - 8, LARGEST_HEADER):
        _refuse(file, text("reason.header_size", header=header, size=size))


def _check_numbers(file: Path, tensors: Mapping[str, Array]) -> None:
    """Refuse integers where weights belong: cast to floats they would be numbers nobody has learned."""
    kept_apart = ("random/", "callbacks/")
    for name, tensor in tensors.items():
        if tensor.dtype.kind != "f" and not name.startswith(kept_apart):
            _refuse(file, text("reason.not_floats", name=name, received=tensor.dtype))


def _metadata(file: Path, entries: Mapping[str, str]) -> dict[str, Any]:
    """The JSON object of the metadata, of a version this konv reads."""
    if KEY not in entries:
        _refuse(file, text("reason.foreign"))
    try:
        metadata = json.loads(entries[KEY])
    except (ValueError, RecursionError) as error:
        _refuse(file, text("reason.metadata", name=KEY), error)
    if not isinstance(metadata, dict):
        _refuse(file, text("reason.metadata", name=KEY))
    version = _part(file, metadata, "format_version", int)
    if version > VERSION:
        raise ModelFileError(text("newer_model_file", path=file, received=version, known=VERSION))
    if version < 1:
        _refuse(file, text("reason.metadata", name="format_version"))
    return metadata


def _part(file: Path, metadata: Mapping[str, Any], name: str, *kinds: type) -> Any:
    """A part of the metadata, checked to be there and of one of `kinds`."""
    if name not in metadata or not isinstance(metadata[name], kinds):
        _refuse(file, text("reason.metadata", name=name))
    return metadata[name]
