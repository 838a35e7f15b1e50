"""How many connections and weights a map has if it is wired fully, locally, or locally with shared weights.

Source: LeCun, Bottou, Bengio & Haffner, *Gradient-based learning applied to document recognition*, 1998, section II.A:
local receptive fields and shared weights.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Connectivity", "Wiring"]


@dataclass(frozen=True)
class Wiring:
    """What one way of wiring takes: `connections` (multiply-adds), `weights` and `biases`."""

    connections: int
    weights: int
    biases: int


@dataclass(frozen=True)
class Connectivity:
    """The same `units`, cut into `maps` of equal units, wired to `inputs` numbers in three ways.

    `field` counts the inputs that a unit is connected to where it is wired locally: height · width · channels of a
    filter (local in space, full in depth). `biased`, whether there are biases: one for every unit, or every map.
    """

    inputs: int
    units: int
    field: int
    maps: int = 1
    biased: bool = True

    @property
    def fully(self) -> Wiring:
        """Every unit with every input, each with its own weights."""
        return Wiring(self.inputs * self.units, self.inputs * self.units, self.units * self.biased)

    @property
    def locally(self) -> Wiring:
        """Every unit with its field only, each with its own weights."""
        return Wiring(self.field * self.units, self.field * self.units, self.units * self.biased)

    @property
    def shared(self) -> Wiring:
        """Every unit with its field only; all units of a map have the same weights: a convolution."""
        return Wiring(self.field * self.units, self.field * self.maps, self.maps * self.biased)

    def answer(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        ways = {"fully_connected": self.fully, "locally_connected": self.locally, "shared": self.shared}
        facts = {name: value for name, value in asdict(self).items() if name != "biased"}
        return {**facts, **{name: asdict(way) for name, way in ways.items()}}
