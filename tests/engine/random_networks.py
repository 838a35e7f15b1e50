"""Small networks of layers of random shapes, run between guard pages; in a process of its own, for a fault ends it.

`python -m tests.engine.random_networks FIRST COUNT` runs the networks of the seeds FIRST … FIRST + COUNT − 1, and says
of each what it is before it is run: the last line of a process that died names the guilty one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from konv.engine import Position, Training, build, native
from konv.engine.guard import guarded
from konv.errors import KonvError
from konv.graph import Graph, Tensor
from konv.kernels.code import build as kernels
from konv.ops.activation import Linear, ReLU, Sigmoid, Softmax, Tanh
from konv.ops.adaptive import Adam, Adamax, Nadam
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.dropping import Dropout
from konv.ops.loss import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array, Op
from konv.ops.update import SGD, Adadelta, Adagrad, RMSprop, Update
from konv.ops.views import Flatten
from tests.engine.networks import add, on, source

Rng = np.random.Generator


class Network(NamedTuple):
    """Layers of random shapes with a loss, an update rule, and a batch of data."""

    graph: Graph
    ops: tuple[Op, ...]
    loss: Loss
    update: Update
    x: Array
    y: Array

    def __str__(self) -> str:
        return f"{self.x.dtype} {self.x.shape}, {self.ops}, {self.loss}, {self.update}"


def two(rng: Rng, low: int, high: int) -> tuple[int, int]:
    return int(rng.integers(low, high)), int(rng.integers(low, high))


def convolution(rng: Rng, channels: int) -> Op:
    """Any kernel, stride, padding, dilation and groups, depthwise ones too; from 1 to 70 filters. Every fourth is of
    the plain kind that may be computed in Winograd's way."""
    if rng.random() < 0.25:
        size = int(rng.choice([3, 3, 5]))
        return Conv2D(int(rng.integers(8, 71)), (size, size), padding=("valid", "same")[rng.integers(2)])
    kernel, strides, dilation = two(rng, 1, 6), two(rng, 1, 4), two(rng, 1, 4)
    padding = ("valid", "same", (two(rng, 0, 5), two(rng, 0, 5)))[rng.integers(3)]
    groups = int(rng.choice([g for g in range(1, channels + 1) if channels % g == 0]))
    filters = groups * int(rng.integers(1, max(2, rng.choice([6, 20, 71]) // groups)))
    return Conv2D(filters, kernel, strides, padding, dilation, groups, bool(rng.random() < 0.7))


def pooling(rng: Rng, channels: int) -> Op:
    kind = (MaxPool2D, AveragePool2D)[rng.integers(2)]
    return kind(two(rng, 1, 5), two(rng, 1, 5), ("valid", "same")[rng.integers(2)])


def dense(rng: Rng, channels: int) -> Op:
    return Dense(int(rng.integers(1, rng.choice([6, 20, 71]))), bool(rng.random() < 0.7))


def plain(rng: Rng, channels: int) -> Op:
    kinds: tuple[Op, ...] = (ReLU(), ReLU(), ReLU(), Sigmoid(), Tanh(), Softmax(), Linear(), Dropout(0.3), Dropout(0.6))
    return kinds[rng.integers(len(kinds))]


UPDATES: tuple[Callable[..., Update], ...] = (
    SGD, partial(SGD, 0.9), partial(SGD, 0.9, True), RMSprop, partial(RMSprop, momentum=0.5, centered=True), Adam,
    partial(Adam, amsgrad=True), Nadam, Adamax, Adagrad, Adadelta,
)  # fmt: skip


def update(rng: Rng) -> Update:
    options = {"clipnorm": 0.5, "together": True, "clipvalue": 0.1, "weight_decay": True, "ema": True}
    return UPDATES[rng.integers(len(UPDATES))](**{name: v for name, v in options.items() if rng.random() < 0.2})


def goal(rng: Rng, output: Tensor, n: int) -> tuple[Loss, Array]:
    """A loss that the output's shape allows, with targets."""
    shape, raw = (n, *output.shape), bool(rng.random() < 0.5)
    labels = rng.integers(0, shape[-1], shape[:-1])
    kinds: tuple[tuple[Loss, Array], ...] = (
        (MeanSquaredError(), rng.normal(size=shape)),
        (BinaryCrossentropy(raw), rng.integers(0, 2, shape)),
        (CategoricalCrossentropy(raw), np.eye(shape[-1])[labels]),
        (SparseCategoricalCrossentropy(raw), labels),
    )
    loss, y = kinds[rng.integers(len(kinds))]
    return loss, y if isinstance(loss, SparseCategoricalCrossentropy) else y.astype(output.dtype)


def draw(seed: int) -> Network:
    """One to four layers that have shapes, with others between them; images just large enough, or up to 20 × 20."""
    rng = np.random.default_rng(seed)
    dtype, n = str(rng.choice(["float32", "float32", "float64"])), int(rng.integers(1, 20))
    image = source(*two(rng, 1, 21), int(rng.integers(1, rng.choice([5, 20, 40]))), dtype=dtype)
    at, ops = image, []
    makers = (convolution, convolution, convolution, pooling, pooling, dense, plain, plain)
    for _ in range(int(rng.integers(2, 7))):
        op = makers[rng.integers(len(makers))](rng, at.shape[-1])
        try:
            op.output_shape(at.shape)
        except KonvError:
            continue  # a window that does not fit: the next draw may
        at = add(op, at, f"{op.name}_{len(ops)}")
        ops.append(op)
    for op in (Flatten(), dense(rng, 0), *[Softmax(), Sigmoid(), ReLU(), Linear()][: int(rng.integers(0, 3))]):
        if rng.random() < 0.8 or not any(isinstance(op, Conv2D | Dense) for op in ops):
            at = add(op, at, f"{op.name}_{len(ops)}")
            ops.append(op)
    loss, y = goal(rng, at, n)
    x = rng.normal(size=(n, *image.shape)).astype(dtype)
    return Network(Graph([image], [at]), tuple(ops), loss, update(rng), x, y)


def shapes(network: Network) -> int:
    """How many random shapes a network has: of layers that compute something, of its loss, and of each update."""
    return sum(not isinstance(op, Flatten | Linear) for op in network.ops) + 1 + len(network.graph.variables)


def run(network: Network, engine: str, front: bool = False) -> list[bytes]:
    """Train for a step on the whole batch and on a part of it, test, and predict: all that comes out, as bytes."""
    graph, found = network.graph, []
    allocate = partial(guarded, front=front)
    native.guarded = allocate  # type: ignore[assignment]
    kept = [v.value for v in graph.variables]
    for v, value in zip(graph.variables, kept, strict=True):
        v._value = allocate(value.shape, str(value.dtype))
        v.assign(value)
    slots = tuple(tuple(allocate(v.shape, str(v.value.dtype)) for _ in network.update.slots) for v in graph.variables)
    rates = (0.01,) * (len(network.update.scalars) + network.update.weight_decay + network.update.ema)
    n = len(network.x)
    with on(engine):
        for training in (Training(network.update, tuple(graph.variables), slots), None):
            program = build(graph, n, [network.loss], training)
            for part in (n, 1 + n // 2):
                weights = np.full(part, 1 / part, network.x.dtype)
                outcome = program.run([network.x[:part]], [network.y[:part]], [weights], rates,
                                      Position(3, 1, np.arange(part)))  # fmt: skip
                found += [a.tobytes() for a in (*outcome.outputs, *outcome.losses, *program.gradients())]
        found += [a.tobytes() for a in build(graph, n).run([network.x]).outputs]
    found += [v.value.tobytes() for v in graph.variables]
    for v, value in zip(graph.variables, kept, strict=True):
        v._value = value
        v.touch()
    return found


def main(first: int, count: int) -> None:
    kernels._processors = lambda: 1  # several processes do this at once: none needs helpers of its own
    for seed in range(first, first + count):
        network = draw(seed)
        print(f"{seed}: {network}", flush=True)
        wanted = run(network, "native")
        for front in (False, True):
            if run(network, "guarded", front) != wanted:
                raise SystemExit(f"seed {seed}: what comes out depends on where the arrays lie")
    print("done", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
