"""Activations of one's own: functions of symbolic tensors and layers, as `activation=` of other layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv import layers, ops
from konv.errors import ConfigurationError, GraphError, UnknownNameError
from konv.models import Sequential, load_model
from tests.layers.parity import Oracle

LAYERS: list[tuple[type[layers.Layer], tuple[Any, ...], tuple[int, ...]]] = [
    (layers.Dense, (3,), (4,)), (layers.Conv2D, (3, 2), (4, 4, 2)), (layers.Conv1D, (3, 2), (4, 2)),
    (layers.DepthwiseConv2D, (2,), (4, 4, 2)), (layers.SeparableConv2D, (3, 2), (4, 4, 2)),
    (layers.Conv2DTranspose, (3, 2), (4, 4, 2)), (layers.LocallyConnected2D, (3, 2), (4, 4, 2)),
    (layers.Activation, (), (5,)),
]  # fmt: skip
ROOM = "Activations"


@konv.register_serializable(ROOM)
def squared_relu(x: Any) -> Any:
    return ops.square(ops.relu(x))


def model(activation: object, kind: type[layers.Layer] = layers.Dense, given: Any = (3,), shape: Any = (4,)) -> Any:
    konv.utils.set_random_seed(3)
    made = Sequential([layers.Input(shape), kind(*given, activation=activation)])
    made.compile(konv.optimizers.SGD(0.1), "mse")
    return made


@pytest.mark.parametrize(("kind", "given", "shape"), LAYERS, ids=[kind.__name__ for kind, *_ in LAYERS])
def test_functions_train_as_the_records_they_equal(kind: Any, given: Any, shape: Any, engine: str) -> None:
    """A gate of its own input is SiLU; a layer's slope is that of the function."""
    x = np.random.default_rng(0).normal(size=(6, *shape)).astype("float32")
    slope = konv.activations.get(layers.Lambda(lambda x: konv.activations.leaky_relu(x, 0.4)))
    pairs = [(lambda x: x * ops.sigmoid(x), "silu"), (layers.LeakyReLU(0.4), slope)]
    for own, known in pairs:
        ours, theirs = model(own, kind, given, shape), model(known, kind, given, shape)
        found = ours.predict(x, verbose=0)
        np.testing.assert_allclose(found, theirs.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
        target = np.ones_like(found)
        assert ours.train_on_batch(x, target) == pytest.approx(theirs.train_on_batch(x, target), rel=1e-5)
        for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("suffix", ["konv", "keras", "h5"])
@pytest.mark.parametrize("own", [squared_relu, layers.LeakyReLU(0.4), layers.ReLU(max_value=0.5)], ids=["f", "l", "r"])
def test_files_keep_names_and_arguments(own: Any, suffix: str, tmp_path: Path) -> None:
    first = model(own)
    first.save(tmp_path / f"own.{suffix}")
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    np.testing.assert_array_equal(
        load_model(tmp_path / f"own.{suffix}").predict(x, verbose=0), first.predict(x, verbose=0)
    )


def test_custom_objects_name_functions(tmp_path: Path) -> None:
    first = model(squared_relu)
    config = {**first.layers[0].get_config(), "activation": "elsewhere"}
    layer: Any = layers.deserialize({"class_name": "Dense", "config": config}, {"elsewhere": squared_relu})
    assert layer.activation.own is squared_relu
    with pytest.raises(UnknownNameError, match="elsewhere"):
        layers.deserialize({"class_name": "Dense", "config": config})


def test_keras_reads_them(tmp_path: Path, oracle: Oracle) -> None:
    keras = oracle("keras")
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")

    def theirs(x: Any) -> Any:
        return keras.ops.square(keras.ops.relu(x))

    for own in (layers.LeakyReLU(0.4), squared_relu):
        first = model(own)
        first.save(tmp_path / "own.keras")
        read = keras.models.load_model(tmp_path / "own.keras", {f"{ROOM}>squared_relu": theirs}, compile=False)
        np.testing.assert_allclose(read.predict(x, verbose=0), first.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation=keras.layers.LeakyReLU(0.4))])
    made.save(tmp_path / "theirs.keras")
    found = load_model(tmp_path / "theirs.keras").predict(x, verbose=0)
    np.testing.assert_allclose(found, made.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


def test_what_is_no_activation_is_refused(tmp_path: Path) -> None:
    other = layers.Input((3,), name="elsewhere")
    for own, error, match in (
        (lambda x: 3, GraphError, "symbolic tensor.*int"),
        (layers.PReLU(name="slopes"), GraphError, "slopes has weights .slopes/alpha"),
        (lambda x: x + other, GraphError, "elsewhere"),
        (layers.ReLU, UnknownNameError, "activation"),
        (3, UnknownNameError, "activation"),
    ):
        with pytest.raises(error, match=match):
            model(own)
    with pytest.raises(ConfigurationError, match="register_serializable"):
        model(lambda x: x).save(tmp_path / "code.konv")
