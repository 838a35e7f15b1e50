"""Names that layers and models get when none is given: `conv2d`, `conv2d_1`, …, as in Keras."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["automatic", "reset", "snake_case"]

_used: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """A class's name as Keras writes its instances': `MaxPooling2D` is `max_pooling2d`, `ReLU` is `re_lu`."""
    before_words = re.sub(r"(?<=.)(?=[A-Z][a-z])", "_", name)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", before_words).lower()


def automatic(kind: str) -> str:
    """The next free name for an instance of the class named `kind`."""
    name = snake_case(kind)
    number = _used[name]
    _used[name] += 1
    return f"{name}_{number}" if number else name


def reset() -> None:
    """Begin again at the names without a number."""
    _used.clear()
