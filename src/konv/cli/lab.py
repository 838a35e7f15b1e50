"""`konv lab`: a local web page for looking inside networks."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from konv import zoo
from konv.cli.help import option
from konv.cli.kinds import whole
from konv.errors import ConfigurationError
from konv.messages import text

if TYPE_CHECKING:
    from konv.lab.subject import Subject

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

    click.echo(text("cli.lab.loading"))
    session = Session(_subject(run))
    session.warm()

    def ready(address: str) -> None:
        click.echo(text("cli.lab.ready", address=address))
        if not no_browser:
            webbrowser.open(address)

    open_lab(session, host, port, base_url, ready)
    click.echo(text("cli.lab.closed"))
    return 0


def _subject(run: str | None) -> Subject:
    """What to look at: the lab's own small network, a run's or a file's, or a network of the zoo, not trained yet."""
    from functools import partial

    from konv.data import embedded
    from konv.lab.subject import CLOTHES, Subject
    from konv.runs.sources import load_run, named_network, names_of, own_test, prepared

    images = embedded().for_testing()
    if run is None:
        model, path = load_run(str(CLOTHES))
        return Subject(model, images, partial(prepared, model), names_of(model), name=text("lab.clothes"))
    if run in zoo.NETWORKS or not Path(run).expanduser().exists():
        model = named_network(run)
        return Subject(model, images, partial(prepared, model), names_of(model), trained=False, name=run)
    model, path = load_run(run)
    if (path.parent / "run.json").is_file():
        images = own_test(model, path)
    name = path.parent.name if path.name == "model.konv" else path.stem
    return Subject(model, images, partial(prepared, model), names_of(model), name=name)
