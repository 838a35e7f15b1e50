"""`keras.applications`: Keras's networks layer for layer, so that its weights fit and give its predictions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from konv.compat import applications
from konv.errors import ConfigurationError, DataError

SMALL: dict[str, Any] = {"input_shape": (32, 32, 3), "weights": None, "include_top": False, "pooling": "avg"}


@pytest.mark.parametrize("name", ["VGG16", "ResNet50"])
def test_kerass_weights_give_kerass_features(
    name: str, oracle: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Weights of a file of Keras's, statistics moved off their beginnings."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # Keras looks for it when it saves
    keras = oracle("keras")
    theirs = getattr(keras.applications, name)(**SMALL)
    rng = np.random.default_rng(0)
    theirs.set_weights([w + 0.05 if w.ndim == 1 else w for w in theirs.get_weights()])
    theirs.save(tmp_path / "theirs.h5")
    ours = getattr(applications, name)(**{**SMALL, "weights": tmp_path / "theirs.h5"})
    x = rng.normal(size=(1, 32, 32, 3)).astype("float32")
    expected = np.asarray(theirs(x))
    np.testing.assert_allclose(ours.predict(x, verbose=0), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


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
    for family in ("vgg16", "resnet50"):
        expected = getattr(keras.applications, family).preprocess_input(x.copy())
        found = getattr(applications, family).preprocess_input(x)
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
