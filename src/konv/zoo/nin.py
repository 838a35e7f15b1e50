"""Network in Network: Lin, Chen & Yan, 2014, figure 2, in the sizes of the authors' CIFAR-10 network."""

from __future__ import annotations

from typing import Any

from konv.layers import Activation, AveragePooling2D, Conv2D, Dropout, GlobalAveragePooling2D, MaxPooling2D
from konv.models import Sequential
from konv.shapes import Shape
from konv.zoo.blocks import scaled

__all__ = ["nin"]


def nin(input_shape: Shape = (32, 32, 3), classes: int = 10, width: float = 1.0) -> Sequential:
    """Three convolutions, each followed by a little network of 1×1 convolutions at every place; no dense layer.

    Arguments: `input_shape`, `(H, W, C)`, at least 8 × 8; `classes`; `width`, by which channels are multiplied.
    Returns: the model, not compiled: 966,986 parameters for 32×32×3 images of 10 classes. The last 1×1 convolution
    makes one map a class, whose mean is the score: section 3.2 of the paper.
    Raises: ShapeError where the images are too small.
    Source of the sizes: the authors' `nin_cifar10`.
    """
    c1, m1, m2, c2 = (scaled(n, width) for n in (192, 160, 96, 192))

    def conv(filters: int, kernel: int, name: str, **first: Any) -> Conv2D:
        return Conv2D(filters, kernel, padding="same", activation="relu", kernel_initializer="he_normal", name=name,
                      **first)  # fmt: skip

    return Sequential([
        conv(c1, 5, "conv1", input_shape=input_shape), conv(m1, 1, "mlp1_1"), conv(m2, 1, "mlp1_2"),
        MaxPooling2D(3, strides=2, padding="same", name="pool1"), Dropout(0.5, name="drop1"),        # 16×16
        conv(c2, 5, "conv2"), conv(c2, 1, "mlp2_1"), conv(c2, 1, "mlp2_2"),
        AveragePooling2D(3, strides=2, padding="same", name="pool2"), Dropout(0.5, name="drop2"),    # 8×8
        conv(c2, 3, "conv3"), conv(c2, 1, "mlp3_1"), conv(classes, 1, "mlp3_2"),
        GlobalAveragePooling2D(name="pool3"),
        Activation("softmax", name="softmax"),
    ], name="nin")  # fmt: skip
