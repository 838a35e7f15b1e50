"""`konv run`: a Keras script, unchanged."""

from __future__ import annotations

import click

from konv.messages import text

__all__ = ["ARGUMENTS_LAST", "command", "parameters"]

ARGUMENTS_LAST = True
"""What stands behind the script is the script's."""


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["script"], metavar="SCRIPT"),
        click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, metavar=text("cli.run.arguments")),
    ]


def command(script: str, arguments: tuple[str, ...]) -> int:
    """Run the script and return its exit code."""
    from konv.compat.script import run

    return run(script, arguments, whole=bool(click.get_current_context().obj))
