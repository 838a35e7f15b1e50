"""Augmentation: what it does to images, to gradients, when, and that it is the same again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import konv
from konv import layers, ops
from konv.engine import Position, Training, build
from konv.errors import ConfigurationError, GraphError, ShapeError
from konv.graph import Graph
from konv.layers import Dense, Flatten, Input, MixUp, RandomCrop, RandomFlip, RandomRotation
from konv.layers.base import Layer
from konv.models import Sequential
from konv.ops.augmentation import levels
from konv.ops.geometry import look
from konv.ops.loss import MeanSquaredError
from konv.ops.record import Array, Op, Run
from konv.ops.update import SGD
from konv.random import Stream
from tests.ops.numerical import check_gradients

OPS: list[Op] = [
    ops.RandomFlip(), ops.RandomTranslation((-0.3, 0.3), (-0.3, 0.3)), ops.RandomRotation((-0.2, 0.2), "wrap"),
    ops.RandomZoom((-0.3, 0.3), None, "constant"), ops.RandomZoom((-0.3, 0.3), (-0.1, 0.4), "nearest"),
    ops.RandomShear((0.0, 0.4), (0.0, 0.2)), ops.RandomCrop((3, 4), 1), ops.RandomBrightness((-0.1, 0.2), (-3.0, 3.0)),
    ops.RandomContrast((0.5, 1.5), (-3.0, 3.0)), ops.RandomErasing(0.7), ops.Cutout((2, 3), 0.5),
]  # fmt: skip
each_op = pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
IMAGES = np.random.default_rng(0).normal(size=(5, 5, 4, 3))


def training(n: int, epoch: int = 2) -> Run:
    return Run(True, Stream(7, 1, epoch, np.arange(n) * 5))


@each_op
def test_gradients_by_finite_differences(op: Op) -> None:
    check_gradients(op, IMAGES[:2].copy(), run=training(2))
    check_gradients(op, IMAGES[:2].copy())


@each_op
def test_engines_agree(op: Op) -> None:
    """Forward, in training and prediction, and the gradient of the input; the same bits forward."""
    found = {}
    for engine in ("reference", "native"):
        konv.config.set_engine(engine)
        x = Input(IMAGES.shape[1:])
        y = konv.graph.Node.apply(op, (x,), (), "augmented", "float32")
        graph = Graph((x,), (y,))
        images = IMAGES.astype("float32")
        still = build(graph, 5).run([images]).outputs[0].copy()
        program = build(graph, 5, [MeanSquaredError()], Training(SGD(), (), (), (x,)))
        target = np.zeros((5, *y.shape), "float32")
        moved = program.run([images], [target], [np.arange(1, 6).astype("float32")], (0.1,),
                            Position(3, 4, np.arange(5) + 7))  # fmt: skip
        found[engine] = still, moved.outputs[0].copy(), program.input_gradients()[0]
    konv.config.set_engine(None)
    for a, b in zip(found["reference"][:2], found["native"][:2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["reference"][2], found["native"][2], rtol=1e-5, atol=1e-5)
    assert not np.array_equal(found["native"][0], found["native"][1]) or op.name == "random_flip"


@each_op
def test_a_sample_is_changed_by_its_number_and_epoch_alone(op: Op) -> None:
    y = op.forward((IMAGES,), (), training(5))
    alone = Run(True, Stream(7, 1, 2, np.array([15])))
    np.testing.assert_array_equal(op.forward((IMAGES[3:4],), (), alone)[0], y[3])
    later = [op.forward((IMAGES,), (), training(5, epoch)) for epoch in range(3, 9)]
    assert any(not np.array_equal(y, other) for other in later)


def test_prediction_leaves_images_alone() -> None:
    for op in OPS:
        y = op.forward((IMAGES,), (), Run())
        middle = IMAGES[:, 1:4] if op.name == "random_crop" else IMAGES
        np.testing.assert_array_equal(y, middle)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_learning_has_the_same_bits_for_any_number_of_threads(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def learn() -> list[Array]:
        konv.utils.set_random_seed(11)
        model = Sequential([
            Input((8, 8, 3)), RandomFlip("horizontal"), RandomCrop(8, 8, padding=2), RandomRotation(0.1),
            layers.RandomBrightness(0.1, (0, 1)), layers.Cutout(3), Flatten(), Dense(2),
        ])  # fmt: skip
        model.compile("sgd", "mse")
        x = np.random.default_rng(0).random((40, 8, 8, 3))
        model.fit(x, x[:, 0, 0, :2], batch_size=16, epochs=2, verbose=0)
        return model.get_weights()

    expected = learn()
    monkeypatch.setenv("KONV_THREADS", str(threads))
    for a, b in zip(expected, learn(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_flips_are_exact_and_all_happen() -> None:
    x = np.arange(24.0).reshape(1, 2, 4, 3).repeat(200, 0)
    y = ops.RandomFlip().forward((x,), (), training(200))
    ways = [x[0, ::a, ::b] for a in (1, -1) for b in (1, -1)]
    counts = [sum(np.array_equal(image, way) for image in y) for way in ways]
    assert sum(counts) == 200
    assert min(counts) > 25  # 50 expected of each, standard deviation 6
    y = ops.RandomFlip("horizontal").forward((x,), (), training(200))
    assert all(np.array_equal(i, x[0]) or np.array_equal(i, x[0, :, ::-1]) for i in y)


def test_crops_are_parts_and_all_happen() -> None:
    x = np.arange(1.0, 21).reshape(1, 4, 5, 1).repeat(400, 0)
    y = ops.RandomCrop((4, 5), 1).forward((x,), (), training(400))
    padded = np.pad(x[0], ((1, 1), (1, 1), (0, 0)))
    ways = [padded[i : i + 4, j : j + 5] for i in range(3) for j in range(3)]
    counts = [sum(np.array_equal(image, way) for image in y) for way in ways]
    assert sum(counts) == 400
    assert min(counts) > 20  # 44 expected of each, standard deviation 6


def test_erased_shares_are_as_asked() -> None:
    x = np.ones((2000, 16, 16, 1), "float32")
    y = ops.RandomErasing(0.25, (0.04, 0.25)).forward((x,), (), training(2000))
    erased = (y == 0).mean((1, 2, 3))
    assert abs((erased > 0).mean() - 0.25) < 0.05  # standard deviation 0.01
    sides = [np.sqrt(0.04), np.sqrt(0.25)]
    assert (np.floor(sides[0] * 16) / 16) ** 2 <= erased[erased > 0].min()
    assert erased.max() <= (np.ceil(sides[1] * 16 + 1) / 16) ** 2
    y = ops.Cutout((4, 6)).forward((x,), (), training(2000))
    assert (y == 0).sum((1, 2, 3)).max() == 24
    assert (y == 0).any(0).all()  # everywhere


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["constant", "nearest", "reflect", "wrap"]), st.booleans(), st.integers(0, 10**6))
def test_places_beyond_the_edges(fill: str, linear: bool, seed: int) -> None:
    """Shifts by whole pixels are NumPy's padding."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 6, 2)
    x = rng.normal(size=(1, height, width, 2))
    down, right = rng.integers(-3, 4, 2) * (min(height, width) > 3)
    maps = np.array([[1.0, 0, -down, 0, 1, -right]])
    mode = {"constant": "constant", "nearest": "edge", "reflect": "symmetric", "wrap": "wrap"}[fill]
    options: dict[str, Any] = {"constant_values": 0.5} if fill == "constant" else {}
    padded = np.pad(x[0], ((3, 3), (3, 3), (0, 0)), mode=mode, **options)  # type: ignore[call-overload]
    expected = padded[3 - down : 3 - down + height, 3 - right : 3 - right + width]
    np.testing.assert_array_equal(look(x, maps, (height, width), linear, fill, 0.5)[0], expected)


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect", "wrap"])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_maps_are_kerass(fill: str, interpolation: str, oracle) -> None:
    """The same affine maps, looked at by `keras.ops.image.affine_transform`."""
    keras = oracle("keras")
    x = IMAGES.astype("float32")
    for op in (ops.RandomTranslation((-0.3, 0.3), (-0.3, 0.3), fill, interpolation, 0.25),
               ops.RandomRotation((-0.2, 0.2), fill, interpolation, 0.25),
               ops.RandomZoom((-0.3, 0.3), (-0.2, 0.1), fill, interpolation, 0.25),
               ops.RandomShear((0.0, 0.3), (0.0, 0.2), fill, interpolation, 0.25)):  # fmt: skip
        maps = op._maps(x, training(5))
        a, b, c, d, e, f = maps.T
        theirs = np.stack([e, d, f, b, a, c, 0 * a, 0 * a], 1)  # columns before rows
        expected = keras.ops.image.affine_transform(x, theirs, interpolation, fill, 0.25, "channels_last")
        found = op.forward((x,), (), training(5))
        far = abs(found - np.asarray(expected)) > 1e-4
        assert far.mean() < (0.03 if interpolation == "nearest" else 1e-9), (op.name, far.mean())  # ties of rounding


