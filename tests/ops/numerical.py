"""Derivatives by finite differences, to check the ones that are written down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from konv.ops.record import Array, Op, Run

PREDICTION = Run()


def derivative(f: Callable[[], float], a: Array, step: float) -> Array:
    """The derivative of `f()` by every element of `a`, by central differences; `a` is put back as it was."""
    found = np.zeros_like(a)
    for place in np.ndindex(a.shape):
        kept = a[place]
        a[place] = kept + step
        above = f()
        a[place] = kept - step
        found[place] = (above - f()) / (2 * step)
        a[place] = kept
    return found


def check_gradients(op: Op, x: Array, w: tuple[Array, ...] = (), run: Run = PREDICTION, step: float = 1e-5) -> None:
    """Compare an op's backward with finite differences of `Σ dy · y` in float64, by its input and each weight."""
    assert x.dtype == np.float64
    y = op.forward((x,), w, run)
    dy = np.random.default_rng(1).normal(size=y.shape)
    (dx,), dw = op.backward(dy, (x,), w, y, run)
    assert dx is not None
    assert len(dw) == len(w)
    for a, g in zip((x, *w), (dx, *dw), strict=True):
        expected = derivative(lambda: float((op.forward((x,), w, run) * dy).sum()), a, step)
        assert g.shape == a.shape
        assert g.dtype == a.dtype
        np.testing.assert_allclose(g, expected, rtol=1e-7, atol=1e-7)
