"""The Keras example's own setting: the notes' network on CIFAR-10 images, 50 epochs with shifts and flips, recorded.

    python benchmarks/cifar10.py FOLDER_OR_ZIP [--epochs 50] [--seed 0]

FOLDER_OR_ZIP holds the 50,000 training images in ten class folders. The last 500 of each class, in an order drawn from
seed 0, are held back: 45,000 to train on, 5,000 to test on (CIFAR-10's own test images are not used). Setting, as in
the example: x / 255, batch 32, `rmsprop(lr=0.0001, decay=1e-6)`, shifts of up to a tenth of the width and height
(whole pixels, edges repeated), flips. Its authors report 75 % after 25 epochs and 79 % after 50.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

import konv
from common import RESULTS, machine, write
from konv import data, random
from networks import notes

SHIFT = 3
"""Pixels: a tenth of 32, rounded down."""
AUGMENT = 2**31 + 1000
"""The purpose that keys the random numbers of shifts and flips."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result")
    return parser.parse_args()


def moved(x: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """Images `(N, H, W, C)` shifted and flipped, each by draws of its own."""
    words = random.Stream(seed, AUGMENT, epoch, np.arange(len(x))).bits(3)
    down, right = (words[:, i] % (2 * SHIFT + 1) for i in (0, 1))
    height, width = x.shape[1:3]
    rows = np.clip(np.arange(height) + down[:, None].astype(int) - SHIFT, 0, height - 1)
    columns = np.clip(np.arange(width) + right[:, None].astype(int) - SHIFT, 0, width - 1)
    columns = np.where((words[:, 2] & 1).astype(bool)[:, None], columns[:, ::-1], columns)
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = x[i][rows[i][:, None], columns[i]]
    return out


def main() -> None:
    asked = options()
    train, test = data.from_folder(asked.images).split(0.1, 0)
    hot = np.eye(len(train.classes), dtype="float32")
    x, y = train.x.astype("float32") / 255, hot[train.y]
    held = test.x.astype("float32") / 255, hot[test.y]
    konv.utils.set_random_seed(asked.seed)
    model = notes(konv, x.shape[1:], len(train.classes))
    optimizer = konv.optimizers.rmsprop(lr=0.0001, decay=1e-6)
    model.compile(loss="categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    curves: dict[str, list[float]] = {}
    begun = time.perf_counter()
    for epoch in range(asked.epochs):
        started = time.perf_counter()
        history = model.fit(moved(x, asked.seed, epoch), y, 32, 1, verbose=0, validation_data=held).history
        for name, values in history.items():
            curves.setdefault(name, []).append(float(values[-1]))
        print(
            f"epoch {epoch + 1}/{asked.epochs}  {time.perf_counter() - started:.1f} s  "
            f"loss {curves['loss'][-1]:.4f}  accuracy {curves['accuracy'][-1]:.4f}  "
            f"held back: loss {curves['val_loss'][-1]:.4f}  accuracy {curves['val_accuracy'][-1]:.4f}",
            flush=True,
        )
    result = {
        "benchmark": "the notes' network on CIFAR-10 training images as JPEG, the Keras example's setting",
        "machine": machine(),
        "images": {"train": len(x), "held_back": len(test.x), "source": "JPEG, quality 75"},
        "settings": {"epochs": asked.epochs, "seed": asked.seed, "batch_size": 32, "shift": SHIFT, "flip": True},
        "seconds": time.perf_counter() - begun,
        "curves": curves,
    }
    print(f"Recorded in {write('cifar10', result, asked.out)}")


if __name__ == "__main__":
    main()
