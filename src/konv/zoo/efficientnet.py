"""EfficientNet-Lite0: Tan & Le, *EfficientNet: rethinking model scaling*, 2019, table 1, as phones like it.

Lite: no squeeze-and-excitation, ReLU6 in place of swish (Liu, *Higher accuracy on vision models with
EfficientNet-Lite*, TensorFlow blog, 2020).
"""

from __future__ import annotations

from konv.layers import Dense, Dropout, GlobalAveragePooling2D, Input
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import is_small, scaled, threefold
from konv.zoo.mobilenet import inverted

__all__ = ["efficientnet_lite0"]

# Table 1: expansion, kernel, channels, repetitions, stride of the first.
STAGES = (
    (1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2), (6, 5, 112, 3, 1), (6, 5, 192, 4, 2),
    (6, 3, 320, 1, 1),
)  # fmt: skip


def efficientnet_lite0(input_shape: Shape = (224, 224, 3), classes: int = 1000, width: float = 1.0) -> Model:
    """MobileNetV2's blocks in numbers, kernels and widths that were searched for; 4,652,008 parameters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the first convolution has stride 1; `classes`; `width`, by
    which channels are multiplied, to multiples of 8; the first 32 and the last 1,280 are not, as in all Lite networks.
    """
    image = Input(input_shape, name="input")
    x = threefold(image, 32, 3, 1 if is_small(input_shape) else 2, "relu6", name="conv1")
    for stage, (expansion, kernel, channels, count, strides) in enumerate(STAGES, 2):
        for number in range(1, count + 1):
            filters = scaled(channels, width, of=8)
            x = inverted(x, expansion, filters, kernel, strides if number == 1 else 1, f"block{stage}_{number}")
    x = threefold(x, 1280, 1, activation="relu6", name="conv_last")
    x = Dropout(0.2, name="drop")(GlobalAveragePooling2D(name="pool")(x))
    return Model(image, Dense(classes, activation="softmax", name="fc")(x), name="efficientnet_lite0")
