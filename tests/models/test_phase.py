"""`call(inputs, training=…)` in classes of one's own: handed on, layers follow training and prediction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv.layers import BatchNormalization, Dense, Dropout, Input, Layer
from konv.models import Model, load_model

X = np.random.default_rng(1).normal(3, 2, (16, 4)).astype("float32")
Y = np.random.default_rng(2).normal(size=(16, 2)).astype("float32")


@konv.register_serializable("tests_phase")
class Block(Layer):
    """As scripts write them: with a default of False."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dense, self.norm, self.drop = Dense(8), BatchNormalization(), Dropout(0.5)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.drop(self.norm(self.dense(inputs), training=training), training=training)


class Whole(Model):
    def __init__(self) -> None:
        super().__init__()
        self.block, self.last = Block(), Dense(2)

    def call(self, inputs: Any, training: Any = None) -> Any:
        return self.last(self.block(inputs, training=training))


def functional() -> Model:
    x = Input((4,))
    return Model(x, Dense(2)(Block()(x)))


@pytest.mark.parametrize("make", [functional, Whole])
def test_layers_follow_the_network(make: Any, tmp_path: Path, engine: str) -> None:
    """Statistics move and numbers are dropped while training; prediction is still, and the same after a file."""
    model = make()
    model.compile("sgd", "mse")
    still = model.evaluate(X, Y, verbose=0)
    assert model.train_on_batch(X, Y) != pytest.approx(still, rel=1e-3)
    (moving,) = (v for v in model.weights if v.name.endswith("moving_mean"))
    assert np.abs(moving.value).max() > 1e-3
    np.testing.assert_array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0))
    if make is functional:
        model.save(tmp_path / "m.konv")
        np.testing.assert_array_equal(
            load_model(tmp_path / "m.konv").predict(X, verbose=0), model.predict(X, verbose=0)
        )


def test_a_frozen_call_stays_frozen(engine: str) -> None:
    x = Input((4,))
    model = Model(x, Dense(2)(Block()(x, training=False)))
    model.compile("sgd", "mse")
    model.train_on_batch(X, Y)
    (moving,) = (v for v in model.weights if v.name.endswith("moving_mean"))
    assert not moving.value.any()


def test_a_call_may_ask_for_the_phase(engine: str) -> None:
    """It is traced for both, and each is used in its time, with its gradient."""

    class Asks(Layer):
        def call(self, inputs: Any, training: Any = None) -> Any:
            return inputs * 2 if training else inputs

    x = Input((4,))
    dense = Dense(2, use_bias=False)
    model = Model(x, Asks()(dense(x)))
    still = model.predict(X, verbose=0)
    np.testing.assert_allclose(still, X @ dense.get_weights()[0], rtol=1e-5, atol=1e-5)
    model.compile(konv.optimizers.SGD(0.1), "mse")
    gradient = 2 * X.T @ (2 * (2 * still - Y)) / Y.size
    before = dense.get_weights()[0]
    assert model.train_on_batch(X, Y) == pytest.approx(((2 * still - Y) ** 2).mean(), rel=1e-5)
    np.testing.assert_allclose(dense.get_weights()[0], before - 0.1 * gradient, rtol=1e-4, atol=1e-5)
