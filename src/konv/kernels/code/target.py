"""What kernels are compiled for: vector length, registers, caches. Everything the blocking asks of a processor."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["LINE", "Target"]

LINE = 64
"""Bytes of a cache line."""


@dataclass(frozen=True)
class Target:
    """A processor as the code generator sees it.

    `vector_bytes`: width of a register; `registers`: how many; `fma`: fused multiply-add in hardware (where it is
    missing, products are rounded before they are added, and results differ in the last bits). `l1`, `l2`: bytes of the
    caches one core has for itself, `l3` of the one that cores share; no kernel's code depends on the latter.
    `choices`: decisions remembered from measuring (`konv.kernels.code.tuned`), by what they are about; they take the
    place of the blocking's model where they are possible, and never change a result.
    """

    cpu: str
    features: str
    vector_bytes: int
    registers: int
    fma: bool
    l1: int = 32 << 10
    l2: int = 512 << 10
    l3: int = field(default=32 << 20, repr=False)
    choices: tuple[tuple[str, tuple[int, ...]], ...] = field(default=(), repr=False)

    def lanes(self, dtype: str) -> int:
        """Elements of `dtype` in one register."""
        return self.vector_bytes // (8 if dtype == "float64" else 4)

    def line(self, dtype: str) -> int:
        """Elements of `dtype` in one cache line."""
        return LINE // (8 if dtype == "float64" else 4)

    def chosen(self, about: str) -> tuple[int, ...] | None:
        """The choice remembered about something; None where there is none."""
        return _table(self.choices).get(about) if self.choices else None


@lru_cache(maxsize=64)
def _table(choices: tuple[tuple[str, tuple[int, ...]], ...]) -> dict[str, tuple[int, ...]]:
    return dict(choices)
