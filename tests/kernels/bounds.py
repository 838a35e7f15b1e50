"""How far Winograd's convolution may be from the exact one: the bound that docs/winograd.md derives."""

from __future__ import annotations

import numpy as np

from konv.kernels.winograd import transforms
from konv.kernels.winograd.tiling import Tiling
from konv.ops.record import Array

__all__ = ["forward", "gradient"]


def _sizes(matrix: transforms.Matrix) -> Array:
    return np.abs(np.array([[float(v) for v in row] for row in matrix]))


def _gamma(roundings: int, dtype: str) -> float:
    """γₙ = n·u / (1 − n·u) (Higham, *Accuracy and stability of numerical algorithms*, 2002, lemma 3.1)."""
    unit = np.finfo(dtype).eps / 2
    return float(roundings * unit / (1 - roundings * unit))


def _roundings(tiling: Tiling, summed: int) -> int:
    """Roundings on the longest way through both axes of three transforms, the sum of products, and a bias."""
    n, r = tiling.points, tiling.taps
    return 2 * (n + 3) + 2 * (r + 3) + 2 * (n + 3) + summed + 2


def _both(matrix: Array, block: Array) -> Array:
    return np.einsum("ai,bj,...ijc->...abc", matrix, matrix, block, optimize=True)


def _tiles(x: Array, tiling: Tiling, reach: int) -> Array:
    """|x| in tiles of the largest size, `(N, tile rows, tile columns, size, size, C)`; what lies outside is 0."""
    size = tiling.size + reach
    found = np.zeros((len(x), *(-(-a.positions // tiling.size) for a in (tiling.rows, tiling.columns)), size, size,
                      x.shape[-1]))  # fmt: skip
    firsts = [a.first if reach else 0 for a in (tiling.rows, tiling.columns)]
    for r, c, i, j in np.ndindex(*found.shape[1:5]):
        at = r * tiling.size + firsts[0] + i, c * tiling.size + firsts[1] + j
        if 0 <= at[0] < x.shape[1] and 0 <= at[1] < x.shape[2]:
            found[:, r, c, i, j] = np.abs(x[:, at[0], at[1]])
    return found


def _largest(make: object, tiling: Tiling, *rest: object) -> Array:
    """The largest sizes of a matrix over all the tiles a map may have: smaller tiles have other numbers."""
    n, reach = tiling.points, tiling.taps - 1
    whole = np.zeros((n, n) if make is transforms.inputs else (tiling.size, n))
    for size in range(1, tiling.size + 1):
        args = (n, size + reach) if make is transforms.inputs else (n, size + reach, size)
        part = _sizes(make(*args))  # type: ignore[operator]
        rows, columns = part.shape
        whole[:rows, :columns] = np.maximum(whole[:rows, :columns], part)
    return whole


def forward(x: Array, w: Array, tiling: Tiling, dtype: str) -> Array:
    """The bound of each output of `x ∗ w`, one group: γ · |Aᵀ|[(|G||w||Gᵀ|) · (|Bᵀ||x||B|)]|A|."""
    seen = _both(_largest(transforms.inputs, tiling), _tiles(x, tiling, tiling.taps - 1))
    g = _sizes(transforms.weights(tiling.points, tiling.taps))
    weights = np.einsum("ai,bj,ijco->abco", g, g, np.abs(w))
    made = _both(_largest(transforms.outputs, tiling), np.einsum("nrtabc,abco->nrtabo", seen, weights, optimize=True))
    whole = made.swapaxes(2, 3).reshape(len(x), made.shape[1] * tiling.size, -1, w.shape[-1])
    bound = whole[:, : tiling.rows.positions, : tiling.columns.positions]
    return np.asarray(_gamma(_roundings(tiling, w.shape[2]), dtype) * bound)


def gradient(x: Array, dy: Array, tiling: Tiling, dtype: str) -> Array:
    """The bound of each gradient of w, one group: γ · |Gᵀ|[Σ (|Bᵀ||x||B|) · (|A||dy||Aᵀ|)]|G|."""
    seen = _both(_largest(transforms.inputs, tiling), _tiles(x, tiling, tiling.taps - 1))
    back = _both(_largest(transforms.outputs, tiling).T, _tiles(dy, tiling, 0))
    g = _sizes(transforms.weights(tiling.points, tiling.taps))
    products = np.einsum("nrtabc,nrtabo->abco", seen, back, optimize=True)
    summed = len(x) * seen.shape[1] * seen.shape[2]
    bound = np.einsum("ai,bj,abco->ijco", g, g, products)
    return np.asarray(_gamma(_roundings(tiling, summed), dtype) * bound)
