"""Fetching a file: from the first mirror that has it, resumed after an interruption, and checked before it counts.

A file appears under its name only when it is complete and its checksum is right (it is written beside, then renamed),
so nothing reads half a file, and several processes may fetch the same one at once.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from konv.errors import DownloadError
from konv.messages import text

__all__ = ["Remote", "fetch"]

_CHUNK = 2**18
ATTEMPTS = 4
"""How often each mirror is tried."""
PAUSE = 1.0
"""Seconds before the second attempt; each further pause is twice as long."""
PATIENCE = 30.0
"""Seconds without an answer, or without a byte, after which an attempt counts as failed."""
_FAILURES = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True)
class Remote:
    """A published file: its name, the SHA-256 of its content in hexadecimal, and the folders (URLs) that have it."""

    name: str
    sha256: str
    mirrors: tuple[str, ...]


class _RefusedError(Exception):
    """A failure that trying again will not mend."""


def fetch(remote: Remote, folder: Path) -> Path:
    """The path of `remote` in `folder`, downloaded where it is not there yet.

    A file that is there already is taken as it is. Progress is shown where the error output is a terminal.
    Raises: DownloadError where no mirror gives the file, its checksum is wrong, or the folder cannot be written; it
    says how to provide the file by hand.
    """
    path = folder / remote.name
    if path.exists():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{remote.name}.{secrets.token_hex(6)}"
        file = beside.open("x+b")
    except OSError as error:
        raise DownloadError(text("folder_not_writable", path=folder, reason=error.strerror)) from error
    try:
        with file:
            reasons = _from_mirrors(remote, file)
        if reasons:
            raise DownloadError(text("download_failed", name=remote.name, reasons="\n".join(reasons), path=path))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _from_mirrors(remote: Remote, file: BinaryIO) -> list[str]:
    """Fill `file` from the first mirror that can; the reasons of all failures where none can, else nothing."""
    reasons: list[str] = []
    for mirror in remote.mirrors:
        url = mirror.rstrip("/") + "/" + remote.name
        file.seek(0)
        file.truncate()
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                _receive(url, file, remote.name)
                found = _checksum(file)
                if found == remote.sha256:
                    return []
                reason = text("wrong_checksum", received=found, expected=remote.sha256)
                file.seek(0)
                file.truncate()
            except _RefusedError as error:
                reasons.append(f"{url}: {error}")
                break
            except _FAILURES as error:
                reason = str(error) or type(error).__name__
        else:
            reasons.append(f"{url}: {reason}")
    return reasons


def _receive(url: str, file: BinaryIO, name: str) -> None:
    """Receive what `file` has not got yet; a server that cannot continue makes it start again."""
    start = file.seek(0, os.SEEK_END)
    request = urllib.request.Request(url, headers={"User-Agent": "konv", "Accept-Encoding": "identity"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                file.truncate(0)
            elif 400 <= error.code < 500 and error.code not in (408, 425, 429):
                raise _RefusedError(f"HTTP {error.code} {error.reason}") from error
        raise
    with answer:
        if start and answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            start = file.seek(0)
            file.truncate()
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else None
        _copy(answer, file, name, start, total)
    if total is not None and file.tell() != total:
        raise OSError(text("truncated", received=file.tell(), expected=total))


def _copy(answer: http.client.HTTPResponse, file: BinaryIO, name: str, start: int, total: int | None) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(name, total=total, completed=start)
        while chunk := answer.read1(_CHUNK):
            file.write(chunk)
            progress.advance(task, len(chunk))


def _checksum(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def remotes(mirrors: Sequence[str], checksums: dict[str, str]) -> tuple[Remote, ...]:
    """The files of one publisher: a `Remote` for each name and checksum, all on the same `mirrors`."""
    return tuple(Remote(name, checksum, tuple(mirrors)) for name, checksum in checksums.items())
