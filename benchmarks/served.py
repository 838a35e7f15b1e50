"""A lab in a process of its own: what tests look at, the benchmark times, and the pictures in the READMEs show."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["Served", "lab", "serve"]


@dataclass
class Served:
    """A running lab: its address, and the process."""

    address: str
    process: subprocess.Popen[str]
    folder: Path

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, whole: bool = False
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of the answer to a request for `path` behind the token (or, `whole`, as it is)."""
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request(method, path if whole else parts.path + path, body or None, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), {k.lower(): v for k, v in answer.getheaders()}
        finally:
            connection.close()

    def stop(self) -> str:
        """Press Ctrl-C. Returns: what it wrote besides its address."""
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=120)[0]


def serve(folder: Path | str, *arguments: str) -> Served:
    """A lab of its own, in `folder`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KONV_") or k == "KONV_CACHE"}
    command = [sys.executable, "-m", "konv", "lab", "--no-browser", "--port", "0", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, env={**environment, "PYTHONUNBUFFERED": "1"}, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    written = []
    for line in process.stdout:
        written.append(line)
        if found := re.search(r"http://\S+", line):
            return Served(found.group(), process, Path(folder))
    raise AssertionError("".join(written))


@contextmanager
def lab(folder: Path | str, *arguments: str) -> Iterator[str]:
    """The address of a lab that runs meanwhile."""
    served = serve(folder, *arguments)
    try:
        yield served.address
    finally:
        served.stop()
