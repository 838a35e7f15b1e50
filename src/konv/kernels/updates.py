"""Optimisers' updates: one pass over weight, gradient and state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.kernels.ir import Function, Int, Value
from konv.kernels.spec import Spec
from konv.kernels.sums import each_block
from konv.kernels.target import Target

__all__ = ["AdamUpdate", "RMSpropUpdate", "SGDUpdate"]


@dataclass(frozen=True)
class _Update(Spec):
    """Arguments: scalars (of the weight's type), w, g, then the slots. Work units: blocks of `sums.BLOCK`."""

    size: int
    slots: ClassVar[tuple[str, ...]] = ()

    def slot_names(self) -> tuple[str, ...]:
        """The slots this update keeps."""
        return self.slots

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = self.slot_names()
        k = self.new(target, " ".join(("scalars", "w", "g", *names)))
        rate = k.broadcast(k.arg["scalars"], 0)

        def piece(at: Int, lanes: int) -> None:
            w, g, *state = (k.load(k.arg[p], at, lanes) for p in ("w", "g", *names))
            for name, value in zip(("w", *names), self.step(k, rate, w, g, state), strict=True):
                k.store(value, k.arg[name], at, lanes)

        each_block(k, self.size, piece)
        return k

    def step(self, k: Function, rate: Value, w: Value, g: Value, state: list[Value]) -> list[Value]:
        """The new weight and state."""
        raise NotImplementedError


@dataclass(frozen=True)
class SGDUpdate(_Update):
    """Stochastic gradient descent; see `konv.ops.update.SGD`."""

    kind: ClassVar[str] = "sgd"
    momentum: float = 0.0
    nesterov: bool = False

    def slot_names(self) -> tuple[str, ...]:
        """One slot, where there is momentum."""
        return ("velocity",) if self.momentum else ()

    def step(self, k: Function, rate: Value, w: Value, g: Value, state: list[Value]) -> list[Value]:
        """v ← μ·v − η·g; w ← w + v, or with Nesterov w + μ·v − η·g."""
        down = k.fmul(rate, g)
        if not self.momentum:
            return [k.fsub(w, down)]
        v = k.fsub(k.fmul(k.every(self.momentum), state[0]), down)
        if self.nesterov:
            return [k.fsub(k.fma(k.every(self.momentum), v, w), down), v]
        return [k.fadd(w, v), v]


@dataclass(frozen=True)
class RMSpropUpdate(_Update):
    """RMSprop; see `konv.ops.update.RMSprop`. `inside`: epsilon under the root."""

    kind: ClassVar[str] = "rmsprop"
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    inside: bool = True

    def slot_names(self) -> tuple[str, ...]:
        """The mean square, and the velocity where there is momentum."""
        return ("mean_square", "velocity") if self.momentum else ("mean_square",)

    def step(self, k: Function, rate: Value, w: Value, g: Value, state: list[Value]) -> list[Value]:
        """a ← ρ·a + (1 − ρ)·g²; w ← w − η·g/√(a + ε) or w − η·g/(√a + ε)."""
        a = k.fma(k.every(self.rho), state[0], k.fmul(k.every(1 - self.rho), k.fmul(g, g)))
        if self.inside:
            root = k.unary("sqrt", k.fadd(a, k.every(self.epsilon)))
        else:
            root = k.fadd(k.unary("sqrt", a), k.every(self.epsilon))
        down = k.fdiv(k.fmul(rate, g), root)
        if not self.momentum:
            return [k.fsub(w, down), a]
        v = k.fma(k.every(self.momentum), state[1], down)
        return [k.fsub(w, v), a, v]


@dataclass(frozen=True)
class AdamUpdate(_Update):
    """Adam, its step size corrected for bias by the optimiser; see `konv.ops.update.Adam`."""

    kind: ClassVar[str] = "adam"
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def slot_names(self) -> tuple[str, ...]:
        """Both moments."""
        return ("mean", "mean_square")

    def step(self, k: Function, rate: Value, w: Value, g: Value, state: list[Value]) -> list[Value]:
        """m ← m + (1 − β₁)(g − m); v ← v + (1 − β₂)(g² − v); w ← w − α·m/(√v + ε)."""
        m = k.fma(k.every(1 - self.beta_1), k.fsub(g, state[0]), state[0])
        v = k.fma(k.every(1 - self.beta_2), k.fsub(k.fmul(g, g), state[1]), state[1])
        down = k.fdiv(k.fmul(rate, m), k.fadd(k.unary("sqrt", v), k.every(self.epsilon)))
        return [k.fsub(w, down), m, v]
