"""What surrounds networks trained on ImageNet: its pixels as they have learned from them, and its classes' names."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

import numpy as np

from konv import config
from konv.compat.applications.recipe import at_hand, folders
from konv.errors import ConfigurationError, DataError
from konv.functions.base import is_symbolic
from konv.messages import text

__all__ = ["decode_predictions", "preparing", "preprocess_input"]

CLASSES = "imagenet_class_index.json"
MEANS = (103.939, 116.779, 123.68)
"""Of the pixels of ImageNet: blue, green, red."""
MODES = ("caffe", "tf", "torch", "none")


def preprocess_input(x: Any, data_format: Any = None, mode: str = "caffe") -> Any:
    """Pixels from 0 to 255, `(…, 3)`, as the networks have learned from them.

    Arguments: `x`; `mode`, `"caffe"`: blue, green, red with their means subtracted; `"tf"`: from −1 to 1; `"torch"`:
    from 0 to 1, normalised by mean and deviation; `"none"`: as they are, for networks that begin with that themselves;
    `data_format`, None or `"channels_last"`.
    Raises: ConfigurationError for another mode.
    """
    if mode not in MODES:
        raise ConfigurationError(text("unknown_setting", name="mode", received=mode, known=", ".join(MODES)))
    if mode == "none":
        return x
    values: Any = x if is_symbolic(x) else np.asarray(x, config.floatx())
    if mode == "tf":
        return values / 127.5 - 1.0
    kind = values.dtype
    if mode == "torch":
        return (values / 255 - np.asarray((0.485, 0.456, 0.406), kind)) / np.asarray((0.229, 0.224, 0.225), kind)
    return values[..., ::-1] - np.asarray(MEANS, kind)


def preparing(mode: str) -> Callable[..., Any]:
    """The `preprocess_input` of a family of networks, in its `mode`."""
    return update_wrapper(partial(preprocess_input, mode=mode), preprocess_input)


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """For each row of `preds`, `(n, 1000)`, the `top` classes: (WordNet's number, name, probability).

    Raises: DataError where the predictions are not ImageNet's, or Keras's list of its classes is not at hand.
    """
    found = np.asarray(preds)
    if found.ndim != 2 or found.shape[1] != 1000:
        raise DataError(text("script.not_imagenet", received=found.shape))
    path = at_hand(CLASSES)
    if path is None:
        raise DataError(text("script.no_class_names", file=CLASSES, folder=folders()[0]))
    names = json.loads(path.read_text("utf-8"))
    best = np.argsort(-found, axis=1)[:, :top]
    return [[(*names[str(i)], float(row[i])) for i in order] for row, order in zip(found, best, strict=True)]
