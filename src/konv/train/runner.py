"""A network with its programs: one for each mode and batch size, compiled when first needed and kept."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np

from konv import config
from konv.engine import Position, Program, Training, build
from konv.graph import Graph
from konv.ops.loss import Loss
from konv.ops.record import Array
from konv.train.interrupt import whole
from konv.train.optimizers import Optimizer
from konv.train.samples import Samples

__all__ = ["Result", "Runner"]


@dataclass(frozen=True)
class Result:
    """What a batch gave: `outputs` `(n, …)`, `losses` `(n,)` (empty in prediction), and the first layer that was
    not finite (`nonfinite`, "" where all were)."""

    outputs: Array
    losses: Array
    nonfinite: str


class Runner:
    """Runs a graph of one output: predicts, tests, trains, a batch at a time.

    `variables` are those that training adjusts.

    Arguments: `graph`, the network; `loss`, what is minimised, or None for prediction alone; `optimizer`, what
    minimises it, or None.

    A program's buffers have one user at a time: a lock lets several threads predict with one model.
    """

    def __init__(self, graph: Graph, loss: Loss | None = None, optimizer: Optimizer | None = None) -> None:
        self.graph = graph
        self.loss = loss
        self.optimizer = optimizer
        self.variables = tuple(v for v in graph.variables if v.trainable)
        self._programs: dict[tuple[str, int, bool], Program] = {}
        self._lock = Lock()

    def predict(self, samples: Samples, batch: int) -> Result:
        """Predict one batch of `samples`, at most `batch` of them, which is the program's size."""
        return self._run("predict", batch, samples)

    def test(self, samples: Samples, batch: int) -> Result:
        """Predict one batch of `samples`, at most `batch` of them, and compare with their targets."""
        return self._run("test", batch, samples)

    def train(self, samples: Samples, batch: int, position: Position) -> Result:
        """One step of the optimiser on `samples`, at most `batch` of them, standing at `position` in the run.

        The objective is the mean over the samples of weight · loss. Where something is not finite there is no step.
        """
        n = len(samples)
        weight = np.ones(n) if samples.weight is None else samples.weight
        with whole():
            result = self._run("train", batch, samples, (weight / n).astype(samples.x.dtype), position)
            if self.optimizer is not None and not result.nonfinite:
                self.optimizer.stepped(self.variables)
        return result

    def finish(self) -> None:
        """Do what the optimiser has left for the end of training: weights that are running means."""
        if self.optimizer is not None:
            self.optimizer.finalize_variable_values(self.variables)

    def purpose(self, mode: str) -> tuple[list[Loss], Training | None]:
        """What `konv.engine.build` is told for `mode`, one of `predict`, `test` and `train`: losses and training."""
        losses = [] if mode == "predict" or self.loss is None else [self.loss]
        if mode != "train" or self.optimizer is None:
            return losses, None
        return losses, Training(self.optimizer.update, self.variables, self.optimizer.slots(self.variables))

    def _run(
        self,
        mode: str,
        batch: int,
        samples: Samples,
        weight: Array | None = None,
        position: Position | None = None,
    ) -> Result:
        targets = [] if samples.y is None else [samples.y]
        scalars = () if self.optimizer is None or mode != "train" else self.optimizer.scalars()
        with self._lock:
            program = self._program(mode, batch)
            outcome = program.run([samples.x], targets, [] if weight is None else [weight], scalars, position)
            losses = outcome.losses[0].copy() if outcome.losses else np.empty(0)
            return Result(outcome.outputs[0].copy(), losses, outcome.nonfinite)

    def _program(self, mode: str, batch: int) -> Program:
        """The program of `mode` for up to `batch` samples, built when first asked for."""
        key = mode, batch, config.direct()
        if key not in self._programs:
            self._programs[key] = build(self.graph, batch, *self.purpose(mode))
        return self._programs[key]
