"""Names people type: the nearest ones we know when a name is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from konv.errors import UnknownNameError
from konv.messages import text

__all__ = ["nearest", "unknown"]


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """At most `count` of the `known` names that look most like `name`, the likest first; case does not matter."""
    spelled = {k.lower(): k for k in known}
    return [spelled[match] for match in get_close_matches(name.lower(), spelled, count, cutoff=0.5)]


def unknown(kind: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """The error for a `name` that is none of the `known` ones; raise what this returns.

    `kind` is what the name should be the name of, a key `kind.…` of `konv.messages.ops`: `"op"`, `"layer"`,
    `"loss"`, `"optimizer"`, `"schedule"`, `"activation"`, `"metric"`, `"initializer"`, `"network"`, `"data set"`.
    The text offers the nearest names, or all of them where none is near.
    """
    names = sorted(known)
    close = nearest(str(name), names)
    key = "unknown_name_near" if close else "unknown_name"
    return UnknownNameError(text(key, kind=text(f"kind.{kind}"), received=name, known=", ".join(close or names)))
