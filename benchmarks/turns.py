"""What the benchmarks of speed share: peers started, made ready, measured in turns, and shown in a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from common import Peer, PeerError, alternate, cores, spread
from konv.kernels.code.peak import measure
from networks import NAMES

console = Console(width=None if sys.stdout.isatty() else 118)


def options(doc: str | None, peers: Sequence[str], networks: list[str], batches: list[int]) -> argparse.Namespace:
    """The command line's answers; `peers` are all there are, `networks` and `batches` those measured by default."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", nargs="+", choices=NAMES, default=networks, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--batch", type=int, nargs="+", default=batches, help="batch sizes")
    parser.add_argument("--peer", nargs="+", choices=peers, default=list(peers), metavar="NAME", help=", ".join(peers))
    parser.add_argument("--python", nargs="+", default=[], metavar="NAME=PATH", help="interpreters of peers")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each peer at each batch size")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds of one turn, about")
    parser.add_argument("--quick", action="store_true", help="3 turns of half a second; nothing is recorded")
    parser.add_argument("--out", type=Path, default=None, help="folder of the result (default: benchmarks/results)")
    asked = parser.parse_args()
    if asked.quick:
        asked.rounds, asked.seconds = 3, 0.5
    return asked


def start(names: Sequence[str], pythons: Sequence[str]) -> list[Peer]:
    """The peers that can be started here; says of the others why not."""
    interpreters = dict(entry.split("=", 1) for entry in pythons)
    peers = []
    for name in names:
        python = interpreters.get(name) or interpreters.get(name.partition("-")[0]) or sys.executable
        try:
            peers.append(Peer(name, python))
        except PeerError as error:
            console.print(f"[yellow]{name} is left out:[/] {error}")
    if not peers:
        sys.exit("no peer can be started here")
    return peers


def peak() -> dict[str, float]:
    """The multiply-add peak of one core and of all, in FLOP/s; printed too."""
    found = {"one_core": measure(1, seconds=1), "all_cores": measure(cores(), seconds=1)}
    console.print(
        f"Peak: {found['one_core'] / 1e9:.0f} GFLOP/s a core, {found['all_cores'] / 1e9:.0f} on all {cores()}"
    )
    return found


def measured(peers: Sequence[Peer], network: str, batch: int, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """One row for each peer that could: images a second, memory, seconds to get ready, versions."""
    ready, setup, steps = [], {}, {}
    for peer in peers:
        console.print(f"[dim]{network}, batch {batch}: {peer.name} gets ready …[/]")
        try:
            setup[peer.name] = peer.ask(do="setup", network=network, batch=batch)["seconds"]
            once = peer.ask(do="run", steps=3)["seconds"] / 3
        except PeerError as error:
            console.print(f"[red]{peer.name} failed at batch {batch}:[/] {error}", highlight=False)
            continue
        steps[peer.name] = max(2, round(asked.seconds / once))
        ready.append(peer)
    console.print(f"[dim]{network}, batch {batch}: {asked.rounds} rounds of turns …[/]")
    seconds = alternate(ready, steps, asked.rounds)
    return [
        {
            "network": network,
            "peer": peer.name,
            "batch": batch,
            "images_per_second": spread([batch / s for s in seconds[peer.name]]),
            "peak_rss_bytes": peer.ask(do="memory")["peak_rss"],
            "setup_seconds": setup[peer.name],
            "versions": peer.versions,
        }
        for peer in ready
    ]


def compare(rows: list[dict[str, Any]], name: str, rival: Callable[[dict[str, Any]], bool]) -> None:
    """Sort `rows`, fastest first, and give each its ratio, called `name`, to the fastest `rival` that is not konv."""
    rivals = [row for row in rows if rival(row) and not row["peer"].startswith("konv")] or rows
    best = max(row["images_per_second"]["median"] for row in rivals)
    for row in rows:
        row[name] = row["images_per_second"]["median"] / best
    rows.sort(key=lambda row: -row["images_per_second"]["median"])


def show(rows: Sequence[dict[str, Any]], title: str, columns: Mapping[str, str], style: Mapping[str, str]) -> None:
    """Print rows; `columns`: heading → the cell as a format of the row; `style`: of a peer's line."""
    table = Table(title=f"{title}, {cores()} cores", title_justify="left")
    headings = ("", "images/s", "min – max", "ms", *columns, "memory", "ready in")
    for heading in headings:
        table.add_column(heading, justify="right" if heading else "left")
    for row in rows:
        speed = row["images_per_second"]
        table.add_row(
            row["peer"],
            f"{speed['median']:,.0f}",
            f"{speed['min']:,.0f} – {speed['max']:,.0f}",
            f"{1000 * row['batch'] / speed['median']:,.3g}",
            *(cell.format(**row) for cell in columns.values()),
            f"{row['peak_rss_bytes'] / 2**20:,.0f} MiB",
            f"{row['setup_seconds']:.1f} s",
            style=style.get(row["peer"]),
        )
    console.print(table)
