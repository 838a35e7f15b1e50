"""Classes and functions of one's own by name: what a file names, and whoever loads it looks up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["found", "name_of", "register_serializable", "registered"]

T = TypeVar("T")
_objects: dict[str, Any] = {}


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
