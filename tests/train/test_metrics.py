"""Metrics and losses as people use them: values worked out by hand, names, and Keras's choice of accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from konv import losses, metrics
from konv.errors import ConfigurationError, LabelError, ShapeError, UnknownNameError
from konv.train.metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    LossMetric,
    SparseCategoricalAccuracy,
    choose_accuracy,
    get,
)
from konv.train.watched import Watched

P = np.array([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3], [0.2, 0.4, 0.4], [0.3, 0.3, 0.4]])
LABELS = np.array([1, 2, 2, 0])
ROWS = np.eye(3)[LABELS]


def test_accuracies_by_hand():
    assert metrics.sparse_categorical_accuracy(LABELS, P).tolist() == [1, 0, 0, 0]
    assert metrics.sparse_categorical_accuracy(LABELS[:, None], P).tolist() == [1, 0, 0, 0]
    assert metrics.categorical_accuracy(ROWS, P).tolist() == [1, 0, 0, 0]
    assert metrics.sparse_top_k_categorical_accuracy(LABELS, P, k=2).tolist() == [1, 1, 1, 1]
    assert metrics.top_k_categorical_accuracy(ROWS, P, k=1).tolist() == [1, 0, 1, 0]
    assert metrics.binary_accuracy([[0, 1], [1, 1]], [[0.2, 0.5], [0.9, 0.51]]).tolist() == [0.5, 1]
    assert metrics.binary_accuracy([0, 1], [[0.2], [0.9]]).tolist() == [1, 1]


def test_targets_are_never_broadcast():
    with pytest.raises(ShapeError, match="targets of shape 4×3"):
        metrics.categorical_accuracy(LABELS, P)
    with pytest.raises(ShapeError, match="targets of shape 4"):
        metrics.sparse_categorical_accuracy(ROWS, P)
    with pytest.raises(ShapeError, match="4×3"):
        metrics.binary_accuracy(LABELS, P)


@pytest.mark.parametrize(
    ("target", "output", "kind"),
    [
        ((1,), (1,), BinaryAccuracy),
        ((), (1,), BinaryAccuracy),
        ((), (10,), SparseCategoricalAccuracy),
        ((1,), (10,), SparseCategoricalAccuracy),
        ((10,), (10,), CategoricalAccuracy),
        ((4, 4), (4, 4, 3), SparseCategoricalAccuracy),
    ],
)
def test_keras_chooses_the_accuracy_by_shapes(target, output, kind):
    assert type(choose_accuracy(target, output)) is kind
    assert get("acc", target, output).name == "acc"


def test_objects_keep_the_mean_over_batches():
    metric = metrics.SparseCategoricalAccuracy()
    metric.update_state(LABELS[:3], P[:3])
    metric.update_state(LABELS[3:], P[3:])
    assert metric.result() == 0.25
    metric.reset_state()
    assert metric(LABELS, P, sample_weight=[3, 1, 0, 0]) == 0.75


def test_functions_of_ones_own():
    def largest(y_true, y_pred):
        return y_pred.max(-1)

    def constant(y_true, y_pred):
        return 3.0

    for fn, value in ((largest, (0.6 + 0.5 + 0.4 + 0.4) / 4), (constant, 3)):
        metric = get(fn, (), (3,))
        assert metric(LABELS, P) == pytest.approx(value, rel=1e-15)
        assert metric.name == fn.__name__


def test_names():
    assert get("top_k_categorical_accuracy", (3,), (3,)).settings == {"k": 5}
    assert type(get("TopKCategoricalAccuracy", (3,), (3,))).__name__ == "TopKCategoricalAccuracy"
    assert isinstance(get("mse", (3,), (3,)), LossMetric)
    with pytest.raises(UnknownNameError, match="accuracy"):
        get("acuracy", (), (3,))
    with pytest.raises(ConfigurationError, match=r"konv.metrics"):
        get(3, (), (3,))


def test_losses_by_hand():
    expected = -np.log(P[np.arange(4), LABELS])
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy(LABELS, P), expected, rtol=1e-14)
    np.testing.assert_allclose(losses.categorical_crossentropy(ROWS, P), expected, rtol=1e-14)
    scores = np.log(P) + np.array([[1], [2], [3], [400]])
    np.testing.assert_allclose(losses.categorical_crossentropy(ROWS, scores, from_logits=True), expected, rtol=1e-12)
    q = np.array([[0.25], [0.5]])
    np.testing.assert_allclose(losses.binary_crossentropy([1, 0], q), [-np.log(0.25), np.log(2)], rtol=1e-14)
    assert losses.mean_squared_error([[1, 2], [3, 4]], [[1, 4], [3, 3]]).tolist() == [2, 0.5]
    assert losses.MeanSquaredError()([[1, 2], [3, 4]], [[1, 4], [3, 3]]) == 1.25


@pytest.mark.parametrize("name", ["mse", "mean_squared_error", "MeanSquaredError", losses.mse, losses.MeanSquaredError])
def test_loss_names(name):
    assert losses.get(name) == losses.MeanSquaredError()


def test_loss_mistakes():
    with pytest.raises(UnknownNameError, match="categorical_crossentropy"):
        losses.get("categorical_crossentrop")
    with pytest.raises(ConfigurationError, match="a function f"):
        losses.get(3)
    with pytest.raises(LabelError, match="never broadcast"):
        losses.mean_squared_error([1, 2], [[1, 2], [3, 4]])
    with pytest.raises(ConfigurationError, match="cannot hold code"):
        losses.serialize(type("Mine", (losses.MeanSquaredError,), {})())


def test_two_metrics_never_share_a_key():
    watched = Watched(["accuracy", "acc", metrics.SparseCategoricalAccuracy(name="accuracy")])
    watched.prepare([()], [(3,)])
    watched.take([np.ones(4)], [None], [LABELS], [P])
    assert watched.results() == {"loss": 1, "accuracy": 0.25, "acc": 0.25, "accuracy_1": 0.25}


def test_weighted_loss_divides_by_the_number_of_samples():
    watched = Watched([])
    watched.prepare([()], [(3,)])
    watched.take([np.array([1.0, 2.0])], [np.array([3.0, 0.0])], [None], [P[:2]])
    assert watched.results() == {"loss": 1.5}
