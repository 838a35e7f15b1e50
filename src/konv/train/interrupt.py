"""Ctrl-C between steps, never inside one: weights, state and the count of steps always belong together."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["whole"]


@contextmanager
def whole() -> Iterator[None]:
    """Let the block finish before Ctrl-C ends it; a second Ctrl-C ends it at once.

    Only in the main thread, and only where Python's own handler is in force: another one knows what it wants.
    Raises: KeyboardInterrupt after the block, where Ctrl-C came during it.
    """
    own = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not own:
        yield
        return
    asked = False

    def hear(number: int, frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, own)
    if asked:
        raise KeyboardInterrupt
