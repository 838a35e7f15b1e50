"""How a training step's cost grows with batch, image size, channels and depth, and what it pays beyond arithmetic.

    python benchmarks/growth.py [--quick] [--out FOLDER]

One of the four grows at a time; the others stay at 32 images of 32 × 32, 32 channels and 4 convolutions (3 × 3, padded,
each with a ReLU; a pooling and a dense layer end the network). The second table takes the notes' network apart.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import konv
from common import cores, machine, write
from konv.engine.native import NativeProgram
from konv.engine.profile import measure as profile
from konv.engine.threads import pool
from networks import notes
from turns import peak

USUAL = {"batch": 32, "size": 32, "channels": 32, "depth": 4}
VALUES = {
    "batch": (1, 8, 32, 128, 512),
    "size": (8, 16, 32, 64, 128),
    "channels": (8, 16, 32, 64, 128),
    "depth": (1, 2, 4, 8, 16),
}
console = Console(width=None if sys.stdout.isatty() else 118)


def network(size: int, channels: int, depth: int) -> konv.Model:
    """A network of equal convolutions."""
    layers = konv.layers
    body = [layers.Conv2D(channels, 3, padding="same", activation="relu") for _ in range(depth)]
    ends = [layers.MaxPooling2D(size // 4), layers.Flatten(), layers.Dense(10, activation="softmax")]
    return konv.models.Sequential([layers.Input((size, size, channels)), *body, *ends])


def stepper(model: konv.Model, batch: int) -> Callable[[], object]:
    """What makes one step of `model` on random images."""
    rng = np.random.default_rng(0)
    x = rng.random((batch, *model.input_shape[1:]), np.float32)  # type: ignore[arg-type]
    y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, batch)]
    model.compile(konv.optimizers.RMSprop(1e-4), "categorical_crossentropy")
    return lambda: model.train_on_batch(x, y)


def seconds_of(step: Callable[[], object], seconds: float) -> float:
    """The median step."""
    step()
    step()
    found: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(found) < 3:
        start = time.perf_counter()
        step()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def flop(model: konv.Model) -> int:
    """Operations of a step for one image: two a multiply-add, three passes, no data gradient for the first layer."""
    macs = [node.op.macs(*(t.shape for t in node.inputs)) for node in model.graph.nodes if node.variables]
    return 6 * sum(macs) - 2 * macs[0]


def grown(what: str, seconds: float, limit: float) -> list[dict[str, Any]]:
    """One row for each value of what grows."""
    rows = []
    for value in VALUES[what]:
        case = {**USUAL, what: value}
        model = network(case["size"], case["channels"], case["depth"])
        took = seconds_of(stepper(model, case["batch"]), seconds)
        work = flop(model) * case["batch"]
        rows.append({"grows": what, **case, "seconds": took, "flop": work, "of_peak": work / took / limit})
    return rows


def beyond(batch: int, seconds: float) -> dict[str, Any]:
    """The shares of a step of the notes' network, in core-seconds: kernels that multiply, other kernels, the rest."""
    model = notes(konv)
    step = stepper(model, batch)
    took = seconds_of(step, seconds) * pool().number
    programs = model._runner._programs  # type: ignore[union-attr]  # noqa: SLF001 (the one that was just timed)
    program = next(p for key, p in programs.items() if key[0] == "train")
    assert isinstance(program, NativeProgram)
    calls = profile(program, step, batch, seconds)
    products = sum(c.seconds for c in calls if c.macs)
    others = {}
    for call in calls:
        if not call.macs:
            others[call.kernel] = others.get(call.kernel, 0.0) + call.seconds
    rest = max(0.0, took - products - sum(others.values()))
    return {
        "batch": batch,
        "threads": pool().number,
        "core_seconds": took,
        "products": products,
        "others": others,
        "outside_kernels": rest,
    }


def show(rows: list[dict[str, Any]], parts: list[dict[str, Any]]) -> None:
    table = Table(title="One thing grows", title_justify="left")
    for heading in ("", "", "ms", "ps a FLOP", "of peak"):
        table.add_column(heading, justify="right")
    for row in rows:
        cells = f"{1000 * row['seconds']:.2f}", f"{1e12 * row['seconds'] / row['flop']:.2f}", f"{row['of_peak']:.0%}"
        table.add_row(row["grows"], str(row[row["grows"]]), *cells)
    console.print(table)
    table = Table(title="Notes' network, shares of a step", title_justify="left")
    for heading in ("batch", "core-ms", "multiplying", "most of the others", "outside kernels"):
        table.add_column(heading, justify="right")
    for part in parts:
        most = sorted(part["others"].items(), key=lambda item: -item[1])[:5]
        whole = part["core_seconds"]
        table.add_row(str(part["batch"]), f"{1000 * whole:.1f}", f"{part['products'] / whole:.1%}",
                      ", ".join(f"{name} {spent / whole:.1%}" for name, spent in most),
                      f"{part['outside_kernels'] / whole:.1%}")  # fmt: skip
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a fifth of a second a row; nothing is recorded")
    parser.add_argument("--out", type=Path, default=None, help="folder of the result (default: benchmarks/results)")
    asked = parser.parse_args()
    seconds = 0.2 if asked.quick else 1.5
    described, limit, share = machine(), peak(), pool().number / cores()
    rows = [row for what in VALUES for row in grown(what, seconds, share * limit["all_cores"])]
    parts = [beyond(batch, seconds) for batch in (32, 128, 512)]
    show(rows, parts)
    if not asked.quick or asked.out:
        result = {"benchmark": "growth of a training step", "machine": described, "peak_flop_per_second": limit,
                  "results": rows, "shares": parts}  # fmt: skip
        console.print(f"Recorded in {write('growth', result, *([asked.out] if asked.out else []))}")


if __name__ == "__main__":
    main()
