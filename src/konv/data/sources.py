"""From what a user names as data to a `DataSet`: the embedded set, a published one, a folder, or files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from konv.data.dataset import DataSet
from konv.data.folder import from_folder
from konv.data.formats import Arrays, read_npz
from konv.data.idx import find_idx
from konv.data.published import FASHION_MNIST, PUBLISHED
from konv.errors import DataError
from konv.messages import text
from konv.names import unknown
from konv.shapes import show

__all__ = ["EMBEDDED", "embedded", "is_there", "load"]

Array = np.ndarray[Any, np.dtype[Any]]

EMBEDDED = Path(__file__).parent / "fashion_mnist" / "small.npz"
"""The subset that ships with konv; Zalando's licence lies beside it."""
MOST_CLASSES = 2**16
"""Labels from here on are taken for a mistake."""


def embedded() -> DataSet:
    """The data set inside konv: 6,000 + 1,000 images of Fashion-MNIST, each class equally often; needs no network.

    Returns: a `DataSet` of 28×28×1 images whose part `test` has the 1,000.
    Source: Xiao, Rasul, Vollgraf, arXiv:1708.07747; of each class the first in file order (`tools/`); MIT licence.
    """
    return _from_arrays(read_npz(EMBEDDED), FASHION_MNIST.classes, "fashion_mnist_small", "embedded")


def load(spec: str | Path | None = None, size: int | Sequence[int] | None = None, strict: bool = False) -> DataSet:
    """The data set that `spec` names.

    Arguments: `spec`: None for the embedded one; `"fashion_mnist"`, `"mnist"`, `"cifar10"`, `"cifar100"` or
    `"cifar100_coarse"`; or the path of a folder or zip file of `class_name/*.jpg|png|…` (see `from_folder`, which gets
    `size` and `strict`), of a folder of IDX files (see `konv.data.idx`), or of an `.npz` file with `x_train y_train`
    and, if there is one, a test part `x_test y_test`, or with `x y`; or that of CIFAR's binary archive. Labels that are
    all above 0 count from 1.
    Raises: UnknownNameError where `spec` is neither a known name nor a path that exists; DataError, ImageError,
    DownloadError as the data demands.
    Example: `train, watched = konv.data.load("photos.zip").for_training()`.
    """
    if spec is None:
        return embedded()
    if str(spec) in PUBLISHED:
        published = PUBLISHED[str(spec)]
        return _from_arrays(published.load(), published.classes, published.name, published.name)
    path = Path(spec).expanduser()
    if path.is_file() and path.name.endswith("-python.tar.gz"):
        raise DataError(text("pickled_archive", path=path, name=path.name.replace("python", "binary")))
    if path.is_file() and (archived := [p for p in PUBLISHED.values() if [f.name for f in p.files] == [path.name]]):
        published = archived[0]
        return _from_arrays(published.load_archive(path), published.classes, published.name, str(path.absolute()))
    if path.suffix.lower() == ".npz" and path.is_file():
        return _from_arrays(read_npz(path), None, path.stem, str(path.absolute()))
    if found := find_idx(path):
        arrays, classes = found.read()
        return _from_arrays(arrays, classes, found.title, str(path.absolute()))
    if not path.exists():
        # A bare word was meant as a name, anything else as a path.
        if path.name == str(spec) and not path.suffix:
            raise unknown("data set", spec, PUBLISHED)
        raise DataError(text("no_such_path", path=path))
    return from_folder(path, size, strict)


def is_there(source: str) -> bool:
    """Whether there is something to read at `source`, what a data set says it was read from."""
    return source == "embedded" or source in PUBLISHED or Path(source).exists() or find_idx(Path(source)) is not None


def _from_arrays(arrays: Arrays, classes: tuple[str, ...] | None, name: str, source: str) -> DataSet:
    """A data set of Keras-shaped arrays: images get their channel axis, labels lose one of length 1."""
    (x, y), (x_test, y_test) = ((_images(x), _labels(y, name)) for x, y in arrays)
    if classes is None:
        # Labels count from 0, or from 1 as EMNIST's letters do.
        first = int(min((labels.min() for labels in (y, y_test) if len(labels)), default=0) > 0)
        y, y_test = y - first, y_test - first
        classes = _numbered(y, y_test, name, first)
    test = DataSet(x_test, y_test, classes, name, source) if len(x_test) else None
    return DataSet(x, y, classes, name, source, test=test)


def _images(x: Array) -> Array:
    return x[..., None] if x.ndim == 3 else x


def _labels(y: Array, name: str) -> Array:
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if y.ndim == 2:
        raise DataError(text("labels_one_hot", name=name, classes=y.shape[1]))
    if (y % 1).any():  # NaN too
        raise DataError(text("labels_need_one_axis", name=name, count=len(y), dtype=y.dtype, received=show(y.shape)))
    return y.astype(np.int64)


def _numbered(y: Array, y_test: Array, name: str, first: int) -> tuple[str, ...]:
    """The classes of labels that have no names: their numbers, from `first` on."""
    most = max((int(labels.max()) for labels in (y, y_test) if len(labels)), default=0)
    if most >= MOST_CLASSES:
        raise DataError(text("label_without_class", name=name, received=most + first, count=MOST_CLASSES))
    return tuple(str(first + number) for number in range(most + 1))
