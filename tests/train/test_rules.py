"""Every optimiser against Keras, and Keras 2's formulas worked out in NumPy, through the same small network."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import konv
from konv import optimizers
from konv.layers import Dense, Input
from konv.models import Sequential
from konv.optimizers import schedules
from konv.train.optimizer import Optimizer

X = np.random.default_rng(1).normal(size=(48, 5)).astype("float32")
Y = X @ np.random.default_rng(2).normal(size=(5, 3)).astype("float32")
RATE = 0.05


def learned(optimizer: Optimizer, steps: int = 6) -> list[np.ndarray[Any, Any]]:
    """The weights after `steps` steps on eight samples each."""
    konv.utils.set_random_seed(3)
    model = Sequential([Input((5,)), Dense(4, activation="tanh"), Dense(3)])
    model.compile(optimizer, "mse")
    model.fit(X[: 8 * steps], Y[: 8 * steps], batch_size=8, shuffle=False, verbose=0)
    return model.get_weights()


CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"clipvalue": 0.01}),
    ("SGD", {"clipnorm": 0.2, "use_ema": True, "ema_momentum": 0.6}),
    ("SGD", {"global_clipnorm": 0.2, "use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 2}),
    ("RMSprop", {}),
    ("RMSprop", {"rho": 0.8, "epsilon": 1e-3, "momentum": 0.5}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "beta_2": 0.5}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.3}),
    ("Nadam", {}),
    ("Nadam", {"beta_1": 0.7}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1, "global_clipnorm": 0.3}),
    ("Adam", {"clipnorm": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}),
    ("RMSprop", {"clipvalue": 0.01, "centered": True, "weight_decay": 0.2}),
    ("Nadam", {"clipvalue": 0.02, "use_ema": True, "ema_momentum": 0.5}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.7, "epsilon": 1e-4, "clipnorm": 0.1}),
    ("Adamax", {"beta_2": 0.8, "weight_decay": 0.1}),
    ("Adagrad", {"global_clipnorm": 0.1, "use_ema": True, "ema_momentum": 0.9}),
    ("Adamax", {}),
    ("Adagrad", {}),
    ("Adagrad", {"initial_accumulator_value": 0.5}),
    ("Adadelta", {"learning_rate": 1.0}),
]


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_follows_keras(name: str, options: dict[str, Any], engine: str, oracle: Callable[[str], ModuleType]) -> None:
    """Keras computes 1 − β₂ᵗ in float32, where the first steps lose four digits: its Adam differs by that."""
    keras = oracle("keras")
    options = {"learning_rate": RATE, **options}
    konv.utils.set_random_seed(3)
    start = Sequential([Input((5,)), Dense(4, activation="tanh"), Dense(3)]).get_weights()
    variables = [keras.Variable(w) for w in start]
    theirs = getattr(keras.optimizers, name)(**options)
    found = learned(getattr(optimizers, name)(**options))
    for at in range(0, 48, 8):
        grads = gradient([np.array(v.value) for v in variables], X[at : at + 8], Y[at : at + 8])
        theirs.apply([keras.ops.convert_to_tensor(g.astype("float32")) for g in grads], variables)
    theirs.finalize_variable_values(variables)
    loose = name in ("Adam", "AdamW", "Nadam")
    for w, v in zip(found, variables, strict=True):
        np.testing.assert_allclose(w, v.value, rtol=1e-4 if loose else 2e-5, atol=2e-5 if loose else 2e-6)


def gradient(w: list[Any], x: Any, y: Any) -> list[Any]:
    """The gradient of the mean squared error of the network, worked out."""
    w = [a.astype("float64") for a in w]
    h = np.tanh(x @ w[0] + w[1])
    dz = 2 * (h @ w[2] + w[3] - y) / y.size
    dh = dz @ w[2].T * (1 - h * h)
    return [x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)]


def old_adagrad(w, g, s, t):
    s[0] += g * g
    w -= RATE * g / (np.sqrt(s[0]) + 1e-7)


def old_nadam(w, g, s, t):
    def u(i):
        return 0.9 * (1 - 0.5 * 0.96 ** (i * 0.004))

    s[0] += 0.1 * (g - s[0])
    s[1] += 0.001 * (g * g - s[1])
    product = np.prod([u(i) for i in range(1, t + 1)])
    bar = (1 - u(t)) * g / (1 - product) + u(t + 1) * s[0] / (1 - product * u(t + 1))
    w -= RATE * bar / (np.sqrt(s[1] / (1 - 0.999**t)) + 1e-7)


def old_rmsprop(w, g, s, t):
    s[0] += 0.1 * (g * g - s[0])
    w -= RATE / (1 + 0.5 * (t - 1)) * g / (np.sqrt(s[0]) + 1e-7)


@pytest.mark.parametrize(
    ("optimizer", "rule"),
    [
        (lambda: optimizers.adagrad(lr=RATE), old_adagrad),
        (lambda: optimizers.nadam(lr=RATE), old_nadam),
        (lambda: optimizers.rmsprop(lr=RATE, decay=0.5), old_rmsprop),
    ],
)
def test_follows_keras_2(optimizer: Callable[[], Optimizer], rule: Callable[..., None], engine: str) -> None:
    konv.utils.set_random_seed(3)
    start = Sequential([Input((5,)), Dense(4, activation="tanh"), Dense(3)]).get_weights()
    w = [a.astype("float64") for a in start]
    state = [[np.zeros_like(a) for _ in range(2)] for a in w]
    for step in range(6):
        grads = gradient(w, X[8 * step : 8 * step + 8], Y[8 * step : 8 * step + 8])
        for a, g, s in zip(w, grads, state, strict=True):
            rule(a, g, s, step + 1)
    for a, b in zip(learned(optimizer()), w, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_old_clipnorm_is_of_all_gradients_together(engine: str) -> None:
    old = learned(optimizers.SGD(lr=RATE, clipnorm=0.2))
    assert all(map(np.array_equal, old, learned(optimizers.SGD(RATE, global_clipnorm=0.2))))
    assert not all(map(np.array_equal, old, learned(optimizers.SGD(RATE, clipnorm=0.2))))


SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 10], "values": [1.0, 0.5, 0.1]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 8, "power": 2.0}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 8, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 8, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 12, "warmup_target": 0.1, "warmup_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4, "m_mul": 0.9, "alpha": 0.1}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.0}),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES, ids=str)
def test_schedules_follow_keras(name: str, options: dict[str, Any], oracle: Callable[[str], ModuleType]) -> None:
    ours = getattr(schedules, name)(**options)
    theirs = getattr(oracle("keras").optimizers.schedules, name)(**options)
    steps = (0, 3, 5, 8, 13, 24)
    assert [ours(t) for t in steps] == pytest.approx([float(theirs(t)) for t in steps], rel=2e-6, abs=1e-7)
    again = schedules.deserialize(schedules.serialize(ours))
    assert [again(t) for t in range(25)] == [ours(t) for t in range(25)]


def test_one_cycle() -> None:
    rate = schedules.OneCycle(1.0, total_steps=100)
    values = [rate(t) for t in range(120)]
    assert values[0] == pytest.approx(0.04, rel=1e-12)
    assert values[15] == pytest.approx(0.52, rel=1e-12)
    assert (values[30], values.index(max(values))) == (1, 30)
    assert values[65] == pytest.approx(0.5 + 2e-6, rel=1e-9)
    assert values[100] == values[119] == pytest.approx(4e-6, rel=1e-9)


def test_a_schedule_gives_the_rate_and_is_saved() -> None:
    optimizer = optimizers.Adam(schedules.ExponentialDecay(0.1, 10, 0.5))
    assert [_rate(optimizer, t) for t in (0, 10, 20)] == pytest.approx([0.1, 0.05, 0.025], rel=1e-12)
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert _rate(again, 20) == _rate(optimizer, 20)
    with pytest.raises(konv.errors.ConfigurationError, match="schedule ExponentialDecay"):
        optimizer.learning_rate = 0.1


def _rate(optimizer: Optimizer, step: int) -> float:
    optimizer.iterations = step
    return optimizer.learning_rate


@pytest.mark.parametrize(
    "make",
    [
        lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
        lambda: schedules.CosineDecay(-1, 10),
        lambda: schedules.PiecewiseConstantDecay([1, 2], [0.1]),
        lambda: schedules.PiecewiseConstantDecay([2, 1], [0.1, 0.2, 0.3]),
        lambda: schedules.OneCycle(0.1, 10, warmup_share=1.0),
        lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0),
        lambda: optimizers.SGD(clipnorm=0.0),
        lambda: optimizers.SGD(weight_decay=-1),
        lambda: optimizers.SGD(use_ema=True, ema_momentum=1),
        lambda: optimizers.SGD(use_ema=True, ema_overwrite_frequency=0),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(konv.errors.ConfigurationError):
        make()
