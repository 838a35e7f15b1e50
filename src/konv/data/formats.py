"""Files that hold whole data sets: IDX (MNIST, Fashion-MNIST), CIFAR's binary archive, and `.npz`.

None of the readers can run code out of a file: archives are read in place, never unpacked to disk, and arrays of
Python objects (pickles) are refused.
"""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from konv.errors import DataError
from konv.messages import text

__all__ = ["Arrays", "read_cifar", "read_idx", "read_npz"]

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = tuple[tuple[Array, Array], tuple[Array, Array]]
"""`(x_train, y_train), (x_test, y_test)`, as Keras's `load_data` returns."""

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_RECORD = 1 + 3 * 32 * 32
_DAMAGED = (OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile, tarfile.TarError)


def _broken(path: Path, reason: object) -> DataError:
    return DataError(text("data_file_broken", path=path, reason=reason))


def read_idx(path: Path) -> Array:
    """The uint8 array in a gzip-compressed IDX file, of the shape its header states.

    Source: the format as described with MNIST (LeCun, Cortes, Burges): two zero bytes, the type (8: unsigned byte),
    the number of axes, each axis as a big-endian 32-bit integer, then the elements in row-major order.
    Raises: DataError where the file is damaged or of another format.
    """
    try:
        with gzip.open(path) as file:
            content = file.read()
    except _DAMAGED as error:
        raise _broken(path, error) from error
    if len(content) < 4 or content[:3] != b"\0\0\x08" or len(content) < 4 + 4 * content[3]:
        raise _broken(path, "IDX header")
    shape = tuple(np.frombuffer(content, ">u4", content[3], 4).tolist())
    elements = np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape))
    if len(elements) != np.prod(shape, dtype=object):
        raise _broken(path, f"IDX {shape}, {len(elements)} bytes")
    array: Array = elements.reshape(shape).copy()
    return array


def read_cifar(path: Path) -> Arrays:
    """CIFAR-10 from its binary archive `cifar-10-binary.tar.gz`: images uint8 `(N, 32, 32, 3)`, labels `(N, 1)`.

    Source: Krizhevsky's description of the binary version: each record is one byte of label and 3,072 bytes of
    image, the red, green and blue planes in turn.
    Raises: DataError where the archive is damaged or holds something else.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            parts = {Path(member.name).name: _content(archive, member) for member in archive if member.isfile()}
        train = b"".join(parts[f"data_batch_{i}.bin"] for i in range(1, 6))
        return _records(path, train), _records(path, parts["test_batch.bin"])
    except _DAMAGED as error:
        if isinstance(error, DataError):
            raise
        raise _broken(path, error) from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


def _records(path: Path, content: bytes) -> tuple[Array, Array]:
    if not content or len(content) % _RECORD:
        raise _broken(path, f"{len(content)} bytes, {_RECORD} a record")
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, :1].copy()


def read_npz(path: Path) -> Arrays:
    """The arrays `x_train y_train x_test y_test` of an `.npz` file; without the test arrays, empty ones in their place.

    Raises: DataError where the file is damaged, an array is missing, or one holds Python objects.
    """
    try:
        # NumPy would leave a file that it opened itself open where it turns out to be damaged.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {key: file[key] for key in _KEYS if key in file}
    except _DAMAGED as error:
        raise _broken(path, error) from error
    for key in _KEYS[:2]:
        if key not in arrays:
            raise DataError(text("npz_array_missing", path=path, name=key, known=", ".join(_KEYS)))
    x, y = arrays["x_train"], arrays["y_train"]
    if x.ndim < 1 or y.ndim < 1 or any(array.dtype.kind not in "buif" for array in arrays.values()):
        raise _broken(path, ", ".join(f"{key}: {array.dtype}" for key, array in arrays.items()))
    return (x, y), (arrays.get("x_test", x[:0]), arrays.get("y_test", y[:0]))
