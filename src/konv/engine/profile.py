"""Where a step's time goes: cycles counted inside the executor, call by call, while it runs as it always does."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from konv.engine.native import NativeProgram
from konv.kernels.code.build import addresses
from konv.kernels.code.executor import Clock
from konv.ops.record import Array

__all__ = ["Measured", "measure"]


@dataclass(frozen=True)
class Measured:
    """One kernel call of a step.

    `layer`, `kernel`: whose and which; `seconds`: of one step, on one core (calls on two cores at once count twice);
    `slowest`: of the worker that spent most on it;
    `macs`: multiply-adds of the step's samples, those over padding left out; `bytes`: of all arrays it reads and
    writes.
    """

    stage: int
    layer: str
    kernel: str
    seconds: float
    macs: int
    bytes: int
    chosen: str = ""
    """Why this kernel: for convolutions the algorithm, and its cycles in parts of direct sums' by the model."""
    slowest: float = 0.0
    of_weights: bool = False
    """Whether it prepares or changes weights, rather than takes samples forward or gradients back."""


def measure(program: NativeProgram, step: Callable[[], object], samples: int, seconds: float = 1.0) -> list[Measured]:
    """Run `step`, which runs `program` on `samples` samples, for about `seconds`; the median step of every call."""
    ticks = program.watch()
    step()
    rows: list[Array] = []
    most: list[Array] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(rows) < 3:
        ticks[...] = 0
        step()
        rows.append(ticks.sum(0))
        most.append(ticks.max(0))
    frequency = _frequency()
    spent, slowest = (np.median(np.array(found), axis=0) / frequency for found in (rows, most))
    itemsize = 8 if program.plan.dtype == "float64" else 4
    names = {variable.name for variable in program.plan.graph.variables}
    calls = [(i, call) for i, stage in enumerate(program.stages) for call in stage.calls]
    return [
        Measured(
            i,
            call.layer,
            call.spec.kind,
            float(s),
            call.spec.macs * samples,
            call.elements(samples) * itemsize,
            call.reason if call.spec.macs else "",
            float(longest),
            bool(call.stale or call.guarded or not call.layer or call.layer in names),
        )
        for (i, call), s, longest in zip(calls, spent, slowest, strict=False)
    ]


def _frequency() -> float:
    """Ticks a second of the cycle counter, by watching it for a moment next to the system's clock."""
    spec = Clock("float32")
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p)(addresses([spec])[spec])
    out = np.zeros(1, np.int64)
    table = np.array([out.ctypes.data], np.int64)

    def now() -> tuple[float, int]:
        call(table.ctypes.data, 0, 0, 0, None)
        return time.perf_counter(), int(out[0])

    begun, first = now()
    time.sleep(0.05)
    ended, last = now()
    return (last - first) / (ended - begun)
