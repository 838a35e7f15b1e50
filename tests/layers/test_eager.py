"""Layers called on arrays compute at once what a model of them predicts."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from konv import layers, ops
from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.models import Model, Sequential

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(5, 8, 8, 4)).astype("float32")


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(6, 3, activation="relu"),
        layers.SeparableConv2D(6, 3),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Dropout(0.5),
        layers.Flatten(),
        layers.Lambda(lambda x: ops.square(x)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_it_computes_what_a_model_predicts(layer: layers.Layer) -> None:
    found = layer(IMAGES)
    model = Sequential([layers.Input(IMAGES.shape[1:]), layer])
    np.testing.assert_array_equal(found, model.predict(IMAGES, verbose=0))
    assert len(layer.calls) == 1, "calls on arrays add nothing to a network"


def test_new_weights_and_other_batches_count() -> None:
    layer = layers.Dense(3, use_bias=False)
    first = layer(IMAGES)
    np.testing.assert_array_equal(layer(IMAGES[:2]), first[:2])
    np.testing.assert_array_equal(layer(np.concatenate([IMAGES, IMAGES]))[5:], first)
    layer.set_weights([2 * w for w in layer.get_weights()])
    np.testing.assert_array_equal(layer(IMAGES), 2 * first)
    layer.kernel.assign(np.zeros((4, 3), "float32"))
    np.testing.assert_array_equal(layer(IMAGES), 0 * first)
    assert layer(IMAGES[:, :3]).shape == (5, 3, 8, 3), "images of another size"


def test_several_inputs() -> None:
    np.testing.assert_array_equal(layers.Add()([IMAGES, IMAGES]), 2 * IMAGES)
    with pytest.raises(GraphError, match="combines"):
        layers.Add()(IMAGES)


class Twice(layers.Layer):
    """A layer of one's own, with another inside."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = layers.Dense(4)

    def call(self, inputs: object) -> object:
        """The inner layer, and that once more."""
        return self.inner(self.inner(inputs))


def test_a_layer_of_ones_own() -> None:
    layer = Twice()
    found = layer(IMAGES)
    np.testing.assert_allclose(found, layer.inner(layer.inner(IMAGES)), rtol=1e-5, atol=1e-6)


def test_copies_compute_with_their_own_weights() -> None:
    layer = layers.Dense(3)
    found = layer(IMAGES)
    twin = copy.deepcopy(layer)
    twin.set_weights([0 * w for w in twin.get_weights()])
    np.testing.assert_array_equal(twin(IMAGES), 0 * found)
    np.testing.assert_array_equal(layer(IMAGES), found)


def test_weights_by_name() -> None:
    layer = layers.Conv2D(6, 3)
    with pytest.raises(AttributeError, match="no attribute or weight 'kernel'"):
        _ = layer.kernel
    layer(IMAGES)
    assert (layer.kernel.shape, layer.bias.shape) == ((3, 3, 4, 6), (6,))
    with pytest.raises(AttributeError, match="kernel, bias"):
        _ = layer.gamma
    assert not hasattr(layer, "gamma")


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ShapeError, match="conv2d"):
        layers.Conv2D(6, 3, name="conv2d")(IMAGES[0, :, :, 0])
    with pytest.raises(ConfigurationError, match="training=True"):
        layers.Dropout(0.5)(IMAGES, training=True)
    with pytest.raises(GraphError, match=r"NumPy array .*list"):
        layers.Flatten()([[1.0, 2.0]])
    model = Model(x := layers.Input((4,)), layers.Dense(2)(x))
    assert model(np.ones((3, 4), "float32")).shape == (3, 2)
