"""Every text a user reads, in English and Chinese, and the choice between them.

A text is a pair `(English, Chinese)` under a key, in one of this package's modules (one for each audience: errors,
purposes, command line, report). `text(key, **values)` picks the language and fills in the values with
`str.format`. The language is the one set with `set_language`, else `KONV_LANG`, else English.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module

from konv.errors import KonvWarning

__all__ = ["LANGUAGES", "Text", "has", "in_language", "language", "set_language", "text", "texts_under"]

LANGUAGES = ("en", "zh")
Text = tuple[str, str]
_MODULES = (
    "errors", "ops", "graph", "layers", "preparation", "data", "models", "training", "scripts", "purposes",
    "command_line", "speed", "report", "zoo", "roles", "explain", "look", "lab", "lab_views",
)  # fmt: skip
_chosen: str | None = None
_for_now: ContextVar[str | None] = ContextVar("konv_language", default=None)
_table: dict[str, Text] | None = None
_unknown: set[str] = set()
"""Values of `KONV_LANG` that have been warned of."""


def language() -> str:
    """The language of texts, `"en"` or `"zh"`. Warns: once for a `KONV_LANG` there is not; English is used."""
    now = _for_now.get() or _chosen
    if now is not None:
        return now
    asked = os.environ.get("KONV_LANG", "") or "en"
    if asked.lower()[:2] in LANGUAGES:
        return asked.lower()[:2]
    if asked not in _unknown:
        _unknown.add(asked)
        known = ", ".join(LANGUAGES)
        warnings.warn(text("unknown_language", lang="en", received=asked, known=known), KonvWarning, stacklevel=3)
    return "en"


def set_language(name: str | None) -> None:
    """Set the language for this process (`"en"`, `"zh"`); None goes back to `KONV_LANG`.

    Raises: ValueError for any other name.
    """
    global _chosen
    if name is not None and name not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}. Received: {name!r}")
    _chosen = name


@contextmanager
def in_language(name: str) -> Iterator[None]:
    """Speak the language `name` for a while, in this thread or task alone: a server has users of both."""
    before = _for_now.set(name)
    try:
        yield
    finally:
        _for_now.reset(before)


def _texts() -> Mapping[str, Text]:
    global _table
    if _table is None:
        table: dict[str, Text] = {}
        for module in _MODULES:
            texts: dict[str, Text] = import_module(f"konv.messages.{module}").TEXTS
            twice = table.keys() & texts.keys()
            if twice:
                raise RuntimeError(f"texts defined twice: {sorted(twice)}")
            table.update(texts)
        _table = table
    return _table


def has(key: str) -> bool:
    """Whether there is a text under `key`."""
    return key in _texts()


def text(key: str, /, lang: str | None = None, **values: object) -> str:
    """The text under `key` with `values` filled in, in `lang` or the language in force.

    Raises: KeyError for a key without a text or a text whose value is missing.
    """
    pair = _texts()[key]
    return pair[LANGUAGES.index(lang or language())].format(**values)


def texts_under(prefix: str, lang: str) -> dict[str, str]:
    """Every text in `lang` whose key begins with `prefix`, with its values not filled in: for a page to fill in."""
    return {key: pair[LANGUAGES.index(lang)] for key, pair in _texts().items() if key.startswith(prefix)}
