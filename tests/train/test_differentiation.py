"""Gradients of one's own: by finite differences, by Keras's backend, and in a training loop of one's own."""

from __future__ import annotations

import numpy as np
import pytest

import konv
from konv import ops
from konv.errors import GraphError, NonFiniteError, ShapeError
from konv.layers import Conv2D, Dense, Dropout, Flatten, Input
from konv.models import Model, Sequential
from tests.ops.numerical import derivative


def network(dtype: str = "float64") -> Model:
    return Sequential([
        Input((5, 5, 2), dtype=dtype), Conv2D(3, 3, activation="relu", dtype=dtype, name="first"),
        Flatten(dtype=dtype), Dense(4, activation="tanh", dtype=dtype),
    ])  # fmt: skip


def test_gradients_by_inputs_and_weights(engine):
    konv.utils.set_random_seed(3)
    model = network()
    image = Input((5, 5, 2), dtype="float64")
    y = model(image)
    kernel = model.get_layer("first").weights[0]
    penalty = 0.1 * ops.sum(ops.square(kernel))
    total = 2 * ops.mean(y[:, 1] * ops.exp(y[:, 0])) - ops.sum(ops.square(y)) / 3 + penalty + 1
    gradient = konv.value_and_grad(total, [image, kernel])
    x = np.random.default_rng(1).normal(size=(3, 5, 5, 2))
    value, (dx, dk) = gradient(x)

    def expected() -> float:
        kernel.touch()
        p = model.predict(x, verbose=0)
        k = kernel.value
        return float(2 * (p[:, 1] * np.exp(p[:, 0])).mean() - (p**2).sum() / 3 + 0.1 * (k**2).sum() + 1)

    assert value == pytest.approx(expected(), rel=1e-12)
    np.testing.assert_allclose(dx[:1, :2], derivative(expected, x[:1, :2], 1e-6), rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(dk[0], derivative(expected, kernel.value[0], 1e-6), rtol=1e-5, atol=1e-8)
    alone = konv.grad(total, image)
    np.testing.assert_array_equal(alone(x), dx)
    np.testing.assert_array_equal(alone(x[:1]).shape, (1, 5, 5, 2))


def test_the_slope_of_one_answer():
    """A saliency map: of a tensor that is no sum, the sum is meant."""
    x = Input((3,))
    gradient = konv.grad(ops.square(x)[:, 1], x)
    np.testing.assert_array_equal(gradient(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])), [[0, 4, 0], [0, 10, 0]])


def test_a_training_loop_of_ones_own_is_fit():
    """Steps by `value_and_grad` and `optimizer.apply` are those of `train_on_batch`."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(6, 5, 5, 2)).astype("float32"), rng.normal(size=(6, 4)).astype("float32")
    ours, theirs = network("float32"), network("float32")
    theirs.set_weights(ours.get_weights())
    theirs.compile(konv.optimizers.Adam(0.01, clipnorm=1.0), "mse")
    optimizer = konv.optimizers.Adam(0.01, clipnorm=1.0)

    def loss(inputs, targets):
        return ops.mean(ops.square(ours(inputs) - targets))

    step = konv.value_and_grad(loss, ours.trainable_weights)
    for _ in range(4):
        value, gradients = step(x, y)
        optimizer.apply_gradients(zip(gradients, ours.trainable_weights, strict=True))
        assert value == pytest.approx(theirs.train_on_batch(x, y), rel=1e-5)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
    with pytest.raises(ShapeError, match="the weight gradient has shape"):
        optimizer.apply([np.zeros(3)], ours.trainable_weights[:1])


def test_functions_are_differentiated_by_their_arguments():
    gradient = konv.grad(lambda a, b: ops.sum(a * b + ops.square(a)))
    a, b = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0]])
    da, db = gradient(a, b)
    np.testing.assert_array_equal(da, [[5, 3]])
    np.testing.assert_array_equal(db, a)
    unused = konv.grad(lambda a, b: ops.sum(a))
    np.testing.assert_array_equal(unused(a, b)[1], np.zeros((1, 2)))


def test_agrees_with_keras_backend(oracle):
    jax = oracle("jax")
    x = np.random.default_rng(4).normal(size=(4, 6)).astype("float32")
    w = np.random.default_rng(5).normal(size=(6, 3)).astype("float32")

    def theirs(a):
        z = jax.numpy.tanh(a @ w)
        return (jax.nn.log_softmax(z)[:, 0] * jax.numpy.maximum(z[:, 1], 0.1)).mean()

    symbol = Input((6,))
    z = ops.tanh(symbol @ w)
    gradient = konv.value_and_grad(ops.mean(ops.log_softmax(z)[:, 0] * ops.maximum(z[:, 1], 0.1)), symbol)
    value, g = gradient(x)
    expected, dx = jax.value_and_grad(theirs)(x)
    assert value == pytest.approx(float(expected), rel=1e-5)
    np.testing.assert_allclose(g, dx, rtol=0, atol=1e-6)


def test_what_is_refused():
    x, other = Input((3,), name="x"), Input((3,), name="other")
    weight = Sequential([x, Dense(1)]).weights[0]
    with pytest.raises(GraphError, match="Received: float"):
        konv.grad(1.0, x)
    with pytest.raises(GraphError, match=r"by weights, and by those inputs.*depends on: x\. Received: elementwise"):
        konv.grad(ops.sum(x), ops.square(x))
    with pytest.raises(GraphError, match="depends on other"):
        konv.grad(ops.sum(x + other), x, inputs=[x])
    with pytest.raises(GraphError, match=r"takes 2 arrays.*Received: 1"):
        konv.grad(ops.sum(x + other), x)(np.ones((1, 3)))
    with pytest.raises(NonFiniteError):
        konv.grad(ops.sum(ops.log(x - 5)), x)(np.ones((1, 3)))
    assert not konv.grad(ops.sum(x), weight)(np.ones((1, 3))).any()
    dropped = konv.grad(ops.sum(Dropout(0.5)(x)), x)
    assert set(np.unique(dropped(np.ones((50, 3))))) == {0, 2}
