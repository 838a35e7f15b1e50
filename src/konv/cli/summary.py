"""`konv summary`: a network layer by layer, with what each layer is for and what it costs."""

from __future__ import annotations

import click

from konv.messages import text

__all__ = ["command", "parameters"]

PLAIN_WIDTH = 110
"""Columns where the output is no terminal."""
INDENT = 4
"""Columns before a sentence below the names of its layers."""


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["model"], metavar="MODEL"),
    ]


def command(model: str) -> None:
    """Print the table and the purposes."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from konv.explain.cost import layer_costs
    from konv.explain.layer_table import sees
    from konv.explain.paragraphs import wrapped
    from konv.runs.sources import named_network
    from konv.shapes import show

    found = named_network(model)
    layers = layer_costs(found.graph)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    table = Table(box=box.HORIZONTALS, header_style="dim", show_footer=True, footer_style="bold")
    macs = sum(layer.macs for layer in layers)
    table.add_column(text("report.column.layer"), text("report.total"), overflow="fold")
    table.add_column(text("cli.summary.kind"))
    table.add_column(text("report.column.output"), justify="right")
    table.add_column(text("report.column.parameters"), f"{found.count_params():,}", justify="right")
    table.add_column(text("report.column.macs"), f"{macs:,}", justify="right")
    table.add_column(text("explain.column.sees"), justify="right")
    for layer in layers:
        table.add_row(
            layer.name.replace("[", r"\["),
            layer.kind,
            show(layer.output_shape),
            f"{layer.parameters + layer.statistics:,}" if layer.parameters + layer.statistics else "",
            f"{layer.macs:,}" if layer.macs else "",
            sees(layer),
        )
    console.print(table)
    said: dict[str, list[str]] = {}
    for layer in layers:
        said.setdefault(layer.purpose, []).append(layer.name)
    for purpose, names in said.items():
        console.print(", ".join(names), style="bold", markup=False)
        for line in wrapped(purpose, console.width - INDENT):
            console.print(" " * INDENT + line, markup=False)
