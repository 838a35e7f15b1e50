"""Regularisers, constraints, losses and metrics that layers add, losses of one's own: values, steps, files, Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import konv
from konv import constraints, ops, regularizers
from konv.errors import ConfigurationError, GraphError, KonvWarning, UnknownNameError
from konv.layers import Conv2D, Dense, DepthwiseConv2D, Flatten, Input, Layer, SeparableConv2D
from konv.models import Model, Sequential, load_model
from konv.optimizers import SGD, AdamW

RNG = np.random.default_rng(4)
X = RNG.normal(size=(6, 5, 4, 3)).astype("float32")
Y = RNG.normal(size=(6, 2)).astype("float32")


def network(module: Any, **options: Any) -> Any:
    layers = module.layers
    return module.models.Sequential([
        layers.Input((5, 4, 3)), layers.Conv2D(4, 3, activation="tanh", name="first"), layers.Flatten(),
        layers.Dense(2, name="last", **options),
    ])  # fmt: skip


OPTIONS: list[dict[str, Any]] = [
    {"kernel_regularizer": "l2"}, {"kernel_regularizer": "l1", "bias_regularizer": "L1L2"},
    {"activity_regularizer": "l2"}, {"activity_regularizer": "l1", "kernel_regularizer": "L1L2"},
    {"kernel_regularizer": "orthogonal_regularizer"}, {"kernel_constraint": "max_norm", "bias_constraint": "non_neg"},
    {"kernel_constraint": "unit_norm"}, {"kernel_constraint": {"class_name": "MinMaxNorm", "config": {
        "min_value": 0.2, "max_value": 0.5, "rate": 0.7, "axis": [0, 1]}}},
    {"kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.3}}, "trainable": False},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_as_keras(options: dict[str, Any], oracle: Any, engine: str) -> None:
    """The reported loss, and the weights after a step of SGD, from equal weights."""
    keras = oracle("keras")
    ours, theirs = network(konv, **options), network(keras, **options)
    ours.set_weights(theirs.get_weights())
    for model, module in ((ours, konv), (theirs, keras)):
        model.compile(module.optimizers.SGD(0.2), "mse")
    np.testing.assert_allclose(ours.evaluate(X, Y, verbose=0), theirs.evaluate(X, Y, verbose=0), rtol=2e-5)
    np.testing.assert_allclose(ours.train_on_batch(X, Y), float(theirs.train_on_batch(X, Y)), rtol=2e-5)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_the_names_of_keras(engine: str) -> None:
    assert regularizers.l2(0.3).get_config() == regularizers.l2(l=0.3).get_config() == {"l2": 0.3}
    assert regularizers.get(regularizers.serialize(regularizers.l1_l2(0.1, 0.2))).get_config() == {"l1": 0.1, "l2": 0.2}
    assert regularizers.L1(0.5)(np.array([1.0, -2.0])) == pytest.approx(1.5)
    w = np.array([[3.0, -0.3], [4.0, 0.4]])
    np.testing.assert_allclose(constraints.maxnorm(2.5)(w), [[1.5, -0.3], [2, 0.4]], rtol=1e-6)
    np.testing.assert_allclose(constraints.unitnorm(axis=1)(w)[0], [3 / np.hypot(3, 0.3), -0.3 / np.hypot(3, 0.3)])
    np.testing.assert_array_equal(constraints.NonNeg()(w), np.maximum(w, 0))
    for wrong in (lambda: regularizers.get("l3"), lambda: constraints.get("maxnorn"),
                  lambda: Dense(2, kernel_regularizer="l3")):  # fmt: skip
        with pytest.raises(UnknownNameError, match=r"Did you mean|Known are"):
            wrong()
    for wrong in (lambda: regularizers.L2(-1), lambda: constraints.MinMaxNorm(2, 1),
                  lambda: constraints.MaxNorm(1, "x"),
                  lambda: regularizers.OrthogonalRegularizer()(np.ones(3))):  # fmt: skip
        with pytest.raises(ConfigurationError, match="Received"):
            wrong()


def test_every_weight_of_a_layer_may_have_them(tmp_path: Path, engine: str) -> None:
    separable = SeparableConv2D(
        4, 3, depthwise_regularizer="l2", pointwise_regularizer="l1", pointwise_constraint="non_neg", name="sep",
        depth_multiplier=2, bias_constraint=constraints.NonNeg(),
    )  # fmt: skip
    depthwise = DepthwiseConv2D(2, depthwise_regularizer=regularizers.L2(0.1), name="dw")
    model = Sequential([Input((5, 4, 3)), separable, depthwise, Flatten(), Dense(2)])
    assert [type(v.regularizer).__name__ for v in model.weights[:4]] == ["L2", "L1", "NoneType", "L2"]
    model.compile(SGD(0.1), "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    assert (separable.get_weights()[1] >= 0).all()
    assert (separable.get_weights()[2] >= 0).all()
    model.save(tmp_path / "m.konv")
    again = load_model(tmp_path / "m.konv")
    assert again.get_layer("sep").get_config() == separable.get_config()
    assert again.evaluate(X, Y, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0))
    assert separable.get_config()["pointwise_constraint"] == {"class_name": "NonNeg", "config": {}}


def test_frozen_weights_are_left_alone(engine: str) -> None:
    """Neither weight decay nor a penalty or a bound touches what is not trained."""
    model = Sequential([
        Input((5, 4, 3)), Conv2D(4, 3, kernel_regularizer="l2", kernel_constraint="unit_norm", trainable=False),
        Flatten(), Dense(2),
    ])  # fmt: skip
    before = model.layers[0].get_weights()
    model.compile(AdamW(0.1, weight_decay=0.5), "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    for a, b in zip(before, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_bits_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def trained() -> list[np.ndarray]:
        konv.utils.set_random_seed(3)
        model = network(konv, kernel_regularizer="l1_l2", kernel_constraint="max_norm", activity_regularizer="l2")
        model.compile(SGD(0.1, momentum=0.9, clipnorm=1.0), own)
        return [*model.fit(X, Y, epochs=2, verbose=0).history["loss"], *model.get_weights()]

    found = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("KONV_THREADS", threads)
        found.append(trained())
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


def own(y_true: Any, y_pred: Any) -> Any:
    """Written as scripts write it: along the last axis."""
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


@konv.register_serializable("tests_keeping")
class Mine(konv.losses.Loss):
    """A class with a call."""

    def __init__(self, factor: float = 1.0, name: str = "mine") -> None:
        super().__init__(name=name)
        self.factor = factor

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.factor * konv.losses.mean_squared_error(y_true, y_pred)


@pytest.mark.parametrize("loss", [
    own, lambda t, p: ops.mean(ops.square(p - t)), lambda t, p: ops.sum(ops.square(p - t)) / 12, Mine(),
    lambda t, p: konv.losses.MeanSquaredError()(t, p) + 0.0,
    lambda t, p: ops.square(p - t),
])  # fmt: skip
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_of_ones_own(loss: Any, weighted: bool, engine: str) -> None:
    """Ways to write the mean square: the same loss and step as the built-in one, weights of samples and all."""
    weight = np.linspace(0, 2, 6) if weighted else None
    model, same = network(konv), network(konv)
    same.set_weights(model.get_weights())
    model.compile(SGD(0.2), loss, metrics=["mae", own])
    same.compile(SGD(0.2), "mse", metrics=["mae", own])
    for one in (model, same):
        one.values = [*one.evaluate(X, Y, sample_weight=weight, verbose=0), one.train_on_batch(X, Y, weight)[0]]
    np.testing.assert_allclose(model.values, same.values, rtol=1e-5)
    for a, b in zip(model.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_own_losses_are_kept_by_name(tmp_path: Path) -> None:
    model = network(konv)
    model.compile(SGD(0.2), own)
    model.save(tmp_path / "m.konv")
    with pytest.raises(konv.errors.ModelFileError, match="custom_objects"):
        load_model(tmp_path / "m.konv")
    again = load_model(tmp_path / "m.konv", custom_objects={"own": own})
    assert again.train_on_batch(X, Y) == model.train_on_batch(X, Y)
    model.compile(SGD(0.2), Mine())
    model.save(tmp_path / "m.konv")
    assert load_model(tmp_path / "m.konv").evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    model.compile("sgd", lambda t, p: np.sqrt(p))
    with pytest.raises(ConfigurationError, match=r"konv\.ops"):
        model.train_on_batch(X, Y)


def test_built_in_losses_inside_own_ones(engine: str) -> None:
    """Every formula for symbolic tensors gives what the built-in loss does, and its gradient."""
    from konv.train.losses import CLASSES
    from konv.train.symbolic import FORMULAS

    p = RNG.uniform(0.1, 0.9, (6, 3)).astype("float32")
    p /= p.sum(1, keepdims=True)
    for kind in FORMULAS:
        loss = CLASSES[kind.__name__]()
        t = RNG.integers(0, 3, 6) if "Sparse" in kind.__name__ else np.eye(3, dtype="float32")[RNG.integers(0, 3, 6)]
        expected = loss(t, p)
        z = Input((3,))
        model = Model(z, z * 1.0)
        model.compile("sgd", lambda a, b, loss=loss: loss(a, b))
        assert model.evaluate(p, t, verbose=0) == pytest.approx(expected, rel=2e-5), kind


class Noisy(Layer):
    """Adds a loss and a metric from within."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dense = Dense(2, kernel_regularizer="l2", activity_regularizer="l1")

    def call(self, inputs: Any) -> Any:
        y = self.dense(inputs)
        self.add_loss(0.1 * ops.mean(ops.square(y)))
        self.add_metric(ops.mean(y), name="level")
        return y


