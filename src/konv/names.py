"""Names people type: the nearest ones we know when one is unknown; and classes and functions of one's own by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from konv.errors import ConfigurationError, UnknownNameError
from konv.messages import text

__all__ = ["found", "name_of", "nearest", "register_serializable", "registered", "unknown"]

T = TypeVar("T")
_objects: dict[str, Any] = {}
"""Classes and functions of one's own: what a file names, and whoever loads it looks up."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """At most `count` of the `known` names that look most like `name`, the likest first; case does not matter."""
    spelled = {k.lower(): k for k in known}
    return [spelled[match] for match in get_close_matches(name.lower(), spelled, count, cutoff=0.5)]


def unknown(kind: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """The error for a `name` that is none of the `known` ones; raise what this returns.

    `kind` is what the name should be the name of, a key `kind.…` of `konv.messages.ops`: `"op"`, `"layer"`,
    `"loss"`, `"optimizer"`, `"schedule"`, `"activation"`, `"metric"`, `"initializer"`, `"regularizer"`, `"constraint"`,
    `"network"`, `"data set"`.
    The text offers the nearest names, or all of them where none is near.
    """
    names = sorted(known)
    close = nearest(str(name), names)
    key = "unknown_name_near" if close else "unknown_name"
    return UnknownNameError(text(key, kind=text(f"kind.{kind}"), received=name, known=", ".join(close or names)))


def register_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """A decorator that enters a class or function under `PACKAGE>NAME`, so that files which name it can be loaded.

    Arguments: `package`, a name for all of yours; `name`, by default the object's own.
    Raises: ConfigurationError where another object has that name already.
    Example: `@register_serializable()` above `def double(x): return 2 * x`, then `Lambda(double)`.
    """

    def enter(thing: T) -> T:
        key = f"{package}>{name or getattr(thing, '__name__', type(thing).__name__)}"
        other = _objects.setdefault(key, thing)
        if other is not thing and getattr(other, "__qualname__", None) != getattr(thing, "__qualname__", None):
            raise ConfigurationError(text("registered_twice", name=key))
        _objects[key] = thing
        return thing

    return enter


def registered() -> dict[str, Any]:
    """Everything that is registered, by name: the registry itself, so that what is put in is found."""
    return _objects


def name_of(thing: Any) -> str | None:
    """The name `thing` is registered under; None where it is not."""
    return next((key for key, known in _objects.items() if known is thing), None)


def found(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The object called `name`, of `custom_objects` or registered (with its package or without); None for none."""
    if not isinstance(name, str):
        return None
    known = custom_objects or {}
    short = name.rpartition(">")[2]
    return known.get(name, known.get(short, _objects.get(name)))
