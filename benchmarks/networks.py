"""The networks of the benchmarks, in the words of Keras, konv and PyTorch: the notes', the made ones, and some of the
literature, for konv and PyTorch alone."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from known import KNOWN, konv_flop, torch_known
from made import MADE

NAMES = ("notes", *MADE, *KNOWN)
LEARNING_RATE = 1e-4


def notes(words: ModuleType, input_shape: tuple[int, int, int] = (32, 32, 3), classes: int = 10) -> Any:
    """The CIFAR-10 example network of Keras, built with `words`: the module `keras` or the module `konv`."""
    layers = words.layers
    return words.models.Sequential(
        [
            layers.Input(input_shape),
            layers.Conv2D(32, (3, 3), padding="same", activation="relu"),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Conv2D(64, (3, 3), padding="same", activation="relu"),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def notes_torch(torch: ModuleType, classes: int = 10) -> Any:
    """The same network for 32×32×3 images in PyTorch's words, giving logits."""
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(),
        nn.Conv2d(32, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(2304, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, classes),
    )  # fmt: skip


def notes_flop() -> int:
    """Floating-point operations of one training step for one 32×32×3 image: 122.7 million.

    Each multiply-add of the forward pass counts two operations, and is done three times (forward, data gradient,
    weight gradient), except that the first layer needs no data gradient.
    """
    first = 3 * 3 * 3 * 32 * 32 * 32
    others = 9 * 32 * 32 * 30 * 30 + 9 * 32 * 64 * 15 * 15 + 9 * 64 * 64 * 13 * 13 + 2304 * 512 + 512 * 10
    return 2 * (2 * first + 3 * others)


def image(name: str) -> tuple[int, int, int]:
    """The shape of the images a network is for: rows, columns, channels."""
    return (MADE[name].size, MADE[name].size, 3) if name in MADE else (32, 32, 3)


def flop(name: str) -> int:
    """Floating-point operations of one training step of a network for one image."""
    if name in KNOWN:
        return konv_flop(keras_network(name, import_module("konv")))
    return MADE[name].flop() if name in MADE else notes_flop()


def keras_network(name: str, words: ModuleType) -> Any:
    """A network in the words of the module `keras` or the module `konv`."""
    if name in KNOWN:
        if not hasattr(words, "zoo"):
            raise NotImplementedError(f"{name} is written in the words of konv and PyTorch")
        return words.zoo.build(name, input_shape=image(name), classes=10)
    return MADE[name].keras(words) if name in MADE else notes(words)


def torch_network(name: str, torch: ModuleType) -> Any:
    """A network in PyTorch's words, giving logits."""
    if name in KNOWN:
        return torch_known(name, torch)
    return MADE[name].torch(torch) if name in MADE else notes_torch(torch)
