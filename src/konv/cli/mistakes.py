"""What is wrong with a command line, in one sentence of the language in force."""

from __future__ import annotations

import click

from konv.messages import text
from konv.names import nearest

__all__ = ["explained", "no_such_command"]


def explained(error: click.ClickException) -> str:
    """The sentence for an `error` of Click's."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    place = context.command_path if context else "konv"
    if isinstance(error, click.NoSuchOption) and context:
        known = [name for param in context.command.params for name in param.opts if name.startswith("--")]
        return _unknown("cli.no_such_option", error.option_name, known, place)
    if isinstance(error, click.MissingParameter) and error.param:
        return text("cli.missing", name=_name(error.param), place=place)
    if isinstance(error, click.BadParameter) and error.param and isinstance(error.param.type, click.Choice):
        choices = ", ".join(map(str, error.param.type.choices))
        return text("cli.bad_choice", name=_name(error.param), known=choices, place=place)
    return text("cli.other_usage", message=error.format_message().rstrip("."), place=place)


def no_such_command(word: str, known: list[str], place: str) -> str:
    """The sentence for a `word` that is none of the commands `known` at `place`."""
    return _unknown("cli.no_such_command", word, known, place)


def _name(param: click.Parameter) -> str:
    """An argument as usage shows it (`RUN`), an option as it is typed (`--epochs`)."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.metavar or param.name or "").strip("[].…")


def _unknown(key: str, word: str, known: list[str], place: str) -> str:
    close = nearest(word, known)
    if close:
        return text(f"{key}_near", received=word, known=", ".join(close), place=place)
    return text(key, received=word, place=place)
