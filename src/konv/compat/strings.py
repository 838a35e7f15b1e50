"""`tf.strings` as pipelines of images use it: paths taken apart, looked into, and put together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from konv.compat.values import Axes

__all__ = [
    "Text", "as_string", "join", "length", "lower", "regex_full_match", "regex_replace", "split", "strip", "substr",
    "told", "to_number", "upper",
]  # fmt: skip


class Text(str):
    """Text that answers as TensorFlow's tensors of one string do: `numpy()` are its bytes."""

    __slots__ = ()
    shape = Axes(())
    dtype = "str"

    def numpy(self) -> bytes:
        """The bytes, in UTF-8."""
        return self.encode()


def told(value: Any) -> Any:
    """`value` as `Text` where it is text or bytes, or what is in it; anything else as it is."""
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(told(one) for one in value)
    if isinstance(value, dict):
        return {name: told(one) for name, one in value.items()}
    return Text(value.decode() if isinstance(value, bytes) else value) if isinstance(value, (str, bytes)) else value


def split(input: str, sep: str | None = None, maxsplit: int = -1, name: str | None = None) -> list[Text]:
    """The parts of a text between `sep`, by default between blanks."""
    return [Text(part) for part in str(input).split(sep or None, maxsplit)]


def join(inputs: Iterable[str], separator: str = "", name: str | None = None) -> Text:
    """`inputs` as one text, `separator` between them."""
    return Text(separator.join(map(str, inputs)))


def regex_full_match(input: str, pattern: str, name: str | None = None) -> bool:
    """Whether the whole text is as `pattern` says."""
    return re.fullmatch(pattern, str(input)) is not None


def regex_replace(input: str, pattern: str, rewrite: str, replace_global: bool = True, name: str | None = None) -> Text:
    """The text with `rewrite` for what is as `pattern` says; `replace_global`, everywhere and not only first."""
    return Text(re.sub(pattern, rewrite, str(input), count=0 if replace_global else 1))


def to_number(input: str | Sequence[str], out_type: Any = "float32", name: str | None = None) -> Any:
    """The number, or numbers, that a text says, of the type `out_type`."""
    return np.asarray(input).astype(out_type)


def as_string(input: Any, name: str | None = None, **others: Any) -> Text:
    """A number as text."""
    return Text(np.asarray(input).item())


def length(input: str, unit: str = "BYTE", name: str | None = None) -> int:
    """How many bytes a text has, or characters with the unit `"UTF8_CHAR"`."""
    return len(str(input).encode() if unit == "BYTE" else str(input))


def substr(input: str, pos: int, len: int, unit: str = "BYTE", name: str | None = None) -> Text:
    """`len` characters of a text, from `pos` on."""
    return Text(str(input)[pos:][:len])


def lower(input: str, encoding: str = "", name: str | None = None) -> Text:
    """The text in small letters."""
    return Text(str(input).lower())


def upper(input: str, encoding: str = "", name: str | None = None) -> Text:
    """The text in capitals."""
    return Text(str(input).upper())


def strip(input: str, name: str | None = None) -> Text:
    """The text without blanks at its ends."""
    return Text(str(input).strip())
