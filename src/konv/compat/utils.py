"""`keras.utils`: what scripts call around training."""

from __future__ import annotations

import hashlib
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from konv import config, utils
from konv.compat.drawing import model_to_dot, plot_model
from konv.compat.progress import Progbar
from konv.errors import DownloadError
from konv.layers import deserialize as deserialize_keras_object, serialize as serialize_keras_object
from konv.layers.registry import register_serializable as register_keras_serializable, registered
from konv.messages import text
from konv.ops.record import Array
from konv.utils import clear_session, set_random_seed

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "model_to_dot",
    "normalize",
    "plot",
    "plot_model",
    "print_summary",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "to_categorical",
]

plot = plot_model


def to_categorical(y: Any, num_classes: int | None = None, nb_classes: int | None = None, dtype: Any = None) -> Array:
    """`konv.utils.to_categorical`. Arguments: `y`, class numbers; `num_classes` (Keras 1: `nb_classes`); `dtype`."""
    rows = utils.to_categorical(y, num_classes if num_classes is not None else nb_classes)
    return rows if dtype is None else rows.astype(dtype)


def normalize(x: Any, axis: int = -1, order: int = 2) -> Array:
    """`x` divided by its norm along `axis`; rows of zeros stay.

    Arguments: `x`, numbers; `axis`; `order`, of the norm, 2 for the Euclidean.
    """
    values = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(values, order, axis))
    norm[norm == 0] = 1
    return np.asarray(values / np.expand_dims(norm, axis))


class Sequence:
    """Batches by number: a subclass gives `__getitem__(index)`, a batch, and `__len__`, how many an epoch has.

    Arguments: `workers`, threads that make batches; `use_multiprocessing`, `max_queue_size`, of no effect.
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

    def __iter__(self) -> Iterator[Any]:
        """Every batch once."""
        return (self[i] for i in range(len(self)))


PyDataset = Sequence


def get_file(
    fname: str | None = None,
    origin: str = "",
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str = "auto",
    cache_dir: str | Path | None = None,
    **others: Any,
) -> str:
    """The path of a file that is fetched once, into the data folder (`KONV_DATA`).

    Arguments: `fname`, its name; `origin`, its address; `untar`, `extract`, whether to unpack it beside itself;
    `md5_hash`, `file_hash`, its checksum (MD5 or SHA-256, by length); `cache_dir`, another folder, `cache_subdir` in
    it; `hash_algorithm`, `archive_format`, taken for Keras's sake.
    Raises: DownloadError where it cannot be had or has another checksum.
    """
    folder = config.data_folder() if cache_dir is None else Path(cache_dir).expanduser() / cache_subdir
    path = folder / (fname or origin.rpartition("/")[2])
    if not path.exists():
        _fetch(origin, path)
    _check(path, file_hash or md5_hash)
    if not (untar or extract):
        return str(path)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            tar.extractall(folder, filter="data")
    return str(path)


def _fetch(origin: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    try:
        with urllib.request.urlopen(origin, timeout=30) as answer, partial.open("wb") as out:
            while block := answer.read(2**20):
                out.write(block)
    except (OSError, ValueError) as error:
        partial.unlink(missing_ok=True)
        said = text("script.not_downloaded", file=path.name, origin=origin, error=error, path=path)
        raise DownloadError(said) from error
    partial.replace(path)


def _check(path: Path, expected: str | None) -> None:
    if not expected or not path.is_file():
        return
    digest = hashlib.md5(usedforsecurity=False) if len(expected) == 32 else hashlib.sha256()
    digest.update(path.read_bytes())
    if digest.hexdigest() != expected:
        raise DownloadError(text("script.wrong_hash", path=path, expected=expected, received=digest.hexdigest()))


def get_custom_objects() -> dict[str, Any]:
    """Classes and functions of the script's own by name; what is entered here is found when a file names it."""
    return registered()


@contextmanager
def custom_object_scope(*objects: Mapping[str, Any]) -> Iterator[None]:
    """For a while, know the classes and functions in the dictionaries `objects` by their names."""
    known = registered()
    before = dict(known)
    for each in objects:
        known.update(each)
    try:
        yield
    finally:
        known.clear()
        known.update(before)


CustomObjectScope = custom_object_scope


def print_summary(model: Any, line_length: int | None = None, positions: Any = None, print_fn: Any = None) -> None:
    """`model.summary()`. Arguments: `model`; `line_length`, `print_fn` as there; `positions`, of no effect."""
    model.summary(line_length, print_fn)
