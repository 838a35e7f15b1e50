"""Compiled kernels on disk: reused while they are whole, made again where they are not, never trusted blindly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from konv.errors import CompileError, KonvWarning
from konv.kernels.code import build, cache, compiler, llvm
from konv.kernels.code.processor import current
from konv.kernels.code.target import Target
from konv.kernels.maps.pointwise import Pointwise
from tests.kernels.helpers import run

SPEC = Pointwise("float32", "relu", 17)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KONV_CACHE", str(tmp_path / "kernels"))
    return tmp_path / "kernels"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """What is known of folders is forgotten, before and after."""
    cache.writable.cache_clear()
    yield
    cache.writable.cache_clear()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are compiled in the test, in this process."""
    seen: list[str] = []
    compile_object = llvm.compile_object

    def spy(ir: str, target: object) -> bytes:
        seen.append(ir)
        return compile_object(ir, target)  # type: ignore[arg-type]

    monkeypatch.setattr(llvm, "compile_object", spy)
    return seen


def objects() -> bytes:
    return build.objects([SPEC], current())[SPEC]


def test_an_object_is_kept_and_used_again(folder: Path, compiled: list[str]) -> None:
    first = objects()
    (file,) = folder.iterdir()
    assert file.name == f"{SPEC.symbol(current())}.o"
    assert (folder.stat().st_mode & 0o077, file.stat().st_mode & 0o077) == (0, 0)
    assert objects() == first
    assert len(compiled) == 1


def test_code_is_loaded_once_in_a_process(folder: Path, compiled: list[str]) -> None:
    spec = Pointwise("float32", "relu", 18)
    assert build.addresses([spec, spec]) == build.addresses([spec])
    assert len(compiled) == 1


@pytest.mark.parametrize("damage", ["emptied", "cut short", "one bit", "another format", "of another spec"])
def test_a_damaged_file_is_made_again(damage: str, folder: Path, compiled: list[str]) -> None:
    whole = objects()
    (file,) = folder.iterdir()
    content = file.read_bytes()
    flipped = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    cases = {"emptied": b"", "cut short": content[:-20], "one bit": flipped, "another format": whole}
    file.write_bytes(cases.get(damage, content))
    if damage == "of another spec":
        build.objects([Pointwise("float32", "relu", 33)], current())
        file.unlink()
        next(folder.iterdir()).rename(file)
        compiled.pop()
    assert objects() == whole
    assert file.read_bytes() == content
    assert len(compiled) == 2


