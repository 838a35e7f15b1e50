"""Learning curves from equal weights follow Keras's, within what the seed of dropout and of the order makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import konv
from konv.data.sources import embedded

SEEDS = (1, 2, 3)
EPOCHS = 3


def notes_like(module: Any, size: int, widths: tuple[int, int, int]) -> Any:
    """The notes' network, its dropout too, with other widths."""
    made = module.layers
    parts: list[Any] = [made.Input((size, size, 1))]
    for filters in widths[:2]:
        parts += [made.Conv2D(filters, (3, 3), padding="same"), made.Activation("relu")]
        parts += [made.Conv2D(filters, (3, 3)), made.Activation("relu")]
        parts += [made.MaxPooling2D(pool_size=(2, 2)), made.Dropout(0.25)]
    parts += [made.Flatten(), made.Dense(widths[2]), made.Activation("relu"), made.Dropout(0.5)]
    return module.models.Sequential([*parts, made.Dense(10), made.Activation("softmax")])


@pytest.mark.slow
def test_learning_curves_follow_kerass(oracle, full):
    keras = oracle("keras")
    data = embedded()
    x, y = data.x / np.float32(255), data.y
    count, size, widths = (6000, 28, (32, 64, 512)) if full else (960, 14, (8, 16, 64))
    x = x[:count].reshape(count, size, 28 // size, size, 28 // size, 1).mean((2, 4)).astype("float32")
    y = y[:count]

    konv.utils.set_random_seed(0)
    weights = notes_like(konv, size, widths).get_weights()
    curves: dict[str, list[list[float]]] = {"konv": [], "keras": []}
    for module in (konv, keras):
        for seed in SEEDS:
            module.utils.set_random_seed(seed)
            model = notes_like(module, size, widths)
            model.set_weights(weights)
            model.compile(module.optimizers.RMSprop(0.002), "sparse_categorical_crossentropy")
            curves[module.__name__].append(model.fit(x, y, batch_size=16, epochs=EPOCHS, verbose=0).history["loss"])

    ours, theirs = np.array(curves["konv"]), np.array(curves["keras"])
    print("konv", ours, "keras", theirs, sep="\n")
    spread = np.maximum(np.ptp(ours, 0), np.ptp(theirs, 0))
    assert (ours[:, -1] < 0.8 * ours[:, 0]).all()
    assert (np.abs(ours.mean(0) - theirs.mean(0)) <= spread).all()
