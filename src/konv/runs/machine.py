"""What a run is done by: the processor as kernels see it, threads and why that many, and versions."""

from __future__ import annotations

import platform
from importlib.metadata import version

from konv import __version__, config

__all__ = ["LIBRARIES", "processor", "versions"]

LIBRARIES = ("numpy", "llvmlite", "pillow", "safetensors", "matplotlib", "rich", "click", "h5py")


def versions(libraries: tuple[str, ...] = LIBRARIES) -> dict[str, str]:
    """The versions of konv, of Python, and of `libraries`."""
    return {
        "konv": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in libraries},
    }


def processor() -> dict[str, object]:
    """What a record keeps of the processor, under the keys of `report.processor.…`."""
    facts: dict[str, object] = {"engine": config.engine()}
    if config.engine() != "reference":
        from konv.engine import threads
        from konv.kernels.code import processor

        made_for = processor.current()
        count, reason = threads.count()
        facts |= {"cpu": made_for.cpu, "vector_bits": 8 * made_for.vector_bytes, "threads": count, "because": reason}
    return {**facts, "system": platform.platform(terse=True)}
