"""Batch normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.code.spec import LEAVES
from konv.kernels.maps.batchnorm import (
    ChannelScale,
    JoinGradientSums,
    Normalise,
    NormaliseGradient,
    NormaliseGradientSums,
)
from konv.kernels.maps.moments import ChannelMoments, Follow, JoinMoments
from konv.kernels.sums.tree import blocks
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.shapes import Shape, elements

__all__ = ["BatchNormalization"]


@dataclass(frozen=True)
class BatchNormalization(Op):
    """Batch normalisation: every channel is shifted and scaled to mean 0 and variance 1, then to what is learned best.

        y = γ[c] · x̂ + β[c]        x̂ = (x − μ[c]) / √(v[c] + ε)

    While training, μ and v are mean and variance of this batch: of all m numbers of a channel, over samples and
    places. The moving statistics follow them, and stand for them in prediction, and while the layer is frozen:

        moving ← momentum · moving + (1 − momentum) · (μ or v)        v is divided by m, not m − 1, as in Keras 3

    Backward, in training: changing one number moves mean and variance too.

        ∂β[c] = Σ ∂y        ∂γ[c] = Σ ∂y·x̂        ∂x = γ/√(v + ε) · (∂y − ∂β/m − x̂·∂γ/m)

    In prediction, with μ and v fixed, ∂x = γ/√(v + ε) · ∂y. The sums over samples are taken by the tree of eight
    leaves: the same bits for any number of threads.

    Shapes: x and y (N, …, C), γ, β, moving mean and moving variance (C,).

    Source: Ioffe & Szegedy, *Batch normalization: accelerating deep network training by reducing internal covariate
    shift*, 2015, algorithms 1 and 2.
    """

    name: ClassVar[str] = "batch_normalization"
    gates: ClassVar[bool] = True
    relus: ClassVar[bool] = True
    regates: ClassVar[bool] = True
    caps: ClassVar[bool] = True
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        mean, variance = self._moments(x[0], w, run)
        gamma, beta = self._affine(w)
        return (x[0] - mean) * (gamma / np.sqrt(variance + self.epsilon)) + beta

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        mean, variance = self._moments(x[0], w, run)
        gamma, _ = self._affine(w)
        inverse = 1 / np.sqrt(variance + self.epsilon)
        normal = (x[0] - mean) * inverse

        over, m = tuple(range(dy.ndim - 1)), dy.size // dy.shape[-1]
        dbeta, dgamma = dy.sum(over), (dy * normal).sum(over)
        through = dy - dbeta / m - normal * (dgamma / m) if run.training else dy
        return Gradients((through * (gamma * inverse),), (*[dgamma] * self.scale, *[dbeta] * self.center))

    def statistics(self, x: tuple[Array, ...], w: tuple[Array, ...]) -> tuple[Array, ...]:
        now = self._moments(x[0], w, Run(training=True))
        return tuple(self.momentum * old + (1 - self.momentum) * new for old, new in zip(w[-2:], now, strict=True))

    def _moments(self, x: Array, w: tuple[Array, ...], run: Run) -> tuple[Array, Array]:
        """The mean and the variance to normalise by: this batch's in training, else the moving ones."""
        if not run.training:
            return w[-2], w[-1]
        over = tuple(range(x.ndim - 1))
        return x.mean(over), x.var(over)

    def _affine(self, w: tuple[Array, ...]) -> tuple[Array | float, Array | float]:
        """γ and β; 1 and 0 where they are left out."""
        return w[0] if self.scale else 1.0, w[self.scale] if self.center else 0.0

    def lower(self, to: Lowering) -> None:
        size, places = self._sizes(to)
        if to.training:
            moments, finer = to.own("moments", 2 * size, "leaf"), to.batch < LEAVES
            spec = ChannelMoments(to.dtype, size, places, finer=finer)
            to.leaves(spec, to.frame, to.x[0], moments, clear=False, grain=places)
            made = tuple(to.own(name, size) for name in ("mean", "variance", "inverse", "factor"))
            join = JoinMoments(to.dtype, size, places, self.epsilon, self.scale, finer=finer)
            to.outputs(join, to.frame, moments, *self._gamma(to), *made, written=made)
            for now, moving in zip(made[:2], to.w[-2:], strict=True):
                to.follow(Follow(to.dtype, size, self.momentum), now, moving, units=lambda n: blocks(size))
        mean, _, factor = self._fixed(to)
        normal = Normalise(to.dtype, size, self.center, to.relu, to.most)
        to.samples(normal, to.x[0], mean, factor, *self._beta(to), to.y, grain=places)

    def lower_backward(self, to: Lowering) -> None:
        size, places = self._sizes(to)
        mean, inverse, factor = self._fixed(to)
        through = to.training and to.dx[0] is not None
        rest = to.own("rest", 2 * size)
        seen = (to.x[0], to.dy, mean)
        gated = (factor, *self._beta(to)) if to.relu else ()
        if through or any(to.dw):
            sums = to.own("sums", 2 * size, "leaf")
            spec = NormaliseGradientSums(to.dtype, size, places, self.center, to.relu, to.most)
            to.leaves(spec, *seen, *gated, sums, grain=places)
            made = (*self._gradients(to, size), rest)
            join = JoinGradientSums(to.dtype, size, places)
            to.outputs(join, to.frame, sums, inverse, factor, *made, written=made)
        if to.dx[0] is not None:
            back = NormaliseGradient(to.dtype, size, self.center, to.relu, through, to.gate, to.most)
            others = (*(self._beta(to) if to.relu else ()), *[rest] * through)
            to.samples(back, *seen, factor, *others, to.dx[0], grain=places)

    def _sizes(self, to: Lowering) -> tuple[int, int]:
        """Channels, and numbers of each in a sample."""
        size = to.shapes[0][-1]
        return size, to.y.size // size

    def _gamma(self, to: Lowering) -> tuple[Slot, ...]:
        return to.w[:1] if self.scale else ()

    def _beta(self, to: Lowering) -> tuple[Slot, ...]:
        return to.w[self.scale : self.scale + 1] if self.center else ()

    def _fixed(self, to: Lowering) -> tuple[Slot, Slot, Slot]:
        """Mean, inverse and factor to normalise by."""
        size = to.shapes[0][-1]
        if to.training:
            return to.own("mean", size), to.own("inverse", size), to.own("factor", size)
        spec = ChannelScale(to.dtype, size, self.epsilon, self.scale)
        inverse, factor = to.derived(spec, to.w[-1], *self._gamma(to), sizes=(size, size))
        return to.w[-2], inverse, factor

    def _gradients(self, to: Lowering, size: int) -> tuple[Slot, Slot]:
        """Where the gradients of γ and β go: to the weights', or where nobody reads them."""
        names = [*["gamma"] * self.scale, *["beta"] * self.center]
        wanted = {name: i for i, name in enumerate(names) if to.dw[i]}
        dgamma, dbeta = (
            to.gradient(wanted[name]) if name in wanted else to.own(f"unread d {name}", size)
            for name in ("gamma", "beta")
        )
        return dgamma, dbeta

    def output_shape(self, *inputs: Shape) -> Shape:
        if not inputs[0] or elements(inputs[0]) < 1:
            raise ShapeError(text("no_features", layer="BatchNormalization", received=inputs[0]))
        return inputs[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        size = self.output_shape(*inputs)[-1]
        learned = [*["gamma"] * self.scale, *["beta"] * self.center]
        return (
            *(Weight(name, (size,), size, size) for name in learned),
            *(Weight(f"moving_{name}", (size,), size, size, statistic=True) for name in ("mean", "variance")),
        )

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.batch_normalization", {"channels": inputs[0][-1]}
