from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from konv.errors import LabelError
from konv.ops.activation import Linear, Sigmoid, Softmax, sigmoid
from konv.ops.loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    Scored,
    SparseCategoricalCrossentropy,
    from_scores,
)
from konv.ops.margin import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    SquaredHinge,
)
from konv.ops.record import Array, Run
from konv.ops.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
)
from tests.ops.numerical import derivative

LOSSES = [
    CategoricalCrossentropy(), CategoricalCrossentropy(True), SparseCategoricalCrossentropy(),
    SparseCategoricalCrossentropy(True), BinaryCrossentropy(), BinaryCrossentropy(True), MeanSquaredError(),
    CategoricalCrossentropy(label_smoothing=0.2), CategoricalCrossentropy(True, 0.1), BinaryCrossentropy(True, 0.3),
    MeanAbsoluteError(), MeanAbsolutePercentageError(), MeanSquaredLogarithmicError(), Huber(), Huber(0.4), LogCosh(),
    Poisson(), CosineSimilarity(), Hinge(), SquaredHinge(), CategoricalHinge(), KLDivergence(),
    BinaryFocalCrossentropy(), BinaryFocalCrossentropy(True, True, 0.3, 1.5, 0.1), CategoricalFocalCrossentropy(),
    CategoricalFocalCrossentropy(True, 0.7, 0.5, 0.1),
]  # fmt: skip
SHARES = (Scored, Poisson, KLDivergence, MeanSquaredLogarithmicError)
"""Losses of predictions between 0 and 1."""
places = st.lists(st.integers(1, 3), max_size=2).map(tuple)


def example(loss: Loss, shape: tuple[int, ...], dtype: str = "float64") -> tuple[Array, Array]:
    """A target and a prediction of `shape`, in the forms this loss takes."""
    rng = np.random.default_rng(4)
    prediction = rng.normal(size=shape)
    if not loss.from_logits and isinstance(loss, SHARES):
        prediction = sigmoid(prediction)  # rows need not sum to 1
    if isinstance(loss, SparseCategoricalCrossentropy):
        return rng.integers(0, shape[-1], shape[:-1]), prediction.astype(dtype)
    return rng.random(shape).astype(dtype), prediction.astype(dtype)  # target rows need not sum to 1 either


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(LOSSES), places, st.integers(2, 5))
def test_gradients_by_finite_differences(loss: Loss, places: tuple[int, ...], width: int) -> None:
    target, prediction = example(loss, (2, *places, width))
    expected = derivative(lambda: float(loss.forward(target, prediction).sum()), prediction, 1e-6)
    np.testing.assert_allclose(loss.backward(target, prediction), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("shape", [(4, 3), (2, 2, 5, 3)])
def test_agrees_with_keras(loss: Loss, shape: tuple[int, ...], oracle: Callable[[str], ModuleType]) -> None:
    keras, jax = oracle("keras"), oracle("jax")
    target, prediction = example(loss, shape, "float32")
    function = getattr(keras.losses, loss.name)
    options = asdict(loss)

    def theirs(prediction: Array) -> Array:
        values = function(target, prediction, **options)
        return keras.ops.mean(keras.ops.reshape(values, (shape[0], -1)), axis=1)

    values, back = jax.vjp(theirs, prediction)
    ours = loss.forward(target, prediction)
    assert ours.shape == shape[:1]
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, values, rtol=3e-6)
    gradient = loss.backward(target, prediction)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, back(np.ones(shape[:1], "float32"))[0], rtol=3e-5, atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES[:6:2], ids=repr)
def test_impossible_probabilities_cost_what_they_cost_in_keras(loss: Loss, oracle: Callable[[str], ModuleType]) -> None:
    keras = oracle("keras")
    prediction = np.array([[0.0, 1.0], [1.0, 0.0]], "float32")
    target = np.array([0, 0]) if loss.name.startswith("sparse") else np.array([[1, 0], [1, 0]], "float32")
    expected = getattr(keras.losses, loss.name)(target, prediction)
    np.testing.assert_allclose(loss.forward(target, prediction), expected, rtol=1e-6)
    np.testing.assert_array_equal(loss.backward(target, prediction), 0)  # all clipped: no slope


def test_scores_that_are_far_apart_stay_exact() -> None:
    z = np.array([[1000.0, 0.0], [0.0, 1000.0]], "float32")
    with np.errstate(all="raise", under="ignore"):
        for loss, t in (
            (SparseCategoricalCrossentropy(True), np.array([0, 0])),
            (CategoricalCrossentropy(True), np.array([[1, 0], [1, 0]], "float32")),
        ):
            np.testing.assert_array_equal(loss.forward(t, z), [0, 1000])
            np.testing.assert_array_equal(loss.backward(t, z), [[0, 0], [-1, 1]])
        t = np.array([[1.0], [0.0]], "float32")
        np.testing.assert_array_equal(BinaryCrossentropy(True).forward(t, z[:, :1] - z[:, 1:]), [0, 0])
        np.testing.assert_array_equal(BinaryCrossentropy(True).forward(1 - t, z[:, :1] - z[:, 1:]), [1000, 1000])


