"""The learning-rate finder finds a rate that works, and leaves no trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import konv
from konv.errors import ConfigurationError
from konv.layers import Dense, Input
from konv.models import Sequential

X = np.random.default_rng(1).normal(size=(64, 4)).astype("float32")
Y = X @ np.array([[1.0], [2], [-1], [0.5]], "float32")


def compiled(optimizer: object = "sgd") -> Sequential:
    konv.utils.set_random_seed(3)
    model = Sequential([Input((4,)), Dense(1)])
    model.compile(optimizer, "mse")
    return model


def test_it_leaves_no_trace(tmp_path: Path) -> None:
    tried, other = compiled("adam"), compiled("adam")
    for model in (tried, other):
        model.fit(X, Y, batch_size=16, verbose=0)
    finder = tried.find_learning_rate(X, Y, batch_size=16, plot=tmp_path / "rates.png", steps=60, end=10.0)
    assert (tmp_path / "rates.png").read_bytes().startswith(b"\x89PNG")
    assert len(finder.rates) == len(finder.losses) <= 60
    assert finder.rates[:2] == pytest.approx([1e-6, 1e-6 * 1e7 ** (1 / 59)], rel=1e-9)
    for model in (tried, other):
        model.fit(X, Y, batch_size=16, verbose=0)
    assert all(map(np.array_equal, tried.get_weights(), other.get_weights()))
    assert tried.history.history == other.history.history


def test_the_rate_it_suggests_learns() -> None:
    """Of mean squared error on these inputs, steps beyond about 1 diverge, and those below 1e-3 hardly move."""
    model = compiled()
    finder = model.find_learning_rate(X, Y, batch_size=16, steps=80, end=100.0)
    assert 1e-3 < finder.suggestion < 1
    assert finder.rates[-1] < 100
    model.optimizer.learning_rate = finder.suggestion
    history = model.fit(X, Y, batch_size=16, epochs=8, verbose=0).history["loss"]
    assert history[-1] < 0.1 * history[0]


def test_mistakes() -> None:
    with pytest.raises(ConfigurationError, match="0 < start < end"):
        compiled().find_learning_rate(X, Y, start=1.0, end=0.1)
    scheduled = konv.optimizers.SGD(konv.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5))
    with pytest.raises(ConfigurationError, match="schedule"):
        compiled(scheduled).find_learning_rate(X, Y)
