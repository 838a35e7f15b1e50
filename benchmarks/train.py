"""Whole training steps of the notes' network: konv and every installed peer take turns in one run.

    python benchmarks/train.py [--quick] [--batch 32 128 512] [--peer NAME ...] [--python NAME=PATH ...]

`--python torch=PATH` runs every peer whose name starts with `torch` under another interpreter.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from common import Peer, PeerError, alternate, cores, machine, spread, write
from konv.kernels.peak import measure
from networks import notes_flop

PEERS = {
    "konv": "fp32",
    "tensorflow": "fp32",
    "tensorflow-jit": "fp32",
    "jax": "fp32",
    "torch": "fp32",
    "torch-channels-last": "fp32",
    "torch-compiled": "fp32",
    "torch-compiled-channels-last": "fp32",
    "torch-bf16": "bf16",
}
"""Every competitor and its arithmetic; ratios are taken among those of fp32."""
console = Console(width=None if sys.stdout.isatty() else 118)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 128, 512], help="batch sizes")
    parser.add_argument("--peer", nargs="+", choices=PEERS, default=list(PEERS), metavar="NAME", help=", ".join(PEERS))
    parser.add_argument("--python", nargs="+", default=[], metavar="NAME=PATH", help="interpreters of peers")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each peer at each batch size")
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds of one turn, about")
    parser.add_argument("--quick", action="store_true", help="3 turns of half a second; nothing is recorded")
    parser.add_argument("--out", type=Path, default=None, help="folder of the result (default: benchmarks/results)")
    asked = parser.parse_args()
    if asked.quick:
        asked.rounds, asked.seconds = 3, 0.5
    return asked


def start(names: list[str], pythons: list[str]) -> list[Peer]:
    """The peers that can be started here; says of the others why not."""
    interpreters = dict(entry.split("=", 1) for entry in pythons)
    peers = []
    for name in names:
        python = interpreters.get(name) or interpreters.get(name.partition("-")[0]) or sys.executable
        try:
            peers.append(Peer(name, python))
        except PeerError as error:
            console.print(f"[yellow]{name} is left out:[/] {error}")
    return peers


def peak() -> dict[str, float]:
    """The multiply-add peak of one core and of all, in FLOP/s."""
    return {"one_core": measure(1, seconds=1), "all_cores": measure(cores(), seconds=1)}


def measure_batch(peers: list[Peer], batch: int, asked: argparse.Namespace, limit: float) -> list[dict[str, Any]]:
    """Every peer's result at one batch size, fastest first."""
    ready, setup, steps = [], {}, {}
    for peer in peers:
        console.print(f"[dim]batch {batch}: {peer.name} gets ready …[/]")
        try:
            setup[peer.name] = peer.ask(do="setup", batch=batch)["seconds"]
            once = peer.ask(do="run", steps=3)["seconds"] / 3
        except PeerError as error:
            console.print(f"[red]{peer.name} failed at batch {batch}:[/] {error}", highlight=False)
            continue
        steps[peer.name] = max(2, round(asked.seconds / once))
        ready.append(peer)
    console.print(f"[dim]batch {batch}: {asked.rounds} rounds of turns …[/]")
    seconds = alternate(ready, steps, asked.rounds)
    rows = []
    for peer in ready:
        speed = spread([batch / s for s in seconds[peer.name]])
        rows.append(
            {
                "peer": peer.name,
                "arithmetic": PEERS[peer.name],
                "batch": batch,
                "images_per_second": speed,
                "share_of_peak": speed["median"] * notes_flop() / limit,
                "peak_rss_bytes": peer.ask(do="memory")["peak_rss"],
                "setup_seconds": setup[peer.name],
                "versions": peer.versions,
            }
        )
    rivals = [row for row in rows if row["arithmetic"] == "fp32" and row["peer"] != "konv"] or rows
    best = max(row["images_per_second"]["median"] for row in rivals)
    for row in rows:
        row["ratio_to_fastest_fp32_peer"] = row["images_per_second"]["median"] / best
    return sorted(rows, key=lambda row: -row["images_per_second"]["median"])


def show(rows: list[dict[str, Any]], batch: int) -> None:
    table = Table(title=f"Training, notes' network, batch {batch}, {cores()} cores", title_justify="left")
    for heading in ("", "images/s", "min – max", "× best fp32", "of peak", "memory", "ready in"):
        table.add_column(heading, justify="right" if heading else "left")
    for row in rows:
        speed, share = row["images_per_second"], row["share_of_peak"]
        table.add_row(
            row["peer"],
            f"{speed['median']:,.0f}",
            f"{speed['min']:,.0f} – {speed['max']:,.0f}",
            f"{row['ratio_to_fastest_fp32_peer']:.2f}",
            f"{share:.0%}",
            f"{row['peak_rss_bytes'] / 2**20:,.0f} MiB",
            f"{row['setup_seconds']:.1f} s",
            style="bold" if row["peer"] == "konv" else "dim" if row["arithmetic"] != "fp32" else None,
        )
    console.print(table)


def main() -> None:
    asked = options()
    described = machine()
    peers = start(asked.peer, asked.python)
    if not peers:
        sys.exit("no peer can be started here")
    limit = peak()
    console.print(
        f"Peak: {limit['one_core'] / 1e9:.0f} GFLOP/s a core, {limit['all_cores'] / 1e9:.0f} on all {cores()}"
    )
    results = []
    try:
        for batch in sorted(asked.batch):
            rows = measure_batch(peers, batch, asked, limit["all_cores"])
            show(rows, batch)
            results += rows
    finally:
        for peer in peers:
            peer.close()
    result = {
        "benchmark": "training step of the notes' network, from NumPy batches, dropout and RMSprop included",
        "machine": described,
        "flop_per_image": notes_flop(),
        "peak_flop_per_second": limit,
        "rounds": asked.rounds,
        "results": results,
    }
    if not asked.quick or asked.out:
        path = write("train", result, *([asked.out] if asked.out else []))
        console.print(f"Recorded in {path}")


if __name__ == "__main__":
    main()
