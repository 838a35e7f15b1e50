"""GoogLeNet: Szegedy et al., *Going deeper with convolutions*, 2015, table 1."""

from __future__ import annotations

from konv.graph import Tensor
from konv.layers import (
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    LocalResponseNormalization,
    MaxPooling2D,
)
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import is_small, scaled

__all__ = ["googlenet"]

# Table 1: filters of 1×1; of the 1×1 before 3×3 and of 3×3; of the 1×1 before 5×5 and of 5×5; of the 1×1 after pooling.
INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(
    input_shape: Shape = (224, 224, 3), classes: int = 1000, width: float = 1.0, auxiliary: bool = False
) -> Model:
    """Nine inception modules: filters of three sizes side by side, each behind a 1×1 convolution that saves channels.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the stem has neither stride nor first pooling; `classes`;
    `width`, by which channels are multiplied; `auxiliary`, whether the two classifiers in the middle, which only help
    to train (the paper gives their losses a weight of 0.3), are outputs too.
    Returns: the model, not compiled: 6,998,552 parameters for 224×224×3 images of 1,000 classes, 13,378,280 with the
    auxiliary classifiers.
    Raises: ShapeError where the images are too small.
    """
    image = Input(input_shape, name="input")
    if is_small(input_shape):
        x = _conv(image, scaled(64, width), 3, "conv1")
    else:
        x = _conv(image, scaled(64, width), 7, "conv1", strides=2)  # 224×224 → 112×112
        x = MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)  # 56×56
    x = LocalResponseNormalization(name="norm1")(x)
    x = _conv(x, scaled(64, width), 1, "conv2_reduce")
    x = _conv(x, scaled(192, width), 3, "conv2")
    x = LocalResponseNormalization(name="norm2")(x)
    x = MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)  # 28×28
    outputs = []
    for stage, sizes in INCEPTION.items():
        x = _inception(x, [scaled(n, width) for n in sizes], f"inception{stage}")
        if stage in ("3b", "4e"):
            x = MaxPooling2D(3, strides=2, padding="same", name=f"pool{stage[0]}")(x)  # 14×14, 7×7
        if auxiliary and stage in ("4a", "4d"):
            outputs.append(_auxiliary(x, classes, width, f"auxiliary{stage}"))
    x = GlobalAveragePooling2D(name="pool5")(x)
    x = Dropout(0.4, name="drop")(x)
    x = Dense(classes, activation="softmax", name="classifier")(x)
    return Model(image, [x, *outputs] if auxiliary else x, name="googlenet")


def _conv(x: Tensor, filters: int, kernel: int, name: str, strides: int = 1) -> Tensor:
    y: Tensor = Conv2D(filters, kernel, strides=strides, padding=kernel // 2, activation="relu",
                       kernel_initializer="he_normal", name=name)(x)  # fmt: skip
    return y


def _inception(x: Tensor, filters: list[int], name: str) -> Tensor:
    """Four ways side by side: figure 2(b) of the paper."""
    one, reduce3, three, reduce5, five, after = filters
    ways = [
        _conv(x, one, 1, f"{name}_1x1"),
        _conv(_conv(x, reduce3, 1, f"{name}_3x3_reduce"), three, 3, f"{name}_3x3"),
        _conv(_conv(x, reduce5, 1, f"{name}_5x5_reduce"), five, 5, f"{name}_5x5"),
        _conv(MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x), after, 1, f"{name}_pool_proj"),
    ]
    joined: Tensor = Concatenate(name=name)(ways)
    return joined


def _auxiliary(x: Tensor, classes: int, width: float, name: str) -> Tensor:
    """A classifier in the middle: section 5 of the paper; on maps below 5 × 5 it averages nothing."""
    if min(x.shape[:2]) >= 5:
        x = AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)
    x = _conv(x, scaled(128, width), 1, f"{name}_conv")
    x = Dense(scaled(1024, width), activation="relu", name=f"{name}_fc")(Flatten(name=f"{name}_flatten")(x))
    y: Tensor = Dense(classes, activation="softmax", name=name)(Dropout(0.7, name=f"{name}_drop")(x))
    return y
