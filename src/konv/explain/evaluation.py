"""What a classifier got right and wrong: confusion matrix, precision, recall, and the mistakes it was surest of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.graph import Graph
from konv.messages import text
from konv.ops import Sigmoid, Softmax
from konv.shapes import show

__all__ = ["Array", "Evaluation", "class_probabilities"]

Array = np.ndarray[Any, np.dtype[Any]]


def class_probabilities(outputs: Array, graph: Graph) -> Array:
    """A probability for each class, `(N, K)`, from the `outputs` of the network `graph`.

    Probabilities are taken as they are; one sigmoid `(N, 1)` is the second of two classes; scores go through a softmax.
    Raises: ConfigurationError where a sample's output is not one row of numbers, so that the network sorts nothing.
    """
    if outputs.ndim != 2:
        raise ConfigurationError(text("not_a_classifier", received=show(outputs.shape[1:])))
    op = graph.outputs[0].node.op
    if isinstance(op, Softmax):
        return outputs
    if outputs.shape[1] == 1:
        yes: Array = outputs if isinstance(op, Sigmoid) else 1 / (1 + np.exp(-outputs))
        return np.concatenate((1 - yes, yes), axis=1)
    if isinstance(op, Sigmoid):
        return _normal(outputs)
    return _normal(np.exp(outputs - outputs.max(1, keepdims=True)))


def _normal(rows: Array) -> Array:
    shares: Array = rows / rows.sum(1, keepdims=True)
    return shares


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The answers of a classifier beside the truth.

    Arguments: `probabilities`, `(N, K)`; `labels`, the true classes, integers `(N,)`. The class with the largest
    probability is the answer, the first of them where several are equal.
    """

    probabilities: Array
    labels: Array

    @cached_property
    def answers(self) -> Array:
        """The class given to each sample, `(N,)`."""
        found: Array = self.probabilities.argmax(1)
        return found

    @cached_property
    def matrix(self) -> Array:
        """How often each class (row) was taken for each (column), int64 `(K, K)`."""
        count = self.probabilities.shape[1]
        return np.bincount(self.labels * count + self.answers, minlength=count * count).reshape(count, count)

    @property
    def right(self) -> int:
        """The number of samples whose answer is the truth."""
        return int(np.trace(self.matrix))

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0 to 1."""
        return self.right / len(self.labels)

    @property
    def loss(self) -> float:
        """The cross-entropy: the mean surprise −log p at the right class, in nats.

        A probability of 0 counts as the smallest number of its type, so that one such sample does not hide the rest.
        """
        p = self.probabilities[np.arange(len(self.labels)), self.labels]
        return float(-np.log(np.maximum(p, np.finfo(p.dtype).tiny).astype(np.float64)).mean())

    @property
    def recall(self) -> Array:
        """Of each class's samples the share that was recognised, `(K,)`; NaN for a class without samples."""
        return _share(np.diag(self.matrix), self.matrix.sum(1))

    @property
    def precision(self) -> Array:
        """Of the times each class was the answer the share that was right, `(K,)`; NaN where it never was."""
        return _share(np.diag(self.matrix), self.matrix.sum(0))

    def surest_mistakes(self, most: int = 24) -> Array:
        """The numbers of at most `most` wrongly answered samples, the surest first."""
        wrong = np.flatnonzero(self.answers != self.labels)
        order = np.argsort(-self.probabilities[wrong, self.answers[wrong]], kind="stable")
        return wrong[order[:most]]

    def commonest_mistake(self) -> tuple[int, int, int] | None:
        """The true class, the answer, and how often it was given, of the commonest confusion; None without any."""
        wrong = self.matrix - np.diag(np.diag(self.matrix))
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return (int(row), int(column), int(wrong[row, column])) if wrong[row, column] else None


def _share(part: Array, whole: Array) -> Array:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
