"""The roofline picture: what a profile says is where it belongs; nothing breaks it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from konv.engine.profile import Measured
from konv.errors import NonFiniteError
from konv.explain.roofline import roofline
from konv.explain.speed import Limits, Profile, Step, traffic_rate
from konv.explain.style import DARK, LIGHT, Theme
from konv.layers import Dense
from konv.models import Sequential
from konv.ops.loss import BinaryCrossentropy, CategoricalCrossentropy, MeanSquaredError, SparseCategoricalCrossentropy
from konv.train.optimizers import SGD

LIMITS = Limits(peak=1e11, memory=1e10, cache=5e10)
CALLS = (
    Measured(0, "conv/kernel", "pack", 1e-4, 0, 1000, of_weights=True),
    Measured(1, "conv", "convolution", 4e-3, 10**8, 10**6),
    Measured(1, "relu", "pointwise", 1e-4, 0, 10**6),
    Measured(2, "out", "loss", 0.0, 0, 10),
    Measured(3, "conv", "weight_gradient", 6e-3, 10**8, 10**6),
    Measured(4, "conv/kernel", "sgd", 1e-4, 0, 1000, of_weights=True),
)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def rows(drawn: np.ndarray, colour: str, near: int = 12) -> np.ndarray:
    """How many pixels of each row are about of a colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return (np.abs(drawn.astype(int) - wanted).max(2) <= near).sum(1)


def test_a_profile_adds_up_and_knows_its_phases():
    found = Profile(CALLS, 8e-3, 2, LIMITS)
    assert found.whole == 16e-3
    assert found.inside == pytest.approx(10.3e-3)
    assert found.outside == pytest.approx(5.7e-3)
    assert found.phases == ("weights", "forward", "forward", "forward", "backward", "weights")


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_strip_is_as_wide_as_calls_take_long(theme: Theme):
    drawn = pixels(roofline(Profile(CALLS, 8e-3, 2, LIMITS), theme))
    strip = slice(int(0.83 * len(drawn)), None)
    forward, backward = (rows(drawn[strip], colour).max() for colour in (theme.cool, theme.warm))
    assert forward / backward == pytest.approx(4.1 / 6.0, rel=0.05)


def test_faster_calls_stand_higher():
    slower = (CALLS[0], Measured(1, "conv", "convolution", 16e-3, 10**8, 10**6), *CALLS[2:])
    tops = []
    for calls in (CALLS, slower):
        drawn = pixels(roofline(Profile(calls, 40e-3, 2, LIMITS)))
        dots = rows(drawn[int(0.1 * len(drawn)) : int(0.7 * len(drawn))], LIGHT.cool, 45)
        tops.append(int(dots.argmax()))
    assert tops[0] < tops[1]


def test_equal_profiles_give_equal_files():
    found = Profile(CALLS, 8e-3, 2, LIMITS)
    assert roofline(found) == roofline(found)


@pytest.mark.parametrize(
    "calls",
    [
        (),
        CALLS[:1],
        (Measured(0, "a", "convolution", 0.0, 10, 10),),
        (Measured(0, "a", "convolution", 1e-12, 10**9, 1),),
        tuple(Measured(0, f"d{i}", "dense", 1e-3, 10**6, 10**5) for i in range(40)),
    ],
    ids=["no calls", "no products", "no time", "impossibly fast", "all in one place"],
)
def test_odd_profiles_are_drawn(calls: tuple[Measured, ...]):
    assert pixels(roofline(Profile(calls, 1e-3, 1, LIMITS))).shape[1] == 1380


@pytest.mark.parametrize(
    "loss",
    [BinaryCrossentropy(), CategoricalCrossentropy(), MeanSquaredError(), SparseCategoricalCrossentropy()],
    ids=lambda loss: loss.name,
)
def test_a_step_trains_with_any_loss(loss, engine: str):
    model = Sequential([Dense(3, activation="sigmoid", input_shape=(4,))])
    before = model.get_weights()
    step = Step(model.graph, 5, loss, SGD(0.5))
    step()
    assert not np.array_equal(model.get_weights()[0], before[0])
    # Forward 4·3 for each sample, the kernel's gradient as many, none for the input.
    assert step.macs == (None if engine == "reference" else 5 * 2 * 4 * 3)


def test_a_step_on_broken_weights_is_refused():
    model = Sequential([Dense(3, name="broken", input_shape=(4,))])
    model.set_weights([np.full((4, 3), np.nan), np.zeros(3)])
    with pytest.raises(NonFiniteError, match="broken"):
        Step(model.graph, 2)()


def test_traffic_takes_time():
    assert 1e6 < traffic_rate(1 << 16) < 1e15
