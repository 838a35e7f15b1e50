"""Every 3×3 layer of stride 1 of three networks, each pass: konv's chosen kernels beside its direct ones.

    python benchmarks/convolutions.py [--quick] [--batch 1 32] [--seconds 0.5]

One core, kernels alone, in turns. A pass of training includes what it pays for the weights: their packing or transform,
and for gradients the clearing of a leaf's sums and their way back. *Predict* is the forward pass with weights ready.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from common import machine, write
from konv import config
from konv.graph import aligned
from konv.kernels.code.build import addresses
from konv.kernels.code.peak import measure
from konv.kernels.code.processor import current
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.products.convolution import Convolution
from konv.kernels.products.pack import Pack
from konv.kernels.products.taps import Taps
from konv.kernels.products.weight_gradient import WeightGradient
from konv.kernels.sums.tree import Clear
from konv.kernels.winograd.algorithm import choose, choose_gradient
from konv.kernels.winograd.convolution import Winograd, WinogradGradient
from konv.kernels.winograd.weights import WinogradGradientBack, WinogradWeights
from konv.shapes import Axis

LAYERS = {
    "VGG-16": [(224, 64, 64), (112, 64, 128), (112, 128, 128), (56, 128, 256), (56, 256, 256), (28, 256, 512),
               (28, 512, 512), (14, 512, 512)],
    "ResNet-18": [(56, 64, 64), (28, 128, 128), (14, 256, 256), (7, 512, 512)],
    "DenseNet-121": [(56, 128, 32), (28, 128, 32), (14, 128, 32), (7, 128, 32)],
}  # fmt: skip
"""Map, input channels, output channels; all padded to keep their size."""
MOST = 4
"""Images that are really computed; a batch's time is so many times theirs."""
Run = Callable[[], None]
ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p)
rng = np.random.default_rng(0)


def numbers(*shape: int) -> np.ndarray:
    made = aligned(shape, "float32")
    made[...] = rng.standard_normal(shape)
    return made


def call(spec: Spec, *arguments: np.ndarray, end: int) -> Run:
    """A kernel with its arguments, ready to be run from 0 to `end`."""
    table = np.array([a.ctypes.data for a in arguments], np.int64)
    scratch = aligned((spec.scratch(current()) + 64,), "uint8")
    entry = ENTRY(addresses([spec])[spec])

    def run(kept: tuple[Any, ...] = (arguments, table, scratch)) -> None:
        entry(kept[1].ctypes.data, 0, end, 0, kept[2].ctypes.data)

    return run


@dataclass
class Pass:
    """What is run, and how often a batch runs it."""

    parts: list[tuple[Run, float]]
    name: str = "direct"

    def seconds(self) -> float:
        """Seconds of a batch."""
        return sum(_timed(run) * times for run, times in self.parts)


