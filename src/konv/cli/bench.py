"""`konv bench`: how fast a network trains and predicts, beside what the processor could do."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING

import click

from konv.cli.help import option
from konv.cli.kinds import positive, shape, whole
from konv.errors import ConfigurationError
from konv.messages import text

if TYPE_CHECKING:
    from konv.cli.measuring import Bench

__all__ = ["command", "parameters"]

PLAIN_WIDTH = 140
"""Columns where the output is no terminal."""


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["model"], metavar="MODEL"),
        option("--batch", text("cli.train.batch_size"), "32", metavar="N", callback=whole()),
        option("--seconds", text("cli.bench.seconds"), "3", metavar="X", callback=positive),
        option("--profile", text("cli.bench.profile"), is_flag=True),
        option("--out", text("cli.bench.out"), metavar="FILE"),
        option("--input", text("cli.model.input"), metavar="HxWxC", callback=shape),
        option("--classes", text("cli.model.classes"), metavar="N", callback=whole()),
        option("--optimizer", text("cli.model.optimizer"), metavar="NAME"),
        option("--json json", text("cli.json"), is_flag=True),
        # What `konv bench` starts in processes of their own: one step, and the seconds it took.
        option("--first-step", "", is_flag=True, hidden=True),
    ]


def command(
    model: str,
    batch: int,
    seconds: float,
    profile: bool,
    out: str | None,
    input: tuple[int, int, int] | None,
    classes: int | None,
    optimizer: str | None,
    json: bool,
    first_step: bool,
) -> None:
    """Measure and print."""
    from pathlib import Path

    from konv.cli.measuring import Network, first_step_seconds, measured

    asked = Network(model, input, classes, optimizer, batch)
    if first_step:
        click.echo(dumps(first_step_seconds(asked)))
        return
    picture = Path(out or "roofline.png").expanduser() if profile or out else None
    if picture is not None and not picture.absolute().parent.is_dir():
        raise ConfigurationError(text("bench.no_folder", path=picture))  # before anything is measured in vain
    found = measured(asked, seconds, picture is not None)
    if picture is not None and found.profile is not None:
        from konv.explain.roofline import roofline
        from konv.io.atomic import write_bytes

        write_bytes(picture, roofline(found.profile))
    written = None if picture is None else str(picture)
    if json:
        click.echo(dumps({"schema": 1, **found.answer(), "picture": written}, ensure_ascii=False))
    else:
        _print(found, written)


def _print(found: Bench, picture: str | None) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    said = text(
        "bench.introduction", model=found.model, parameters=f"{found.parameters:,}", shape=found.shape,
        batch=found.asked.batch, threads=found.threads, engine=found.engine, cpu=found.cpu,
    )  # fmt: skip
    console.print(said, style="bold", soft_wrap=True, markup=False)
    console.print(_speeds(found))
    console.print(text("bench.peak", peak=f"{found.peak / 1e9:.0f}"), soft_wrap=True, markup=False)
    console.print(text("bench.first", cold=f"{found.cold:.2f}", warm=f"{found.warm:.2f}"), soft_wrap=True, markup=False)
    if found.profile is not None:
        from konv.cli.profile_table import print_profile

        console.print()
        print_profile(console, found.profile)
        console.print(text("bench.picture", path=picture), soft_wrap=True, markup=False)


def _speeds(found: Bench) -> object:
    from rich import box
    from rich.table import Table

    from konv.explain.tables import percent

    table = Table("", box=box.HORIZONTALS, header_style="dim")
    for name in ("images", "median", "range", "steps", "gflops", "share"):
        table.add_column(text(f"bench.column.{name}"), justify="right")
    for name, (speed, macs) in found.speeds.items():
        rate = 2 * macs / speed.median if macs else None
        table.add_row(
            text(f"bench.{name}"),
            f"{speed.per_second:,.0f}",
            f"{1e3 * speed.median:.2f}",
            f"{1e3 * min(speed.seconds):.2f} – {1e3 * max(speed.seconds):.2f}",
            f"{len(speed.seconds):,}",
            f"{rate / 1e9:.0f}" if rate else "–",
            percent(rate / found.peak) if rate else "–",
        )
    return table
