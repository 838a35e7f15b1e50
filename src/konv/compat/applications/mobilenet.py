"""MobileNets as Keras has them: Howard et al., 2017, table 1; Sandler et al., 2018, table 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from konv import layers
from konv.compat.applications.recipe import Asked, Recipe, padded
from konv.compat.models import Model
from konv.graph import Tensor
from konv.zoo.blocks import scaled
from konv.zoo.mobilenet import V1, V2

__all__ = ["MobileNet", "MobileNetV2"]

V1_FILES = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}
"""How the names of Keras's files write the width."""


def MobileNet(
    input_shape: Sequence[int] | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Tensor | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: str = "softmax",
    name: str | None = None,
    **others: Any,
) -> Model:
    """MobileNet; 4,253,864 parameters with its top.

    Arguments: `alpha`, by which channels are multiplied; `depth_multiplier`, of the depthwise convolutions; `dropout`
    before the last layer; the others as of `application`. Raises: see there.
    """
    side = _side(input_shape, input_tensor)

    def body(x: Tensor, asked: Asked) -> Tensor:
        x = layers.Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
        x = _active(x, "conv1")
        for number, (filters, strides) in enumerate(V1, 1):
            if strides > 1:
                x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
            x = layers.DepthwiseConv2D(
                3, strides, "same" if strides == 1 else "valid", depth_multiplier, use_bias=False,
                name=f"conv_dw_{number}",
            )(x)  # fmt: skip
            x = _active(x, f"conv_dw_{number}")
            x = layers.Conv2D(int(filters * alpha), 1, padding="same", use_bias=False, name=f"conv_pw_{number}")(x)
            x = _active(x, f"conv_pw_{number}")
        return x

    def top(x: Tensor, asked: Asked) -> Tensor:
        x = layers.Dropout(dropout, name="dropout")(layers.GlobalAveragePooling2D(keepdims=True)(x))
        x = layers.Conv2D(asked.classes, 1, padding="same", name="conv_preds")(x)
        x = layers.Reshape((asked.classes,), name="reshape_2")(x)
        made: Tensor = layers.Activation(asked.activation, name="predictions")(x)
        return made

    file = f"mobilenet_{V1_FILES.get(alpha, alpha)}_{side}_tf{{}}.h5"
    recipe = Recipe(f"mobilenet_{alpha:.2f}_{side}", body, top, file=file, without="_no_top")
    asked = Asked(include_top, weights, pooling, classes, classifier_activation)
    return recipe.model(asked, input_tensor, input_shape, name)


def MobileNetV2(
    input_shape: Sequence[int] | None = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Tensor | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: str = "softmax",
    name: str | None = None,
    **others: Any,
) -> Model:
    """MobileNetV2; 3,538,984 parameters with its top.

    Arguments: `alpha`, by which channels are multiplied, to multiples of 8; the others as of `application`.
    Raises: see there.
    """
    side = _side(input_shape, input_tensor)

    def body(x: Tensor, asked: Asked) -> Tensor:
        filters = scaled(32, alpha, of=8)
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False, name="Conv1")(x)
        x = layers.ReLU(6.0, name="Conv1_relu")(_normed(x, "bn_Conv1"))
        number = 0
        for expansion, channels, count, strides in V2:
            for repeat in range(count):
                width = scaled(int(channels * alpha), 1, of=8)
                x = _inverted(x, expansion, width, strides if repeat == 0 else 1, number)
                number += 1
        x = layers.Conv2D(scaled(1280, max(alpha, 1.0), of=8), 1, use_bias=False, name="Conv_1")(x)
        made: Tensor = layers.ReLU(6.0, name="out_relu")(_normed(x, "Conv_1_bn"))
        return made

    def top(x: Tensor, asked: Asked) -> Tensor:
        x = layers.GlobalAveragePooling2D()(x)
        made: Tensor = layers.Dense(asked.classes, activation=asked.activation, name="predictions")(x)
        return made

    file = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{side}{{}}.h5"
    recipe = Recipe(f"mobilenetv2_{alpha:.2f}_{side}", body, top, file=file, without="_no_top")
    asked = Asked(include_top, weights, pooling, classes, classifier_activation)
    return recipe.model(asked, input_tensor, input_shape, name)


def _inverted(x: Tensor, expansion: int, filters: int, strides: int, number: int) -> Tensor:
    """1×1 up, depthwise, 1×1 down without a bend; beside a shortcut where shapes allow."""
    name = f"block_{number}" if number else "expanded_conv"
    y = x
    if number:
        y = layers.Conv2D(expansion * x.shape[2], 1, padding="same", use_bias=False, name=f"{name}_expand")(y)
        y = layers.ReLU(6.0, name=f"{name}_expand_relu")(_normed(y, f"{name}_expand_BN"))
    if strides > 1:
        y = padded(y, 3, f"{name}_pad")
    padding = "same" if strides == 1 else "valid"
    y = layers.DepthwiseConv2D(3, strides, padding, use_bias=False, name=f"{name}_depthwise")(y)
    y = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(_normed(y, f"{name}_depthwise_BN"))
    y = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}_project")(y)
    y = _normed(y, f"{name}_project_BN")
    if strides == 1 and x.shape[2] == filters:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y


def _active(x: Tensor, name: str) -> Tensor:
    made: Tensor = layers.ReLU(6.0, name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_bn")(x))
    return made


def _normed(x: Tensor, name: str) -> Tensor:
    made: Tensor = layers.BatchNormalization(momentum=0.999, name=name)(x)
    return made


def _side(shape: Sequence[int] | None, tensor: Tensor | None) -> int:
    """The rows of an image, which are in the names of models and files: 224 where they say nothing."""
    found = shape or (tensor.shape if tensor is not None else (224,))
    return found[0]
