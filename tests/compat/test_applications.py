"""`keras.applications`: Keras's networks layer for layer, so that its weights fit and give its predictions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from konv.compat import applications
from konv.compat.applications import families
from konv.compat.finder import in_force
from konv.errors import ConfigurationError, DataError
from konv.graph import naming
from tests.layers.parity import undrawn

SMALL: dict[str, Any] = {"input_shape": (32, 32, 3), "weights": None, "include_top": False, "pooling": "avg"}
TOPLESS: dict[str, Any] = {"include_top": False, "pooling": "max"}
BUILT: list[tuple[str, int, dict[str, Any]]] = [
    ("VGG16", 32, TOPLESS), ("ResNet50", 32, {}), ("ResNet101", 33, TOPLESS), ("ResNet50V2", 32, {"classes": 7}),
    ("InceptionV3", 75, TOPLESS), ("Xception", 71, {}), ("MobileNet", 32, {"alpha": 0.5, "dropout": 0.2}),
    ("MobileNet", 40, TOPLESS), ("MobileNetV2", 45, {"alpha": 0.35}), ("MobileNetV2", 32, {"alpha": 1.4, **TOPLESS}),
    ("DenseNet121", 32, {}), ("DenseNet121", 32, TOPLESS), ("EfficientNetB0", 32, {}),
    ("EfficientNetB1", 37, {"include_top": False}),
]  # fmt: skip


def written(value: Any) -> Any:
    """A part of a configuration as both write it: a row as a list, initial values without seeds and modules."""
    if isinstance(value, Mapping):
        config = {name: written(one) for name, one in value["config"].items() if name != "seed" and one is not None}
        return value["class_name"], config
    return [written(one) for one in value] if isinstance(value, (list, tuple)) else value


def described(model: Any) -> list[tuple[Any, ...]]:
    """Every layer in order: its name, kind, configuration, output and the shapes of its weights."""
    rows = []
    for layer in model.layers:
        config = {name: written(value) for name, value in layer.get_config().items()}
        shape = layer.output.shape
        if config.get("axis") in (3, [3]):
            config["axis"] = -1  # the last of an image
        weights = sorted(tuple(w.shape) for w in layer.weights if w.shape or "count" not in w.path)
        rows.append((layer.name, type(layer).__name__, config, tuple(n for n in shape if n is not None), weights))
    return rows


@pytest.mark.parametrize(("name", "side", "options"), BUILT)
def test_layers_are_kerass(name: str, side: int, options: dict[str, Any], oracle: Callable[[str], ModuleType]):
    """Names, order, settings, what each reads, shapes: with equal layers, equal networks."""
    keras = oracle("keras")
    given = {"weights": None, "input_shape": (side, side, 3), **options}
    keras.backend.clear_session()
    naming.reset()
    with keras.StatelessScope(initialize_variables=False):
        theirs = getattr(keras.applications, name)(**given)
    ours = getattr(applications, name)(**given)
    assert ours.name == theirs.name
    for mine, their in zip(described(ours), described(theirs), strict=True):
        known = mine[2].keys() & their[2].keys() - {"dtype", "input_shape", "batch_shape"}
        mine[2]["name"], their[2]["name"] = mine[0], their[0]
        assert {"name", "trainable"} <= known or mine[1] == "InputLayer"
        assert [mine[:2], *mine[3:]] == [their[:2], *their[3:]]
        assert {k: mine[2][k] for k in known} == {k: their[2][k] for k in known}
    reads = [[place[0] for call in one["calls"] for place in call["inputs"]] for one in ours.get_config()["layers"]]
    nodes = [layer._inbound_nodes for layer in theirs.layers]
    assert reads == [[t._keras_history.operation.name for node in row for t in node.input_tensors] for row in nodes]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("ResNet152", 60_419_944), ("ResNet101V2", 44_675_560), ("ResNet152V2", 60_380_648),
        ("DenseNet169", 14_307_880), ("DenseNet201", 20_242_984), ("EfficientNetB7", 66_658_687 - 1),
    ],
)  # fmt: skip
def test_parameters_of_larger_ones(name: str, count: int):
    """The numbers of Keras's documentation, its count of what a normalisation has seen left out."""
    assert getattr(applications, name)(weights=None, input_shape=(32, 32, 3)).count_params() == count


def saved(model: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "tensorflow", None)  # Keras looks for it when it saves
        model.save(path)


