"""Compiling many modules at once: the compiler holds one lock a process, so helpers are processes of their own.

A helper (`serve`) is told a target, then modules; it answers each with its object file.
Messages are lines of JSON, objects in base64. It imports nothing of the caller's program, so scripts need no
`if __name__ == "__main__"`.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, replace

from konv.errors import CompileError
from konv.kernels.code import llvm
from konv.kernels.code.target import Target

__all__ = ["compile_all", "serve"]

WORTH = 12
"""Modules a helper must have to do before its start has paid."""


def compile_all(modules: Mapping[str, str], target: Target, processes: int, done: dict[str, bytes]) -> None:
    """Enter the object file of each module's text into `done`, by its key; `processes` of them work, this one included.

    Raises: CompileError with LLVM's words.
    """
    left = deque(modules.items())
    helpers = [
        threading.Thread(target=_feed, args=(left, done, target), daemon=True)
        for _ in range(min(processes - 1, len(left) // WORTH))
    ]
    helpers = [helper for helper in helpers if _started(helper)]
    try:
        while left:
            try:
                symbol, ir = left.popleft()
            except IndexError:
                break  # a helper took the last one
            done[symbol] = llvm.compile_object(ir, target)
        for helper in helpers:
            helper.join()
    finally:
        left.clear()  # where this one is interrupted, helpers end with what they have begun
    # What a helper that failed has left undone is done here, where its error has a caller.
    for symbol, ir in modules.items():
        if symbol not in done:
            done[symbol] = llvm.compile_object(ir, target)


def _started(helper: threading.Thread) -> bool:
    try:
        helper.start()
    except RuntimeError:
        return False  # the system grants no more threads: the others do its work
    return True


def _feed(left: deque[tuple[str, str]], done: dict[str, bytes], target: Target) -> None:
    """Give one helper modules for as long as there are any."""
    # It finds what this process finds, and nothing of the folder that the user happens to be in.
    code = f"import sys; sys.path[:] = {sys.path!r}; from konv.kernels.code.compiler import serve; serve()"
    command = [sys.executable, "-c", code]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    try:
        helper = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)
    except OSError:
        return  # the system grants no more processes
    with helper:
        if helper.stdin is None or helper.stdout is None:
            return
        try:
            helper.stdin.write(json.dumps(asdict(replace(target, choices=()))).encode() + b"\n")
            helper.stdin.flush()
            if helper.stdout.readline() != b"ready\n":
                return  # it could not start; nothing has been taken for it yet
            while left:
                symbol, ir = left.popleft()
                helper.stdin.write(json.dumps(ir).encode() + b"\n")
                helper.stdin.flush()
                answer = helper.stdout.readline()
                if not answer.endswith(b"\n") or answer == b"\n":
                    return  # it died, or could not compile this one: the caller will, and hear why
                done[symbol] = base64.b64decode(answer)
        except (OSError, IndexError):
            return  # the helper is gone, or another took the last module


def serve() -> None:
    """Be a helper: a target, then modules, on standard input."""
    target = Target(**json.loads(sys.stdin.buffer.readline()))
    out = sys.stdout.buffer
    out.write(b"ready\n")
    out.flush()
    for line in sys.stdin.buffer:
        try:
            out.write(base64.b64encode(llvm.compile_object(json.loads(line), target)) + b"\n")
        except CompileError:
            out.write(b"\n")
        out.flush()
