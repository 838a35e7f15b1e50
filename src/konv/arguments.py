"""What numbers that people pass have to be: each check gives the number, or an error that says what was expected."""

from __future__ import annotations

import operator
from math import isfinite, nan

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["above_zero", "at_least_zero", "count", "number"]


def count(value: object, name: str, layer: str, least: int = 1) -> int:
    """`value` as an integer of at least `least`. Raises: ConfigurationError where it is none."""
    try:
        found = least - 1 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        found = least - 1
    if found < least:
        raise ConfigurationError(text("not_a_count", layer=layer, name=name, least=least, received=value))
    return found


def number(value: object) -> float:
    """`value` as a float, NaN where it is no number: so that whoever asks for a range refuses it in one sentence."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return nan


def at_least_zero(value: object, name: str) -> float:
    """`value` of the argument `name`, finite and not negative. Raises: ConfigurationError otherwise."""
    found = number(value)
    if not (isfinite(found) and found >= 0):
        raise ConfigurationError(text("not_negative", name=name, received=value))
    return found


def above_zero(value: object, name: str) -> float:
    """`value` of the argument `name`, finite and above 0. Raises: ConfigurationError otherwise."""
    found = number(value)
    if not (isfinite(found) and found > 0):
        raise ConfigurationError(text("not_positive", name=name, received=value))
    return found
