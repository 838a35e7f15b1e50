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
from konv.train.optimizers import Adam, Optimizer

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["restore", "state"]

KNOWN = ("Adagrad", "Adam", "AdamW", "RMSprop", "SGD")
"""The optimisers whose order is known here; the state of others stays out of Keras's files."""


def _slots(model: Model, optimizer: Optimizer) -> list[Array] | None:
    """The arrays beside the weights in Keras's order; None where that is not known."""
    if type(optimizer).__name__ not in KNOWN or optimizer.use_ema or getattr(optimizer, "amsgrad", False):
        return None
    rows = optimizer.slots(model.trainable_weights)
    if isinstance(optimizer, Adam):
        return [slot for row in rows for slot in row]
    return [row[i] for i in range(len(optimizer.update.slots)) for row in rows]


def state(model: Model) -> list[Array]:
    """The optimiser's state in Keras's order; empty where there is none, or its order is not known."""
    optimizer = model.optimizer
    slots = None if optimizer is None or not model.built else _slots(model, optimizer)
    if optimizer is None or slots is None:
        return []
    rate = [] if optimizer.schedule is not None else [np.asarray(optimizer.learning_rate, "float32")]
    return [np.asarray(optimizer.iterations, "int64"), *rate, *slots]


def restore(model: Model, arrays: Sequence[Array]) -> None:
    """Give the optimiser of `model` the state in `arrays`; a warning says where it does not fit."""
    optimizer = model.optimizer
    if optimizer is None or not arrays:
        return
    slots = _slots(model, optimizer)
    first = 1 if optimizer.schedule is not None else 2
    if slots is None or [a.shape for a in arrays[first:]] != [s.shape for s in slots]:
        if len(arrays) > 2:
            warn(text("keras_file.optimizer", optimizer=type(optimizer).__name__), KonvWarning)
        return
    optimizer.iterations = int(arrays[0])
    if first == 2:
        optimizer.learning_rate = float(arrays[1])
    for slot, array in zip(slots, arrays[first:], strict=True):
        slot[...] = array
