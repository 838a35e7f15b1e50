"""What kernels are compiled for: vector length, registers, caches. Everything the blocking asks of a processor."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Target"]


@dataclass(frozen=True)
class Target:
    """A processor as the code generator sees it.

    `vector_bytes`: width of a register; `registers`: how many; `fma`: fused multiply-add in hardware (where it is
    missing, products are rounded before they are added, and results differ in the last bits). `l1`, `l2`: bytes of the
    caches one core has for itself.
    """

    cpu: str
    features: str
    vector_bytes: int
    registers: int
    fma: bool
    l1: int = 32 << 10
    l2: int = 512 << 10

    def lanes(self, dtype: str) -> int:
        """Elements of `dtype` in one register."""
        return self.vector_bytes // (8 if dtype == "float64" else 4)
