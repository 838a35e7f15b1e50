"""The state of an optimiser as Keras lists it.

| | order |
|---|---|
| Keras 3 | steps taken, learning rate (unless a schedule gives it), running means, then the arrays beside each weight |
| Keras 2 | steps taken, then the arrays beside the weights, one kind after the other |

Sources: the `build` of each of Keras 3's optimisers, which says in what order it makes its variables; `get_updates` of
Keras 2.3's, `_create_slots` of TensorFlow 2's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from konv.errors import KonvWarning, warn
from konv.messages import text
from konv.ops.record import Array
from konv.train.optimizers import Adam, Nadam, Optimizer

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["restore", "state"]

TOGETHER = ("Adadelta", "Adam", "AdamW", "Adamax", "Nadam")
"""The optimisers that list both arrays of a weight side by side in Keras 3; the others list kind after kind."""

Named = list[tuple[str, Array]]


def _slots(model: Model, optimizer: Optimizer, keras2: bool = False) -> Named:
    """The arrays beside the weights, named, in the order of Keras 3 or 2."""
    kinds = optimizer.update.slots
    called = {id(v): name for name, v in model.named_weights().items()}
    weights = [called[id(v)].replace("/", "_") for v in model.trainable_weights]
    rows = list(zip(weights, optimizer.slots(model.trainable_weights), strict=True))
    means, own = kinds[len(kinds) - optimizer.use_ema :], kinds[: len(kinds) - optimizer.use_ema]
    beside = 2 if type(optimizer).__name__ in TOGETHER and not keras2 else 0
    order = [(row, kind) for kind in means for row in rows]
    order += [(row, kind) for row in rows for kind in own[:beside]]
    order += [(row, kind) for kind in own[beside:] for row in rows]
    return [(f"{weight}_{kind}", arrays[kinds.index(kind)]) for (weight, arrays), kind in order]


def state(model: Model) -> Named:
    """The optimiser's state in Keras 3's order, each array with a name; empty where there is none."""
    optimizer = model.optimizer
    if optimizer is None or not model.built:
        return []
    scalars: Named = [("iterations", np.asarray(optimizer.iterations, "int64"))]
    if optimizer.schedule is None:
        scalars.append(("learning_rate", np.asarray(optimizer.learning_rate, "float32")))
    last = [("u_product", np.asarray(optimizer.product, "float32"))] if isinstance(optimizer, Nadam) else []
    return [(f"{optimizer.name}/{name}", array) for name, array in (*scalars, *_slots(model, optimizer), *last)]


def restore(model: Model, arrays: Sequence[Array], keras2: bool = False) -> None:
    """Give the optimiser of `model` the state in `arrays`, in the order of Keras 3 or 2; a warning says where it does
    not fit."""
    optimizer = model.optimizer
    if optimizer is None or not arrays:
        return
    slots = [slot for _, slot in _slots(model, optimizer, keras2)]
    first, last = _ends(optimizer, len(arrays) - len(slots), len(model.trainable_weights), keras2)
    found = arrays[first : len(arrays) - last]
    if [a.shape for a in found] != [s.shape for s in slots] or any(a.ndim for a in arrays[:first]):
        if any(a.ndim for a in arrays):  # Keras 3 keeps the numbers alone where no step has been taken
            warn(text("keras_file.optimizer", optimizer=type(optimizer).__name__), KonvWarning)
        return
    if first:
        optimizer.iterations = int(arrays[0])
    if not keras2 and first == 2:
        optimizer.learning_rate = float(arrays[1])
    for slot, array in zip(slots, found, strict=True):
        slot[...] = array


def _ends(optimizer: Optimizer, spare: int, weights: int, keras2: bool) -> tuple[int, int]:
    """How many arrays stand before those beside the weights, and how many after, where there are `spare` more.

    What follows from the number of steps, as Nadam's product of momenta, is not read. Keras 2's Adam has an empty
    array for each largest mean square that it does without; some of its optimisers do not count their steps.
    """
    if keras2:
        last = weights if isinstance(optimizer, Adam) and spare > weights else 0
        return max(spare - last, 0), last
    return (1 if optimizer.schedule is not None else 2), int(isinstance(optimizer, Nadam))
