"""VGG: Simonyan & Zisserman, *Very deep convolutional networks for large-scale image recognition*, 2015, table 1."""

from __future__ import annotations

from typing import Any

from konv.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D
from konv.models import Sequential
from konv.shapes import Shape
from konv.zoo.blocks import scaled

__all__ = ["vgg11", "vgg16", "vgg19"]

IMAGENET: Shape = (224, 224, 3)
CHANNELS = (64, 128, 256, 512, 512)
"""Of each of the five groups of convolutions."""


def vgg11(input_shape: Shape = IMAGENET, classes: int = 1000, width: float = 1.0) -> Sequential:
    """Configuration A of the paper: 8 convolutions, 3 dense layers; 132,863,336 parameters.

    Arguments: `input_shape`, `(H, W, C)`; `classes`; `width`, by which channels and units are multiplied.
    """
    return _vgg("vgg11", (1, 1, 2, 2, 2), input_shape, classes, width)


def vgg16(input_shape: Shape = IMAGENET, classes: int = 1000, width: float = 1.0) -> Sequential:
    """Configuration D of the paper: 13 convolutions, 3 dense layers; 138,357,544 parameters.

    Arguments: `input_shape`, `(H, W, C)`; `classes`; `width`, by which channels and units are multiplied.
    """
    return _vgg("vgg16", (2, 2, 3, 3, 3), input_shape, classes, width)


def vgg19(input_shape: Shape = IMAGENET, classes: int = 1000, width: float = 1.0) -> Sequential:
    """Configuration E of the paper: 16 convolutions, 3 dense layers; 143,667,240 parameters.

    Arguments: `input_shape`, `(H, W, C)`; `classes`; `width`, by which channels and units are multiplied.
    """
    return _vgg("vgg19", (2, 2, 4, 4, 4), input_shape, classes, width)


def _vgg(name: str, groups: tuple[int, ...], input_shape: Shape, classes: int, width: float) -> Sequential:
    """Groups of 3×3 convolutions, each followed by pooling that halves the map (rounding up); three dense layers."""
    layers: list[Layer] = []
    for group, (count, channels) in enumerate(zip(groups, CHANNELS, strict=True), 1):
        for number in range(1, count + 1):
            first: dict[str, Any] = {} if layers else {"input_shape": input_shape}
            layers.append(
                Conv2D(scaled(channels, width), 3, padding="same", activation="relu", kernel_initializer="he_normal",
                       name=f"conv{group}_{number}", **first)
            )  # fmt: skip
        layers.append(MaxPooling2D(2, padding="same", name=f"pool{group}"))
    units = scaled(4096, width)
    return Sequential([
        *layers,
        Flatten(name="flatten"),
        Dense(units, activation="relu", name="fc6"), Dropout(0.5, name="drop6"),
        Dense(units, activation="relu", name="fc7"), Dropout(0.5, name="drop7"),
        Dense(classes, activation="softmax", name="fc8"),
    ], name=name)  # fmt: skip
