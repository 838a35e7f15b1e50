"""Layers, models and functions of one's own, written in `konv.ops`: what they compute, and how files name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv import ops
from konv.errors import ConfigurationError, GraphError, ModelFileError
from konv.layers import Dense, Dropout, Flatten, Input, Lambda, Layer
from konv.models import Model, Sequential, load_model


@konv.register_serializable("tests")
def squared(x: Any, factor: float = 1.0) -> Any:
    return ops.square(x) * factor


@konv.register_serializable("tests")
class Scale(Layer):
    """Each channel times a number, plus another: weights of two kinds."""

    def __init__(self, start: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.start = start

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")
        self.shift = self.add_weight(shape=(1, input_shape[-1]), initializer="zeros", name="shift", trainable=False)
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        return inputs * self.scale * self.start + self.shift

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "start": self.start}


class Block(Layer):
    """Layers inside a layer, one of them in a list."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.steps = [Dense(units, activation="relu"), Dropout(0.2)]
        self.shortcut = Dense(units, use_bias=False)

    def call(self, inputs: Any) -> Any:
        x = inputs
        for step in self.steps:
            x = step(x)
        return x + self.shortcut(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


class Net(Model):
    """A model of one's own, called with two inputs, with a block and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.block = Block(6)
        self.scale = Scale(0.5)
        self.classes = Dense(3, activation="softmax")
        self.value = Dense(1)

    def call(self, inputs: Any) -> Any:
        a, b = inputs
        x = self.scale(self.block(ops.concatenate([a, b])))
        return self.classes(x), self.value(ops.tanh(x))


X = [np.random.default_rng(i).normal(size=(10, n)).astype("float32") for i, n in enumerate((4, 3))]
Y = [np.arange(10) % 3, np.ones((10, 1), "float32")]


def trained() -> Net:
    model = Net()
    model.compile("adam", ["sparse_categorical_crossentropy", "mse"])
    first = model.fit(X, Y, verbose=0, batch_size=5).history["loss"][0]
    assert model.fit(X, Y, verbose=0, epochs=30).history["loss"][-1] < first
    return model


def test_a_model_of_ones_own(tmp_path: Path, engine):
    model = trained()
    assert list(model.named_weights()) == [
        "block/steps_0/kernel", "block/steps_0/bias", "block/shortcut/kernel", "scale/scale", "scale/shift",
        "classes/kernel", "classes/bias", "value/kernel", "value/bias",
    ]  # fmt: skip
    assert len(model.layers) == 4
    assert {v.name.partition("/")[2] for v in model.non_trainable_weights} == {"shift"}
    kernel, bias, shortcut, scale, shift, *rest = model.get_weights()
    both = np.concatenate(X, 1)
    hidden = (np.maximum(both @ kernel + bias, 0) + both @ shortcut) * scale * 0.5 + shift
    classes, value = model.predict(X, verbose=0)
    np.testing.assert_allclose(value, np.tanh(hidden) @ rest[2] + rest[3], rtol=0, atol=5e-6)
    np.testing.assert_allclose(classes.sum(1), 1, rtol=1e-6)
    model.save(tmp_path / "m.konv")
    again = load_model(tmp_path / "m.konv", custom_objects={"Net": Net})
    assert isinstance(again, Net)
    np.testing.assert_array_equal(again.predict(X, verbose=0)[0], classes)
    assert model.fit(X, Y, verbose=0).history == again.fit(X, Y, verbose=0).history
    with pytest.raises(ModelFileError, match="Unknown layer: 'Net'"):
        load_model(tmp_path / "m.konv")


def test_layers_of_ones_own_in_a_network(tmp_path: Path):
    x = Input((4, 5))
    y = Scale(2.0, name="scale")(Lambda(squared, arguments={"factor": 0.5})(x))
    model = Model(x, Dense(2)(Flatten()(Block(3, name="block")(y))))
    values = np.random.default_rng(3).normal(size=(3, 4, 5)).astype("float32")
    middle = Model(x, model.get_layer("scale").output)
    np.testing.assert_allclose(middle.predict(values, verbose=0), values**2, rtol=1e-6)
    model.save(tmp_path / "m.konv")
    again = load_model(tmp_path / "m.konv", custom_objects={"Block": Block})
    np.testing.assert_array_equal(again.predict(values, verbose=0), model.predict(values, verbose=0))
    model.get_layer("block").trainable = False
    assert len(model.trainable_weights) == 3
    with pytest.raises(ModelFileError, match=r"Unknown layer: 'Block'.*custom_objects=\{"):
        load_model(tmp_path / "m.konv")


def test_code_is_never_kept(tmp_path: Path):
    model = Sequential([Input((3,)), Lambda(lambda x: x + 1, name="plus"), Dense(1)])
    assert model.predict(np.zeros((1, 3)), verbose=0).shape == (1, 1)
    with pytest.raises(ConfigurationError, match=r"plus: a file cannot hold code.*Received: <lambda>"):
        model.save(tmp_path / "m.konv")
    with pytest.raises(ConfigurationError, match=r"Received: 'tests>nothing'. Files keep names"):
        Lambda("tests>nothing")
    with pytest.raises(ConfigurationError, match="tests>squared is registered already"):
        konv.register_serializable("tests", "squared")(lambda x: x)


def test_a_call_that_leaves_its_network():
    other = Input((3,), name="other")
    with pytest.raises(GraphError, match="depends on other, which is not among its inputs"):
        Lambda(lambda x: x + other)(Input((3,)))
    with pytest.raises(GraphError, match="Received: ndarray"):
        Lambda(lambda x: np.zeros(3))(Input((3,)))
    twice = Lambda(lambda x: x)
    x = Input((3,))
    assert twice(x) is not x
    assert Model(x, twice(twice(x))).predict(np.ones((2, 3)), verbose=0).tolist() == np.ones((2, 3)).tolist()


def test_a_network_may_be_a_class_too():
    class Pair(Model):
        def __init__(self) -> None:
            x = Input((3,))
            super().__init__(x, Dense(2, name="own")(x))

    model = Pair()
    assert model.predict(np.ones((2, 3)), verbose=0).shape == (2, 2)
    assert model(Input((3,))).shape == (2,)


def test_any_number_of_threads(monkeypatch: pytest.MonkeyPatch):
    """Weights used as they are, reductions, broadcasts: the sums over samples go through the tree."""
    found = set()
    for threads in (1, 2, 3, 8):
        monkeypatch.setenv("KONV_THREADS", str(threads))
        konv.utils.set_random_seed(1)
        model = Net()
        model.compile(konv.optimizers.SGD(0.1, momentum=0.9), ["sparse_categorical_crossentropy", "mse"])
        model.fit(X, Y, batch_size=7, epochs=3, verbose=0)
        found.add(b"".join(w.tobytes() for w in model.get_weights()))
    assert len(found) == 1


def test_a_weight_that_is_not_trained_stays_so() -> None:
    class Shifted(Layer):
        def build(self, shape: Any) -> None:
            self.shift = self.add_weight((1,), "zeros", trainable=False)
            self.gain = self.add_weight((1,), "ones")

        def call(self, x: Any) -> Any:
            return x * self.gain + self.shift

    layer = Shifted()
    layer(Input((2,)))
    for trained in (False, True):
        layer.trainable = trained
        assert [v.trainable for v in layer.weights] == [False, trained]


def test_what_python_and_numpy_cannot_do_with_symbols_is_told() -> None:
    x = Input((3,))
    with pytest.raises(GraphError, match=r"^waves: NumPy.*konv\.ops"):
        Lambda(np.sin, name="waves")(x)
    with pytest.raises(GraphError, match=r"konv\.ops\.where"):
        Lambda(lambda x: x if ops.sum(x) > 0 else -x)(x)
    with pytest.raises(TypeError, match="unexpected keyword"):  # a mistake of the call's own stays what it is
        Lambda(lambda x: ops.sum(x, axes=1))(x)


def test_a_class_that_forgets_to_set_up_is_told():
    class Forgetful(Layer):
        def __init__(self):
            self.inner = 3

        def call(self, x: Any) -> Any:
            return x * self.inner

    class Silent(Layer):
        pass

    with pytest.raises(GraphError, match=r"mute: Silent has no call"):
        Silent(name="mute")(Input((3,)))
    with pytest.raises(AttributeError, match=r"Forgetful is not set up: its __init__ begins with super"):
        Forgetful()(Input((3,)))