@pytest.mark.parametrize(
    ("loss", "op"),
    [(CategoricalCrossentropy(), Softmax()), (SparseCategoricalCrossentropy(), Softmax()),
     (BinaryCrossentropy(), Sigmoid())],
    ids=repr,
)  # fmt: skip
def test_a_loss_of_probabilities_is_one_of_their_scores(loss: Loss, op: Softmax | Sigmoid) -> None:
    exact = from_scores(loss, op)
    assert exact == type(loss)(from_logits=True)
    target, _ = example(loss, (3, 4))
    z = np.random.default_rng(0).normal(size=(3, 4))
    y = op.forward((z,), (), Run())
    np.testing.assert_allclose(exact.forward(target, z), loss.forward(target, y), rtol=1e-12)
    (through,) = op.backward(loss.backward(target, y), (z,), (), y, Run()).inputs
    np.testing.assert_allclose(exact.backward(target, z), through, rtol=1e-10, atol=1e-14)


def test_other_losses_read_the_output() -> None:
    assert from_scores(CategoricalCrossentropy(True), Softmax()) is None
    assert from_scores(CategoricalCrossentropy(), Sigmoid()) is None
    assert from_scores(BinaryCrossentropy(), Softmax()) is None
    assert from_scores(MeanSquaredError(), Softmax()) is None
    assert from_scores(SparseCategoricalCrossentropy(), Linear()) is None


def test_targets_are_brought_into_form() -> None:
    rows = CategoricalCrossentropy().check(np.eye(3, dtype="uint8"), (3,))
    assert rows.dtype == np.float32
    labels = SparseCategoricalCrossentropy().check(np.array([[2.0], [0.0]]), (3,))
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, [2, 0])
    np.testing.assert_array_equal(BinaryCrossentropy().check(np.array([True, False]), (1,)), [[1], [0]])
    np.testing.assert_array_equal(MeanSquaredError().check(np.array([3, 4]), (1,)), [[3], [4]])
    assert SparseCategoricalCrossentropy().check(np.zeros((2, 4, 4, 1), int), (4, 4, 3)).shape == (2, 4, 4)
    assert CategoricalCrossentropy().check(np.zeros((2, 1)), (1,)).shape == (2, 1)


CATEGORICAL, SPARSE, BINARY, MSE = (
    CategoricalCrossentropy(), SparseCategoricalCrossentropy(), BinaryCrossentropy(), MeanSquaredError(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "target", "output", "words"),
    [
        (CATEGORICAL, [3, 1], (10,), ["sparse_categorical_crossentropy", "to_categorical(y, 10)"]),
        (CATEGORICAL, [[3], [1]], (10,), ["sparse_categorical_crossentropy"]),
        (CATEGORICAL, np.eye(3), (10,), ["targets have 3 classes", "output has 10"]),
        (CATEGORICAL, np.zeros((2, 4, 3)), (3,), ["3 a sample", "4×3 a sample"]),
        (CATEGORICAL, [[0, 2.0]], (2,), ["between 0 and 1", "2.0 (sample 0)"]),
        (CATEGORICAL, [[0, np.nan]], (2,), ["sample 0 is nan"]),
        (CATEGORICAL, [["cat", "dog"]], (2,), ["must be numbers", "numpy.unique"]),
        (SPARSE, np.eye(3), (3,), ["loss='categorical_crossentropy'", "argmax"]),
        (SPARSE, np.eye(4), (3,), ["targets of one number a sample", "4 a sample"]),
        (SPARSE, [0, 3], (3,), ["label 3 of sample 1", "3 classes", "0 to 2"]),
        (SPARSE, [0, -1], (3,), ["label -1 of sample 1"]),
        (SPARSE, [0.5, 1], (3,), ["must be integers", "0.5 (sample 0)"]),
        (SPARSE, [0, 1e30], (3,), ["must be integers", "1e+30 (sample 1)"]),
        (SPARSE, [0, np.inf], (3,), ["sample 1 is inf"]),
        (SPARSE, ["cat", "dog"], (3,), ["must be numbers"]),
        (SPARSE, 1, (3,), ["must be numbers", "0 axes"]),
        (BINARY, [0, 1], (2,), ["targets of 2 a sample", "one number a sample", "never broadcast"]),
        (BINARY, [0, 2], (1,), ["between 0 and 1", "2 (sample 1)"]),
        (MSE, [[1.0], [2.0]], (3,), ["targets of 3 a sample", "1 a sample", "never broadcast"]),
        (MSE, [1.0, 2.0], (2,), ["never broadcast"]),
        (MSE, [[1.0], [np.nan]], (1,), ["sample 1 is nan"]),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit_are_refused(
    loss: Loss, target: object, output: tuple[int, ...], words: list[str]
) -> None:
    with pytest.raises(LabelError) as caught:
        loss.check(np.asarray(target), output)
    assert all(word in str(caught.value) for word in [loss.name, *words]), str(caught.value)
