"""Keras 3's model files, `NAME.keras`: a zip of `config.json`, `metadata.json` and `model.weights.h5`."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from konv.errors import ModelFileError
from konv.io import keras_weights
from konv.io.atomic import write_bytes
from konv.messages import text
from konv.ops.record import Array

__all__ = ["KerasArchive", "read", "write"]

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
VERSION = "3.0.0"
LARGEST_RATIO = 200
"""How many times its size in the zip a part may have; weights hardly shrink."""


@dataclass(frozen=True)
class KerasArchive:
    """What such a file holds: `model`, the architecture and how it was compiled, as JSON; `weights`, arrays by the
    paths of their layers; `named`, the layers' names by path, for those who look into the file."""

    model: dict[str, Any]
    weights: Mapping[str, Sequence[Array]]
    named: Mapping[str, str] = field(default_factory=dict)


def write(path: str | Path, content: KerasArchive) -> None:
    """Write `content` to `path`. Raises: OSError where the folder cannot be written to."""
    buffer = BytesIO()
    metadata = {"keras_version": VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, json.dumps(content.model))
        archive.writestr(WEIGHTS, keras_weights.packed(content.weights, content.named))
    write_bytes(path, buffer.getvalue())


def read(path: str | Path) -> KerasArchive:
    """The content of the file at `path`. Raises: ModelFileError where it is no such file, or damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            model = json.loads(_part(archive, CONFIG, path))
            weights = keras_weights.unpacked(BytesIO(_part(archive, WEIGHTS, path)), path)
    except FileNotFoundError as error:
        raise ModelFileError(text("not_a_keras_file", path=path, reason=text("reason.missing"))) from error
    except (OSError, zipfile.BadZipFile, ValueError, RecursionError) as error:
        if isinstance(error, ModelFileError):
            raise
        raise ModelFileError(text("not_a_keras_file", path=path, reason=error)) from error
    if not isinstance(model, dict):
        raise ModelFileError(text("keras_file.part", path=path, name=CONFIG))
    return KerasArchive(model, weights)


def _part(archive: zipfile.ZipFile, name: str, path: str | Path) -> bytes:
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise ModelFileError(text("keras_file.part", path=path, name=name)) from error
    if info.file_size > LARGEST_RATIO * max(info.compress_size, 1024):
        raise ModelFileError(text("keras_file.part", path=path, name=name))
    return archive.read(info)
