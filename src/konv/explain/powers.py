"""Large numbers as people write them."""

from __future__ import annotations

__all__ = ["power"]

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(number: int) -> str:
    """`number` with its thousands apart and, where it is a power of ten from a million on, as that: `10¹²`."""
    written = f"{number:,}"
    digits = str(number)
    if len(digits) > 6 and digits.rstrip("0") == "1":
        return f"{written} = 10{str(len(digits) - 1).translate(RAISED)}"
    return written
