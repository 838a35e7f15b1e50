"""One layer from inside: wiring, effective receptive field, dead units, statistics."""

from __future__ import annotations

import numpy as np
import pytest

from konv import config, zoo
from konv.errors import ShapeError, UnknownNameError
from konv.explain.connectivity import Wiring
from konv.explain.inside import SHARE, Spread, extent
from konv.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D
from konv.models import Sequential
from konv.utils import set_random_seed


@pytest.fixture
def reference():
    """The reference engine, which compiles nothing."""
    config.set_engine("reference")
    yield
    config.set_engine(None)


def small() -> Sequential:
    """A convolution with a ReLU of its own behind it, pooled, and a dense layer."""
    set_random_seed(1)
    model = Sequential([
        Conv2D(4, 3, input_shape=(8, 8, 2), name="conv"), Activation("relu", name="relu"), MaxPooling2D(name="pool"),
        BatchNormalization(name="norm"), Flatten(), Dense(3, activation="softmax", name="classes"),
    ])  # fmt: skip
    model.get_layer("conv").weights[1].assign(np.array([0, -100, 0, -100], np.float32))
    return model


def test_a_dead_unit_is_found_behind_the_relu(reference: None):
    found = small().explain_layer("conv")
    assert (found.units, found.dead) == (4, (1, 3))
    assert found.spreads["activations"].least == 0
    assert found.spreads["activations"].zeros >= 0.5
    assert found.given is False


def test_wiring_of_a_convolution_and_of_a_dense_layer(reference: None):
    found = small().explain_layer("conv").connectivity
    assert found is not None
    assert found.fully == Wiring(128 * 144, 128 * 144, 144)
    assert found.locally == Wiring(144 * 18, 144 * 18, 144)
    assert found.shared == Wiring(144 * 18, 4 * 18, 4)
    dense = small().explain_layer("classes").connectivity
    assert dense is not None
    assert dense.fully == dense.shared == Wiring(36 * 3, 36 * 3, 3)
    assert small().explain_layer("pool").connectivity is None
    bare = Sequential([Input((5, 5, 2)), Conv2D(3, 3, use_bias=False, name="bare")]).explain_layer("bare").connectivity
    assert bare is not None
    assert (bare.shared, bare.fully.biases) == (Wiring(3 * 3 * 2 * 27, 3 * 3 * 2 * 3, 0), 0)
    grouped = zoo.alexnet((64, 64, 3), 5, 0.1).explain_layer("conv2").connectivity
    assert grouped is not None
    assert grouped.field == 5 * 5 * 5


def test_statistics_are_those_of_the_numbers(reference: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(config, "floatx", lambda: "float64")
    model = small()
    images = np.random.default_rng(3).normal(size=(5, 8, 8, 2))
    found = model.explain_layer("conv", images, np.arange(5) % 3)
    kernel = model.get_layer("conv").get_weights()[0]
    weights = found.spreads["weights"]
    assert weights.count == kernel.size
    assert np.isclose(weights.mean, kernel.mean(), atol=1e-7)
    assert np.isclose(weights.deviation, kernel.std(), rtol=1e-5)
    assert (weights.least, weights.most) == (kernel.min(), kernel.max())
    assert (found.images, found.given) == (5, True)
    # The gradient against finite differences of the loss, in the direction of all weights together.
    assert found.spreads["gradients"].count == kernel.size
    model.compile("sgd", "sparse_categorical_crossentropy")
    losses = []
    for step in (1e-6, -1e-6):
        model.get_layer("conv").weights[0].assign(kernel + step)
        losses.append(model.test_on_batch(images, np.arange(5) % 3))
    slope = (losses[0] - losses[1]) / 2e-6
    assert np.isclose(found.spreads["gradients"].mean * kernel.size, slope, rtol=1e-5)
    assert set(small().explain_layer("norm").spreads) == {
        "gamma", "beta", "moving_mean", "moving_variance", "activations",
    }  # fmt: skip


def test_effective_field_is_narrower_than_the_receptive_field(reference: None):
    """Luo et al. 2016: of n layers of equal 3×3 kernels the gradient is n-fold a uniform one convolved with itself."""
    depth = 12
    model = Sequential([Input((41, 41, 1)), *(Conv2D(1, 3, padding="same", name=f"c{i}") for i in range(depth))])
    for layer in model.layers:
        layer.set_weights([np.full((3, 3, 1, 1), 1 / 9, np.float32), np.zeros(1, np.float32)])
    found = model.explain_layer(f"c{depth - 1}")
    assert found.layer.receptive_field == (2 * depth + 1,) * 2
    shape = np.ones(1)
    for _ in range(depth):
        shape = np.convolve(shape, np.full(3, 1 / 3))
    assert found.effective == (extent(shape),) * 2
    assert extent(shape) < 2 * depth + 1
    # Four deviations, as of a normal distribution: each 3×3 adds a variance of 2/3.
    assert abs(extent(shape) - 4 * np.sqrt(depth * 2 / 3)) < 2
    assert model.explain_layer("c0").effective == (3, 3)


def test_extent_is_the_shortest_that_suffices():
    assert extent(np.array([0, 0, 5, 0, 0.0])) == 1
    assert extent(np.ones(100)) == int(np.ceil(100 * SHARE))
    assert extent(np.array([50, 0, 0, 50.0])) == 4
    assert extent(np.zeros(4)) == 0


def test_spread_counts_zeros():
    found = Spread.of(np.array([0, 0, 2, -2.0], np.float32))
    assert (found.mean, found.least, found.most, found.zeros) == (0, -2, 2, 0.5)


def test_mistakes(reference: None):
    with pytest.raises(UnknownNameError, match="conv"):
        small().explain_layer("convv")
    with pytest.raises(ShapeError, match="8×8×2"):
        small().explain_layer("conv", np.ones((2, 8, 8, 3), np.float32))
