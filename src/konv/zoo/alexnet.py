"""AlexNet: Krizhevsky, Sutskever & Hinton, *ImageNet classification with deep convolutional neural networks*, 2012."""

from __future__ import annotations

from konv.layers import Activation, Conv2D, Dense, Dropout, Flatten, Layer, LocalResponseNormalization, MaxPooling2D
from konv.models import Sequential
from konv.shapes import Shape
from konv.zoo.blocks import is_small, scaled

__all__ = ["alexnet", "alexnet_one_tower"]


def alexnet(input_shape: Shape = (227, 227, 3), classes: int = 1000, width: float = 1.0) -> Sequential:
    """Five convolutions and three dense layers, in the two halves of the paper's two graphics cards.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the first convolution has 5×5 filters and stride 1;
    `classes`; `width`, by which channels and units are multiplied.
    Returns: the model, not compiled: 60,965,224 parameters for 227×227×3 images of 1,000 classes. (The paper says
    224 × 224, from which 11×11 filters at stride 4 do not make its 55 × 55 maps; 227 does.)
    Raises: ShapeError where the images are too small.
    Source: the paper's section 3.5 and figure 2; 3.3 for the normalisation, 3.4 for overlapping pooling, 4.2 for
    dropout.
    """
    c1, c2, c3, c5 = (scaled(n, width, of=2) for n in (96, 256, 384, 256))
    units = scaled(4096, width)
    return Sequential([
        *_first(c1, input_shape), *_relu("1"),                                  # 227×227 → 55×55
        LocalResponseNormalization(size=5, alpha=1e-4, beta=0.75, k=2, name="norm1"),
        MaxPooling2D(3, strides=2, name="pool1"),                               # 27×27
        Conv2D(c2, 5, padding=2, groups=2, name="conv2"), *_relu("2"),
        LocalResponseNormalization(size=5, alpha=1e-4, beta=0.75, k=2, name="norm2"),
        MaxPooling2D(3, strides=2, name="pool2"),                               # 13×13
        Conv2D(c3, 3, padding=1, name="conv3"), *_relu("3"),
        Conv2D(c3, 3, padding=1, groups=2, name="conv4"), *_relu("4"),
        Conv2D(c5, 3, padding=1, groups=2, name="conv5"), *_relu("5"),
        MaxPooling2D(3, strides=2, name="pool5"),                               # 6×6
        *_classifier(units, classes),
    ], name="alexnet")  # fmt: skip


def alexnet_one_tower(input_shape: Shape = (224, 224, 3), classes: int = 1000, width: float = 1.0) -> Sequential:
    """AlexNet for one processor: no groups, no normalisation, other numbers of filters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the first convolution has 5×5 filters and stride 1;
    `classes`; `width`, by which channels and units are multiplied.
    Returns: the model, not compiled: 61,100,840 parameters for 224×224×3 images of 1,000 classes.
    Raises: ShapeError where the images are too small.
    Source: Krizhevsky, *One weird trick for parallelizing convolutional neural networks*, 2014, in the sizes of
    torchvision's `alexnet`.
    """
    c1, c2, c3, c4, c5 = (scaled(n, width) for n in (64, 192, 384, 256, 256))
    units = scaled(4096, width)
    return Sequential([
        *_first(c1, input_shape, padding=2), *_relu("1"),                       # 224×224 → 55×55
        MaxPooling2D(3, strides=2, name="pool1"),                               # 27×27
        Conv2D(c2, 5, padding=2, name="conv2"), *_relu("2"),
        MaxPooling2D(3, strides=2, name="pool2"),                               # 13×13
        Conv2D(c3, 3, padding=1, name="conv3"), *_relu("3"),
        Conv2D(c4, 3, padding=1, name="conv4"), *_relu("4"),
        Conv2D(c5, 3, padding=1, name="conv5"), *_relu("5"),
        MaxPooling2D(3, strides=2, name="pool5"),                               # 6×6
        *_classifier(units, classes),
    ], name="alexnet_one_tower")  # fmt: skip


def _first(filters: int, shape: Shape, padding: int = 0) -> list[Layer]:
    if is_small(shape):
        return [Conv2D(filters, 5, padding=2, input_shape=shape, name="conv1")]
    return [Conv2D(filters, 11, strides=4, padding=padding, input_shape=shape, name="conv1")]


def _relu(number: str) -> list[Layer]:
    return [Activation("relu", name=f"relu{number}")]


def _classifier(units: int, classes: int) -> list[Layer]:
    return [
        Flatten(name="flatten"),
        Dense(units, name="fc6"), *_relu("6"), Dropout(0.5, name="drop6"),
        Dense(units, name="fc7"), *_relu("7"), Dropout(0.5, name="drop7"),
        Dense(classes, name="fc8"), Activation("softmax", name="softmax"),
    ]  # fmt: skip
