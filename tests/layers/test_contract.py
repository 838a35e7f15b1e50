"""What every layer owes: shapes and types as it says, a round trip through its configuration and through a file, and
one step of training that lowers the loss."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from konv import layers
from konv.errors import ConfigurationError
from konv.layers import LAYERS, Dense, Flatten, Input, Layer
from konv.layers.registry import register_serializable
from konv.models import Model, Sequential, load_model
from konv.optimizers import SGD
from konv.utils import set_random_seed


@register_serializable("tests")
def double(x):
    return 2 * x


# For each layer, ways to make it, the shape of a sample it takes, and the shape it must give.
CASES = [
    ("Activation", {"activation": "relu"}, (4, 5, 2), (4, 5, 2)),
    ("Activation", {"activation": "tanh"}, (6,), (6,)),
    ("Activation", {"activation": "softmax"}, (6,), (6,)),
    ("Activation", {"activation": "silu"}, (6,), (6,)),
    ("Dense", {"units": 7, "activation": "gelu"}, (6,), (7,)),
    ("ELU", {"alpha": 0.5}, (6,), (6,)),
    ("LeakyReLU", {"negative_slope": 0.1}, (4, 5, 2), (4, 5, 2)),
    ("ReLU", {"max_value": 6, "negative_slope": 0.1, "threshold": 0.25}, (6,), (6,)),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (7, 6, 3), (4, 3, 3)),
    ("AveragePooling2D", {}, (7, 6, 3), (3, 3, 3)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (7, 2), (7, 4)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": ((1, 0),), "groups": 2}, (7, 2), (3, 4)),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 1}, (5, 2), (12, 4)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (4, 5, 2), (8, 10, 4)),
    (
        "Conv2DTranspose",
        {
            "filters": 4,
            "kernel_size": (2, 3),
            "strides": (3, 2),
            "padding": ((1, 0), (2, 1)),
            "dilation_rate": 2,
            "activation": "relu",
            "output_padding": (2, 0),
        },
        (4, 5, 2),
        (13, 10, 4),
    ),
    ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2, "use_bias": False}, (7, 2), (5, 4)),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}, (7, 3), (7, 4)),
    ("BatchNormalization", {}, (4, 5, 20), (4, 5, 20)),
    ("BatchNormalization", {"momentum": 0.5, "epsilon": 0.1, "center": False}, (6,), (6,)),
    ("Conv2D", {"filters": 4, "kernel_size": 3}, (6, 5, 2), (4, 3, 4)),
    ("Conv2D", {"filters": 4, "kernel_size": (1, 3), "padding": "same", "activation": "relu"}, (6, 5, 2), (6, 5, 4)),
    ("Conv2D", {"filters": 4, "kernel_size": 2, "strides": (2, 1), "groups": 2}, (6, 5, 2), (3, 4, 4)),
    ("Conv2D", {"filters": 3, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}, (6, 5, 2), (4, 3, 3)),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "padding": ((1, 0), (2, 1))}, (6, 5, 2), (5, 6, 3)),
    ("Dense", {"units": 7}, (6,), (7,)),
    ("Dense", {"units": 3, "activation": "sigmoid", "use_bias": False, "kernel_initializer": "he_normal"}, (6,), (3,)),
    ("DepthwiseConv2D", {"kernel_size": 3, "padding": "same", "activation": "relu"}, (6, 5, 3), (6, 5, 3)),
    ("DepthwiseConv2D", {"kernel_size": (2, 3), "strides": 2, "depth_multiplier": 2}, (6, 5, 3), (3, 2, 6)),
    ("Dropout", {"rate": 0.25}, (6, 5, 2), (6, 5, 2)),
    ("Flatten", {}, (6, 5, 2), (60,)),
    ("AveragePooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, (7, 3), (4, 3)),
    ("GlobalAveragePooling1D", {}, (7, 3), (3,)),
    ("GlobalAveragePooling2D", {"keepdims": True}, (7, 6, 3), (1, 1, 3)),
    ("GlobalMaxPooling1D", {"keepdims": True}, (7, 3), (1, 3)),
    ("GlobalMaxPooling2D", {}, (7, 6, 3), (3,)),
    ("MaxPooling1D", {}, (7, 3), (3, 3)),
    ("InputLayer", {"shape": (6, 5, 2)}, (6, 5, 2), (6, 5, 2)),
    ("LocalResponseNormalization", {}, (4, 5, 20), (4, 5, 20)),
    (
        "LocalResponseNormalization",
        {"size": 4, "alpha": 0.5, "beta": 0.6, "k": 1.0, "average": True},
        (6, 7),
        (6, 7),
    ),
    ("LocallyConnected1D", {"filters": 4, "kernel_size": 3, "strides": 2}, (7, 2), (3, 4)),
    (
        "LocallyConnected2D",
        {"filters": 4, "kernel_size": (2, 3), "padding": "same", "activation": "relu"},
        (6, 5, 2),
        (6, 5, 4),
    ),
    ("MaxPooling2D", {"pool_size": (2, 3)}, (7, 6, 3), (3, 2, 3)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (7, 6, 3), (4, 3, 3)),
    ("ReLU", {}, (4, 5, 2), (4, 5, 2)),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}, (6, 5, 3), (6, 5, 4)),
    (
        "SeparableConv2D",
        {"filters": 4, "kernel_size": 2, "depth_multiplier": 2, "activation": "relu"},
        (6, 5, 3),
        (5, 4, 4),
    ),
    ("Cropping1D", {"cropping": (1, 2)}, (7, 3), (4, 3)),
    ("Cropping2D", {"cropping": ((1, 0), (2, 1))}, (6, 5, 2), (5, 2, 2)),
    ("Permute", {"dims": (3, 1, 2)}, (6, 5, 2), (2, 6, 5)),
    ("RepeatVector", {"n": 3}, (6,), (3, 6)),
    ("Reshape", {"target_shape": (4, -1)}, (6, 2), (4, 3)),
    ("UpSampling1D", {"size": 3}, (4, 2), (12, 2)),
    ("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, (4, 3, 2), (8, 9, 2)),
    ("ZeroPadding1D", {"padding": (0, 2)}, (4, 2), (6, 2)),
    ("ZeroPadding2D", {"padding": (1, 2)}, (4, 3, 2), (6, 7, 2)),
    ("SpatialDropout1D", {"rate": 0.25}, (7, 3), (7, 3)),
    ("SpatialDropout2D", {"rate": 0.25}, (6, 5, 2), (6, 5, 2)),
    ("Softmax", {}, (6,), (6,)),
    *((kind, {}, (4, 5, 2), (4, 5, 2)) for kind in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")),
    ("Concatenate", {}, (4, 5, 2), (4, 5, 4)),
    ("Concatenate", {"axis": 1}, (4, 5, 2), (8, 5, 2)),
    ("Operation", {"operation": {"name": "elementwise", "function": "exp", "operands": (None,)}}, (6,), (6,)),
]
CASES += [
    ("Cutout", {"size": (1, 2), "fill_value": 0.5}, (4, 5, 2), (4, 5, 2)),
    ("RandomBrightness", {"factor": 0.05, "value_range": (-8, 8)}, (4, 5, 2), (4, 5, 2)),
    ("RandomContrast", {"factor": (0.1, 0.2), "value_range": (-8, 8)}, (4, 5, 2), (4, 5, 2)),
    ("RandomCrop", {"height": 4, "width": 5, "padding": 1}, (4, 5, 2), (4, 5, 2)),
    ("RandomCrop", {"height": 3, "width": 4}, (4, 5, 2), (3, 4, 2)),
    ("RandomErasing", {"scale": (0.1, 0.2)}, (4, 5, 2), (4, 5, 2)),
    ("RandomFlip", {"mode": "horizontal"}, (4, 5, 2), (4, 5, 2)),
    ("RandomRotation", {"factor": 0.02}, (4, 5, 2), (4, 5, 2)),
    ("RandomShear", {"x_factor": 0.1, "y_factor": (0.0, 0.1)}, (4, 5, 2), (4, 5, 2)),
    ("RandomTranslation", {"height_factor": 0.1, "width_factor": (-0.1, 0.2)}, (4, 5, 2), (4, 5, 2)),
    ("RandomZoom", {"height_factor": 0.1, "fill_mode": "wrap"}, (4, 5, 2), (4, 5, 2)),
    ("MeanSubtraction", {"per": "pixel"}, (4, 5, 2), (4, 5, 2)),
    ("Normalization", {"axis": (1, 3)}, (4, 5, 2), (4, 5, 2)),
    ("Normalization", {"axis": None, "mean": 0.5, "variance": 4.0, "invert": True}, (6,), (6,)),
    ("Rescaling", {"scale": 0.5, "offset": (1.0, -1.0)}, (4, 5, 2), (4, 5, 2)),
    ("Whitening", {"epsilon": 0.5}, (4, 2, 2), (4, 2, 2)),
    ("Whitening", {"method": "pca", "epsilon": 0.5, "patch_size": (2, 3), "components": 4}, (4, 6, 2), (2, 2, 4)),
]
CASES += [
    ("ActivityRegularization", {"l1": 0.01, "l2": 0.02}, (6,), (6,)),
    ("AdaptiveAveragePooling1D", {"output_size": 3}, (7, 3), (3, 3)),
    ("AdaptiveAveragePooling2D", {"output_size": (2, 3)}, (5, 7, 3), (2, 3, 3)),
    ("AdaptiveMaxPooling1D", {"output_size": 2}, (7, 3), (2, 3)),
    ("AdaptiveMaxPooling2D", {"output_size": 3}, (5, 4, 3), (3, 3, 3)),
    ("AlphaDropout", {"rate": 0.1}, (6, 5, 2), (6, 5, 2)),
    ("GaussianDropout", {"rate": 0.05}, (6, 5, 2), (6, 5, 2)),
    ("GaussianNoise", {"stddev": 0.1}, (6, 5, 2), (6, 5, 2)),
    ("GroupNormalization", {"groups": 3}, (4, 5, 6), (4, 5, 6)),
    ("GroupNormalization", {"groups": -1, "scale": False}, (6, 5, 4), (6, 5, 4)),
    ("LayerNormalization", {}, (4, 5, 20), (4, 5, 20)),
    ("LayerNormalization", {"axis": [1, 3], "epsilon": 0.1, "center": False}, (4, 5, 3), (4, 5, 3)),
    ("PReLU", {"alpha_initializer": {"class_name": "Constant", "config": {"value": 0.2}}}, (4, 5, 2), (4, 5, 2)),
    ("PReLU", {"shared_axes": [1, 2], "alpha_regularizer": "l2"}, (4, 5, 2), (4, 5, 2)),
]
CASES += [
    ("CenterCrop", {"height": 3, "width": 2}, (4, 5, 2), (3, 2, 2)),
    ("Identity", {}, (4, 3), (4, 3)),
    ("Resizing", {"height": 3, "width": 7, "interpolation": "bicubic"}, (4, 5, 2), (3, 7, 2)),
    ("Resizing", {"height": 3, "width": 3, "crop_to_aspect_ratio": True, "antialias": True}, (4, 7, 2), (3, 3, 2)),
]
CASES += [
    ("Dot", {"axes": 1, "normalize": True}, (6,), (1,)),
    ("Dot", {"axes": (1, 2)}, (4, 4), (4, 4)),
    ("Dropout", {"rate": 0.05, "noise_shape": (None, 1, 1, 2)}, (4, 3, 2), (4, 3, 2)),
    ("Dropout", {"rate": 0.05, "noise_shape": (None, 1, 1, 1)}, (4, 3, 2), (4, 3, 2)),
    ("Embedding", {"input_dim": 3, "output_dim": 4}, (6,), (6, 4)),
    ("RMSNormalization", {"axis": [1, 2]}, (4, 5), (4, 5)),
    ("TimeDistributed", {"layer": Dense(4)}, (5, 3), (5, 4)),
    ("TimeDistributed", {"layer": layers.Conv1D(4, 2, activation="relu")}, (3, 5, 2), (3, 4, 4)),
    ("UnitNormalization", {"axis": 1}, (4, 5), (4, 5)),
    ("UpSampling2D", {"size": 2, "interpolation": "bicubic"}, (4, 3, 2), (8, 6, 2)),
]
CASES.append(("Lambda", {"function": double}, (4, 3), (4, 3)))
MERGING = {"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}
ADAPTED = {"MeanSubtraction", "Normalization", "Whitening"}
each = pytest.mark.parametrize(("kind", "arguments", "takes", "gives"), CASES)


def made(kind: str, arguments: dict, takes: tuple[int, ...]) -> Layer:
    """The layer, with what it learns from data before training."""
    layer = LAYERS[kind](**copy.deepcopy(arguments))
    if hasattr(layer, "adapt"):
        layer.adapt(data(takes, 40)[0])
    return layer


def model_with(layer: Layer, takes: tuple[int, ...]) -> Model:
    """A small network with `layer` in its middle and weights before and behind it."""
    if type(layer).__name__ in MERGING:
        x = Input(takes)
        y = layer([Dense(takes[-1], name="before")(x), Dense(takes[-1], name="beside")(x)])
        return Model(x, Dense(3, activation="softmax", name="last")(Flatten(name="row")(y)))
    first = [Input(takes), Dense(takes[-1], name="before"), layer]
    if isinstance(layer, (layers.Embedding, layers.InputLayer)):  # whose inputs have no gradient, or are none
        first = [layer] if isinstance(layer, layers.InputLayer) else [Input(takes), layer]
    return Sequential([*first, Flatten(name="row"), Dense(3, activation="softmax", name="last")])


def data(takes: tuple[int, ...], count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    return generator.normal(size=(count, *takes)).astype("float32"), np.arange(count) % 3


def test_every_layer_is_here():
    assert {kind for kind, *_ in CASES} == set(LAYERS)


@each
def test_shape_and_type(kind, arguments, takes, gives, engine):
    layer = made(kind, arguments, takes)
    model = model_with(layer, takes)
    x, _ = data(takes)
    assert layer.output_shape == (None, *gives)
    assert layer.input_shape == ([(None, *takes)] * 2 if kind in MERGING else (None, *takes))
    if kind in MERGING:
        assert layer.compute_output_shape([(None, *takes)] * 2) == (None, *gives)
    elif kind not in ("InputLayer", "Lambda"):
        assert layer.compute_output_shape((None, *takes)) == (None, *gives)
        probe = Sequential([Input(takes), made(kind, arguments, takes)])
        assert probe.predict(x, verbose=0).shape == (12, *gives)
    y = model.predict(x, verbose=0)
    assert y.dtype == np.float32
    assert layer.output.dtype == layer.dtype == "float32"
    assert layer.count_params() == sum(w.size for w in layer.get_weights())


@each
def test_configuration_comes_back(kind, arguments, takes, gives):
    layer = LAYERS[kind](**copy.deepcopy(arguments), name="kept", trainable=False)
    saved = layers.serialize(layer)
    again = layers.deserialize(saved)
    assert type(again) is type(layer)
    assert layers.serialize(again) == saved
    assert saved["config"]["name"] == "kept"
    assert again.trainable is False


@each
def test_file_comes_back(kind, arguments, takes, gives, tmp_path: Path, engine):
    model = model_with(made(kind, arguments, takes), takes)
    x, _ = data(takes)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "model.konv")
    again = load_model(tmp_path / "model.konv")
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert np.array_equal(again.predict(x, verbose=0), expected)


@each
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_files_of_keras_come_back(kind, arguments, takes, gives, suffix, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("KONV_ENGINE", "reference")
    model = model_with(made(kind, arguments, takes), takes)
    former = kind.startswith("Locally") and suffix == ".h5"  # Keras 2 had them
    margins = not kind.startswith("ZeroPadding") and not isinstance(arguments.get("padding", ""), str)
    if margins or (kind in ("LocalResponseNormalization", "LocallyConnected1D", "LocallyConnected2D", "Operation")
                   and not former):  # fmt: skip
        with pytest.raises(ConfigurationError, match=r"NAME\.konv"):
            model.save(tmp_path / f"model{suffix}")
        return
    model.save(tmp_path / f"model{suffix}")
    again = load_model(tmp_path / f"model{suffix}")
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]
    x, _ = data(takes)
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@each
def test_is_told_of_and_shown(kind, arguments, takes, gives, monkeypatch, capsys):
    """Its purpose and cost in the explanation; its nodes, calls and blocking in what `KONV_DEBUG` prints."""
    layer = made(kind, arguments, takes)
    model = model_with(layer, takes)
    records = {record["name"]: record for record in json.loads(model.explain().json())["layers"]}
    if kind not in ("InputLayer", "Lambda", "TimeDistributed"):  # the last two by what is in them
        record = records[layer.name]
        assert len(record["purpose"]) > 30
        assert record["parameters"] == sum(v.size for v in layer.weights if not v.statistic)
        assert record["macs"] >= 0
        assert record["activation_bytes"] > 0
    monkeypatch.setenv("KONV_DEBUG", "graph,plan,blocking")
    model.predict(data(takes)[0], verbose=0)
    shown = capsys.readouterr().err
    assert all(part in shown for part in ("graph", "plan for", "blocking", layer.name))


@each
def test_a_step_lowers_the_loss(kind, arguments, takes, gives, engine):
    set_random_seed(5)
    model = model_with(made(kind, arguments, takes), takes)
    model.compile(SGD(0.02), "sparse_categorical_crossentropy")
    x, y = data(takes)
    before = model.evaluate(x, y, verbose=0)
    moving = [v for v in model.weights if not (v.statistic and kind in ADAPTED)]
    weights = [v.value.copy() for v in moving]
    model.train_on_batch(x, y)
    assert all(not np.array_equal(v.value, b) for v, b in zip(moving, weights, strict=True))
    assert model.evaluate(x, y, verbose=0) < before
