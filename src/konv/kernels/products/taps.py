"""Which inputs an output meets, along one axis of a convolution or pooling.

An output position `t` meets the input elements `t·step + first + k·apart` for its taps `k`; those outside the input are
padding. Forward, `step` is the stride and `apart` the dilation. For the data gradient of stride s the positions `r,
r + s, r + 2s, …` meet only every s-th tap: each residue r is a convolution of stride 1 of its own, with a part of the
taps, in reverse order (`Taps.backward`).
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from konv.kernels.code.ir import Function, Int
from konv.shapes import Axis

__all__ = ["Taps"]


class Taps(NamedTuple):
    """One axis of a convolution: `positions` outputs over an input of `size` elements.

    Output `t` goes to `out_first + t·out_step` of an axis of `out_size`; its tap `k` has the weight
    `weight + k·weight_step` and meets the input at `t·step + first + k·apart`.
    """

    positions: int
    size: int
    taps: int
    step: int
    first: int
    apart: int
    weight: int
    weight_step: int
    out_first: int
    out_step: int
    out_size: int

    @classmethod
    def forward(cls, axis: Axis) -> Taps:
        """The axis as the forward pass sees it."""
        return cls(
            axis.output, axis.size, axis.kernel, axis.stride, -axis.before, axis.dilation, 0, 1, 0, 1, axis.output
        )

    @classmethod
    def backward(cls, axis: Axis) -> list[Taps]:
        """The axis as the data gradient sees it: one convolution for each residue of the stride.

        Weights are those of the flipped kernel: tap u of the kernel lies at `kernel − 1 − u`."""
        s, d = axis.stride, axis.dilation
        q = s // gcd(s, d)
        found = []
        for r in range(min(s, axis.size)):
            meets = [u for u in range(axis.kernel) if (r + axis.before - u * d) % s == 0]
            last = max(meets, default=0)
            first = (r + axis.before - last * d) // s
            found.append(cls(-(-(axis.size - r) // s), axis.output, len(meets), 1, first, d * q // s,
                             axis.kernel - 1 - last, q, r, s, axis.size))  # fmt: skip
        return found

    def meets(self, position: int, tap: int) -> bool:
        """Whether a tap lies inside the input."""
        return 0 <= position * self.step + self.first + tap * self.apart < self.size

    def whole(self, position: int) -> bool:
        """Whether all taps of a position lie inside the input."""
        return not self.taps or (self.meets(position, 0) and self.meets(position, self.taps - 1))

    @property
    def products(self) -> int:
        """Pairs of a position and a tap that lies inside the input."""
        return sum(self.meets(p, t) for p in range(self.positions) for t in range(self.taps))

    @property
    def padded(self) -> bool:
        """Whether some position has a tap outside the input."""
        return not (self.whole(0) and self.whole(self.positions - 1))

    def taps_inside(self, k: Function, position: Int) -> tuple[Int, Int]:
        """The range of taps inside the input at a position known only at run time."""
        if not self.padded:
            return 0, self.taps
        at = [k.add(k.mul(position, self.step), self.first + u * self.apart) for u in range(self.taps)]
        return (k.count([k.compare("slt", a, 0) for a in at]), k.count([k.compare("slt", a, self.size) for a in at]))

    def positions_inside(self, k: Function, tap: Int) -> tuple[Int, Int]:
        """The range of positions at which a tap known only at run time lies inside the input."""
        if not self.padded:
            return 0, self.positions
        shift = k.add(self.first, k.mul(tap, self.apart))
        low = k.div(k.add(k.largest(k.sub(0, shift), 0), self.step - 1), self.step)
        high = k.div(k.largest(k.add(k.sub(self.size - 1, shift), self.step), 0), self.step)
        high = k.least(high, self.positions)
        return k.least(low, high), high
