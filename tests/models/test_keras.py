"""Parity with Keras on JAX from equal weights: outputs, losses, and weights after steps of every optimiser."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import konv
from konv import layers, optimizers
from konv.models import Sequential

# For each layer: its class's name, arguments, the shape of a sample.
LAYERS: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Conv2D", {"filters": 5, "kernel_size": 3}, (8, 7, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": (2, 3), "padding": "same", "strides": 2}, (8, 7, 3)),
    ("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "activation": "tanh"}, (8, 7, 3)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "use_bias": False}, (8, 7, 3)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2}, (8, 7, 3)),
    ("MaxPooling2D", {"pool_size": 2, "padding": "same"}, (7, 7, 3)),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (8, 7, 3)),
    ("Dense", {"units": 5, "activation": "relu"}, (6,)),
    ("Dense", {"units": 5, "activation": "sigmoid"}, (4, 6)),
    ("Activation", {"activation": "softmax"}, (6,)),
    ("ReLU", {}, (6,)),
    ("Softmax", {}, (6,)),
    ("Flatten", {}, (4, 3, 2)),
]


def both(oracle: Any, make: Any) -> tuple[Sequential, Any]:
    """A model made by `make(module)` with konv's and with Keras's words, with equal weights."""
    keras: ModuleType = oracle("keras")
    ours, theirs = make(konv), make(keras)
    generator = np.random.default_rng(8)
    shapes = [w.shape for w in theirs.get_weights()]
    assert [w.shape for w in ours.get_weights()] == shapes
    values = [generator.normal(0, 0.3, shape).astype("float32") for shape in shapes]
    ours.set_weights(values)
    theirs.set_weights(values)
    return ours, theirs


def close(ours: Any, theirs: Any, atol: float) -> None:
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


@pytest.mark.parametrize(("kind", "arguments", "shape"), LAYERS)
def test_a_layer_and_a_step(kind, arguments, shape, oracle):
    def make(module: Any) -> Any:
        layer = getattr(module.layers, kind)(**arguments)
        first = [module.layers.Input(shape), module.layers.Dense(shape[-1])]
        return module.models.Sequential([*first, layer, module.layers.Flatten(), module.layers.Dense(3)])

    ours, theirs = both(oracle, make)
    x = np.random.default_rng(1).normal(size=(6, *shape)).astype("float32")
    y = np.arange(6) % 3
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=0, atol=5e-6)
    keras = oracle("keras")
    ours.compile(konv.optimizers.SGD(0.5), konv.losses.SparseCategoricalCrossentropy(from_logits=True))
    theirs.compile(keras.optimizers.SGD(0.5), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    loss = ours.train_on_batch(x, y)
    assert loss == pytest.approx(float(np.ravel(theirs.train_on_batch(x, y))[0]), rel=2e-6)
    close(ours, theirs, 5e-6)


def notes_like(module: Any) -> Any:
    """The notes' network, small and without dropout, whose masks no two libraries share."""
    made = module.layers
    return module.models.Sequential(
        [
            made.Input((12, 12, 3)),
            made.Conv2D(6, (3, 3), padding="same"),
            made.Activation("relu"),
            made.Conv2D(6, (3, 3)),
            made.Activation("relu"),
            made.MaxPooling2D(pool_size=(2, 2)),
            made.Conv2D(8, (3, 3), padding="same"),
            made.Activation("relu"),
            made.MaxPooling2D(pool_size=(2, 2)),
            made.Flatten(),
            made.Dense(16),
            made.Activation("relu"),
            made.Dense(4),
            made.Activation("softmax"),
        ]
    )


def images(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(5)
    labels = np.arange(count) % 4
    return (generator.normal(size=(count, 12, 12, 3)) + 0.3 * labels[:, None, None, None]).astype("float32"), labels


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("SGD", {"learning_rate": 0.02}),
        ("SGD", {"learning_rate": 0.01, "momentum": 0.9}),
        ("SGD", {"learning_rate": 0.01, "momentum": 0.9, "nesterov": True}),
        ("RMSprop", {"learning_rate": 0.001}),
        ("RMSprop", {"learning_rate": 0.001, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-4}),
        ("Adam", {"learning_rate": 0.002, "beta_1": 0.8}),
    ],
)
def test_several_steps_of_keras_3s_optimisers(name, arguments, oracle):
    ours, theirs = both(oracle, notes_like)
    x, labels = images()
    y = konv.utils.to_categorical(labels)
    for model, module in ((ours, konv), (theirs, oracle("keras"))):
        model.compile(getattr(module.optimizers, name)(**arguments), "categorical_crossentropy", metrics=["accuracy"])
    a = ours.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0, validation_split=0.25).history
    b = theirs.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0, validation_split=0.25).history
    assert set(a) == set(b)
    for key in ("loss", "val_loss"):
        np.testing.assert_allclose(a[key], b[key], rtol=1e-5)
    for key in ("accuracy", "val_accuracy"):
        np.testing.assert_allclose(a[key], b[key], rtol=1e-6)
    close(ours, theirs, 1e-6)


