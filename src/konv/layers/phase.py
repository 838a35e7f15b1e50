"""The argument `training` of a `call` of one's own: one network serves training and prediction; layers follow it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["TRAINING", "asked", "with_training"]


class _Training:
    """What `call(…, training=…)` of a class of one's own gets: to be handed on, not to be asked."""

    def __bool__(self) -> NoReturn:
        raise ConfigurationError(text("script.phase_in_if"))

    def __repr__(self) -> str:
        return "<training, or not>"


TRAINING = _Training()
"""The value of `training` while a network is traced, for training and prediction alike."""


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
        return call(*args, **named)

    return traced


def asked(training: object) -> bool | None:
    """What a layer called with `training` is to do: None, as the network does, where that was handed on."""
    return None if training is None or training is TRAINING else bool(training)
