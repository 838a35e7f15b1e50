"""Softmax as a layer, along axes and with a mask, against Keras's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv import layers
from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.models import load_model
from tests.layers.parity import Oracle

AXES: list[Any] = [-1, 1, [1, 3], [2]]


def drawn(*shape: int) -> Any:
    return np.random.default_rng(len(shape)).normal(0, 3, shape).astype("float32")


@pytest.mark.parametrize("axis", AXES, ids=str)
def test_axes_and_masks_as_keras(axis: Any, oracle: Oracle) -> None:
    x, keras = drawn(2, 3, 4, 5), oracle("keras")
    for mask in (None, drawn(2, 3, 4, 5) > 0, drawn(4, 1) > 0):
        expected = np.asarray(keras.layers.Softmax(axis)(x, **({} if mask is None else {"mask": mask})))
        found = layers.Softmax(axis)(x, mask)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
        assert mask is None or not found[~np.broadcast_to(mask, x.shape)].any()


def masked() -> konv.Model:
    scores, mask = layers.Input((3, 4), name="scores"), layers.Input((3, 4), name="mask")
    return konv.Model([scores, mask], layers.Softmax(axis=1)(layers.Dense(4, name="dense")(scores), mask=mask))


@pytest.mark.parametrize("suffix", ["konv", "keras"])
def test_masks_in_models_and_files(suffix: str, tmp_path: Path, oracle: Oracle) -> None:
    x, mask = drawn(6, 3, 4), (drawn(6, 3, 4, 1)[..., 0] > 0).astype("float32")
    model = masked()
    model.save(tmp_path / f"masked.{suffix}")
    found = model.predict([x, mask], verbose=0)
    assert not found[mask == 0].any()
    np.testing.assert_array_equal(load_model(tmp_path / f"masked.{suffix}").predict([x, mask], verbose=0), found)
    if suffix == "keras":
        theirs = oracle("keras").models.load_model(tmp_path / "masked.keras")
        np.testing.assert_allclose(theirs([x, mask]), found, rtol=1e-5, atol=1e-6)
    with pytest.raises(ConfigurationError, match="mask"):
        model.save(tmp_path / "masked.h5")


def test_a_mask_that_is_an_array_is_every_samples() -> None:
    x = layers.Input((4,))
    model = konv.Model(x, layers.Softmax()(x, mask=[1, 0, 1, 1]))
    expected = drawn(6, 4)
    expected[:, 1] = -np.inf
    np.testing.assert_allclose(model.predict(drawn(6, 4), verbose=0), layers.Softmax()(expected), rtol=1e-5)


def test_what_does_not_fit_is_refused() -> None:
    x, long = layers.Input((3, 4)), layers.Input((2, 3, 4))
    for axis in (0, "last", [], [0, 1]):
        with pytest.raises(ConfigurationError, match="axis"):
            layers.Softmax(axis)
    with pytest.raises(ShapeError, match="Layer scores"):
        layers.Softmax(3, name="scores")(x)
    with pytest.raises(ShapeError, match=r"Layer softmax.*2×3×4"):
        layers.Softmax()(x, mask=long)
    with pytest.raises(ShapeError, match=r"5×3×4.*7"):
        layers.Softmax()(drawn(5, 3, 4), mask=np.ones(7))
    with pytest.raises(GraphError, match="3 inputs"):
        layers.Softmax()([x, x, x])
