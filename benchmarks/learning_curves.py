"""From equal weights, does konv learn as Keras does? Both train on a part of Fashion-MNIST, seed by seed.

    python benchmarks/learning_curves.py [--epochs 3] [--seeds 0 1 2] [--images 6000] [--python PATH]

Both see the same samples in the same order, from the same initial weights; dropout draws differ. Keras (JAX backend)
runs in a process of its own, under `--python` where it lives in another environment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from common import RESULTS, machine, rounded, write
from networks import notes

OPTIMIZERS = {"Adam": 0.001, "RMSprop": 0.0001, "SGD": 0.05}
"""Optimisers and the learning rates they are tried with."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--images", type=int, default=6000, help="training images, at most 6,000 (the embedded set)")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="RMSprop")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has keras and jax")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result")
    parser.add_argument("--run", nargs=3, metavar=("MODULE", "DATA", "SETTINGS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def train(module: str, data: dict[str, np.ndarray], seed: int, settings: dict[str, Any]) -> dict[str, list[float]]:
    """The curves of one run of `module` (`konv` or `keras`): training and test loss and accuracy after each epoch."""
    words = import_module(module)
    words.utils.set_random_seed(seed)
    model = notes(words, data["x_train"].shape[1:])
    weights = [data[f"weight_{i}"] for i in range(len(model.get_weights()))]
    model.set_weights(weights)
    optimizer = getattr(words.optimizers, settings["optimizer"])(learning_rate=OPTIMIZERS[settings["optimizer"]])
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    curves: dict[str, list[float]] = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for epoch in range(settings["epochs"]):
        order = np.random.default_rng((seed, epoch)).permutation(settings["images"])
        history = model.fit(
            data["x_train"][order],
            data["y_train"][order],
            batch_size=settings["batch_size"],
            epochs=1,
            shuffle=False,
            verbose=0,
            validation_data=(data["x_test"], data["y_test"]),
        )
        for name, values in curves.items():
            values.append(float(history.history[name][-1]))
    return curves


def prepare(folder: Path, seed: int, settings: dict[str, Any]) -> Path:
    """A file with the images, the one-hot labels, and the initial weights both sides start from."""
    import konv
    import konv.data

    whole = konv.data.embedded()
    test = whole.test
    assert test is not None
    hot = np.eye(len(whole.classes), dtype=np.float32)
    part = np.random.default_rng(seed).permutation(len(whole))[: settings["images"]]
    konv.utils.set_random_seed(seed)
    weights = notes(konv, whole.shape).get_weights()
    path = folder / f"{seed}.npz"
    np.savez(
        path,
        x_train=whole.scaled()[part],
        y_train=hot[whole.y[part]],
        x_test=test.scaled(),
        y_test=hot[test.y],
        **{f"weight_{i}": weight for i, weight in enumerate(weights)},
    )
    return path


def in_own_process(python: str, module: str, data: Path, settings: dict[str, Any], seed: int) -> dict[str, list[float]]:
    """Train in a fresh process, and read the curves from the last line it prints."""
    command = [python, __file__, "--run", module, str(data), json.dumps({**settings, "seed": seed})]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """For each curve and epoch: both means, the spread (max − min) over seeds, and whether the ranges overlap."""
    found: dict[str, Any] = {}
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        ours, theirs = (np.array([run[module][name] for run in runs]) for module in ("konv", "keras"))
        apart = np.maximum(ours.min(0) - theirs.max(0), theirs.min(0) - ours.max(0))
        found[name] = {
            "konv_mean": ours.mean(0).tolist(),
            "keras_mean": theirs.mean(0).tolist(),
            "konv_spread": np.ptp(ours, axis=0).tolist(),
            "keras_spread": np.ptp(theirs, axis=0).tolist(),
            "ranges_overlap": (apart <= 0).tolist(),
        }
    return found


def page(result: dict[str, Any]) -> str:
    """The comparison as a short Markdown page."""
    settings = result["settings"]
    lines = [
        "# Learning curves from equal weights: konv and Keras (JAX backend)",
        "",
        f"The notes' network on {settings['images']:,} images of Fashion-MNIST, {settings['optimizer']}, batch "
        f"{settings['batch_size']}, seeds {', '.join(map(str, settings['seeds']))}: mean ± half the range over seeds.",
        "",
        "| curve | epoch | konv | Keras | ranges overlap |",
        "|---|---|---|---|---|",
    ]
    for name, curve in result["comparison"].items():
        for epoch in range(settings["epochs"]):
            ours, theirs = (
                f"{curve[f'{module}_mean'][epoch]:.4f} ± {curve[f'{module}_spread'][epoch] / 2:.4f}"
                for module in ("konv", "keras")
            )
            overlap = "yes" if curve["ranges_overlap"][epoch] else "no"
            lines.append(f"| {name} | {epoch + 1} | {ours} | {theirs} | {overlap} |")
    return "\n".join([*lines, "", "Made by `benchmarks/learning_curves.py`.", ""])


def main() -> None:
    asked = options()
    if asked.run:
        module, data, settings = asked.run
        chosen = json.loads(settings)
        print(json.dumps(train(module, dict(np.load(data)), chosen["seed"], chosen)))
        return
    settings = {key: getattr(asked, key) for key in ("epochs", "seeds", "images", "batch_size", "optimizer")}
    described = machine()
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in asked.seeds:
            data = prepare(Path(folder), seed, settings)
            run: dict[str, Any] = {"seed": seed}
            for module, python in (("konv", sys.executable), ("keras", asked.python)):
                run[module] = in_own_process(python, module, data, settings, seed)
                print(f"seed {seed}, {module}: {json.dumps(rounded(run[module]))}", flush=True)
            runs.append(run)
    comparison = compare(runs)
    result = {
        "benchmark": "learning curves from equal weights, konv and Keras (JAX backend)",
        "machine": described,
        "settings": settings,
        "comparison": comparison,
        "runs": runs,
    }
    path = write("learning_curves", result, asked.out)
    path.with_suffix(".md").write_text(page(result), "utf-8")
    print(page(result))


if __name__ == "__main__":
    main()
