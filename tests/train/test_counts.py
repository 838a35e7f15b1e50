"""Metrics made of counts: against Keras over several batches, and worked out by hand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import konv
from konv import metrics
from konv.callbacks import BackupAndRestore, CSVLogger, EarlyStopping, ModelCheckpoint, TensorBoard
from konv.errors import ConfigurationError, ShapeError
from konv.layers import Dense, Input
from konv.models import Sequential

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
        ("F1Score", {}, ROWS),
        ("F1Score", {"threshold": 0.4}, T),
        ("FBetaScore", {"beta": 2.0}, ROWS),
        ("FBetaScore", {"beta": 0.5, "threshold": 0.4}, T),
        ("FBetaScore", {"beta": 2.0, "average": "micro"}, ROWS),
        ("FBetaScore", {"beta": 2.0, "average": "weighted", "threshold": 0.4}, T),
        ("TruePositives", {}, T),
        ("FalsePositives", {"thresholds": 0.3}, T),
        ("TrueNegatives", {}, T),
        ("FalseNegatives", {"thresholds": 0.7}, T),
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
    expected = np.asarray(theirs.result())
    assert np.shape(ours.result()) == expected.shape
    np.testing.assert_allclose(ours.result(), expected, rtol=1e-5)
    ours.reset_state()
    np.testing.assert_array_equal(ours.result(), np.zeros_like(expected))
    assert type(ours)(**ours.get_config()).get_config() == ours.get_config()


MAPS = np.random.default_rng(5).integers(0, 3, (2, 9, 4, 4), "int32")
SCORES = np.random.default_rng(6).random((9, 4, 4, 3)).astype("float32")
HOT = np.eye(3, dtype="float32")[MAPS[0]]


@pytest.mark.parametrize(
    ("name", "options", "target", "said"),
    [
        ("MeanIoU", {"num_classes": 3}, MAPS[0], MAPS[1]),
        ("MeanIoU", {"num_classes": 5}, MAPS[0], MAPS[1]),
        ("MeanIoU", {"num_classes": 3, "ignore_class": 1}, MAPS[0], MAPS[1]),
        ("MeanIoU", {"num_classes": 3, "sparse_y_pred": False}, MAPS[0], SCORES),
        ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, MAPS[0], MAPS[1]),
        ("OneHotIoU", {"num_classes": 3, "target_class_ids": [1]}, HOT, SCORES),
        ("OneHotMeanIoU", {"num_classes": 3}, HOT, SCORES),
        ("BinaryIoU", {}, MAPS[0] > 0, SCORES[..., 0]),
        ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, MAPS[0] > 0, SCORES[..., 0]),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # by Keras, of JAX
def test_overlaps_follow_keras(
    name: str, options: dict[str, Any], target: Any, said: Any, oracle: Callable[[str], ModuleType]
) -> None:
    """With weights of places, over two batches."""
    ours, theirs = (getattr(place, name)(**options) for place in (metrics, oracle("keras").metrics))
    assert ours.name.rstrip("_0123456789") == theirs.name.rstrip("_0123456789")
    weight = np.random.default_rng(7).integers(0, 4, (9, 4, 4), "int32")
    for at in (slice(0, 4), slice(4, 9)):
        ours.update_state(target[at], said[at], weight[at])
        theirs.update_state(target[at], said[at], weight[at])
    assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-5)
    again = type(ours)(**json.loads(json.dumps(ours.get_config())))
    assert again.get_config() == ours.get_config()
    ours.reset_state()
    assert ours.result() == 0


def test_an_overlap_is_worked_out_by_hand_and_refuses_what_is_no_class() -> None:
    """Class 0: one of two places; class 1: one of two; each sample counts its weight."""
    found = metrics.MeanIoU(2)
    assert found([[0, 0], [1, 1]], [[0, 1], [1, 1]]) == pytest.approx((1 / 2 + 2 / 3) / 2)
    found.reset_state()
    assert found([[0, 0], [1, 1]], [[0, 1], [1, 1]], sample_weight=[1, 3]) == pytest.approx((1 / 2 + 6 / 7) / 2)
    with pytest.raises(ShapeError, match="sparse_y_pred=False"):
        found.update_state([[0, 1]], [[2, 1]])
    with pytest.raises(ShapeError, match="targets of shape"):
        found.update_state([[0, 1, 1]], [[0, 1]])
    with pytest.raises(ConfigurationError, match="target_class_ids"):
        metrics.IoU(2, [2])


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
    with pytest.raises(ConfigurationError, match="None, micro, macro, weighted"):
        metrics.F1Score(average="none")
    with pytest.raises(ConfigurationError, match="beta"):
        metrics.FBetaScore(beta=0)


def fitted(classes: int, *callbacks: Any, epochs: int = 2, verbose: int = 0) -> Sequential:
    """A model that judges each class apart, trained and validated."""
    konv.utils.set_random_seed(4)
    x, rows = RNG.random((60, 3)).astype("float32"), np.eye(classes, dtype="float32")[np.arange(60) % classes]
    model = Sequential([Input((3,)), Dense(classes, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=[metrics.F1Score(), "accuracy"])
    model.fit(x, rows, epochs=epochs, verbose=verbose, validation_data=(x, rows), callbacks=callbacks)
    model.data = x, rows
    return model


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_classes_apart_in_all_that_training_leaves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], oracle: Callable[[str], ModuleType]
) -> None:
    """A row of numbers an epoch in the history, a cell of the table, a scalar each for TensorBoard, a line, a page."""
    oracle("tensorboardX")
    table, backup = tmp_path / "log.csv", BackupAndRestore(tmp_path, delete_checkpoint=False)
    model = fitted(4, CSVLogger(table), TensorBoard(tmp_path / "logs"), backup, verbose=2)
    history, line = model.history, capsys.readouterr().out.splitlines()[-1]
    last = history.history["val_f1_score"][-1]
    assert [row.shape for row in history.history["val_f1_score"]] == [(4,), (4,)]
    np.testing.assert_array_equal(model.evaluate(*model.data, verbose=0)[1], last)
    assert f"val_f1_score: [{' '.join(f'{v:.2f}' for v in last)}]" in line
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [json.loads(row["val_f1_score"]) for row in rows] == [v.tolist() for v in history.history["val_f1_score"]]
    written = b"".join(path.read_bytes() for path in (tmp_path / "logs" / "validation").iterdir())
    assert [written.count(b"epoch_f1_score/%d" % k) for k in range(5)] == [2, 2, 2, 2, 0]
    assert history._repr_html_().count("<polyline") == 6
    again = fitted(4, BackupAndRestore(tmp_path), epochs=3).history.history["f1_score"]
    assert [row.shape for row in again] == [(4,)] * 3
    np.testing.assert_array_equal(again[:2], history.history["f1_score"])


def test_many_classes_are_told_by_mean_and_range(capsys: pytest.CaptureFixture[str]) -> None:
    found = fitted(12, verbose=2).history.history["f1_score"][-1]
    said = f"f1_score: {found.mean():.4f} ({found.min():.2f}–{found.max():.2f} in 12 classes)"
    assert said in capsys.readouterr().out


def test_classes_apart_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"EarlyStopping watches 'val_f1_score', which is 4 numbers.*macro"):
        fitted(4, EarlyStopping("val_f1_score"))
    with pytest.raises(ConfigurationError, match="cannot be filled in"):
        fitted(4, ModelCheckpoint(tmp_path / "{val_f1_score:.2f}.konv"))
