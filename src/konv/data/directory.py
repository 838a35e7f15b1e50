"""Folders and zip files of `class_name/image.jpg` as batches, decoded ahead of training and never all in memory.

**Which files.** Those with an image's ending below a class's folder, at any depth, sorted by name. Class folders are
numbered in the order of their names, an empty one too. Hidden files and folders are skipped.

**Size.** Images are turned upright (EXIF) and resized to the size asked for by Pillow's filter of the name given, which
takes the mean of all a pixel covers where images become smaller; with `crop_to_aspect_ratio` they are first cropped
about their middle to its proportions, with `pad_to_aspect_ratio` set on black. A JPEG more than four times as large is
decoded at a half, a quarter or an eighth of its size, at twice the size asked for at least, which is faster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from konv import random
from konv.arguments import number
from konv.data.batches import Array, Batches, labels_as
from konv.data.folder import ImageFile, image_files, some
from konv.data.images import MODES, SUFFIXES, File as Opened, decoded, read_ahead, resized
from konv.errors import ConfigurationError, DataError, DataWarning, warn
from konv.messages import text
from konv.shapes import pair

__all__ = ["DirectoryBatches", "Listing", "image_dataset_from_directory", "listed"]

CACHE = 2**29
"""Bytes of decoded pixels that are kept, so that images of small data sets are decoded once: 512 MiB."""
TOGETHER = 32
"""Files that are read in a row."""


@dataclass(frozen=True)
class Listing:
    """The image files below a folder: their names below it, how to open them, the number of each one's class (int64),
    and the names of the classes."""

    path: Path
    names: tuple[str, ...]
    opens: tuple[Callable[[], Opened], ...]
    labels: Array
    classes: tuple[str, ...]

    def take(self, which: Array) -> Listing:
        """Those numbered in `which`."""
        numbers = [int(i) for i in which]
        return replace(self, names=tuple(self.names[i] for i in numbers), opens=tuple(self.opens[i] for i in numbers),
                       labels=self.labels[which])  # fmt: skip


def listed(
    path: str | Path,
    stack: ExitStack,
    classes: Sequence[str] | None = None,
    labels: Any = "inferred",
    warned: bool = True,
) -> Listing:
    """The image files under `path`, a folder or a zip file.

    Arguments: `stack` closes a zip file; `classes`, the class folders in the order of their numbers, None: all there
    are, by name; `labels`: "inferred" from the folders, None for no classes (any file below `path`), or a class number
    for each file in the order of their names; `warned`, whether empty class folders, folders in them and images beside
    them give a DataWarning.
    Raises: DataError where there is no image, a class of `classes` has no folder, images lie beside the class folders,
    or `labels` are not as many as files.
    """
    path = Path(path).expanduser()
    files, folders = image_files(path, stack)
    files.sort(key=lambda file: file.parts)
    if not files:
        raise DataError(text("no_images_found", path=path, suffixes=" ".join(SUFFIXES)))
    if not isinstance(labels, str):
        given = np.zeros(len(files), np.int64) if labels is None else np.asarray(labels)
        if given.shape != (len(files),) or given.dtype.kind not in "iu":
            raise DataError(text("labels_of_files", path=path, expected=len(files), received=given.shape))
        names = tuple(classes or (str(i) for i in range(int(given.max()) + 1))) if labels is not None else ()
        return _listing(path, files, given.astype(np.int64), names)
    inside = [f for f in files if len(f.parts) > 1]
    if not inside:
        raise DataError(text("loose_images", path=path, count=len(files), names=some(f.name for f in files)))
    found = sorted({f.parts[0] for f in inside} | {parts[0] for parts in folders})
    names = tuple(found if classes is None else map(str, classes))
    missing = [name for name in names if name not in found]
    if missing:
        raise DataError(text("class_folders_missing", path=path, names=some(missing), known=some(found)))
    place = {name: i for i, name in enumerate(names)}
    kept = [f for f in inside if f.parts[0] in place]
    empty = sorted(set(names) - {f.parts[0] for f in kept})
    if not kept:
        raise DataError(text("empty_classes", path=path, names=some(empty)))
    if warned:
        _notes(path, files, kept, empty)
    order = sorted(range(len(kept)), key=lambda i: (place[kept[i].parts[0]], kept[i].parts))
    kept = [kept[i] for i in order]
    return _listing(path, kept, np.array([place[f.parts[0]] for f in kept], np.int64), names)


def _notes(path: Path, files: Sequence[ImageFile], kept: Sequence[ImageFile], empty: Sequence[str]) -> None:
    """DataWarnings of what is rarely meant: classes without images, folders in class folders, images beside them."""
    if empty:
        warn(text("classes_without_images", path=path, names=some(empty)), DataWarning)
    if nested := dict.fromkeys("/".join(f.parts[:-1]) for f in kept if len(f.parts) > 2):
        warn(text("nested_folders", path=path, names=some(nested)), DataWarning)
    if loose := [f.name for f in files if len(f.parts) == 1]:
        warn(text("images_beside", path=path, count=len(loose), names=some(loose)), DataWarning)


def _listing(path: Path, files: Sequence[ImageFile], labels: Array, classes: tuple[str, ...]) -> Listing:
    return Listing(path, tuple(f.name for f in files), tuple(f.open for f in files), labels, classes)


def split_off(labels: Array, share: float, seed: int) -> tuple[Array, Array]:
    """The numbers of the samples to train on, and of `share` of each class held out; a function of `seed` and `labels`.

    Raises: ConfigurationError unless 0 < share < 1; DataError where nothing would be left on either side.
    """
    if not 0 < number(share) < 1:
        raise ConfigurationError(text("bad_fraction", received=share))
    order = random.permutation(len(labels), seed, purpose=random.SPLIT)
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = order[labels[order] == label]
        held[members[: int(share * len(members) + 0.5)]] = True
    if held.all() or not held.any():
        raise DataError(text("too_few_to_split", name="validation_split", count=len(labels)))
    return np.flatnonzero(~held), np.flatnonzero(held)


class DirectoryBatches(Batches):
    """Batches `(images, labels)` of a `Listing`: float32 `(n, H, W, C)` from 0 to 255, and labels in a form of choice.

    Decoded pixels are kept up to `CACHE` bytes, so that small data sets are decoded once.

    Arguments: `listing`; `size`, (height, width); `mode`, one of "rgb", "grayscale" and "rgba"; `label_mode`, see
    `labels_as`; `resizing`, what `resized` takes beside; `batch_size`, `shuffle`, `seed` as of `Batches`; `cache`,
    bytes of pixels that are kept.
    Attributes: `class_names`; `class_indices`, their numbers by name; `classes`, the class number of each file;
    `filenames`, `filepaths` in the same order; `image_shape`.
    Raises: ImageError, when a batch is made, for a file that cannot be read.
    """

    def __init__(
        self,
        listing: Listing,
        size: tuple[int, int],
        mode: str = "rgb",
        label_mode: str | None = "int",
        resizing: dict[str, Any] | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        cache: int = CACHE,
    ) -> None:
        super().__init__(len(listing.names), batch_size, shuffle, seed)
        self.listing, self.size, self.mode, self.label_mode = listing, size, mode, label_mode
        self.image_shape = (*size, {"grayscale": 1, "rgb": 3, "rgba": 4}[mode])
        self._resizing = dict(resizing or {})
        room = min(self.n, cache // int(np.prod(self.image_shape)))
        self.kept = np.empty((room, *self.image_shape), np.uint8)
        """The first files' pixels, as far as `known` says so."""
        self.known = np.zeros(self.n, bool)

    @property
    def class_names(self) -> list[str]:
        """The names of the classes, by number."""
        return list(self.listing.classes)

    @property
    def class_indices(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.listing.classes)}

    @property
    def classes(self) -> Array:
        """The class number of each file."""
        return self.listing.labels

    @property
    def filenames(self) -> list[str]:
        """The files' names below the folder."""
        return list(self.listing.names)

    @property
    def filepaths(self) -> list[str]:
        """The files' paths."""
        return [str(self.listing.path / name) for name in self.listing.names]

    file_paths = filepaths

    def pixels(self, numbers: Array) -> Array:
        """The decoded and resized images numbered `numbers`, uint8 `(n, H, W, C)`."""
        out = np.empty((len(numbers), *self.image_shape), np.uint8)
        known = self.known[numbers]
        out[known] = self.kept[numbers[known]]
        missing, image, folder = np.flatnonzero(~known), None, str(self.listing.path)
        for start in range(0, len(missing), TOGETHER):
            places = missing[start : start + TOGETHER]
            which = numbers[places].tolist()
            files = [read_ahead(self.listing.opens[i]) for i in which]
            for place, i, file in zip(places, which, files, strict=True):
                name = os.path.join(folder, self.listing.names[i])  # noqa: PTH118 (for each image: much quicker)
                image = decoded(file, name, self.mode, max(self.size), image)
                out[place] = resized(image, self.size, **self._resizing)
                if i < len(self.kept):
                    self.kept[i], self.known[i] = out[place], True
        return out

    def make(self, numbers: Array, turn: int) -> Any:
        """The images numbered `numbers`, with their labels unless the label mode is None."""
        images = self.pixels(numbers).astype(np.float32)
        labels = labels_as(self.classes[numbers], len(self.listing.classes), self.label_mode)
        return images if labels is None else (images, labels)


