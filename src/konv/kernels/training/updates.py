"""Optimisers' updates: one pass over weight, gradient and state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from konv.kernels.code.ir import Function, Int, Value
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.sums.tree import each_block

__all__ = [
    "AdadeltaUpdate",
    "AdagradUpdate",
    "AdamUpdate",
    "AdamaxUpdate",
    "NadamUpdate",
    "RMSpropUpdate",
    "SGDUpdate",
]


@dataclass(frozen=True)
class _Update(Spec):
    """Arguments: scalars (of the weight's type), w, g, then `scale` where `scaled`, then the slots; of these the last
    is the average where there is one. Work units: blocks of `sums.BLOCK`.

    The gradient is multiplied by the one number in `scale`, kept within ±`clip` (0: as it is); with `decay` the weight
    is shortened by its own multiple first. Scalars: those of the rule, then of `decay`, then of `average`.
    """

    size: int
    slots: ClassVar[tuple[str, ...]] = ()
    scalars: ClassVar[int] = 1
    clip: float = field(default=0.0, kw_only=True)
    scaled: bool = field(default=False, kw_only=True)
    decay: bool = field(default=False, kw_only=True)
    average: bool = field(default=False, kw_only=True)

    def slot_names(self) -> tuple[str, ...]:
        """The slots this update keeps, the average left out."""
        return self.slots

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        names = (*self.slot_names(), *["average"] * self.average)
        k = self.new(target, " ".join(("scalars", "w", "g", *["scale"] * self.scaled, *names)))
        numbers = [k.broadcast(k.arg["scalars"], i) for i in range(self.scalars + self.decay + self.average)]
        scale = k.broadcast(k.arg["scale"], 0) if self.scaled else None

        def piece(at: Int, lanes: int) -> None:
            w, g, *state = (k.load(k.arg[p], at, lanes) for p in ("w", "g", *names))
            if scale is not None:
                g = k.fmul(g, scale)
            if self.clip:
                g = k.smaller(k.larger(g, k.every(-self.clip)), k.every(self.clip))
            if self.decay:
                w = k.fsub(w, k.fmul(numbers[self.scalars], w))
            new = self.step(k, numbers, w, g, state)
            if self.average:
                keep = numbers[-1]
                new.append(k.fadd(k.fmul(state[-1], keep), k.fmul(k.fsub(k.every(1), keep), new[0])))
            for name, value in zip(("w", *names), new, strict=True):
                k.store(value, k.arg[name], at, lanes)

        each_block(k, self.size, piece)
        return k

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
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

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
        """v ← μ·v − η·g; w ← w + v, or with Nesterov w + μ·v − η·g."""
        down = k.fmul(scalars[0], g)
        if not self.momentum:
            return [k.fsub(w, down)]
        v = k.fsub(k.fmul(k.every(self.momentum), state[0]), down)
        if self.nesterov:
            return [k.fsub(k.fma(k.every(self.momentum), v, w), down), v]
        return [k.fadd(w, v), v]


@dataclass(frozen=True)
class RMSpropUpdate(_Update):
    """RMSprop; see `konv.ops.update.RMSprop`. `inside`: epsilon under the root; `centered`: a variance is under it."""

    kind: ClassVar[str] = "rmsprop"
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    inside: bool = True
    centered: bool = False

    def slot_names(self) -> tuple[str, ...]:
        """The mean square, the velocity where there is momentum, the mean where it is taken off."""
        return ("mean_square", *["velocity"] * bool(self.momentum), *["mean"] * self.centered)

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
        """a ← ρ·a + (1 − ρ)·g²; w ← w − η·g/√(a + ε) or w − η·g/(√a + ε), with a − m² for a where centred."""
        kept = dict(zip(self.slot_names(), state, strict=False))
        rho, rest = k.every(self.rho), k.every(1 - self.rho)
        kept["mean_square"] = k.fma(rho, kept["mean_square"], k.fmul(rest, k.fmul(g, g)))
        spread = kept["mean_square"]
        if self.centered:
            m = kept["mean"] = k.fma(rho, kept["mean"], k.fmul(rest, g))
            spread = k.larger(k.every(0), k.fsub(spread, k.fmul(m, m)))
        down = k.fdiv(k.fmul(scalars[0], g), _root(k, spread, self.epsilon, self.inside))
        if self.momentum:
            down = kept["velocity"] = k.fma(k.every(self.momentum), kept["velocity"], down)
        return [k.fsub(w, down), *(kept[name] for name in self.slot_names())]


@dataclass(frozen=True)
class AdagradUpdate(_Update):
    """Adagrad; see `konv.ops.update.Adagrad`. `inside`: epsilon under the root."""

    kind: ClassVar[str] = "adagrad"
    slots: ClassVar[tuple[str, ...]] = ("squares",)
    epsilon: float = 1e-7
    inside: bool = True

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
        """a ← a + g²; w ← w − η·g/√(a + ε) or w − η·g/(√a + ε)."""
        a = k.fadd(state[0], k.fmul(g, g))
        return [k.fsub(w, k.fdiv(k.fmul(scalars[0], g), _root(k, a, self.epsilon, self.inside))), a]


@dataclass(frozen=True)
class AdadeltaUpdate(_Update):
    """Adadelta; see `konv.ops.update.Adadelta`."""

    kind: ClassVar[str] = "adadelta"
    slots: ClassVar[tuple[str, ...]] = ("mean_square", "mean_step")
    rho: float = 0.95
    epsilon: float = 1e-7

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
        """a ← ρ·a + (1 − ρ)·g²; δ = √(d + ε)/√(a + ε)·g; d ← ρ·d + (1 − ρ)·δ²; w ← w − η·δ."""
        rho, rest = k.every(self.rho), k.every(1 - self.rho)
        a = k.fma(rho, state[0], k.fmul(rest, k.fmul(g, g)))
        roots = (_root(k, v, self.epsilon, inside=True) for v in (state[1], a))
        step = k.fmul(k.fdiv(*roots), g)
        d = k.fma(rho, state[1], k.fmul(rest, k.fmul(step, step)))
        return [k.fsub(w, k.fmul(scalars[0], step)), a, d]


@dataclass(frozen=True)
class AdamUpdate(_Update):
    """Adam, its step size corrected for bias by the optimiser; see `konv.ops.adaptive.Adam`."""

    kind: ClassVar[str] = "adam"
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def slot_names(self) -> tuple[str, ...]:
        """Both moments, and the largest second one with AMSGrad."""
        return ("mean", "mean_square", *["largest"] * self.amsgrad)

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
        """m ← m + (1 − β₁)(g − m); v ← v + (1 − β₂)(g² − v); w ← w − α·m/(√v + ε); AMSGrad: the largest v so far."""
        m, v = _moments(k, g, state, self.beta_1, self.beta_2)
        new = [m, v, *([k.larger(state[2], v)] if self.amsgrad else [])]
        down = k.fdiv(k.fmul(scalars[0], m), _root(k, new[-1], self.epsilon, inside=False))
        return [k.fsub(w, down), *new]


@dataclass(frozen=True)
class NadamUpdate(_Update):
    """Nadam; see `konv.ops.adaptive.Nadam`. Scalars: of the mean, of the gradient, of the mean square."""

    kind: ClassVar[str] = "nadam"
    slots: ClassVar[tuple[str, ...]] = ("mean", "mean_square")
    scalars: ClassVar[int] = 3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
        """m and v as of Adam; w ← w − (α·m + γ·g)/(√(c·v) + ε)."""
        m, v = _moments(k, g, state, self.beta_1, self.beta_2)
        above = k.fma(scalars[0], m, k.fmul(scalars[1], g))
        down = k.fdiv(above, _root(k, k.fmul(scalars[2], v), self.epsilon, inside=False))
        return [k.fsub(w, down), m, v]


@dataclass(frozen=True)
class AdamaxUpdate(_Update):
    """Adamax; see `konv.ops.adaptive.Adamax`."""

    kind: ClassVar[str] = "adamax"
    slots: ClassVar[tuple[str, ...]] = ("mean", "largest")
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def step(self, k: Function, scalars: list[Value], w: Value, g: Value, state: list[Value]) -> list[Value]:
        """m ← m + (1 − β₁)(g − m); u ← max(β₂·u, |g|); w ← w − α·m/(u + ε)."""
        m = k.fma(k.every(1 - self.beta_1), k.fsub(g, state[0]), state[0])
        u = k.larger(k.fmul(k.every(self.beta_2), state[1]), k.unary("fabs", g))
        return [k.fsub(w, k.fdiv(k.fmul(scalars[0], m), k.fadd(u, k.every(self.epsilon)))), m, u]


def _root(k: Function, v: Value, epsilon: float, inside: bool) -> Value:
    """√(v + ε) or √v + ε."""
    if inside:
        return k.unary("sqrt", k.fadd(v, k.every(epsilon)))
    return k.fadd(k.unary("sqrt", v), k.every(epsilon))


def _moments(k: Function, g: Value, state: list[Value], beta_1: float, beta_2: float) -> tuple[Value, Value]:
    """The running means of g and g²."""
    m = k.fma(k.every(1 - beta_1), k.fsub(g, state[0]), state[0])
    return m, k.fma(k.every(1 - beta_2), k.fsub(k.fmul(g, g), state[1]), state[1])
