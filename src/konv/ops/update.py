"""Update rules of optimisers as records: the formula, its state, and the scalars it reads at each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.spec import Spec
from konv.kernels.updates import AdamUpdate, RMSpropUpdate, SGDUpdate
from konv.ops.record import Array

__all__ = ["Adam", "RMSprop", "SGD", "Update"]


@dataclass(frozen=True)
class Update:
    """Base of all update rules. `slots` names the arrays kept beside each weight, all zeros at first.

    Attributes that never change during a run (momentum, rho, epsilon) are fields, compiled into the kernel;
    what changes from step to step (the learning rate after decay and bias correction) comes as `scalars`.
    """

    name: ClassVar[str] = ""
    scalars: ClassVar[tuple[str, ...]] = ("learning_rate",)

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the state arrays."""
        return ()

    def apply(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        """Update `w` and `slots` in place from the gradient `g`; the reference."""
        raise NotImplementedError

    def kernel(self, dtype: str, size: int) -> Spec:
        """The compiled form, for a weight of `size` elements."""
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Update):
    """Stochastic gradient descent: a step downhill, η the learning rate; with momentum μ it rolls on like a ball.

        μ = 0:     w ← w − η·g
        μ > 0:     m ← μ·m − η·g        w ← w + m
        Nesterov:  m ← μ·m − η·g        w ← w + μ·m − η·g

    Shapes: w, g and m alike. Source: Sutskever, Martens, Dahl & Hinton, *On the importance of initialization and
    momentum in deep learning*, 2013, equations 1 to 4, in the form of Keras 2 and 3 (`SGD`), where the learning rate
    stands inside the momentum and Nesterov's look ahead is folded into the weights.
    """

    name: ClassVar[str] = "sgd"
    momentum: float = 0.0
    nesterov: bool = False

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def apply(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        step = scalars[0] * g
        if not self.momentum:
            w -= step
            return
        (m,) = slots
        m *= self.momentum
        m -= step
        w += self.momentum * m - step if self.nesterov else m

    def kernel(self, dtype: str, size: int) -> Spec:
        return SGDUpdate(dtype, size, self.momentum, self.nesterov)


@dataclass(frozen=True)
class RMSprop(Update):
    """RMSprop: every weight has its own step, the gradient divided by its recent root mean square.

        v ← ρ·v + (1 − ρ)·g²
        inside (Keras 3):   d = η·g / √(v + ε)
        outside (Keras 2):  d = η·g / (√v + ε)
        w ← w − d,    or with momentum μ > 0:    m ← μ·m + d    w ← w − m

    η is the learning rate. Where v is tiny the place of ε matters: at ε = 1e-7 the divisor is at least 3e-4 inside
    the root, and 1e-7 outside it.

    Shapes: w, g, v and m alike. Source: Tieleman & Hinton, *Lecture 6.5: RMSProp*, 2012; Keras 2.2.4
    `optimizers.RMSprop.get_updates` (which has no momentum) and Keras 3 `RMSprop.update_step`.
    """

    name: ClassVar[str] = "rmsprop"
    rho: float = 0.9
    epsilon: float = 1e-7
    inside: bool = True
    momentum: float = 0.0

    @property
    def slots(self) -> tuple[str, ...]:
        return ("velocity", "momentum") if self.momentum else ("velocity",)

    def apply(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        v = slots[0]
        v *= self.rho
        v += (1 - self.rho) * (g * g)
        step = scalars[0] * g / (np.sqrt(v + self.epsilon) if self.inside else np.sqrt(v) + self.epsilon)
        if not self.momentum:
            w -= step
            return
        m = slots[1]
        m *= self.momentum
        m += step
        w -= m

    def kernel(self, dtype: str, size: int) -> Spec:
        return RMSpropUpdate(dtype, size, self.rho, self.momentum, self.epsilon, self.inside)


@dataclass(frozen=True)
class Adam(Update):
    """Adam: momentum and RMSprop together, both corrected for having started at zero.

        m ← m + (1 − β₁)·(g − m)        v ← v + (1 − β₂)·(g² − v)
        w ← w − α·m / (√v + ε)          α = η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)

    α, the scalar `step_size`, holds the learning rate η and the bias correction of step t = 1, 2, …; whoever counts
    the steps computes it. ε stands beside √v before that correction ("epsilon hat").

    Shapes: w, g, m and v alike. Source: Kingma & Ba, *Adam: a method for stochastic optimization*, 2015, end of
    section 2; Keras 2 `optimizers.Adam.get_updates` and Keras 3 `Adam.update_step`, which agree.
    """

    name: ClassVar[str] = "adam"
    scalars: ClassVar[tuple[str, ...]] = ("step_size",)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum", "velocity")

    def apply(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        m, v = slots
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        w -= scalars[0] * m / (np.sqrt(v) + self.epsilon)

    def kernel(self, dtype: str, size: int) -> Spec:
        return AdamUpdate(dtype, size, self.beta_1, self.beta_2, self.epsilon)
