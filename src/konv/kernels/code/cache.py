"""Compiled kernels on disk: one object file a spec, checked by its hash before it is loaded.

The key holds everything the code depends on: the spec, the processor and its features, the compiler's version, and a
hash of the code generator itself. Files are written whole (temporary name, then rename) into a folder only the user
can write; a file that fails its check is made again.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from konv import config
from konv.errors import warn
from konv.messages import text

__all__ = ["read", "writable", "write"]

_MAGIC = b"konv-object-1\n"
_NEW = ".new-"
_LEFT = 3600
"""Seconds after which a file that was being written has been left by a process that was killed."""


@lru_cache(maxsize=8)
def writable(folder: Path | None) -> bool:
    """Whether kernels can be kept in `folder`; warns once where they cannot."""
    if folder is None:
        return False
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _private(folder):
            warn(text("cache_not_private", folder=folder))
            return False
        with tempfile.TemporaryFile(dir=folder):
            _tidy(folder)
            return True
    except OSError as e:
        warn(text("cache_read_only", folder=folder, reason=e.strerror or e))
        return False


def _tidy(folder: Path) -> None:
    """Remove what killed processes have left half written."""
    for path in folder.glob(f"{_NEW}*"):
        with suppress(OSError):  # another process is as tidy
            if path.stat().st_mtime < time.time() - _LEFT:
                path.unlink()


def _private(folder: Path) -> bool:
    """Whether nobody but this user can write to `folder`. Raises: OSError where it is not there."""
    if not hasattr(os, "getuid"):
        return True
    about = folder.stat()
    return about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def read(key: str, suffix: str = ".o") -> bytes | None:
    """What is kept under `key`, or None where there is nothing that is whole; the folder may be read-only."""
    folder = config.cache_folder()
    if folder is None:
        return None
    try:
        if not _private(folder):
            return None
        content = (folder / f"{key}{suffix}").read_bytes()
    except OSError:
        return None  # not there yet, or another process is cleaning up: it is compiled instead
    head = len(_MAGIC) + 32
    return content[head:] if content[:head] == _MAGIC + _digest(key, content[head:]) else None


def _digest(key: str, code: bytes) -> bytes:
    """What stands before an object: it is that code, and kept under that key."""
    return hashlib.sha256(key.encode() + code).digest()


def write(key: str, code: bytes, suffix: str = ".o") -> bool:
    """Keep an object, or other content, under `key`; where the disk is full or read-only it is made again next time.

    Returns: whether it is kept."""
    folder = config.cache_folder()
    if not writable(folder) or folder is None:
        return False
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=_NEW)
        try:
            with os.fdopen(handle, "wb") as f:
                f.write(_MAGIC + _digest(key, code) + code)
            Path(name).replace(folder / f"{key}{suffix}")
        except BaseException:
            Path(name).unlink(missing_ok=True)  # it may just have been renamed
            raise
    except OSError as e:
        warn(text("cache_read_only", folder=folder, reason=e.strerror or e))
        return False
    return True
