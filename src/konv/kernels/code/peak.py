"""The processor's limit, measured: fused multiply-adds in registers, on one thread and on all at once."""

from __future__ import annotations

import ctypes
import threading
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.code.build import addresses
from konv.kernels.code.ir import Function
from konv.kernels.code.processor import current
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target

__all__ = ["Peak", "measure"]

ROUNDS = 200_000
"""Rounds of one timed run: a millisecond or so."""
SUMS = 12
"""Independent sums: enough to hide a multiply-add's latency, few enough for the registers of every target."""


@dataclass(frozen=True)
class Peak(Spec):
    """`begin … end` rounds of `SUMS` multiply-adds of whole vectors, in registers. Arguments: out, one vector."""

    kind: ClassVar[str] = "peak"

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        k = self.new(target, "out")
        one = k.load(k.arg["out"], 0)
        starts = [k.every(i) for i in range(1, SUMS + 1)]  # different, or LLVM would see one sum in them
        with k.loop(k.begin, k.end, starts) as turn:
            turn.out = [k.fma(v, one, one) for v in turn.carry]
        total = turn.values[0]
        for v in turn.values[1:]:
            total = k.fadd(total, v)
        k.store(total, k.arg["out"], 0)
        return k

    def operations(self, target: Target) -> int:
        """Floating-point operations of one round."""
        return 2 * SUMS * target.lanes(self.dtype)


def measure(threads: int = 1, seconds: float = 0.2, dtype: str = "float32") -> float:
    """The rate at which `threads` threads do multiply-adds, in floating-point operations a second (two for each).

    The best of several short runs, of about `seconds` in all: other programs can only make it lower.
    """
    target = current()
    spec = Peak(dtype)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p)(addresses([spec])[spec])
    outs = [np.zeros(target.lanes(dtype), dtype) for _ in range(threads)]
    tables = [np.array([out.ctypes.data], np.int64) for out in outs]
    together = threading.Barrier(threads)
    turns = max(3, round(seconds / (ROUNDS * spec.operations(target) / 1e11)))
    times: list[list[float]] = [[] for _ in range(threads)]

    def run(number: int) -> None:
        for _ in range(turns):
            together.wait()
            begun = time.perf_counter()
            call(tables[number].ctypes.data, 0, ROUNDS, 0, None)
            times[number].append(time.perf_counter() - begun)

    others = [threading.Thread(target=run, args=(i,)) for i in range(1, threads)]
    for thread in others:
        thread.start()
    run(0)
    for thread in others:
        thread.join()
    slowest = [max(turn) for turn in zip(*times, strict=True)]
    rate: float = ROUNDS * spec.operations(target) * threads / min(slowest)
    return rate
