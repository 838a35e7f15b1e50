"""One number worked out: the arithmetic shown gives the number that the network computed, everywhere in a layer."""

from __future__ import annotations

import numpy as np
import pytest

from konv.explain import look
from konv.explain.look import BatchNormalised, Normalised, Passed, Pooled, WeightedSum
from konv.layers import Conv1D, Dense, GlobalMaxPooling1D, Input, MaxPooling1D
from konv.models import Sequential
from tests.explain.look.networks import branching, image_for, settled, straight


def value_of(found: look.Neuron) -> float:
    """The number that the arithmetic of `found` gives."""
    if isinstance(found, WeightedSum):
        np.testing.assert_array_equal(found.products, found.patch * found.kernel)
        return found.products.sum() + found.bias
    if isinstance(found, Pooled):
        assert found.inside is not None
        seen = found.patch[found.inside]
        assert found.patch[found.winner] == seen.max() == found.largest
        assert found.mean == pytest.approx(seen.mean(), rel=1e-9)
        return seen.max() if found.how == "max" else seen.mean()
    if isinstance(found, BatchNormalised):
        assert found.normal == pytest.approx((found.x - found.mean) / np.sqrt(found.variance + found.epsilon))
        return found.gamma * found.normal + found.beta
    if isinstance(found, Normalised):
        np.testing.assert_allclose(found.squares, found.patch**2)
        assert found.size == pytest.approx(found.bias + found.slope * found.squares.sum())
        return found.x / found.size**found.exponent
    assert isinstance(found, Passed)
    if found.operation in ("Tanh", "ReLU"):
        return float(np.tanh(found.inputs[0]) if found.operation == "Tanh" else max(found.inputs[0], 0))
    return sum(found.inputs) if found.inputs else found.value


@pytest.mark.parametrize("build", [straight, branching])
def test_every_number_is_worked_out(build):
    model = build("float64")
    x = image_for(model)
    computed = look.activations(model, x)
    kinds = set()
    for place in computed.places:
        shape = place.output.shape
        if "Softmax" in place.kind and len(place.nodes) == 1:
            continue
        for *position, channel in np.ndindex(*shape):
            if (sum(position) + channel) % 3:
                continue
            found = look.neuron(model, x, place.name, position, channel, computed)
            assert value_of(found) == pytest.approx(found.value, rel=1e-9, abs=1e-9), (place.name, position, channel)
            assert found.output == computed[place.name][(0, *position, channel)]
            kinds.add((type(found).__name__, found.operation))
    expected = {
        straight: {"Conv2D", "DepthwiseConv2D", "LocallyConnected2D", "Dense", "MaxPool2D", "BatchNormalization",
                   "LocalResponseNormalization", "Dropout", "Tanh", "Flatten"},
        branching: {"Conv2D", "AveragePool2D", "MaxPool2D", "Elementwise", "Concatenate", "GlobalAveragePool2D",
                    "Dense", "BatchNormalization", "ReLU"},
    }  # fmt: skip
    assert {operation for _, operation in kinds} == expected[build]


def test_windows_say_where_they_are():
    model = straight()
    x = image_for(model)
    corner = look.neuron(model, x, "first", (0, 8), 2)
    assert isinstance(corner, WeightedSum)
    assert (corner.top, corner.left) == (-1, 7)
    assert corner.inside is not None
    np.testing.assert_array_equal(corner.inside, [[0, 0, 0], [1, 1, 0], [1, 1, 0]])
    np.testing.assert_array_equal(corner.patch[1:, :2], x[0, :2, 7:9])
    assert not corner.patch[~corner.inside].any()
    assert corner.activation == "ReLU"
    assert corner.output == max(corner.value, 0)
    grouped = look.neuron(model, x, "grouped", (0, 0), 7)
    assert isinstance(grouped, WeightedSum)
    assert grouped.channels == (6, 12)


def test_pooling_tells_what_the_other_kind_would_give():
    model = branching()
    x = image_for(model)
    most, mean = (look.neuron(model, x, name, (1, 2), 3) for name in ("largest", "mean"))
    assert isinstance(most, Pooled)
    assert isinstance(mean, Pooled)
    assert (most.largest, most.mean) == (mean.largest, mean.mean)
    assert most.value == most.largest
    assert mean.value == pytest.approx(mean.mean, rel=1e-6)


def test_sequences():
    model = settled(
        Sequential([
            Input((12, 3)), Conv1D(4, 3, strides=2, padding="same", name="conv"), MaxPooling1D(2, name="pool"),
            GlobalMaxPooling1D(name="all"), Dense(2, name="out"),
        ])
    )  # fmt: skip
    x = image_for(model)
    for name, position in (("conv", (2,)), ("pool", (1,)), ("all", ()), ("out", ())):
        found = look.neuron(model, x, name, position, 1)
        assert value_of(found) == pytest.approx(found.value, rel=1e-5)
