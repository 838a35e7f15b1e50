"""LeNet-5: LeCun, Bottou, Bengio & Haffner, *Gradient-based learning applied to document recognition*, 1998, II.B."""

from __future__ import annotations

from konv.layers import AveragePooling2D, Conv2D, Dense, Flatten
from konv.models import Sequential
from konv.shapes import Shape
from konv.zoo.blocks import scaled

__all__ = ["lenet5"]


def lenet5(input_shape: Shape = (32, 32, 1), classes: int = 10, width: float = 1.0) -> Sequential:
    """Two convolutions, each averaged, then three dense layers: figure 2 of the paper, as it is built today.

    Arguments: `input_shape`, `(H, W, C)`, at least 16 × 16; `classes`; `width`, by which channels are multiplied.
    Returns: the model, not compiled: 61,706 parameters for 32×32×1. The paper counts 60,000: its C3 sees parts of S2
    (900 weights fewer), S2 and S4 have 44 trainable factors, and its 10 outputs are distances to fixed patterns, not
    a layer of 850. C5 is written as a dense layer: at 32 × 32 its 5×5 filters see the whole map.
    Raises: ShapeError where the images are too small.
    """
    c1, c3, c5, f6 = (scaled(n, width) for n in (6, 16, 120, 84))
    return Sequential([
        Conv2D(c1, 5, activation="tanh", input_shape=input_shape, name="c1"),   # 32×32 → 28×28
        AveragePooling2D(2, name="s2"),                                         # 14×14
        Conv2D(c3, 5, activation="tanh", name="c3"),                            # 10×10
        AveragePooling2D(2, name="s4"),                                         # 5×5
        Flatten(name="flatten"),
        Dense(c5, activation="tanh", name="c5"),
        Dense(f6, activation="tanh", name="f6"),
        Dense(classes, activation="softmax", name="output"),
    ], name="lenet5")  # fmt: skip
