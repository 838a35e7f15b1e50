"""How a kernel learns: the sum over places is the engine's gradient, and the step is the one that training takes."""

from __future__ import annotations

import numpy as np
import pytest

from konv.errors import ConfigurationError, LabelError
from konv.explain import look
from konv.layers import Conv1D, Conv2D, Dense, DepthwiseConv2D, Flatten, Input, Layer, MaxPooling2D
from konv.losses import MeanSquaredError
from konv.models import Model, Sequential
from konv.optimizers import SGD, Adam, Optimizer, RMSprop
from tests.explain.look.networks import branching, image_for, settled, straight

LAYERS: list[tuple[tuple[int, ...], Layer]] = [
    ((9, 8, 2), Conv2D(4, 3, padding="same", activation="relu", name="layer")),
    ((9, 8, 2), Conv2D(4, (3, 2), strides=(2, 1), name="layer")),
    ((9, 8, 4), Conv2D(6, 3, dilation_rate=2, groups=2, activation="tanh", name="layer")),
    ((9, 8, 2), DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same", name="layer")),
    ((9, 2), Conv1D(3, 3, strides=2, padding="same", activation="relu", name="layer")),
    ((9, 8, 2), Dense(3, use_bias=False, activation="relu", name="layer")),
]


def network(shape: tuple[int, ...], layer: Layer) -> Model:
    fresh = type(layer).from_config(layer.get_config())
    return settled(Sequential([Input(shape), fresh, Flatten(), Dense(3, activation="softmax", name="classes")]))


@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_every_weight_sums_up_to_its_gradient(number: int):
    model = network(*LAYERS[number])
    x = image_for(model, 3)
    found = look.learn(model, x, [0, 2, 1], "layer")
    assert np.abs(found.dkernel).max() > 0
    scale = float(np.abs(found.dkernel).max())
    for index in np.ndindex(*found.kernel.shape):
        weight = look.weight_gradient(found, index)
        assert len(weight.terms) == 3
        assert weight.total == pytest.approx(weight.gradient, rel=1e-4, abs=1e-5 * scale), index
        np.testing.assert_array_equal(weight.terms, weight.seen * weight.coming)
        assert weight.updated == pytest.approx(weight.weight - found.rate * weight.gradient)
    if found.dbias is not None:
        summed = found.dy.reshape(-1, found.dy.shape[-1]).sum(0)
        np.testing.assert_allclose(found.dbias, summed, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize(("build", "layer"), [
    (straight, "first"), (straight, "grouped"), (straight, "apart"), (straight, "classes"), (branching, "begin"),
    (branching, "last"), (branching, "inside/mix"),
])  # fmt: skip
def test_sums_within_whole_networks(engine, build, layer):
    """Ways past the layer, shared ones, frozen statistics, dropout that drops nothing."""
    model = build("float64")
    found = look.learn(model, image_for(model, 2), [1, 0], layer)
    rng = np.random.default_rng(0)
    for _ in range(12):
        weight = look.weight_gradient(found, rng.integers(0, found.kernel.shape))
        assert weight.total == pytest.approx(weight.gradient, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("rate", [0.05, None])
def test_the_step_is_the_one_that_training_takes(rate: float | None):
    model = settled(Sequential([
        Input((9, 8, 2)), Conv2D(4, 3, activation="relu", name="layer"), MaxPooling2D(2), Flatten(),
        Dense(3, activation="softmax"),
    ]))  # fmt: skip
    model.compile(SGD(0.05), "sparse_categorical_crossentropy")
    x, y = image_for(model, 4), np.array([0, 1, 2, 1])
    before = model.get_weights()
    found = look.learn(model, x, y, "layer", rate=rate)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    loss = model.train_on_batch(x, y)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(found.updated, model.get_layer("layer").weights[0].value, rtol=1e-5, atol=1e-7)


def test_other_losses_and_targets():
    model = settled(Sequential([Input((5, 5, 1)), Conv2D(2, 3, name="layer"), Flatten(), Dense(2)]))
    x = image_for(model)
    found = look.learn(model, x, [[1.0, -2.0]], "layer", loss=MeanSquaredError(), rate=1.0)
    difference = model.predict(x, verbose=0)[0] - [1.0, -2.0]
    assert found.loss == pytest.approx((difference**2).mean(), rel=1e-4)
    weight = look.weight_gradient(found, (2, 1, 0, 1))
    assert weight.total == pytest.approx(weight.gradient, rel=1e-4)
    assert weight.updated == pytest.approx(weight.weight - weight.gradient, rel=1e-5)


def test_what_cannot_be_followed():
    model = straight()
    x = image_for(model)
    with pytest.raises(ConfigurationError, match=r"Layer largest \(MaxPool2D\) is neither a convolution nor a dense"):
        look.learn(model, x, 0, "largest")
    with pytest.raises(ConfigurationError, match="There are 1 images but 2 targets"):
        look.learn(model, x, [0, 1], "first")
    with pytest.raises(LabelError, match="7"):
        look.learn(model, x, 7, "first")
    found = look.learn(model, x, 0, "first")
    with pytest.raises(ConfigurationError, match=r"shape 3×3×2×6; there is no weight at \(3, 0, 0, 0\)"):
        look.weight_gradient(found, (3, 0, 0, 0))


@pytest.mark.parametrize("optimizer", [
    SGD(0.05, momentum=0.9), Adam(0.01), RMSprop(0.01, weight_decay=0.1), Adam(0.01, clipnorm=0.01),
    SGD(0.5, global_clipnorm=0.01),
], ids=lambda optimizer: f"{optimizer.name}-{optimizer.clipnorm}")  # fmt: skip
def test_the_own_step_is_the_one_that_training_takes(optimizer: Optimizer):
    model = settled(Sequential([
        Input((9, 8, 2)), Conv2D(4, 3, activation="relu", name="layer"), MaxPooling2D(2), Flatten(),
        Dense(3, activation="softmax"),
    ]))  # fmt: skip
    model.compile(optimizer, "sparse_categorical_crossentropy")
    x, y = image_for(model, 4), np.array([0, 1, 2, 1])
    kernel = model.get_layer("layer").weights[0]
    for steps in range(3):
        found = look.learn(model, x, y, "layer").own
        assert found is not None
        assert (found.iterations, model.optimizer.iterations) == (steps, steps)
        before = kernel.value.copy()
        model.train_on_batch(x, y)
        np.testing.assert_allclose(found.updated, kernel.value, rtol=1e-5, atol=1e-7)
        assert np.abs(found.updated - before).max() > 1e-5
        for slot, made in zip(found.after.values(), model.optimizer.slots([kernel])[0], strict=True):
            np.testing.assert_allclose(slot, made, rtol=1e-4, atol=1e-9)


def test_the_own_step_knows_its_formula():
    model = settled(Sequential([Input((5, 5, 1)), Conv2D(2, 3, name="layer"), Flatten(), Dense(2)]))
    assert look.learn(model, image_for(model), 0, "layer").own is None
    model.compile(Adam(0.01), "sparse_categorical_crossentropy")
    found = look.learn(model, image_for(model), 0, "layer").own
    assert found is not None
    assert found.formula.startswith("m ← m + (1 − β₁)·(g − m)")
    assert len(found.formula.splitlines()) == 2
    assert (found.name, found.constants) == ("adam", {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7})
