"""Steps, metrics and variables of a script's own; what eager computations give; gradients to be worked out later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import konv
from konv.compat import backend, in_force, models
from konv.compat.layers import words as layers
from konv.compat.tape import GradientTape
from konv.errors import ConfigurationError


@pytest.fixture(autouse=True)
def hooked() -> Iterator[None]:
    with in_force():
        yield


RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(24, 6, 6, 2)).astype("float32"), RNG.normal(size=(24, 3)).astype("float32")


def network(kind: Any = models.Model) -> Any:
    x = layers.Input((6, 6, 2))
    y = layers.Dense(3)(layers.Flatten()(layers.BatchNormalization()(layers.Conv2D(4, 3, kernel_regularizer="l2")(x))))
    model = kind(x, y)
    rng = np.random.default_rng(5)
    model.set_weights([abs(rng.normal(0.3, 0.3, w.shape)).astype("float32") for w in model.get_weights()])
    return model


class OfCompiled(models.Model):
    """As the Keras 2 guide has it."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compiled_loss(y, y_pred, regularization_losses=self.losses)
        self.optimizer.apply_gradients(
            zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables, strict=True)
        )
        self.compiled_metrics.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class OfKeras3(models.Model):
    """As the Keras 3 guide has it."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        for metric in self.metrics:
            metric.update_state(loss) if metric.name == "loss" else metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


class LossAlone(models.Model):
    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None) -> Any:
        return super().compute_loss(x, y, y_pred, sample_weight)


@pytest.mark.parametrize("kind", [OfCompiled, OfKeras3, LossAlone])
def test_steps_of_ones_own_train_as_fit_does(kind: Any):
    ours, theirs = network(kind), network()
    for model in (ours, theirs):
        model.compile(konv.optimizers.SGD(0.0005, momentum=0.9), "mse", ["mae"])
        model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, validation_data=(X[:8], Y[:8]))
    for name, values in theirs.history.history.items():
        np.testing.assert_allclose(ours.history.history[name], values, rtol=2e-5, err_msg=name)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ours.evaluate(X, Y, verbose=0), theirs.evaluate(X, Y, verbose=0), rtol=1e-4)


def test_a_class_of_layers_and_steps_alone():
    from keras import metrics

    class Pair(models.Model):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = models.Sequential([layers.Dense(2, input_dim=3)])
            self.decoder = models.Sequential([layers.Dense(3, input_dim=2)])
            self.tracker = metrics.Mean(name="error")

        @property
        def metrics(self) -> Any:
            return [self.tracker]

        def train_step(self, data: Any) -> Any:
            assert data.numpy().dtype == np.float32
            with GradientTape() as tape:
                loss = backend.mean(backend.square(self.decoder(self.encoder(data)) - data))
            gradients = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
            self.tracker.update_state(loss)
            return {"error": self.tracker.result()}

    model = Pair()
    model.compile("adam")
    errors = model.fit(np.ones((20, 3)), epochs=3, verbose=0).history["error"]
    assert errors[2] < errors[0]
    assert len(model.trainable_weights) == 4
    stop = konv.callbacks.EarlyStopping(monitor="nothing")
    with pytest.raises(ConfigurationError, match="error"):
        model.fit(np.ones((20, 3)), verbose=0, callbacks=[stop])

    class Wrong(models.Model):
        def train_step(self, data: Any) -> Any:
            return None

    wrong = network(Wrong)
    wrong.compile("sgd", "mse")
    with pytest.raises(ConfigurationError, match="returns a dictionary"):
        wrong.fit(X, Y, verbose=0)


def test_what_is_computed_answers_as_tensors_do():
    import tensorflow as tf

    model = network()
    found = model(X, training=False)
    np.testing.assert_array_equal(found.numpy(), model.predict(X, verbose=0))
    assert found.dtype == tf.float32
    assert found.get_shape().as_list() == [24, 3]
    np.testing.assert_array_equal(tf.argmax(found, axis=1).numpy(), found.numpy().argmax(1))
    total = tf.reduce_sum(found * 2) + 1
    assert f"{total:.3f}" == f"{float(total.numpy()):.3f}"
    loss = tf.keras.losses.MeanSquaredError()
    assert loss(Y, found).numpy() == pytest.approx(((Y - found.numpy()) ** 2).mean(), rel=1e-5)
    each = tf.keras.losses.MeanSquaredError(reduction="none")
    assert each(Y, found).shape == (24,)
    state = tf.Variable([1.0, 2.0])
    state.assign_add([1.0, 1.0])
    np.testing.assert_array_equal((state / 2).numpy(), [1.0, 1.5])
    batches = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    assert [x.shape for x, y in batches] == [(16, 6, 6, 2), (8, 6, 6, 2)]


def test_shapes_have_the_batch_axis_in_scripts_alone():
    scope: dict[str, Any] = {"__name__": "__main__", "layers": layers}
    exec("x = layers.Input((28, 20, 3))\nshape, rank = x.shape, len(x.shape)", scope)
    assert scope["shape"] == (None, 28, 20, 3)
    assert scope["shape"].as_list() == [None, 28, 20, 3]
    assert konv.Model(scope["x"], layers.Conv2D(2, 3)(scope["x"])).output_shape == (None, 26, 18, 2)


def test_a_call_may_ask_whether_it_trains():
    class Doubling(layers.Layer):
        def call(self, x: Any, training: Any = None) -> Any:
            if training:
                return x * 2
            return x

    x = layers.Input((3,))
    model = models.Model(x, Doubling()(x))
    ones = np.ones((4, 3), "float32")
    np.testing.assert_array_equal(model.predict(ones, verbose=0), ones)
    model.compile("sgd", "mae")
    assert model.train_on_batch(ones, ones * 2) == pytest.approx(0)
    assert model.test_on_batch(ones, ones * 2) == pytest.approx(1)


def test_gradients_by_what_lies_between():
    """Grad-CAM's gradients: by a layer's output, with a tape, and with `backend.gradients` in a function."""
    x = layers.Input((6, 6, 2))
    middle = layers.Conv2D(4, 3, activation="relu")(x)
    model = models.Model(x, layers.Dense(3)(layers.GlobalAveragePooling2D()(backend.square(middle))))
    both = models.Model(x, [middle, model.output])
    with GradientTape() as tape:
        inside, scores = both(X[:1])
        score = scores[:, 1]
    found = tape.gradient(score, inside).numpy()
    values = both.predict(X[:1], verbose=0)[0]
    expected = 2 * values * model.get_weights()[2][:, 1] / 16
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    from keras import backend as K  # noqa: N812

    gradient = K.gradients(model.output[:, 1], middle)[0]
    run = K.function([x], [gradient / 2, K.mean(gradient, axis=(0, 1, 2)), K.mean(model.output)])
    half, pooled, mean = run([X[:1]])
    np.testing.assert_allclose(half, expected / 2, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(pooled, expected.mean((0, 1, 2)), rtol=1e-4, atol=1e-6)
    assert mean == pytest.approx(model.predict(X[:1], verbose=0).mean(), rel=1e-5)


def test_rates_are_set_as_variables_are():
    optimizer = konv.optimizers.Adam(0.5)
    backend.set_value(optimizer.lr, 0.25)
    backend.set_value(optimizer.learning_rate, backend.get_value(optimizer.learning_rate) / 2)
    assert optimizer.learning_rate.numpy() == 0.125


def test_softmax_along_an_axis():
    """Of arrays, of a network's tensors, and as a layer's activation still."""
    import tensorflow as tf

    scores = np.log(np.float32([[1, 3], [1, 1]]))
    np.testing.assert_allclose(tf.nn.softmax(scores, axis=0), [[0.5, 0.75], [0.5, 0.25]], rtol=1e-6)
    np.testing.assert_allclose(tf.keras.activations.softmax(scores, axis=-1), [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6)
    x = layers.Input((2, 2))
    model = models.Model(x, tf.nn.softmax(x, axis=1))
    np.testing.assert_allclose(model.predict(scores[None], verbose=0)[0], [[0.5, 0.75], [0.5, 0.25]], rtol=1e-6)
    assert layers.Dense(2, activation=tf.nn.softmax).activation.name == "softmax"
