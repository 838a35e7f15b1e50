"""No kernel reads or writes outside its arrays, whatever the shape: every array lies between forbidden pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from konv.engine.threads import available
from tests.engine.random_networks import draw, shapes
from tests.house.source import CHECKOUT

FEW, MANY = 60, 10_000
TOGETHER = 20
"""Networks a process runs; what it has compiled stays in its memory."""


def child(*arguments: str, seconds: float = 600) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KONV_CACHE": "off", "KONV_THREADS": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, *arguments], cwd=CHECKOUT, env=environment, capture_output=True, text=True,
                          timeout=seconds, check=False)  # fmt: skip


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(("front", "index"), [(False, 5), (True, -1)])
def test_one_element_beyond_ends_the_process(front: bool, index: int, write: bool) -> None:
    code = f"""
import ctypes
from konv.engine.guard import guarded
array = guarded((5,), "float32", front={front})
array[...] = 1
spot = ctypes.cast(array.ctypes.data, ctypes.POINTER(ctypes.c_float))
print(spot[0] + spot[4], flush=True)
{f"spot[{index}] = 1" if write else f"print(spot[{index}])"}
"""
    done = child("-c", code)
    assert (done.returncode, done.stdout) == (-signal.SIGSEGV, "2.0\n")


@pytest.mark.parametrize("worker", [0, 2])
def test_one_element_beyond_scratch_memory_ends_the_process(worker: int) -> None:
    code = f"""
import ctypes
from konv.engine.guard import strips
memory, stride = strips(3, 192)
memory[:192] = 1
spot = ctypes.cast(memory.ctypes.data + {worker} * stride, ctypes.POINTER(ctypes.c_ubyte))
spot[0] = spot[191] = 7
print(spot[0] + spot[191], flush=True)
print(spot[192])
"""
    done = child("-c", code)
    assert (done.returncode, done.stdout) == (-signal.SIGSEGV, "14\n")


def test_programs_that_need_more_or_less_scratch_memory_follow_each_other() -> None:
    """In turns, with and without guards, with the same outputs each time."""
    code = """
import numpy as np
from konv import config
from konv.engine.threads import pool
from konv.layers import Conv2D, Flatten
from konv.models import Sequential

models = [Sequential([Conv2D(16, 1, input_shape=(12, 12, 16)), Flatten()]),  # needs no scratch memory
          *[Sequential([Conv2D(n, 3, input_shape=(12, 12, 16)), Flatten()]) for n in (16, 64)]]
x = np.random.default_rng(0).random((4, 12, 12, 16), np.float32)
first = [model.predict(x, verbose=0) for model in models]
for engine in ("guarded", "native", "guarded", "guarded", "native"):
    config.set_engine(engine)
    for model, wanted in [*zip(models, first), *reversed([*zip(models, first)])]:
        assert (model.predict(x, verbose=0) == wanted).all()
        print(pool()._fenced is not None, end=" ")
"""
    done = child("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(on) for on in (True, False, True, True, False) for _ in range(6)]


@pytest.mark.slow
def test_random_shapes_stay_inside_their_arrays(full: bool) -> None:
    """Layers, losses and updates of 60 random shapes, with `--slow` of 10,000; with the arrays at either end of their
    pages, and the same bits as without guards. A fault ends a child, whose last line says which network it was."""
    total, networks = 0, 0
    while total < (MANY if full else FEW):
        total += shapes(draw(networks))
        networks += 1

    def some(first: int) -> list[str]:
        """Failures among the networks from `first` on; behind one that failed, go on with the next."""
        failures, last = [], min(first + together, networks)
        while first < last:
            done = child("-m", "tests.engine.random_networks", str(first), str(last - first))
            *_, line = done.stdout.splitlines() or [""]
            if done.returncode == 0 and line == "done":
                break
            failures.append(f"exit {done.returncode} at {line}\n{done.stderr.strip()[-2000:]}")
            first = int(line.partition(":")[0]) + 1 if ":" in line else last
        return failures

    processes = available()[0]
    together = min(TOGETHER, -(-networks // processes))
    with ThreadPoolExecutor(processes) as pool:
        failures = [failure for found in pool.map(some, range(0, networks, together)) for failure in found]
    print(f"{total:,} shapes in {networks} networks")
    assert failures == []