class ImageDataset(DirectoryBatches):
    """Batches of a folder, one epoch at a time: what `image_dataset_from_directory` gives.

    A `for` loop over it ends with the epoch; `map`, `take`, `cache`, `prefetch` and `shuffle` are those of TensorFlow's
    data sets, as far as there is anything to do.
    """

    def __iter__(self) -> Any:
        try:
            for index in range(len(self)):
                yield self[index]
        finally:
            self.on_epoch_end()

    def make(self, numbers: Array, turn: int) -> Any:
        """As of `DirectoryBatches`; labels of two classes are a column, as in Keras."""
        made = super().make(numbers, turn)
        if self.label_mode == "binary":
            return made[0], made[1][:, None]
        return made

    def map(self, function: Callable[..., Any], num_parallel_calls: Any = None) -> Mapped:
        """The batches that `function` makes of these; called with images and labels, arrays.

        Arguments: `num_parallel_calls`, taken for TensorFlow's sake.
        """
        return Mapped(self, function)

    def take(self, count: int) -> list[Any]:
        """The first `count` batches."""
        return [self[i] for i in range(min(count, len(self)))]

    def cache(self, filename: str = "") -> ImageDataset:
        """Itself: decoded pixels are kept as they are. Arguments: `filename`, taken for TensorFlow's sake."""
        return self

    def prefetch(self, buffer_size: Any = None) -> ImageDataset:
        """Itself: batches are made ahead of training. Arguments: `buffer_size`, taken for TensorFlow's sake."""
        return self


