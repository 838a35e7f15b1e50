"""DenseNet: Huang, Liu, van der Maaten & Weinberger, *Densely connected convolutional networks*, 2017, table 1."""

from __future__ import annotations

from konv.graph import Tensor
from konv.layers import AveragePooling2D, Concatenate, Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import is_small, normalised, scaled, threefold

__all__ = ["densenet121", "densenet_bc"]

BOTTLENECK = 4
"""A 1×1 convolution makes so many times the growth rate before each 3×3: the B of DenseNet-BC."""
COMPRESSION = 0.5
"""The share of channels that a transition keeps: the C of DenseNet-BC."""


def densenet121(input_shape: Shape = (224, 224, 3), classes: int = 1000, width: float = 1.0) -> Model:
    """Four dense blocks of 6, 12, 24 and 16 layers that each add 32 channels; 7,978,856 parameters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the stem is one 3×3 convolution; `classes`; `width`, by which
    channels and the growth rate are multiplied.
    """
    growth = scaled(32, width)
    image = Input(input_shape, name="input")
    if is_small(input_shape):
        x = threefold(image, 2 * growth, 3, name="conv1")
    else:
        x = threefold(image, 2 * growth, 7, strides=2, name="conv1")  # 224×224 → 112×112
        x = MaxPooling2D(3, strides=2, padding=1, name="pool1")(x)  # 56×56
    return _dense("densenet121", image, x, (6, 12, 24, 16), growth, classes)


def densenet_bc(
    input_shape: Shape = (32, 32, 3), classes: int = 10, width: float = 1.0, depth: int = 40, growth: int = 12
) -> Model:
    """The paper's CIFAR network DenseNet-BC: three dense blocks; 176,122 parameters, 769,162 at depth 100.

    Arguments: `input_shape`, `(H, W, C)`; `classes`; `width`, by which the growth rate is multiplied; `depth`, layers
    with weights, 6n + 4 (the paper's L); `growth`, channels that each layer adds (the paper's k).
    """
    growth = scaled(growth, width)
    image = Input(input_shape, name="input")
    x = Conv2D(2 * growth, 3, padding=1, use_bias=False, kernel_initializer="he_normal", name="conv1")(image)
    return _dense("densenet_bc", image, x, ((depth - 4) // 6,) * 3, growth, classes)


def _dense(name: str, image: Tensor, x: Tensor, counts: tuple[int, ...], growth: int, classes: int) -> Model:
    """Dense blocks of so many layers, a transition between each and the next, the mean of each channel, one layer."""
    for block, count in enumerate(counts, 1):
        for number in range(1, count + 1):
            x = Concatenate(name=f"block{block}_{number}")([x, _layer(x, growth, f"block{block}_{number}")])
        if block < len(counts):
            x = _transition(x, f"transition{block}")
    x = GlobalAveragePooling2D(name="pool")(normalised(x, name="last"))
    return Model(image, Dense(classes, activation="softmax", name="fc")(x), name=name)


def _layer(x: Tensor, growth: int, name: str) -> Tensor:
    """What a layer adds: normalised, 1×1 to 4k channels, normalised, 3×3 to k."""
    y = Conv2D(BOTTLENECK * growth, 1, use_bias=False, kernel_initializer="he_normal", name=f"{name}_1x1")(
        normalised(x, name=f"{name}_0")
    )
    added: Tensor = Conv2D(
        growth, 3, padding=1, use_bias=False, kernel_initializer="he_normal", name=f"{name}_3x3"
    )(normalised(y, name=f"{name}_1"))  # fmt: skip
    return added


def _transition(x: Tensor, name: str) -> Tensor:
    """Half the channels by a 1×1 convolution, half the height and width by averaging."""
    y = Conv2D(int(x.shape[2] * COMPRESSION), 1, use_bias=False, kernel_initializer="he_normal", name=f"{name}_1x1")(
        normalised(x, name=name)
    )
    smaller: Tensor = AveragePooling2D(2, name=f"{name}_pool")(y)
    return smaller
