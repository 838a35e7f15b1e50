"""The one building block: an outer product of broadcast scalars and vectors, summed in registers.

Forward, data gradient and weight gradient of convolutions, and all of dense layers, are this with different strides
(Georganas et al., *High-Performance Deep Learning via a Single Building Block*, 2020).
"""

from __future__ import annotations

from collections.abc import Sequence

from konv.kernels.code.ir import Function, Int, Value

__all__ = ["ask_row", "load_row", "outer", "store_row"]


def outer(k: Function, sums: Sequence[Value], xs: Sequence[Value | None], ys: Sequence[Value]) -> list[Value]:
    """`sums[i, j] + xs[i] · ys[j]`, row by row; rows whose x is None stay as they are."""
    out = list(sums)
    for i, x in enumerate(xs):
        if x is not None:
            for j, y in enumerate(ys):
                at = i * len(ys) + j
                out[at] = k.fma(x, y, sums[at])
    return out


def load_row(k: Function, p: Value, offset: Int, vectors: int, tail: int = 0) -> list[Value]:
    """`vectors` vectors side by side; the last has `tail` elements (0: all)."""
    return [k.load(p, k.add(offset, j * k.lanes), tail if j == vectors - 1 else 0) for j in range(vectors)]


def store_row(k: Function, values: Sequence[Value], p: Value, offset: Int, tail: int = 0) -> None:
    """Store vectors side by side; of the last one `tail` elements (0: all)."""
    for j, value in enumerate(values):
        k.store(value, p, k.add(offset, j * k.lanes), tail if j == len(values) - 1 else 0)


def ask_row(k: Function, p: Value, offset: Int, vectors: int) -> None:
    """Ask for the lines of vectors side by side, which will be needed."""
    line, elements = k.target.line(k.dtype), vectors * k.lanes
    for at in (*range(0, elements - 1, line), elements - 1):
        k.prefetch(p, k.add(offset, at))
