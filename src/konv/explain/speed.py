"""How fast a network runs: steps timed one by one, and calls of kernels beside what the processor can do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from konv.engine import Position, build
from konv.engine.native import NativeProgram
from konv.engine.profile import Measured, measure
from konv.engine.threads import available, count, pool
from konv.errors import ConfigurationError, NonFiniteError
from konv.graph import Graph
from konv.kernels.code import peak
from konv.kernels.code.processor import current
from konv.messages import text
from konv.ops.loss import Loss, SparseCategoricalCrossentropy
from konv.ops.record import Array
from konv.shapes import Shape
from konv.train.optimizers import Optimizer
from konv.train.runner import Runner

__all__ = ["MEMORY", "Limits", "Profile", "Speed", "Step", "measured_peak", "profile", "timed", "traffic_rate"]

LEAST = 3
"""Steps that are timed at least."""
TURNS = 12
"""Runs of a measurement of which the best counts."""
MEMORY = 64 << 20
"""Bytes of the arrays that are copied to measure the memory's bandwidth."""


class Step:
    """A step of `graph` on `batch` samples made of random numbers, taken each time it is called.

    A step of training where there is an `optimizer`, which makes the `loss` smaller; else one of prediction.
    """

    def __init__(self, graph: Graph, batch: int, loss: Loss | None = None, optimizer: Optimizer | None = None) -> None:
        rng = np.random.default_rng(0)
        source, output = graph.inputs[0], graph.outputs[0]
        self.batch = batch
        self._optimizer = optimizer
        self._x = [rng.random((batch, *source.shape)).astype(source.dtype)]
        self._numbers = np.arange(batch)
        self._y: list[Array] = []
        self._weights: list[Array] = []
        training = loss is not None and optimizer is not None
        if loss is not None and training:
            self._y = [_targets(loss, output.shape, rng.integers(0, output.shape[-1], (batch, *output.shape[:-1])))]
            self._weights = [np.full(batch, 1 / batch, output.dtype)]
        purpose = Runner(graph, [] if loss is None else [loss], optimizer).purpose("train" if training else "predict")
        self.program = build(graph, batch, *purpose)

    def __call__(self) -> None:
        """Take the step. Raises: NonFiniteError where it gave something that is not finite: such steps take longer."""
        scalars: tuple[float, ...] = ()
        position = None
        if self._optimizer is not None:
            scalars = self._optimizer.scalars()
            position = Position(0, self._optimizer.iterations, self._numbers)
            self._optimizer.iterations += 1
        outcome = self.program.run(self._x, self._y, self._weights, scalars, position)
        if outcome.nonfinite:
            raise NonFiniteError(text("bench.not_finite", layer=outcome.nonfinite), outcome.nonfinite)

    @property
    def macs(self) -> int | None:
        """Multiply-adds of a step, those over padding left out; None on the reference engine, which has no kernels."""
        if not isinstance(self.program, NativeProgram):
            return None
        return self.batch * sum(call.spec.macs for stage in self.program.stages for call in stage.calls)


def _targets(loss: Loss, output: Shape, labels: Array) -> Array:
    """`labels` in the form that `loss` takes: as they are, or as one-hot rows."""
    sparse = isinstance(loss, SparseCategoricalCrossentropy)
    return loss.check(labels if sparse else np.eye(output[-1])[labels], output)


@dataclass(frozen=True)
class Speed:
    """Steps of `samples` samples that took `seconds` each."""

    samples: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds of a step, half of them being quicker."""
        return median(self.seconds)

    @property
    def per_second(self) -> float:
        """Samples a second, at the median."""
        return self.samples / self.median


def timed(step: Step, seconds: float) -> Speed:
    """Take `step` for about `seconds`, once before the watch is started."""
    step()
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(taken) < LEAST:
        taken.append(_watched(step))
    return Speed(step.batch, tuple(taken))


def _watched(step: Callable[[], object]) -> float:
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


@dataclass(frozen=True)
class Limits:
    """What one core can do while all work: `peak`, in floating-point operations a second, a multiply-add being two;
    `memory` and `cache`, in bytes a second read and written, of the memory and of the second-level cache."""

    peak: float
    memory: float
    cache: float


@dataclass(frozen=True)
class Profile:
    """A step of training, call by call: `calls` in order, `seconds` of the step by the clock on `threads` threads, and
    the `limits` measured beside it."""

    calls: tuple[Measured, ...]
    seconds: float
    threads: int
    limits: Limits

    @property
    def whole(self) -> float:
        """Seconds of the step on all its threads together."""
        return self.seconds * self.threads

    @property
    def inside(self) -> float:
        """Seconds of one core spent in kernels."""
        return sum(call.seconds for call in self.calls)

    @property
    def outside(self) -> float:
        """The rest: waiting at barriers, handing out work, Python."""
        return self.whole - self.inside

    @property
    def phases(self) -> tuple[str, ...]:
        """What each call belongs to: `forward`, `backward`, or `weights`, which are packed before and updated after."""
        turn = next((i for i, call in enumerate(self.calls) if call.kernel == "loss"), len(self.calls))
        return tuple(
            "weights" if call.of_weights else "forward" if i <= turn else "backward"
            for i, call in enumerate(self.calls)
        )  # fmt: skip


def profile(step: Step, seconds: float, peak: float) -> Profile:
    """Take `step` for about `seconds` with cycles counted call by call; `peak` is that of all workers together.

    Raises: ConfigurationError on the reference engine, which has no kernels.
    """
    if not isinstance(step.program, NativeProgram):
        raise ConfigurationError(text("bench.no_kernels"))
    taken: list[float] = []
    calls = measure(step.program, lambda: taken.append(_watched(step)), step.batch, seconds)
    cores = _together()
    limits = Limits(peak / cores, traffic_rate(MEMORY, cores) / cores, traffic_rate(current().l2 // 4))
    return Profile(tuple(calls), median(taken[1:]), pool().number, limits)


def measured_peak() -> float:
    """Floating-point operations a second of all workers together, in registers."""
    return peak.measure(_together())


def _together() -> int:
    """Threads that can be timed together: no more than there are processors for."""
    return min(count()[0], available()[0])


def traffic_rate(size: int, threads: int = 1) -> float:
    """Bytes a second that `threads` threads read and write while NumPy negates arrays of `size` bytes into others.

    The best of several short runs: other programs can only make it lower. (Not copies: a system's `memcpy` may be far
    slower than its caches.) Of arrays in a core's own cache take one thread: several would wait for Python's lock.
    """
    arrays = [(np.ones(size // 4, np.float32), np.zeros(size // 4, np.float32)) for _ in range(threads)]
    times_over = max(1, MEMORY // size)
    together = threading.Barrier(threads)
    times: list[list[float]] = [[] for _ in range(threads)]

    def run(number: int) -> None:
        source, target = arrays[number]
        for _ in range(TURNS):
            together.wait()
            begun = time.perf_counter()
            for _ in range(times_over):
                np.negative(source, out=target)
            times[number].append(time.perf_counter() - begun)

    others = [threading.Thread(target=run, args=(i,)) for i in range(1, threads)]
    for thread in others:
        thread.start()
    run(0)
    for thread in others:
        thread.join()
    slowest = [max(turn) for turn in zip(*times, strict=True)]
    rate: float = 2 * size * times_over * threads / min(slowest)
    return rate
