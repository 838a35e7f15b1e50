"""The kinds of values that options take; a wrong one is answered in the language in force."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import TypeVar

import click

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["Reader", "positive", "size", "whole"]

Value = TypeVar("Value")
Reader = Callable[[click.Context, click.Parameter, "str | None"], "Value | None"]
"""Turns what was typed for an option into its value: a callback of Click's. None stays None."""


def whole(least: int = 1, most: int = 2**31 - 1) -> Reader[int]:
    """Reads a whole number from `least` to `most`; raises ConfigurationError for anything else."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
        if value is None:
            return None
        if re.fullmatch(r"\d{1,10}", value) and least <= int(value) <= most:
            return int(value)
        raise ConfigurationError(text("cli.not_whole", name=_typed(param), least=least, most=most, received=value))

    return read


def positive(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Reads a finite number above 0; raises ConfigurationError for anything else."""
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if isfinite(number) and number > 0:
        return number
    raise ConfigurationError(text("cli.not_positive", name=_typed(param), received=value))


def size(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Reads the size of an image as (height, width): `64`, or `48x64`; raises ConfigurationError for anything else."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,3})(?:[x×*]([1-9]\d{0,3}))?", value.strip())
    if found is None:
        raise ConfigurationError(text("cli.not_a_size", name=_typed(param), received=value))
    return int(found[1]), int(found[2] or found[1])


def _typed(param: click.Parameter) -> str:
    """An option as it is typed."""
    return max(param.opts, key=len)
