"""Folders and zip files of `class_name/image.jpg` as data sets.

**What is taken.** Files with an image's ending; hidden ones (a name that begins with a dot, or `__MACOSX`) are skipped,
other files ignored. A folder around everything is stripped. Below it there may be `train`, `validation` and `test` (or
`training`, `val`, `valid`, `testing`); then one folder for each class, whose sub-folders count as the class.

**Order.** Classes and images are sorted by name in natural order: runs of digits compare as numbers, letters without
regard to case, so `2.png` comes before `10.png`. Nothing depends on the file system or the number of threads.

**Size.** The one asked for; else the images' own where all are equal and no side is above 96; else 64 × 64. One channel
where no image has colour, else three.
"""

from __future__ import annotations

import io
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from konv import config
from konv.data.batches import WORTH_A_THREAD
from konv.data.dataset import DataSet
from konv.data.images import SUFFIXES, decode, fit
from konv.errors import DataError, DataWarning, ImageError, warn
from konv.messages import text
from konv.shapes import pair

__all__ = ["ImageFile", "from_folder", "image_files", "natural", "some"]

Array = np.ndarray[Any, np.dtype[Any]]

LARGEST_OWN = 96
"""The longest side, in pixels, up to which images of one size keep it."""
FALLBACK = (64, 64)
LARGEST_FILE = 2**28
"""Bytes an entry of a zip file may unfold to."""
_SAMPLE = 64
"""Files decoded first, to see how long one takes."""
_PARTS = {
    "train": "train", "training": "train", "validation": "validation", "val": "validation", "valid": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip


@dataclass(frozen=True)
class ImageFile:
    """An image file: its name below the data set, the same in parts (first its own, later part, class, …), and how to
    open it."""

    name: str
    parts: tuple[str, ...]
    open: Callable[[], str | io.BytesIO]


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """The key of natural order: `2.png` before `10.png`, letters without regard to case, the name itself for ties."""
    pieces = re.split(r"([0-9]+)", name.casefold())
    return tuple(int(piece) if i % 2 else piece for i, piece in enumerate(pieces)), name


def from_folder(path: str | Path, size: int | Sequence[int] | None = None, strict: bool = False) -> DataSet:
    """The images under `path`, a folder or a zip file of `class_name/*.jpg|png|…`, decoded into memory.

    Arguments: `size`, (height, width) in pixels or one number for both; None decides by the rule of this module.
    `strict` makes unreadable images and empty class folders errors; otherwise a DataWarning names them and they are
    left out.
    Returns: a `DataSet` with uint8 images, and its parts `validation` and `test` where there are such folders.
    Raises: DataError where there is no image, a class has no readable image, or `path` is neither a folder nor a zip
    file; ImageError (`strict`) for the first unreadable image.
    Example: `konv.data.from_folder("flowers.zip", size=64).split(0.2, seed=0)`.
    """
    path = Path(path)
    wanted = None if size is None else pair(size, "size", "from_folder")
    with ExitStack() as stack:
        files, folders = image_files(path, stack)
        if not files:
            raise DataError(text("no_images_found", path=path, suffixes=" ".join(SUFFIXES)))
        files, folders = _unwrapped(files, folders)
        files, empty = _in_classes(path, files, folders)
        if empty:
            _complain(text("empty_classes", path=path, names=some(empty)), strict)
        nested = dict.fromkeys("/".join(f.parts[1:-1]) for f in files if len(f.parts) > 3)
        if nested:
            _complain(text("nested_folders", path=path, names=some(nested)))
        images = _decoded(files, wanted)
    for part in ("validation", "test"):
        missing = {f.parts[1] for f in files} - {f.parts[1] for f in files if f.parts[0] == part}
        if missing and any(f.parts[0] == part for f in files):
            names = some(sorted(missing, key=natural))
            _complain(text("part_without_class", path=path, part=text(f"part.{part}"), names=names))
    broken = [image for image in images if isinstance(image, ImageError)]
    if broken and strict:
        raise broken[0]
    if broken:
        _complain(text("unreadable_images", path=path, count=len(broken), names=some(map(str, broken), "\n")))
    good = [(f, image) for f, image in zip(files, images, strict=True) if not isinstance(image, ImageError)]
    bad = tuple(f.name for f, image in zip(files, images, strict=True) if isinstance(image, ImageError))
    return _assembled(path, files, good, wanted, bad)


def _complain(message: str, strict: bool = False) -> None:
    if strict:
        raise DataError(message)
    warn(message, DataWarning)


def some(names: Iterable[str], between: str = ", ", most: int = 10) -> str:
    """The first of `names`, and how many more there are."""
    every = list(names)
    return between.join(every[:most]) + (f"{between}… (+{len(every) - most})" if len(every) > most else "")


def image_files(path: Path, stack: ExitStack) -> tuple[list[ImageFile], list[tuple[str, ...]]]:
    """The image files under `path` in natural order, and every folder there; `stack` closes what they need open.

    Raises: DataError where it is neither a folder nor a zip file, or cannot be read.
    """
    found: list[tuple[tuple[str, ...], bool, Callable[[], str | io.BytesIO]]]
    if path.is_dir():
        found = [(parts, is_file, partial(str, path.joinpath(*parts))) for parts, is_file in _walk(path)]
    elif path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)):
        try:
            archive = stack.enter_context(zipfile.ZipFile(path))
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise DataError(text("data_file_broken", path=path, reason=error)) from error
        found = [
            (
                tuple(part for part in info.filename.split("/") if part),
                not info.is_dir(),
                partial(_unzipped, archive, info),
            )
            for info in archive.infolist()
        ]
    else:
        raise DataError(text("not_a_folder" if path.exists() else "no_such_path", path=path))
    found = [(parts, is_file, opener) for parts, is_file, opener in found if parts and not _hidden(parts)]
    files = [
        ImageFile("/".join(parts), parts, opener)
        for parts, is_file, opener in found
        if is_file and parts[-1].lower().endswith(SUFFIXES)
    ]
    files.sort(key=lambda file: [natural(part) for part in file.parts])
    return files, [parts for parts, is_file, _ in found if not is_file]