@pytest.mark.parametrize(("kind", "arguments"), [
    ("RandomRotation", {"factor": (0.1, 0.1)}), ("RandomRotation", {"factor": (-0.2, -0.2), "fill_mode": "nearest"}),
    ("RandomTranslation", {"height_factor": (0.3, 0.3), "width_factor": (-0.2, -0.2)}),
    ("RandomZoom", {"height_factor": (0.3, 0.3)}),
    ("RandomZoom", {"height_factor": (-0.3, -0.3), "width_factor": (0.2, 0.2)}),
    ("RandomBrightness", {"factor": (0.25, 0.25), "value_range": (-3, 3)}),
])  # fmt: skip
def test_what_is_not_left_to_chance_is_kerass(kind: str, arguments: dict[str, Any], oracle) -> None:
    """Ranges of one value: rotations turn the same way, zooms grow the same way."""
    x = IMAGES.astype("float32")
    theirs = np.asarray(getattr(oracle("keras").layers, kind)(**arguments)(x, training=True))
    op = getattr(layers, kind)(**arguments).op(x.shape[1:])
    np.testing.assert_allclose(op.forward((x,), (), training(5)), theirs, atol=1e-4)


def test_contrast_keeps_the_mean() -> None:
    x = IMAGES.astype("float32")
    y = ops.RandomContrast((0.5, 0.5), (-50.0, 50.0)).forward((x,), (), training(5))
    np.testing.assert_allclose(y.mean((1, 2)), x.mean((1, 2)), atol=1e-6)
    np.testing.assert_allclose(y.std((1, 2)), x.std((1, 2)) / 2, rtol=1e-5)
    assert layers.RandomContrast((0.1, 0.3)).op((4, 4, 3)).factor == (0.9, 1.3)


