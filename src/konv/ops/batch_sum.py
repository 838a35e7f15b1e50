"""Sums over the samples of a batch that every sample can go on computing with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.maps.moves import Move
from konv.kernels.sums.tree import BiasGradient, Combine, blocks
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import elements

__all__ = ["BatchSum"]


@dataclass(frozen=True)
class BatchSum(Op):
    """The sum over all samples, or their `mean`, the same for every one: what losses of a whole batch are made of.

        y[n] = Σ_m x[m] / d        ∂x[n] = Σ_m ∂y[m] / d

    d is 1, or of a mean the number of samples. Each sample's x is part of every y, so both ways are the same sum, taken
    by the tree of eight leaves: the same bits for any number of threads. Shapes: x and y (N, …).
    """

    name: ClassVar[str] = "batch_sum"
    alike: ClassVar[bool] = True
    mean: bool = False

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return self._summed(x[0])

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((self._summed(dy),))

    def _summed(self, a: Array) -> Array:
        total: Array = np.repeat((a.mean if self.mean else a.sum)(0, keepdims=True), len(a), 0)
        return total

    def lower(self, to: Lowering) -> None:
        self._lower(to, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if to.dx[0] is not None:
            self._lower(to, to.dy, to.dx[0])

    def _lower(self, to: Lowering, read: Slot, written: Slot) -> None:
        size = elements(to.shapes[0])
        leaves, total = to.own("leaves", size, "leaf"), to.own("total", size)
        to.leaves(BiasGradient(to.dtype, size), read, leaves)
        to.outputs(Combine(to.dtype, size, self.mean), to.frame, leaves, total, units=lambda n: blocks(size))
        to.samples(Move(to.dtype, (size,), (0, 0, (1,)), (size, 0, (1,))), total, written)

    def purpose(self, *inputs: tuple[int, ...]) -> tuple[str, dict[str, object]]:
        return "purpose.batch_sum", {"function": "mean" if self.mean else "sum"}