def _walk(root: Path) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every folder and file below `root` as (parts, is it a file); links are followed, each folder entered once."""
    seen: set[tuple[int, int]] = set()
    for folder, inside, names in os.walk(root, followlinks=True, onerror=_closed):
        inside.sort()
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            inside.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        here = Path(folder).relative_to(root).parts
        yield from (((*here, name), False) for name in inside)
        yield from (((*here, name), True) for name in names)


def _closed(error: OSError) -> None:
    raise DataError(text("folder_unreadable", path=error.filename, reason=error.strerror)) from error


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> io.BytesIO:
    if info.file_size > LARGEST_FILE:
        raise ValueError(f"{info.file_size} bytes unpacked")
    return io.BytesIO(archive.read(info))


def _hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _unwrapped(files: list[ImageFile], folders: list[tuple[str, ...]]) -> tuple[list[ImageFile], list[tuple[str, ...]]]:
    """Without the folders that surround everything, as long as a folder for the class remains."""
    first = files[0].parts[0]
    while (
        all(len(f.parts) > 2 and f.parts[0] == first for f in files)
        and all(parts[0] == first for parts in folders)
        and first.lower() not in _PARTS
    ):
        files = [replace(f, parts=f.parts[1:]) for f in files]
        folders = [parts[1:] for parts in folders if len(parts) > 1]
        first = files[0].parts[0]
    return files, folders


def _in_classes(
    path: Path, files: list[ImageFile], folders: list[tuple[str, ...]]
) -> tuple[list[ImageFile], list[str]]:
    """`files` as (part, class, name…), with `train` for the part where there are none; and the empty class folders."""
    tops = {f.parts[0].lower() for f in files}
    parted = tops <= _PARTS.keys() and any(_PARTS[f.parts[0].lower()] == "train" and len(f.parts) > 2 for f in files)
    if parted:
        files = [replace(f, parts=(_PARTS[f.parts[0].lower()], *f.parts[1:])) for f in files]
        folders = [(_PARTS[p[0].lower()], *p[1:]) for p in folders if p[0].lower() in _PARTS]
    else:
        files = [replace(f, parts=("train", *f.parts)) for f in files]
        folders = [("train", *parts) for parts in folders]
    loose = [f.parts[-1] for f in files if len(f.parts) < 3]
    if loose:
        raise DataError(text("loose_images", path=path, count=len(loose), names=some(loose)))
    classes = {f.parts[1] for f in files if f.parts[0] == "train"}
    foreign = {f.parts[1] for f in files} - classes
    if foreign:
        raise DataError(text("classes_not_in_train", path=path, names=some(sorted(foreign, key=natural))))
    empty = {parts[1] for parts in folders if len(parts) == 2} - classes
    return files, sorted(empty, key=natural)


def _decoded(files: list[ImageFile], size: tuple[int, ...] | None) -> list[Array | ImageError]:
    """The pixels of each file, `(H, W)` where there is no colour and else `(H, W, 3)`, or why it is unreadable."""

    def one(file: ImageFile) -> Array | ImageError:
        try:
            image = decode(file.open, file.name)
        except ImageError as error:
            return error
        if size is not None:
            image = fit(image, size[0], size[1])
        elif max(image.size) > LARGEST_OWN:
            image = fit(image, *FALLBACK)  # an image this large decides the size for all: keep only that of it
        pixels = np.asarray(image)
        colourless = pixels.ndim == 3 and bool((pixels == pixels[..., :1]).all())
        return pixels[..., 0].copy() if colourless else pixels

    first, seconds = [], []
    for file in files[:_SAMPLE]:
        started = time.perf_counter()
        first.append(one(file))
        seconds.append(time.perf_counter() - started)
    if median(seconds) < WORTH_A_THREAD:
        return first + [one(file) for file in files[_SAMPLE:]]
    with ThreadPoolExecutor(config.threads_asked() or os.cpu_count()) as pool:
        return first + list(pool.map(one, files[_SAMPLE:]))


def _assembled(
    path: Path,
    files: list[ImageFile],
    good: list[tuple[ImageFile, Array]],
    size: tuple[int, ...] | None,
    bad: tuple[str, ...],
) -> DataSet:
    """The data set of the readable files, with its parts."""
    classes = tuple(sorted({f.parts[1] for f in files}, key=natural))
    readable = {f.parts[1] for f, _ in good if f.parts[0] == "train"}
    hollow = [name for name in classes if name not in readable]
    if hollow:
        raise DataError(text("no_readable_image", path=path, names=some(hollow)))
    sizes = {pixels.shape[:2] for _, pixels in good}
    height, width = size or (sizes.pop() if len(sizes) == 1 else FALLBACK)
    channels = max(1 if pixels.ndim == 2 else 3 for _, pixels in good)
    made = {}
    for part in ("train", "validation", "test"):
        mine = [(f, pixels) for f, pixels in good if f.parts[0] == part]
        if not mine:
            continue
        x = np.empty((len(mine), height, width, channels), np.uint8)
        for row, (_, pixels) in zip(x, mine, strict=True):
            if pixels.shape[:2] != (height, width):
                pixels = np.asarray(fit(Image.fromarray(pixels), height, width))
            row[...] = pixels if pixels.ndim == 3 else pixels[..., None]
        y = np.array([classes.index(f.parts[1]) for f, _ in mine])
        made[part] = DataSet(x, y, classes, name=path.stem, source=str(path.absolute()))
    return replace(made["train"], validation=made.get("validation"), test=made.get("test"), unreadable=bad)
