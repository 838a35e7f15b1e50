"""Files as Keras 1.2 and 2 wrote them: their own forms of architectures, initialisers, optimisers and metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv import layers
from konv.errors import KonvWarning
from konv.io import keras_h5
from konv.io.keras_h5 import KerasH5
from konv.models import load_model, model_from_config

SCALING = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
}
COMMON = {
    "trainable": True, "dtype": "float32", "use_bias": True, "kernel_initializer": SCALING,
    "bias_initializer": {"class_name": "Zeros", "config": {}}, "bias_regularizer": None,
    "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.0001}},
    "activity_regularizer": None, "kernel_constraint": None, "bias_constraint": None,
}  # fmt: skip


def dense(name: str, units: int, **more: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {**COMMON, "name": name, "units": units, "activation": "linear", **more}}


def convolution(name: str, **more: Any) -> dict[str, Any]:
    own = {"filters": 3, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "data_format": "channels_last",
           "dilation_rate": [1, 1], "activation": "relu"}  # fmt: skip
    return {"class_name": "Conv2D", "config": {**COMMON, **own, "name": name, **more}}


NORMALISATION = {
    "class_name": "BatchNormalization",
    "config": {
        "name": "bn", "trainable": True, "dtype": "float32", "axis": [3], "momentum": 0.9, "epsilon": 0.001,
        "center": True, "scale": True, "beta_initializer": {"class_name": "Zeros", "config": {}},
        "gamma_initializer": {"class_name": "Ones", "config": {}},
        "moving_mean_initializer": {"class_name": "Zeros", "config": {}},
        "moving_variance_initializer": {"class_name": "Ones", "config": {}},
        "beta_regularizer": None, "gamma_regularizer": None, "beta_constraint": None, "gamma_constraint": None,
    },
}  # fmt: skip


def node(*names: str, **named: Any) -> list[Any]:
    return [[name, 0, 0, named] for name in names]


def beginning(name: str, *shape: int) -> dict[str, Any]:
    config = {"batch_input_shape": [None, *shape], "dtype": "float32", "sparse": False, "ragged": False, "name": name}
    return {"class_name": "InputLayer", "config": config, "name": name, "inbound_nodes": []}


def used(layer: dict[str, Any], *nodes: list[Any]) -> dict[str, Any]:
    return {**layer, "name": layer["config"]["name"], "inbound_nodes": list(nodes)}


@pytest.mark.parametrize("listed", [False, True])
def test_a_sequential_model_with_its_training(listed: bool, tmp_path: Path):
    """Keras 2.2.4 keeps a dictionary, those before a list; the optimiser has `lr` and `decay`."""
    parts = [
        convolution("conv", batch_input_shape=[None, 6, 6, 2]), NORMALISATION,
        {"class_name": "Flatten", "config": {"name": "flat", "trainable": True, "data_format": "channels_last"}},
        dense("out", 4, activation="softmax"),
    ]  # fmt: skip
    model = {"class_name": "Sequential", "config": parts if listed else {"name": "old", "layers": parts}}
    training = {
        "optimizer_config": {
            "class_name": "RMSprop",
            "config": {"lr": 0.0002, "rho": 0.9, "decay": 1e-6, "epsilon": 1e-07},
        },
        "loss": "categorical_crossentropy", "metrics": ["acc"], "sample_weight_mode": None, "loss_weights": None,
    }  # fmt: skip
    rng = np.random.default_rng(0)
    weights = [
        ("conv", [("conv/kernel:0", rng.normal(size=(3, 3, 2, 3))), ("conv/bias:0", rng.normal(size=3))]),
        ("bn", [(f"bn/{n}:0", rng.uniform(0.5, 1, 3)) for n in ("gamma", "beta", "moving_mean", "moving_variance")]),
        ("flat", []),
        ("out", [("out/kernel:0", rng.normal(size=(108, 4))), ("out/bias:0", rng.normal(size=4))]),
    ]
    keras_h5.write(tmp_path / "old.h5", KerasH5(weights, model, training))
    found = load_model(tmp_path / "old.h5")
    assert [layer.name for layer in found.layers] == ["conv", "bn", "flat", "out"]
    np.testing.assert_allclose(found.layers[1].get_weights()[3], weights[1][1][3][1].astype("float32"))
    assert found.optimizer.keras2
    assert found.optimizer.decay == 1e-6
    assert found.optimizer.learning_rate == 0.0002
    x, y = rng.normal(size=(5, 6, 6, 2)).astype("float32"), np.eye(4)[[0, 1, 2, 3, 0]]
    assert set(found.evaluate(x, y, verbose=0, return_dict=True)) == {"loss", "acc"}


@pytest.mark.parametrize(
    ("kind", "before", "slots", "after"),
    [
        ("SGD", ["iterations"], ["momentum"], []),
        ("RMSprop", [], ["velocity"], []),
        ("Adam", ["iterations"], ["m", "v"], [(1,), (1,)]),
        ("Adam", ["iter"], ["m", "v"], []),
        ("Nadam", ["iterations", "m_schedule"], ["m", "v"], []),
    ],
)
def test_the_state_of_the_optimiser(kind: str, before: list[str], slots: list[str], after: list[Any], tmp_path: Path):
    """Steps taken, then all first arrays, then all second ones; Keras's own Adam adds one of one number a weight."""
    model = {"class_name": "Sequential", "config": [dense("out", 4, batch_input_shape=[None, 3])]}
    weights = [("out", [("out/kernel:0", np.ones((3, 4))), ("out/bias:0", np.ones(4))])]
    config = {"lr": 0.01, **({"momentum": 0.9} if kind == "SGD" else {})}
    training = {"optimizer_config": {"class_name": kind, "config": config}, "loss": "mse", "metrics": []}
    rng = np.random.default_rng(1)
    held = [rng.uniform(size=shape).astype("float32") for _ in slots for shape in ((3, 4), (4,))]
    arrays = [*(np.asarray(7 if name.startswith("iter") else 0.9) for name in before), *held, *map(np.zeros, after)]
    state = [(f"training/{kind}/{i}:0", array) for i, array in enumerate(arrays)]
    keras_h5.write(tmp_path / "old.h5", KerasH5(weights, model, training, state))
    found = load_model(tmp_path / "old.h5")
    assert found.optimizer.iterations == (7 if before else 0)
    assert found.optimizer.learning_rate == 0.01
    kernel, bias = found.optimizer.slots(found.trainable_weights)
    for place in range(len(slots)):
        np.testing.assert_array_equal(kernel[place], held[2 * place])
        np.testing.assert_array_equal(bias[place], held[2 * place + 1])
    state[len(before)] = ("other:0", np.ones((5, 5)))
    keras_h5.write(tmp_path / "old.h5", KerasH5(weights, model, training, state))
    with pytest.warns(KonvWarning, match=f"state of the optimizer {kind}"):
        assert load_model(tmp_path / "old.h5").optimizer.iterations == 0


