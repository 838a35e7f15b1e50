"""How many workers, why, and that they come and go as they should."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from konv.engine import threads
from konv.errors import ConfigurationError

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine of 8 processors, all of them usable, without settings; returns its folder of control groups."""
    for name in ("KONV_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    (tmp_path / "own").write_text("4:cpuacct,cpu:/jobs/seven\n1:name=systemd:/\n0::/user/app.service\n")
    monkeypatch.setattr(threads, "Path", lambda path: tmp_path / {"/proc/self/cgroup": "own"}.get(path, ""))
    return tmp_path


def test_all_processors(machine: Path) -> None:
    assert threads.count() == threads.available() == (8, "processors")


def test_affinity(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 5, 6})
    assert threads.count() == (3, "affinity")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "250000 100000\n"}, (2, "container quota")),
        ({"cpu.max": "50000 100000\n"}, (1, "container quota")),
        ({"cpu.max": "max 100000\n"}, (8, "processors")),
        ({"cpu.max": "1600000 100000\n"}, (8, "processors")),
        ({"cpu.max": "nonsense"}, (8, "processors")),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, (3, "container quota")),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, (8, "processors")),
        ({"user/app.service/cpu.max": "200000 100000"}, (2, "container quota")),
        ({"user/app.service/cpu.max": "max 100000", "user/cpu.max": "300000 100000"}, (3, "container quota")),
        ({"user/other/cpu.max": "100000 100000"}, (8, "processors")),
        (
            {
                "cpu/jobs/seven/cpu.cfs_quota_us": "400000",
                "cpu/jobs/seven/cpu.cfs_period_us": "100000",
                "cpu/cpu.cfs_quota_us": "-1",
                "cpu/cpu.cfs_period_us": "100000",
            },
            (4, "container quota"),
        ),
    ],
)
def test_quota(files: dict[str, str], expected: tuple[int, str], machine: Path) -> None:
    for name, content in files.items():
        (machine / name).parent.mkdir(parents=True, exist_ok=True)
        (machine / name).write_text(content)
    assert threads.count() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", (3, "OMP_NUM_THREADS")), ("3,2", (3, "OMP_NUM_THREADS")), ("20", (8, "processors")),
     ("0", (8, "processors")), ("²", (8, "processors")), ("many", (8, "processors"))],
)  # fmt: skip
def test_openmp_may_only_lower(
    value: str, expected: tuple[int, str], machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert threads.count() == expected


def test_what_is_asked_for_wins(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("KONV_THREADS", "12")
    assert threads.count() == (12, "KONV_THREADS")


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "²", "4097", "9" * 5000])
def test_what_is_asked_for_must_be_a_number(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_THREADS", value)
    with pytest.raises(ConfigurationError, match=f"KONV_THREADS must be a positive integer.*{value[:50]}"):
        threads.count()


def workers() -> int:
    return sum(thread.name.startswith("konv-worker") for thread in threading.enumerate())


def test_workers_come_and_go_with_the_number_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pools = []
    for number in (4, 1, 3, 3):
        monkeypatch.setenv("KONV_THREADS", str(number))
        pools.append(threads.pool())
        assert pools[-1].number == number
        assert workers() == number - 1
    assert pools[2] is pools[3]
    pools[3].stop()
    assert workers() == 0
    pools[3].stop()  # as often as one likes


def script(body: str, first: str = "") -> str:
    """What a script with three workers prints in a process of its own, which must end by itself, in peace."""
    code = f"import atexit, os, sys, threading\n{first}\nfrom tests.engine.networks import *\n{body}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=CHECKOUT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "KONV_THREADS": "3"},
    )  # fmt: skip
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_workers_end_with_the_process() -> None:
    last = "atexit.register(lambda: print(threading.active_count()))"
    assert script("trained(two_heads()); print(threading.active_count())", first=last) == "3\n1\n"


def test_workers_end_with_a_process_that_calls_exit_in_a_thread() -> None:
    body = "t = threading.Thread(target=lambda: trained(two_heads())); t.start(); t.join(); print('ran'); sys.exit(0)"
    assert script(body) == "ran\n"


def test_a_stopped_pool_still_runs() -> None:
    """Whoever holds a pool while another number of threads is asked for goes on alone."""
    body = (
        "from konv.engine.threads import pool\n"
        "e = two_heads(); wanted = trained(e); pool().stop(); print(trained(two_heads()) == wanted)"
    )
    assert script(body) == "True\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_after_a_fork_has_workers_of_its_own() -> None:
    """Programs made before and after the fork, in child and grandchild, while the parent goes on."""
    body = """
example = two_heads()
program = example.program("native")
wanted = example.run(program).outputs[0].copy()
def works():
    return (example.run(program).outputs[0] == wanted).all() and trained(two_heads()) == after
after = trained(two_heads())
child = os.fork()
if child == 0:
    grandchild = os.fork()
    good = works() and threading.active_count() == 3
    if grandchild:
        good = good and os.waitpid(grandchild, 0)[1] == 0
    os._exit(0 if good else 1)
print(works(), os.waitpid(child, 0)[1], works())
"""
    assert script(body) == "True 0 True\n"


PROGRAM = """
example = two_heads()
program = example.program("native")
run = lambda: example.run(program).outputs[0].copy()
"""
MODEL = """
from konv import Sequential, layers
model = Sequential([layers.Input((6, 6, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3)])
run = lambda: model.predict(np.ones((2, 6, 6, 3), "float32"), verbose=0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("made", [PROGRAM, MODEL], ids=["program", "model"])
def test_a_fork_amid_a_run_of_another_thread(made: str) -> None:
    """Locks that were held then are not held in the child."""
    body = """
import signal
wanted, over = run(), threading.Event()
def running():
    while not over.is_set():
        run()
other = threading.Thread(target=running)
other.start()
codes = []
for _ in range(20):
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # ends the child where it waits for a thread that it has not
        os._exit(0 if (run() == wanted).all() else 1)
    codes.append(os.waitpid(child, 0)[1])
over.set()
other.join()
print(codes == [0] * 20)
"""
    assert script("import numpy as np" + made + body) == "True\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_while_another_thread_compiles() -> None:
    body = """
import signal
from konv.kernels.code import build
from konv.kernels.maps.pointwise import Pointwise
begun, done = threading.Event(), threading.Event()
first = build.compile_all
def slow(*given):
    begun.set()
    done.wait()
    return first(*given)
build.compile_all = slow
os.environ["KONV_CACHE"] = "off"
other = threading.Thread(target=lambda: build.addresses([Pointwise("float32", "add", 17)]))
other.start()
begun.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)
    build.compile_all = first
    os._exit(0 if build.addresses([Pointwise("float32", "add", 18)]) else 1)
code = os.waitpid(child, 0)[1]
done.set()
other.join()
print(code)
"""
    assert script(body) == "0\n"


def test_threads_the_system_does_not_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that have started end: the memory they would read goes."""
    threads.pool().stop()
    start = threading.Thread.start

    def scarce(thread: threading.Thread) -> None:
        if thread.name == "konv-worker-3":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    with pytest.raises(ConfigurationError, match=r"no more than 3 of 5 threads \(can't start new thread\)"):
        threads.Pool(5)
    assert workers() == 0
