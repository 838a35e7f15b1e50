"""`keras`: the names at the top of the package; its modules are doors of their own."""

from __future__ import annotations

from konv.compat.layers import words
from konv.compat.models import Model, Sequential
from konv.compat.utils import set_random_seed
from konv.graph import Variable
from konv.initializers import Initializer
from konv.losses import Loss
from konv.metrics import Metric
from konv.optimizers import Optimizer

__all__ = [
    "Initializer",
    "Input",
    "InputSpec",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Sequential",
    "Variable",
    "set_random_seed",
    "version",
]

Input, InputSpec, Layer = words.Input, words.InputSpec, words.Layer


def version() -> str:
    """The version of Keras whose words these are."""
    return "3.0.0"
