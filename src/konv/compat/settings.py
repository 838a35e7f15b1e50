"""What `keras.backend` says is in force: data format, types, the learning phase of Keras 1 and 2."""

from __future__ import annotations

from typing import Any

import numpy as np

from konv import config
from konv.compat.spelling import data_format
from konv.errors import ConfigurationError
from konv.graph import naming
from konv.messages import text
from konv.ops.record import Array

__all__ = [
    "backend",
    "cast_to_floatx",
    "get_uid",
    "image_data_format",
    "image_dim_ordering",
    "learning_phase",
    "of_call",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_learning_phase",
]

_frozen = False


def backend() -> str:
    """`"tensorflow"`, whose conventions konv has: channels last, kernels not flipped."""
    return "tensorflow"


def image_data_format() -> str:
    """`"channels_last"`, always."""
    return "channels_last"


def image_dim_ordering() -> str:
    """`"tf"`, Keras 1's word for channels last."""
    return "tf"


def set_image_data_format(data_format_: Any) -> None:
    """Raises: ConfigurationError unless `data_format_` is `"channels_last"`."""
    data_format(data_format_)


def set_image_dim_ordering(dim_ordering: Any) -> None:
    """Raises: ConfigurationError unless `dim_ordering` is `"tf"`."""
    data_format(dim_ordering)


def set_floatx(value: str) -> None:
    """The type of weights made from now on. Raises: ConfigurationError unless `value` is float32 or float64."""
    config.set_floatx(value)


def set_epsilon(value: float) -> None:
    """Raises: ConfigurationError unless `value` is konv's own, 1e-7."""
    if value != config.epsilon():
        raise ConfigurationError(text("unknown_setting", name="epsilon", received=value, known=config.epsilon()))


def cast_to_floatx(x: Any) -> Array:
    """`x` as an array of `floatx()`."""
    return np.asarray(x, config.floatx())


def learning_phase() -> int:
    """0: whoever asks in Python is not in the middle of a training step."""
    return 0


def set_learning_phase(value: Any) -> None:
    """Layers called from now on behave as in prediction always. `value` is 0, or None for konv's own way.

    Raises: ConfigurationError for anything else.
    """
    global _frozen
    if value is not None and value != 0:
        raise ConfigurationError(text("script.learning_phase", received=value))
    _frozen = value is not None


def get_uid(prefix: str = "") -> int:
    """A number that grows with each call for a `prefix`."""
    made = naming.automatic(f"uid_{prefix}").rpartition("_")[2]
    return int(made) + 1 if made.isdigit() else 1


def of_call(training: bool | None) -> bool | None:
    """What a layer is called with that a script calls with `training`: False once the phase has been set to 0."""
    return False if _frozen and training is None else training
