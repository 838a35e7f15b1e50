"""EfficientNets as Keras has them: Tan & Le, *EfficientNet: rethinking model scaling*, 2019, tables 1 and 8."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np

from konv import layers
from konv.compat.applications.recipe import Asked, Recipe, builder, padded
from konv.compat.models import Model
from konv.graph import Tensor
from konv.initializers import VarianceScaling
from konv.zoo.blocks import scaled
from konv.zoo.efficientnet import STAGES

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
]

DROPPED = 0.2
"""The share of samples that the last block would drop; earlier ones less, in proportion to their number."""
DEVIATION = (0.229, 0.224, 0.225)
"""Of the pixels of ImageNet, from 0 to 1: red, green, blue."""


def _network(number: int, width: float, depth: float, size: int, dropout: float) -> Callable[..., Model]:
    def body(x: Tensor, asked: Asked) -> Tensor:
        normal = layers.Normalization()
        x = normal(layers.Rescaling(1 / 255)(x))
        normal.set_weights([np.zeros(x.shape[2], "float32"), np.ones(x.shape[2], "float32")])
        if asked.weights == "imagenet":  # Keras's weights had seen pixels divided by their variance
            x = layers.Rescaling([deviation**-0.5 for deviation in DEVIATION])(x)
        x = padded(x, 3, "stem_conv_pad")
        x = _conv(x, scaled(32, width, of=8), 3, "stem_conv", strides=2, padding="valid")
        x = _active(x, "stem_")
        counts = [ceil(depth * count) for _, _, _, count, _ in STAGES]
        done = 0
        for stage, (count, (expansion, kernel, channels, _, strides)) in enumerate(zip(counts, STAGES, strict=True), 1):
            for repeat in range(count):
                name = f"block{stage}{chr(ord('a') + repeat)}_"
                drop = DROPPED * done / sum(counts)
                x = _block(x, expansion, kernel, scaled(channels, width, of=8), 1 if repeat else strides, drop, name)
                done += 1
        return _active(_conv(x, scaled(1280, width, of=8), 1, "top_conv"), "top_")

    def top(x: Tensor, asked: Asked) -> Tensor:
        x = layers.Dropout(dropout, name="top_dropout")(layers.GlobalAveragePooling2D(name="avg_pool")(x))
        begin = VarianceScaling(1 / 3, "fan_out", "uniform")
        made: Tensor = layers.Dense(
            asked.classes, activation=asked.activation, kernel_initializer=begin, name="predictions"
        )(x)
        return made

    name = f"efficientnetb{number}"
    about = f"EfficientNet-B{number}, for images of {size}×{size}. Arguments: see `application`."
    return builder(Recipe(name, body, top, size, f"{name}{{}}.h5", named=True), f"EfficientNetB{number}", about)


def _block(x: Tensor, expansion: int, kernel: int, filters: int, strides: int, drop: float, name: str) -> Tensor:
    """An inverted residual with a gate on its channels: squeeze-and-excitation (Hu et al., 2018, figure 1)."""
    channels = x.shape[2]
    y: Tensor = x
    if expansion > 1:
        y = _active(_conv(y, expansion * channels, 1, f"{name}expand_conv"), f"{name}expand_")
    if strides > 1:
        y = padded(y, kernel, f"{name}dwconv_pad")
    y = layers.DepthwiseConv2D(
        kernel, strides, "same" if strides == 1 else "valid", use_bias=False, depthwise_initializer=_begin(),
        name=f"{name}dwconv",
    )(y)  # fmt: skip
    y = _active(y, name)
    gate = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(y)
    gate = layers.Reshape((1, 1, y.shape[2]), name=f"{name}se_reshape")(gate)
    gate = _conv(gate, max(1, channels // 4), 1, f"{name}se_reduce", use_bias=True, activation="silu")
    gate = _conv(gate, y.shape[2], 1, f"{name}se_expand", use_bias=True, activation="sigmoid")
    y = layers.Multiply(name=f"{name}se_excite")([y, gate])
    y = layers.BatchNormalization(name=f"{name}project_bn")(_conv(y, filters, 1, f"{name}project_conv"))
    if strides == 1 and channels == filters:
        if drop > 0:
            y = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
        y = layers.Add(name=f"{name}add")([y, x])
    return y


def _conv(x: Tensor, filters: int, kernel: int, name: str, **options: object) -> Tensor:
    given = {"padding": "same", "use_bias": False, "kernel_initializer": _begin(), "name": name, **options}
    made: Tensor = layers.Conv2D(filters, kernel, **given)(x)  # type: ignore[arg-type]
    return made


def _begin() -> VarianceScaling:
    return VarianceScaling(2.0, "fan_out", "truncated_normal")


def _active(x: Tensor, name: str) -> Tensor:
    x = layers.BatchNormalization(name=f"{name}bn")(x)
    made: Tensor = layers.Activation("silu", name=f"{name}activation")(x)
    return made


# Width, depth, side of the images, dropout.
EfficientNetB0 = _network(0, 1.0, 1.0, 224, 0.2)
EfficientNetB1 = _network(1, 1.0, 1.1, 240, 0.2)
EfficientNetB2 = _network(2, 1.1, 1.2, 260, 0.3)
EfficientNetB3 = _network(3, 1.2, 1.4, 300, 0.3)
EfficientNetB4 = _network(4, 1.4, 1.8, 380, 0.4)
EfficientNetB5 = _network(5, 1.6, 2.2, 456, 0.4)
EfficientNetB6 = _network(6, 1.8, 2.6, 528, 0.5)
EfficientNetB7 = _network(7, 2.0, 3.1, 600, 0.5)