@pytest.mark.parametrize(("name", "alpha"), [("MobileNet", 0.25), ("MobileNetV2", 0.35)])
def test_kerass_weights_give_kerass_features(
    name: str, alpha: float, oracle: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Weights of a file of Keras's, statistics moved off their beginnings."""
    keras = oracle("keras")
    with undrawn(keras):
        theirs = getattr(keras.applications, name)(**SMALL, alpha=alpha)
    rng = np.random.default_rng(0)
    theirs.set_weights(
        [
            rng.normal(0.1, 0.5 if w.ndim == 1 else w[..., 0].size ** -0.5, w.shape) ** (2 if w.ndim == 1 else 1)
            for w in theirs.get_weights()
        ]
    )
    saved(theirs, tmp_path / "theirs.h5", monkeypatch)
    ours = getattr(applications, name)(**{**SMALL, "weights": tmp_path / "theirs.h5"}, alpha=alpha)
    x = rng.normal(size=(1, 32, 32, 3)).astype("float32")
    values = [w.value for w in theirs.trainable_weights], [w.value for w in theirs.non_trainable_weights]
    expected = np.asarray(oracle("jax").jit(lambda x: theirs.stateless_call(*values, x, training=False)[0])(x))
    np.testing.assert_allclose(ours.predict(x, verbose=0), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_kerass_files_fit_an_efficientnet(
    oracle: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Which begins with a normalisation, of which Keras keeps a count besides."""
    keras = oracle("keras")
    with undrawn(keras):
        theirs = keras.applications.EfficientNetB0(**SMALL)
    saved(theirs, tmp_path / "theirs.h5", monkeypatch)
    ours = applications.EfficientNetB0(**{**SMALL, "weights": tmp_path / "theirs.h5"})
    found, expected = (layers[5:9] for layers in (ours.get_weights(), [w for w in theirs.get_weights() if w.ndim]))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_imagenets_weights_of_an_efficientnet_expect_other_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KONV_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    given: dict[str, Any] = {"input_shape": (32, 32, 3), "include_top": False}
    applications.EfficientNetB0(weights=None, **given).save_weights(tmp_path / "models" / "efficientnetb0_notop.h5")
    second = [layer for layer in applications.EfficientNetB0(**given).layers if type(layer).__name__ == "Rescaling"][1]
    np.testing.assert_allclose(np.square(second.scale), 1 / np.asarray((0.229, 0.224, 0.225)))


def test_networks_that_are_not_there():
    with in_force():
        from keras import applications as known

        with pytest.raises(AttributeError, match=r"NASNetMobile.*konv has VGG"):
            known.NASNetMobile  # noqa: B018
        with pytest.raises(ImportError, match=r"nasnet.*konv has VGG"):
            import_module("keras.applications.nasnet")
        assert known.mobilenet_v2.preprocess_input(np.full(3, 255.0)).tolist() == [1.0, 1.0, 1.0]
        assert known.efficientnet.preprocess_input(np.full(3, 255.0)).tolist() == [255.0] * 3


def test_weights_that_are_not_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KONV_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"vgg16_weights_tf_dim_ordering_tf_kernels_notop\.h5"):
        applications.VGG16(include_top=False)
    made = applications.VGG16(**SMALL)
    (tmp_path / "models").mkdir()
    made.save_weights(tmp_path / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5")
    again = applications.VGG16(include_top=False, input_shape=(32, 32, 3))
    np.testing.assert_array_equal(again.get_weights()[0], made.get_weights()[0])
    assert again.output_shape == (None, 1, 1, 512)


def test_preprocessing_is_kerass(oracle: Callable[[str], ModuleType]):
    keras = oracle("keras")
    x = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype("float32")
    for family in ("vgg16", "resnet50", "resnet_v2", "inception_v3", "mobilenet", "densenet", "efficientnet"):
        expected = getattr(keras.applications, family).preprocess_input(x.copy())
        found = getattr(families, family).preprocess_input(x)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
    for mode in ("torch", "tf"):
        expected = keras.applications.imagenet_utils.preprocess_input(x.copy(), mode=mode)
        np.testing.assert_allclose(applications.preprocess_input(x, mode=mode), expected, rtol=1e-4, atol=1e-5)


def test_names_of_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KONV_DATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    rows = np.eye(1000, dtype="float32")[[3, 7]]
    with pytest.raises(DataError, match=r"imagenet_class_index\.json"):
        applications.decode_predictions(rows)
    with pytest.raises(DataError, match=r"1000"):
        applications.decode_predictions(np.ones((2, 10)))
    (tmp_path / "models").mkdir()
    names = {str(i): [f"n{i:08}", f"class_{i}"] for i in range(1000)}
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(names))
    assert applications.decode_predictions(rows, top=1) == [
        [("n00000003", "class_3", 1.0)],
        [("n00000007", "class_7", 1.0)],
    ]
