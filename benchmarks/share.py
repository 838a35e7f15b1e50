"""How near a training step with direct sums comes to the processor's peak, on one core and on all.

    python benchmarks/share.py [--quick] [--batch 32 128 512] [--network notes]

Other programs take from both a step and the peak, so the two take turns: each round measures the multiply-add peak,
then whole steps (`train_on_batch`, from NumPy batches), on as many cores, within a few seconds. A share is of a round.
"""

from __future__ import annotations

from statistics import median
from typing import Any

from rich.table import Table

from common import Peer, cores, machine, spread, write
from konv.kernels.code.peak import measure
from networks import flop
from turns import console, options

PEAK = 0.5
"""Seconds of one measurement of the peak."""


def shares(peer: Peer, network: str, batch: int, threads: int, rounds: int, seconds: float) -> dict[str, Any]:
    """The share of the peak in each round, and of the shortest steps in the highest peak."""
    peer.ask(do="setup", network=network, batch=batch)
    steps = max(2, round(seconds / (peer.ask(do="run", steps=3)["seconds"] / 3)))
    peaks, rates = [], []
    for _ in range(rounds):
        peaks.append(measure(threads, PEAK))
        rates.append(flop(network) * batch * steps / peer.ask(do="run", steps=steps)["seconds"])
    return {
        "network": network,
        "batch": batch,
        "cores": threads,
        "peak_flop_per_second": spread(peaks),
        "step_flop_per_second": spread(rates),
        "share_of_peak": spread([rate / peak for rate, peak in zip(rates, peaks, strict=True)]),
        "best_share": max(rates) / max(peaks),
    }


def main() -> None:
    asked = options(__doc__, ["konv-direct"], ["notes"], [32, 128, 512])
    described = machine()
    rows = []
    for threads in sorted({1, cores()}):
        peer = Peer("konv-direct", threads=threads)
        try:
            for network in asked.network:
                batches = sorted(asked.batch)
                rows += [shares(peer, network, batch, threads, asked.rounds, asked.seconds) for batch in batches]
        finally:
            peer.close()
    table = Table(title="Share of the multiply-add peak in whole training steps, direct sums", title_justify="left")
    for heading in (
        "network",
        "batch",
        "cores",
        "peak, GFLOP/s",
        "step, GFLOP/s",
        "share, median",
        "min – max",
        "best",
    ):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for row in rows:
        share = row["share_of_peak"]
        table.add_row(
            row["network"],
            str(row["batch"]),
            str(row["cores"]),
            f"{median(row['peak_flop_per_second']['all']) / 1e9:.0f}",
            f"{row['step_flop_per_second']['median'] / 1e9:.0f}",
            f"{share['median']:.0%}",
            f"{share['min']:.0%} – {share['max']:.0%}",
            f"{row['best_share']:.0%}",
        )
    console.print(table)
    result = {"benchmark": "direct training steps and the multiply-add peak in turns", "machine": described,
              "rounds": asked.rounds, "results": rows}  # fmt: skip
    if not asked.quick or asked.out:
        console.print(f"Recorded in {write('share', result, *([asked.out] if asked.out else []))}")


if __name__ == "__main__":
    main()
