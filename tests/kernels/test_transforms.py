"""Winograd's matrices, in exact fractions: they are a convolution, whichever of the points a tile uses."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from konv.kernels.winograd import transforms

CASES = [(most, taps, size) for most in (4, 6) for taps in (2, 3, 5) for size in range(1, most - taps + 2)]


@pytest.mark.parametrize(("most", "taps", "size"), CASES)
def test_is_a_convolution(most: int, taps: int, size: int) -> None:
    """`Aᵀ[(G g) ⊙ (Bᵀ d)]` is the convolution, for small tiles with a part of the large one's transformed weights."""
    rng = np.random.default_rng(most * 100 + taps * 10 + size)
    n = size + taps - 1
    d, g = ([Fraction(int(v)) for v in rng.integers(-9, 10, count)] for count in (n, taps))
    seen, weights = _times(transforms.inputs(most, n), d), _times(transforms.weights(most, taps)[:n], g)
    found = _times(transforms.outputs(most, n, size), [a * b for a, b in zip(seen, weights, strict=True)])
    assert found == [sum(g[t] * d[i + t] for t in range(taps)) for i in range(size)]


def test_constants_are_exact_where_data_passes() -> None:
    """The input and output transforms of whole tiles have numbers of few bits: only those of weights are rounded."""
    for most, taps in ((4, 3), (6, 3), (6, 5)):
        size = most - taps + 1
        for matrix in (transforms.inputs(most, most), transforms.outputs(most, most, size)):
            assert all(float(np.float32(float(v))) == v for row in matrix for v in row)


def _times(matrix: transforms.Matrix, vector: list[Fraction]) -> list[Fraction]:
    return [sum((a * b for a, b in zip(row, vector, strict=True)), Fraction(0)) for row in matrix]
