"""What known networks reach on known data: accuracy, curves and time of several seeds, recorded.

    python benchmarks/accuracy.py lenet5|batchnorm|resnet20|densenet_bc|alexnet [--seeds 0 1 2] [--images FOLDER_OR_ZIP]

`lenet5` trains on MNIST and `batchnorm` on Fashion-MNIST, both complete (`KONV_DATA` names a folder with the files;
otherwise they are downloaded once). The others train on the 50,000 training images of CIFAR-10 in ten class folders
(`--images`): the last 500 of each class, in an order drawn from seed 0, are held back, so 45,000 are trained on and
5,000 tested on. Each result is what the last epoch gives: no epoch is picked by its test accuracy.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import konv
from common import RESULTS, machine
from konv import data, random, zoo
from konv.engine.threads import count

AUGMENT = 2**31 + 1000
"""The purpose that keys the random numbers of shifts and flips."""
Part = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Row:
    """One network and how it is trained: SGD with Nesterov's momentum, or Adam, at a rate that rises and then falls.

    `target`: the test accuracy to reach, and `source`, whose figure that is. `shift`: at most so many whole pixels,
    black where the image ends; `flip`: left and right, by an even coin; `border`: black pixels put around each image.
    `decay`: of weights, decoupled from momentum, so ten times a penalty's that momentum 0.9 would gather up.
    """

    images: str
    epochs: int
    batch: int
    rate: float
    optimizer: str
    target: float | None
    source: str
    shift: int = 0
    flip: bool = False
    border: int = 0
    decay: float = 0.0


ROWS = {
    "lenet5": Row("mnist", 20, 64, 0.003, "adam", 0.99, "LeCun et al. 1998: 0.95 % error", shift=1, border=2),
    "batchnorm": Row(
        "fashion_mnist", 24, 128, 0.05, "sgd", 0.934, "the data set's own table, two convolutions with "
        "batch normalisation", shift=1, flip=True, decay=1e-3,
    ),
    "resnet20": Row("cifar10", 52, 128, 0.2, "sgd", 0.88, "", shift=4, flip=True, decay=4e-3),
    "densenet_bc": Row("cifar10", 7, 64, 0.1, "sgd", None, "", shift=4, flip=True, decay=1e-3),
    "alexnet": Row("cifar10", 15, 128, 0.02, "sgd", None, "", shift=4, flip=True, decay=5e-3),
}  # fmt: skip


def batchnorm(input_shape: tuple[int, ...], classes: int) -> Any:
    """Two convolutions, each normalised and pooled, and two dense layers, the first of them normalised too.

    Size of kernels, dropout and the row's settings were chosen by 5,000 training images held back, never by tests."""
    layers = konv.layers
    return konv.models.Sequential(
        [
            layers.Input(input_shape),
            layers.Conv2D(32, 5, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 5, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(256, use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dropout(0.4),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def network(name: str, input_shape: tuple[int, ...], classes: int) -> Any:
    """A row's network: from the zoo, but for `batchnorm`."""
    if name == "batchnorm":
        return batchnorm(input_shape, classes)
    narrow: dict[str, Any] = {"width": 0.25} if name == "alexnet" else {}
    return zoo.build(name, input_shape=input_shape, classes=classes, **narrow)


def load(row: Row, folder: Path | None) -> tuple[Part, Part]:
    """Images `(N, H, W, C)` less their channels' means over their deviations, and one-hot labels: to train, to test."""
    if row.images == "cifar10":
        if folder is None:
            raise SystemExit("--images FOLDER_OR_ZIP is needed: the training images of CIFAR-10 in class folders")
        training, testing = data.from_folder(folder).split(0.1, 0)
        parts = (training.x, training.y), (testing.x, testing.y)
    else:
        parts = getattr(konv.datasets, row.images).load_data()
    (x, y), (x_test, y_test) = parts
    x, x_test = (images.reshape(*images.shape[:3], -1).astype("float32") / 255 for images in (x, x_test))
    frame = [(0, 0), (row.border, row.border), (row.border, row.border), (0, 0)]
    x, x_test = np.pad(x, frame), np.pad(x_test, frame)
    mean, deviation = x.mean((0, 1, 2)), x.std((0, 1, 2))
    hot = np.eye(10, dtype="float32")
    return ((x - mean) / deviation, hot[y]), ((x_test - mean) / deviation, hot[y_test])


class Moved:
    """Images `(N, H, W, C)` shifted and flipped anew each epoch, each by draws of its own; memory is reused."""

    def __init__(self, x: np.ndarray, row: Row, seed: int) -> None:
        self.row, self.seed = row, seed
        wide = [(0, 0), (row.shift, row.shift), (row.shift, row.shift), (0, 0)]
        self.padded = np.pad(x, wide, constant_values=float(x.min()))
        self.out = np.array(x)

    def __call__(self, epoch: int) -> np.ndarray:
        """The epoch's images, which hold until the next call."""
        count, height, width, _ = self.out.shape
        words = random.Stream(self.seed, AUGMENT, epoch, np.arange(count)).bits(3)
        down, right = ((words[:, i] % (2 * self.row.shift + 1)).tolist() for i in (0, 1))
        turned = (words[:, 2] & 1).tolist() if self.row.flip else [0] * count
        for i in range(count):
            image = self.padded[i, down[i] : down[i] + height, right[i] : right[i] + width]
            self.out[i] = image[:, ::-1] if turned[i] else image
        return self.out


def optimizer(row: Row, steps: int) -> Any:
    """The row's optimiser for so many steps in all."""
    rate = konv.optimizers.schedules.OneCycle(row.rate, total_steps=steps, warmup_share=0.2)
    if row.optimizer == "adam":
        return konv.optimizers.Adam(rate)
    return konv.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=row.decay or None)


def train(name: str, row: Row, seed: int, parts: tuple[Part, Part]) -> dict[str, Any]:
    """One run: its curves, the test accuracy of its last epoch, and the seconds it took, compilation included."""
    (x, y), held = parts
    konv.utils.set_random_seed(seed)
    model = network(name, x.shape[1:], y.shape[1])
    steps = row.epochs * -(-len(x) // row.batch)
    model.compile(optimizer(row, steps), "categorical_crossentropy", metrics=["accuracy"])
    moved = Moved(x, row, seed)
    curves: dict[str, list[float]] = {}
    begun = time.perf_counter()
    for epoch in range(row.epochs):
        started = time.perf_counter()
        history = model.fit(moved(epoch), y, row.batch, 1, verbose=0, validation_data=held).history
        for key, values in history.items():
            curves.setdefault(key, []).append(float(values[-1]))
        print(
            f"{name} seed {seed} epoch {epoch + 1}/{row.epochs}  {time.perf_counter() - started:.1f} s  "
            f"loss {curves['loss'][-1]:.4f}  accuracy {curves['accuracy'][-1]:.4f}  "
            f"test {curves['val_accuracy'][-1]:.4f}",
            flush=True,
        )
    seconds = time.perf_counter() - begun
    return {"seed": seed, "test_accuracy": curves["val_accuracy"][-1], "seconds": seconds, "curves": curves}


def record(name: str, result: dict[str, Any], folder: Path) -> Path:
    """Put one row's result into the file of all, and return the file."""
    path = folder / "accuracy.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    known[name] = result
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=ROWS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--images", type=Path, help="CIFAR-10's training images in class folders")
    parser.add_argument("--epochs", type=int, help="instead of the row's own")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result")
    asked = parser.parse_args()
    row = ROWS[asked.row]
    if asked.epochs:
        row = Row(**(asdict(row) | {"epochs": asked.epochs}))
    parts = load(row, asked.images)
    runs = [train(asked.row, row, seed, parts) for seed in asked.seeds]
    found = statistics.median(run["test_accuracy"] for run in runs)
    result = {
        "machine": machine(),
        "threads": count()[0],
        "command": f"python benchmarks/accuracy.py {asked.row} --seeds {' '.join(map(str, asked.seeds))}",
        "images": {"train": len(parts[0][0]), "test": len(parts[1][0])},
        "settings": asdict(row),
        "median_test_accuracy": found,
        "runs": runs,
    }
    print(f"median test accuracy {found:.4f}, wanted {row.target}; recorded in {record(asked.row, result, asked.out)}")


if __name__ == "__main__":
    main()
