"""Targets by name: this machine, or one that need not be here.

`host()` describes this machine; `named("x86-64-v3")` a processor that need not be this one, taking nothing from the
host, so that a kernel made for it is the same wherever it is made.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from konv import config
from konv.errors import ConfigurationError
from konv.kernels.code import llvm, tuned
from konv.kernels.code.target import Target
from konv.messages import text

__all__ = ["current", "host", "named"]

LEVELS = ("x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4")


def _describe(cpu: str, features: str, has: frozenset[str]) -> Target:
    if "avx512f" in has and "avx512vl" in has and "avx512dq" in has and "avx512bw" in has:
        # LLVM prefers 256-bit vectors on many processors that have 512; the kernels are written for all 512.
        return Target(cpu, features + ",-prefer-256-bit", 64, 32, True)
    if "avx2" in has and "fma" in has:
        return Target(cpu, features, 32, 16, True)
    if "neon" in has:
        return Target(cpu, features, 16, 32, True)
    return Target(cpu, features, 16, 16, False)


@lru_cache(maxsize=1)
def host() -> Target:
    """The processor this runs on."""
    cpu, features = llvm.host()
    written = ",".join(("+" if on else "-") + f for f, on in sorted(features.items()))
    l1, l2, l3 = _cache_sizes()
    found = _describe(cpu, written, frozenset(f for f, on in features.items() if on))
    return replace(found, l1=l1, l2=l2, l3=l3)


@lru_cache(maxsize=16)
def named(cpu: str, triple: str = "") -> Target:
    """A processor of `triple` (the host's) by its LLVM name, or an x86-64 level.

    Raises: ConfigurationError where LLVM does not know it.
    """
    known = llvm.features_of(cpu, triple) if cpu else None
    if known is None:
        raise ConfigurationError(text("unknown_cpu", received=cpu, known=", ".join(LEVELS[1:])))
    return _describe(cpu, "", known)


def current() -> Target:
    """The target in force: `KONV_CPU`, else the host; with the choices remembered for it.

    Raises: ConfigurationError for a processor LLVM does not know, or whose instructions this one lacks.
    """
    name = config.cpu()
    if not name:
        return tuned.recall(host())
    found = named(name)
    here = {feature for feature, has in llvm.host()[1].items() if has}
    lacking = (llvm.features_of(name) or frozenset()) - here
    if lacking:
        raise ConfigurationError(text("cpu_not_here", received=name, lacking=", ".join(sorted(lacking))))
    return tuned.recall(found)


def _cache_sizes() -> tuple[int, int, int]:
    """Bytes of the first- and second-level data caches of one core and of the third-level cache, as the system tells;
    common sizes elsewhere."""
    found = {1: 32 << 10, 2: 512 << 10, 3: 32 << 20}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind = int((folder / "level").read_text()), (folder / "type").read_text().strip()
            size = (folder / "size").read_text().strip()
        except (OSError, ValueError):
            continue  # a system that hides its caches: the common sizes serve
        if kind in ("Data", "Unified") and level in found and size.endswith("K"):
            found[level] = int(size[:-1]) << 10
    if hasattr(os, "sysconf") and "SC_LEVEL2_CACHE_SIZE" in os.sysconf_names and found[2] == 512 << 10:
        found[2] = max(os.sysconf("SC_LEVEL2_CACHE_SIZE"), 0) or found[2]
    return found[1], found[2], found[3]
