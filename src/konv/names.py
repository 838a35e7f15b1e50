"""Names people type: the nearest ones we know when one is unknown; and classes and functions of one's own by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from konv.errors import ConfigurationError, UnknownNameError
from konv.messages import text

__all__ = ["Family", "found", "name_of", "nearest", "register_serializable", "registered", "unknown"]

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


@dataclass(frozen=True)
class Family:
    """Things of one kind that people name, pass or make themselves, such as constraints.

    `kind`, as of `unknown`; `base`, what konv's own derive from; `classes`, these by their names; `names`, all that
    people may call them.
    """

    kind: str
    base: type[Any]
    classes: Mapping[str, type[Any]]
    names: Mapping[str, Callable[[], Any]]

    def get(self, identifier: object) -> Any:
        """The one for a name, a saved form, a class, or a thing or function as it is; None for None.

        Raises: UnknownNameError for a name that is none.
        """
        if identifier is None or isinstance(identifier, self.base):
            return identifier
        if isinstance(identifier, str) and identifier in self.names:
            return self.names[identifier]()
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier)
        if isinstance(identifier, type) and issubclass(identifier, self.base):
            return identifier()
        if callable(identifier):
            return identifier
        raise unknown(self.kind, identifier, self.names)

    def serialize(self, thing: Any) -> dict[str, Any]:
        """The form in which a configuration keeps `thing`: its class's name and its arguments.

        Raises: ConfigurationError for a function or class of one's own that has not been registered.
        """
        known = self.classes.get(type(thing).__name__) is type(thing)
        name = type(thing).__name__ if known else name_of(type(thing)) or name_of(thing)
        if name is None:
            raise ConfigurationError(text("own_not_registered", received=thing))
        return {"class_name": name, "config": thing.get_config() if hasattr(thing, "get_config") else {}}

    def deserialize(self, saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """What `serialize` wrote as `saved`. Raises: UnknownNameError for a class that is none."""
        name, config = saved.get("class_name"), saved.get("config") or {}
        kind: Any = self.classes.get(name) if isinstance(name, str) else None
        kind = kind or found(name, custom_objects)
        if kind is None:
            raise unknown(self.kind, name, self.classes)
        own = not (isinstance(kind, type) and issubclass(kind, self.base))
        return kind if own else kind.from_config(config)
