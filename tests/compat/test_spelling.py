"""Old arguments become today's, and what cannot be had is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import konv
from konv.compat import backend, folders, models, script
from konv.compat.layers import words
from konv.compat.tensors import nn
from konv.errors import ConfigurationError, ShapeError
from konv.graph import Tensor

K = backend
# For each: the words of an old version, and what they are today.
OLD: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
    (lambda: words.Convolution2D(8, 3, 5), lambda: konv.layers.Conv2D(8, (3, 5))),
    (lambda: words.Convolution2D(8, 3, 3, "he_normal", "relu"),
     lambda: konv.layers.Conv2D(8, 3, kernel_initializer="he_normal", activation="relu")),
    (lambda: words.Convolution2D(nb_filter=8, nb_row=1, nb_col=7, border_mode="same", subsample=(2, 2), bias=False),
     lambda: konv.layers.Conv2D(8, (1, 7), strides=2, padding="same", use_bias=False)),
    (lambda: words.Conv2D(8, 3, 2), lambda: konv.layers.Conv2D(8, 3, strides=2)),
    (lambda: words.Convolution2D(8, (3, 3), dim_ordering="tf"), lambda: konv.layers.Conv2D(8, 3)),
    (lambda: words.AtrousConvolution2D(8, 3, 3, atrous_rate=(2, 2)), lambda: konv.layers.Conv2D(8, 3, dilation_rate=2)),
    (lambda: words.Convolution1D(4, filter_length=3, subsample_length=2), lambda: konv.layers.Conv1D(4, 3, strides=2)),
    (lambda: words.SeparableConvolution2D(8, 3, 3), lambda: konv.layers.SeparableConv2D(8, 3)),
    (lambda: words.Deconvolution2D(8, 3, 3, output_shape=(None, 9, 9, 8), subsample=(2, 2)),
     lambda: konv.layers.Conv2DTranspose(8, 3, strides=2)),
    (lambda: words.MaxPooling2D((2, 2), border_mode="same"), lambda: konv.layers.MaxPooling2D(2, padding="same")),
    (lambda: words.MaxPooling1D(pool_length=3, stride=2), lambda: konv.layers.MaxPooling1D(3, strides=2)),
    (lambda: words.Dense(output_dim=5, init="uniform"), lambda: konv.layers.Dense(5, kernel_initializer="uniform")),
    (lambda: words.Dense(5, init="zero"), lambda: konv.layers.Dense(5, kernel_initializer="zeros")),
    (lambda: words.Dropout(p=0.3), lambda: konv.layers.Dropout(0.3)),
    (lambda: words.BatchNormalization(mode=0, axis=-1, beta_init="one"),
     lambda: konv.layers.BatchNormalization(beta_initializer="ones")),
    (lambda: words.LeakyReLU(alpha=0.2), lambda: konv.layers.LeakyReLU(0.2)),
    (lambda: words.UpSampling1D(length=3), lambda: konv.layers.UpSampling1D(3)),
    (lambda: words.BatchNormalization(renorm=False, fused=True, virtual_batch_size=None, adjustment=None),
     lambda: konv.layers.BatchNormalization()),
    (lambda: words.LayerNormalization(rms_scaling=False), lambda: konv.layers.LayerNormalization()),
    (lambda: words.PReLU(init="zero", weights=None, shared_axes=[1, 2]), lambda: konv.layers.PReLU("zeros", [1, 2])),
    (lambda: words.ThresholdedReLU(), lambda: konv.layers.ReLU(threshold=1.0)),
    (lambda: words.ThresholdedReLU(0.3), lambda: konv.layers.ReLU(threshold=0.3)),
    (lambda: words.ThresholdedReLU(theta=0.3), lambda: konv.layers.ReLU(threshold=0.3)),
    (lambda: words.ZeroPadding2D((1, 2, 3, 4)), lambda: konv.layers.ZeroPadding2D(((1, 2), (3, 4)))),
    (lambda: words.ZeroPadding2D(padding={"top_pad": 1, "right_pad": 2}),
     lambda: konv.layers.ZeroPadding2D(((1, 0), (0, 2)))),
    (lambda: words.ZeroPadding1D({"left_pad": 1, "right_pad": 2}), lambda: konv.layers.ZeroPadding1D((1, 2))),
    (lambda: words.InputLayer(input_shape=(3,), input_tensor=None, sparse=False, ragged=False),
     lambda: konv.layers.InputLayer((3,))),
]  # fmt: skip


@pytest.mark.parametrize(("old", "today"), OLD)
def test_old_words_are_todays(old: Callable[[], Any], today: Callable[[], Any]):
    found, expected = (make().get_config() for make in (old, today))
    assert {**found, "name": ""} == {**expected, "name": ""}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: words.Conv2D(8, 3, data_format="channels_first"), "channels_last"),
        (lambda: words.Convolution2D(8, 3, 3, dim_ordering="th"), "'th' is not available"),
        (lambda: K.set_image_data_format("channels_first"), "channels_last"),
        (lambda: K.set_image_dim_ordering("th"), "channels_last"),
        (lambda: K.set_learning_phase(1), "learning phase"),
        (lambda: words.BatchNormalization(mode=2), "mode=0"),
        (lambda: words.BatchNormalization(renorm=True), "GroupNormalization"),
        (lambda: words.BatchNormalization(axis=[1, 2]), "one integer"),
        (lambda: words.LayerNormalization(rms_scaling=True), "RMSNormalization"),
        (lambda: words.merge([None], mode="median"), "sum, mul, ave, max, concat, dot, cos"),
        (lambda: words.Dense(3, nb_filters=3), "nb_filters"),
    ],
)
def test_what_cannot_be_had_is_refused(make: Callable[[], Any], said: str):
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_weights_given_with_a_layer_are_its_first():
    """Keras 1 and 2's argument; what a file has counts more."""
    kernel, bias = np.arange(6.0, dtype="float32").reshape(3, 2), np.ones(2, "float32")
    made = models.Sequential([words.Dense(2, weights=[kernel, bias], input_dim=3)])
    for found, given in zip(made.get_weights(), (kernel, bias), strict=True):
        np.testing.assert_array_equal(found, given)
    layer = words.Dense(2, weights=[kernel, bias])
    layer.restore({"kernel": 2 * kernel, "bias": bias})
    layer.build((None, 3))
    np.testing.assert_array_equal(layer.get_weights()[0], 2 * kernel)
    with pytest.raises(ShapeError, match=r"kernel.*4×2.*3×2"):
        models.Sequential([words.Dense(2, weights=[kernel, bias], input_dim=4)])


