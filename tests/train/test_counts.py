"""Metrics made of counts: against Keras over several batches, and worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from konv import metrics
from konv.errors import ConfigurationError, ShapeError

RNG = np.random.default_rng(3)
P = RNG.random((60, 4)).astype("float32")
T = (RNG.random((60, 4)) < P).astype("float32")
ROWS = np.eye(4, dtype="float32")[RNG.integers(0, 4, 60)]


@pytest.mark.parametrize(
    ("name", "options", "target"),
    [
        ("Precision", {}, T),
        ("Precision", {"thresholds": 0.7}, T),
        ("Precision", {"class_id": 2}, T),
        ("Recall", {}, T),
        ("F1Score", {"average": "macro"}, ROWS),
        ("F1Score", {"average": "micro"}, ROWS),
        ("F1Score", {"average": "weighted"}, ROWS),
        ("F1Score", {"average": "macro", "threshold": 0.4}, T),
        ("AUC", {}, T),
        ("AUC", {"curve": "PR"}, T),
        ("AUC", {"num_thresholds": 5}, T),
        ("RootMeanSquaredError", {}, T),
    ],
)
def test_follows_keras(name: str, options: dict[str, Any], target: Any, oracle: Callable[[str], ModuleType]) -> None:
    ours, theirs = (getattr(place, name)(**options) for place in (metrics, oracle("keras").metrics))
    for at in (slice(0, 7), slice(7, 60)):
        ours.update_state(target[at], P[at])
        theirs.update_state(target[at], P[at])
    assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-5)
    ours.reset_state()
    assert ours.result() == 0
    assert type(ours)(**ours.get_config()).get_config() == ours.get_config()


def test_follows_scikit_learn(oracle: Callable[[str], ModuleType]) -> None:
    """Its areas are exact; konv's, of as many thresholds as there are predictions and more, come near."""
    theirs = oracle("sklearn.metrics")
    weight = np.random.default_rng(8).random(60)
    for k in range(4):
        target, said = T[:, k], P[:, k] > 0.5
        of_class = {"class_id": k}
        assert metrics.Precision(**of_class)(T, P) == pytest.approx(theirs.precision_score(target, said), rel=1e-12)
        found = metrics.Recall(**of_class)(T, P, sample_weight=weight)
        assert found == pytest.approx(theirs.recall_score(target, said, sample_weight=weight), rel=1e-12)
    for average in ("micro", "macro", "weighted"):
        expected = theirs.f1_score(T, P > 0.5, average=average)
        assert metrics.F1Score(average=average, threshold=0.5)(T, P) == pytest.approx(expected, rel=1e-7)
    labels = ROWS.argmax(1)
    expected = theirs.confusion_matrix(labels, P.argmax(1))
    assert metrics.confusion_matrix(labels, P).tolist() == expected.tolist()
    area = metrics.AUC(num_thresholds=20_000)(T[:, :1], P[:, :1])
    assert area == pytest.approx(theirs.roc_auc_score(T[:, 0], P[:, 0]), abs=1e-4)


def test_by_hand() -> None:
    target, said = np.array([[1.0], [0], [1], [1]]), np.array([[0.9], [0.8], [0.1], [0.7]])
    assert metrics.Precision()(target, said) == pytest.approx(2 / 3, rel=1e-15)
    assert metrics.Recall()(target, said) == pytest.approx(2 / 3, rel=1e-15)
    assert metrics.Precision()(target, said, sample_weight=[1, 3, 1, 1]) == pytest.approx(2 / 5, rel=1e-15)
    assert metrics.F1Score()(target, said) == pytest.approx(2 / 3, rel=1e-15)
    assert metrics.AUC(1000)(target, said) == pytest.approx(1 / 3, rel=1e-12)  # one of three pairs in the right order
    labels = np.array([1, 0, 2, 2])
    rows = np.array([[0.1, 0.8, 0.1], [0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])
    assert metrics.Recall()(labels, rows) == metrics.Recall()(np.eye(3)[labels], rows) == 0.75
    assert metrics.confusion_matrix(labels, rows).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_mistakes() -> None:
    with pytest.raises(ShapeError, match="targets of shape 60×4"):
        metrics.Precision()(T[:, :3], P)
    with pytest.raises(ShapeError):
        metrics.confusion_matrix([1, 2], [1])
    with pytest.raises(ConfigurationError, match="ROC, PR"):
        metrics.AUC(curve="XY")
    with pytest.raises(ConfigurationError, match="micro, macro, weighted"):
        metrics.F1Score(average="none")
