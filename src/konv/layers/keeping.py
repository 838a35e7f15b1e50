"""What weights may be asked besides a small loss: the arguments `NAME_regularizer` and `NAME_constraint` of layers.

A layer whose `arguments` have `kernel_initializer` takes `kernel_regularizer` and `kernel_constraint` too, by keyword.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from konv import activations, constraints, initializers, regularizers
from konv.graph import Variable

__all__ = ["argument", "attach", "revived", "saved", "taken"]


def _names(arguments: Iterable[str]) -> list[str]:
    """What the weights are called in arguments: "kernel" of `kernel_initializer`; not statistics."""
    found = [a.removesuffix("_initializer") for a in arguments if a.endswith("_initializer")]
    return [name for name in found if not name.startswith("moving_")]


def taken(options: dict[str, Any], arguments: Iterable[str]) -> dict[str, Any]:
    """The regularisers and constraints of a layer with these `arguments`, by their own, taken out of `options`.

    Raises: UnknownNameError for a name that is none.
    """
    found = {"activity_regularizer": regularizers.get(options.pop("activity_regularizer", None))}
    for name in _names(arguments):
        for kind, get in (("regularizer", regularizers.get), ("constraint", constraints.get)):
            found[f"{name}_{kind}"] = get(options.pop(f"{name}_{kind}", None))
    return found


def attach(variable: Variable, weight: str, kept: dict[str, Any]) -> None:
    """Give a `variable` what is asked of the `weight` it holds: that of `kernel` may be called `depthwise`."""
    for name in (weight, weight.removesuffix("_kernel"), "depthwise" if weight == "kernel" else weight):
        if f"{name}_regularizer" in kept:
            variable.regularizer, variable.constraint = kept[f"{name}_regularizer"], kept[f"{name}_constraint"]
            return


def saved(kept: dict[str, Any]) -> dict[str, Any]:
    """`kept` as a configuration has it: what there is, by the arguments' names."""
    return {
        name: (regularizers if name.endswith("_regularizer") else constraints).serialize(value)
        for name, value in kept.items()
        if value is not None
    }


def argument(name: str, value: Any) -> Any:
    """An argument as a configuration has it. Raises: ConfigurationError for a function that has not been registered."""
    if isinstance(value, activations.Function):
        return activations.serialize(value)
    return initializers.serialize(value) if name.endswith("_initializer") else value


def revived(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """`config` with a layer for an activation, where one was kept."""
    from konv.layers import deserialize

    kept = config.get("activation")
    return {**config, "activation": deserialize(kept)} if isinstance(kept, Mapping) else config
