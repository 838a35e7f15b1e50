"""What `konv bench` measures, gathered: speeds, the peak beside them, first steps in new processes, a profile."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass

from konv import config
from konv.errors import CompileError
from konv.explain.speed import Profile, Speed, Step, measured_peak, profile, timed
from konv.messages import language, text
from konv.models import Model
from konv.runs.machine import processor
from konv.runs.sources import named_network, ready_to_train
from konv.shapes import show

__all__ = ["Bench", "Network", "first_step_seconds", "measured"]


@dataclass(frozen=True)
class Network:
    """What was asked to be measured: the options of `konv bench`."""

    model: str
    input: tuple[int, int, int] | None
    classes: int | None
    optimizer: str | None
    batch: int

    def load(self) -> Model:
        """The network."""
        return named_network(self.model, self.input, self.classes)

    def training(self, model: Model) -> Step:
        """A step of training of `model`, which this network is."""
        return Step(model.graph, self.batch, *ready_to_train(model, self.optimizer))

    @property
    def arguments(self) -> list[str]:
        """What asks `konv bench` for the same network."""
        shape = "x".join(map(str, self.input)) if self.input else None
        options = {"--input": shape, "--classes": self.classes, "--optimizer": self.optimizer, "--batch": self.batch}
        return [self.model, *(f"{name}={value}" for name, value in options.items() if value is not None)]


@dataclass(frozen=True)
class Bench:
    """What was measured: `speeds` of `training` and `prediction`, each with a step's multiply-adds (None where there
    are no kernels); `peak`, floating-point operations a second of all threads; `cold` and `warm`, seconds to the end
    of a new process's first step of training with an empty and with a filled cache of kernels."""

    asked: Network
    model: str
    parameters: int
    shape: str
    engine: str
    cpu: str
    threads: int
    speeds: dict[str, tuple[Speed, int | None]]
    peak: float
    cold: float
    warm: float
    profile: Profile | None

    def answer(self) -> dict[str, object]:
        """All of it, fit for JSON; rates in operations and bytes a second."""
        return {
            "model": self.model,
            "parameters": self.parameters,
            "batch": self.asked.batch,
            "engine": self.engine,
            "cpu": self.cpu,
            "threads": self.threads,
            "peak": self.peak,
            "first_step": {"cold": self.cold, "warm": self.warm},
            **{name: _speed(speed, macs, self.peak) for name, (speed, macs) in self.speeds.items()},
            "profile": self.profile and _profile(self.profile),
        }


def _speed(speed: Speed, macs: int | None, peak: float) -> dict[str, object]:
    return {
        "images_per_second": speed.per_second,
        "seconds": {"median": speed.median, "min": min(speed.seconds), "max": max(speed.seconds)},
        "steps": len(speed.seconds),
        "multiply_adds": macs,
        "share_of_peak": None if macs is None else 2 * macs / speed.median / peak,
    }


def _profile(found: Profile) -> dict[str, object]:
    return {
        "step_seconds": found.seconds,
        "threads": found.threads,
        "kernel_seconds": found.inside,
        "outside_seconds": found.outside,
        "core": asdict(found.limits),
        "calls": [
            {"phase": phase, **asdict(call)} for call, phase in zip(found.calls, found.phases, strict=True)
        ],
    }  # fmt: skip


def measured(asked: Network, seconds: float, profiled: bool) -> Bench:
    """Measure training and prediction for about `seconds` each, and as long call by call where `profiled`.

    Raises: KonvError where the network cannot be had or measured.
    """
    model = asked.load()
    peaks = [measured_peak()]
    training = asked.training(model)
    speeds = {"training": (timed(training, seconds), training.macs)}
    peaks.append(measured_peak())
    prediction = Step(model.graph, asked.batch)
    speeds["prediction"] = (timed(prediction, seconds), prediction.macs)
    peaks.append(measured_peak())
    by_call = profile(training, seconds, max(peaks)) if profiled else None
    facts = processor()
    with tempfile.TemporaryDirectory(prefix="konv-bench-") as cache:
        cold, warm = _first_step(asked, cache), _first_step(asked, cache)
    return Bench(
        asked=asked, model=model.name, parameters=model.count_params(), shape=show(model.graph.inputs[0].shape),
        engine=config.engine(), cpu=str(facts.get("cpu", "NumPy")), threads=int(str(facts.get("threads", 1))),
        speeds=speeds, peak=max(peaks), cold=cold, warm=warm, profile=by_call,
    )  # fmt: skip


def first_step_seconds(asked: Network) -> float:
    """Seconds from the network's description to the end of its first step of training, in this process."""
    begun = time.perf_counter()
    asked.training(asked.load())()
    return time.perf_counter() - begun


def _first_step(asked: Network, cache: str) -> float:
    """The same in a new process that keeps its kernels in `cache`. Raises: CompileError where it fails."""
    command = [sys.executable, "-m", "konv", "bench", *asked.arguments, "--first-step"]
    environment = {**os.environ, "KONV_CACHE": cache, "KONV_LANG": language()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompileError(text("bench.first_failed", error=done.stderr.strip()))
    return float(done.stdout)
