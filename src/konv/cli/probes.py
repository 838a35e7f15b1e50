"""What `konv doctor` looks at: small probes that find facts and, where something is wrong, say what to do."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from konv import config
from konv.errors import KonvError, KonvWarning
from konv.messages import text
from konv.runs.machine import versions

__all__ = ["PROBES", "Finding", "examine"]


@dataclass
class Finding:
    """What a probe found: `facts` by name, and sentences on what is wrong (`problems`)."""

    facts: dict[str, object] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def examine() -> dict[str, Finding]:
    """The findings of every probe, by its name; one that fails is itself a finding."""
    found = {}
    for name, probe in PROBES.items():
        finding = Finding()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                probe(finding)
            except (KonvError, OSError) as error:
                finding.problems.append(str(error))
        finding.problems += [str(w.message) for w in said if issubclass(w.category, KonvWarning)]
        found[name] = finding
    return found


def _system(finding: Finding) -> None:
    finding.facts |= {**versions(), "system": platform.platform(terse=True)}
    config.debug("plan")  # raises where KONV_DEBUG names no stage
    engine = config.engine()
    finding.facts["engine"] = engine
    if engine != "native":
        finding.problems.append(text("doctor.slow_engine", engine=engine))


def _processor(finding: Finding) -> None:
    from konv.kernels.code import processor

    found = processor.current()
    finding.facts |= {
        "name": _model_name(),
        "cpu": found.cpu,
        "vector_bits": 8 * found.vector_bytes,
        "registers": found.registers,
        "fused_multiply_add": found.fma,
        "l1_bytes": found.l1,
        "l2_bytes": found.l2,
    }
    if not found.fma:
        finding.problems.append(text("doctor.no_fma", cpu=found.cpu))


def _model_name() -> str:
    """What the maker calls the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _threads(finding: Finding) -> None:
    from konv.engine import threads

    count, reason = threads.count()
    finding.facts |= {"threads": count, "reason": reason, "processors": os.cpu_count()}
    allowed, why = threads.available()
    finding.facts |= {"available": allowed, "limited_by": why}
    if count > allowed:
        finding.problems.append(text("doctor.too_many_threads", threads=count, available=allowed))


def _cache(finding: Finding) -> None:
    from konv.kernels.code import cache

    folder = config.cache_folder()
    if folder is None:
        finding.facts["folder"] = None
        return
    writable = cache.writable(folder)
    objects = [path.stat().st_size for path in folder.glob("*.o")] if folder.is_dir() else []
    finding.facts |= {"folder": str(folder), "writable": writable, "kernels": len(objects), "bytes": sum(objects)}


def _speed(finding: Finding) -> None:
    from konv.engine import threads
    from konv.kernels.code import peak

    count = min(threads.count()[0], threads.available()[0])  # more threads than processors cannot be timed
    finding.facts["peak_one_thread"] = peak.measure(1)
    finding.facts["peak_all_threads"] = peak.measure(count)


def _kernels(finding: Finding) -> None:
    """A small network on whole numbers, whose sums are exact: compiled kernels must give what NumPy gives."""
    from konv.engine.native import NativeProgram
    from konv.engine.reference import ReferenceProgram
    from konv.graph import Graph, Node, Variable
    from konv.ops import Conv2D, Input, MaxPool2D

    numbers = np.arange(2 * 12 * 12 * 3)
    x = (numbers % 7 - 3).astype("float32").reshape(2, 12, 12, 3)
    kernel = Variable("kernel", (numbers[: 9 * 3 * 20] % 5 - 2).astype("float32").reshape(3, 3, 3, 20))
    bias = Variable("bias", np.arange(20, dtype="float32"))
    source = Node.apply(Input((12, 12, 3)), (), (), "input", "float32")
    seen = Node.apply(Conv2D(20, (3, 3)), (source,), (kernel, bias), "convolution", "float32")
    graph = Graph([source], [Node.apply(MaxPool2D((2, 2)), (seen,), (), "pooling", "float32")])
    answers = [engine(graph, 2).run([x]).outputs[0] for engine in (NativeProgram, ReferenceProgram)]
    exact = bool(np.array_equal(answers[0], answers[1]))
    finding.facts["exact"] = exact
    if not exact:
        finding.problems.append(text("doctor.wrong_sums"))


PROBES: dict[str, Callable[[Finding], None]] = {
    "system": _system,
    "processor": _processor,
    "threads": _threads,
    "cache": _cache,
    "kernels": _kernels,
    "speed": _speed,
}
"""Every probe by its name, in the order of the page."""