def _timed(run: Run) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def passes(size: int, inputs: int, outputs: int, batch: int, direct: bool) -> dict[str, Pass]:
    """The passes of a layer."""
    config.direct_sums = direct
    target, n = current(), min(batch, MOST)
    axis = Axis(size, 3, before=1, after=1)
    x, y, w = numbers(n, size, size, inputs), numbers(n, size, size, outputs), numbers(3, 3, inputs, outputs)
    dw = np.zeros((LEAVES, *w.shape), np.float32)
    found = {}
    for name, taps, channels, source, into in (
        ("forward", Taps.forward(axis), (inputs, outputs), x, y),
        ("data gradient", Taps.backward(axis)[0], (outputs, inputs), y, x),
    ):
        turned = name != "forward"
        choice = choose(taps, taps, *channels, target, "float32", batch, training=True)
        for which in (name, "predict") if not turned else (name,):
            if which == "predict":
                choice = choose(taps, taps, *channels, target, "float32", batch)
            if choice.tiling is None:
                spec: Any = Convolution("float32", taps, taps, (3, 3), *channels)
                pack: Any = Pack("float32", 9, inputs, outputs, 1, spec.tile(target).vectors, turned)
                units = size
            else:
                spec = Winograd("float32", choice.tiling, *channels)
                pack = WinogradWeights.of(spec, target, turned)
                units = spec.units()
            packed = aligned((pack.size(target),), "float32")
            prepare = call(pack, w, packed, end=pack.units(target))
            prepare()
            parts = [(call(spec, source, packed, into, end=n * units), batch / n)]
            found[which] = Pass(parts if which == "predict" else [(prepare, 1.0), *parts], choice.reason)
    taps = Taps.forward(axis)
    choice = choose_gradient(taps, taps, inputs, outputs, target, "float32", batch)
    if choice.tiling is None:
        parts = [
            (call(WeightGradient("float32", taps, taps, inputs, outputs), x, y, dw, end=n * taps.positions), batch / n)
        ]
    else:
        fast = WinogradGradient("float32", choice.tiling, inputs, outputs)
        du, leaves = aligned((fast.size(target),), "float32"), min(batch, LEAVES)
        parts = [(call(Clear("float32", du.size, leaves=False), du, end=0), leaves),
                 (call(fast, x, y, du, end=n * fast.units()), batch / n),
                 (call(WinogradGradientBack.of(fast, target), du, dw, end=0), leaves)]  # fmt: skip
    found["weight gradient"] = Pass(parts, choice.reason)
    config.direct_sums = None
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--network", nargs="+", choices=LAYERS, default=list(LAYERS))
    parser.add_argument("--seconds", type=float, default=0.5, help="seconds for a pass, both ways")
    parser.add_argument("--quick", action="store_true", help="a tenth of a second; nothing is recorded")
    parser.add_argument("--out", type=Path, default=None)
    asked = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 118)
    described, limit = machine(), measure(1, seconds=0.5)
    table = Table(title=f"Chosen kernels against direct ones, one core, peak {limit / 1e9:.0f} GFLOP/s")
    for heading in ("layer", "batch", "pass", "chosen", "direct ms", "chosen ms", "×", "GFLOP/s"):
        table.add_column(heading, justify="left" if heading in ("layer", "pass", "chosen") else "right")
    rows = []
    for network in asked.network:
        for size, inputs, outputs in LAYERS[network]:
            for batch in asked.batch:
                ways = [passes(size, inputs, outputs, batch, direct) for direct in (True, False)]
                for name in ways[0]:
                    pair = [way[name] for way in ways]
                    times: list[list[float]] = [[], []]
                    end = time.perf_counter() + (0.1 if asked.quick else asked.seconds)
                    while time.perf_counter() < end or len(times[0]) < 3:
                        for kept, one in zip(times, pair, strict=True):
                            kept.append(one.seconds())
                    direct, chosen = (median(t) for t in times)
                    flop = 2 * 9 * size * size * inputs * outputs * batch
                    rows.append(
                        {"network": network, "layer": [size, inputs, outputs], "batch": batch, "pass": name,
                         "chosen": pair[1].name, "direct_seconds": direct, "chosen_seconds": chosen,
                         "ratio": direct / chosen, "effective_flop_per_second": flop / chosen}
                    )  # fmt: skip
                    table.add_row(f"{size}×{size}×{inputs} → {outputs}", str(batch), name, pair[1].name,
                                  f"{direct * 1e3:.2f}", f"{chosen * 1e3:.2f}", f"{direct / chosen:.2f}",
                                  f"{flop / chosen / 1e9:.0f}")  # fmt: skip
    console.print(table)
    ratios = [row["ratio"] for row in rows]
    console.print(f"Ratios: least {min(ratios):.2f}, median {median(ratios):.2f}, largest {max(ratios):.2f}")
    if not asked.quick:
        result = {"benchmark": "chosen kernels against direct ones, one core", "machine": described,
                  "peak_flop_per_second": limit, "results": rows}  # fmt: skip
        console.print(f"Recorded in {write('convolutions', result, *([asked.out] if asked.out else []))}")


if __name__ == "__main__":
    main()
