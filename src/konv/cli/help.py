"""Commands whose help pages are in the language in force: Click's own pages with their headings replaced."""

from __future__ import annotations

from typing import Any

import click

from konv.cli.mistakes import no_such_command
from konv.errors import ConfigurationError
from konv.messages import LANGUAGES, text

__all__ = ["Command", "Group", "common", "option"]

WIDTH = 100
"""Columns of a help page at most."""


class Command(click.Command):
    """A command whose help page has its headings in the language in force."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        kwargs["context_settings"] = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}
        super().__init__(name, options_metavar=text("cli.options_metavar"), **kwargs)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, explained in the language in force."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = text("cli.help")
        return option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the line of usage."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix=text("cli.usage"))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of options."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        rows = [row for option in options if (row := option.get_help_record(ctx)) is not None]
        with formatter.section(text("cli.options")):
            formatter.write_dl(rows)


class Group(Command, click.Group):
    """A command that is a choice of commands."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name, subcommand_metavar=text("cli.command_metavar"), **kwargs)

    def line_about(self, name: str) -> str:
        """A line about the command `name`."""
        raise NotImplementedError

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with. Raises: ConfigurationError, with the nearest names, for any other."""
        known = self.list_commands(ctx)
        if args[0] not in known:
            raise ConfigurationError(no_such_command(args[0], known, ctx.command_path))
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands, then that of options."""
        with formatter.section(text("cli.commands")):
            formatter.write_dl([(name, self.line_about(name)) for name in self.list_commands(ctx)])
        super().format_options(ctx, formatter)


def option(name: str, help: str, default: str | None = None, **more: Any) -> click.Option:
    """The option `name` (or several: `"-q --quiet"`), explained by `help`; `default` is what it is where not given."""
    explained = help if default is None else text("cli.default", help=help, value=default)
    return click.Option(name.split(), default=default, help=explained, **more)


def common() -> tuple[click.Option, ...]:
    """The options that all commands have; what they say is read before Click reads anything (`konv.cli.app`)."""
    return (
        click.Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help=text("cli.lang")),
        click.Option(["--traceback"], is_flag=True, expose_value=False, help=text("cli.traceback")),
    )
