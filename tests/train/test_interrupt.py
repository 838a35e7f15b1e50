"""Ctrl-C falls between steps; several threads may predict with one model."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import konv
from konv.callbacks import LambdaCallback
from konv.layers import Dense, Input
from konv.models import Sequential
from konv.train.interrupt import whole

X, Y = np.random.default_rng(1).normal(size=(12, 4)).astype("float32"), np.arange(12) % 3


def compiled() -> Sequential:
    konv.utils.set_random_seed(3)
    model = Sequential([Input((4,)), Dense(8, activation="tanh"), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_a_step_is_finished_first(engine):
    interrupted, one_step = compiled(), compiled()
    one_step.fit(X[:4], Y[:4], batch_size=4, shuffle=False, verbose=0)

    runner = interrupted.runner
    run = runner._run

    def run_and_interrupt(*arguments):
        signal.raise_signal(signal.SIGINT)
        return run(*arguments)

    runner._run = run_and_interrupt
    heard: list[int] = []
    spy = LambdaCallback(on_train_batch_end=lambda batch, logs: heard.append(batch))
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(X, Y, batch_size=4, shuffle=False, verbose=0, callbacks=[spy])
    assert interrupted.optimizer.iterations == 1
    assert heard == []
    for a, b in zip(interrupted.get_weights(), one_step.get_weights(), strict=True):
        assert np.array_equal(a, b)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait():
    reached = []

    def step() -> None:
        with whole():
            signal.raise_signal(signal.SIGINT)
            reached.append(1)
            signal.raise_signal(signal.SIGINT)
            reached.append(2)

    with pytest.raises(KeyboardInterrupt):
        step()
    assert reached == [1]


def test_another_handler_is_left_alone():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with whole():
            signal.raise_signal(signal.SIGINT)
            assert heard == [1]
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_error_in_the_block_passes():
    with pytest.raises(ValueError, match="mine"), whole():
        raise ValueError("mine")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_several_threads_predict_with_one_model(engine):
    model = compiled()
    generator = np.random.default_rng(2)
    inputs = [generator.normal(size=(n, 4)).astype("float32") for n in (1, 7, 32, 5) * 8]
    expected = [model.predict(x, verbose=0) for x in inputs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: model.predict(x, verbose=0), inputs))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_either_type_of_numbers(name, engine):
    konv.config.set_floatx(name)
    try:
        model = compiled()
        model.fit(X, Y, verbose=0)
        assert model.predict(X, verbose=0).dtype == name
        assert {w.dtype for w in model.get_weights()} == {np.dtype(name)}
    finally:
        konv.config.set_floatx("float32")
