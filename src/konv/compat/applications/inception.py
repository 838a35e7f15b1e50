"""Inception-v3: Szegedy et al., *Rethinking the Inception architecture for computer vision*, 2016, section 6.

Its layers have the names that Keras gives of itself, `conv2d_17`, but for those that join branches.
"""

from __future__ import annotations

from typing import Any

from konv import layers
from konv.compat.applications.recipe import application
from konv.graph import Tensor

__all__ = ["InceptionV3"]

ROW, COLUMN = (1, 7), (7, 1)


@application("inception_v3", size=299)
def InceptionV3(x: Tensor) -> Tensor:
    """Inception-v3; 23,851,784 parameters with its top; images from 75×75 on. Arguments: see `application`."""
    x = _way(x, (32, 3, 2), padding="valid")
    x = _way(_way(x, (32, 3), padding="valid"), (64, 3))
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.MaxPooling2D(3, strides=2)(_way(x, (80, 1), (192, 3), padding="valid"))
    for number, channels in enumerate((32, 64, 64)):  # 35×35 maps of an image of 299×299; figure 5
        x = _mixed(
            number, _way(x, (64, 1)), _way(x, (48, 1), (64, 5)), _way(x, (64, 1), (96, 3), (96, 3)), _mean(x, channels)
        )
    x = _mixed(3, _way(x, (384, 3, 2)), _way(x, (64, 1), (96, 3), (96, 3, 2)), _largest(x))
    for number, c in enumerate((128, 160, 160, 192), 4):  # 17×17; figure 6
        x = _mixed(
            number,
            _way(x, (192, 1)),
            _way(x, (c, 1), (c, ROW), (192, COLUMN)),
            _way(x, (c, 1), (c, COLUMN), (c, ROW), (c, COLUMN), (192, ROW)),
            _mean(x, 192),
        )
    x = _mixed(
        8,
        _way(x, (192, 1), (320, 3, 2)),
        _way(x, (192, 1), (192, ROW), (192, COLUMN), (192, 3, 2)),
        _largest(x),
    )
    for number in (9, 10):  # 8×8; figure 7
        x = _mixed(
            number,
            _way(x, (320, 1)),
            _split(_way(x, (384, 1)), f"mixed9_{number - 9}"),
            _split(_way(x, (448, 1), (384, 3))),
            _mean(x, 192),
        )
    return x


def _way(x: Tensor, *steps: tuple[Any, ...], padding: str = "same") -> Tensor:
    """Convolutions one behind the other, each normalised: (filters, kernel), or (filters, kernel, strides) unpadded."""
    for filters, kernel, *strides in steps:
        step, around = (strides[0], "valid") if strides else (1, padding)
        x = layers.Conv2D(filters, kernel, step, around, use_bias=False)(x)
        x = layers.Activation("relu")(layers.BatchNormalization(scale=False)(x))
    return x


def _mixed(number: int, *ways: Tensor) -> Tensor:
    made: Tensor = layers.Concatenate(name=f"mixed{number}")(list(ways))
    return made


def _mean(x: Tensor, filters: int) -> Tensor:
    return _way(layers.AveragePooling2D(3, strides=1, padding="same")(x), (filters, 1))


def _largest(x: Tensor) -> Tensor:
    made: Tensor = layers.MaxPooling2D(3, strides=2)(x)
    return made


def _split(x: Tensor, name: str | None = None) -> Tensor:
    """A row of three and a column of three side by side."""
    made: Tensor = layers.Concatenate(name=name)([_way(x, (384, (1, 3))), _way(x, (384, (3, 1)))])
    return made
