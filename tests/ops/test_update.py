from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from konv.ops.adaptive import Adam, Adamax, Nadam
from konv.ops.update import SGD, Adadelta, Adagrad, RMSprop, Update

RATE = 0.05


def gradients(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(5).normal(size=(6, *shape)).astype("float32")


def test_momentum_worked_out() -> None:
    """Steps of −0.1·g with g = 1, then 2, and momentum 0.5: m is −0.1, then −0.05 − 0.2."""
    for update, expected in ((SGD(0.5), [0.9, 0.65]), (SGD(0.5, nesterov=True), [0.85, 0.525])):
        w, m = np.array([1.0]), np.array([0.0])
        for g, after in zip([1.0, 2.0], expected, strict=True):
            update.apply(w, np.array([g]), (m,), (0.1,))
            assert w[0] == pytest.approx(after, rel=1e-12)


def test_rmsprop_of_keras_2_has_epsilon_outside_the_root() -> None:
    """Two steps from a tiny gradient, worked out: v = 0.1·g², then 0.9·v + 0.1·g² = 0.19·g²."""
    g, w, v = np.array([1e-6]), np.array([1.0]), np.array([0.0])
    update = RMSprop(rho=0.9, epsilon=1e-7, inside=False)
    update.apply(w, g, (v,), (0.01,))
    first = 1 - 0.01 * 1e-6 / (sqrt(0.1e-12) + 1e-7)
    assert w[0] == pytest.approx(first, rel=1e-12)
    update.apply(w, g, (v,), (0.01,))
    assert v[0] == pytest.approx(0.19e-12, rel=1e-12)
    assert w[0] == pytest.approx(first - 0.01 * 1e-6 / (sqrt(0.19e-12) + 1e-7), rel=1e-12)


def test_the_place_of_epsilon_matters_for_tiny_gradients() -> None:
    moved = []
    for inside in (True, False):
        w = np.zeros(1)
        RMSprop(inside=inside).apply(w, np.array([1e-6]), (np.zeros(1),), (1.0,))
        moved.append(-w[0])
    assert moved[1] > 700 * moved[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "update",
    [SGD(), SGD(0.9), RMSprop(momentum=0.9), RMSprop(inside=False), RMSprop(centered=True), Adam(), Adam(amsgrad=True),
     Nadam(), Adamax(), Adagrad(), Adadelta(), Adam(clipnorm=0.1, weight_decay=True, ema=True)],
    ids=repr,
)  # fmt: skip
def test_updates_happen_in_place_and_leave_the_gradient(update: Update, dtype: str) -> None:
    g = gradients((3,))[0].astype(dtype)
    kept = g.copy()
    w, slots = np.ones(3, dtype), tuple(np.zeros(3, dtype) for _ in update.slots)
    before = w
    update.apply(w, g, slots, (0.1, 0.1, 0.5)[: len(update.scalars)] + (0.0, 0.0) * update.ema)
    assert w is before
    assert w.dtype == dtype
    assert (np.sign(1 - w) == np.sign(g)).all()
    assert all(slot.any() for slot in slots)
    np.testing.assert_array_equal(g, kept)


def test_slots_and_scalars_are_named() -> None:
    assert SGD().slots == ()
    assert SGD(0.9).slots == ("momentum",)
    assert RMSprop().slots == ("velocity",)
    assert RMSprop(momentum=0.1).slots == ("velocity", "momentum")
    assert Adam().slots == ("momentum", "velocity")
    assert Adam(amsgrad=True, ema=True).slots == ("momentum", "velocity", "largest_velocity", "average")
    assert SGD.scalars == RMSprop.scalars == ("learning_rate",)
    assert Adam.scalars == ("step_size",)
    assert (SGD().initial, Adagrad().initial) == (0, 0.1)
