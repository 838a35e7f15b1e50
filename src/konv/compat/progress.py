"""Keras's bar for loops of one's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence

__all__ = ["Progbar"]


class Progbar:
    """A line that tells how far a loop is, and the means of what it measures.

    Arguments: `target`, steps in all, None where unknown; `width`, of the bar; `verbose`, 0 for silence, 2 for a line
    at the end; `interval`, seconds between two updates; `stateful_metrics`, names of values shown as they are;
    `unit_name`, what a step is called.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 30,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Sequence[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        self.target, self.width, self.verbose, self.interval = target, width, verbose, interval
        self.stateful = set(stateful_metrics or ())
        self.unit_name = unit_name
        self._sums: dict[str, tuple[float, float]] = {}
        self._seen, self._shown = 0, 0.0

    def update(
        self, current: int, values: Iterable[tuple[str, float]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show that step `current` is reached; `values`, (name, value) pairs; `finalize`, whether this is the end."""
        steps = max(1, current - self._seen)
        for name, value in values or ():
            total, count = (0.0, 0.0) if name in self.stateful else self._sums.get(name, (0.0, 0.0))
            weight = 1 if name in self.stateful else steps
            self._sums[name] = total + float(value) * weight, count + weight
        self._seen = current
        last = current == self.target if finalize is None else finalize
        now = time.perf_counter()
        if last or (self.verbose == 1 and now - self._shown >= self.interval):
            self._shown = now
            self._show(last)

    def add(self, n: int, values: Iterable[tuple[str, float]] | None = None) -> None:
        """`n` steps further. Arguments: `values` as of `update`."""
        self.update(self._seen + n, values)

    def _show(self, last: bool) -> None:
        if not self.verbose:
            return
        known = f"/{self.target}" if self.target is not None else ""
        done = int(self.width * self._seen / self.target) if self.target else 0
        bar = f" [{'=' * done}{'.' * (self.width - done)}]" if self.target and self.verbose == 1 else ""
        means = "".join(f" - {name}: {total / count:.4f}" for name, (total, count) in self._sums.items() if count)
        start = "\r" if self.verbose == 1 else ""
        sys.stdout.write(f"{start}{self._seen}{known}{bar}{means}" + ("\n" if last else ""))
        sys.stdout.flush()
