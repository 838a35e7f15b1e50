"""The argument `training` of a `call` of one's own: one network serves training and prediction; layers follow it.

A `call` that asks in Python (`if training:`) is traced for both, and a node picks.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from konv.errors import ConfigurationError
from konv.graph import Node, Tensor, naming
from konv.messages import text
from konv.ops.phase import Phase

__all__ = ["TRAINING", "asked", "with_training"]


class AskedError(ConfigurationError):
    """Python asks whether a network that is being traced is trained."""


class _Training:
    """What `call(…, training=…)` of a class of one's own gets: to be handed on; whoever asks is traced twice."""

    def __bool__(self) -> bool:
        raise AskedError(text("script.phase_in_if"))

    def __repr__(self) -> str:
        return "<training, or not>"


class _While(_Training):
    """The same in the half of a `call` that serves training alone."""

    def __bool__(self) -> bool:
        return True


TRAINING, WHILE = _Training(), _While()
"""The value of `training` while a network is traced: for training and prediction alike, and for training alone."""


def with_training(call: Callable[..., Any]) -> Callable[..., Any]:
    """`call` given `training`, where it takes it and is not given it."""
    names = list(inspect.signature(call).parameters)
    if "training" not in names:
        return call
    place = names.index("training")

    @functools.wraps(call)
    def traced(*args: Any, **named: Any) -> Any:
        if len(args) <= place and named.get("training") is None:
            named["training"] = TRAINING
        if named.get("training") is not TRAINING:
            return call(*args, **named)
        try:
            return call(*args, **named)
        except AskedError:
            return _both(*(call(*args, **{**named, "training": phase}) for phase in (WHILE, False)))

    return traced


def _both(training: Any, prediction: Any) -> Any:
    """What two halves of a `call` gave, the first while the network is trained, else the second."""
    if isinstance(training, (list, tuple)):
        return type(training)(_both(a, b) for a, b in zip(training, prediction, strict=True))
    if training is prediction or not (isinstance(training, Tensor) and isinstance(prediction, Tensor)):
        return training
    return Node.apply(Phase(), (training, prediction), (), naming.automatic("phase"), training.dtype)


def asked(training: object) -> bool | None:
    """What a layer called with `training` is to do: None, as the network does, where that was handed on."""
    return None if training is None or isinstance(training, _Training) else bool(training)
