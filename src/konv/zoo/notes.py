"""The network of the Keras example `cifar10_cnn.py`, as the notes have it."""

from __future__ import annotations

from konv.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from konv.models import Sequential
from konv.shapes import Shape
from konv.zoo.blocks import scaled

__all__ = ["notes"]


def notes(input_shape: Shape = (32, 32, 3), classes: int = 10, width: float = 1.0) -> Sequential:
    """Two pairs of convolutions, each pooled, then two dense layers; dropout behind each part.

    Arguments: `input_shape`, `(H, W, C)`, at least 14 × 14; `classes`, how many there are to tell apart;
    `width`, by which channels and units are multiplied.
    Returns: the model, not compiled: 1,250,858 parameters for 32×32×3 images of 10 classes.
    Raises: ShapeError where the images are too small.
    Example: `notes().summary()`.
    """
    first, second, units = (scaled(n, width) for n in (32, 64, 512))
    model = Sequential(name="notes")
    model.add(Conv2D(first, (3, 3), padding="same", input_shape=input_shape))
    model.add(Activation("relu"))
    model.add(Conv2D(first, (3, 3)))
    model.add(Activation("relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))

    model.add(Conv2D(second, (3, 3), padding="same"))
    model.add(Activation("relu"))
    model.add(Conv2D(second, (3, 3)))
    model.add(Activation("relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))

    model.add(Flatten())
    model.add(Dense(units))
    model.add(Activation("relu"))
    model.add(Dropout(0.5))
    model.add(Dense(classes))
    model.add(Activation("softmax"))
    return model