def test_layers_add_losses_and_metrics(engine: str) -> None:
    """Alone, inside another model, and with losses from outside: each counted once."""
    x = Input((3,))
    inner = Model(x, Noisy()(x))
    z = Input((3,))
    outer = Model(z, inner(z) * 1.0)
    data, target = X[:, 0, 0], Y
    y = inner.predict(data, verbose=0)
    w = inner.get_weights()[0]
    extra = 0.1 * (y**2).mean() + 0.01 * (w**2).sum() + 0.01 * np.abs(y).sum() / len(y)
    for model in (inner, outer):
        model.compile(SGD(0.1), "mse")
        found = model.evaluate(data, target, return_dict=True, verbose=0)
        assert found["loss"] == pytest.approx(((y - target) ** 2).mean() + extra, rel=1e-5)
        assert found["level"] == pytest.approx(y.mean(), rel=1e-4, abs=1e-6)
    outer.add_loss(ops.sum(ops.square(outer.output)) * 0.5)
    outer.compile(SGD(0.1))
    assert outer.evaluate(data, verbose=0)[0] == pytest.approx(extra + 0.5 * (y**2).sum(), rel=1e-5)
    history = outer.fit(data, epochs=3, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]
    with pytest.raises(GraphError, match="add_loss"):
        Dense(2).add_loss(1.0)


