"""Keras 3's weights: an HDF5 file in which each layer's arrays lie under the path that leads to it.

`layers/conv2d_1/vars/0` is the first weight of the model's second `Conv2D`: names are those of classes, numbered in
the model's order. Source: Keras 3, `saving_lib`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from konv.io import hdf5
from konv.io.atomic import write_bytes
from konv.ops.record import Array

__all__ = ["packed", "read", "unpacked", "write"]

Stored = Mapping[str, Sequence[Array]]


def packed(weights: Stored, named: Mapping[str, str]) -> bytes:
    """A file of `weights`, arrays by the paths of their layers, as bytes; `named`, the layers' names by path."""
    buffer = BytesIO()
    with hdf5.created(buffer) as file:
        for path, arrays in weights.items():
            group = file.create_group(f"{path}/vars" if path else "vars")
            if path in named:
                group.attrs["name"] = named[path]
            for number, array in enumerate(arrays):
                group.create_dataset(str(number), data=array)
    return buffer.getvalue()


def write(path: str | Path, weights: Stored, named: Mapping[str, str]) -> None:
    """Write `packed(weights, named)` to `path`. Raises: OSError where the folder cannot be written to."""
    write_bytes(path, packed(weights, named))


def read(path: str | Path) -> dict[str, list[Array]]:
    """The arrays in the file at `path`, by the paths of their layers. Raises: ModelFileError where it is none."""
    return unpacked(path, path)


def unpacked(source: str | Path | BytesIO, path: str | Path) -> dict[str, list[Array]]:
    """The arrays in `source`, by the paths of their layers; `path` is what errors call it. Raises: ModelFileError."""
    with hdf5.opened(source, path) as file:
        return dict(_walked(file, "", path))


def _walked(parent: Any, place: str, path: str | Path) -> Iterator[tuple[str, list[Array]]]:
    for name in parent:
        inner = hdf5.group(parent, name, path)
        if name == "vars":
            numbers = sorted(inner, key=lambda n: int(n) if n.isdigit() else -1)
            yield place, [hdf5.dataset(inner, number, path) for number in numbers]
        else:
            yield from _walked(inner, f"{place}/{name}" if place else name, path)
