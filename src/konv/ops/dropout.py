"""Dropout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ConfigurationError
from konv.kernels.pointwise import Dropout as DropoutKernel
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements

__all__ = ["Dropout"]


@dataclass(frozen=True)
class Dropout(Op):
    """Dropout: while training, each element is set to 0 with probability `rate`, anew for every sample and epoch.

        y = x · k / (1 − rate)        ∂x = ∂y · k / (1 − rate)

    k is 1 where the element's 32 random bits, read as an integer, are at least rate · 2³² (rounded), else 0.
    Dividing by 1 − rate keeps the expected value, so that prediction needs no change: there y = x.

    The bits depend on the seed, the layer, the epoch and the sample alone (`konv.random.Stream`): the same sample
    is masked alike in whichever batch, thread or process it is computed, and forward and backward agree.

    Shapes: x, y and k (N, …). Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, *Dropout: a simple
    way to prevent neural networks from overfitting*, 2014, section 10 ("inverted" dropout).
    """

    name: ClassVar[str] = "dropout"
    random: ClassVar[bool] = True
    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ConfigurationError(text("bad_rate", layer="Dropout", received=self.rate))

    @property
    def threshold(self) -> int:
        """An element is kept where its 32 random bits are at least this: rate · 2³², rounded."""
        return round(self.rate * 2**32)

    @property
    def scale(self) -> float:
        """What kept elements are multiplied by: 1 / (1 − rate)."""
        return 1 / (1 - self.rate)

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.where(self._kept(x[0], run), x[0] * self.scale, 0) if run.training else x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((np.where(self._kept(dy, run), dy * self.scale, 0) if run.training else dy,))

    def lower(self, to: Lowering) -> None:
        if not to.training:
            to.same()
            return
        spec = DropoutKernel(to.dtype, to.y.size, self.threshold, self.scale)
        to.samples(spec, to.key, to.numbers, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if to.dx[0] is not None:
            spec = DropoutKernel(to.dtype, to.y.size, self.threshold, self.scale)
            to.samples(spec, to.key, to.numbers, to.dy, to.dx[0])

    def _kept(self, x: Array, run: Run) -> Array:
        if run.stream is None:
            raise ValueError("dropout in training needs a random stream")
        kept: Array = run.stream.bits(elements(x.shape[1:])) >= self.threshold
        return np.reshape(kept, x.shape)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.dropout", {"percent": f"{100 * self.rate:g}"}
