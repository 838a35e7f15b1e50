"""Settings: one place for every environment variable konv reads, and the values set from Python.

| variable | values | meaning |
|---|---|---|
| `KONV_ENGINE` | `native` (default), `reference`, `guarded` | compiled kernels, the NumPy reference, or guard pages |
| `KONV_CPU` | an LLVM processor name, or `x86-64-v2`, `x86-64-v3`, `x86-64-v4` | compile for it, not for the host |
| `KONV_DIRECT` | `1` | convolutions by direct sums alone, never by Winograd's transforms |
| `KONV_THREADS` | a positive integer | worker threads; never changes a result |
| `KONV_CACHE` | a folder, or `off` | where compiled kernels are kept |
| `KONV_DATA` | a folder | data sets under their original file names, or as `NAME.npz` |
| `KONV_DEBUG` | `graph`, `plan`, `blocking`, `ir`, `asm`, comma-separated | print that stage |
| `KONV_LANG` | `en`, `zh` | language of texts |
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = [
    "ENGINES",
    "cache_in",
    "cache_folder",
    "cpu",
    "data_folder",
    "debug",
    "direct",
    "direct_sums",
    "engine",
    "epsilon",
    "floatx",
    "set_engine",
    "set_floatx",
    "threads_asked",
]

ENGINES = ("native", "reference", "guarded")
MOST_THREADS = 4096
STAGES = ("graph", "plan", "blocking", "ir", "asm")
_engine: str | None = None
_cache: str | None = None
_floatx = "float32"
direct_sums: bool | None = None
"""Set to True for direct sums alone, to False for the faster way of each convolution; None leaves it to `KONV_DIRECT`.
Counts for programs that are built from then on."""


def engine() -> str:
    """The engine that runs networks. Raises: ConfigurationError where `KONV_ENGINE` names none."""
    name = _engine or os.environ.get("KONV_ENGINE", "native")
    if name not in ENGINES:
        raise ConfigurationError(text("unknown_setting", name="KONV_ENGINE", received=name, known=", ".join(ENGINES)))
    return name


def set_engine(name: str | None) -> None:
    """Choose the engine for this process; None goes back to `KONV_ENGINE`. Raises: ConfigurationError for others."""
    global _engine
    if name is not None and name not in ENGINES:
        raise ConfigurationError(text("unknown_setting", name="engine", received=name, known=", ".join(ENGINES)))
    _engine = name


def direct() -> bool:
    """Whether convolutions are computed by direct sums alone: `direct_sums`, else `KONV_DIRECT`.

    Raises: ConfigurationError where the one is not True, False or None, or the other neither 0 nor 1.
    """
    if direct_sums not in (True, False, None):
        known = "True, False, None"
        raise ConfigurationError(text("unknown_setting", name="direct_sums", received=direct_sums, known=known))
    if direct_sums is not None:
        return direct_sums
    value = os.environ.get("KONV_DIRECT", "0") or "0"
    if value not in ("0", "1"):
        raise ConfigurationError(text("unknown_setting", name="KONV_DIRECT", received=value, known="0, 1"))
    return value == "1"


def cpu() -> str:
    """The processor kernels are compiled for; empty means the host's."""
    return os.environ.get("KONV_CPU", "")


def threads_asked() -> int | None:
    """`KONV_THREADS`, or None where it is not set. Raises: ConfigurationError for anything but a positive integer, and
    for more than `MOST_THREADS`."""
    value = os.environ.get("KONV_THREADS", "")
    if not value:
        return None
    if not value.isdecimal() or not 1 <= int(value[:9]) <= MOST_THREADS:
        raise ConfigurationError(text("bad_threads", most=MOST_THREADS, received=value))
    return int(value)


def cache_folder() -> Path | None:
    """Where compiled kernels are kept, or None for memory only (`KONV_CACHE=off`)."""
    value = os.environ.get("KONV_CACHE", "") if _cache is None else _cache
    if value == "off":
        return None
    if value:
        return Path(value).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "konv" / "kernels"


@contextmanager
def cache_in(folder: str | None) -> Iterator[None]:
    """For a while, keep compiled kernels in `folder`, as `KONV_CACHE` would have it; None changes nothing."""
    global _cache
    before = _cache
    _cache = before if folder is None else folder
    try:
        yield
    finally:
        _cache = before


def data_folder() -> Path:
    """Where data sets are looked for and kept: `KONV_DATA`, else `~/.konv/datasets`."""
    return Path(os.environ.get("KONV_DATA") or "~/.konv/datasets").expanduser()


def debug(stage: str) -> bool:
    """Whether `KONV_DEBUG` asks for `stage`. Raises: ConfigurationError where it names a stage there is not."""
    asked = [s.strip() for s in os.environ.get("KONV_DEBUG", "").split(",") if s.strip()]
    for name in asked:
        if name not in STAGES:
            raise ConfigurationError(text("unknown_setting", name="KONV_DEBUG", received=name, known=", ".join(STAGES)))
    return stage in asked


def floatx() -> str:
    """The type of weights and activations, `"float32"` (default) or `"float64"`."""
    return _floatx


def set_floatx(name: str) -> None:
    """Set the type of weights created from now on; float64 serves the tests of gradients.

    Raises: ConfigurationError for any other type.
    """
    global _floatx
    if name not in ("float32", "float64"):
        raise ConfigurationError(text("unknown_setting", name="floatx", received=name, known="float32, float64"))
    _floatx = name


def epsilon() -> float:
    """The small number of Keras's formulas (1e-7)."""
    return 1e-7
