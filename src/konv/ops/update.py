"""Update rules of optimisers as records: the formula, its state, and the scalars it reads at each step.

Rules with two running means (Adam and its kin) are in `konv.ops.adaptive`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from konv.kernels.code.spec import Spec
from konv.kernels.training.updates import AdadeltaUpdate, AdagradUpdate, RMSpropUpdate, SGDUpdate
from konv.ops.record import Array

__all__ = ["Adadelta", "Adagrad", "RMSprop", "SGD", "Update"]


@dataclass(frozen=True)
class Update:
    """Base of all update rules. `slots` names the arrays kept beside each weight, `initial` what they hold at first.

    Attributes that never change during a run (momentum, rho, epsilon) are fields, compiled into the kernel;
    what changes from step to step (the learning rate after decay and bias correction) comes as scalars, in this
    order: the rule's own `scalars`, then that of `weight_decay`, then that of `ema`.

    Around every rule, in this order, where asked for:

        clipnorm c:      g ← g · c / max(c, ‖g‖)       ‖g‖ of this weight, or (`together`) of all weights at once
        clipvalue c:     g ← min(max(g, −c), c)
        weight decay:    w ← w − (η·λ)·w                before the rule's own step
        EMA:             a ← μ·a + (1 − μ)·w            after it; a is the slot `average`

    Source: Pascanu, Mikolov & Bengio, *On the difficulty of training recurrent neural networks*, 2013 (clipping);
    Loshchilov & Hutter, *Decoupled weight decay regularization*, 2019; Keras 3, `BaseOptimizer`.
    """

    name: ClassVar[str] = ""
    scalars: ClassVar[tuple[str, ...]] = ("learning_rate",)
    clipnorm: float = field(default=0.0, kw_only=True)
    together: bool = field(default=False, kw_only=True)
    clipvalue: float = field(default=0.0, kw_only=True)
    weight_decay: bool = field(default=False, kw_only=True)
    ema: bool = field(default=False, kw_only=True)

    @property
    def state(self) -> tuple[str, ...]:
        """Names of the rule's own state arrays."""
        return ()

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of all state arrays."""
        return (*self.state, "average") if self.ema else self.state

    @property
    def initial(self) -> float:
        """What the slots hold at first."""
        return 0.0

    def scales(self, gradients: Sequence[Array]) -> list[float]:
        """What each of `gradients` is to be multiplied by so that none is longer than `clipnorm`."""
        if not self.clipnorm:
            return [1.0] * len(gradients)
        squares = [float((g.astype(np.float64) ** 2).sum()) for g in gradients]
        if self.together:
            squares = [sum(squares)] * len(squares)
        return [self.clipnorm / max(self.clipnorm, sqrt(square)) for square in squares]

    def apply(
        self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...], scale: float = 1.0
    ) -> None:
        """Update `w` and `slots` in place from the gradient `g`, first multiplied by `scale`; the reference."""
        own, others = scalars[: len(self.scalars)], list(scalars[len(self.scalars) :])
        if self.clipnorm:
            g = g * scale
        if self.clipvalue:
            g = np.clip(g, -self.clipvalue, self.clipvalue)
        if self.weight_decay:
            w -= others.pop(0) * w
        self.step(w, g, slots[: len(self.state)], own)
        if self.ema:
            keep = others.pop(0)
            slots[-1][...] = slots[-1] * keep + (1 - keep) * w

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        """The rule itself: update `w` and `slots` in place from the gradient `g`."""
        raise NotImplementedError

    def kernel(self, dtype: str, size: int) -> Spec:
        """The compiled form, for a weight of `size` elements."""
        raise NotImplementedError

    def around(self) -> dict[str, Any]:
        """What the compiled form is told of clipping, decay and average."""
        return {
            "clip": self.clipvalue, "scaled": self.clipnorm > 0, "decay": self.weight_decay, "average": self.ema,
        }  # fmt: skip


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
    def state(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        step = scalars[0] * g
        if not self.momentum:
            w -= step
            return
        (m,) = slots
        m *= self.momentum
        m -= step
        w += self.momentum * m - step if self.nesterov else m

    def kernel(self, dtype: str, size: int) -> Spec:
        return SGDUpdate(dtype, size, self.momentum, self.nesterov, **self.around())


@dataclass(frozen=True)
class RMSprop(Update):
    """RMSprop: every weight has its own step, the gradient divided by its recent root mean square.

        v ← ρ·v + (1 − ρ)·g²
        inside (Keras 3):   d = η·g / √(v + ε)
        outside (Keras 2):  d = η·g / (√v + ε)
        w ← w − d,    or with momentum μ > 0:    m ← μ·m + d    w ← w − m
        centred:            c ← ρ·c + (1 − ρ)·g, and v − c² in place of v in d: the variance, at least 0

    η is the learning rate. Where v is tiny the place of ε matters: at ε = 1e-7 the divisor is at least 3e-4 inside
    the root, and 1e-7 outside it.

    Shapes: w, g, v, m and c alike. Source: Tieleman & Hinton, *Lecture 6.5: RMSProp*, 2012; Keras 2.2.4
    `optimizers.RMSprop.get_updates` (which has no momentum) and Keras 3 `RMSprop.update_step`; centred: Graves,
    *Generating sequences with recurrent neural networks*, 2013, equations 38 to 40.
    """

    name: ClassVar[str] = "rmsprop"
    rho: float = 0.9
    epsilon: float = 1e-7
    inside: bool = True
    momentum: float = 0.0
    centered: bool = False

    @property
    def state(self) -> tuple[str, ...]:
        return ("velocity", *["momentum"] * bool(self.momentum), *["average_gradient"] * self.centered)

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        kept = dict(zip(self.state, slots, strict=True))
        v = kept["velocity"]
        v *= self.rho
        v += (1 - self.rho) * (g * g)
        if self.centered:
            c = kept["average_gradient"]
            c *= self.rho
            c += (1 - self.rho) * g
            v = np.maximum(v - c * c, 0)
        step = scalars[0] * g / _root(v, self.epsilon, self.inside)
        if not self.momentum:
            w -= step
            return
        m = kept["momentum"]
        m *= self.momentum
        m += step
        w -= m

    def kernel(self, dtype: str, size: int) -> Spec:
        return RMSpropUpdate(
            dtype, size, self.rho, self.momentum, self.epsilon, self.inside, self.centered, **self.around()
        )


@dataclass(frozen=True)
class Adagrad(Update):
    """Adagrad: every weight's step shrinks with the root of all its squared gradients so far.

        a ← a + g²
        inside (Keras 3):   w ← w − η·g / √(a + ε)        a is 0.1 at first
        outside (Keras 2):  w ← w − η·g / (√a + ε)        a is 0 at first

    Shapes: w, g and a alike. Source: Duchi, Hazan & Singer, *Adaptive subgradient methods*, 2011, equation 1 with the
    diagonal of G; Keras 2.2.4 `optimizers.Adagrad` and Keras 3 `Adagrad.update_step`.
    """

    name: ClassVar[str] = "adagrad"
    epsilon: float = 1e-7
    inside: bool = True
    start: float = 0.1

    @property
    def state(self) -> tuple[str, ...]:
        return ("accumulator",)

    @property
    def initial(self) -> float:
        return self.start

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        (a,) = slots
        a += g * g
        w -= scalars[0] * g / _root(a, self.epsilon, self.inside)

    def kernel(self, dtype: str, size: int) -> Spec:
        return AdagradUpdate(dtype, size, self.epsilon, self.inside, **self.around())


@dataclass(frozen=True)
class Adadelta(Update):
    """Adadelta: steps in the units of the weight, the ratio of two running root mean squares times the gradient.

        a ← ρ·a + (1 − ρ)·g²        δ = √(d + ε) / √(a + ε) · g
        d ← ρ·d + (1 − ρ)·δ²        w ← w − η·δ

    Shapes: w, g, a and d alike. Source: Zeiler, *Adadelta: an adaptive learning rate method*, 2012, algorithm 1 (there
    η = 1); Keras 2 `optimizers.Adadelta` and Keras 3 `Adadelta.update_step`, which agree.
    """

    name: ClassVar[str] = "adadelta"
    rho: float = 0.95
    epsilon: float = 1e-7

    @property
    def state(self) -> tuple[str, ...]:
        return ("accumulated_gradient", "accumulated_step")

    def step(self, w: Array, g: Array, slots: tuple[Array, ...], scalars: tuple[float, ...]) -> None:
        a, d = slots
        a *= self.rho
        a += (1 - self.rho) * (g * g)
        step = np.sqrt(d + self.epsilon) / np.sqrt(a + self.epsilon) * g
        d *= self.rho
        d += (1 - self.rho) * (step * step)
        w -= scalars[0] * step

    def kernel(self, dtype: str, size: int) -> Spec:
        return AdadeltaUpdate(dtype, size, self.rho, self.epsilon, **self.around())


def _root(v: Array, epsilon: float, inside: bool) -> Array:
    """√(v + ε) or √v + ε."""
    return np.asarray(np.sqrt(v + epsilon) if inside else np.sqrt(v) + epsilon)
