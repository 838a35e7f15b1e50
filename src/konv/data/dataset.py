"""A labelled set of images in memory, with what a report must say of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from konv import random
from konv.errors import ConfigurationError, DataError
from konv.messages import text
from konv.shapes import Shape, show

__all__ = ["DataSet"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class DataSet:
    """Images, their labels, and where they come from.

    Arguments:
        x: images `(N, H, W, C)`, uint8 from 0 to 255, or floats as they are to be fed.
        y: labels, integers `(N,)` from 0 to the number of classes − 1; kept as int64.
        classes: the name of each class.
        name: what to call the set.
        source: where it was read from: a path, or "embedded".
        validation: the part to validate on during training, where the source has one.
        test: the part to measure the finished network on, where the source has one.
        unreadable: names of the files that could not be read as images, and were left out.

    Raises: DataError where there is no image, shapes do not fit, or a label has no class.
    """

    x: Array
    y: Array
    classes: tuple[str, ...]
    name: str = ""
    source: str = ""
    validation: DataSet | None = None
    test: DataSet | None = None
    unreadable: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.x.ndim != 4:
            raise DataError(text("images_need_four_axes", name=self.name, received=show(self.x.shape)))
        if not len(self.x):
            raise DataError(text("no_images", name=self.name))
        if self.y.shape != self.x.shape[:1] or self.y.dtype.kind not in "iu":
            raise DataError(text("labels_need_one_axis", name=self.name, count=len(self.x), dtype=self.y.dtype,
                                 received=show(self.y.shape)))  # fmt: skip
        object.__setattr__(self, "y", self.y.astype(np.int64, copy=False))
        if self.y.min() < 0 or self.y.max() >= len(self.classes):
            wrong = self.y.min() if self.y.min() < 0 else self.y.max()
            raise DataError(text("label_without_class", name=self.name, received=wrong, count=len(self.classes)))

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return f"<DataSet {self.name}: {len(self)} images {show(self.shape)}, {len(self.classes)} classes>"

    @property
    def shape(self) -> Shape:
        """The shape of one image, `(H, W, C)`."""
        shape: Shape = self.x.shape[1:]
        return shape

    @cached_property
    def counts(self) -> dict[str, int]:
        """The number of images of each class, in the order of the classes."""
        found = np.bincount(self.y, minlength=len(self.classes))
        return dict(zip(self.classes, found.tolist(), strict=True))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, of the images, labels and class names of this part (not of the other parts)."""
        digest = hashlib.sha256(repr((self.x.shape, str(self.x.dtype), self.classes)).encode())
        digest.update(np.ascontiguousarray(self.x).data)
        digest.update(np.ascontiguousarray(self.y).data)
        return digest.hexdigest()

    def scaled(self, dtype: str = "float32") -> Array:
        """The images as a network takes them, `(N, H, W, C)` of `dtype`: integers divided by 255, floats unchanged."""
        scale = 255 if self.x.dtype.kind in "iu" else 1
        images: Array = np.divide(self.x, np.asarray(scale, dtype), dtype=dtype)
        return images

    def select(self, which: Array) -> DataSet:
        """The images numbered in `which`, integers `(n,)`, alone and in that order; no validation and test parts."""
        return replace(self, x=self.x[which], y=self.y[which], validation=None, test=None, unreadable=())

    def split(self, fraction: float, seed: int = 0) -> tuple[DataSet, DataSet]:
        """The set in two: what remains, and `fraction` of each class held out; both in the original order.

        The choice depends on `seed`, the labels and nothing else. Each class with two images or more keeps at least
        one on either side; a single image is not held out.
        Raises: ConfigurationError unless 0 < fraction < 1 and the seed is one; DataError where no class has two images.
        """
        if not 0 < fraction < 1:
            raise ConfigurationError(text("bad_fraction", received=fraction))
        order = random.permutation(len(self), seed, purpose=random.SPLIT)
        held = np.zeros(len(self), bool)
        for label in range(len(self.classes)):
            members = order[self.y[order] == label]
            count = min(max(int(fraction * len(members) + 0.5), 1), len(members) - 1)
            held[members[: max(count, 0)]] = True
        if not held.any():
            raise DataError(text("too_few_to_split", name=self.name, count=len(self)))
        return self.select(np.flatnonzero(~held)), self.select(np.flatnonzero(held))

    def for_training(self, fraction: float = 0.2, seed: int = 0) -> tuple[DataSet, DataSet]:
        """What to train on, and what to watch meanwhile: the validation part, else the test part, else a `split`.

        Arguments: `fraction` and `seed`, of the split.
        Raises: as `split`; DataError where all images are of one class.
        """
        present = [name for name, count in self.counts.items() if count]
        if len(present) < 2:
            raise DataError(text("one_class_only", name=self.name, only=present[0]))
        watched = self.validation or self.test
        return (self, watched) if watched else self.split(fraction, seed)

    def for_testing(self) -> DataSet:
        """What to measure a network on: the test part, else the validation part, else the whole set."""
        return self.test or self.validation or self

    def relabelled(self, classes: tuple[str, ...]) -> DataSet:
        """The same images with labels that count in `classes`, the order a trained network has.

        Raises: DataError where this set has images of a class that is not among them.
        """
        present = [name for name, count in self.counts.items() if count]
        foreign = [name for name in present if name not in classes]
        if foreign:
            raise DataError(text("foreign_classes", name=self.name, received=", ".join(foreign[:10]),
                                 known=", ".join(classes[:20])))  # fmt: skip
        number = np.array([classes.index(name) if name in classes else -1 for name in self.classes])
        parts = {part: held.relabelled(classes) for part in ("validation", "test") if (held := getattr(self, part))}
        return replace(self, y=number[self.y], classes=classes, **parts)