def test_levels_fill_their_range() -> None:
    found = levels(-0.5, 1.5, 4)
    np.testing.assert_allclose(found, [-0.25, 0.25, 0.75, 1.25])
    np.testing.assert_array_equal(levels(0.3, 0.3), [0.3])


def test_mixup_mixes_images_and_labels_alike() -> None:
    x, y = IMAGES.astype("float32"), np.eye(5, dtype="float32")
    images, labels = MixUp(0.4, seed=3)(x, y)
    assert images.dtype == labels.dtype == np.float32
    np.testing.assert_allclose(images, np.einsum("nk,khwc->nhwc", labels, x), atol=1e-5)
    np.testing.assert_allclose(labels.sum(1), 1, rtol=1e-6)
    again = MixUp(0.4, seed=3)
    named = again({"images": x, "labels": y})
    np.testing.assert_array_equal(named["images"], images)
    assert not np.array_equal(again(x), images)  # each batch anew
    assert again({"images": x}, training=False)["images"] is x


def test_mixup_trains(engine: str) -> None:
    konv.utils.set_random_seed(3)
    model = Sequential([Input((5, 4, 3)), Flatten(), Dense(5, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy")
    mix = MixUp(0.2)
    history = model.fit((mix(IMAGES, np.eye(5)) for _ in range(40)), steps_per_epoch=10, epochs=4, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]


@pytest.mark.parametrize(("make", "error", "message"), [
    (lambda: RandomFlip("diagonal"), ConfigurationError, "mode must be one of: horizontal_and_vertical, horizontal"),
    (lambda: RandomRotation(1.5), ConfigurationError, "factor must be a number from -1 to 1. Received: 1.5"),
    (lambda: RandomRotation(0.1, "mirror"), ConfigurationError, "fill_mode must be one of: constant, nearest"),
    (lambda: RandomRotation(0.1, interpolation="cubic"), ConfigurationError, "interpolation must be one of: bilinear"),
    (lambda: layers.RandomBrightness(0.1, (1, 0)), ConfigurationError, r"value_range must be .* Received: \(1, 0\)"),
    (lambda: layers.RandomErasing(2.0), ConfigurationError, "factor must be a number from 0 to 1"),
    (lambda: MixUp(0), ConfigurationError, "alpha must be a number"),
    (lambda: Sequential([Input((4, 4, 1)), MixUp()]), GraphError, "MixUp mixes labels too"),
    (lambda: RandomCrop(9, 9, name="crop")(Input((8, 8, 3))), ShapeError, "crop: A part of 9×9 cannot be cut"),
    (lambda: layers.Cutout(9)(Input((8, 8, 3))), ShapeError, "A rectangle of 9×9 does not fit"),
    (lambda: RandomFlip()(Input((8,))), ShapeError, "expects images"),
    (lambda: MixUp()(np.ones((2, 3)), np.ones(2)), ShapeError, "one-hot rows"),
    (lambda: MixUp()(Input((8, 8, 3))), GraphError, "MixUp mixes labels too"),
])  # fmt: skip
def test_arguments_that_make_no_sense(make, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_layers_are_frozen_by_a_call_that_says_so() -> None:
    """`training=False` holds even while the network is trained."""
    x = Input((4, 5, 3))
    layer: Layer = RandomFlip()
    model = konv.Model(x, Dense(2)(Flatten()(layer(x, training=False))))
    konv.utils.set_random_seed(0)
    model.compile("sgd", "mse")
    images, y = np.random.default_rng(0).normal(size=(8, 4, 5, 3)), np.zeros((8, 2))
    loss = model.evaluate(images, y, verbose=0)
    assert model.train_on_batch(images, y) == pytest.approx(loss, rel=1e-5)