def test_no_cache(folder: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_CACHE", "off")
    assert objects() == objects()
    assert len(compiled) == 2
    assert not folder.exists()


def given_up(folder: Path, why: str) -> None:
    """One warning in all, nothing kept, and kernels that work."""
    with pytest.warns(KonvWarning, match=why) as told:
        objects()
    assert len(told) == 1
    assert str(folder) in str(told[0].message)
    x = np.array([[-1, 2]], "float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that one was the last
        objects()
        run(Pointwise("float32", "relu", 2), x, x, end=1)
    np.testing.assert_array_equal(x, [[0, 2]])


def test_a_folder_that_cannot_be_made_gives_one_warning(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KONV_CACHE", str(tmp_path / "file" / "kernels"))
    given_up(tmp_path / "file", "cannot be kept")
    assert len(compiled) >= 2


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_gives_one_warning(folder: Path) -> None:
    folder.mkdir(mode=0o500)
    given_up(folder, "cannot be kept")
    assert list(folder.iterdir()) == []


def test_a_read_only_folder_is_read(folder: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose kernels were compiled ahead: nothing is said, for nothing is to be kept."""
    first = objects()
    monkeypatch.setattr(cache, "writable", lambda folder: False)
    assert objects() == first
    assert len(compiled) == 1


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_can_write_is_not_used(folder: Path, mode: int) -> None:
    folder.mkdir()
    folder.chmod(mode)
    given_up(folder, "written by others")
    assert list(folder.iterdir()) == []


def test_a_full_disk_gives_a_warning_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.writable(folder)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.warns(KonvWarning, match="No space left"):
        objects()
    assert list(folder.iterdir()) == []


def test_processes_that_fill_one_cache_at_once(folder: Path) -> None:
    """Each makes what it does not find; all end well, and what they leave is whole."""
    code = (
        "import sys; from konv.kernels.code import build; from konv.kernels.maps.pointwise import Pointwise\n"
        "specs = [Pointwise('float32', 'tanh', size) for size in range(1, 30)]\n"
        "sys.stdin.read(1); assert len(build.addresses(specs)) == 29"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go")
        process.stdin.flush()
    for process in processes:
        assert process.communicate(timeout=120)[1] == ""
        assert process.returncode == 0
    specs = [Pointwise("float32", "tanh", size) for size in range(1, 30)]
    assert sorted(f.stem for f in folder.iterdir()) == sorted(s.symbol(current()) for s in specs)
    assert all(cache.read(f.stem) for f in folder.iterdir())


FILL = """
import os, signal, sys
from pathlib import Path
from konv.kernels.code import build
from konv.kernels.maps.pointwise import Pointwise
specs = [Pointwise("float32", "sigmoid", size) for size in range(1, 30)]
print("ready", flush=True)
"""


def filling(folder: Path, more: str) -> subprocess.Popen[str]:
    """A process that fills a cache with 29 kernels, once it has done what `more` says."""
    environment = {**os.environ, "KONV_CACHE": str(folder)}
    code = f"{FILL}{more}\nassert len(build.addresses(specs)) == 29"
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)  # fmt: skip


def sound(folder: Path, least: int = 0) -> None:
    """What a killed process has left is whole where it is under its own name; the next process makes all the rest."""
    left = [f for f in folder.iterdir() if not f.name.startswith(".")] if folder.exists() else []
    assert least <= len(left) < 29
    assert all(f.suffix == ".o" and cache.read(f.stem) for f in left)
    kept = {f: f.stat().st_mtime_ns for f in left}
    after = filling(folder, "")
    assert after.communicate(timeout=240)[1] == ""
    assert after.returncode == 0
    specs = [Pointwise("float32", "sigmoid", size) for size in range(1, 30)]
    assert all(cache.read(spec.symbol(current())) for spec in specs)
    assert all(f.stat().st_mtime_ns == then for f, then in kept.items())  # what was whole was used


def gone(process: int) -> bool:
    """Whether a process ends by itself, once it has done what it is at."""
    for _ in range(600):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


WRITING = {
    "half written": "fdopen = os.fdopen\ndef half(*a):\n"
    "    f = fdopen(*a); write = f.write\n"
    "    class Half:\n        __enter__ = lambda s: s\n        __exit__ = lambda s, *a: None\n"
    "        def write(s, b): write(b[:len(b) // 2]); f.flush(); die()\n"
    "    return Half()\nos.fdopen = half",
    "not renamed": "Path.replace = lambda *a: die()",
    "renamed": "replace = Path.replace\nPath.replace = lambda *a: (replace(*a), die())",
}


@pytest.mark.parametrize("when", WRITING)
def test_killed_while_writing(when: str, folder: Path) -> None:
    process = filling(folder, f"die = lambda: os.kill(os.getpid(), signal.SIGKILL)\n{WRITING[when]}")
    assert process.communicate(timeout=240)[1] == ""
    assert process.returncode == -signal.SIGKILL
    names = [f.name for f in folder.iterdir()]
    assert len(names) == 1
    assert names[0].startswith(".new-") == (when != "renamed")
    sound(folder, least=when == "renamed")


@pytest.mark.parametrize("compiled", [0, 1, 9])
def test_killed_while_compiling(compiled: int, folder: Path) -> None:
    """As soon as it has begun, or has compiled a few; helpers it has started go with it."""
    stop = (
        "from konv.kernels.code import llvm\nmake, made = llvm.compile_object, []\n"
        "def some(*a):\n    made.append(make(*a))\n"
        f"    if len(made) >= {compiled}: print('compiled', flush=True); signal.pause()\n    return made[-1]\n"
        "llvm.compile_object = some"
    )
    process = filling(folder, stop if compiled else "")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    if compiled:
        assert process.stdout.readline() == "compiled\n"
    children = [int(p) for f in Path(f"/proc/{process.pid}/task").glob("*/children") for p in f.read_text().split()]
    process.kill()
    process.communicate(timeout=240)
    sound(folder)
    for child in children:
        assert gone(child), "a helper outlives the process that started it"


def test_interrupted_while_compiling(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has been compiled until then is kept, and nothing goes on behind the interrupted call."""
    specs = [Pointwise("float32", "relu", 100 + i) for i in range(5)]
    make, made = llvm.compile_object, []

    def interrupted(ir: str, target: Target) -> bytes:
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(ir)
        return make(ir, target)

    monkeypatch.setattr(llvm, "compile_object", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build.objects(specs, current())
    assert {f.name for f in folder.iterdir()} == {f"{s.symbol(current())}.o" for s in specs[:3]}
    monkeypatch.setattr(llvm, "compile_object", lambda ir, target: made.append(ir) or make(ir, target))
    assert len(build.objects(specs, current())) == 5
    assert len(made) == 5


def test_helpers_end_when_the_call_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """They finish what they have in hand, and take nothing more."""
    taken: list[str] = []
    going = threading.Event()

    def feed(left: deque[tuple[str, str]], done: dict[str, bytes], target: Target) -> None:
        while left:
            taken.append(left.popleft()[0])
            going.wait(10)

    def interrupted(ir: str, target: Target) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(compiler, "_feed", feed)
    monkeypatch.setattr(llvm, "compile_object", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compiler.compile_all({str(i): "" for i in range(2 * compiler.WORTH)}, current(), 3, {})
    going.set()
    for thread in threading.enumerate():
        if thread.name.endswith("(feed)"):
            thread.join()
    assert len(taken) <= 2


def test_a_helper_reads_nothing_of_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "base64.py").write_text("raise SystemExit('a script of that name')")
    monkeypatch.chdir(tmp_path)
    done: dict[str, bytes] = {}
    compiler._feed(deque([("one", SPEC.emit(current()).text())]), done, current())
    assert done.keys() == {"one"}


@pytest.mark.parametrize("scarce", ["threads", "processes"])
def test_without_helpers_all_is_compiled_here(scarce: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object, **named: object) -> None:
        raise OSError("no more processes") if scarce == "processes" else RuntimeError("can't start new thread")

    heard: list[object] = []
    monkeypatch.setattr(threading, "excepthook", heard.append)
    monkeypatch.setattr(subprocess, "Popen", refused)
    if scarce == "threads":
        monkeypatch.setattr(threading.Thread, "start", refused)
    done: dict[str, bytes] = {}
    modules = {str(i): SPEC.emit(current()).text() for i in range(2 * compiler.WORTH)}
    compiler.compile_all(modules, current(), 3, done)
    assert done.keys() == modules.keys()
    assert heard == []


def test_what_killed_processes_left_is_removed_in_time(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    old, new = folder / ".new-old", folder / ".new-new"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    objects()
    assert not old.exists()
    assert new.exists()  # it may be another process's, at work


def test_processes_that_repair_one_cache_at_once(folder: Path) -> None:
    """Every object is damaged, one way or another; two processes come upon it."""
    assert filling(folder, "").communicate(timeout=240) == ("ready\n", "")
    files = sorted(folder.iterdir())
    whole = [f.read_bytes() for f in files]
    for i, (file, content) in enumerate(zip(files, whole, strict=True)):
        file.write_bytes((b"", content[: len(content) // 2], content[:-1], content[:60] + b"?" + content[61:])[i % 4])
    processes = [filling(folder, "") for _ in range(2)]
    for process in processes:
        assert process.communicate(timeout=240)[1] == ""
        assert process.returncode == 0
    assert [f.read_bytes() for f in sorted(folder.iterdir())] == whole


@pytest.mark.parametrize("garbage", [b"", b"not an object file", b"\x7fELF" + bytes(200)])
def test_code_that_is_no_object_raises(garbage: bytes) -> None:
    with pytest.raises(CompileError, match="could not be loaded"):
        llvm.load({f"broken_{len(garbage)}": garbage})


def test_an_object_cut_short_raises(folder: Path) -> None:
    whole = objects()
    with pytest.raises(CompileError, match="could not be loaded"):
        llvm.load({"cut_short": whole[: len(whole) // 2]})


def test_an_object_that_needs_a_missing_function_raises() -> None:
    ir = "declare void @no_such_function()\ndefine void @needy() { call void @no_such_function() ret void }"
    with pytest.raises(CompileError, match="needy"):
        llvm.load({"needy": llvm.compile_object(ir, current())})


@pytest.mark.parametrize("ir", ["define void @f( {", "define i64 @f() { ret i32 0 }"])
def test_wrong_code_raises_with_the_compilers_words(ir: str) -> None:
    with pytest.raises(CompileError, match=r"could not be compiled.*error"):
        llvm.compile_object(ir, current())
