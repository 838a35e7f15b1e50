"""The input stage: what `adapt` learns, what is done with it, what files keep, and what is said where it is missing."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import konv
from konv.errors import ConfigurationError, DataError, GraphError, ShapeError
from konv.layers import Dense, Flatten, Input, MeanSubtraction, Normalization, Rescaling, Whitening
from konv.layers.base import Layer
from konv.models import Sequential, load_model
from konv.ops.standardize import MeanSubtraction as MeanOp, Rescale, Standardize, Whiten, WhitenPatches
from konv.statistics import Moments, batches
from tests.ops.windows import integers

PHOTOS = np.random.default_rng(0).gamma(2, 30, (60, 6, 5, 3)).cumsum(2).astype("float32")  # neighbours alike


def run(layer: Layer, x: np.ndarray) -> np.ndarray:
    return Sequential([Input(x.shape[1:]), layer]).predict(x, verbose=0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(0, 7), st.booleans(), st.booleans())
def test_kernels_are_the_references(shape: list[int], kept: int, invert: bool, relu: bool) -> None:
    """Any axes: variances that are squares leave small integers exact."""
    axes = tuple(a for a in range(len(shape)) if kept >> a & 1)
    x = integers((4, *shape), 1, "float32") * 4
    op = Standardize(axes, invert)
    mean, variance = (np.asarray(integers(w.shape, i, "float32")) for i, w in enumerate(op.weights(tuple(shape))))
    variance = np.asarray(4.0 ** (np.abs(variance) % 3 - 1), "float32")
    ours = Sequential([
        Input(tuple(shape)),
        Normalization(tuple(a + 1 for a in axes) or None, mean, variance, invert),
        *[konv.layers.ReLU()] * relu,
    ])  # fmt: skip
    expected = op.forward((x,), (mean, variance), konv.ops.record.Run())
    np.testing.assert_array_equal(ours.predict(x, verbose=0), np.maximum(expected, 0) if relu else expected)


@pytest.mark.parametrize("op", [Rescale(0.5, (1.0, 2.0)), Standardize((1,)), Standardize((0, 1), True), MeanOp((1,))])
def test_gradients_by_finite_differences(op: Rescale | Standardize) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 2))
    w = tuple(np.full(w.shape, 0.3) for w in op.weights((3, 2)))
    found = op.backward(np.ones_like(x), (x,), w, x, konv.ops.record.Run())
    assert found.weights == ()
    step = op.forward((x + 1,), w, konv.ops.record.Run()) - op.forward((x,), w, konv.ops.record.Run())
    np.testing.assert_allclose(found.inputs[0], step, rtol=1e-12)  # linear: one step is the derivative


@pytest.mark.parametrize("layer", [
    Rescaling(0.5, (1, 2, 3)), Normalization(), Normalization((1, 2, 3)), Normalization(None), MeanSubtraction("pixel"),
    Whitening(epsilon=1.0), Whitening("pca", 1.0, components=4), Whitening(epsilon=1.0, patch_size=3),
    Whitening("pca", 1.0, (2, 5), 7),
], ids=lambda layer: type(layer).__name__)  # fmt: skip
def test_gradient_reaches_what_is_before(layer: Layer, engine: str) -> None:
    """A layer before the input stage learns alike on both engines: the way back through it is a linear map's."""
    if hasattr(layer, "adapt"):
        layer.adapt(PHOTOS / 50)
    x = Input((6, 5, 3))
    y = layer(x)
    photos = PHOTOS[:2] / 50
    gradient = konv.grad(konv.ops.sum(y * y), x)(photos)
    step = np.zeros_like(photos)
    step[0, 3, 2, 1] = 1
    model = konv.Model(x, y)
    # The square of a linear map: a central difference is its derivative, whatever the step.
    above, below = ((model.predict(photos + s * step, verbose=0).astype("float64") ** 2).sum() for s in (1, -1))
    most = float(abs(gradient).max())
    assert gradient[0, 3, 2, 1] == pytest.approx((above - below) / 2, rel=1e-3, abs=1e-3 * most)


