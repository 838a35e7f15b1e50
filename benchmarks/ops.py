"""Layer by layer against PyTorch: forward and both gradients of every distinct layer shape of six networks.

`python benchmarks/ops.py` needs konv and PyTorch in one environment. konv's time is what its kernels take inside the
engine, until the last core has done its part of each; PyTorch's that of the same operator, the better of contiguous and
channels-last. They take turns, and each number is a median.

A complete run takes most of an hour: `--part 3/10` measures every tenth row, and `--add` puts rows into a record that
is there already.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from common import RESULTS, machine, versions, write
from konv.engine import Training, build
from konv.engine.native import NativeProgram
from konv.engine.profile import measure
from konv.engine.threads import pool
from konv.graph import Graph, Node, Variable
from konv.kernels.sums.tree import Clear
from konv.ops import AveragePool2D, BatchNormalization, Conv2D, Dense, GlobalAveragePool2D, Input, MaxPool2D, Op
from konv.ops.loss import MeanSquaredError
from konv.ops.update import SGD
from shapes import NETWORKS, Shape, distinct

PASSES = ("forward", "data", "weights")
TURN = 0.08
"""Seconds of work in one turn of one competitor, at least one run."""
RESTED = 0.25
"""Seconds between turns, in which threads that spin after their work go to sleep."""
LEFT_OUT = ("pack", "winograd_weights", "sgd")
"""Kernels that are no part of a pass: weights are packed once an update, not once a pass."""
OF_WEIGHTS = ("clear", "combine", "winograd_gradient", "winograd_gradient_back")
"""Kernels of weights' gradients whose names do not say so. A normalisation's come along with that of its input."""
WANTED = {"depthwise": 1.5, "max": 1.5, "mean": 1.5, "global": 1.5, "normalisation": 1.5}
"""How many times PyTorch's speed a kind is to reach; all others 0.9."""


@dataclass(frozen=True)
class _End(Op):
    """Stands behind the layer: nothing comes forward, ones come back, from memory, as PyTorch is given them. What goes
    forward has to be complete before anything comes back, as where other layers are between."""

    name: ClassVar[str] = "end"
    batch: int = 1

    def output_shape(self, *inputs: tuple[int, ...]) -> tuple[int, ...]:
        return (1,)

    def lower(self, to: Any) -> None:
        to.outputs(Clear(to.dtype, 1, leaves=False), to.own("barrier", 1))

    def lower_backward(self, to: Any) -> None:
        to.dx = (to.constant(np.ones(self.batch * to.x[0].size, to.dtype)),)


def operation(shape: Shape) -> Op:
    """The layer as konv's operation."""
    kernel, strides = (shape.kernel,) * 2, (shape.stride,) * 2
    around = (shape.padding,) * 2
    if shape.kind == "dense":
        return Dense(shape.filters)
    if shape.kind == "normalisation":
        return BatchNormalization(epsilon=1e-5)
    if shape.kind == "global":
        return GlobalAveragePool2D()
    if shape.kind in ("max", "mean"):
        return (MaxPool2D if shape.kind == "max" else AveragePool2D)(kernel, strides, around)
    return Conv2D(shape.filters, kernel, strides, around, groups=shape.groups, bias=False)


class Ours:
    """konv: a program that trains the one layer, its kernels timed call by call."""

    def __init__(self, shape: Shape, batch: int) -> None:
        rng = np.random.default_rng(0)
        sample = (shape.channels,) if shape.kind == "dense" else (shape.size, shape.size, shape.channels)
        image = Node.apply(Input(sample), (), (), "image", "float32")
        op = operation(shape)
        variables = tuple(
            Variable(w.name, rng.random(w.shape).astype("float32") / w.fan_in, statistic=w.statistic)
            for w in op.weights(sample)
        )
        y = Node.apply(op, (image,), variables, "layer", "float32")
        end = Node.apply(_End(batch), (y,), (), "end", "float32")
        learned = tuple(v for v in variables if not v.statistic)
        training = Training(SGD(), learned, ((),) * len(learned), (image,))
        self.batch = batch
        self.program = build(Graph([image], [y, end]), batch, (None, MeanSquaredError()), training)
        images, target = rng.random((batch, *sample), np.float32), np.zeros((batch, 1), np.float32)
        self.program.run([images], [target], [np.full(batch, 1 / batch, np.float32)], (0.0,))

    def turn(self) -> dict[str, float]:
        """Seconds of each pass. Workers spin all the while, as PyTorch's do: none is late for the first kernel because
        it had gone to sleep."""

        program: NativeProgram = self.program  # type: ignore[assignment]
        with pool().spinning():
            calls = measure(program, program.again, self.batch, TURN)
        program.again()
        seconds = dict.fromkeys(PASSES, 0.0)
        gone = False  # behind the barrier, the way back begins
        for call in calls:
            gone = gone or call.layer == "end"
            if call.layer in ("layer", "kernel") and call.kernel not in LEFT_OUT:
                back = call.kernel in OF_WEIGHTS or "weight" in call.kernel
                seconds["forward" if not gone else "weights" if back else "data"] += call.slowest
        return seconds


