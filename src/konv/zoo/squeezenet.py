"""SqueezeNet: Iandola et al., *SqueezeNet: AlexNet-level accuracy with 50x fewer parameters*, 2016, table 1."""

from __future__ import annotations

from konv.graph import Tensor
from konv.layers import Activation, Concatenate, Conv2D, Dropout, GlobalAveragePooling2D, Input, MaxPooling2D
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import is_small, scaled

__all__ = ["squeezenet"]

# Table 1: filters of the squeezing 1×1, of the expanding 1×1, of the expanding 3×3.
FIRE = {
    2: (16, 64, 64), 3: (16, 64, 64), 4: (32, 128, 128), 5: (32, 128, 128), 6: (48, 192, 192), 7: (48, 192, 192),
    8: (64, 256, 256), 9: (64, 256, 256),
}  # fmt: skip


def squeezenet(input_shape: Shape = (227, 227, 3), classes: int = 1000, width: float = 1.0) -> Model:
    """Eight fire modules: a few 1×1 filters squeeze the channels before 1×1 and 3×3 filters see them.

    Arguments: `input_shape`, `(H, W, C)`: below 96 × 96 the first convolution has 3×3 filters and stride 1;
    `classes`; `width`, by which channels are multiplied.
    Returns: the model, not compiled: 1,248,424 parameters for 1,000 classes. (The table's first map, 111 × 111, is
    that of 227×227 images.)
    Raises: ShapeError where the images are too small.
    """
    image = Input(input_shape, name="input")
    if is_small(input_shape):
        x = _conv(image, scaled(96, width), 3, "conv1", padding=1)
    else:
        x = _conv(image, scaled(96, width), 7, "conv1", strides=2)  # 227×227 → 111×111
    x = MaxPooling2D(3, strides=2, name="pool1")(x)  # 55×55
    for number, sizes in FIRE.items():
        x = _fire(x, [scaled(n, width) for n in sizes], f"fire{number}")
        if number in (4, 8):
            x = MaxPooling2D(3, strides=2, name=f"pool{number}")(x)  # 27×27, 13×13
    x = Dropout(0.5, name="drop9")(x)
    x = GlobalAveragePooling2D(name="pool10")(_conv(x, classes, 1, "conv10"))
    return Model(image, Activation("softmax", name="softmax")(x), name="squeezenet")


def _conv(x: Tensor, filters: int, kernel: int, name: str, strides: int = 1, padding: int = 0) -> Tensor:
    y: Tensor = Conv2D(filters, kernel, strides=strides, padding=padding, activation="relu",
                       kernel_initializer="he_normal", name=name)(x)  # fmt: skip
    return y


def _fire(x: Tensor, filters: list[int], name: str) -> Tensor:
    """Figure 1 of the paper."""
    squeezed, one, three = filters
    x = _conv(x, squeezed, 1, f"{name}_squeeze")
    ways = [_conv(x, one, 1, f"{name}_1x1"), _conv(x, three, 3, f"{name}_3x3", padding=1)]
    joined: Tensor = Concatenate(name=name)(ways)
    return joined
