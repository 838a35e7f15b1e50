"""Predictions, one call a batch: konv, ONNX Runtime and OpenVINO (fp32) with the same weights take turns in one run.

python benchmarks/inference.py [--quick] [--network notes vgg ...] [--batch 1 32] [--python NAME=PATH ...]
"""

from __future__ import annotations

from common import machine, write
from predictors import PREDICTORS
from turns import compare, console, measured, options, peak, show, start

COLUMNS = {"× best peer": "{ratio_to_fastest_peer:.2f}"}


def main() -> None:
    asked = options(__doc__, list(PREDICTORS), ["notes"], [1, 32])
    described = machine()
    peers = start(asked.peer, asked.python)
    results = []
    try:
        limit = peak()
        for network in asked.network:
            for batch in sorted(asked.batch):
                rows = measured(peers, network, batch, asked)
                compare(rows, "ratio_to_fastest_peer", lambda row: True)
                show(rows, f"Prediction, {network} network, batch {batch}", COLUMNS, {"konv-predict": "bold"})
                results += rows
    finally:
        for peer in peers:
            peer.close()
    result = {
        "benchmark": "prediction of one batch at a time, from a NumPy batch to a NumPy array",
        "machine": described,
        "peak_flop_per_second": limit,
        "rounds": asked.rounds,
        "results": results,
    }
    if not asked.quick or asked.out:
        console.print(f"Recorded in {write('inference', result, *([asked.out] if asked.out else []))}")


if __name__ == "__main__":
    main()
