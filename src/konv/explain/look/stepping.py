"""The step that a model's own optimiser would take: its rule, what it remembers, and the new weights."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from konv.graph import Variable
from konv.ops.record import Array
from konv.ops.update import Update

__all__ = ["OwnStep", "own_step"]


@dataclass(frozen=True, eq=False)
class OwnStep:
    """A step by `rule`, the next after `iterations` that were taken, with the learning rate `rate`.

    `updated`, the kernel after it; `before` and `after`, what the rule remembers of the kernel, by the names of its
    slots (of Adam `momentum` and `velocity`).
    """

    rule: Update
    iterations: int
    rate: float
    updated: Array
    before: dict[str, Array]
    after: dict[str, Array]

    @property
    def name(self) -> str:
        """The rule's name, `adam`."""
        return self.rule.name

    @property
    def formula(self) -> str:
        """The rule's equations, as `konv show` has them; without those that are told in words."""
        lines = (inspect.getdoc(type(self.rule)) or "").splitlines()
        return "\n".join(line.strip() for line in lines if line.startswith("    ") and " and " not in line)

    @property
    def constants(self) -> dict[str, float]:
        """The numbers of the equations that stay the same, by name."""
        given = {f.name: getattr(self.rule, f.name) for f in fields(self.rule) if not f.kw_only}
        return {name: value for name, value in given.items() if isinstance(value, float)}


def own_step(
    optimizer: Any, variables: Sequence[Variable], gradients: Sequence[Array], everything: Sequence[Array]
) -> OwnStep:
    """What `optimizer` makes of the first of `variables` by the first of `gradients`; nothing of it is changed.

    Arguments: `everything`, all the gradients of the step, where the rule cuts them to one length together.
    """
    rule: Update = optimizer.update
    (slots,) = optimizer.slots(variables[:1])
    before = dict(zip(rule.slots, (slot.copy() for slot in slots), strict=True))
    after = {name: slot.copy() for name, slot in before.items()}
    w, g = variables[0].value.copy(), gradients[0].copy()
    scale = rule.scales(everything if rule.together else [g])[0]
    with np.errstate(under="ignore"):
        rule.apply(w, g, tuple(after.values()), optimizer.scalars(), scale)
    return OwnStep(rule, int(optimizer.iterations), float(optimizer.current_rate), w, before, after)
