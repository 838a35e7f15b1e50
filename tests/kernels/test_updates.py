"""Optimisers' updates against their references: bit for bit, or within the roundings that a multiply-add leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.sums import BLOCK, blocks
from konv.ops.record import Array
from konv.ops.update import SGD, Adam, RMSprop, Update
from tests.kernels.helpers import run, same_bits

RULES: list[tuple[Update, int]] = [
    (SGD(), 0),
    (SGD(momentum=0.9), 0),
    (SGD(momentum=0.9, nesterov=True), 2),
    (RMSprop(), 8),
    (RMSprop(rho=0.8, inside=False), 8),
    (RMSprop(momentum=0.7), 8),
    (Adam(), 8),
    (Adam(beta_1=0.8, beta_2=0.99, epsilon=1e-3), 8),
]
"""Rules, and how many units of rounding kernel and reference may differ by: each rounds every step of the formula, of
which there are up to eight, but the kernel not the products that it adds at once."""


def state(rule: Update, size: int, dtype: str) -> tuple[Array, Array, tuple[Array, ...]]:
    """Weights, a gradient and slots as after some steps: mean squares are positive."""
    rng = np.random.default_rng(size)
    w, g = rng.normal(size=(2, size)).astype(dtype)
    slots = tuple(rng.normal(size=size).astype(dtype) for _ in rule.slots)
    return w, g, tuple(abs(s) if name == "velocity" else s for s, name in zip(slots, rule.slots, strict=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 16, 45, BLOCK, 2 * BLOCK + 5])
@pytest.mark.parametrize(("rule", "units"), RULES, ids=[repr(rule) for rule, _ in RULES])
def test_step(rule: Update, units: int, size: int, dtype: str) -> None:
    """All blocks but the first, where there are several, in two calls."""
    w, g, slots = state(rule, size, dtype)
    expected = (w.copy(), *(s.copy() for s in slots))
    rule.apply(expected[0], g, expected[1:], (0.05,))
    scale = [np.maximum(abs(a), abs(b)) for a, b in zip(expected, (w, *slots), strict=True)]
    before = [a.copy() for a in (w, *slots)]

    spec, last = rule.kernel(dtype, size), blocks(size)
    first = min(1, last - 1)
    writes = (1, *range(3, 3 + len(slots)))
    for begin, end in ((first, last - 1), (max(first, last - 1), last)):
        run(spec, np.array([0.05], dtype), w, g, *slots, begin=begin, end=end, writes=writes)
    start = first * BLOCK
    for found, wanted, was, size_of in zip((w, *slots), expected, before, scale, strict=True):
        same_bits(found[:start], was[:start])
        if units == 0:
            same_bits(found[start:], wanted[start:])
        else:
            assert (abs(found - wanted) <= units * np.finfo(dtype).eps * size_of)[start:].all()
