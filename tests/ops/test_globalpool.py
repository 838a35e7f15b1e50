from __future__ import annotations

import numpy as np
import pytest

from konv.errors import ShapeError
from konv.ops.globalpool import (
    AveragePool1D,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    MaxPool1D,
)
from konv.ops.record import Run
from tests.ops.numerical import check_gradients

ONE = [MaxPool1D(3, 2, "same"), AveragePool1D(3, 1, ((1, 0),)), GlobalAveragePool1D(), GlobalMaxPool1D(True)]
TWO = [GlobalAveragePool2D(), GlobalAveragePool2D(True), GlobalMaxPool2D(), GlobalMaxPool2D(True)]


@pytest.mark.parametrize(("op", "shape"), [*((op, (7, 3)) for op in ONE), *((op, (4, 3, 2)) for op in TWO)], ids=repr)
def test_gradients_by_finite_differences(op, shape):
    check_gradients(op, np.random.default_rng(0).normal(size=(2, *shape)))


@pytest.mark.parametrize("keepdims", [True, False])
def test_global_pooling_is_pooling_with_one_window(keepdims):
    """Also among equals: the first gets all."""
    x = np.random.default_rng(1).integers(-2, 3, (3, 4, 5, 2)).astype("float64")
    for op in (GlobalAveragePool2D(keepdims), GlobalMaxPool2D(keepdims)):
        whole = op.whole(x.shape[1:])
        y, expected = op.forward((x,), (), Run()), whole.forward((x,), (), Run())
        assert y.shape == (3, *op.output_shape(x.shape[1:])) == ((3, 1, 1, 2) if keepdims else (3, 2))
        np.testing.assert_allclose(y.reshape(expected.shape), expected, rtol=1e-14)
        dy = np.random.default_rng(2).normal(size=y.shape)
        (dx,) = op.backward(dy, (x,), (), y, Run()).inputs
        (other,) = whole.backward(dy.reshape(expected.shape), (x,), (), expected, Run()).inputs
        np.testing.assert_allclose(dx, other, rtol=1e-14)


def test_what_is_no_map_or_sequence_is_refused():
    for op, word in ((GlobalMaxPool2D(), "GlobalMaxPool2D"), (MaxPool1D(), "MaxPool1D"), (GlobalMaxPool1D(), "Max")):
        with pytest.raises(ShapeError, match=word):
            op.output_shape((4,))
