"""Small helpers under Keras's names."""

from __future__ import annotations

import random as standard
from typing import Any

import numpy as np

from konv import config, random
from konv.data.directory import image_dataset_from_directory
from konv.errors import LabelError
from konv.graph import naming
from konv.layers.registry import register_serializable
from konv.messages import text
from konv.ops.record import Array
from konv.preprocessing.image import array_to_img, img_to_array, load_img, save_img

__all__ = [
    "array_to_img",
    "clear_session",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "register_keras_serializable",
    "save_img",
    "set_random_seed",
    "to_categorical",
]

register_keras_serializable = register_serializable


def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """Class numbers as one-hot rows.

    Arguments: `x`, integers from 0, of any shape, a last axis of one left out; `num_classes`, how many classes there
    are (default the largest number + 1).
    Returns: `(…, num_classes)` of `konv.config.floatx()`, a 1 at each number's place, else 0.
    Raises: LabelError where a number is negative, no integer, or not below `num_classes`.
    Example: `to_categorical([2, 0])` is `[[0, 0, 1], [1, 0, 0]]`.
    """
    numbers = np.asarray(x)
    if numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    labels = numbers.astype(np.int64) if numbers.dtype.kind in "biuf" else np.full(numbers.shape, -1)
    classes = num_classes if num_classes is not None else int(labels.max(initial=-1)) + 1
    wrong = (labels != numbers) | (labels < 0) | (labels >= classes)
    if wrong.any():
        raise LabelError(text("not_class_numbers", received=numbers[wrong][0], classes=classes))
    rows: Array = labels[..., None] == np.arange(classes)
    return rows.astype(config.floatx())


def set_random_seed(seed: int) -> None:
    """Make what follows repeat: konv's `seed`, NumPy's and Python's.

    Raises: ConfigurationError unless it is an integer from 0 to 2³² − 1.
    """
    random.set_seed(seed)
    np.random.seed(seed)
    standard.seed(seed)


def clear_session() -> None:
    """Let automatic names begin again: `conv2d`, `conv2d_1`, …"""
    naming.reset()
