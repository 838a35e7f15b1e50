"""HDF5 files, read with care: no links that lead out of the file, no data kept elsewhere, no objects.

h5py is loaded at its first use: most commands open no such file."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from konv.errors import ModelFileError
from konv.messages import text
from konv.ops.record import Array

__all__ = ["attribute", "created", "dataset", "group", "names", "opened", "set_names"]

HEADER = 64512
"""Bytes that an attribute may have; longer lists are cut into several, as Keras does."""


def _library() -> Any:
    import h5py

    return h5py


def created(buffer: BytesIO) -> Any:
    """A new HDF5 file in `buffer`."""
    return _library().File(buffer, "w")


def opened(source: str | Path | BytesIO, path: str | Path) -> Any:
    """The HDF5 file `source`, open for reading; `path` is what errors call it.

    Raises: ModelFileError where it is none.
    """
    try:
        return _library().File(source, "r")
    except FileNotFoundError as error:
        raise ModelFileError(text("not_a_keras_file", path=path, reason=text("reason.missing"))) from error
    except OSError as error:
        raise ModelFileError(text("not_a_keras_file", path=path, reason=str(error).partition("\n")[0])) from error


def group(parent: Any, name: str, path: str | Path) -> Any:
    """The group `name` in `parent`. Raises: ModelFileError where it is none, or a link that leads elsewhere."""
    found = _own(parent, name, path)
    if not isinstance(found, _library().Group):
        raise ModelFileError(text("keras_file.part", path=path, name=name))
    return found


def dataset(parent: Any, name: str, path: str | Path) -> Array:
    """The array `name` in `parent`. Raises: ModelFileError where it is none, or its numbers lie elsewhere."""
    found = parent
    for part in name.split("/")[:-1]:
        found = group(found, part, path)
    found = _own(found, name.rpartition("/")[2], path)
    if not isinstance(found, _library().Dataset) or found.external or found.is_virtual or found.dtype.kind not in "fiu":
        raise ModelFileError(text("keras_file.part", path=path, name=name))
    return np.asarray(found[()])


def _own(parent: Any, name: str, path: str | Path) -> Any:
    if name not in parent or not isinstance(parent.get(name, getlink=True), _library().HardLink):
        raise ModelFileError(text("keras_file.part", path=path, name=name))
    return parent[name]


def attribute(parent: Any, name: str) -> str | None:
    """The text in the attribute `name` of `parent`; None where there is none."""
    value = parent.attrs.get(name)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None if value is None else str(value)


def names(parent: Any, name: str) -> list[str] | None:
    """The list of texts in the attribute `name` of `parent`, or in `name0`, `name1`, …; None where there is none."""
    found: list[Any] = []
    if name in parent.attrs:
        found = list(parent.attrs[name])
    elif f"{name}0" in parent.attrs:
        number = 0
        while f"{name}{number}" in parent.attrs:
            found += list(parent.attrs[f"{name}{number}"])
            number += 1
    else:
        return None
    return [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in found]


def set_names(parent: Any, name: str, values: Sequence[str]) -> None:
    """Give `parent` the list of texts `values` as an attribute, in several parts where one would be too large."""
    encoded = np.asarray([value.encode() for value in values]) if values else np.asarray([], "S1")
    parts = 1
    while any(part.nbytes > HEADER for part in np.array_split(encoded, parts)):
        parts += 1
    if parts == 1:
        parent.attrs[name] = encoded
        return
    for number, part in enumerate(np.array_split(encoded, parts)):
        parent.attrs[f"{name}{number}"] = part
