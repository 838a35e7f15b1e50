"""Weights of models with a `call` of their own, in Keras 3's layout: both ways between konv and Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
import pytest

from konv.compat import in_force
from konv.errors import ModelFileError

X = np.linspace(-1, 1, 2 * 6 * 6 * 3).reshape(2, 6, 6, 3).astype("float32")


def made(keras: Any) -> Any:
    """A model with all that a class can hold layers in, as `keras` makes it, and built."""
    layers = keras.layers

    class Block(layers.Layer):
        def __init__(self, filters: int) -> None:
            super().__init__()
            self.conv, self.bn = layers.Conv2D(filters, 3, padding="same"), layers.BatchNormalization()
            self._hidden = layers.Conv2D(filters, 1)

        def build(self, shape: Any) -> None:
            self.shift = self.add_weight(name="shift", shape=(1,), initializer="zeros", trainable=False)
            self.gain = self.add_weight(name="gain", shape=(1,), initializer="ones")
            super().build(shape)

        def call(self, x: Any, training: Any = None) -> Any:
            return self._hidden(self.bn(self.conv(x), training=training)) * self.gain + self.shift

    class Encoder(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Block(4), Block(5)]
            self.heads = {"unused": layers.Conv2D(2, 1), "b": layers.Conv2D(3, 1), "a": layers.Conv2D(3, 1)}

        def call(self, x: Any, training: Any = None) -> Any:
            for block in self.blocks:
                x = block(x, training=training)
            return self.heads["a"](x) + self.heads["b"](x)

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = Encoder()
            self.Zoom = layers.Conv2D(3, 1)
            self.branches = [[layers.Conv2D(3, 1)], [layers.Conv2D(3, 1)], layers.Conv2D(3, 1)]
            self.stages = [[layers.Conv2D(3, 3), layers.BatchNormalization()], [layers.Conv2D(3, 3)]]
            self.head = keras.Sequential([layers.Flatten(), layers.Dense(4), layers.Dropout(0.5), layers.Dense(3)])
            self.same = self.Zoom
            x = layers.Input((3,))
            self.tail = keras.Model(x, layers.Dense(2)(x))
            self.extra = (layers.Dense(2), layers.Dense(2))

        def call(self, x: Any, training: Any = None) -> Any:
            x = self.same(self.encoder(x, training=training))
            x = self.branches[0][0](x) + self.branches[1][0](x) * self.branches[2](x)
            x = self.stages[1][0](self.stages[0][1](self.stages[0][0](x), training=training))
            x = self.tail(self.head(x, training=training))
            return self.extra[1](self.extra[0](x))

    model = Net()
    model(keras.Input((6, 6, 3)))
    return model


def drawn(model: Any, seed: int) -> Any:
    """`model` with weights that are all different."""
    rng = np.random.default_rng(seed)
    model.set_weights([abs(rng.normal(0.3, 0.3, w.shape)).astype("float32") for w in model.get_weights()])
    return model


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The arrays in the file at `path`."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, one: found.update({name: one.shape}) if isinstance(one, h5py.Dataset) else None)
    return found


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_layers_lie_where_keras_has_them(tmp_path: Path, oracle: Callable[[str], ModuleType]) -> None:
    """Attributes, private ones, lists, lists in lists, dictionaries, models inside; the rest under `layers/`."""
    keras = oracle("keras")
    theirs, (mine, his) = drawn(made(keras), 1), (tmp_path / f"{name}.weights.h5" for name in ("konv", "keras"))
    theirs.save_weights(his)
    with in_force():
        import keras as own

        ours = drawn(made(own), 2)
        ours.save_weights(mine)
        before = ours.predict(X, verbose=0)
        ours.load_weights(his)
        found = ours.predict(X, verbose=0)
    assert shapes(mine) == shapes(his)
    assert {"layers/functional/layers/dense/vars/0", "branches/container_1/conv2d/vars/0"} <= shapes(his).keys()
    np.testing.assert_allclose(found, theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-4)
    theirs.load_weights(mine)
    np.testing.assert_allclose(before, theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-4)
    with h5py.File(his, "a") as file:
        del file["Zoom"]
    with pytest.raises(ModelFileError, match="none in the file"):
        ours.load_weights(his)
