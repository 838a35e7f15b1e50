"""What all benchmarks share: the machine's description, peers in their own processes, alternate turns, results."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PAUSE = 0.3
"""Seconds between turns, so that threads which spin after their work have gone to sleep."""


def cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, Any]:
    """What the numbers were measured on: processor, cores, caches, memory, system, versions."""
    return {
        "processor": _from_file("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": cores(),
        "caches": _caches(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_at_start": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "engine": os.environ.get("KONV_ENGINE", "native"),
        "versions": versions("konv", "numpy", "llvmlite"),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
    }


def versions(*packages: str) -> dict[str, str]:
    """The installed versions of `packages`; those that are not installed are left out."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _from_file(path: str, key: str) -> str:
    """The value of the first `key: value` line of a file of /proc; empty where there is none."""
    if not Path(path).is_file():
        return ""
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), "")


def _caches() -> dict[str, str]:
    """The sizes of the first core's caches, as the system names them: `L1 data`, `L2 unified` …"""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        found[f"L{level} {kind.lower()}"] = size
    return found


class PeerError(RuntimeError):
    """A peer could not start or died; the text holds the end of what it wrote."""


class Peer:
    """One competitor in a process of its own, which does one thing at a time, when told.

    It speaks JSON, one line each way: a request `{"do": "setup" | "run" | "memory", ...}`, then its answer.
    """

    def __init__(self, name: str, python: str = sys.executable, threads: int = 0) -> None:
        """Start `workers.py NAME` with the interpreter `python`, on all cores or `threads`. Raises: PeerError where it
        cannot start."""
        self.name = name
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": str(threads or cores()),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "JAX_PLATFORMS": "cpu",
        }
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (open as long as the process is)
        self._process = subprocess.Popen(
            [python, str(HERE / "workers.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment,
        )
        try:
            self.versions: dict[str, str] = self.ask(do="hello")["versions"]
        except PeerError:
            self.close()
            raise

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its answer. Raises: PeerError where the process has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self._errors.seek(0)
            written = self._errors.read().strip().splitlines()
            raise PeerError(written[-1] if written else "it ended without a word")
        return json.loads(answer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


def alternate(peers: Sequence[Peer], steps: dict[str, int], rounds: int) -> dict[str, list[float]]:
    """Seconds a step of each peer in each round; peers take turns, and each round starts with another one."""
    seconds: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for turn in range(rounds):
        start = turn % len(peers)
        for peer in (*peers[start:], *peers[:start]):
            time.sleep(PAUSE)
            k = steps[peer.name]
            seconds[peer.name].append(peer.ask(do="run", steps=k)["seconds"] / k)
    return seconds


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, least, most, and the values themselves."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "all": list(values)}


def rounded(value: Any) -> Any:
    """`value` with every float at six significant digits, so that results can be read and compared."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def write(name: str, result: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write a result as `NAME.json`, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(rounded(result), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path