class Theirs:
    """PyTorch: the same operator in one memory format."""

    def __init__(self, shape: Shape, batch: int, channels_last: bool) -> None:
        self.torch = torch = import_module("torch")
        torch.manual_seed(0)
        self.shape = shape
        form = torch.channels_last if channels_last else torch.contiguous_format
        if shape.kind == "dense":
            self.x, self.w = torch.rand(batch, shape.channels), torch.rand(shape.filters, shape.channels)
        elif shape.kind == "normalisation":
            self.x = torch.rand(batch, shape.channels, shape.size, shape.size).to(memory_format=form)
            self.w, self.channels = torch.rand(shape.channels), [torch.rand(shape.channels) for _ in range(3)]
        else:
            before, after = shape.padding
            assert before == after
            self.x = torch.rand(batch, shape.channels, shape.size, shape.size).to(memory_format=form)
            taken = shape.channels // shape.groups
            self.w = torch.rand(shape.filters, taken, shape.kernel, shape.kernel).to(memory_format=form)
        with torch.no_grad():
            self.dy = torch.ones_like(self.forward())

    def forward(self) -> Any:
        f, shape = self.torch.nn.functional, self.shape
        if shape.kind == "dense":
            return f.linear(self.x, self.w)
        if shape.kind == "normalisation":
            beta, mean, variance = self.channels
            return f.batch_norm(self.x, mean, variance, self.w, beta, True, 0.01, 1e-5)
        if shape.kind == "global":
            return f.adaptive_avg_pool2d(self.x, 1)
        if shape.kind == "max":
            return f.max_pool2d(self.x, shape.kernel, shape.stride, shape.padding[0])
        if shape.kind == "mean":
            return f.avg_pool2d(self.x, shape.kernel, shape.stride, shape.padding[0])
        return f.conv2d(self.x, self.w, None, shape.stride, shape.padding[0], 1, shape.groups)

    def passes(self) -> dict[str, Callable[[], Any]]:
        """What is timed of each pass."""
        torch, shape = self.torch, self.shape
        pooled = [shape.kernel] * 2, [shape.stride] * 2, [shape.padding[0]] * 2
        if shape.kind == "dense":
            return {"forward": self.forward, "data": lambda: self.dy @ self.w, "weights": lambda: self.dy.T @ self.x}
        if shape.kind == "normalisation":
            _, mean, variance = self.channels
            _, now, inverse = torch.native_batch_norm(self.x, self.w, None, mean, variance, True, 0.01, 1e-5)
            back = torch.ops.aten.native_batch_norm_backward
            given = (self.x, self.w, mean, variance, now, inverse, True, 1e-5, [True] * 3)
            return {"forward": self.forward, "data": lambda: back(self.dy, *given)}
        if shape.kind == "global":
            spread = torch.ops.aten._adaptive_avg_pool2d_backward  # noqa: SLF001
            return {"forward": self.forward, "data": lambda: spread(self.dy, self.x)}
        if shape.kind == "max":
            with torch.no_grad():
                _, where = torch.nn.functional.max_pool2d(
                    self.x, shape.kernel, shape.stride, shape.padding[0], return_indices=True
                )
            back = torch.ops.aten.max_pool2d_with_indices_backward
            return {"forward": self.forward, "data": lambda: back(self.dy, self.x, *pooled, [1, 1], False, where)}
        if shape.kind == "mean":
            back = torch.ops.aten.avg_pool2d_backward
            return {"forward": self.forward, "data": lambda: back(self.dy, self.x, *pooled, False, True, None)}

        def gradient(data: bool) -> Any:
            step, around = [shape.stride] * 2, [shape.padding[0]] * 2
            wanted = [data, not data, False]
            return torch.ops.aten.convolution_backward(
                self.dy, self.x, self.w, None, step, around, [1, 1], False, [0, 0], shape.groups, wanted
            )

        return {"forward": self.forward, "data": lambda: gradient(True), "weights": lambda: gradient(False)}

    def turn(self) -> dict[str, float]:
        """Seconds of each pass."""
        with self.torch.no_grad():
            return timed(self.passes())


