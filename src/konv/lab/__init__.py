"""The lab: a local web page for looking inside networks. The server computes, the page draws.

`open_lab` serves it; `konv lab` is its command.
"""

from __future__ import annotations

from typing import Any

__all__ = ["CLOTHES", "Subject", "open_lab"]

_HOMES = {"CLOTHES": "konv.lab.subject", "Subject": "konv.lab.subject", "open_lab": "konv.lab.server"}


def __getattr__(name: str) -> Any:
    """The names above, imported when they are asked for (PEP 562): the server's packages are an extra."""
    if name not in _HOMES:
        raise AttributeError(f"module 'konv.lab' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
