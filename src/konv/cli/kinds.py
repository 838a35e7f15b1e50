"""The kinds of values that options take; a wrong one is answered in the language in force."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from typing import TypeVar

import click

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["Reader", "count", "names", "positive", "shape", "size", "whole", "wholes"]

Value = TypeVar("Value")
Reader = Callable[[click.Context, click.Parameter, "str | None"], "Value | None"]
"""Turns what was typed for an option into its value: a callback of Click's. None stays None."""


def whole(least: int = 1, most: int = 2**31 - 1) -> Reader[int]:
    """Reads a whole number from `least` to `most`; raises ConfigurationError for anything else."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
        if value is None:
            return None
        if re.fullmatch(r"\d{1,16}", value) and least <= int(value) <= most:
            return int(value)
        raise ConfigurationError(text("cli.not_whole", name=_typed(param), least=least, most=most, received=value))

    return read


def count(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Reads a whole number from 1 to 10¹⁵; raises ConfigurationError for anything else."""
    return whole(1, 10**15)(ctx, param, value)


def wholes(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...] | None:
    """Reads whole numbers from 1, separated by commas, each once; raises ConfigurationError for anything else."""
    parts = names(ctx, param, value)
    return None if parts is None else tuple(whole()(ctx, param, part) or 1 for part in parts)


def names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """Reads names separated by commas, each once."""
    return None if value is None else tuple(dict.fromkeys(part.strip() for part in value.split(",")))


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


def shape(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int, int] | None:
    """Reads an image's shape as (height, width, channels): `32x32x3`; raises ConfigurationError for anything else."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,3})[x×*]([1-9]\d{0,3})[x×*]([1-9]\d{0,3})", value.strip())
    if found is None:
        raise ConfigurationError(text("cli.not_a_shape", name=_typed(param), received=value))
    return int(found[1]), int(found[2]), int(found[3])


def _typed(param: click.Parameter) -> str:
    """An option as it is typed."""
    return max(param.opts, key=len)
