"""Files that hold whole data sets: IDX (MNIST, Fashion-MNIST, EMNIST), CIFAR's binary archives, and `.npz`.

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

__all__ = ["Arrays", "read_cifar", "read_cifar100", "read_idx", "read_npz"]

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = tuple[tuple[Array, Array], tuple[Array, Array]]
"""`(x_train, y_train), (x_test, y_test)`, as Keras's `load_data` returns."""

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_PLAIN = ("x", "y")
_PIXELS = 3 * 32 * 32
_DAMAGED = (OSError, EOFError, ValueError, KeyError, zlib.error, zipfile.BadZipFile, tarfile.TarError)


def _broken(path: Path, reason: object) -> DataError:
    return DataError(text("data_file_broken", path=path, reason=reason))


def read_idx(path: Path) -> Array:
    """The uint8 array in an IDX file, gzip-compressed or not, of the shape its header states.

    Source: the format as described with MNIST (LeCun, Cortes, Burges): two zero bytes, the type (8: unsigned byte),
    the number of axes, each axis as a big-endian 32-bit integer, then the elements in row-major order.
    Raises: DataError where the file is damaged or of another format.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz" or content.startswith(b"\x1f\x8b"):
            content = gzip.decompress(content)
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
    train, test = _unpacked(path, [f"data_batch_{i}.bin" for i in range(1, 6)], ["test_batch.bin"])
    return _records(path, train, 1, 0), _records(path, test, 1, 0)


def read_cifar100(path: Path, coarse: bool = False) -> Arrays:
    """CIFAR-100 from its binary archive `cifar-100-binary.tar.gz`; shapes as of `read_cifar`.

    A record has two labels before the image, the superclass (of 20: `coarse`) and the class (of 100).
    Source and errors: as of `read_cifar`.
    """
    train, test = _unpacked(path, ["train.bin"], ["test.bin"])
    return _records(path, train, 2, 0 if coarse else 1), _records(path, test, 2, 0 if coarse else 1)


def _unpacked(path: Path, *wanted: list[str]) -> list[bytes]:
    """For each list of names, the files of the archive at `path` that are called so, joined. Raises: DataError."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            parts = {Path(member.name).name: _content(archive, member) for member in archive if member.isfile()}
        return [b"".join(parts[name] for name in names) for names in wanted]
    except _DAMAGED as error:
        raise _broken(path, error) from error


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


def _records(path: Path, content: bytes, labels: int, which: int) -> tuple[Array, Array]:
    """The images and one of the `labels` of each record."""
    size = labels + _PIXELS
    if not content or len(content) % size:
        raise _broken(path, f"{len(content)} bytes, {size} a record")
    records = np.frombuffer(content, np.uint8).reshape(-1, size)
    images = records[:, labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), records[:, which : which + 1].copy()


def read_npz(path: Path) -> Arrays:
    """The arrays `x_train y_train x_test y_test` of an `.npz` file; without the test arrays, empty ones in their place.
    A file without `x_train` may have `x` and `y`.

    Raises: DataError where the file is damaged, an array is missing, or one holds Python objects.
    """
    try:
        # NumPy would leave a file that it opened itself open where it turns out to be damaged.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            plain = "x_train" not in file and _PLAIN[0] in file
            arrays = {key: file[key] for key in (_PLAIN if plain else _KEYS) if key in file}
            held = list(file)
    except _DAMAGED as error:
        raise _broken(path, error) from error
    first = _PLAIN if plain else _KEYS[:2]
    for key in first:
        if key not in arrays:
            raise DataError(
                text("npz_array_missing", path=path, name=key, held=", ".join(held) or "—", known=", ".join(_KEYS))
            )
    x, y = (arrays[key] for key in first)
    if x.ndim < 1 or y.ndim < 1 or any(array.dtype.kind not in "buif" for array in arrays.values()):
        raise _broken(path, ", ".join(f"{key}: {array.dtype}" for key, array in arrays.items()))
    return (x, y), (arrays.get("x_test", x[:0]), arrays.get("y_test", y[:0]))
