"""Optimisers: which formulas are in force, what they read, and their state."""

from __future__ import annotations

import numpy as np
import pytest

from konv import optimizers
from konv.errors import ConfigurationError, KonvWarning, ShapeError, UnknownNameError
from konv.graph import Variable
from konv.optimizers import SGD, Adadelta, Adagrad, Adam, RMSprop


def test_old_spellings_select_keras_2():
    assert not RMSprop(0.1).keras2
    assert RMSprop(0.1).update.inside
    for old in (RMSprop(lr=0.1), RMSprop(decay=1e-6), optimizers.rmsprop(lr=0.0001, decay=1e-6)):
        assert old.keras2
        assert not old.update.inside
    assert optimizers.rmsprop is RMSprop
    assert optimizers.sgd is SGD
    assert optimizers.adam is Adam


def test_decay_is_keras_2s():
    optimizer = SGD(lr=0.1, decay=0.5)
    assert [_at(optimizer, t) for t in (0, 1, 2)] == [0.1, 0.1 / 1.5, 0.05]


def _at(optimizer, step):
    optimizer.iterations = step
    return optimizer.scalars()[0]


def test_adam_corrects_its_bias():
    optimizer = Adam(0.002, beta_1=0.9, beta_2=0.99)
    assert _at(optimizer, 0) == 0.002 * (1 - 0.99) ** 0.5 / (1 - 0.9)
    assert _at(optimizer, 2) == 0.002 * (1 - 0.99**3) ** 0.5 / (1 - 0.9**3)


def test_defaults_are_kerass():
    assert SGD().learning_rate == 0.01
    assert RMSprop().learning_rate == Adam().learning_rate == 0.001
    assert (RMSprop().rho, RMSprop().epsilon, Adam(epsilon=None).epsilon) == (0.9, 1e-7, 1e-7)


def test_a_usual_rate_that_has_changed_much_is_told_of():
    """The old MNIST example with `Adadelta()` learns nothing with today's default."""
    for make in (Adadelta, lambda: optimizers.get("adadelta")):
        with pytest.warns(KonvWarning, match="rate 0.001 .* up to Keras 2.3 it was 1"):
            assert make().learning_rate == 0.001
    assert (Adadelta(lr=1.0).learning_rate, Adadelta(decay=0.0).learning_rate, Adadelta(0.5).rho) == (1, 1, 0.95)
    assert Adagrad(decay=0.0).learning_rate == 0.01
    with pytest.warns(KonvWarning, match=r"learning_rate=0\.01"):
        Adagrad()


def test_rate_and_steps_can_be_set():
    optimizer = Adam()
    optimizer.lr = 0.5
    optimizer.iterations = 7
    assert (optimizer.learning_rate, optimizer.lr, optimizer.iterations) == (0.5, 0.5, 7)
    with pytest.raises(ConfigurationError, match="at least 0"):
        optimizer.learning_rate = float("nan")
    with pytest.raises(ConfigurationError, match="iterations"):
        optimizer.iterations = -1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SGD(-0.1), "learning_rate"),
        (lambda: SGD(momentum=1), "momentum"),
        (lambda: SGD(momentum="much"), "momentum"),
        (lambda: Adam("fast"), "learning_rate"),
        (lambda: RMSprop(rho=1.5), "rho"),
        (lambda: RMSprop(0.1, lr=0.1), "old name"),
        (lambda: Adam(decay=-1), "decay"),
        (lambda: Adam(ams=True), "does not know the argument ams"),
    ],
)
def test_mistakes(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()


@pytest.mark.parametrize("given", ["rmsprop", "RMSprop", RMSprop, {"class_name": "RMSprop", "config": {}}])
def test_get(given):
    found = optimizers.get(given)
    assert type(found) is RMSprop
    assert not found.keras2
    assert optimizers.get(found) is found


def test_unknown_name_has_the_nearest():
    with pytest.raises(UnknownNameError, match="rmsprop"):
        optimizers.get("rmsprp")


@pytest.mark.parametrize(
    "optimizer",
    [SGD(0.1, momentum=0.5, nesterov=True), SGD(lr=0.1), RMSprop(0.1, rho=0.8), RMSprop(decay=0.1), Adam(beta_1=0.5)],
)
def test_saved_form_comes_back(optimizer):
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert again.get_config() == optimizer.get_config()
    assert again.update == optimizer.update


def test_state_is_aligned_kept_and_checked():
    variables = [Variable("a/kernel", np.ones((3, 2), "float32")), Variable("a/bias", np.ones(2, "float32"))]
    optimizer = Adam()
    slots = optimizer.slots(variables)
    assert all(s.ctypes.data % 64 == 0 and not s.any() for pair in slots for s in pair)
    assert all(
        a is b for p, q in zip(slots, optimizer.slots(variables), strict=True) for a, b in zip(p, q, strict=True)
    )
    slots[0][1][:] = 5
    state = optimizer.get_state()
    assert set(state) == {f"a/{w}/{s}" for w in ("kernel", "bias") for s in ("momentum", "velocity")}
    other = Adam()
    other.set_state(variables, state)
    assert np.array_equal(other.slots(variables)[0][1], np.full((3, 2), 5))
    with pytest.raises(ShapeError, match="a/kernel/velocity is 3×2 in the model, 2×3"):
        other.set_state(variables, {**state, "a/kernel/velocity": np.zeros((2, 3))})
    with pytest.raises(ShapeError, match="absent"):
        SGD().set_state(variables, state)
