from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from konv.errors import ShapeError
from konv.ops.convolution import Conv2D
from konv.ops.local import LocallyConnected2D
from konv.ops.record import Run
from tests.ops.numerical import check_gradients
from tests.ops.windows import dilations, integers, paddings, places, sizes, strides

Case = tuple[LocallyConnected2D, tuple[int, int, int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    op = LocallyConnected2D(
        draw(st.integers(1, 3)), kernel, draw(strides), draw(paddings(2)), draw(dilations), draw(st.booleans())
    )
    shape = (*draw(sizes), draw(st.integers(1, 3)))
    try:
        op.output_shape(shape)
    except ShapeError:
        assume(False)
    return op, shape


@settings(max_examples=40, deadline=None)
@given(cases())
def test_it_is_the_equation_and_its_derivative_exactly(case: Case) -> None:
    """By plain loops over places and taps."""
    op, shape = case
    x, w = integers((2, *shape), 9), tuple(integers(w.shape, i) for i, w in enumerate(op.weights(shape)))
    y = op.forward((x,), w, Run())
    dy = integers(y.shape, 3)
    (gx,), gw = op.backward(dy, (x,), w, y, Run())
    expected, dx, dw = np.zeros_like(y), np.zeros_like(x), np.zeros_like(w[0])
    width = y.shape[2]
    for i, j, u, v, row, column in places(op.window(shape)):
        start = (u * op.kernel[1] + v) * shape[2]
        k = w[0][i * width + j, start : start + shape[2]]
        expected[:, i, j] += x[:, row, column] @ k
        dx[:, row, column] += dy[:, i, j] @ k.T
        dw[i * width + j, start : start + shape[2]] += x[:, row, column].T @ dy[:, i, j]
    np.testing.assert_array_equal(y, expected + (w[1] if op.bias else 0))
    np.testing.assert_array_equal(gx, dx)
    np.testing.assert_array_equal(gw[0], dw)
    if op.bias:
        np.testing.assert_array_equal(gw[1], dy.sum(0))


@settings(max_examples=8, deadline=None)
@given(cases())
def test_gradients_by_finite_differences(case: Case) -> None:
    op, shape = case
    rng = np.random.default_rng(0)
    check_gradients(op, rng.normal(size=(1, *shape)), tuple(rng.normal(size=w.shape) for w in op.weights(shape)))


def test_with_equal_weights_everywhere_it_is_a_convolution() -> None:
    op, conv = LocallyConnected2D(4, (3, 2), (2, 1)), Conv2D(4, (3, 2), (2, 1))
    x, k, b = integers((2, 7, 6, 3), 1), integers((3, 2, 3, 4), 2), integers((4,), 3)
    height, width, _ = op.output_shape((7, 6, 3))
    w = (np.tile(k.reshape(1, -1, 4), (height * width, 1, 1)), np.tile(b, (height, width, 1)))
    np.testing.assert_array_equal(op.forward((x,), w, Run()), conv.forward((x,), (k, b), Run()))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match="5×5 kernel does not fit the 4×4 input"):
        LocallyConnected2D(1, (5, 5)).output_shape((4, 4, 1))
