"""Small data sets for scripts, in a folder for `KONV_DATA`: clothes for digits, squares of colour for photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from konv import data

COUNTS = (160, 64)


def sets() -> dict[str, dict[str, np.ndarray]]:
    """The arrays of each published set, by its name: every class is there."""
    clothes = data.load(None)
    training, test = clothes.for_training(0.2, 0)
    found = {}
    grey = {}
    for part, name, count in ((training, "train", COUNTS[0]), (test, "test", COUNTS[1])):
        images = part.x[:count].reshape(-1, 28, 28)
        grey[f"x_{name}"] = images if images.dtype == np.uint8 else (images * 255).astype(np.uint8)
        grey[f"y_{name}"] = part.y[:count].astype(np.uint8).ravel()
    found["mnist"] = found["fashion_mnist"] = grey
    rng = np.random.default_rng(3)
    colour = {}
    for name, count in zip(("train", "test"), COUNTS, strict=True):
        labels = np.arange(count) % 10
        tint = np.stack([labels * 25, 255 - labels * 25, labels % 2 * 255], -1)[:, None, None]
        noise = rng.integers(0, 60, (count, 32, 32, 3))
        colour[f"x_{name}"] = np.clip(tint * 0.7 + noise, 0, 255).astype(np.uint8)
        colour[f"y_{name}"] = labels.astype(np.uint8)[:, None]
    found["cifar10"] = colour
    return found


def write(folder: Path) -> None:
    """Write them all as `NAME.npz`."""
    for name, arrays in sets().items():
        np.savez(folder / f"{name}.npz", **arrays)
