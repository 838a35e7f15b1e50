"""Figures of a classifier against sums done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from konv.errors import ConfigurationError
from konv.explain.evaluation import Evaluation, class_probabilities
from konv.graph import Graph, Node
from konv.ops import Flatten, Input, Linear, Sigmoid, Softmax

# Five samples of three classes; the answers are 0 0 1 1 0.
ROWS = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.05, 0.9, 0.05], [0.5, 0.25, 0.25]])
TRUTH = np.array([0, 1, 1, 0, 0])


def test_figures():
    found = Evaluation(ROWS, TRUTH)
    assert found.matrix.tolist() == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert found.right == 3
    assert found.accuracy == 0.6
    assert found.precision[:2].tolist() == [2 / 3, 1 / 2]
    assert found.recall[:2].tolist() == [2 / 3, 1 / 2]
    assert np.isnan(found.precision[2])
    assert np.isnan(found.recall[2])
    assert found.surest_mistakes().tolist() == [3, 1]
    assert found.surest_mistakes(1).tolist() == [3]
    assert found.commonest_mistake() == (0, 1, 1)
    assert found.loss == pytest.approx(-np.log([0.7, 0.3, 0.8, 0.05, 0.5]).mean(), rel=1e-12)


def test_no_mistakes():
    found = Evaluation(np.eye(3), np.arange(3))
    assert found.commonest_mistake() is None
    assert len(found.surest_mistakes()) == 0
    assert found.loss == 0


def test_impossible_probability_has_a_finite_loss():
    found = Evaluation(np.eye(2, dtype="float32"), np.array([0, 0]))
    assert found.loss == pytest.approx(-np.log(np.finfo("float32").tiny) / 2)


def graph(op: object, units: int) -> Graph:
    source = Node.apply(Input((units,)), (), (), "input", "float32")
    return Graph([source], [Node.apply(op, (source,), (), "last", "float32")])


def test_probabilities_come_from_whatever_ends_the_network():
    rows = np.array([[0.2, 0.8]], "float32")
    assert class_probabilities(rows, graph(Softmax(), 2)) is rows
    assert class_probabilities(np.array([[0.25]]), graph(Sigmoid(), 1)).tolist() == [[0.75, 0.25]]
    assert class_probabilities(np.array([[0.0]]), graph(Linear(), 1)).tolist() == [[0.5, 0.5]]
    scores = class_probabilities(np.log(rows) + 100, graph(Linear(), 2))
    np.testing.assert_allclose(scores, rows, rtol=2e-5)
    several = class_probabilities(np.array([[0.5, 0.5, 1.0]]), graph(Sigmoid(), 3))
    assert several.tolist() == [[0.25, 0.25, 0.5]]


def test_images_are_no_classes():
    source = Node.apply(Input((4, 4, 3)), (), (), "input", "float32")
    whole = Graph([source], [Node.apply(Flatten(), (source,), (), "last", "float32")])
    with pytest.raises(ConfigurationError, match="4×4×3"):
        class_probabilities(np.zeros((1, 4, 4, 3)), whole)