def timed(passes: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """The median time of each pass; they follow each other as in training, so that none finds its arrays in the caches
    because it has just run, and what a pass has made lives on until it is made again, as konv's does: training reads it
    on the way back. The first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in passes}
    made = {name: run() for name, run in passes.items()}
    end = time.perf_counter() + TURN
    while not all(taken.values()) or time.perf_counter() < end:
        for name, run in passes.items():
            del made[name]
            begun = time.perf_counter()
            made[name] = run()
            taken[name].append(time.perf_counter() - begun)
    return {name: statistics.median(times) for name, times in taken.items()}


def compare(shape: Shape, batch: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each pass of both, and how many times PyTorch's speed konv's is."""
    competitors: list[Ours | Theirs] = [Ours(shape, batch)]
    competitors += [Theirs(shape, batch, last) for last in ((False,) if shape.kind == "dense" else (False, True))]
    turns: list[list[dict[str, float]]] = [[] for _ in competitors]
    for turn in range(rounds):
        for i in range(len(competitors)):
            which = (turn + i) % len(competitors)
            time.sleep(RESTED)
            turns[which].append(competitors[which].turn())
    medians = [{p: statistics.median(t[p] for t in mine) for p in mine[0]} for mine in turns]
    passes = [p for p in PASSES if p in medians[-1]]
    row: dict[str, Any] = {"layer": str(shape), "kind": shape.kind, "network": shape.network, "batch": batch}
    for name in passes:
        ours, theirs = medians[0][name], min(m[name] for m in medians[1:])
        row[name] = {"konv": 1e3 * ours, "torch": 1e3 * theirs, "ratio": theirs / ours}
    sums = [sum(part) for part in zip(*((row[p]["konv"], row[p]["torch"]) for p in passes), strict=True)]
    row["all"] = {"konv": sums[0], "torch": sums[1], "ratio": sums[1] / sums[0]}
    row["wanted"] = WANTED.get(shape.kind, 0.9)
    return row


def show(row: dict[str, Any]) -> str:
    """One line of the table: milliseconds of konv and PyTorch, and the ratio, of each pass and of all."""
    cells = []
    for name in (*PASSES, "all"):
        part = row.get(name)
        cells.append(f"{part['konv']:9.3f} {part['torch']:9.3f} {part['ratio']:5.2f}" if part else " " * 25)
    below = "" if row["all"]["ratio"] >= row["wanted"] else "  below"
    return f"{row['layer']:34} {row['batch']:3} | " + " | ".join(cells) + below


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS), help="of which networks")
    parser.add_argument("--kind", nargs="+", help="kinds: convolution depthwise max mean dense")
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 32])
    parser.add_argument("--part", default="1/1", help="K/N: of N parts the Kth, which has every Nth row")
    parser.add_argument("--add", action="store_true", help="put the rows into the record there is")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each competitor")
    parser.add_argument("--quick", action="store_true", help="every sixth shape, batch 1, one turn; records nothing")
    options = parser.parse_args()
    found = [s for s in distinct(options.network) if not options.kind or s.kind in options.kind]
    batches, rounds = ([1], 1) if options.quick else (options.batch, options.rounds)
    if options.quick:
        found = found[::6]
    part, parts = (int(n) for n in options.part.split("/"))
    todo = [(shape, batch) for batch in batches for shape in found][part - 1 :: parts]
    print(f"{'layer':34} {'n':3} | " + " | ".join(f"{p + ' konv, torch, ratio':25}" for p in (*PASSES, "all")))
    rows = []
    for shape, batch in todo:
        rows.append(compare(shape, batch, rounds))
        print(show(rows[-1]), flush=True)
    below = [f"{r['layer']} at {r['batch']}" for r in rows if r["all"]["ratio"] < r["wanted"]]
    print(
        f"{len(rows) - len(below)} of {len(rows)} reach what is wanted"
        + (f"; not: {', '.join(below)}" if below else "")
    )
    if not options.quick:
        rows = added(rows) if options.add else rows
        result = {"machine": machine(), "peers": versions("torch"), "milliseconds": rows}
        print(f"Written: {write('ops', result)}")


def added(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The recorded rows with `rows` among them, each layer and batch once, in the networks' order."""
    path = RESULTS / "ops.json"
    before = json.loads(path.read_text("utf-8"))["milliseconds"] if path.exists() else []
    known = {(row["batch"], row["layer"]): row for row in (*before, *rows)}
    order = [(batch, str(shape)) for batch in sorted({b for b, _ in known}) for shape in distinct(list(NETWORKS))]
    return [known[key] for key in order if key in known]


if __name__ == "__main__":
    main()
