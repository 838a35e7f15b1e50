"""`konv lab`: a local web page for looking inside networks."""

from __future__ import annotations

import webbrowser

import click

from konv.cli.help import option
from konv.cli.kinds import whole
from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["command", "parameters"]

PORT = 8730


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["run"], required=False, metavar="[RUN|MODEL]"),
        option("--host", text("cli.lab.host"), "127.0.0.1", metavar="HOST"),
        option("--port", text("cli.lab.port"), str(PORT), metavar="N", callback=whole(0, 65535)),
        option("--no-browser", text("cli.lab.no_browser"), is_flag=True),
        option("--base-url", text("cli.lab.base_url"), "", metavar="URL"),
    ]


def command(run: str | None, host: str, port: int, no_browser: bool, base_url: str) -> int:
    """Serve the lab until it is interrupted."""
    try:
        from konv.lab.server import open_lab
    except ImportError as error:
        raise ConfigurationError(text("cli.lab.extra", name=error.name)) from error
    from konv.lab.session import Session
    from konv.lab.subject import subject_of

    click.echo(text("cli.lab.loading"))
    session = Session(subject_of(run))
    session.warm()

    def ready(address: str) -> None:
        click.echo(text("cli.lab.ready", address=address))
        if not no_browser:
            webbrowser.open(address)

    open_lab(session, host, port, base_url, ready)
    click.echo(text("cli.lab.closed"))
    return 0
