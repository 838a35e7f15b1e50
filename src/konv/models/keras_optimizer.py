"""The state of an optimiser as Keras 3 lists it: steps taken, learning rate, then the arrays beside each weight.

Source: the `build` of each of Keras 3's optimisers, which says in what order it makes its variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from konv.errors import KonvWarning, warn
from konv.messages import text
from konv.ops.record import Array
from konv.train.optimizers import Nadam, Optimizer

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["restore", "state"]

TOGETHER = ("Adadelta", "Adam", "AdamW", "Adamax", "Nadam")
"""The optimisers that list both arrays of a weight side by side; the others list one kind after the other."""


def _slots(model: Model, optimizer: Optimizer) -> list[Array] | None:
    """The arrays beside the weights in Keras's order; None with running means, which Keras keeps elsewhere."""
    if optimizer.use_ema:
        return None
    rows = optimizer.slots(model.trainable_weights)
    kinds = len(optimizer.update.slots)
    beside = 2 if type(optimizer).__name__ in TOGETHER else 0
    found = [slot for row in rows for slot in row[:beside]]
    return found + [row[i] for i in range(beside, kinds) for row in rows]


def state(model: Model) -> list[Array]:
    """The optimiser's state in Keras's order; empty where there is none, or its order is not known."""
    optimizer = model.optimizer
    slots = None if optimizer is None or not model.built else _slots(model, optimizer)
    if optimizer is None or slots is None:
        return []
    rate = [] if optimizer.schedule is not None else [np.asarray(optimizer.learning_rate, "float32")]
    last = [np.asarray(optimizer.product, "float32")] if isinstance(optimizer, Nadam) else []
    return [np.asarray(optimizer.iterations, "int64"), *rate, *slots, *last]


def restore(model: Model, arrays: Sequence[Array]) -> None:
    """Give the optimiser of `model` the state in `arrays`; a warning says where it does not fit."""
    optimizer = model.optimizer
    if optimizer is None or not arrays:
        return
    slots = _slots(model, optimizer)
    first = 1 if optimizer.schedule is not None else 2
    if isinstance(optimizer, Nadam):
        arrays = arrays[:-1]  # the product of momenta so far, which follows from the number of steps
    if slots is None or [a.shape for a in arrays[first:]] != [s.shape for s in slots]:
        if len(arrays) > 2:
            warn(text("keras_file.optimizer", optimizer=type(optimizer).__name__), KonvWarning)
        return
    optimizer.iterations = int(arrays[0])
    if first == 2:
        optimizer.learning_rate = float(arrays[1])
    for slot, array in zip(slots, arrays[first:], strict=True):
        slot[...] = array
