"""The small linear transforms of Winograd's convolution: exact matrices, and code that applies them to vectors.

A convolution of `taps` weights with `size` outputs is a product of polynomials, known from its values at
`n = size + taps − 1` points: `y = Aᵀ[(G g) ⊙ (Bᵀ d)]` takes n multiplications instead of size · taps (Winograd,
*Arithmetic Complexity of Computations*, 1980, chapter V; Lavin & Gray, *Fast algorithms for convolutional neural
networks*, 2016, section 4). In two dimensions each matrix is applied along both axes.

Row j of G evaluates the weights at point j, whatever the size of the tile. So tiles of all sizes up to the largest
share one set of transformed weights: a smaller tile uses the first of the points, and its Bᵀ carries what differs in
scale. Points lie in an order in which that costs least: 0 and ∞ first, then pairs ±p, whose sums are shared.

Points ±5/8 and ±3/2 make a quarter of the rounding error of the textbook's ±1 and ±2 (the size of error depends on
the points: Barabasz, Anderson, Soodhalter & Gregg, *Error analysis and improving the accuracy of Winograd convolution
for deep neural networks*, 2020, section 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import prod

from konv.kernels.code.ir import Function, Value

__all__ = ["Matrix", "inputs", "linear", "outputs", "points", "transposed", "weights"]

Matrix = tuple[tuple[Fraction, ...], ...]
Rows = list[list[Value | None]]
_INFINITY = None


def points(number: int) -> list[Fraction | None]:
    """The first `number` (3 to 6) points; None is infinity. Up to four, all products are by powers of two."""
    pair = (Fraction(1), Fraction(-1)) if number <= 4 else (Fraction(5, 8), Fraction(-5, 8))
    return [Fraction(0), _INFINITY, *pair, Fraction(3, 2), Fraction(-3, 2)][:number]


def _scale(most: int, j: int) -> Fraction:
    """What row j of G is divided by: the product of point j's distances from the other points."""
    found = points(most)
    here = found[j]
    if here is None:
        return Fraction(1)
    return prod((here - p for k, p in enumerate(found) if k != j and p is not None), start=Fraction(1))


@lru_cache
def weights(most: int, taps: int) -> Matrix:
    """G: `most` points × `taps`."""
    rows = []
    for j, p in enumerate(points(most)):
        row = [Fraction(int(t == taps - 1)) if p is None else p**t for t in range(taps)]
        rows.append(tuple(v / _scale(most, j) for v in row))
    return tuple(rows)


@lru_cache
def inputs(most: int, number: int) -> Matrix:
    """Bᵀ for a tile that uses the first `number` of `most` points: square."""
    used = points(most)[:number]
    rows = []
    for j, here in enumerate(used):
        others = [p for k, p in enumerate(used) if k != j and p is not None]
        poly = [Fraction(1)]
        for p in others:  # times (x − p)
            poly = [a - p * b for a, b in zip([Fraction(0), *poly], [*poly, Fraction(0)], strict=True)]
        norm = Fraction(1) if here is None else prod((here - p for p in others), start=Fraction(1))
        rows.append(tuple(v * _scale(most, j) / norm for v in [*poly, *[Fraction(0)] * (number - len(poly))]))
    return tuple(rows)


@lru_cache
def outputs(most: int, number: int, size: int) -> Matrix:
    """Aᵀ: `size` outputs × the first `number` of `most` points."""
    used = points(most)[:number]
    return tuple(tuple(Fraction(int(i == size - 1)) if p is None else p**i for p in used) for i in range(size))


def transposed(m: Matrix) -> Matrix:
    """The transpose."""
    return tuple(zip(*m, strict=True))


def linear(k: Function, matrix: Matrix, block: Rows, both: bool = True) -> Rows:
    """`matrix · block · matrixᵀ`, or `matrix · block`; entries of `block` that are None are zeros, and cost nothing."""
    columns = [_apply(k, matrix, list(column)) for column in zip(*block, strict=True)]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return [_apply(k, matrix, row) for row in rows] if both else rows


def apart(k: Function, left: Matrix, block: Rows, right: Matrix) -> Rows:
    """`left · block · rightᵀ`."""
    return [_apply(k, right, row) for row in linear(k, left, block, both=False)]


def _apply(k: Function, matrix: Matrix, d: list[Value | None]) -> list[Value | None]:
    """`matrix · d`: pairs of columns, then pairs of rows, that differ in signs alone share their sums."""
    plain, paired = [list(row) for row in matrix], list(d)
    for j in range(len(d) - 1):
        even, odd = _alike([row[j] for row in plain], [row[j + 1] for row in plain])
        if even and odd:
            a, b = paired[j], paired[j + 1]
            paired[j], paired[j + 1] = _sum(k, [(Fraction(1), a), (Fraction(1), b)]), _difference(k, a, b)
            for i, row in enumerate(plain):
                row[j], row[j + 1] = (row[j], Fraction(0)) if i in even else (Fraction(0), row[j])
    found: list[Value | None] = []
    while len(found) < len(plain):
        row = plain[len(found)]
        following = plain[len(found) + 1] if len(found) + 1 < len(plain) else None
        even, odd = _alike(row, following) if following is not None else (set(), set())
        terms = list(zip(row, paired, strict=True))
        if even and odd:
            same = _sum(k, [t for i, t in enumerate(terms) if i in even])
            lead = row[max(odd)]
            other = _sum(k, [(c / lead, v) for i, (c, v) in enumerate(terms) if i in odd])
            found += [_sum(k, [(Fraction(1), same), (sign * lead, other)]) for sign in (1, -1)]
        else:
            found.append(_sum(k, terms))
    return found


def _alike(a: Sequence[Fraction], b: Sequence[Fraction]) -> tuple[set[int], set[int]]:
    """Where two lines are equal and where opposite, zeros aside; nothing where they are neither somewhere."""
    even = {i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x == y != 0}
    odd = {i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x == -y != 0}
    whole = all(x == y == 0 or i in even or i in odd for i, (x, y) in enumerate(zip(a, b, strict=True)))
    return (even, odd) if whole else (set(), set())


def _difference(k: Function, a: Value | None, b: Value | None) -> Value | None:
    if b is None:
        return a
    return k.fsub(k.every(0) if a is None else a, b)


def _sum(k: Function, terms: Sequence[tuple[Fraction, Value | None]]) -> Value | None:
    """Σ coefficient · value, the ones first, for they need no multiplication."""
    real = sorted(((c, v) for c, v in terms if c and v is not None), key=lambda t: (t[0] != 1, abs(t[0]) != 1))
    total: Value | None = None
    for c, v in real:
        assert v is not None
        if total is None:
            total = v if c == 1 else k.fmul(k.every(float(c)), v)
        elif abs(c) == 1:
            total = k.fadd(total, v) if c == 1 else k.fsub(total, v)
        else:
            total = k.fma(k.every(float(c)), v, total)
    return total
