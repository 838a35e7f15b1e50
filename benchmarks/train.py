"""Whole training steps of a network: konv and every installed peer take turns in one run.

    python benchmarks/train.py [--quick] [--batch 32 128 512] [--peer NAME ...] [--python NAME=PATH ...]
    python benchmarks/train.py --network vgg 5x5 strided 1x1 11x11 --batch 32
    python benchmarks/train.py --network resnet20 densenet_bc mobilenet_v2 --batch 32

The notes' network, which is the default, is recorded as `train.json`, made ones as `made_networks.json`, those of the
literature as `known_networks.json`.
`--python torch=PATH` runs every peer whose name starts with `torch` under another interpreter.
"""

from __future__ import annotations

import argparse
from typing import Any

from common import Peer, machine, write
from known import KNOWN
from networks import flop
from turns import compare, console, measured, options, peak, show, start

PEERS = {
    "konv": "fp32",
    "konv-direct": "fp32",
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
COLUMNS = {"× best fp32": "{ratio_to_fastest_fp32_peer:.2f}", "of peak": "{share_of_peak:.0%}"}
STYLE = {"konv": "bold", **{name: "dim" for name, arithmetic in PEERS.items() if arithmetic != "fp32"}}


def measure_batch(
    peers: list[Peer], network: str, batch: int, asked: argparse.Namespace, limit: float
) -> list[dict[str, Any]]:
    """Every peer's result for one network at one batch size, fastest first."""
    rows = measured(peers, network, batch, asked)
    for row in rows:
        row["arithmetic"] = PEERS[row["peer"]]
        row["share_of_peak"] = row["images_per_second"]["median"] * flop(network) / limit
    compare(rows, "ratio_to_fastest_fp32_peer", lambda row: row["arithmetic"] == "fp32")
    show(rows, f"Training, {network} network, batch {batch}", COLUMNS, STYLE)
    return rows


def main() -> None:
    asked = options(__doc__, list(PEERS), ["notes"], [32, 128, 512])
    described = machine()
    peers = start(asked.peer, asked.python)
    results = []
    try:
        limit = peak()
        for network in asked.network:
            for batch in sorted(asked.batch):
                results += measure_batch(peers, network, batch, asked, limit["all_cores"])
    finally:
        for peer in peers:
            peer.close()
    result = {
        "benchmark": "training steps from NumPy batches, dropout and RMSprop included",
        "machine": described,
        "flop_per_image": {network: flop(network) for network in asked.network},
        "peak_flop_per_second": limit,
        "rounds": asked.rounds,
        "results": results,
    }
    if not asked.quick or asked.out:
        known = set(asked.network) <= set(KNOWN)
        name = "train" if asked.network == ["notes"] else "known_networks" if known else "made_networks"
        console.print(f"Recorded in {write(name, result, *([asked.out] if asked.out else []))}")


if __name__ == "__main__":
    main()
