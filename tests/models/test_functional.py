"""Functional networks: what they are made of, what they compute, how they are trained, saved, and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv import layers, ops
from konv.errors import ConfigurationError, DataError, GraphError, ModelFileError, ShapeError
from konv.layers import Add, Concatenate, Conv2D, Dense, Dropout, Flatten, Input, Layer, SpatialDropout2D, Subtract
from konv.models import Model, Sequential, load_model

RNG = np.random.default_rng(7)


def two_ways(module: Any = konv) -> Any:
    """Two inputs, a residual, a gate that is repeated over the image, a shared layer, a model inside, two outputs."""
    made = module.layers
    image, facts = made.Input((8, 6, 3), name="image"), made.Input((4,), name="facts")
    x = made.Conv2D(5, 3, padding="same", activation="relu", name="first")(image)
    y = made.Conv2D(5, 3, padding="same", name="second")(x)
    x = made.Activation("relu", name="joined")(made.Add(name="residual")([x, y]))
    gate = made.Dense(5, activation="sigmoid", name="gate")(facts)
    shaped = module.models.Sequential([made.Input((5,)), made.Dense(6, name="widen"), made.Dense(5)], name="inside")
    x = made.Multiply(name="gated")([x, x])
    x = made.Concatenate(name="dense")([x, y, x])
    row = made.Flatten(name="row")(made.MaxPooling2D(2, name="pool")(x))
    shared = made.Dense(5, activation="tanh", name="shared")
    a, b = shared(row), shared(row)
    mixed = made.Average(name="mixed")([shaped(a), shaped(gate), made.Maximum(name="most")([b, gate])])
    classes = made.Dense(3, activation="softmax", name="classes")(mixed)
    value = made.Dense(2, name="value")(made.Subtract(name="less")([a, gate]))
    return module.Model([image, facts], [classes, value])


def data(n: int = 12) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(1)
    x = [rng.normal(size=(n, 8, 6, 3)).astype("float32"), rng.normal(size=(n, 4)).astype("float32")]
    return x, [np.arange(n) % 3, rng.normal(size=(n, 2)).astype("float32")]


LOSSES = ["sparse_categorical_crossentropy", "mse"]


def test_parity_with_keras(oracle):
    """Equal weights: equal layers, outputs, losses and metrics under the same names, and weights after steps."""
    keras = oracle("keras")
    ours, theirs = two_ways(), two_ways(keras)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert ours.output_names == theirs.output_names
    assert ours.input_shape == theirs.input_shape
    assert ours.output_shape == theirs.output_shape
    rng = np.random.default_rng(3)
    values = [rng.normal(0, 0.3, w.shape).astype("float32") for w in theirs.get_weights()]
    ours.set_weights(values)
    theirs.set_weights(values)
    x, y = data()
    for a, b in zip(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=5e-6)
    for model, module in ((ours, konv), (theirs, keras)):
        watched = {"value": ["mse"], "classes": "accuracy"}
        model.compile(module.optimizers.SGD(0.1), LOSSES, metrics=watched, loss_weights=[1.0, 0.25])
    options = {"batch_size": 5, "epochs": 2, "shuffle": False, "verbose": 0, "validation_data": (x, y)}
    weight = np.random.default_rng(2).uniform(0.5, 1.5, 12)
    a = ours.fit(x, y, sample_weight=[weight, weight], **options).history
    b = theirs.fit(x, y, sample_weight=[weight, weight], **options).history
    assert set(a) == set(b)
    # Keras weighs its metrics with none, and the losses of outputs as they are: both are means over samples.
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=2e-5, err_msg=name)
    for p, q in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(p, q, rtol=0, atol=1e-5)
    for given in (False, True):
        p, q = (model.evaluate(x, y, verbose=0, return_dict=given) for model in (ours, theirs))
        assert p == pytest.approx(q, rel=2e-5)


def test_inputs_and_outputs_by_name():
    a, b = Input((4,), name="a"), Input((2,), name="b")
    model = Model({"left": a, "right": b}, {"sum": Dense(1)(Concatenate()([a, b])), "own": Dense(2)(b)})
    x = {"right": np.ones((3, 2)), "left": np.zeros((3, 4))}
    assert model.input_names == ["left", "right"]
    found = model.predict(x, verbose=0)
    assert {name: array.shape for name, array in found.items()} == {"sum": (3, 1), "own": (3, 2)}
    model.compile("sgd", {"sum": "mse"})
    y = {"sum": np.ones((3, 1)), "own": np.ones((3, 2))}
    assert set(model.fit(x, y, verbose=0).history) == {"loss", "sum_loss"}
    with pytest.raises(DataError, match="x names left, but the names are left, right"):
        model.predict({"left": x["left"]}, verbose=0)
    with pytest.raises(ConfigurationError, match="loss names total, but the names are own, sum"):
        model.compile("sgd", {"total": "mse"}) or model.fit(x, y, verbose=0)


def test_a_file_keeps_every_branch(tmp_path: Path, engine):
    model = two_ways()
    x, y = data()
    model.compile("adam", LOSSES, metrics=[["accuracy"], None], loss_weights=[1, 0.5])
    model.fit(x, y, epochs=1, verbose=0)
    model.save(tmp_path / "m.konv")
    again = load_model(tmp_path / "m.konv")
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    for a, b in zip(model.predict(x, verbose=0), again.predict(x, verbose=0), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.fit(x, y, verbose=0, batch_size=5).history == again.fit(x, y, verbose=0, batch_size=5).history
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_names_may_repeat_inside(tmp_path: Path):
    inner = Sequential([Input((3,)), Dense(3, name="same")], name="inner")
    x = Input((3,))
    model = Model(x, Dense(2, name="same")(inner(inner(x))))
    assert list(model.named_weights()) == ["inner/same/kernel", "inner/same/bias", "same/kernel", "same/bias"]
    model.compile("adam", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    model.save(tmp_path / "m.konv")
    again = load_model(tmp_path / "m.konv")
    np.testing.assert_array_equal(again.predict(np.ones((1, 3)), verbose=0), model.predict(np.ones((1, 3)), verbose=0))
    assert again.layers[1].weights is not again.layers[2].weights


def test_any_number_of_threads(monkeypatch: pytest.MonkeyPatch):
    x, y = data(13)
    found = set()
    for threads in (1, 2, 3, 8):
        monkeypatch.setenv("KONV_THREADS", str(threads))
        konv.utils.set_random_seed(2)
        model = two_ways()
        model.compile(konv.optimizers.SGD(0.05, momentum=0.9), LOSSES)
        model.fit(x, y, batch_size=5, epochs=2, verbose=0)
        found.add(b"".join(w.tobytes() for w in model.get_weights()))
    assert len(found) == 1


def test_what_lies_between_can_be_seen():
    model = two_ways()
    x, _ = data(3)
    middle = Model(model.inputs[0], model.get_layer("gated").output)
    assert middle.predict(x[0], verbose=0).shape == (3, 8, 6, 5)
    last = Model(model.get_layer("mixed").output, model.get_layer("classes").output)
    mixed = Model(model.inputs, model.get_layer("mixed").output).predict(x, verbose=0)
    np.testing.assert_array_equal(last.predict(mixed, verbose=0), model.predict(x, verbose=0)[0])
    assert last.layers[-1] is model.get_layer("classes")


def test_trainable_and_frozen():
    model = two_ways()
    model.get_layer("inside").trainable = False
    model.get_layer("shared").trainable = False
    names = {v.name for v in model.non_trainable_weights}
    assert {"widen/kernel", "shared/bias"} <= names
    x, y = data()
    model.compile("sgd", LOSSES)
    before = dict(zip((v.name for v in model.weights), model.get_weights(), strict=True))
    model.fit(x, y, verbose=0)
    for v in model.weights:
        assert np.array_equal(v.value, before[v.name]) == (v.name in names), v.name


def test_called_as_in_prediction():
    """With training=False the layers of a model drop nothing, even while the network is trained."""
    inner = Sequential([Input((50,)), Dropout(0.5)])
    x = Input((50,))
    for training, same in ((False, True), (None, False)):
        model = Model(x, inner(x, training=training))
        model.compile("sgd", "mse")
        ones = np.ones((4, 50), "float32")
        assert (model.train_on_batch(ones, ones) == 0) is same


@pytest.mark.parametrize("layer", [Dropout(0.5), SpatialDropout2D(0.5)], ids=lambda layer: layer.name)
def test_gradients_pass_through_frozen_dropout(engine: str, layer: Layer):
    """What drops nothing on the way forward drops nothing on the way back."""
    x = Input((3, 3, 4))
    slope = konv.grad(3 * konv.ops.sum(layer(x, training=False)), x)(np.ones((2, 3, 3, 4), "float32"))
    np.testing.assert_array_equal(slope, np.full((2, 3, 3, 4), 3, "float32"))


def test_summary_says_what_is_connected():
    lines: list[str] = []
    two_ways().summary(print_fn=lines.append, line_length=130)
    table = "\n".join(lines)
    assert "Connected to" in table
    assert "first[0][0], second[0][0]" in table
    assert any("most" in line and "shared[1][0]" in line for line in lines)
    lines.clear()
    x = Input((2,))
    Model(x, Dense(1)(x)).summary(print_fn=lines.append)
    assert "Connected" not in "\n".join(lines)


def refused(match: str, kind: type[Exception] = GraphError) -> Any:
    return pytest.raises(kind, match=match)


def test_graphs_that_are_none():
    a, b = Input((13, 13, 4), name="a"), Input((12, 12, 4), name="b")
    with refused(r"Layer side: .*alike.*13×13×4, 12×12×4\. Cropping2D, ZeroPadding2D", ShapeError):
        Concatenate(name="side")([a, b])
    with refused(r"Layer sum: add: .*13×13×4 \+ 12×12×4\. Padding, cropping or pooling", ShapeError):
        Add(name="sum")([a, b])
    with refused("less combines several symbolic tensors.*Received: 3"):
        Subtract(name="less")([a, a, a])
    with refused("one takes one input. Received: 2"):
        Conv2D(2, 3, name="one")([a, a])
    y = Flatten()(a)
    with refused("do not depend on the input b"):
        Model([a, b], y, name="m")
    with refused("depend on a, of shape 13×13×4, which is not among its inputs"):
        Model(b, [y, Flatten()(b)], name="m")
    with refused("the input a is given twice"):
        Model([a, a], y)
    with refused("inputs are symbolic tensors.*Received: ndarray"):
        Model(np.ones(3), y)
    with refused("two layers are named twin: Dense and Dense"):
        Model(a, Dense(2, name="twin")(Dense(2, name="twin")(y)))
    inner = Sequential([Input((3,)), Dense(1)], name="inner")
    with refused("inner takes inputs of shape 3. Received: 676", ShapeError):
        inner(y)
    with refused("has 2 inputs .*. Received: 1"):
        two_ways()(Input((8, 6, 3)))
    with refused("training=True", ConfigurationError):
        Dense(1)(y, training=True)


def test_weights_of_another_shape():
    model = two_ways()
    values = model.get_weights()
    name = model.weights[0].name.partition("/")[0]
    with refused(rf"{name}: the weight kernel has shape 3×3×3×5. Received: 3×3×2×5", ShapeError):
        model.set_weights([values[0][:, :, :2], *values[1:]])
    with refused(
        rf"has {len(values)} weights \({name}/kernel, .*…\)\. Received: 1 arrays\. Give one a weight", ShapeError
    ):
        model.set_weights(values[:1])
    with refused(r"early has no weights yet: .* build\(input_shape\), first", ShapeError):
        Dense(2, name="early").set_weights([np.zeros((3, 2)), np.zeros(2)])


def test_a_layer_for_other_inputs():
    """Shared by inputs that need different weights."""
    layer = Dense(2, name="both")
    layer(Input((4,)))
    with refused(r"both: an input of shape 5 needs a kernel of shape 5×2, .* its kernel has shape 4×2", ShapeError):
        layer(Input((5,)))


def test_layers_inside_themselves():
    class Again(Layer):
        def call(self, inputs):
            return self(inputs)

    with refused("me is called within itself: a network has no cycles"):
        Again(name="me")(Input((3,)))
    layer = Again(name="me")
    layer.inner = layer
    with refused("me is called within itself"):
        _ = layer.weights
    outer = Sequential([Input((3,)), Dense(3)], name="outer")
    with refused("outer is called within itself"):
        outer.add(Sequential([outer]))


def test_a_file_whose_layers_wait_for_each_other():
    x = Input((2,), name="x")
    config = Model(x, Dense(1, name="two")(Dense(2, name="one")(x))).get_config()
    config["layers"][1]["calls"][0]["inputs"] = [["two", 0, 0]]
    with refused("one, two wait for each other: a network has no cycles"):
        Model.from_config(config)
    config["layers"][1]["calls"][0]["inputs"] = [["three", 0, 0]]
    with refused("the layer one reads the output of three, and there is no such layer"):
        Model.from_config(config)


def test_damaged_descriptions(tmp_path: Path):
    from konv.io import model_file

    x = Input((2,), name="x")
    model = Model(x, Dense(1, name="one")(x))
    model.save(tmp_path / "m.konv")
    file = model_file.read(tmp_path / "m.konv")
    for damage in ({"outputs": {"": ["none", 0, 0]}}, {"inputs": {"": ["x"]}}, {"layers": None}):
        file.architecture["config"] = {**model.get_config(), **damage}
        model_file.write(tmp_path / "n.konv", file)
        with pytest.raises(ModelFileError, match="cannot be built"):
            load_model(tmp_path / "n.konv")


def test_the_functions_are_the_layers():
    a, b = Input((3,)), Input((3,))
    values = [np.array([[1.0, -2.0, 3.0]]), np.array([[2.0, 2.0, 2.0]])]
    expected = {"add": [3, 0, 5], "subtract": [-1, -4, 1], "multiply": [2, -4, 6], "average": [1.5, 0, 2.5],
                "maximum": [2, 2, 3], "minimum": [1, -2, 2], "concatenate": [1, -2, 3, 2, 2, 2]}  # fmt: skip
    for name, result in expected.items():
        model = Model([a, b], getattr(layers, name)([a, b]))
        np.testing.assert_array_equal(model.predict(values, verbose=0), [result])


def test_operators_make_layers_that_files_keep(tmp_path: Path):
    x = Input((4, 3))
    y = ops.relu(x * np.array([1.0, 2.0, -1.0]) - 0.5)[:, 1:] ** 2 + x[:, :1]
    model = Model(x, Dense(2)(ops.mean(y, 1)))
    values = np.random.default_rng(0).normal(size=(3, 4, 3)).astype("float32")
    kernel, bias = model.get_weights()
    inner = np.maximum(values * [1, 2, -1] - 0.5, 0)[:, 1:] ** 2 + values[:, :1]
    np.testing.assert_allclose(model.predict(values, verbose=0), inner.mean(1) @ kernel + bias, rtol=0, atol=2e-6)
    model.save(tmp_path / "m.konv")
    again = load_model(tmp_path / "m.konv")
    np.testing.assert_array_equal(again.predict(values, verbose=0), model.predict(values, verbose=0))


@pytest.mark.parametrize("first", ["float32", "float64"])
def test_weights_of_two_types_are_refused(first: str, engine: str):
    last = "float64" if first == "float32" else "float32"
    model = Sequential([Input((6,)), Dense(5, dtype=first, name="one"), Dense(3, dtype=last, name="two")])
    with pytest.raises(GraphError, match=f"The weight one/kernel is {first}, but its network ends in {last}"):
        model.predict(np.ones((2, 6)), verbose=0)
