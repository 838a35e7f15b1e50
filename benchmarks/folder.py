"""What does it cost to train from a folder of JPEG with augmentation, rather than from memory without?

    python benchmarks/folder.py FOLDER_OR_ZIP [--images 4096] [--batch 128] [--size 32] [--rounds 5] [--quick]

Five ways take turns, each a `fit` of the notes' network: an epoch from arrays in memory; one from a folder whose images
have not been decoded yet; one from the same folder later, when small images are still held decoded; five epochs from a
folder, the first included; and one of `ImageDataGenerator` on the folder, later too. The folder's networks flip, shift
and rescale images themselves; the generator turns, shifts and flips them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

import konv
from common import machine, spread, write
from konv import layers
from konv.data.directory import ImageDataset, image_dataset_from_directory
from konv.models import Sequential
from konv.preprocessing.image import ImageDataGenerator
from konv.utils import to_categorical
from networks import notes

console = Console(width=None if sys.stdout.isatty() else 118)


def compiled(model: Sequential) -> Sequential:
    """Ready to train."""
    model.compile(konv.optimizers.RMSprop(1e-4), "categorical_crossentropy", ["accuracy"])
    return model


def augmenting(size: int) -> Sequential:
    """The notes' network behind augmentation and rescaling."""
    before = [layers.RandomFlip("horizontal"), layers.RandomTranslation(0.1, 0.1), layers.Rescaling(1 / 255)]
    return compiled(Sequential([layers.Input((size, size, 3)), *before, notes(konv)]))


def fresh(found: ImageDataset) -> ImageDataset:
    """The same files, none of them decoded yet."""
    resizing = {"interpolation": "bilinear"}
    return ImageDataset(found.listing, found.size, "rgb", "categorical", resizing, found.batch_size)


def ways(data: str, images: int, batch: int, size: int) -> dict[str, tuple[int, Callable[[], object]]]:
    """How many epochs each way's `fit` has, and the `fit`; what it needs beforehand is made here."""
    whole = image_dataset_from_directory(data, image_size=(size, size), batch_size=batch, label_mode="categorical",
                                         seed=0, verbose=False)  # fmt: skip
    which = np.sort(konv.random.permutation(whole.n, 0)[:images])
    whole.listing = whole.listing.take(which)
    files = fresh(whole)
    x = files.pixels(np.arange(files.n)).astype("float32") / 255
    y = to_categorical(files.classes, len(files.class_names))
    held = fresh(files)
    held.pixels(np.arange(held.n))
    generator = ImageDataGenerator(rotation_range=15, width_shift_range=0.1, height_shift_range=0.1,
                                   horizontal_flip=True, rescale=1 / 255)  # fmt: skip
    changed = generator.flow_from_directory(data, (size, size), batch_size=batch)
    changed.listing, changed.n = files.listing, files.n
    changed.kept, changed.known = held.kept, held.known  # the very pixels that the other way holds
    plain, made = compiled(notes(konv)), compiled(notes(konv))
    first, later, whole_fit = augmenting(size), augmenting(size), augmenting(size)
    return {
        "memory": (1, lambda: plain.fit(x, y, batch_size=batch, verbose=0)),
        "folder, first epoch": (1, lambda: first.fit(fresh(files), verbose=0)),
        "folder, later epochs": (1, lambda: later.fit(held, verbose=0)),
        "folder, five epochs": (5, lambda: whole_fit.fit(fresh(files), epochs=5, verbose=0)),
        "ImageDataGenerator, later epochs": (1, lambda: made.fit(changed, verbose=0)),
    }


def measured(each: dict[str, tuple[int, Callable[[], object]]], images: int, rounds: int) -> dict[str, list[float]]:
    """Images a second of each way in each round; the ways take turns, and each round starts with another one."""
    found: dict[str, list[float]] = {name: [] for name in each}
    names = list(each)
    for name in names:
        each[name][1]()
    for turn in range(rounds):
        start = turn % len(names)
        for name in (*names[start:], *names[:start]):
            epochs, fit = each[name]
            began = time.perf_counter()
            fit()
            found[name].append(epochs * images / (time.perf_counter() - began))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="a folder or zip file of class_name/*.jpg")
    parser.add_argument("--images", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--size", type=int, default=32, help="height and width that images are resized to")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round of few images; nothing is recorded")
    parser.add_argument("--out", type=Path, default=None, help="folder of the result (default: benchmarks/results)")
    asked = parser.parse_args()
    images, rounds = (512, 1) if asked.quick else (asked.images, asked.rounds)
    found = measured(ways(asked.data, images, asked.batch, asked.size), images, rounds)
    pairs = {name: [v / m for v, m in zip(values, found["memory"], strict=True)] for name, values in found.items()}
    for name, values in found.items():
        ratio = statistics.median(pairs[name])
        console.print(f"{name:34} {statistics.median(values):8,.0f} images/s  {ratio:.2f} × memory")
    if not asked.quick:
        result: dict[str, Any] = {
            "machine": machine(),
            "settings": {"images": images, "batch": asked.batch, "size": asked.size, "rounds": rounds},
            "images_per_second": {name: spread(values) for name, values in found.items()},
            "times_memory": {name: spread(values) for name, values in pairs.items()},
        }
        path = write("folder", result, asked.out) if asked.out else write("folder", result)
        console.print(f"[dim]{path}[/dim]")


if __name__ == "__main__":
    main()
