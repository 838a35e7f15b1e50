"""Inputs and outputs by name: one, a list in order, or a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from konv.errors import ConfigurationError, DataError, GraphError
from konv.graph import Tensor
from konv.layers.operation import call_of
from konv.messages import text

__all__ = ["Form", "arranged", "each", "mapped"]


class Form:
    """How a model's inputs or outputs are given: one tensor, or a list of one; a list; a dictionary. `tensors` in
    order, `names`; of a dictionary by its keys, sorted, which are `written` as the user wrote them.

    Arguments: `given`, as the user gave them; `part`, "inputs" or "outputs"; `model`, what messages call it.
    Raises: GraphError for anything but symbolic tensors.
    """

    def __init__(self, given: Any, part: str, model: str) -> None:
        self.written: tuple[str, ...] = ()
        if isinstance(given, Mapping):
            self.written = tuple(map(str, given))
            given = {key: given[key] for key in sorted(given)}  # as in Keras: layers and weights come in this order
        self.keys = tuple(map(str, given)) if isinstance(given, Mapping) else None
        row = given.values() if isinstance(given, Mapping) else given if isinstance(given, (list, tuple)) else [given]
        self.tensors = tuple(row)
        self.single = self.keys is None and len(self.tensors) == 1  # a list of one is that one, as in Keras
        if not self.tensors or not all(isinstance(t, Tensor) for t in self.tensors):
            wrong = [type(t).__name__ for t in self.tensors if not isinstance(t, Tensor)]
            raise GraphError(text("not_a_tensor", model=model, part=part, received=", ".join(wrong) or "()"))

    def names(self) -> tuple[str, ...]:
        """The dictionary's keys, else the names of the layers; a number behind one that has been there."""
        if self.keys is not None:
            return self.keys
        found: list[str] = []
        for tensor in self.tensors:
            name, number = call_of(tensor).layer.name, 1
            free = name
            while free in found:
                free, number = f"{name}_{number}", number + 1
            found.append(free)
        return tuple(found)

    def given_as(self, row: Sequence[Any]) -> Any:
        """A `row` with one entry for each tensor, as this form has it."""
        if self.keys is not None:
            return self._by_name(row)
        return row[0] if self.single else list(row)

    def saved(self, places: Sequence[Any]) -> Any:
        """`places` of the tensors in the form a file keeps: a list, a dictionary, or one place under "single"."""
        if self.keys is not None:
            return self._by_name(places)
        return {"": places[0]} if self.single else list(places)

    def _by_name(self, row: Sequence[Any]) -> dict[str, Any]:
        found = dict(zip(self.keys or (), row, strict=True))
        return {name: found[name] for name in self.written}


def arranged(given: Any, names: Sequence[str], part: str, model: str) -> tuple[Any, ...]:
    """What is given for each of `names`: a dictionary by name, a list in order; for one name, the thing itself.

    Arguments: `part`, what it is, as messages call it; `model`, its name.
    Raises: DataError where names or the number of entries do not fit.
    """
    if isinstance(given, Mapping):
        if set(given) != set(names):
            received = ", ".join(map(str, given))
            raise DataError(text("part_names", model=model, part=part, received=received, names=", ".join(names)))
        return tuple(given[name] for name in names)
    if len(names) == 1:
        alone = isinstance(given, (list, tuple)) and len(given) == 1 and hasattr(given[0], "__array__")
        return (given[0],) if alone else (given,)
    if not isinstance(given, (list, tuple)) or len(given) != len(names):
        received = str(len(given)) if isinstance(given, (list, tuple)) else type(given).__name__
        raise DataError(text("part_count", model=model, part=part, received=received, names=", ".join(names)))
    return tuple(given)


def each(given: Any, names: Sequence[str], part: str, model: str) -> tuple[Any, ...]:
    """One setting for each output called one of `names`: a dictionary (None for who is missing), a list in order, or
    one for all.

    Raises: ConfigurationError where names or the number of entries do not fit.
    """
    if isinstance(given, Mapping) and "class_name" not in given:
        if wrong := [str(name) for name in given if name not in names]:
            raise ConfigurationError(
                text("part_names", model=model, part=part, received=", ".join(wrong), names=", ".join(names))
            )
        return tuple(given.get(name) for name in names)
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ConfigurationError(
                text("part_count", model=model, part=part, received=len(given), names=", ".join(names))
            )
        return tuple(given)
    return (given,) * len(names)


def mapped(function: Callable[[Any], Any], given: Any) -> Any:
    """`function` of each setting in a list or dictionary by name, or of the one there is; None stays None."""
    if isinstance(given, Mapping) and "class_name" not in given:
        return {name: mapped(function, one) for name, one in given.items()}
    if isinstance(given, (list, tuple)):
        return [mapped(function, one) for one in given]
    return None if given is None else function(given)
