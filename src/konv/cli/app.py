"""From arguments to an exit code: finding the command, choosing the language, and turning errors into one sentence."""

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import click

import konv
from konv.cli.help import Command, Group, common
from konv.cli.mistakes import explained
from konv.errors import CompileError, DownloadError, KonvError, KonvWarning, NonFiniteError
from konv.messages import LANGUAGES, set_language, text

__all__ = ["run"]

COMMANDS = (
    "train", "run", "evaluate", "predict", "look", "summary", "explain", "show", "bench", "tune", "warm", "lab",
    "doctor",
)  # fmt: skip
FAILED, WRONG = 1, 2


class Konv(Group):
    """The group of all commands; each is imported when it is asked for, so that help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of their use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Command | None:
        """The command called `cmd_name`, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"konv.cli.{cmd_name}")
        params = [*module.parameters(), *common()]
        made = Command(cmd_name, callback=module.command, params=params, help=text(f"cli.{cmd_name}.page"))
        made.allow_interspersed_args = not getattr(module, "ARGUMENTS_LAST", False)
        return made

    def line_about(self, name: str) -> str:
        """A line about the command `name`, without importing it."""
        return text(f"cli.{name}")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` ask for and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    language = _language(_own(given))
    set_language(language if language in LANGUAGES else None)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter shows "?", and no error
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its notes on where it keeps fonts are not the user's
    warnings.showwarning = partial(_show_warning, warnings.showwarning if given[0] == "run" else None, set())
    warnings.simplefilter("always", KonvWarning)
    try:
        return _invoke(given, "--traceback" in _own(given))
    except BrokenPipeError:
        # Whoever was reading has left; nothing can be said on this pipe any more, nor need be.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _invoke(given: list[str], traceback: bool) -> int:
    group = Konv("konv", help=text("cli.konv"), params=[_version(), *common()])
    try:
        result = group.main(given, prog_name="konv", standalone_mode=False, obj=traceback)
    except click.ClickException as error:
        return _refuse(explained(error), WRONG)
    except KonvError as error:
        if traceback:
            raise
        return _refuse(
            str(error), FAILED if isinstance(error, NonFiniteError | DownloadError | CompileError) else WRONG
        )
    except BrokenPipeError:
        raise
    except (OSError, MemoryError) as error:
        if traceback:
            raise
        return _refuse(text("cli.system_error", error=str(error) or type(error).__name__), FAILED)
    except click.Abort:
        raise KeyboardInterrupt from None
    return result if isinstance(result, int) else 0


def _refuse(sentence: str, code: int) -> int:
    _say(sentence)
    return code


def _say(sentence: str) -> None:
    print(f"konv: {sentence}", file=sys.stderr, flush=True)


def _version() -> click.Option:
    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            click.echo(f"konv {konv.__version__}")
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help=text("cli.version")
    )


def _own(given: Sequence[str]) -> Sequence[str]:
    """What of a command line is konv's own to read: all, but of `run` only what stands before the script."""
    if given[0] != "run":
        return given
    place = 1
    while place < len(given) and given[place].startswith("-"):
        place += 2 if given[place] == "--lang" else 1
    return given[:place]


def _language(given: Sequence[str]) -> str:
    """What `--lang` asks for; read before anything else, because help and errors are in that language too."""
    for option, value in zip(given, [*given[1:], ""], strict=True):
        if option == "--lang":
            return value
        if option.startswith("--lang="):
            return option.partition("=")[2]
    return ""


def _show_warning(
    others: Callable[..., None] | None,
    said: set[str],
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    """Warnings meant for the user are a sentence, once in a run; the others go to `others`, those of konv's own code
    nowhere."""
    if issubclass(category, KonvWarning):
        if str(message) in said:
            return
        said.add(str(message))
        _say(text("cli.note", message=message))
    elif others is not None:
        others(message, category, filename, lineno, file, line)
