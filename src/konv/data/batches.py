"""Batches of images that are made as they are asked for, each a function of seed, epoch and place alone."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from konv import config, random
from konv.arguments import count
from konv.data.images import array_to_image

__all__ = ["WORTH_A_THREAD", "Batches", "labels_as", "save_images"]

Array = np.ndarray[Any, np.dtype[Any]]

WORTH_A_THREAD = 5e-4
"""Seconds from which an image is decoded beside others: one thread makes 2,000 a second of what takes less, and several
that each hold the interpreter for most of a small image's time only get in each other's way."""


class Batches:
    """`n` samples, `batch_size` at a time: a Keras `Sequence`, and an iterator that begins again after each epoch.

    Subclasses say in `make` what a batch holds. Training asks for the batches of an epoch by `at`, a few of them ahead
    and by several threads where that helps (`workers`); which they are depends on seed, epoch and place alone.

    Arguments: `n`; `batch_size`; `shuffle`, whether each epoch has an order of its own; `seed`, by default the run's
    (`konv.utils.set_random_seed`).
    Raises: ConfigurationError for what is no size or no seed.
    """

    def __init__(self, n: int, batch_size: int = 32, shuffle: bool = True, seed: int | None = None) -> None:
        self.n = self.samples = n
        self.batch_size = count(batch_size, "batch_size", type(self).__name__)
        self.shuffle = bool(shuffle)
        self.seed = random.seed() if seed is None else random.check_seed(seed)
        self._seconds = math.inf  # that a sample of the last batch took
        self.turn = 0
        self._order: tuple[int, Array] = (-1, np.arange(0))
        self._lock = Lock()
        self._place = 0

    @property
    def workers(self) -> int:
        """The threads that are worth while: one where samples take less than `WORTH_A_THREAD`."""
        return 1 if self._seconds < WORTH_A_THREAD else config.threads_asked() or os.cpu_count() or 1

    def make(self, numbers: Array, turn: int) -> Any:
        """The batch of the samples numbered `numbers`, in epoch `turn`."""
        raise NotImplementedError

    def order(self, turn: int) -> Array:
        """The numbers of the samples in the order of epoch `turn`, int64 `(n,)`."""
        with self._lock:
            if self._order[0] != turn:
                made = random.permutation(self.n, self.seed, turn) if self.shuffle else np.arange(self.n)
                self._order = turn, made
            return self._order[1]

    def at(self, turn: int, index: int) -> Any:
        """Batch number `index` of epoch `turn`. Raises: IndexError where there is no such batch."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        start = index * self.batch_size
        numbers, began = self.order(turn)[start : start + self.batch_size], time.thread_time()
        made = self.make(numbers, turn)
        self._seconds = (time.thread_time() - began) / len(numbers)
        return made

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        return self.at(self.turn, index + len(self) if index < 0 else index)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._place == len(self):
            self._place, self.turn = 0, self.turn + 1
        self._place += 1
        return self[self._place - 1]

    def next(self) -> Any:
        """The next batch, as Keras 1 wrote it."""
        return next(self)

    def reset(self) -> None:
        """Begin again with the first batch of this epoch."""
        self._place = 0

    def on_epoch_end(self) -> None:
        """An epoch is over: the next one has an order and changes of its own."""
        self.turn += 1


def labels_as(labels: Array, classes: int, mode: str | None) -> Array | None:
    """Class numbers `(n,)` in the form of `mode`: "sparse" or "int" (themselves), "binary" (floats), "categorical"
    (one-hot rows of floats), None."""
    if mode is None:
        return None
    if mode in ("sparse", "int"):
        return labels
    if mode == "binary":
        return labels.astype("float32")
    return np.asarray(labels[:, None] == np.arange(classes), "float32")


def save_images(images: Array, numbers: Sequence[int], turn: int, folder: str, prefix: str, suffix: str) -> None:
    """Write `images` as they were made, to look at: `PREFIX_NUMBER_EPOCH.SUFFIX` in `folder`."""
    for image, number in zip(images, numbers, strict=True):
        array_to_image(image).save(Path(folder) / f"{prefix}_{number}_{turn}.{suffix}")
