"""Initialisers: ranges, variances, seeds, names."""

from __future__ import annotations

import numpy as np
import pytest

from konv import initializers
from konv.errors import ConfigurationError, UnknownNameError
from konv.graph import Later, Variable
from konv.initializers import NAMES, fans
from konv.layers import Dense
from konv.models import Sequential
from konv.utils import set_random_seed

SHAPE = (3, 3, 32, 64)
FAN_IN, FAN_OUT = 288, 576
VARIANCES = {
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT),
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "he_uniform": 2 / FAN_IN,
    "he_normal": 2 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "lecun_normal": 1 / FAN_IN,
    "random_uniform": 0.1**2 / 12,
    "random_normal": 0.05**2,
    "truncated_normal": (0.05 * 0.87962566103423978) ** 2,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_mean_and_variance(name):
    set_random_seed(11)
    values = initializers.get(name)(SHAPE).astype("float64")
    deviation, count = VARIANCES[name] ** 0.5, values.size
    assert abs(values.mean()) < 5 * deviation / count**0.5
    assert abs(values.var() / VARIANCES[name] - 1) < 5 * (2 / count) ** 0.5


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("glorot_uniform", (6 / (FAN_IN + FAN_OUT)) ** 0.5),
        ("he_uniform", (6 / FAN_IN) ** 0.5),
        ("random_uniform", 0.05),
        ("truncated_normal", 0.1),
    ],
)
def test_nothing_is_beyond_the_limit(name, limit):
    values = np.abs(initializers.get(name)(SHAPE))
    assert 0.999 * limit < values.max() <= limit * (1 + 1e-6)


def test_constants():
    assert np.array_equal(initializers.get("zeros")((2, 2)), np.zeros((2, 2)))
    assert np.array_equal(initializers.get("ones")((2, 2)), np.ones((2, 2)))
    assert np.array_equal(initializers.Constant(0.5)((3,)), np.full(3, 0.5))
    assert initializers.get("zeros")((2,)).dtype == np.float32
    assert initializers.get("he_normal")((2, 2), dtype="float64").dtype == np.float64


def test_fans_are_kerass():
    assert fans((7,)) == (7, 7)
    assert fans((5, 9)) == (5, 9)
    assert fans(SHAPE) == (FAN_IN, FAN_OUT)


def test_the_process_seed_repeats_the_whole_sequence():
    def two() -> list[np.ndarray]:
        initializer = initializers.get("glorot_uniform")
        return [initializer((4, 4)), initializer((4, 4))]

    set_random_seed(1)
    first = two()
    set_random_seed(1)
    again = two()
    set_random_seed(2)
    other = two()
    assert np.array_equal(first, again)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], other[0])


def test_a_seed_of_its_own_gives_the_same_each_time():
    initializer = initializers.HeNormal(seed=3)
    assert np.array_equal(initializer((4, 4)), initializer((4, 4)))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_saved_form_comes_back(name):
    initializer = initializers.get(name)
    saved = initializers.serialize(initializer)
    assert initializers.get(saved) == initializer
    assert type(initializers.get(type(initializer).__name__)) is type(initializer)


def test_weights_are_drawn_when_they_are_read_and_do_not_depend_on_when():
    def dense():
        set_random_seed(5)
        return [Dense(4, input_shape=(3,)), Dense(2)]

    first, second = Sequential(dense()), Sequential(dense())
    ahead = [w.copy() for w in first.get_weights()]
    last = second.layers[1].get_weights()
    set_random_seed(9)
    assert all(np.array_equal(a, b) for a, b in zip(ahead, second.get_weights(), strict=True))
    assert np.array_equal(last[0], ahead[2])
    unread = Variable("w", Later((2, 3), "float32", lambda: np.full((2, 3), 7.0)))
    assert (unread.shape, unread.size, unread.dtype) == ((2, 3), 6, np.float32)
    at = unread.value
    assert (at == 7).all()
    assert at.ctypes.data == unread.value.ctypes.data
    never = Variable("w", Later((2,), "float32", lambda: pytest.fail("drawn in vain")))
    never.assign(np.ones(2))
    assert (never.value == 1).all()


def test_a_function_of_ones_own_serves_but_cannot_be_saved():
    def mine(shape, dtype=None):
        return np.full(shape, 2, dtype)

    assert np.array_equal(initializers.get(mine)((2,)), [2, 2])
    with pytest.raises(ConfigurationError, match="cannot hold code"):
        initializers.serialize(mine)


def test_mistakes():
    with pytest.raises(UnknownNameError, match="he_normal"):
        initializers.get("he_norml")
    with pytest.raises(ConfigurationError, match="mode"):
        initializers.VarianceScaling(mode="fan")
    with pytest.raises(ConfigurationError, match="scale"):
        initializers.VarianceScaling(scale=0)
    with pytest.raises(ConfigurationError, match="seed"):
        initializers.HeNormal(seed=-1)
