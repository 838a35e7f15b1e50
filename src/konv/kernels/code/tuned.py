"""Blockings chosen by measuring (`konv tune`), remembered beside the kernel cache: one file a target.

A remembered choice takes the place of the planned one where it is possible (`Spec.allows`), and changes no result. What
is read is data: numbers under the hash of what was written, for this very processor, compiler and generator; anything
else is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from konv import config
from konv.kernels.code import cache, llvm
from konv.kernels.code.spec import generator
from konv.kernels.code.target import Target

__all__ = ["Choices", "forget", "recall", "remember", "trial"]

Choices = Mapping[str, tuple[int, ...]]
"""By what they are about (the `repr` of a spec, or a stage's `key`): the numbers of a blocking."""

_SUFFIX = ".tuned"
_MOST = 1 << 20
_trial: Choices | None = None


@contextmanager
def trial(choices: Choices) -> Iterator[None]:
    """For a while, have `recall` give these choices, whatever is remembered."""
    global _trial
    before, _trial = _trial, choices
    try:
        yield
    finally:
        _trial = before


def recall(target: Target) -> Target:
    """`target` with the choices remembered for it."""
    choices = _read(target) if _trial is None else _trial
    return replace(target, choices=tuple(sorted(choices.items()))) if choices else target


def remember(target: Target, choices: Choices, about: set[str]) -> Path | None:
    """Keep `choices`; what was remembered of other things than `about` stays. Returns the file, None where it cannot be
    kept.

    Of two processes that do this at once the last one's choices are kept, and they are whole.
    """
    folder = config.cache_folder()
    if folder is None:
        return None
    kept = {name: value for name, value in _read(target).items() if name not in about}
    content = {"schema": 1, "about": _about(target), "choices": kept | dict(choices)}
    kept_now = cache.write(_name(target), json.dumps(content, indent=1, sort_keys=True).encode(), _SUFFIX)
    return folder / f"{_name(target)}{_SUFFIX}" if kept_now else None


def forget(target: Target) -> None:
    """Remove all that is remembered for `target`."""
    folder = config.cache_folder()
    if folder is not None:
        (folder / f"{_name(target)}{_SUFFIX}").unlink(missing_ok=True)


def _about(target: Target) -> str:
    """What the measurements were made of."""
    return "\n".join([repr(target), llvm.version(), generator()])


def _name(target: Target) -> str:
    return f"konv_{hashlib.sha256(_about(target).encode()).hexdigest()[:24]}"


def _read(target: Target) -> dict[str, tuple[int, ...]]:
    content = cache.read(_name(target), _SUFFIX)
    if content is None:
        return {}
    try:
        found = json.loads(content)
        if found["schema"] != 1 or found["about"] != _about(target):
            return {}
        return {str(name): _numbers(value) for name, value in found["choices"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}  # whole, yet nothing this version has written


def _numbers(value: object) -> tuple[int, ...]:
    """Raises: ValueError for anything but a few positive whole numbers."""
    if not isinstance(value, list) or len(value) > 8:
        raise ValueError(value)
    if not all(type(number) is int and 0 < number <= _MOST for number in value):
        raise ValueError(value)
    return tuple(value)
