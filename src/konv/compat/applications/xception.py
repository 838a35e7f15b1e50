"""Xception: Chollet, *Xception: deep learning with depthwise separable convolutions*, 2017, figure 5."""

from __future__ import annotations

from konv import layers
from konv.compat.applications.recipe import application
from konv.graph import Tensor

__all__ = ["Xception"]


@application("xception", size=299)
def Xception(x: Tensor) -> Tensor:
    """Xception; 22,910,480 parameters with its top; images from 71×71 on. Arguments: see `application`."""
    for number, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{number}"
        x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=name)(x)
        x = layers.Activation("relu", name=f"{name}_act")(layers.BatchNormalization(name=f"{name}_bn")(x))
    for block, widths in ((2, (128, 128)), (3, (256, 256)), (4, (728, 728))):
        x = _down(x, block, widths)
    for block in range(5, 13):
        y = x
        for number in (1, 2, 3):
            y = _separable(_relu(y, f"block{block}_sepconv{number}"), 728, f"block{block}_sepconv{number}")
        x = layers.Add()([y, x])
    x = _down(x, 13, (728, 1024))
    for number, filters in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{number}"
        x = _relu(_separable(x, filters, name), name)
    return x


def _down(x: Tensor, block: int, widths: tuple[int, int]) -> Tensor:
    """Two separable convolutions and a pool, beside a 1×1 convolution of stride 2."""
    short = layers.BatchNormalization()(layers.Conv2D(widths[1], 1, strides=2, padding="same", use_bias=False)(x))
    for number, filters in enumerate(widths, 1):
        name = f"block{block}_sepconv{number}"
        x = _separable(x if (block, number) == (2, 1) else _relu(x, name), filters, name)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    made: Tensor = layers.Add()([x, short])
    return made


def _separable(x: Tensor, filters: int, name: str) -> Tensor:
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    made: Tensor = layers.BatchNormalization(name=f"{name}_bn")(x)
    return made


def _relu(x: Tensor, name: str) -> Tensor:
    made: Tensor = layers.Activation("relu", name=f"{name}_act")(x)
    return made
