"""ResNet: He, Zhang, Ren & Sun, *Deep residual learning for image recognition*, 2016, table 1 and section 4.2."""

from __future__ import annotations

from collections.abc import Callable

from konv import ops
from konv.graph import Tensor
from konv.layers import Activation, Add, Dense, GlobalAveragePooling2D, Input, MaxPooling2D
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import is_small, scaled, threefold

__all__ = ["resnet18", "resnet20", "resnet34", "resnet50", "resnet56"]

IMAGENET: Shape = (224, 224, 3)
CIFAR: Shape = (32, 32, 3)
Block = Callable[[Tensor, int, int, str], Tensor]


def resnet18(input_shape: Shape = IMAGENET, classes: int = 1000, width: float = 1.0) -> Model:
    """18 layers with weights, two 3×3 convolutions a block; 11,689,512 parameters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the stem is one 3×3 convolution; `classes`; `width`, by which
    channels are multiplied.
    """
    return _imagenet("resnet18", basic, (2, 2, 2, 2), input_shape, classes, width)


def resnet34(input_shape: Shape = IMAGENET, classes: int = 1000, width: float = 1.0) -> Model:
    """34 layers with weights, two 3×3 convolutions a block; 21,797,672 parameters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the stem is one 3×3 convolution; `classes`; `width`, by which
    channels are multiplied.
    """
    return _imagenet("resnet34", basic, (3, 4, 6, 3), input_shape, classes, width)


def resnet50(input_shape: Shape = IMAGENET, classes: int = 1000, width: float = 1.0) -> Model:
    """50 layers with weights, bottlenecks of 1×1, 3×3, 1×1 a block; 25,557,032 parameters.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the stem is one 3×3 convolution; `classes`; `width`, by which
    channels are multiplied.
    """
    return _imagenet("resnet50", bottleneck, (3, 4, 6, 3), input_shape, classes, width)


def resnet20(input_shape: Shape = CIFAR, classes: int = 10, width: float = 1.0) -> Model:
    """The CIFAR network of section 4.2 with n = 3: 20 layers with weights; 269,722 parameters.

    Arguments: `input_shape`, `(H, W, C)`; `classes`; `width`, by which channels are multiplied.
    """
    return _cifar("resnet20", 3, input_shape, classes, width)


def resnet56(input_shape: Shape = CIFAR, classes: int = 10, width: float = 1.0) -> Model:
    """The CIFAR network of section 4.2 with n = 9: 56 layers with weights; 853,018 parameters.

    Arguments: `input_shape`, `(H, W, C)`; `classes`; `width`, by which channels are multiplied.
    """
    return _cifar("resnet56", 9, input_shape, classes, width)


def _imagenet(
    name: str, block: Block, counts: tuple[int, ...], input_shape: Shape, classes: int, width: float
) -> Model:
    """Table 1: a stem, four stages of blocks, the mean of each channel, one dense layer."""
    image = Input(input_shape, name="input")
    if is_small(input_shape):
        x = threefold(image, scaled(64, width), 3, name="conv1")
    else:
        x = threefold(image, scaled(64, width), 7, strides=2, name="conv1")  # 224×224 → 112×112
        x = MaxPooling2D(3, strides=2, padding=1, name="pool1")(x)  # 56×56
    for stage, (count, channels) in enumerate(zip(counts, (64, 128, 256, 512), strict=True), 2):
        for number in range(1, count + 1):
            strides = 2 if number == 1 and stage > 2 else 1  # 28×28, 14×14, 7×7
            x = block(x, scaled(channels, width), strides, f"conv{stage}_{number}")
    return _ended(name, image, x, classes)


def _cifar(name: str, n: int, input_shape: Shape, classes: int, width: float) -> Model:
    """Section 4.2: 3×3 convolutions alone, 6n + 2 layers, shortcuts without weights (option A)."""
    image = Input(input_shape, name="input")
    x = threefold(image, scaled(16, width), 3, name="conv1")
    for stage, channels in enumerate((16, 32, 64), 2):  # 32×32, 16×16, 8×8
        for number in range(1, n + 1):
            strides = 2 if number == 1 and stage > 2 else 1
            x = plain(x, scaled(channels, width), strides, f"conv{stage}_{number}")
    return _ended(name, image, x, classes)


def _ended(name: str, image: Tensor, x: Tensor, classes: int) -> Model:
    x = GlobalAveragePooling2D(name="pool")(x)
    return Model(image, Dense(classes, activation="softmax", name="fc")(x), name=name)


def basic(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """Two 3×3 convolutions with `filters` each and a way past them: figure 5, left."""
    y = threefold(x, filters, 3, strides, name=f"{name}_1")
    y = threefold(y, filters, 3, activation=None, name=f"{name}_2")
    return _joined(y, _projected(x, filters, strides, name), name)


def bottleneck(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """1×1 down to `filters`, 3×3, 1×1 up to four times as many, and a way past them: figure 5, right.

    The stride is in the first convolution, as in the authors' networks.
    """
    y = threefold(x, filters, 1, strides, name=f"{name}_1")
    y = threefold(y, filters, 3, name=f"{name}_2")
    y = threefold(y, 4 * filters, 1, activation=None, name=f"{name}_3")
    return _joined(y, _projected(x, 4 * filters, strides, name), name)


def plain(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """Two 3×3 convolutions; past them every `strides`-th place of `x`, with zeros for channels it lacks: option A."""
    y = threefold(x, filters, 3, strides, name=f"{name}_1")
    y = threefold(y, filters, 3, activation=None, name=f"{name}_2")
    if strides > 1:
        x = x[:, ::strides, ::strides]
    lacking = filters - x.shape[2]
    if lacking:
        x = ops.pad(x, ((0, 0), (0, 0), (0, 0), (lacking // 2, lacking - lacking // 2)))
    return _joined(y, x, name)


def _projected(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
    """`x` itself where it has the block's shape, else through a 1×1 convolution: option B of the paper."""
    if strides == 1 and x.shape[2] == filters:
        return x
    return threefold(x, filters, 1, strides, activation=None, name=f"{name}_shortcut")


def _joined(y: Tensor, x: Tensor, name: str) -> Tensor:
    joined: Tensor = Activation("relu", name=f"{name}_relu")(Add(name=f"{name}_add")([y, x]))
    return joined
