"""VGG: Simonyan & Zisserman, *Very deep convolutional networks for large-scale image recognition*, 2015, table 1."""

from __future__ import annotations

from collections.abc import Sequence

from konv import layers
from konv.compat.applications.recipe import Asked, application
from konv.graph import Tensor

__all__ = ["VGG16", "VGG19"]


def _top(x: Tensor, asked: Asked) -> Tensor:
    x = layers.Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = layers.Dense(4096, activation="relu", name=name)(x)
    made: Tensor = layers.Dense(asked.classes, activation=asked.activation, name="predictions")(x)
    return made


@application("vgg16", top=_top)
def VGG16(x: Tensor) -> Tensor:
    """VGG-16, configuration D; 138,357,544 parameters with its top. Arguments: see `application`."""
    return _groups(x, (2, 2, 3, 3, 3))


@application("vgg19", top=_top)
def VGG19(x: Tensor) -> Tensor:
    """VGG-19, configuration E; 143,667,240 parameters with its top. Arguments: see `application`."""
    return _groups(x, (2, 2, 4, 4, 4))


def _groups(x: Tensor, counts: Sequence[int]) -> Tensor:
    for group, (count, filters) in enumerate(zip(counts, (64, 128, 256, 512, 512), strict=True), 1):
        for number in range(1, count + 1):
            name = f"block{group}_conv{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, name=f"block{group}_pool")(x)
    return x
