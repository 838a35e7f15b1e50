"""Arguments, names, weights and errors of layers."""

from __future__ import annotations

import numpy as np
import pytest

import konv
from konv import layers
from konv.errors import ConfigurationError, GraphError, ShapeError, UnknownNameError
from konv.graph import naming
from konv.layers import (
    Activation,
    AlphaDropout,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    InputLayer,
    MaxPooling2D,
    Softmax,
)
from konv.models import Sequential


def test_names_are_kerass():
    names = {kind: naming.snake_case(kind) for kind in ("Conv2D", "MaxPooling2D", "ReLU", "InputLayer", "Dense")}
    assert names == {
        "Conv2D": "conv2d", "MaxPooling2D": "max_pooling2d", "ReLU": "re_lu", "InputLayer": "input_layer",
        "Dense": "dense",
    }  # fmt: skip


def test_names_are_numbered_from_the_second():
    konv.utils.clear_session()
    assert [Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert Dense(1, name="mine").name == "mine"
    assert Conv2D(1, 1).name == "conv2d"


@pytest.mark.parametrize("name", ["", "a/b", 3, "optimizer"])
def test_bad_name(name):
    with pytest.raises(ConfigurationError, match="name"):
        Dense(1, name=name)


def test_weights_have_kerass_order_and_shapes():
    conv, dense = Conv2D(4, (3, 2), groups=2), Dense(5)
    conv.build((None, 8, 8, 6))
    dense.build((None, 7))
    assert [w.shape for w in conv.get_weights()] == [(3, 2, 3, 4), (4,)]
    assert [w.shape for w in dense.get_weights()] == [(7, 5), (5,)]
    assert [v.name for v in dense.weights] == [f"{dense.name}/kernel", f"{dense.name}/bias"]
    assert not dense.get_weights()[1].any()
    assert dense.count_params() == 40


def test_set_weights_copies_and_checks():
    dense = Dense(2)
    dense.build((None, 3))
    kernel, bias = np.arange(6.0).reshape(3, 2), np.array([7.0, 8.0])
    dense.set_weights([kernel, bias])
    assert np.array_equal(dense.get_weights()[0], kernel)
    with pytest.raises(ShapeError, match=r"kernel has shape 3×2. Received: 2×3"):
        dense.set_weights([kernel.T, bias])
    with pytest.raises(ShapeError, match=r"2 weights .*Received: 1 arrays"):
        dense.set_weights([kernel])
    with pytest.raises(ShapeError, match=r"kernel takes an array of numbers, of shape 3×2. Received: list"):
        dense.set_weights([[[1, 2], [3]], bias])
    with pytest.raises(ShapeError, match=r"bias takes an array of numbers, of shape 2. Received: <U1"):
        dense.set_weights([kernel, np.array(["a", "b"])])
    with pytest.raises(ShapeError, match=r"kernel has shape 3×2. Received: 2"):
        dense.kernel.assign(bias)
    assert np.array_equal(dense.get_weights()[0], kernel)
    dense.get_weights()[0][:] = 0
    assert np.array_equal(dense.get_weights()[0], kernel)


def test_a_layer_used_twice_shares_its_weights():
    dense = Dense(4)
    x = Input((4,))
    dense(dense(x))
    assert len(dense.weights) == 2
    assert dense.input is x  # the first use's, as in Keras
    with pytest.raises(ShapeError, match=r"needs a kernel of shape 5×4.*has shape 4×4"):
        dense(Input((5,)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Conv2D(0, 3), "filters must be an integer, at least 1. Received: 0"),
        (lambda: Conv2D(4, "3"), "kernel_size"),
        (lambda: Conv2D(4, (3, 3, 3)), "kernel_size"),
        (lambda: Conv2D(4, 3, padding="full"), "padding"),
        (lambda: Conv2D(4, 3, data_format="channels_first"), "transpose"),
        (lambda: Conv2D(4, 3, groups=3), "4 filters cannot be cut into 3"),
        (lambda: Dense(2.5), "units"),
        (lambda: Dense(True), "units"),
        (lambda: Dropout(1.0), "rate"),
        (lambda: Dropout("half"), "rate"),
        (lambda: Dropout(0.5, noise_shape=(1, 3))(Input((3,))), "noise_shape"),
        (lambda: AlphaDropout(0.5, noise_shape=(None, 1)), "leave noise_shape out"),
        (lambda: Softmax(axis=0), "the batch axis counts and is axis 0"),
        (lambda: Dense(1, dtype="float16"), "dtype"),
        (lambda: Dense(1, kernel_shape="l2"), "does not know the argument kernel_shape"),
        (lambda: MaxPooling2D(data_format="channels_first"), "transpose"),
    ],
)
def test_bad_arguments(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()


@pytest.mark.parametrize("shape", [(), (None, 3), (0,), (2.5,), "12", (True, 2)])
def test_bad_input_shape(shape):
    with pytest.raises(ShapeError, match="shape of one sample"):
        InputLayer(shape)


def test_first_shapes_in_kerass_three_ways():
    assert Dense(1, input_shape=(4,)).first_shape == (4,)
    assert Dense(1, input_dim=4).first_shape == (4,)
    assert Conv2D(1, 1, batch_input_shape=(None, 8, 8, 3)).first_shape == (8, 8, 3)


def test_unknown_activation_has_the_nearest():
    with pytest.raises(UnknownNameError, match="relu"):
        Dense(1, activation="rellu")
    with pytest.raises(UnknownNameError, match="glorot_uniform"):
        Dense(1, kernel_initializer="glorot_unifrom")
    with pytest.raises(UnknownNameError, match="MaxPooling2D"):
        layers.deserialize({"class_name": "MaxPoling2D", "config": {}})


def test_errors_of_shapes_name_the_layer_and_the_arithmetic():
    with pytest.raises(ShapeError, match=r"Layer big: .*5×5 kernel does not fit the 4×4 input.*padding='same'"):
        Conv2D(1, 5, name="big")(Input((4, 4, 1)))
    with pytest.raises(ShapeError, match=r"Layer pool: .*3×3 pooling window does not fit the 2×2"):
        MaxPooling2D(3, name="pool")(Input((2, 2, 1)))
    with pytest.raises(ShapeError, match=r"Layer flat: .*expects images"):
        Conv2D(1, 1, name="flat")(Input((4,)))


def test_layers_are_called_on_symbolic_tensors():
    with pytest.raises(GraphError, match=r"konv.layers.Input"):
        Dense(1)([[1.0, 2.0]])
    with pytest.raises(GraphError, match="in no network"):
        Dense(1).output_shape  # noqa: B018


def test_activation_argument_is_a_node_of_its_own():
    x = Input((5,))
    with_argument = Dense(3, activation="relu")
    node = with_argument(x).node
    assert node.op.name == "relu"
    assert node.layer == node.inputs[0].node.layer == with_argument.name
    alone = Activation("relu")(x).node
    assert alone.inputs[0] is x


def test_trainable_reaches_the_weights():
    dense = Dense(1)
    dense.build((None, 2))
    assert len(dense.trainable_weights) == 2
    dense.trainable = False
    assert dense.trainable_weights == []
    assert len(dense.non_trainable_weights) == 2


def test_a_layer_of_ones_own_is_a_small_class():
    class Twice(Dense):
        """A dense layer under another name."""

    model = Sequential([Input((3,)), Twice(2, name="twice")])
    saved = model.get_config()
    with pytest.raises(UnknownNameError, match="Twice"):
        Sequential.from_config(saved)
    again = Sequential.from_config(saved, custom_objects={"Twice": Twice})
    assert type(again.layers[0]) is Twice


def test_flatten_keeps_row_major_order(engine):
    x = np.arange(24, dtype="float32").reshape(1, 2, 3, 4) / 24
    model = Sequential([Input((2, 3, 4)), Flatten()])
    assert np.array_equal(model.predict(x, verbose=0), np.arange(24, dtype="float32")[None] / 24)
