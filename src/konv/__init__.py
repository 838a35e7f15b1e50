"""Convolutional networks on the processor people already have.

Keras's words: `konv.models`, `konv.layers`, `konv.optimizers`, `konv.losses`, `konv.metrics`, `konv.callbacks`,
`konv.initializers`, `konv.regularizers`, `konv.constraints`, `konv.activations`, `konv.utils`, `konv.datasets`;
networks by name in `konv.zoo`; looking into them in `konv.explain`. Importing konv loads none of them: each comes when
it is first asked for, so `import konv` is fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from konv import (
        activations,
        callbacks,
        compat,
        config,
        constraints,
        datasets,
        errors,
        explain,
        initializers,
        layers,
        losses,
        metrics,
        models,
        ops,
        optimizers,
        preprocessing,
        regularizers,
        utils,
        zoo,
    )
    from konv.layers import Input
    from konv.layers.registry import register_serializable
    from konv.models import Model, Sequential
    from konv.train.differentiation import grad, value_and_grad

__version__ = "0.1.0"

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "__version__",
    "activations",
    "callbacks",
    "compat",
    "config",
    "constraints",
    "datasets",
    "errors",
    "explain",
    "grad",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "preprocessing",
    "register_serializable",
    "regularizers",
    "utils",
    "value_and_grad",
    "zoo",
]

_INSIDE = {
    "Input": "layers",
    "Model": "models",
    "Sequential": "models",
    "grad": "train.differentiation",
    "register_serializable": "layers.registry",
    "value_and_grad": "train.differentiation",
}


def __getattr__(name: str) -> object:
    """A module of konv, or one of the few names at its top, loaded when it is first asked for (PEP 562)."""
    if name in _INSIDE:
        return getattr(import_module(f"konv.{_INSIDE[name]}"), name)
    if name in __all__:
        return import_module(f"konv.{name}")
    raise AttributeError(f"module 'konv' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
