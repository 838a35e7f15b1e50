"""Local response normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.neighbours import NormaliseNeighbours, NormaliseNeighboursGradient
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements

__all__ = ["LocalResponseNormalization"]


@dataclass(frozen=True)
class LocalResponseNormalization(Op):
    """Local response normalisation: every number is divided by a power of the sum of its neighbours' squares.

        y[c] = x[c] · s[c]^(−β)        s[c] = k + α · Σ x[j]²    over j = c − ⌊(n − 1)/2⌋ … c + ⌊n/2⌋

    j goes over n channels at the same place; those beyond the first and the last one do not exist. With `average`
    α is divided by n, as in ONNX and PyTorch.

    Backward: a number also makes those of its neighbours smaller, whose windows it lies in.

        ∂x[c] = ∂y[c] · s[c]^(−β) − 2αβ · x[c] · Σ ∂y[j] · x[j] · s[j]^(−β−1)    over j = c − ⌊n/2⌋ … c + ⌊(n − 1)/2⌋

    Shapes: x and y (N, …, C), s alike.

    Source: Krizhevsky, Sutskever & Hinton, *ImageNet classification with deep convolutional neural networks*, 2012,
    section 3.3 (n odd); for n even the window is that of ONNX's LRN.
    """

    name: ClassVar[str] = "local_response_normalization"
    gates: ClassVar[bool] = True
    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    bias: float = 2.0
    average: bool = False

    @property
    def reach(self) -> tuple[int, int]:
        """How many channels a window has before its own and after it."""
        return (self.size - 1) // 2, self.size // 2

    @property
    def slope(self) -> float:
        """What the sum of squares is multiplied by."""
        return self.alpha / self.size if self.average else self.alpha

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.asarray(x[0] * self._sizes(x[0]) ** -self.beta)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        s, (before, after) = self._sizes(x[0]), self.reach
        direct = dy * s**-self.beta
        others = _sums(direct * x[0] / s, after, before)
        return Gradients((direct - 2 * self.slope * self.beta * x[0] * others,))

    def _sizes(self, x: Array) -> Array:
        """s: k and the neighbours' squares."""
        return np.asarray(self.bias + self.slope * _sums(x * x, *self.reach))

    def lower(self, to: Lowering) -> None:
        spec = NormaliseNeighbours(to.dtype, *self._attributes(to))
        to.samples(spec, to.x[0], to.y, grain=to.y.size // spec.channels)

    def lower_backward(self, to: Lowering) -> None:
        if to.dx[0] is not None:
            spec = NormaliseNeighboursGradient(to.dtype, *self._attributes(to), to.gate)
            to.samples(spec, to.x[0], to.dy, to.dx[0], grain=to.y.size // spec.channels)

    def _attributes(self, to: Lowering) -> tuple[int, int, int, float, float, float]:
        """Of both kernels; no window reaches further than there are channels."""
        channels = to.shapes[0][-1]
        before, after = (min(far, channels - 1) for far in self.reach)
        return channels, before, after, self.slope, self.beta, self.bias

    def output_shape(self, *inputs: Shape) -> Shape:
        if not inputs[0] or elements(inputs[0]) < 1:
            raise ShapeError(text("no_features", layer="LocalResponseNormalization", received=inputs[0]))
        return inputs[0]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.local_response_normalization", {"size": self.size}


def _sums(x: Array, before: int, after: int) -> Array:
    """Sums over channels c − before … c + after, for every c."""
    around = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(before, after)])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(around, before + after + 1, -1).sum(-1))
