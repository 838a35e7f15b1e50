"""Locks and forks. A child process gets a copy of its parent's locks as they stood, but not the threads that would open
them again; so each kind of lock says here what becomes of it."""

from __future__ import annotations

import os
import threading
from weakref import WeakSet

__all__ = ["Turns", "waited_for"]


def waited_for(lock: threading.Lock) -> threading.Lock:
    """`lock`, for which forks wait from now on: a child finds it open, and what it guards whole. For what is held for a
    moment, by threads that do not fork meanwhile."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock


class Turns:
    """One user at a time: `now` is a lock, in a forked child a new one, whoever held it in the parent. For what can be
    gone on with even where the other user has left it in the middle."""

    def __init__(self) -> None:
        self.now = threading.Lock()
        _all.add(self)


_all: WeakSet[Turns] = WeakSet()


def _reopen() -> None:
    for turns in list(_all):
        turns.now = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reopen)
