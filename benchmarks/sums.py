"""Does Winograd's rounding matter to what a network learns? The same runs with it and with direct sums, three seeds.

    python benchmarks/sums.py DATA {fashion_mnist,cifar10} [--epochs 10] [--seeds 0 1 2]

DATA: the folder of Fashion-MNIST's original files, or the folder or zip of CIFAR-10's 50,000 training images in ten
class folders, of which the last 500 of each class are held back. The notes' network; batch 32; `rmsprop(lr=0.0001,
decay=1e-6)` for CIFAR-10, as in the notes, and Adam for Fashion-MNIST; no augmentation.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import konv
from common import RESULTS, machine, write
from konv import config, data
from networks import notes

Arrays = tuple[np.ndarray, np.ndarray]


def fashion_mnist(folder: Path) -> tuple[Arrays, Arrays]:
    os.environ["KONV_DATA"] = str(folder.parent if folder.name == "fashion-mnist" else folder)
    train, test = konv.datasets.fashion_mnist.load_data()
    return (train[0][..., None], train[1]), (test[0][..., None], test[1])


def cifar10(images: Path) -> tuple[Arrays, Arrays]:
    train, test = data.from_folder(images).split(0.1, 0)
    return (train.x, train.y), (test.x, test.y)


SETS = {"fashion_mnist": (fashion_mnist, "adam"), "cifar10": (cifar10, "rmsprop")}


def learned(name: str, train: Arrays, test: Arrays, seed: int, epochs: int, direct: bool) -> list[float]:
    """The accuracy on held-back images after each epoch."""
    config.direct_sums = direct
    konv.utils.set_random_seed(seed)
    model = notes(konv, train[0].shape[1:], 10)
    optimizer = "adam" if SETS[name][1] == "adam" else konv.optimizers.rmsprop(lr=0.0001, decay=1e-6)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(*train, batch_size=32, epochs=epochs, validation_data=test, verbose=0)
    config.direct_sums = None
    return [float(v) for v in history.history["val_accuracy"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("name", choices=SETS)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--images", type=int, default=0, help="train on so many, drawn from seed 0")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result")
    asked = parser.parse_args()
    hot = np.eye(10, dtype="float32")
    train, test = ((x.astype("float32") / 255, hot[y]) for x, y in SETS[asked.name][0](asked.data))
    if asked.images:
        order = np.random.default_rng(0).permutation(len(train[0]))[: asked.images]
        train = train[0][order], train[1][order]
    rows: list[dict[str, Any]] = []
    for seed in asked.seeds:
        for way in ("winograd", "direct"):
            curve = learned(asked.name, train, test, seed, asked.epochs, way == "direct")
            rows.append({"seed": seed, "sums": way, "val_accuracy": curve})
            print(f"seed {seed}, {way}: {curve[-1]:.4f}", flush=True)
    table = Table(title=f"{asked.name}, {asked.epochs} epochs: accuracy on held-back images")
    for heading in ("sums", *(f"seed {s}" for s in asked.seeds), "mean", "spread"):
        table.add_column(heading)
    for way in ("winograd", "direct"):
        last = [row["val_accuracy"][-1] for row in rows if row["sums"] == way]
        table.add_row(way, *(f"{v:.2%}" for v in last), f"{mean(last):.2%}", f"{max(last) - min(last):.2%}")
    Console().print(table)
    result = {"benchmark": f"{asked.name} by Winograd and by direct sums", "machine": machine(), "epochs": asked.epochs,
              "images": len(train[0]), "results": rows}  # fmt: skip
    write(f"sums_{asked.name}", result, asked.out)


if __name__ == "__main__":
    main()
