"""Optimisers' updates against their references: bit for bit, or within the roundings that a multiply-add leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from konv.kernels.sums.tree import BLOCK, blocks
from konv.kernels.training.clipping import ClipScale, SquareSums
from konv.ops.adaptive import Adam, Adamax, Nadam
from konv.ops.record import Array
from konv.ops.update import SGD, Adadelta, Adagrad, RMSprop, Update
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
    (Adam(amsgrad=True), 8),
    (Nadam(), 10),
    (Adamax(), 8),
    (Adagrad(), 6),
    (Adagrad(inside=False), 6),
    (Adadelta(), 12),
    (RMSprop(centered=True), 10),
    (RMSprop(centered=True, momentum=0.5, inside=False), 10),
    (SGD(clipvalue=0.5), 0),
    (SGD(0.9, clipnorm=0.5, weight_decay=True), 0),
    (SGD(weight_decay=True), 0),
    (SGD(ema=True), 0),
    (Adam(amsgrad=True, clipnorm=1.0, weight_decay=True, ema=True), 10),
]
"""Rules, and how many units of rounding kernel and reference may differ by: each rounds every step of the formula, of
which there are up to twelve, but the kernel not the products that it adds at once."""


SCALE = 0.3


def state(rule: Update, size: int, dtype: str) -> tuple[Array, Array, tuple[Array, ...]]:
    """Weights, a gradient and slots as after some steps: mean squares are positive, and no less than means squared."""
    rng = np.random.default_rng(size)
    w, g = rng.normal(size=(2, size)).astype(dtype)
    slots = {name: rng.normal(size=size) for name in rule.slots}
    for name, slot in slots.items():
        if name not in ("momentum", "average", "average_gradient"):
            slots[name] = abs(slot) + ("average_gradient" in slots) * (1 + slots.get("average_gradient", 0) ** 2)
    return w, g, tuple(slot.astype(dtype) for slot in slots.values())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 16, 45, BLOCK, 2 * BLOCK + 5])
@pytest.mark.parametrize(("rule", "units"), RULES, ids=[repr(rule) for rule, _ in RULES])
def test_step(rule: Update, units: int, size: int, dtype: str) -> None:
    """All blocks but the first, where there are several, in two calls."""
    w, g, slots = state(rule, size, dtype)
    numbers = [0.05, 0.25, 1.5][: len(rule.scalars)] + [0.0625] * rule.weight_decay + [0.75] * rule.ema
    scalars = tuple(float(s) for s in np.array(numbers, dtype))
    expected = (w.copy(), *(s.copy() for s in slots))
    rule.apply(expected[0], g, expected[1:], scalars, float(np.asarray(SCALE, dtype)))
    scale = [np.maximum(abs(a), abs(b)) for a, b in zip(expected, (w, *slots), strict=True)]
    before = [a.copy() for a in (w, *slots)]

    spec, last = rule.kernel(dtype, size), blocks(size)
    first = min(1, last - 1)
    given = [np.array([SCALE], dtype)] if rule.clipnorm else []
    writes = (1, *range(3 + len(given), 3 + len(given) + len(slots)))
    for begin, end in ((first, last - 1), (max(first, last - 1), last)):
        run(spec, np.array(scalars, dtype), w, g, *given, *slots, begin=begin, end=end, writes=writes)
    start = first * BLOCK
    for found, wanted, was, size_of in zip((w, *slots), expected, before, scale, strict=True):
        same_bits(found[:start], was[:start])
        if units == 0:
            same_bits(found[start:], wanted[start:])
        else:
            assert (abs(found - wanted) <= units * np.finfo(dtype).eps * size_of)[start:].all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 16, 45, BLOCK, 2 * BLOCK + 5])
def test_squares_of_small_integers_are_exact(size: int, dtype: str) -> None:
    g = np.random.default_rng(size).integers(-8, 9, size).astype(dtype)
    sums = np.full(blocks(size), np.nan, dtype)
    for begin in range(blocks(size)):
        run(SquareSums(dtype, size), g, sums, begin=begin, end=begin + 1)
    same_bits(sums, np.add.reduceat(g * g, np.arange(0, size, BLOCK)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("squares", "expected"), [([9, 16, 0], 0.5), ([0, 0, 0], 1), ([1, 1, 4], 1), ([100] * 3, None)]
)
def test_scale_of_long_gradients(squares: list[int], expected: float | None, dtype: str) -> None:
    """Of gradients 3 and 4 long together, to be at most 2.5, half is left; shorter ones are as they were."""
    sizes, scale = (BLOCK + 1, 7), np.full(1, np.nan, dtype)
    run(ClipScale(dtype, sizes, 2.5), np.array(squares[:2], dtype), np.array(squares[2:], dtype), scale, end=1)
    wanted = np.asarray(2.5, dtype) / np.sqrt(np.asarray(300, dtype)) if expected is None else expected
    same_bits(scale, np.asarray([wanted], dtype))
