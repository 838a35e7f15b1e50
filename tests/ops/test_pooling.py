from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from konv.errors import ShapeError
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array, Run
from tests.ops.numerical import check_gradients
from tests.ops.windows import integers, paddings, places, sizes, strides

Pool = MaxPool2D | AveragePool2D
Case = tuple[Pool, tuple[int, int, int]]


@st.composite
def pools(draw: st.DrawFn, kind: type[Pool]) -> Case:
    op = kind(draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), draw(strides), draw(paddings(2)))
    shape = (*draw(sizes), draw(st.integers(1, 3)))
    try:
        op.output_shape(shape)
    except ShapeError:
        assume(False)
    return op, shape


def windows(op: Pool, x: Array) -> dict[tuple[int, int], list[Array]]:
    """What each window sees, in the window's order."""
    seen: dict[tuple[int, int], list[Array]] = {}
    for i, j, _, _, row, column in places(op.window(x.shape[1:])):
        seen.setdefault((i, j), []).append(x[:, row, column])
    return seen


@settings(max_examples=60, deadline=None)
@given(pools(MaxPool2D))
def test_max_is_the_largest_of_each_window(case: Case) -> None:
    op, shape = case
    x = integers((2, *shape), 1, "float32") - 10  # below 0: padding must not win
    y = op.forward((x,), (), Run())
    assert y.dtype == np.float32
    for (i, j), seen in windows(op, x).items():
        np.testing.assert_array_equal(y[:, i, j], np.max(seen, axis=0))


@settings(max_examples=60, deadline=None)
@given(pools(MaxPool2D))
def test_the_gradient_of_max_goes_to_the_first_winner(case: Case) -> None:
    op, shape = case
    x = integers((2, *shape), 1) // 3  # few values: many ties
    y = op.forward((x,), (), Run())
    dy = integers(y.shape, 2)
    expected = np.zeros_like(x)
    undecided = np.ones(y.shape, bool)
    for i, j, _, _, row, column in places(op.window(shape)):  # taps in the window's order
        won = undecided[:, i, j] & (x[:, row, column] == y[:, i, j])
        expected[:, row, column] += won * dy[:, i, j]
        undecided[:, i, j] &= ~won
    assert not undecided.any()
    np.testing.assert_array_equal(op.backward(dy, (x,), (), y, Run()).inputs[0], expected)


@settings(max_examples=30, deadline=None)
@given(pools(MaxPool2D))
def test_max_gradients_by_finite_differences(case: Case) -> None:
    op, shape = case
    distinct = np.random.default_rng(3).permutation(np.prod(shape)).astype("float64")
    check_gradients(op, distinct.reshape(1, *shape), step=1e-3)


@settings(max_examples=60, deadline=None)
@given(pools(AveragePool2D))
def test_average_leaves_padding_out(case: Case) -> None:
    op, shape = case
    x = integers((2, *shape), 1)
    y = op.forward((x,), (), Run())
    for (i, j), seen in windows(op, x).items():
        np.testing.assert_array_equal(y[:, i, j], np.sum(seen, axis=0) / len(seen))


@settings(max_examples=30, deadline=None)
@given(pools(AveragePool2D))
def test_average_gradients_by_finite_differences(case: Case) -> None:
    op, shape = case
    check_gradients(op, np.random.default_rng(3).normal(size=(1, *shape)))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool", "stride"), [((2, 2), (2, 2)), ((3, 3), (2, 2)), ((3, 2), (1, 3))])
@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
def test_agrees_with_keras(
    kind: type[Pool], pool: tuple[int, int], stride: tuple[int, int], padding: str,
    oracle: Callable[[str], ModuleType],
) -> None:  # fmt: skip
    keras, jax = oracle("keras"), oracle("jax")
    theirs = {MaxPool2D: keras.ops.max_pool, AveragePool2D: keras.ops.average_pool}[kind]
    x = np.random.default_rng(3).permutation(7 * 8 * 2 * 2).astype("float32").reshape(2, 7, 8, 2)
    expected, back = jax.vjp(lambda x: theirs(x, pool, stride, padding, data_format="channels_last"), x)
    op = kind(pool, stride, padding)
    y = op.forward((x,), (), Run())
    dy = integers(y.shape, 2, "float32")
    np.testing.assert_allclose(y, expected, rtol=3e-7)
    np.testing.assert_allclose(op.backward(dy, (x,), (), y, Run()).inputs[0], back(dy)[0], rtol=3e-7, atol=3e-7)


def test_a_nan_is_kept() -> None:
    x = np.array([[1.0, np.nan], [2.0, 3.0]]).reshape(1, 2, 2, 1)
    assert np.isnan(MaxPool2D().forward((x,), (), Run())).all()


@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
def test_windows_of_nothing_but_padding_are_refused(kind: type[Pool]) -> None:
    for padding in (((2, 0), (0, 0)), ((0, 2), (0, 0)), ((0, 0), (0, 3))):
        with pytest.raises(ShapeError, match="nothing but padding") as caught:
            kind((2, 2), (2, 2), padding).output_shape((4, 4, 1))
        assert kind.__name__ in str(caught.value)
    assert kind((2, 2), (2, 2), ((1, 1), (1, 1))).output_shape((4, 4, 1)) == (3, 3, 1)


def test_a_window_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"a 3×3 pooling window does not fit the 2×2 input: \(2 \+ 0 − 3\) / 2 \+ 1"):
        MaxPool2D((3, 3)).output_shape((2, 2, 8))
