"""Where data enters a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape

__all__ = ["Input"]


@dataclass(frozen=True)
class Input(Op):
    """The network's input: an array of `shape` a sample, handed in by whoever runs the network.

        y = x

    `shape` leaves the batch axis out: `(H, W, C)` for images, `(F,)` for vectors.
    """

    name: ClassVar[str] = "input"
    shape: Shape

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.shape

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients(())