def test_local_response_normalisation_by_tensorflows_name():
    """x / (bias + alpha · Σ x²)^beta over two channels to either side; in a Lambda as of arrays."""
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 7)).astype("float32")
    sums = sum(np.pad(x, ((0, 0),) * 3 + ((2, 2),))[..., i : i + 7] ** 2 for i in range(5))
    expected = x / (2 + 0.5 * sums) ** 0.75
    options = {"depth_radius": 2, "bias": 2, "alpha": 0.5, "beta": 0.75}
    np.testing.assert_allclose(nn.local_response_normalization(x, **options), expected, rtol=1e-5)
    model = models.Sequential([words.Lambda(lambda x: nn.lrn(x, **options), input_shape=(3, 3, 7))])
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)


def test_generators_take_keras_1s_ordering():
    made = folders.ImageDataGenerator(dim_ordering="tf", rotation_range=3)
    assert isinstance(made, konv.preprocessing.image.ImageDataGenerator)
    with pytest.raises(ConfigurationError, match="channels_last"):
        folders.ImageDataGenerator(dim_ordering="th")


def test_models_side_by_side():
    """Keras 1's Merge: the same as a functional model of the same weights."""
    left = models.Sequential([words.Dense(3, input_dim=4, activation="relu")])
    right = models.Sequential([words.Dense(2, input_dim=5)])
    model = models.Sequential()
    model.add(words.Merge([left, right], mode="concat"))
    model.add(words.Dense(4))
    model.add(words.Dense(1))
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(8, 4)).astype("float32"), rng.normal(size=(8, 5)).astype("float32")
    joined = np.hstack([left.predict(a, verbose=0), right.predict(b, verbose=0)])
    first, second = model.layers[-2:]
    expected = second(first(joined))
    np.testing.assert_allclose(model.predict([a, b], verbose=0), expected, rtol=1e-5, atol=1e-6)
    model.compile("sgd", "mse")
    before = left.get_weights()[0]
    model.fit([a, b], np.ones((8, 1)), nb_epoch=2, verbose=0)
    assert not np.array_equal(left.get_weights()[0], before)
    assert [t.shape for t in model.inputs] == [(4,), (5,)]


def test_updates_of_a_function_are_refused():
    x = konv.Input((3,))
    with pytest.raises(ConfigurationError, match="updates"):
        K.function([x], [words.Dense(2)(x)], updates=[1])


