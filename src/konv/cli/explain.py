"""`konv explain`: what each layer of a network is for, sees and costs; and what sharing weights saves."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from konv.cli.help import option
from konv.cli.kinds import count, shape, size, whole
from konv.errors import ConfigurationError
from konv.messages import text

if TYPE_CHECKING:
    from rich.console import Console

    from konv.explain.connectivity import Connectivity
    from konv.models import Model

__all__ = ["command", "parameters"]

PLAIN_WIDTH = 100
"""Columns where the output is no terminal and `COLUMNS` is not set."""
SCREEN = "-"
IMAGES = 128
"""Images that a layer is looked into with, at most."""


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["model"], required=False, metavar="[MODEL]"),
        option("--input", text("cli.model.input"), metavar="HxWxC", callback=shape),
        option("--classes", text("cli.model.classes"), metavar="N", callback=whole()),
        option("--layer", text("cli.explain.layer"), metavar="NAME"),
        option("--data", text("cli.explain.data"), metavar="DATA"),
        option("--json json", text("cli.json"), is_flag=True),
        option("--html", text("cli.explain.html"), metavar="[FILE]", is_flag=False, flag_value=SCREEN),
        option("--svg", text("cli.explain.svg"), metavar="[FILE]", is_flag=False, flag_value=SCREEN),
        option("--connectivity", text("cli.explain.connectivity"), metavar="HxW", callback=size),
        option("--units", text("cli.explain.units"), metavar="N", callback=count),
        option("--field", text("cli.explain.field"), metavar="HxW", callback=size),
    ]


def command(
    model: str | None,
    input: tuple[int, int, int] | None,
    classes: int | None,
    layer: str | None,
    data: str | None,
    json: bool,
    html: str | None,
    svg: str | None,
    connectivity: tuple[int, int] | None,
    units: int | None,
    field: tuple[int, int] | None,
) -> None:
    """Explain and print, or write the page or the drawing."""
    if connectivity is not None:
        _connectivity(connectivity, units, field, json)
        return
    if model is None:
        raise ConfigurationError(text("cli.missing", name="MODEL", place="konv explain"))
    from konv.runs.sources import named_network
    from konv.utils import set_random_seed

    if layer is not None:
        set_random_seed(0)  # of a network of the zoo, the same weights whenever it is looked into
    network = named_network(model, input, classes)
    if layer is not None:
        if html is not None or svg is not None:
            raise ConfigurationError(text("cli.explain.layer_forms"))
        _inside(network, model, layer, data, json)
        return
    found = network.explain()
    if html is not None:
        _leave(found.html(), html)
    if svg is not None:
        _leave(found.svg(), svg)
    if json:
        click.echo(found.json())
    elif html is None and svg is None:
        from konv.explain.layer_table import LayerTable

        _console().print(LayerTable(found))


def _inside(model: Model, named: str, layer: str, data: str | None, json: bool) -> None:
    """What is found inside `layer`, on images where there are any."""
    from konv.explain.inside_table import InsideTable

    images, targets = _images(model, named, data)
    found = model.explain_layer(layer, images, targets)
    if json:
        click.echo(dumps(found.answer(), ensure_ascii=False))
    else:
        _console().print(InsideTable(found))


def _images(model: Model, named: str, data: str | None) -> tuple[object, object]:
    """At most `IMAGES` images and their classes: of `data`, else those the run was tested on, else none."""
    from konv.io.run_folder import model_path
    from konv.runs.sources import fitting, own_test, prepared

    path = Path(named).expanduser()
    if data is not None:
        found = fitting(model, data)
    elif path.exists() and (model_path(path).parent / "run.json").is_file():
        found = own_test(model, model_path(path))
    else:
        return None, None
    x, y = prepared(model, found), found.y
    apart = max(len(x) // IMAGES, 1)
    return x[::apart][:IMAGES], y[::apart][:IMAGES]


def _leave(content: str, where: str) -> None:
    """Write `content` into the file `where`, or print it. Raises: ConfigurationError where there is no such folder."""
    from konv.io.atomic import write_bytes

    if where == SCREEN:
        click.echo(content)
        return
    path = Path(where).expanduser()
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(text("bench.no_folder", path=path))
    write_bytes(path, content.encode())
    click.echo(path)


def _connectivity(image: tuple[int, int], units: int | None, field: tuple[int, int] | None, json: bool) -> None:
    """What wiring `units` to an image takes. Raises: ConfigurationError where a number is missing."""
    from konv.explain.connectivity import Connectivity

    if units is None or field is None:
        raise ConfigurationError(text("cli.explain.needs_units"))
    if field[0] > image[0] or field[1] > image[1]:
        raise ConfigurationError(text("cli.explain.field_too_large", field=f"{field[0]}x{field[1]}",
                                      image=f"{image[0]}x{image[1]}"))  # fmt: skip
    found = Connectivity(image[0] * image[1], units, field[0] * field[1])
    if json:
        click.echo(dumps({"schema": 1, **found.answer()}))
        return
    _print_connectivity(found, f"{image[0]:,}·{image[1]:,}", f"{field[0]:,}·{field[1]:,}")


def _print_connectivity(found: Connectivity, image: str, field: str) -> None:
    from konv.explain.paragraphs import wrapped
    from konv.explain.powers import power

    console = _console()
    lines = [
        text("explain.wiring.fully", sum=f"{image}·{found.units:,}", weights=power(found.fully.weights)),
        text("explain.wiring.locally", sum=f"{field}·{found.units:,}", weights=power(found.locally.weights)),
        text("explain.wiring.shared", sum=field, weights=power(found.shared.weights)),
    ]
    for line in lines:
        for part in wrapped(line, console.width):
            console.print(part, markup=False)


def _console() -> Console:
    """A console as wide as the terminal; of a fixed width where the output goes elsewhere."""
    import os

    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PLAIN_WIDTH
    return console
