"""U-Net: Ronneberger, Fischer & Brox, *U-Net: convolutional networks for biomedical image segmentation*, 2015."""

from __future__ import annotations

from konv.graph import Tensor
from konv.layers import Concatenate, Conv2D, Conv2DTranspose, Cropping2D, Dropout, Input, MaxPooling2D
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import scaled

__all__ = ["unet"]

LEVELS = (64, 128, 256, 512)
LEAST = 188
"""The smallest image that leaves a map where no convolution is padded."""


def unet(input_shape: Shape = (572, 572, 1), classes: int = 2, width: float = 1.0, padding: str | None = None) -> Model:
    """A class for every pixel: figure 1. Down to see far, up again to the pixels, across so that no detail is lost.

    Arguments: `input_shape`, `(H, W, C)`; `classes`; `width`, by which channels are multiplied; `padding` of all
    convolutions, by default `"valid"`, the paper's (572 × 572 gives 388 × 388), for images of at least 188 × 188, and
    `"same"` below, where height and width are multiples of 16.
    Returns: the model, not compiled: 31,030,658 parameters for one channel and 2 classes; its output is `(H', W',
    classes)`, probabilities.
    Raises: ShapeError where maps do not meet.
    """
    padding = padding or ("valid" if min(input_shape[:2]) >= LEAST else "same")
    image = Input(input_shape, name="input")
    x, across = image, []
    for level, channels in enumerate(LEVELS, 1):
        x = _pair(x, scaled(channels, width), padding, f"down{level}")
        across.append(Dropout(0.5, name="drop4")(x) if level == len(LEVELS) else x)
        x = MaxPooling2D(2, name=f"pool{level}")(across[-1])
    x = Dropout(0.5, name="drop5")(_pair(x, scaled(1024, width), padding, "bottom"))
    for level, channels in reversed(list(enumerate(LEVELS, 1))):
        x = Conv2DTranspose(scaled(channels, width), 2, strides=2, name=f"up{level}_conv")(x)
        x = Concatenate(name=f"up{level}_join")([_cropped(across[level - 1], x.shape, f"up{level}_crop"), x])
        x = _pair(x, scaled(channels, width), padding, f"up{level}")
    return Model(image, Conv2D(classes, 1, activation="softmax", name="classes")(x), name="unet")


def _pair(x: Tensor, filters: int, padding: str, name: str) -> Tensor:
    for number in (1, 2):
        x = Conv2D(filters, 3, padding=padding, activation="relu", kernel_initializer="he_normal",
                   name=f"{name}_{number}")(x)  # fmt: skip
    return x


def _cropped(x: Tensor, shape: Shape, name: str) -> Tensor:
    """The middle of `x`, as large as the map of `shape` that it meets."""
    spare = [large - small for large, small in zip(x.shape[:2], shape[:2], strict=True)]
    if not any(spare):
        return x
    middle: Tensor = Cropping2D([(n // 2, n - n // 2) for n in spare], name=name)(x)
    return middle
