"""The download, against a server on this machine that fails in every way servers do."""

from __future__ import annotations

import hashlib
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from konv.data import download
from konv.data.download import Remote, fetch
from konv.errors import DownloadError

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Answers each request with the next of `answers`, and the last of them from then on."""

    daemon_threads = True
    answers: list[Answer]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = [whole]
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/files"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.ranges.append(self.headers.get("Range"))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, CONTENT)


def resumable(handler: BaseHTTPRequestHandler) -> None:
    start = int((handler.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    if start >= len(CONTENT):
        send(handler, 416, b"")
    else:
        send(handler, 206, CONTENT[start:], Content_Range=f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")


def status(code: int) -> Answer:
    return lambda handler: send(handler, code, b"no")


def half(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, CONTENT[: len(CONTENT) // 2], len(CONTENT))


def wrong(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, CONTENT[::-1])


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(download, "PAUSE", 0.001)
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


def remote(*servers: Server) -> Remote:
    return Remote("data.bin", SHA256, tuple(server.url for server in servers))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_once(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    path = fetch(remote(server), folder)
    assert path == folder / "data.bin"
    assert path.read_bytes() == CONTENT
    assert fetch(remote(server), folder) == path
    assert len(server.ranges) == 1
    assert names(folder) == ["data.bin"]


@pytest.mark.parametrize(
    "answers",
    [[status(500), status(503), whole], [status(429), whole], [half, whole], [half, half, half, whole], [reset, whole],
     [wrong, whole], [half, resumable], [half, status(500), resumable], [status(416), whole]],
)  # fmt: skip
def test_passing_failures_are_overcome(server: Server, tmp_path: Path, answers: list[Answer]) -> None:
    server.answers = list(answers)
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT
    assert len(server.ranges) == len(answers)
    assert names(tmp_path) == ["data.bin"]


def test_what_came_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    server.answers = [half, resumable]
    fetch(remote(server), tmp_path)
    assert server.ranges == [None, f"bytes={len(CONTENT) // 2}-"]


def test_wrong_content_is_thrown_away_before_the_next_attempt(server: Server, tmp_path: Path) -> None:
    server.answers = [wrong, resumable]
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT
    assert server.ranges == [None, None]


def test_a_server_that_does_not_answer_is_asked_again(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PATIENCE", 0.2)
    server.answers = [silent, whole]
    assert fetch(remote(server), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "attempts", "reason"),
    [
        (status(500), 4, "HTTP Error 500"),
        (status(404), 1, "HTTP 404"),
        (status(403), 1, "HTTP 403"),
        (wrong, 4, "SHA-256 [0-9a-f]{64}, not " + SHA256),
        (reset, 4, "."),
    ],
)
def test_lasting_failures_are_told_and_leave_nothing(
    server: Server, tmp_path: Path, answer: Answer, attempts: int, reason: str
) -> None:
    server.answers = [answer]
    with pytest.raises(
        DownloadError, match=rf"(?s)data\.bin could not be .*{server.url}/data\.bin: .*{reason}.*put the"
    ):
        fetch(remote(server), tmp_path)
    assert len(server.ranges) == attempts
    assert names(tmp_path) == []


def test_the_next_mirror_is_taken(server: Server, tmp_path: Path) -> None:
    with Server() as other:
        threading.Thread(target=other.serve_forever, args=(0.01,), daemon=True).start()
        other.answers = [half, status(404)]
        assert fetch(remote(other, server), tmp_path).read_bytes() == CONTENT
        assert len(other.ranges) == 2
        assert server.ranges == [None]
        other.shutdown()


def test_no_network_says_how_to_help_oneself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(download, "PAUSE", 0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match=rf"(?s)refused.*put the file at {tmp_path / 'data.bin'} yourself"):
        fetch(Remote("data.bin", SHA256, (f"http://127.0.0.1:{port}",)), tmp_path)


def test_a_folder_that_cannot_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match="KONV_DATA"):
        fetch(remote(server), tmp_path / "file")
    assert server.ranges == []


def test_an_interruption_leaves_nothing(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "_checksum", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(remote(server), tmp_path)
    assert names(tmp_path) == []


def test_several_processes_may_fetch_at_once(server: Server, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=fetch, args=(remote(server), tmp_path)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert names(tmp_path) == ["data.bin"]
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