def test_a_functional_model_with_models_inside():
    """Keras 2 counts the use of a model by itself: its first use in another model is number 1."""
    inner = {
        "class_name": "Model",
        "config": {
            "name": "tower",
            "layers": [beginning("i", 4), used(dense("d", 3), node("i"))],
            "input_layers": [["i", 0, 0]],
            "output_layers": [["d", 0, 0]],
        },
    }
    joined = {"class_name": "Concatenate", "config": {"name": "join", "trainable": True, "axis": -1}}
    dropped = {"class_name": "Dropout", "config": {"name": "drop", "rate": 0.5, "noise_shape": None, "seed": 3}}
    saved = {
        "class_name": "Model",
        "config": {
            "name": "outer",
            "layers": [
                beginning("a", 4), beginning("b", 4), used(inner, node("a"), node("b")),
                used(joined, [["tower", 1, 0, {}], ["tower", 2, 0, {}]]), used(dropped, node("join", training=False)),
            ],
            "input_layers": [["a", 0, 0], ["b", 0, 0]],
            "output_layers": [["drop", 0, 0], ["tower", 2, 0]],
        },
    }  # fmt: skip
    model = model_from_config(saved)
    a, b = (np.random.default_rng(i).normal(size=(2, 4)).astype("float32") for i in range(2))
    both, right = model.predict([a, b], verbose=0)
    kernel, bias = model.get_layer("tower").get_weights()
    np.testing.assert_allclose(both, np.hstack([a @ kernel + bias, b @ kernel + bias]), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(right, b @ kernel + bias, rtol=1e-5, atol=1e-6)
    assert model.graph.outputs[0].node.frozen


def test_one_output_stays_one():
    saved = {
        "class_name": "Model",
        "config": {
            "name": "one",
            "layers": [beginning("a", 4), used(dense("d", 3), node("a"))],
            "input_layers": [["a", 0, 0]],
            "output_layers": [["d", 0, 0]],
        },
    }
    assert model_from_config(saved).predict(np.ones((2, 4)), verbose=0).shape == (2, 3)


def test_more_names_than_an_attribute_holds(tmp_path: Path):
    """HDF5's attributes end at 64 KiB; Keras then writes several."""
    rows = [(f"{'layer' * 30}_{i}", [("w:0", np.ones(1, "float32"))] if i == 499 else []) for i in range(500)]
    keras_h5.write(tmp_path / "many.h5", KerasH5(rows))
    assert [name for name, _ in keras_h5.read(tmp_path / "many.h5").layers] == [name for name, _ in rows]


def test_metrics_and_losses_in_tf_keras_words(tmp_path: Path):
    model = konv.models.Sequential([layers.Input((3,)), layers.Dense(2, name="d")])
    content = {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": "categorical_accuracy"}}
    training = {
        "optimizer_config": {
            "class_name": "Custom>Adam", "config": {"learning_rate": 0.01, "is_legacy_optimizer": True},
        },
        "loss": {"class_name": "CategoricalCrossentropy", "config": {"from_logits": True, "reduction": "auto"}},
        "metrics": [[content]], "loss_weights": None,
    }  # fmt: skip
    saved = {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": [dense("d", 2, batch_input_shape=[None, 3])]},
    }
    rows = [("d", [(f"d/{n}:0", w) for n, w in zip(("kernel", "bias"), model.get_weights(), strict=True)])]
    keras_h5.write(tmp_path / "m.h5", KerasH5(rows, saved, training))
    found = load_model(tmp_path / "m.h5")
    assert found.optimizer.learning_rate == 0.01
    assert found.loss.from_logits
    x, y = np.ones((4, 3)), np.eye(2)[[0, 1, 1, 0]]
    assert "accuracy" in found.evaluate(x, y, verbose=0, return_dict=True)


def test_a_rectifier_with_a_threshold():
    """Keras 2's layer is today's ReLU: what is above theta passes."""
    saved = {"class_name": "ThresholdedReLU", "config": {"name": "above", "trainable": True, "theta": 0.5}}
    begin = {"class_name": "InputLayer", "config": {"name": "in", "batch_input_shape": [None, 3]}}
    model = model_from_config({"class_name": "Sequential", "config": {"name": "m", "layers": [begin, saved]}})
    found = model.predict(np.array([[-1, 0.25, 0.75]], "float32"), verbose=0)
    np.testing.assert_array_equal(found, np.array([[0, 0, 0.75]], "float32"))
