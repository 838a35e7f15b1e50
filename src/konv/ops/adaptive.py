"""Update rules with two running means, of the gradient and of its size: Adam, Nadam, Adamax; see `konv.ops.update`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.code.spec import Spec
from konv.kernels.training.updates import AdamaxUpdate, AdamUpdate, NadamUpdate
from konv.ops.record import Array
from konv.ops.update import Update

__all__ = ["Adam", "Adamax", "Nadam"]


@dataclass(frozen=True)
class Adam(Update):
    """Adam: momentum and RMSprop together, both corrected for having started at zero.

        m ← m + (1 − β₁)·(g − m)        v ← v + (1 − β₂)·(g² − v)
        w ← w − α·m / (√v + ε)          α = η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)
        AMSGrad:                        x ← max(x, v), and x in place of v in the step

    α, the scalar `step_size`, holds the learning rate η and the bias correction of step t = 1, 2, …; whoever counts
    the steps computes it. ε stands beside √v before that correction ("epsilon hat").

    Shapes: w, g, m, v and x alike. Source: Kingma & Ba, *Adam: a method for stochastic optimization*, 2015, end of
    section 2; Reddi, Kale & Kumar, *On the convergence of Adam and beyond*, 2018, algorithm 2 (AMSGrad); Keras 2
    `optimizers.Adam.get_updates` and Keras 3 `Adam.update_step`, which agree.
    """

    name: ClassVar[str] = "adam"
    scalars: ClassVar[tuple[str, ...]] = ("step_size",)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    @property
    def state(self) -> tuple[str, ...]:
        return ("momentum", "velocity", *["largest_velocity"] * self.amsgrad)

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        m, v = slots[:2]
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        if self.amsgrad:
            v = np.maximum(slots[2], v, out=slots[2])
        w -= scalars[0] * m / (np.sqrt(v) + self.epsilon)

    def kernel(self, dtype: str, size: int) -> Spec:
        return AdamUpdate(dtype, size, self.beta_1, self.beta_2, self.epsilon, self.amsgrad, **self.around())


@dataclass(frozen=True)
class Nadam(Update):
    """Nadam: Adam whose momentum looks ahead, as Nesterov's does.

        m ← m + (1 − β₁)·(g − m)        v ← v + (1 − β₂)·(g² − v)
        w ← w − (α·m + γ·g) / (√(c·v) + ε)
        α = η · u_{t+1} / (1 − Π_{i ≤ t+1} u_i)      γ = η · (1 − u_t) / (1 − Π_{i ≤ t} u_i)      c = 1 / (1 − β₂ᵗ)
        u_t = β₁ · (1 − ½ · 0.96^(t·s))              s: 1 in Keras 3, `schedule_decay` = 0.004 in Keras 2

    α, γ and c are the scalars; whoever counts the steps t = 1, 2, … computes them.

    Shapes: w, g, m and v alike. Source: Dozat, *Incorporating Nesterov momentum into Adam*, 2016, algorithm 8 with the
    schedule of momentum of its section 3.2; Keras 2.2.4 `optimizers.Nadam`, Keras 3 `Nadam.update_step`.
    """

    name: ClassVar[str] = "nadam"
    scalars: ClassVar[tuple[str, ...]] = ("mean_step", "gradient_step", "velocity_correction")
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    @property
    def state(self) -> tuple[str, ...]:
        return ("momentum", "velocity")

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        m, v = slots
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        w -= (scalars[0] * m + scalars[1] * g) / (np.sqrt(scalars[2] * v) + self.epsilon)

    def kernel(self, dtype: str, size: int) -> Spec:
        return NadamUpdate(dtype, size, self.beta_1, self.beta_2, self.epsilon, **self.around())


@dataclass(frozen=True)
class Adamax(Update):
    """Adamax: Adam with the largest recent gradient in place of the root mean square.

        m ← m + (1 − β₁)·(g − m)        u ← max(β₂·u, |g|)        w ← w − α·m / (u + ε)        α = η / (1 − β₁ᵗ)

    α, the scalar `step_size`, holds the learning rate η and the bias correction of step t = 1, 2, …

    Shapes: w, g, m and u alike. Source: Kingma & Ba, 2015, algorithm 2; Keras 2 `optimizers.Adamax` and Keras 3
    `Adamax.update_step`, which agree (and add ε).
    """

    name: ClassVar[str] = "adamax"
    scalars: ClassVar[tuple[str, ...]] = ("step_size",)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    @property
    def state(self) -> tuple[str, ...]:
        return ("momentum", "largest")

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        m, u = slots
        m += (1 - self.beta_1) * (g - m)
        np.maximum(self.beta_2 * u, np.abs(g), out=u)
        w -= scalars[0] * m / (u + self.epsilon)

    def kernel(self, dtype: str, size: int) -> Spec:
        return AdamaxUpdate(dtype, size, self.beta_1, self.beta_2, self.epsilon, **self.around())