def test_keras_2s_rmsprop(oracle):
    """Keras 2's formula with decay, from Keras's own gradients: `lr / (1 + decay · t)`, ε outside the root."""
    jax = oracle("jax")
    ours, theirs = both(oracle, notes_like)
    x, labels = images(16)
    y = konv.utils.to_categorical(labels)
    ours.compile(optimizers.rmsprop(lr=0.001, decay=0.1), "categorical_crossentropy")

    def objective(weights: list[Any]) -> Any:
        outputs, _ = theirs.stateless_call(weights, [], x)
        return -(y * jax.numpy.log(outputs)).sum(-1).mean()

    w = [v.value for v in theirs.trainable_variables]
    mean_square = [0.0 * v for v in w]
    for step in range(5):
        loss, gradients = jax.value_and_grad(objective)(w)
        assert ours.train_on_batch(x, y) == pytest.approx(float(loss), rel=1e-5)
        mean_square = [0.9 * v + 0.1 * g**2 for v, g in zip(mean_square, gradients, strict=True)]
        rate = 0.001 / (1 + 0.1 * step)
        w = [p - rate * g / (v**0.5 + 1e-7) for p, g, v in zip(w, gradients, mean_square, strict=True)]
    for a, b in zip(ours.get_weights(), w, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("loss", "last"),
    [
        ("binary_crossentropy", "sigmoid"),
        ("binary_crossentropy", "softmax"),
        ("categorical_crossentropy", "softmax"),
        ("categorical_crossentropy", "sigmoid"),
        ("mean_squared_error", "linear"),
        ("mean_squared_error", "softmax"),
    ],
)
def test_losses_and_metrics_on_any_output(loss, last, oracle):
    def make(module: Any) -> Any:
        made = module.layers
        return module.models.Sequential([made.Input((5,)), made.Dense(3, activation=last)])

    ours, theirs = both(oracle, make)
    x = np.random.default_rng(2).normal(size=(9, 5)).astype("float32")
    y = konv.utils.to_categorical(np.arange(9) % 3)
    watched = ["accuracy", "top_k_categorical_accuracy", "mse"]
    for model in (ours, theirs):
        model.compile("sgd", loss, metrics=watched)
    assert ours.evaluate(x, y, verbose=0) == pytest.approx(theirs.evaluate(x, y, verbose=0), rel=1e-5)
    for model in (ours, theirs):
        model.train_on_batch(x, y)
    close(ours, theirs, 1e-6)


@pytest.mark.parametrize(("units", "loss"), [(1, "binary_crossentropy"), (3, "sparse_categorical_crossentropy")])
def test_accuracy_is_chosen_alike(units, loss, oracle):
    def make(module: Any) -> Any:
        last = "sigmoid" if units == 1 else "softmax"
        return module.models.Sequential([module.layers.Input((5,)), module.layers.Dense(units, activation=last)])

    ours, theirs = both(oracle, make)
    x = np.random.default_rng(2).normal(size=(30, 5)).astype("float32")
    y = np.arange(30) % max(units, 2)
    for model in (ours, theirs):
        model.compile("sgd", loss, metrics=["acc"])
    assert ours.evaluate(x, y, verbose=0) == pytest.approx(theirs.evaluate(x, y, verbose=0), rel=1e-5)
    assert ours.metrics_names == ["loss", "acc"]


def test_sample_and_class_weights(oracle):
    ours, theirs = both(oracle, notes_like)
    x, labels = images(32)
    weight = np.random.default_rng(4).uniform(0, 2, 32)
    for model in (ours, theirs):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    a = ours.fit(x, labels, batch_size=10, shuffle=False, verbose=0, sample_weight=weight).history
    b = theirs.fit(x, labels, batch_size=10, shuffle=False, verbose=0, sample_weight=weight).history
    np.testing.assert_allclose(a["loss"], b["loss"], rtol=1e-5)
    close(ours, theirs, 1e-5)
    classes = {0: 0.5, 1: 2.0, 2: 1.0, 3: 0.1}
    options = {"batch_size": 10, "shuffle": False, "verbose": 0, "class_weight": classes, "validation_split": 0.2}
    a = ours.fit(x, labels, **options).history
    b = theirs.fit(x, labels, **options).history
    for key in ("loss", "val_loss"):
        np.testing.assert_allclose(a[key], b[key], rtol=1e-5)
    close(ours, theirs, 1e-5)


def test_the_words_are_kerass(oracle):
    keras = oracle("keras")
    # Keras 2's, AlexNet's, what an expression becomes, and konv's own.
    others = {"LocallyConnected1D", "LocallyConnected2D", "LocalResponseNormalization", "Operation"}
    others |= {"Cutout", "MeanSubtraction", "Whitening"}
    for name in layers.__all__:
        if name not in {"LAYERS", "Convolution2D", "deserialize", "serialize", *others}:
            assert hasattr(keras.layers, name), name
    config = layers.Conv2D(3, 2, name="c").get_config()
    assert set(config) - set(keras.layers.Conv2D(3, 2).get_config()) == set()
    konv.utils.clear_session()
    keras.utils.clear_session()
    ours, theirs = notes_like(konv), notes_like(keras)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert ours.name == theirs.name
    assert [layer.count_params() for layer in ours.layers] == [layer.count_params() for layer in theirs.layers]
