"""Worker threads: how many, and a pool of them that stays."""

from __future__ import annotations

import atexit
import ctypes
import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from konv import config
from konv.engine.guard import strips
from konv.errors import ConfigurationError
from konv.graph import aligned
from konv.kernels.code.build import addresses
from konv.kernels.code.executor import PROGRAM, SHARED, WIDTH, Routine
from konv.locks import Turns, waited_for
from konv.messages import text
from konv.ops.record import Array

__all__ = ["Pool", "count", "pool"]

LINE = 64
"""Bytes of a cache line."""
SPIN = 500_000
"""Cycles a waiting worker spins before it sleeps, about 0.2 ms: Python takes less than that between two small batches,
and a worker that has gone to sleep must be waked first."""


def count() -> tuple[int, str]:
    """How many worker threads, and why: the first of `KONV_THREADS`, `OMP_NUM_THREADS`, then what affinity and the
    container's quota allow.

    Raises: ConfigurationError where `KONV_THREADS` is not a positive integer.
    """
    asked = config.threads_asked()
    if asked:
        return asked, "KONV_THREADS"
    here, why = available()
    wanted = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    if wanted.isdecimal() and 0 < int(wanted) < here:
        return int(wanted), "OMP_NUM_THREADS"
    return here, why


def available() -> tuple[int, str]:
    """The processors this process may use, and what limits them."""
    if hasattr(os, "sched_getaffinity"):
        number, why = len(os.sched_getaffinity(0)), "affinity"
    else:
        number, why = os.cpu_count() or 1, "processors"
    if number == os.cpu_count():
        why = "processors"
    quota = _quota()
    if quota is not None and quota < number:
        return max(1, math.floor(quota)), "container quota"
    return number, why


def _quota() -> float | None:
    """Processors' worth of time that control groups allow, the process's own and those it lies in, or None."""
    root = Path("/sys/fs/cgroup")
    two = [_limit(folder / "cpu.max") for folder in _groups(root, "")]
    one = [_limit(folder / "cpu.cfs_quota_us", folder / "cpu.cfs_period_us") for folder in _groups(root / "cpu", "cpu")]
    return min((limit for limit in (*two, *one) if limit is not None), default=None)


def _groups(root: Path, controller: str) -> list[Path]:
    """The folders of the control groups this process is in, from its own to the root; in a container often that alone
    is to be seen. `controller`: "" for version 2."""
    try:
        lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return [root]  # not Linux
    own = next((line[2] for line in lines if len(line) == 3 and controller in line[1].split(",")), "/")
    folder = root / own.strip("/")
    return [folder, *(above for above in folder.parents if above.is_relative_to(root))]


def _limit(*files: Path) -> float | None:
    """The quota over the period that files of a control group tell; None where there is none."""
    try:
        quota, period = " ".join(file.read_text() for file in files).split()
        return int(quota) / int(period) if quota != "max" and int(quota) > 0 else None
    except (OSError, ValueError):
        return None


_running = waited_for(threading.Lock())


class Pool:
    """`number` workers: the calling thread and `number` − 1 that wait in native code for its next program.

    One program runs at a time: `lock`, the same for every pool of the process, is held for it. Raises:
    ConfigurationError where the system does not grant so many threads.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.lock = _running
        entries = [Routine.here("work"), Routine.here("step")]
        found = addresses(entries)
        two = [ctypes.c_void_p, ctypes.c_void_p]
        self._work, self._step = (ctypes.CFUNCTYPE(None, *two)(found[e]) for e in entries)
        self._shared = aligned((max(SHARED.values()) + 8,), "int64")
        crowded = number > available()[0]  # spinning would take the processor from those waited for
        for field, value in (("workers", number), ("spin", 0 if crowded else SPIN), ("syscall", _syscall())):
            self._shared[SHARED[field]] = value
        self._fenced: int | None = None
        """The bytes of each worker's scratch memory, where it lies between guard pages."""
        self.reserve(1)
        self._at = self._shared.ctypes.data
        self._threads: list[threading.Thread] = []
        for i in range(1, number):
            thread = threading.Thread(target=self._work, args=(self._at, i), name=f"konv-worker-{i}", daemon=True)
            try:
                thread.start()
            except RuntimeError as e:
                self.stop()  # those there are read memory that goes with this pool
                raise ConfigurationError(text("no_more_threads", asked=number, started=i, why=e)) from e
            self._threads.append(thread)

    def reserve(self, size: int) -> None:
        """See that every worker has `size` bytes of scratch memory for itself. The caller holds `lock`."""
        size = -(-size // LINE) * LINE
        if config.engine() == "guarded":
            if size != self._fenced:
                self._own(*strips(self.number, size))
                self._fenced = size
        elif self._fenced is not None or size > self._shared[SHARED["scratch_size"]]:
            size = -(-size // 4096) * 4096 + 4096  # no two workers' pages are a power of two apart
            self._own(aligned((self.number * size,), "uint8"), size)
            self._fenced = None

    def _own(self, memory: Array, stride: int) -> None:
        """Give the workers `memory` for scratch, `stride` bytes to each."""
        self._scratch = memory  # the executor has its address
        self._shared[SHARED["scratch"]], self._shared[SHARED["scratch_size"]] = memory.ctypes.data, stride

    @contextmanager
    def spinning(self) -> Iterator[None]:
        """Workers that wait do not go to sleep: for measuring, where steps are further apart than in training. They do
        so until the first step after it."""
        before = self._shared[SHARED["spin"]]
        self._shared[SHARED["spin"]] = 1 << 60
        try:
            yield
        finally:
            self._shared[SHARED["spin"]] = before

    def run(self, program: int) -> None:
        """Run the program at an address to its end. The caller holds `lock`."""
        self._step(self._at, program)

    def stop(self) -> None:
        """End the workers and wait for them."""
        with self.lock:
            if self._threads:
                self._shared[SHARED["stop"]] = 1
                # A program without stages: whoever wakes up for it sees the stop and leaves.
                self._shared[SHARED["workers"]] = 1
                empty = np.zeros(WIDTH, np.int64)
                empty[PROGRAM["shared"]] = 1
                self._step(self._at, empty.ctypes.data)
                for thread in self._threads:
                    thread.join()
                self._threads = []


def _syscall() -> int:
    if sys.platform != "linux":
        return 0
    return ctypes.cast(ctypes.CDLL(None).syscall, ctypes.c_void_p).value or 0


_pool: Pool | None = None
_asked: tuple[str | None, ...] = ()
_turns = Turns()


def pool() -> Pool:
    """The pool of this process, made when first needed and made anew when another number of threads is asked for.

    What affinity and quota allow is looked up then, not at every call.
    """
    global _pool, _asked
    asked = os.environ.get("KONV_THREADS"), os.environ.get("OMP_NUM_THREADS")
    with _turns.now:
        if _pool is None or asked != _asked:
            number, _ = count()
            if _pool is not None and _pool.number != number:
                _pool.stop()
                _pool = None
            _pool = _pool or Pool(number)
            _asked = asked
        return _pool


def _close() -> None:
    if _pool is not None:
        _pool.stop()


def _forget() -> None:
    """In a child process after a fork: its parent's threads are not here."""
    global _pool
    _pool = None


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
