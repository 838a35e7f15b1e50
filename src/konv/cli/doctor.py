"""`konv doctor`: whether konv works on this machine, how well, and what to do where it does not."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING

import click

from konv.cli.help import option
from konv.messages import text

if TYPE_CHECKING:
    from konv.cli.probes import Finding

__all__ = ["command", "parameters"]


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        option("--json json", text("cli.json"), is_flag=True),
    ]


def command(json: bool) -> int:
    """Examine, print, and return 1 where something is wrong."""
    from konv.cli.probes import examine

    found = examine()
    problems = [problem for finding in found.values() for problem in finding.problems]
    if json:
        facts = {name: finding.facts for name, finding in found.items()}
        click.echo(dumps({"schema": 1, "ok": not problems, "problems": problems, **facts}, ensure_ascii=False))
    else:
        _print(found, problems)
    return 1 if problems else 0


def _print(found: dict[str, Finding], problems: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    for name, finding in found.items():
        mark, style = ("✗", "bold red") if finding.problems else ("✓", "bold green")
        console.print(f"{mark} {text(f'doctor.{name}')}", style=style, markup=False)
        table = Table(box=None, show_header=False, padding=(0, 2))
        for key, value in finding.facts.items():
            table.add_row(_label(key), _value(key, value), style="default")
        console.print(table, markup=False)
    console.print()
    for problem in problems:
        console.print(f"✗ {problem}", style="red", soft_wrap=True, markup=False)
    if not problems:
        console.print(text("doctor.well"), style="green", soft_wrap=True, markup=False)


def _label(key: str) -> str:
    """The name of a fact in the language in force; libraries have only their own."""
    from konv.messages import has

    return text(f"doctor.fact.{key}") if has(f"doctor.fact.{key}") else key


def _value(key: str, value: object) -> str:
    """A fact as people read it: yes and no, sizes and rates with their units."""
    if isinstance(value, bool):
        return text("doctor.yes" if value else "doctor.no")
    if value is None:
        return text("doctor.off")
    if key in ("bytes", "l1_bytes", "l2_bytes") and isinstance(value, int):
        return f"{value / 2**20:.1f} MiB" if value >= 2**20 else f"{value / 2**10:.0f} KiB"
    if key.startswith("peak") and isinstance(value, float):
        return f"{value / 1e9:.1f} GFLOP/s"
    if key in ("reason", "limited_by"):
        from konv.explain.tables import reason

        return reason(str(value))
    return str(value)
