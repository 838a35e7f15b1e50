"""A convolutional autoencoder: Masci et al., *Stacked convolutional auto-encoders for hierarchical feature extraction*,
2011, in the sizes of Chollet, *Building autoencoders in Keras*, Keras blog, 2016."""

from __future__ import annotations

from konv.graph import Tensor
from konv.layers import Conv2D, Cropping2D, Input, MaxPooling2D, UpSampling2D
from konv.models import Model
from konv.shapes import Shape
from konv.zoo.blocks import scaled

__all__ = ["autoencoder"]


def autoencoder(input_shape: Shape = (28, 28, 1), width: float = 1.0) -> Model:
    """Gives its image back through a narrow place, `code`: to do so it must find what images have in common.

    Arguments: `input_shape`, `(H, W, C)`, pixels from 0 to 1; `width`, by which channels are multiplied.
    Returns: the model, not compiled: 4,385 parameters for 28×28×1. Train it with `fit(x, x)`; there are no classes.
    Where half a map was rounded up, the way back cuts what is too much (the Keras blog leaves out a padding there).
    Example: `autoencoder((32, 32, 3), width=4)`.
    """
    sizes, x = [], Input(input_shape, name="input")
    image = x
    for level, channels in enumerate((16, 8, 8), 1):
        sizes.append(x.shape[:2])
        x = _conv(x, scaled(channels, width), f"encode{level}")
        x = MaxPooling2D(2, padding="same", name="code" if level == 3 else f"pool{level}")(x)  # 14, 7, 4
    for level, channels in ((3, 8), (2, 8), (1, 16)):
        x = _conv(x, scaled(channels, width), f"decode{level}")
        x = UpSampling2D(2, name=f"up{level}")(x)
        spare = [now - before for now, before in zip(x.shape[:2], sizes[level - 1], strict=True)]
        if any(spare):
            x = Cropping2D([(0, n) for n in spare], name=f"crop{level}")(x)  # 7, 14, 28
    output = Conv2D(input_shape[2], 3, padding="same", activation="sigmoid", name="image")(x)
    return Model(image, output, name="autoencoder")


def _conv(x: Tensor, filters: int, name: str) -> Tensor:
    y: Tensor = Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
    return y