def test_everything_is_imported_by_a_star(tmp_path: Any, capfd: Any):
    path = tmp_path / "s.py"
    path.write_text(
        "from keras.layers import *\nfrom keras.models import *\nfrom keras.backend import *\n"
        "print(Dense, Convolution2D, Sequential, int_shape)\n"
    )
    assert script.run(path) == 0
    assert "konv" in capfd.readouterr().out


def test_a_phase_of_zero_freezes_what_is_called_from_then_on():
    K.set_learning_phase(0)
    try:
        model = models.Sequential([words.Input((4,)), words.Dropout(0.9)])
    finally:
        K.set_learning_phase(None)
    assert model.graph.nodes[-1].frozen


def test_frozen_after_compile_counts_from_the_next_compile():
    """As in Keras 2: a discriminator learns by itself while it is frozen inside another model."""
    model = models.Sequential([words.Dense(2, input_dim=3)])
    model.compile("sgd", "mse")
    model.trainable = False
    before = model.get_weights()
    model.train_on_batch(np.ones((4, 3)), np.zeros((4, 2)))
    assert not np.array_equal(model.get_weights()[0], before[0])


def test_generators_count_samples_in_keras_1():
    x, y = np.zeros((10, 3), "float32"), np.zeros((10, 2), "float32")
    seen = []

    def batches() -> Any:
        while True:
            seen.append(len(x))
            yield x, y

    model = models.Sequential([words.Dense(2, input_dim=3)])
    model.compile("sgd", "mse")
    history = model.fit_generator(batches(), samples_per_epoch=40, nb_epoch=2, verbose=0, nb_val_samples=20,
                                  validation_data=batches())  # fmt: skip
    assert model.optimizer.iterations == 8
    assert len(history.history["val_loss"]) == 2
    assert model.evaluate_generator(batches(), val_samples=30) == 0.0
    assert model.predict_generator(batches(), val_samples=30).shape == (30, 2)
    model.fit(x, y, nb_epoch=3, verbose=0)
    assert len(model.history.epoch) == 3


BACKEND: list[tuple[str, Callable[[Any], Any]]] = [
    ("mean", lambda x: K.mean(x, axis=-1)), ("sum", lambda x: K.sum(x, axis=[1, 2], keepdims=True)),
    ("var", lambda x: K.var(x, axis=1)), ("max", lambda x: K.max(x, axis=2)), ("std", lambda x: K.std(x, axis=-1)),
    ("square", lambda x: K.square(x) - K.abs(x)), ("sqrt", lambda x: K.sqrt(K.abs(x) + K.epsilon())),
    ("exp", lambda x: K.exp(-x) + K.log(K.abs(x) + 1)), ("pow", lambda x: K.pow(x, 3)),
    ("clip", lambda x: K.clip(x, -0.5, 0.5)),
    ("relu", lambda x: K.relu(x, alpha=0.1, max_value=0.7)), ("softmax", lambda x: K.softmax(x)),
    ("equal", lambda x: K.cast(K.equal(K.argmax(x, axis=-1), 0), "float32")), ("greater", lambda x: K.greater(x, 0.2)),
    ("maximum", lambda x: K.maximum(x, 0.1) * K.minimum(x, 0.4)), ("flatten", lambda x: K.batch_flatten(x)),
    ("reshape", lambda x: K.reshape(x, (K.shape(x)[0], -1, 2))),
    ("permute", lambda x: K.permute_dimensions(x, (0, 2, 1))),
    ("expand", lambda x: K.squeeze(K.expand_dims(x, 1), 1)), ("concat", lambda x: K.concatenate([x, x], axis=-1)),
    ("stack", lambda x: K.stack([x, x], axis=1)), ("tile", lambda x: K.tile(x, (1, 2, 1))),
    ("repeat", lambda x: K.repeat_elements(x, 2, axis=2)), ("l2", lambda x: K.l2_normalize(x, axis=-1)),
    ("l2 of all", lambda x: K.l2_normalize(x)),
    ("batch_dot", lambda x: K.batch_dot(x, x, axes=(2, 2))), ("like", lambda x: K.ones_like(x) + K.zeros_like(x)),
    ("switch", lambda x: K.switch(K.less(x, 0), x, 2 * x)), ("softplus", lambda x: K.softplus(x) + K.hard_sigmoid(x)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function"), BACKEND)
def test_the_backend_says_the_same_of_tensors_and_of_arrays(name: str, function: Callable[[Any], Any]):
    values = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    x = konv.Input((4, 6))
    symbolic = function(x)
    assert isinstance(symbolic, Tensor)
    found = konv.Model(x, symbolic).predict(values, verbose=0)
    expected = np.asarray(function(values))
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)
    assert K.int_shape(symbolic) == (None, *expected.shape[1:])
