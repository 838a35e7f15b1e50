"""DataSet: what it holds, refuses, and how it is split."""

from __future__ import annotations

import numpy as np
import pytest

from konv.data import DataSet
from konv.errors import ConfigurationError, DataError


def make(counts: tuple[int, ...] = (10, 20, 30), shape: tuple[int, ...] = (2, 3, 1)) -> DataSet:
    """Images whose first pixel is their number, labels mixed."""
    y = np.concatenate([np.full(count, label) for label, count in enumerate(counts)])
    y = y[np.argsort(np.arange(len(y)) * 7 % len(y), kind="stable")]
    x = np.zeros((len(y), *shape), np.uint8)
    x[:, 0, 0, 0] = np.arange(len(y))
    return DataSet(x, y, tuple("abcdefgh"[: len(counts)]), name="made", source="here")


def numbers(data: DataSet) -> list[int]:
    return data.x[:, 0, 0, 0].tolist()


def test_it_says_what_it_holds() -> None:
    data = make()
    assert len(data) == 60
    assert data.shape == (2, 3, 1)
    assert data.counts == {"a": 10, "b": 20, "c": 30}
    assert data.y.dtype == np.int64
    assert repr(data) == "<DataSet made: 60 images 2×3×1, 3 classes>"


def test_fingerprint_changes_with_every_part_of_the_content() -> None:
    data = make()
    assert data.fingerprint == make().fingerprint
    assert len(data.fingerprint) == 64
    x, y = data.x.copy(), data.y.copy()
    x[3, 1, 2, 0] += 1
    y[0] = (y[0] + 1) % 3
    others = [
        DataSet(x, data.y, data.classes),
        DataSet(data.x, y, data.classes),
        DataSet(data.x, data.y, ("a", "b", "d")),
        DataSet(data.x.reshape(60, 3, 2, 1), data.y, data.classes),
        DataSet(data.x.view(np.int8), data.y, data.classes),
    ]
    assert len({data.fingerprint, *(other.fingerprint for other in others)}) == 6


def test_scaled_divides_integers_alone() -> None:
    data = make()
    assert data.scaled().dtype == np.float32
    assert np.array_equal(data.scaled("float64"), data.x / 255.0)
    floats = DataSet(data.x / 2, data.y, data.classes)
    assert np.array_equal(floats.scaled("float64"), data.x / 2)


def test_split_is_stratified_complete_and_repeats() -> None:
    data = make()
    rest, held = data.split(0.3, seed=5)
    assert held.counts == {"a": 3, "b": 6, "c": 9}
    assert sorted(numbers(rest) + numbers(held)) == list(range(60))
    assert numbers(rest) == sorted(numbers(rest))
    assert numbers(held) == sorted(numbers(held))
    assert np.array_equal(held.y, data.y[numbers(held)])
    assert numbers(data.split(0.3, seed=5)[1]) == numbers(held)
    assert numbers(data.split(0.3, seed=6)[1]) != numbers(held)
    assert held.classes == data.classes


def test_split_keeps_a_class_on_both_sides() -> None:
    rest, held = make((1, 2, 50)).split(0.01)
    assert rest.counts == {"a": 1, "b": 1, "c": 49}
    assert held.counts == {"a": 0, "b": 1, "c": 1}
    rest, held = make((1, 2, 50)).split(0.99)
    assert rest.counts == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_split_refuses_a_senseless_fraction(fraction: float) -> None:
    with pytest.raises(ConfigurationError, match="above 0 and below 1"):
        make().split(fraction)


def test_split_refuses_too_few_images() -> None:
    with pytest.raises(DataError, match="too few"):
        make((1, 1)).split(0.5)


def test_parts_are_used_before_a_split() -> None:
    train, validation, test = make(), make((2, 2, 2)), make((3, 3, 3))
    both = DataSet(train.x, train.y, train.classes, validation=validation, test=test)
    assert both.for_training() == (both, validation)
    assert both.for_testing() is test
    only = DataSet(train.x, train.y, train.classes, test=test)
    assert only.for_training() == (only, test)
    assert train.for_testing() is train
    rest, held = train.for_training(0.5)
    assert (len(rest), len(held)) == (30, 30)


def test_relabelled_follows_the_order_of_a_model() -> None:
    data = make((2, 2))
    assert data.relabelled(("z", "b", "a")).y.tolist() == [{0: 2, 1: 1}[label] for label in data.y.tolist()]
    with pytest.raises(DataError, match=r"does not know: b\. It knows: a, z"):
        data.relabelled(("a", "z"))
    empty = DataSet(data.x[:1], np.array([0]), ("a", "b"))
    assert empty.relabelled(("q", "a")).y.tolist() == [1]


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.zeros((0, 2, 2, 1)), np.zeros(0, int), "no image"),
        (np.zeros((3, 2, 2)), np.zeros(3, int), r"x\[\.\.\., None\]"),
        (np.zeros((3, 2, 2, 1)), np.zeros(2, int), "3 integers"),
        (np.zeros((3, 2, 2, 1)), np.zeros(3), "float64"),
        (np.zeros((3, 2, 2, 1)), np.array([0, 1, 2]), r"Received: 2"),
        (np.zeros((3, 2, 2, 1)), np.array([0, -1, 1]), r"Received: -1"),
    ],
)
def test_bad_content_is_refused(x: np.ndarray, y: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        DataSet(x, y, ("a", "b"), name="bad")
