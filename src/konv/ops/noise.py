"""Random numbers as an op, and noise that keeps networks from learning by heart."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np

from konv.errors import ConfigurationError
from konv.kernels.maps.drawing import Noise
from konv.kernels.maps.pointwise import AlphaDropout as AlphaKernel, Dropout as DropoutKernel
from konv.messages import text
from konv.ops.dropping import Dropout
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.random import Stream
from konv.shapes import Shape, elements

__all__ = ["AlphaDropout", "GaussianDropout", "GaussianNoise", "Random"]


@dataclass(frozen=True)
class Random(Op):
    """Random numbers of a `shape` for each sample, drawn in training and in prediction alike.

        normal:  y = first + second · z      z of mean 0 and standard deviation 1
        uniform: y = first + second · u      u from 0 to 1

    They depend on the seed, the node, the epoch and the sample alone (`konv.random.Stream`); in prediction on the node
    and the sample, so that `predict` gives the same each time.

    Shapes: y (N, *shape). Source: Box & Muller, *A note on the generation of random normal deviates*, 1958.
    """

    name: ClassVar[str] = "random"
    random: ClassVar[bool] = True
    always: ClassVar[bool] = True
    distribution: str
    shape: Shape
    first: float = 0.0
    second: float = 1.0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.distribution not in ("normal", "uniform"):
            raise ConfigurationError(
                text("unknown_setting", name="distribution", received=self.distribution, known="normal, uniform")
            )

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        draw = _stream(run).normal if self.distribution == "normal" else _stream(run).uniform
        drawn = draw(elements(self.shape), self.dtype).reshape(-1, *self.shape)
        return np.asarray(self.first + self.second * drawn, self.dtype)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients(())

    def lower(self, to: Lowering) -> None:
        spec = Noise(to.dtype, to.y.size, self.distribution, self.first, self.second)
        to.samples(spec, to.key, to.numbers, to.y)

    def lower_backward(self, to: Lowering) -> None:
        """Nothing depends on anything."""

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.shape

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.random", {"distribution": self.distribution}


@dataclass(frozen=True)
class GaussianNoise(Op):
    """Gaussian noise: while training, each number has a random one of deviation `stddev` added to it.

        y = x + σ·z        ∂x = ∂y        z of mean 0 and standard deviation 1

    In prediction y = x. The numbers depend on the seed, the layer, the epoch and the sample alone.

    Shapes: x, y and z (N, …). Source: Bishop, *Training with noise is equivalent to Tikhonov regularization*, 1995.
    """

    name: ClassVar[str] = "gaussian_noise"
    random: ClassVar[bool] = True
    stddev: float

    def __post_init__(self) -> None:
        if not 0 <= self.stddev < float("inf"):
            raise ConfigurationError(
                text("not_from_zero", layer="GaussianNoise", argument="stddev", received=self.stddev)
            )

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0] + x[0].dtype.type(self.stddev) * _normal(x[0], run) if run.training else x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((dy,))

    def lower(self, to: Lowering) -> None:
        if not to.training:
            to.same()
            return
        to.samples(Noise(to.dtype, to.y.size, "normal", 0.0, self.stddev, "add"), to.key, to.numbers, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if to.training:
            to.passes(0)
        else:
            to.same()

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.gaussian_noise", {"stddev": f"{self.stddev:g}"}


@dataclass(frozen=True)
class GaussianDropout(Op):
    """Gaussian dropout: while training, each number is multiplied by a random one around 1.

        y = x · (1 + σ·z)        ∂x = ∂y · (1 + σ·z)        σ = √(rate / (1 − rate))

    z has mean 0 and standard deviation 1: the product has the mean and variance that dropout of `rate` gives. In
    prediction y = x. The numbers depend on the seed, the layer, the epoch and the sample alone.

    Shapes: x, y and z (N, …). Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, *Dropout: a simple
    way to prevent neural networks from overfitting*, 2014, section 10.
    """

    name: ClassVar[str] = "gaussian_dropout"
    random: ClassVar[bool] = True
    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ConfigurationError(text("bad_rate", layer="GaussianDropout", received=self.rate))

    @property
    def deviation(self) -> float:
        """σ."""
        return sqrt(self.rate / (1 - self.rate))

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return x[0] * (1 + x[0].dtype.type(self.deviation) * _normal(x[0], run)) if run.training else x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((self.forward((dy,), w, run),))

    def lower(self, to: Lowering) -> None:
        if not to.training:
            to.same()
            return
        to.samples(self._kernel(to), to.key, to.numbers, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if not to.training:
            to.same()
        elif to.dx[0] is not None:
            to.samples(self._kernel(to), to.key, to.numbers, to.dy, to.dx[0])

    def _kernel(self, to: Lowering) -> Noise:
        return Noise(to.dtype, to.y.size, "normal", 1.0, self.deviation, "multiply")

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.gaussian_dropout", {"percent": f"{100 * self.rate:g}"}


@dataclass(frozen=True)
class AlphaDropout(Dropout):
    """Alpha dropout: dropout for networks of SELUs, which keeps mean 0 and variance 1.

        y = a · (x·k + α'·(1 − k)) + b        ∂x = a · ∂y · k        k as in dropout
        α' = −λα = −1.7581        a = 1 / √((1 − rate)·(1 + rate·α'²))        b = −a · rate · α'

    A number that is dropped becomes what a SELU gives far below 0. In prediction y = x.

    Shapes: x, y and k (N, …). Source: Klambauer, Unterthiner, Mayr & Hochreiter, *Self-normalizing neural networks*,
    2017, section "New dropout technique".
    """

    name: ClassVar[str] = "alpha_dropout"

    @property
    def affine(self) -> tuple[float, float, float]:
        """α', a and b."""
        low = -1.6732632423543772 * 1.0507009873554805
        factor = ((1 - self.rate) * (1 + self.rate * low**2)) ** -0.5
        return low, factor, -factor * self.rate * low

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        if not run.training:
            return x[0]
        low, a, b = self.affine
        return np.asarray(np.where(self._kept(x[0], run), x[0] * a + b, a * low + b), x[0].dtype)

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        factor = self.affine[1]
        return Gradients((np.where(self._kept(dy, run), dy * factor, 0).astype(dy.dtype) if run.training else dy,))

    def lower(self, to: Lowering) -> None:
        if not to.training:
            to.same()
            return
        low, a, b = self.affine
        spec = AlphaKernel(to.dtype, to.y.size, self.threshold, a, b, a * low + b)
        to.samples(spec, to.key, to.numbers, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if not to.training:
            to.same()
        elif to.dx[0] is not None:
            spec = DropoutKernel(to.dtype, to.y.size, self.threshold, self.affine[1])
            to.samples(spec, to.key, to.numbers, to.dy, to.dx[0])

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.alpha_dropout", {"percent": f"{100 * self.rate:g}"}


def _stream(run: Run) -> Stream:
    if run.stream is None:
        raise ValueError("random numbers need a stream")
    return run.stream


def _normal(x: Array, run: Run) -> Array:
    """Normal numbers of the shape and type of `x`."""
    drawn: Array = _stream(run).normal(elements(x.shape[1:]), x.dtype).reshape(x.shape)
    return drawn
