"""The notes' network on complete Fashion-MNIST: accuracy and time of several seeds, recorded.

    python benchmarks/fashion_mnist.py [--epochs 10] [--seeds 0 1 2] [--batch-size 128] [--learning-rate 0.001]

`KONV_DATA` names a folder with the original files; otherwise they are downloaded once.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

import konv
from common import RESULTS, machine, write
from networks import notes

CLASSES = 10


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--optimizer", choices=["Adam", "RMSprop", "SGD"], default="Adam")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result")
    return parser.parse_args()


def train(seed: int, data: tuple[tuple[Any, Any], tuple[Any, Any]], asked: argparse.Namespace) -> dict[str, Any]:
    """One run: its curves, its final test accuracy, and the seconds it took, compilation included."""
    (x, y), test = data
    konv.utils.set_random_seed(seed)
    model = notes(konv, x.shape[1:], CLASSES)
    optimizer = getattr(konv.optimizers, asked.optimizer)(learning_rate=asked.learning_rate)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    history = model.fit(x, y, asked.batch_size, asked.epochs, validation_data=test, verbose=2)
    seconds = time.perf_counter() - start
    curves = {name: [float(v) for v in values] for name, values in history.history.items()}
    return {"seed": seed, "test_accuracy": curves["val_accuracy"][-1], "seconds": seconds, "curves": curves}


def load() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Images in [0, 1] as `(N, 28, 28, 1)` and one-hot labels, for training and for testing."""
    hot = np.eye(CLASSES, dtype=np.float32)
    train_part, test_part = (
        ((x[..., None] / np.float32(255)), hot[y]) for x, y in konv.datasets.fashion_mnist.load_data()
    )
    return train_part, test_part


def page(result: dict[str, Any]) -> str:
    """The result as a short Markdown page."""
    settings, described = result["settings"], result["machine"]
    lines = [
        "# The notes' network on complete Fashion-MNIST",
        "",
        f"{settings['epochs']} epochs, {settings['optimizer']}, learning rate {settings['learning_rate']}, batch "
        f"{settings['batch_size']}; {described['processor']}, {described['cores']} cores; "
        f"konv {described['versions']['konv']}, {described['date']}.",
        "",
        "| seed | test accuracy | seconds |",
        "|---|---|---|",
        *(f"| {run['seed']} | {run['test_accuracy']:.2%} | {run['seconds']:.0f} |" for run in result["runs"]),
        f"| **median** | **{result['median_test_accuracy']:.2%}** | **{result['median_seconds']:.0f}** |",
        "",
        "Accuracy is that after the last epoch, not of the best one. Made by `benchmarks/fashion_mnist.py`; the curves",
        "are in the JSON file beside this page.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    asked = options()
    described = machine()
    data = load()
    runs = [train(seed, data, asked) for seed in asked.seeds]
    result = {
        "benchmark": "the notes' network on complete Fashion-MNIST",
        "machine": described,
        "settings": {key: value for key, value in vars(asked).items() if key != "out"},
        "median_test_accuracy": statistics.median(run["test_accuracy"] for run in runs),
        "median_seconds": statistics.median(run["seconds"] for run in runs),
        "runs": runs,
    }
    path = write("fashion_mnist", result, asked.out)
    path.with_suffix(".md").write_text(page(result), "utf-8")
    print(page(result))


if __name__ == "__main__":
    main()
