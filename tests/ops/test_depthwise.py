from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from konv.errors import ShapeError
from konv.ops.convolution import Conv2D
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.record import Run
from tests.ops.numerical import check_gradients
from tests.ops.windows import dilations, integers, paddings, sizes, strides

Case = tuple[DepthwiseConv2D, tuple[int, int, int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    op = DepthwiseConv2D(
        kernel, draw(strides), draw(paddings(3)), draw(st.integers(1, 3)), draw(dilations), draw(st.booleans())
    )
    shape = (*draw(sizes), draw(st.integers(1, 4)))
    try:
        op.output_shape(shape)
    except ShapeError:
        assume(False)
    return op, shape


@settings(max_examples=50, deadline=None)
@given(cases())
def test_it_is_a_convolution_in_as_many_groups_as_channels(case: Case) -> None:
    """Outputs, gradients, shapes and costs, exactly; the kernel is the same numbers in the same order."""
    op, shape = case
    grouped = op._in_groups(shape)
    assert grouped == Conv2D(
        shape[2] * op.multiplier, op.kernel, op.strides, op.padding, op.dilation, shape[2], op.bias
    )
    assert (op.output_shape(shape), op.macs(shape)) == (grouped.output_shape(shape), grouped.macs(shape))
    x, w = integers((2, *shape), 9), tuple(integers(w.shape, i) for i, w in enumerate(op.weights(shape)))
    other = (w[0].reshape(*op.kernel, 1, -1), *w[1:])
    y = op.forward((x,), w, Run())
    np.testing.assert_array_equal(y, grouped.forward((x,), other, Run()))
    dy = integers(y.shape, 3)
    (dx,), dw = op.backward(dy, (x,), w, y, Run())
    (expected,), dother = grouped.backward(dy, (x,), other, y, Run())
    np.testing.assert_array_equal(dx, expected)
    for a, b, v in zip(dw, dother, w, strict=True):
        assert a.shape == v.shape
        np.testing.assert_array_equal(a, b.reshape(a.shape))


@settings(max_examples=10, deadline=None)
@given(cases())
def test_gradients_by_finite_differences(case: Case) -> None:
    op, shape = case
    rng = np.random.default_rng(0)
    check_gradients(op, rng.normal(size=(1, *shape)), tuple(rng.normal(size=w.shape) for w in op.weights(shape)))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"DepthwiseConv2D.*5×5 kernel does not fit the 4×4 input"):
        DepthwiseConv2D((5, 5)).output_shape((4, 4, 3))
    with pytest.raises(ShapeError, match="expects images"):
        DepthwiseConv2D((5, 5)).weights((4, 4))