class Mapped:
    """Batches that a function makes of others, when they are asked for.

    Arguments: `source`, an `ImageDataset`, or another of these; `function`, called with a batch's parts.
    """

    def __init__(self, source: Any, function: Callable[..., Any]) -> None:
        self.source, self.function = source, function
        self.class_names = source.class_names

    @property
    def workers(self) -> int:
        """The threads that are worth while."""
        return int(self.source.workers)

    def at(self, turn: int, index: int) -> Any:
        """Batch number `index` of epoch `turn`."""
        made = self.source.at(turn, index)
        return self.function(*made) if isinstance(made, tuple) else self.function(made)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> Any:
        return self.at(self.source.turn, index)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def on_epoch_end(self) -> None:
        """An epoch is over."""
        self.source.on_epoch_end()

    @property
    def turn(self) -> int:
        """The number of the epoch."""
        return int(self.source.turn)

    def map(self, function: Callable[..., Any], num_parallel_calls: Any = None) -> Mapped:
        """As of `ImageDataset`. Arguments: `function`; `num_parallel_calls`."""
        return Mapped(self, function)

    def cache(self, filename: str = "") -> Mapped:
        """Itself. Arguments: `filename`."""
        return self

    def prefetch(self, buffer_size: Any = None) -> Mapped:
        """Itself. Arguments: `buffer_size`."""
        return self


