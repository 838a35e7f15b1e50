from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from konv.errors import ShapeError
from konv.ops.convolution import Conv2D
from konv.ops.record import Run
from konv.ops.transposed import Conv2DTranspose
from tests.ops.numerical import check_gradients
from tests.ops.windows import dilations, integers, paddings, sizes, strides

Case = tuple[Conv2DTranspose, tuple[int, int, int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any kernel, stride, padding and dilation, stride together with dilation; output padding below the stride."""
    kernel, step = draw(st.tuples(st.integers(1, 4), st.integers(1, 4))), draw(strides)
    more = draw(st.none() | st.tuples(*(st.integers(0, s - 1) for s in step)))
    op = Conv2DTranspose(
        draw(st.integers(1, 4)), kernel, step, draw(paddings(2)), more, draw(dilations), draw(st.booleans())
    )
    shape = (*draw(sizes), draw(st.integers(1, 4)))
    try:
        op.output_shape(shape)
    except ShapeError:
        assume(False)
    return op, shape


@settings(max_examples=50, deadline=None)
@given(cases())
def test_forward_is_the_equation_exactly(case: Case) -> None:
    op, shape = case
    x, w = integers((2, *shape), 9), tuple(integers(w.shape, i) for i, w in enumerate(op.weights(shape)))
    rows, columns = op.way_back(shape)
    expected = np.zeros((2, *op.output_shape(shape)))
    for i, j, u, v in np.ndindex(*shape[:2], *op.kernel):
        row = i * op.strides[0] + u * op.dilation[0] - rows.before
        column = j * op.strides[1] + v * op.dilation[1] - columns.before
        if 0 <= row < rows.size and 0 <= column < columns.size:
            expected[:, row, column] += x[:, i, j] @ w[0][u, v].T
    y = op.forward((x,), w, Run())
    np.testing.assert_array_equal(y, expected + (w[1] if op.bias else 0))


@settings(max_examples=50, deadline=None)
@given(cases())
def test_backward_is_the_adjoint_exactly(case: Case) -> None:
    op, shape = case
    x, w = integers((2, *shape), 9), tuple(integers(w.shape, i) for i, w in enumerate(op.weights(shape)))
    y = op.forward((x,), w, Run())
    dy, d, dk = integers(y.shape, 3), integers(x.shape, 4), integers(w[0].shape, 5)
    (gx,), gw = op.backward(dy, (x,), w, y, Run())
    assert gx is not None
    zero = tuple(np.zeros_like(a) for a in w[1:])
    assert (op.forward((d,), (w[0], *zero), Run()) * dy).sum() == (gx * d).sum()
    assert (op.forward((x,), (dk, *zero), Run()) * dy).sum() == (gw[0] * dk).sum()
    if op.bias:
        np.testing.assert_array_equal(gw[1], dy.sum((0, 1, 2)))


@settings(max_examples=10, deadline=None)
@given(cases())
def test_gradients_by_finite_differences(case: Case) -> None:
    op, shape = case
    rng = np.random.default_rng(0)
    check_gradients(op, rng.normal(size=(1, *shape)), tuple(rng.normal(size=w.shape) for w in op.weights(shape)))


@pytest.mark.parametrize(("stride", "padding"), [(1, "same"), (2, ((1, 1), (1, 1))), (3, ((0, 0), (0, 0)))])
def test_it_undoes_the_shape_of_the_convolution_and_is_its_gradient(stride: int, padding: object) -> None:
    conv = Conv2D(5, (3, 3), (stride, stride), padding, bias=False)  # type: ignore[arg-type]
    shape = (9, 9, 2)
    back = Conv2DTranspose(2, (3, 3), (stride, stride), padding, bias=False)  # type: ignore[arg-type]
    x, k = integers((2, *shape), 1), integers((3, 3, 2, 5), 2)
    y = conv.forward((x,), (k,), Run())
    assert back.output_shape(y.shape[1:]) == shape
    np.testing.assert_array_equal(back.forward((y,), (k,), Run()), conv.backward(y, (x,), (k,), y, Run()).inputs[0])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"2×2 kernel spreads the 2×2 input over 3 places.*leaves 0"):
        Conv2DTranspose(1, (2, 2), padding=((2, 1), (0, 0))).output_shape((2, 2, 1))
    with pytest.raises(ShapeError, match="expects images"):
        Conv2DTranspose(1, (2, 2)).weights((4,))
