"""ZFNet: Zeiler & Fergus, *Visualizing and understanding convolutional networks*, 2014, figure 3."""

from __future__ import annotations

from konv.layers import Conv2D, Dense, Dropout, Flatten, LocalResponseNormalization, MaxPooling2D
from konv.models import Sequential
from konv.shapes import Shape
from konv.zoo.blocks import is_small, scaled

__all__ = ["zfnet"]


def zfnet(input_shape: Shape = (224, 224, 3), classes: int = 1000, width: float = 1.0) -> Sequential:
    """AlexNet with a finer first layer, 7×7 at stride 2, chosen by looking at what AlexNet's features had missed.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the first two convolutions have 5×5 filters and stride 1;
    `classes`; `width`, by which channels and units are multiplied.
    Returns: the model, not compiled: 62,357,608 parameters for 224×224×3 images of 1,000 classes.
    Raises: ShapeError where the images are too small.
    Example: `zfnet((64, 64, 3), classes=10, width=0.25)`.
    """
    c1, c2, c3, c5 = (scaled(n, width) for n in (96, 256, 384, 256))
    units = scaled(4096, width)
    if is_small(input_shape):
        first = Conv2D(c1, 5, padding=2, activation="relu", input_shape=input_shape, name="conv1")
        second = Conv2D(c2, 5, padding=2, activation="relu", name="conv2")
    else:
        first = Conv2D(c1, 7, strides=2, padding=1, activation="relu", input_shape=input_shape, name="conv1")
        second = Conv2D(c2, 5, strides=2, activation="relu", name="conv2")
    return Sequential([
        first,                                                                  # 224×224 → 110×110
        MaxPooling2D(3, strides=2, padding="same", name="pool1"),               # 55×55
        LocalResponseNormalization(name="norm1"),
        second,                                                                 # 26×26
        MaxPooling2D(3, strides=2, padding="same", name="pool2"),               # 13×13
        LocalResponseNormalization(name="norm2"),
        Conv2D(c3, 3, padding=1, activation="relu", name="conv3"),
        Conv2D(c3, 3, padding=1, activation="relu", name="conv4"),
        Conv2D(c5, 3, padding=1, activation="relu", name="conv5"),
        MaxPooling2D(3, strides=2, name="pool5"),                               # 6×6
        Flatten(name="flatten"),
        Dense(units, activation="relu", name="fc6"), Dropout(0.5, name="drop6"),
        Dense(units, activation="relu", name="fc7"), Dropout(0.5, name="drop7"),
        Dense(classes, activation="softmax", name="fc8"),
    ], name="zfnet")  # fmt: skip