def test_own_losses_of_several_outputs(tmp_path: Path, engine: str) -> None:
    """By list and by dictionary, own ones and built-in ones, with shares and weights of samples."""
    x = Input((3,))
    a, b = Dense(2, name="a")(x), Dense(1, name="b")(x)
    model, data = Model(x, [a, b]), X[:, 0, 0]
    targets, weight = [Y, Y[:, 0]], np.linspace(0.5, 1, 6)
    start = model.get_weights()
    found = []
    for losses, shares in ((["mse", own], [1.0, 0.5]), ({"b": "mse", "a": own}, {"b": 0.5}), ("mse", [1, 0.5]),
                           (own, {"a": 1.0, "b": 0.5})):  # fmt: skip
        model.set_weights(start)
        model.compile(SGD(0.1), losses, loss_weights=shares)
        values = model.train_on_batch(data, targets, sample_weight=[weight, weight], return_dict=True)
        assert list(values) == ["loss", "a_loss", "b_loss"]
        found.append([*values.values(), *(w.sum() for w in model.get_weights())])
    np.testing.assert_allclose(found, [found[0]] * 4, rtol=1e-5, atol=1e-6)


def test_what_no_file_can_hold_is_said(tmp_path: Path) -> None:
    model = network(konv)
    model.add_loss(ops.mean(model.output))
    model.compile(SGD(0.1), "mse")
    with pytest.warns(KonvWarning, match="add_loss"):
        model.save(tmp_path / "m.konv")
    with pytest.raises(ConfigurationError, match="register_serializable"):
        network(konv, kernel_regularizer=lambda w: ops.sum(w)).get_config()


def test_regularisers_and_constraints_of_ones_own(engine: str) -> None:
    model = network(konv, kernel_regularizer=lambda w: 0.3 * ops.sum(ops.square(w)), kernel_constraint=lambda w: w / 2)
    same = network(konv, kernel_regularizer=regularizers.L2(0.3))
    same.set_weights(model.get_weights())
    for one in (model, same):
        one.compile(SGD(0.1), "mse")
    assert model.train_on_batch(X, Y) == pytest.approx(same.train_on_batch(X, Y), rel=1e-5)
    np.testing.assert_allclose(2 * model.get_weights()[2], same.get_weights()[2], rtol=1e-5, atol=1e-6)
