"""Losses and metrics of a whole batch, as Dice's and Tversky's: Keras's numbers, finite differences, equal bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import konv
from konv import ops
from konv.layers import Conv2D, Input
from konv.models import Model
from tests.ops.numerical import derivative

Loss = Callable[[Any, Any], Any]


def dice(o: Any, t: Any, p: Any) -> Any:
    """As scripts of U-Nets write it, `o` for their operations."""
    f, g = o.reshape(t, (-1,)), o.reshape(p, (-1,))
    return (2.0 * o.sum(f * g) + 1) / (o.sum(f) + o.sum(g, axis=-1) + 1)


def tversky(o: Any, t: Any, p: Any) -> Any:
    right, missed, more = o.sum(t * p), o.sum(t * (1 - p)), o.sum((1 - t) * p)
    index = (right + 1e-2) / (right + 0.7 * missed + 0.3 * more + 1e-2)
    return o.power(1 - index, 0.75)


def by_class(o: Any, t: Any, p: Any) -> Any:
    """A number for each class, whose mean counts."""
    axes = [0, 1, 2]
    return 1 - (2 * o.sum(t * p, axis=axes) + 1) / (o.sum(t * t, axis=axes) + o.sum(o.square(p), axis=axes) + 1)


def correlation(o: Any, t: Any, p: Any) -> Any:
    """Means over the batch that stay in the samples' numbers."""
    a, b = t - o.mean(t, axis=0, keepdims=True), p - o.mean(p)
    return -o.mean(a * b) / o.sqrt(o.mean(a * a) * o.mean(o.square(b)) + 1e-3)


def mixed(o: Any, t: Any, p: Any) -> Any:
    """One number a sample beside one of the batch."""
    return o.mean(o.square(t - p), axis=[1, 2, 3]) - o.log(dice(o, t, p)) + 0.1 * o.sum(p) ** 2 / 1000


LOSSES = [dice, tversky, by_class, correlation, mixed]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
rng = np.random.default_rng(4)
X = rng.random((7, 6, 5, 2), np.float32)
Y = (rng.random((7, 6, 5, 3)) < 0.4).astype("float32")


def network(k: Any = konv, outputs: str = "ab") -> Any:
    x = k.layers.Input((6, 5, 2))
    y = k.layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    return k.Model(x, [k.layers.Conv2D(3, 1, activation="sigmoid", name=name)(y) for name in outputs])


def named(name: str, function: Loss) -> Loss:
    function.__name__ = name
    return function


def test_keras_gets_there_too(oracle) -> None:
    """Batches of 3, 3 and 1; each loss on an output of its own, with its share and weights of samples; a metric."""
    keras = oracle("keras")
    found = []
    for k, o in ((konv, ops), (keras, keras.ops)):
        model = network(k, "abcde")
        model.set_weights([0.3 * np.sin(np.arange(w.size) + i).reshape(w.shape)
                           for i, w in enumerate(model.get_weights())])  # fmt: skip
        losses = [named(one.__name__, lambda t, p, o=o, one=one: one(o, t, p)) for one in LOSSES]
        score = named("score", lambda t, p, o=o: dice(o, t, p))
        model.compile(k.optimizers.SGD(0.5), losses, loss_weights=[0.7, 2.0, 1.0, 0.2, 1.5],
                      metrics=[[score], [], [], [], []])  # fmt: skip
        weight = [np.linspace(0.5, 1.5, 7) if one is not by_class else np.ones(7) for one in LOSSES]
        how = {"batch_size": 3, "verbose": 0}
        history = model.fit(X, [Y] * 5, epochs=2, shuffle=False, sample_weight=weight, **how).history
        history.update(model.evaluate(X, [Y] * 5, return_dict=True, **how))
        found.append((history, model.get_weights()))
    for name, ours in found[0][0].items():
        np.testing.assert_allclose(ours, found[1][0][name], rtol=2e-5, atol=1e-6, err_msg=name)
    assert len(found[0][0]) == len(found[1][0])
    for ours, theirs in zip(found[0][1], found[1][1], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


@each_loss
def test_gradients(loss: Callable[..., Any], engine) -> None:
    """Finite differences of the compiled kernels in float64."""
    x, t = Input((3, 2, 2), dtype="float64"), Input((3, 2, 3), dtype="float64")
    layer = Conv2D(3, 1, activation="sigmoid", dtype="float64")
    total = ops.mean(loss(ops, t, layer(x)))
    gradient = konv.value_and_grad(total, [x, layer.weights[0]], [x, t])
    data = [rng.normal(size=(4, 3, 2, 2)), np.float64(rng.random((4, 3, 2, 3)) < 0.5)]
    value, (dx, dw) = gradient(*data)
    kernel = layer.weights[0]

    def again() -> float:
        kernel.touch()
        return float(gradient(*data)[0])

    assert value == again()
    np.testing.assert_allclose(dw, derivative(again, kernel.value, 1e-5), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(dx[1:2], derivative(again, data[0][1:2], 1e-5), rtol=1e-6, atol=1e-8)


def test_threads_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setenv("KONV_THREADS", str(threads))
        konv.utils.set_random_seed(2)
        model = network()
        model.compile("sgd", lambda t, p: 1 - dice(ops, t, p))
        losses = model.fit(X, [Y, Y], batch_size=5, epochs=3, verbose=0).history["loss"]
        found.append((losses, *(w.tobytes() for w in model.get_weights())))
    assert found[0] == found[1] == found[2]


def test_what_is_added_may_be_of_a_whole_batch(engine) -> None:
    x = Input((4,))
    y = konv.layers.Dense(1)(x)
    model = Model(x, y)
    model.add_loss(1 / (1 + ops.sum(ops.square(y))) + ops.mean(y))
    model.compile("sgd", "mse")
    data = rng.normal(size=(6, 4)).astype("float32")
    p = model.predict(data, verbose=0)
    expected = (p**2).mean() + 1 / (1 + (p**2).sum()) + p.mean()
    assert model.evaluate(data, np.zeros((6, 1)), verbose=0) == pytest.approx(expected, rel=1e-5)
