"""The command line: `konv train`, `evaluate`, `predict`, `summary`, `show`, `bench`, `warm`, `doctor`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (default: those of this process) ask for. Returns: its exit code.

    0 done; 1 a check or run failed; 2 the request was wrong; 130 interrupted, with what was learned saved.
    """
    try:
        from konv.cli.app import run

        return run(arguments)
    except KeyboardInterrupt:
        from konv.messages import text

        print(f"konv: {text('cli.stopped_at_once')}", file=sys.stderr)
        return 130
