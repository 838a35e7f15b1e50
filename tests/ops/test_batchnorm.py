from __future__ import annotations

import numpy as np
import pytest

from konv.errors import ShapeError
from konv.ops.batchnorm import BatchNormalization
from konv.ops.record import Run
from tests.ops.numerical import derivative


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("center", "scale"), [(True, True), (False, True), (True, False), (False, False)])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 2, 4)])
def test_gradients_by_finite_differences(shape, center, scale, training):
    rng = np.random.default_rng(0)
    op = BatchNormalization(epsilon=0.01, center=center, scale=scale)
    x, dy = rng.normal(size=shape), rng.normal(size=shape)
    w = tuple(rng.uniform(0.5, 2, v.shape) for v in op.weights(shape[1:]))
    run = Run(training)
    (dx,), dw = op.backward(dy, (x,), w, op.forward((x,), w, run), run)
    assert len(dw) == center + scale
    for a, g in zip((x, *w), (dx, *dw), strict=False):
        expected = derivative(lambda: float((op.forward((x,), w, run) * dy).sum()), a, 1e-5)
        np.testing.assert_allclose(g, expected, rtol=1e-6, atol=1e-8)


def test_every_channel_gets_mean_0_and_variance_1():
    rng = np.random.default_rng(1)
    x = rng.normal(3, 5, (40, 6, 2))
    op = BatchNormalization(0.9, 1e-9)
    w = (np.ones(2), np.zeros(2), np.full(2, 10.0), np.full(2, 4.0))
    y = op.forward((x,), w, Run(training=True))
    np.testing.assert_allclose(y.mean((0, 1)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var((0, 1)), 1, rtol=1e-8)
    mean, variance = op.statistics((x,), w)
    np.testing.assert_allclose(mean, 9 + 0.1 * x.mean((0, 1)))
    np.testing.assert_allclose(variance, 3.6 + 0.1 * x.var((0, 1)))
    np.testing.assert_allclose(op.forward((x,), w, Run()), (x - 10) / 2, rtol=1e-8)


def test_shapes_and_costs():
    op = BatchNormalization()
    assert [(w.name, w.shape, w.statistic) for w in op.weights((4, 5, 3))] == [
        ("gamma", (3,), False), ("beta", (3,), False), ("moving_mean", (3,), True), ("moving_variance", (3,), True),
    ]  # fmt: skip
    assert (op.output_shape((4, 5, 3)), op.parameters((4, 5, 3)), op.macs((4, 5, 3))) == ((4, 5, 3), 6, 0)
    with pytest.raises(ShapeError, match="BatchNormalization works along the last axis"):
        op.output_shape(())
