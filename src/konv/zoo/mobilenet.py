"""MobileNets: Howard et al., 2017, table 1; Sandler et al., *MobileNetV2: inverted residuals and linear bottlenecks*,
2018, table 2."""

from __future__ import annotations

from konv.graph import Tensor
from konv.layers import Add, Dense, Dropout, GlobalAveragePooling2D, Input
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import is_small, scaled, threefold

__all__ = ["inverted", "mobilenet_v1", "mobilenet_v2"]

# Filters of each 1×1 convolution, and the stride of the depthwise one before it.
V1 = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1),
    (1024, 2), (1024, 1),
)  # fmt: skip
# Table 2: expansion t, channels c, repetitions n, stride s of the first.
V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet_v1(input_shape: Shape = (224, 224, 3), classes: int = 1000, width: float = 1.0) -> Model:
    """Thirteen pairs of a depthwise 3×3 and a 1×1 convolution; 4,231,976 parameters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the first convolution has stride 1; `classes`; `width`, by
    which channels are multiplied (the paper's α).
    """
    image = Input(input_shape, name="input")
    x = threefold(image, scaled(32, width), 3, 1 if is_small(input_shape) else 2, name="conv1")  # 112×112
    for number, (filters, strides) in enumerate(V1, 2):
        x = threefold(x, None, 3, strides, name=f"conv{number}_depthwise")
        x = threefold(x, scaled(filters, width), 1, name=f"conv{number}_pointwise")
    x = GlobalAveragePooling2D(name="pool")(x)
    return Model(image, Dense(classes, activation="softmax", name="fc")(x), name="mobilenet_v1")


def mobilenet_v2(input_shape: Shape = (224, 224, 3), classes: int = 1000, width: float = 1.0) -> Model:
    """Seventeen inverted residuals: wide inside, where depthwise filters work, narrow between; 3,504,872 parameters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the first convolution has stride 1; `classes`; `width`, by
    which channels are multiplied, to multiples of 8; the last 1,280 only where it is above 1.
    """
    image = Input(input_shape, name="input")
    x = threefold(image, scaled(32, width, of=8), 3, 1 if is_small(input_shape) else 2, "relu6", name="conv1")
    for stage, (expansion, channels, count, strides) in enumerate(V2, 1):
        for number in range(1, count + 1):
            filters = scaled(channels, width, of=8)
            x = inverted(x, expansion, filters, 3, strides if number == 1 else 1, f"block{stage}_{number}")
    x = threefold(x, scaled(1280, max(width, 1.0), of=8), 1, activation="relu6", name="conv_last")
    x = Dropout(0.2, name="drop")(GlobalAveragePooling2D(name="pool")(x))
    return Model(image, Dense(classes, activation="softmax", name="fc")(x), name="mobilenet_v2")


def inverted(x: Tensor, expansion: int, filters: int, kernel: int, strides: int, name: str) -> Tensor:
    """1×1 up to `expansion` times as many channels, depthwise, 1×1 down to `filters`, no bend after it: table 1 of V2.

    Where shapes allow, `x` is added to what comes out.
    """
    y = x if expansion == 1 else threefold(x, expansion * x.shape[2], 1, activation="relu6", name=f"{name}_expand")
    y = threefold(y, None, kernel, strides, "relu6", name=f"{name}_depthwise")
    y = threefold(y, filters, 1, activation=None, name=f"{name}_project")
    if strides == 1 and x.shape[2] == filters:
        y = Add(name=f"{name}_add")([x, y])
    return y