def image_dataset_from_directory(
    directory: str | Path,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    verbose: bool = True,
) -> Any:
    """Batches of the images in `directory`, a folder or zip of `class_name/*.jpg|png|…`, decoded ahead of training.

    Arguments: `labels`, "inferred" from the folders, None, or a class number for each file in the order of the files'
    names; `label_mode`, "int", "categorical" (one-hot), "binary" (0 and 1) or None; `class_names`, the folders in the
    order of their numbers; `color_mode`, "rgb", "grayscale" or "rgba"; `batch_size`; `image_size`, (height, width);
    `shuffle`, whether each epoch has an order of its own, by `seed`; `validation_split`, a share of each class held
    out, by `seed` (0 where it is None), and `subset`, which part is wanted: "training", "validation" or "both";
    `interpolation`, "nearest", "bilinear", "bicubic", "area" or "lanczos3", see this module; `crop_to_aspect_ratio`,
    `pad_to_aspect_ratio`, see this module; `verbose`, whether to say what was found; `follow_links` and `data_format`,
    taken for Keras's sake: links are followed, channels come last.
    Returns: the batches, `(images, labels)` or images: float32 from 0 to 255; two of them for "both".
    Raises: ConfigurationError for arguments that make no sense; DataError where the folder has no such images, and
    ImageError, when its batch is made, for a file that cannot be read.
    Example: `train, watched = image_dataset_from_directory("photos", image_size=(64, 64), validation_split=0.2,
    subset="both")`.
    """
    _check(label_mode, color_mode, validation_split, subset, data_format)
    size = pair(image_size, "image_size", "image_dataset_from_directory")
    found = listed(directory, ExitStack(), class_names, labels)
    if label_mode == "binary" and len(found.classes) != 2:
        raise DataError(text("not_two_classes", path=directory, count=len(found.classes)))
    mode = None if labels is None else label_mode
    resizing = {"interpolation": interpolation, "crop": crop_to_aspect_ratio, "pad": pad_to_aspect_ratio}
    parts = [found]
    if validation_split:
        parts = [found.take(which) for which in split_off(found.labels, validation_split, seed or 0)]
        parts = {"training": parts[:1], "validation": parts[1:], "both": parts}[str(subset)]
    made = [
        ImageDataset(part, (size[0], size[1]), color_mode, mode, resizing, batch_size, shuffle, seed) for part in parts
    ]
    if verbose:
        for part in made:
            print(text("files_found", count=part.n, classes=len(part.class_names)))
    return made[0] if len(made) == 1 else tuple(made)


def _check(label_mode: Any, color_mode: Any, share: Any, subset: Any, data_format: Any) -> None:
    for name, value, known in (
        ("label_mode", label_mode, ("int", "categorical", "binary", None)),
        ("color_mode", color_mode, MODES),
        ("subset", subset, ("training", "validation", "both") if share else (None,)),
        ("data_format", data_format, (None, "channels_last")),
    ):
        if value not in known:
            raise ConfigurationError(
                text("one_of", layer="image_dataset_from_directory", name=name, known=", ".join(map(str, known)),
                     received=value)
            )  # fmt: skip