@pytest.mark.parametrize("axis", [-1, (1, 3), (1, 2, 3), None])
def test_normalization_is_kerass(axis, oracle) -> None:
    keras = oracle("keras")
    ours, theirs = Normalization(axis), keras.layers.Normalization(axis)
    ours.adapt(PHOTOS)
    theirs.adapt(PHOTOS)
    found = run(ours, PHOTOS[:7])
    np.testing.assert_allclose(found, theirs(PHOTOS[:7]), rtol=1e-4, atol=1e-4)
    back = Normalization(axis, theirs.mean, theirs.variance, invert=True)
    np.testing.assert_allclose(run(back, found), PHOTOS[:7], rtol=1e-4, atol=1e-3)


def test_rescaling_is_kerass(oracle) -> None:
    keras = oracle("keras")
    for scale, offset in ((1 / 255, 0.0), (1 / 127.5, -1), (0.5, [1.0, 2.0, 3.0])):
        theirs = keras.layers.Rescaling(scale, offset)(PHOTOS)
        np.testing.assert_allclose(run(Rescaling(scale, offset), PHOTOS), theirs, rtol=1e-6, atol=1e-6)


def test_batches_of_any_size_learn_the_same() -> None:
    """Arrays, generators, sequences of (x, y): moments of the whole, in float64."""
    whole = Normalization()
    whole.adapt(PHOTOS)
    np.testing.assert_allclose(whole.get_weights()[0], PHOTOS.astype("float64").mean((0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(whole.get_weights()[1], PHOTOS.astype("float64").var((0, 1, 2)), rtol=1e-5)
    ways = [[7] * 8 + [4], [1] * 60, [59, 1]]
    for sizes in ways:
        parts = Normalization()
        parts.adapt((x, None) for x in np.split(PHOTOS, np.cumsum(sizes)[:-1]))
        for a, b in zip(parts.get_weights(), whole.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6)
    parts.adapt(PHOTOS, batch_size=10, steps=2)
    np.testing.assert_allclose(parts.get_weights()[0], PHOTOS[:20].astype("float64").mean((0, 1, 2)), rtol=1e-6)


def test_large_means_cost_no_digits() -> None:
    x = np.random.default_rng(0).normal(size=(1000, 2)) + 1e8
    moments = Moments((0,))
    for part in np.split(x, 10):
        moments.add(part)
    np.testing.assert_allclose(moments.variance, x.var(0), rtol=1e-8)


@pytest.mark.parametrize("per", ["channel", "pixel"])
def test_mean_subtraction(per: str, engine: str) -> None:
    layer = MeanSubtraction(per)
    layer.adapt(iter(np.split(PHOTOS, 4)))
    expected = PHOTOS - PHOTOS.astype("float64").mean((0, 1, 2) if per == "channel" else 0)
    np.testing.assert_allclose(run(layer, PHOTOS), expected, atol=2e-4)
    given_ = MeanSubtraction(per, layer.get_weights()[0])
    np.testing.assert_array_equal(run(given_, PHOTOS), run(layer, PHOTOS))


@pytest.mark.parametrize("method", ["zca", "pca"])
def test_whitened_features_are_uncorrelated(method: str, engine: str) -> None:
    x = np.concatenate([PHOTOS, PHOTOS[:, ::-1], PHOTOS[..., ::-1], PHOTOS[:, :, ::-1]])[:, :3]
    layer = Whitening(method, epsilon=0)
    layer.adapt(iter(np.split(x, 8)))
    white = run(layer, x)
    assert white.shape == (x.shape if method == "zca" else (len(x), 45))
    found = np.cov(white.reshape(len(x), -1), rowvar=False, bias=True)
    np.testing.assert_allclose(found, np.eye(45), atol=2e-2)  # float32, variances from 1e3 to 1e5 times the smallest
    if method == "zca":  # of all whitened images the nearest: the map is symmetric and positive
        matrix = layer.get_weights()[1]
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
        assert np.linalg.eigvalsh(matrix).min() > 0


def test_components_are_those_of_the_largest_variance() -> None:
    full, some = Whitening("pca", 0.5), Whitening("pca", 0.5, components=4)
    full.adapt(PHOTOS)
    some.adapt(PHOTOS)
    np.testing.assert_array_equal(some.get_weights()[1], full.get_weights()[1][:, :4])
    rows = PHOTOS.reshape(60, -1).astype("float64")
    values = np.linalg.eigvalsh(np.cov(rows, rowvar=False, bias=True))[::-1]
    projected = (rows - rows.mean(0)) @ full.get_weights()[1]
    np.testing.assert_allclose(projected[:, :4].var(0), values[:4] / (values[:4] + 0.5), rtol=1e-4)


def test_patches_are_whitened_by_a_convolution(engine: str) -> None:
    """ZCA: the image keeps its shape, and a patch in its middle gives what whitening that patch alone gives."""
    layer = Whitening(patch_size=3, epsilon=5.0)
    layer.adapt(iter(np.split(PHOTOS, 6)))
    white = run(layer, PHOTOS)
    assert white.shape == PHOTOS.shape
    centred = PHOTOS - PHOTOS.astype("float64").mean((0, 1, 2))
    patches = np.lib.stride_tricks.sliding_window_view(centred, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3)
    rows = patches.reshape(-1, 27)
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    expected = rows @ (vectors / np.sqrt(values + 5)) @ vectors.T
    np.testing.assert_allclose(white[:, 1:-1, 1:-1].reshape(-1, 3), expected[:, 12:15], atol=2e-3)

    parts = Whitening("pca", 5.0, (2, 5), components=7)
    parts.adapt(PHOTOS)
    assert run(parts, PHOTOS).shape == (60, 3, 1, 7)


def test_memory_of_a_covariance_is_bounded() -> None:
    """A stream of many rows takes the memory of the matrix and of a batch, not of the rows."""
    layer = Whitening()
    rng = np.random.default_rng(0)
    tracemalloc.start()
    layer.adapt(rng.normal(size=(500, 100)) for _ in range(100))  # 40 MB in all
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4e6


@pytest.mark.parametrize(("layer", "x"), [
    (Normalization(), PHOTOS), (MeanSubtraction("pixel"), PHOTOS), (Whitening(epsilon=1), PHOTOS),
    (Whitening("pca", patch_size=2), PHOTOS), (Rescaling(0.5, 1), PHOTOS),
], ids=["normalization", "mean", "whitening", "patches", "rescaling"])  # fmt: skip
def test_files_keep_what_was_learned(layer: Layer, x: np.ndarray, tmp_path: Path) -> None:
    if hasattr(layer, "adapt"):
        layer.adapt(x)
    model = Sequential([Input(x.shape[1:]), layer, Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    known = layer.get_weights()
    model.trainable = False
    model.trainable = True
    model.fit(x / 1e3, np.zeros((60, 2)), verbose=0)
    for before, after in zip(known, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    model.save(tmp_path / "m.konv")
    np.testing.assert_array_equal(load_model(tmp_path / "m.konv").predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("kind", [Normalization, MeanSubtraction, Whitening])
def test_adapt_not_called_is_said(kind: type[Layer], tmp_path: Path, engine: str) -> None:
    layer = kind(name="first")
    model = Sequential([Input((2, 2, 1)), layer, Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(4, 2, 2, 1))
    model.save(tmp_path / "m.konv")
    for attempt in (
        lambda: model.predict(x, verbose=0),
        lambda: model.fit(x, np.zeros((4, 2)), verbose=0),
        lambda: load_model(tmp_path / "m.konv").predict(x, verbose=0),
    ):
        with pytest.raises(GraphError, match=r"^first has not seen the training data: call its adapt\(x\)"):
            attempt()
    layer.adapt(x)
    assert np.isfinite(model.predict(x, verbose=0)).all()
    before = model.predict(x, verbose=0)
    layer.adapt(x * 2)
    assert not np.array_equal(model.predict(x, verbose=0), before)


def test_too_large_is_refused_with_advice() -> None:
    with pytest.raises(ConfigurationError, match=r"^white: 150,528 features.*168\.8 GiB.*patch_size=5.*MeanSub"):
        Sequential([Input((224, 224, 3)), Whitening(name="white")])
    with pytest.raises(ConfigurationError, match="150,528 features"):
        Whitening().adapt(np.zeros((2, 224, 224, 3)))
    assert Sequential([Input((224, 224, 3)), Whitening(patch_size=5)]).output_shape == (None, 224, 224, 3)


@pytest.mark.parametrize(("make", "message"), [
    (lambda: Whitening("svd"), r"method must be one of: zca, pca\. Received: 'svd'"),
    (lambda: Whitening(patch_size=4), "patch_size must be odd. Received: 4"),
    (lambda: Whitening(components=3), 'method="pca" alone'),
    (lambda: Whitening(epsilon=-1), "epsilon must be a number from 0"),
    (lambda: run(Whitening("pca", components=9), np.zeros((2, 8))), "at most 8. Received: 9"),
    (lambda: Normalization(0), "batch axis 0 is none"),
    (lambda: Normalization(mean=1.0), "mean and variance are given together"),
    (lambda: Normalization(mean=1.0, variance=-1.0), "a variance is never negative"),
    (lambda: Normalization(5).adapt(PHOTOS), "axis 5 is no axis"),
    (lambda: MeanSubtraction("row"), "per must be one of: channel, pixel"),
    (lambda: Rescaling("big"), "scale must be a finite number"),
])  # fmt: skip
def test_arguments_that_make_no_sense(make, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize(("data", "error", "message"), [
    (np.zeros((0, 3)), DataError, "n: adapt got no data"),
    (iter(()), DataError, "n: adapt got no data"),
    ([["a"]], DataError, "n: batch 1 .* no array of numbers"),
    (np.array([[1.0, np.nan]]), DataError, "n: batch 1 .* NaN"),
    ((np.zeros((2, c)) for c in (3, 4)), ShapeError, r"n: batch 2 .* samples of 4; those before it had 3"),
])  # fmt: skip
def test_bad_data_are_named(data, error, message: str) -> None:
    with pytest.raises(error, match=message):
        Normalization(name="n").adapt(data)


def test_one_sample_has_no_covariance() -> None:
    with pytest.raises(DataError, match="two samples"):
        Whitening().adapt(np.ones((1, 3)))


def test_a_mean_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match="mean"):
        run(MeanSubtraction(mean=[1.0, 2.0]), np.zeros((2, 3)))
    with pytest.raises(ShapeError, match="2 numbers do not fit the input 3"):
        run(Rescaling([1.0, 2.0]), np.zeros((2, 3)))


def test_batches_are_cut_to_fit() -> None:
    sizes = [len(b) for b in batches(np.broadcast_to(np.zeros(1), (5000, 4000)), "x")]
    assert sum(sizes) == 5000
    assert max(sizes) * 4000 <= 2**22


def test_purposes_are_said() -> None:
    image = (4, 4, 3)
    for op, shape in (
        (Rescale(1 / 255), image), (Standardize((2,)), image), (MeanOp((2,)), image), (Standardize((2,), True), image),
        (Whiten(4), (12,)), (WhitenPatches(4, (2, 2)), image),
    ):  # fmt: skip
        key, values = op.purpose(shape)
        assert konv.messages.text(key, "zh", **values) != konv.messages.text(key, "en", **values)
