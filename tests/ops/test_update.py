from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from konv.ops.update import SGD, Adam, RMSprop, Update

STEPS, RATE = 6, 0.05


def gradients(shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(5).normal(size=(STEPS, *shape)).astype("float32")


def scalar(update: Update, step: int) -> float:
    """The learning rate, or Adam's step size with its bias correction (steps count from 1).

    Worked out in float32 as Keras does: there 1 − β₂ᵗ has lost four digits at the first steps, and the rule itself
    is what is compared here.
    """
    if isinstance(update, Adam):
        one, beta_1, beta_2 = np.float32(1), np.float32(update.beta_1), np.float32(update.beta_2)
        return float(np.float32(RATE) * np.sqrt(one - beta_2**step) / (one - beta_1**step))
    return RATE


@pytest.mark.parametrize(
    ("update", "name", "options"),
    [
        (SGD(), "SGD", {}),
        (SGD(0.9), "SGD", {"momentum": 0.9}),
        (SGD(0.9, nesterov=True), "SGD", {"momentum": 0.9, "nesterov": True}),
        (RMSprop(), "RMSprop", {}),
        (RMSprop(0.8, 1e-3, momentum=0.5), "RMSprop", {"rho": 0.8, "epsilon": 1e-3, "momentum": 0.5}),
        (Adam(), "Adam", {}),
        (Adam(0.8, 0.9, 1e-3), "Adam", {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}),
    ],
)
def test_follows_keras_over_several_steps(
    update: Update, name: str, options: dict[str, Any], oracle: Callable[[str], ModuleType]
) -> None:
    keras = oracle("keras")
    variable = keras.Variable(np.linspace(-1, 1, 12, dtype="float32").reshape(3, 4))
    optimizer = getattr(keras.optimizers, name)(learning_rate=RATE, **options)
    w = np.array(variable.value)
    slots = tuple(np.zeros_like(w) for _ in update.slots)
    for step, g in enumerate(gradients(w.shape), 1):
        optimizer.apply([g], [variable])
        update.apply(w, g, slots, (scalar(update, step),))
        np.testing.assert_allclose(w, variable.value, rtol=2e-6, atol=1e-6)


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
@pytest.mark.parametrize("update", [SGD(), SGD(0.9), RMSprop(momentum=0.9), RMSprop(inside=False), Adam()], ids=repr)
def test_updates_happen_in_place_and_leave_the_gradient(update: Update, dtype: str) -> None:
    g = gradients((3,))[0].astype(dtype)
    kept = g.copy()
    w, slots = np.ones(3, dtype), tuple(np.zeros(3, dtype) for _ in update.slots)
    before = w
    update.apply(w, g, slots, (0.1,))
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
    assert SGD.scalars == RMSprop.scalars == ("learning_rate",)
    assert Adam.scalars == ("step_size",)
