"""Update rules of optimisers as records: the formula, its state, and the scalars it reads at each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from konv.ops.record import Array

__all__ = ["Update"]


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
