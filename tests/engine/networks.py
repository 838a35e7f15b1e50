"""Small networks in either type, runs of them on either engine, and what is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from konv import config
from konv.engine import Outcome, Position, Program, Training, build
from konv.graph import Graph, Node, Tensor, Variable, aligned
from konv.ops.activation import ReLU, Softmax, Tanh
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.dropping import Dropout
from konv.ops.loss import CategoricalCrossentropy, Loss, MeanSquaredError
from konv.ops.pooling import MaxPool2D
from konv.ops.record import Array, Op, Weight
from konv.ops.source import Input
from konv.ops.update import SGD, Update
from konv.ops.views import Flatten


def source(*shape: int, dtype: str = "float64") -> Tensor:
    return Node.apply(Input(shape), (), (), "image", dtype)


def add(op: Op, x: Tensor, layer: str, variables: tuple[Variable, ...] | None = None) -> Tensor:
    """`op` applied to `x`, with new variables, random but always the same, unless some are given."""
    if variables is None:
        rng = np.random.default_rng(sum(map(ord, layer)))
        variables = tuple(
            Variable(f"{layer}/{w.name}", _first(rng.normal(size=w.shape), w).astype(x.dtype), statistic=w.statistic)
            for w in op.weights(x.shape)
        )
    return Node.apply(op, (x,), variables, layer, x.dtype)


def _first(value: Array, weight: Weight) -> Array:
    """Statistics are means or variances, of numbers of size one."""
    return np.asarray(0.5 + abs(value) if weight.statistic else value / weight.fan_in**0.5)


def chain(x: Tensor, *ops: Op, name: str = "") -> Tensor:
    """Ops one after another, called by name and place."""
    for i, op in enumerate(ops):
        x = add(op, x, f"{name}{op.name}_{i}")
    return x


class Example(NamedTuple):
    """A network with losses, and the largest batch of data for it."""

    graph: Graph
    losses: tuple[Loss, ...]
    x: Array
    targets: tuple[Array, ...]
    weights: tuple[Array, ...]

    def training(self, update: Update) -> Training:
        variables = tuple(v for v in self.graph.variables if v.trainable)
        slots = tuple(tuple(aligned(v.shape, v.value.dtype) for _ in update.slots) for v in variables)
        return Training(update, variables, slots)

    def program(self, engine: str, update: Update | None = None, batch: int = 0) -> Program:
        """A program of an engine; it trains where there is an update, else it tests."""
        with on(engine):
            training = self.training(update) if update else None
            return build(self.graph, batch or len(self.x), self.losses, training)

    def run(self, program: Program, n: int = 0, rate: float = 0.0, epoch: int = 2) -> Outcome:
        """A run of the first n samples (all); each has a number of its own."""
        n = n or len(self.x)
        position = Position(seed=5, epoch=epoch, samples=(np.arange(len(self.x)) * 7 + 3)[:n])
        return program.run(
            [self.x[:n]], [t[:n] for t in self.targets], [w[:n] for w in self.weights], (rate,), position
        )


@contextmanager
def on(engine: str) -> Iterator[None]:
    """An engine in force for a while."""
    config.set_engine(engine)
    try:
        yield
    finally:
        config.set_engine(None)


def single(x: Tensor, output: Tensor, n: int, loss: Loss | None = None, seed: int = 0) -> Example:
    """n samples for a network of one output, whose loss is the mean squared error unless one is given."""
    rng = np.random.default_rng(seed)
    return Example(
        Graph([x], [output]),
        (loss or MeanSquaredError(),),
        rng.normal(size=(n, *x.shape)).astype(x.dtype),
        (rng.normal(size=(n, *output.shape)).astype(x.dtype),),
        (rng.uniform(0.1, 1, n).astype(x.dtype),),
    )


def two_heads(dtype: str = "float64", n: int = 5) -> Example:
    """A trunk with dropout that two heads and a loss read; one head uses its weights twice; two kinds of loss."""
    image = source(7, 6, 3, dtype=dtype)
    trunk = chain(image, Conv2D(5, (3, 3), padding="same"), ReLU(), MaxPool2D(), Tanh(), Flatten(), Dropout(0.3))
    shared = add(Dense(45), trunk, "twice")
    shared = add(Dense(45), add(ReLU(), shared, "relu"), "twice", shared.node.variables)
    classes = add(Softmax(), add(Dense(4), shared, "scores"), "softmax")
    value = add(Dense(2), trunk, "value")
    rng = np.random.default_rng(8)
    return Example(
        Graph([image], [classes, value, shared]),
        (CategoricalCrossentropy(), MeanSquaredError(), MeanSquaredError()),
        rng.normal(size=(n, 7, 6, 3)).astype(dtype),
        (np.eye(4, dtype=dtype)[rng.integers(0, 4, n)], *(rng.normal(size=(n, s)).astype(dtype) for s in (2, 45))),
        tuple(rng.uniform(0.1, 1, (3, n)).astype(dtype)),
    )


def agree(make: Callable[[str], Example], dtype: str, update: Update | None = None, steps: int = 2,
          sizes: Sequence[int] = (0,), engine: str = "native") -> None:  # fmt: skip
    """Assert that an engine gives what the reference gives in float64: outputs, losses, gradients, weights.

    Errors are counted in roundings of the largest number of an array. No sum here has more than 1,000 terms, and a
    number goes through a few sums: in float32 that is allowed, in float64 the same.
    """
    example, exact = make(dtype), make("float64")
    for v, e in zip(example.graph.variables, exact.graph.variables, strict=True):
        e.assign(v.value)
    exact = exact._replace(x=example.x.astype("float64"), targets=tuple(t.astype("float64") for t in example.targets),
                           weights=tuple(w.astype("float64") for w in example.weights))  # fmt: skip
    found = example.program(engine, update)
    wanted = exact.program("reference", update)
    bound = 1000 * float(np.finfo(dtype).eps)

    def close(name: str, a: Array, b: Array) -> None:
        assert a.dtype == dtype
        error = abs(a - b).max() / max(abs(b).max(), 1e-3)
        assert error <= bound, f"{name}: {error / bound * 1000:.0f} roundings"

    for step in range(steps):
        for n in sizes:
            outcomes = [e.run(p, n, 0.01, step) for e, p in ((example, found), (exact, wanted))]
            for name in ("outputs", "losses"):
                for i, (a, b) in enumerate(zip(*(getattr(o, name) for o in outcomes), strict=True)):
                    close(f"{name} {i}", a, b)
            assert {o.nonfinite for o in outcomes} == {""}
            learned = [v for v in example.graph.variables if v.trainable]
            for v, a, b in zip(learned, found.gradients(), wanted.gradients(), strict=bool(update)):
                close(f"gradient of {v.name}", a, b)
            for v, w in zip(example.graph.variables, exact.graph.variables, strict=True):
                close(v.name, v.value, w.value)


def trained(example: Example, engine: str = "native", steps: int = 2, update: Update | None = None) -> bytes:
    """All weights after some steps."""
    program = example.program(engine, update or SGD(momentum=0.9))
    for step in range(steps):
        example.run(program, rate=0.05, epoch=step)
    return b"".join(v.value.tobytes() for v in example.graph.variables)
