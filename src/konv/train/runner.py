"""A network with its programs: one for each mode and batch size, compiled when first needed and kept."""

from __future__ import annotations

from collections.abc import Sequence
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
    """What a batch gave: of each output an array `(n, …)`; `losses`, of each output that has one `(n,)` (none in
    prediction); and the first layer that was not finite (`nonfinite`, "" where all were)."""

    outputs: tuple[Array, ...]
    losses: tuple[Array, ...]
    nonfinite: str


class Runner:
    """Runs a network: predicts, tests, trains, a batch at a time.

    `variables` are those that training adjusts.

    Arguments: `graph`, the network; `losses`, what is minimised of each output, or None; none at all for prediction
    alone; `optimizer`, what minimises their sum, or None; `shares`, what each output's loss counts in it, 1 where
    nothing is said.

    A program's buffers have one user at a time: a lock lets several threads predict with one model.
    """

    def __init__(
        self,
        graph: Graph,
        losses: Sequence[Loss | None] = (),
        optimizer: Optimizer | None = None,
        shares: Sequence[float] = (),
    ) -> None:
        self.graph = graph
        self.losses = tuple(losses)
        self.optimizer = optimizer
        self.shares = tuple(shares) or (1.0,) * len(self.losses)
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

        The objective is the mean over the samples of weight · loss, summed over the outputs, each counting its share.
        Where something is not finite there is no step.
        """
        n, dtype = len(samples), samples.x[0].dtype
        weights = [np.ones(n) if weight is None else weight for weight in samples.weight]
        scaled = [(w * s / n).astype(dtype) for w, s in zip(weights, self.shares, strict=True)]
        with whole():
            result = self._run("train", batch, samples, scaled, position)
            if self.optimizer is not None and not result.nonfinite:
                self.optimizer.stepped(self.variables)
        return result

    def finish(self) -> None:
        """Do what the optimiser has left for the end of training: weights that are running means."""
        if self.optimizer is not None:
            self.optimizer.finalize_variable_values(self.variables)

    def purpose(self, mode: str) -> tuple[list[Loss | None], Training | None]:
        """What `konv.engine.build` is told for `mode`, one of `predict`, `test` and `train`: losses and training."""
        losses = [] if mode == "predict" else list(self.losses)
        if mode != "train" or self.optimizer is None:
            return losses, None
        return losses, Training(self.optimizer.update, self.variables, self.optimizer.slots(self.variables))

    def _run(
        self,
        mode: str,
        batch: int,
        samples: Samples,
        weights: Sequence[Array] = (),
        position: Position | None = None,
    ) -> Result:
        judged = [i for i, loss in enumerate(self.losses) if loss is not None] if mode != "predict" else []
        targets = [y for i in judged if (y := samples.y[i]) is not None]
        scalars = () if self.optimizer is None or mode != "train" else self.optimizer.scalars()
        with self._lock:
            program = self._program(mode, batch)
            counts = [weights[i] for i in judged] if weights else []
            outcome = program.run(samples.x, targets, counts, scalars, position)
            outputs, losses = (tuple(a.copy() for a in part) for part in (outcome.outputs, outcome.losses))
            return Result(outputs, losses, outcome.nonfinite)

    def _program(self, mode: str, batch: int) -> Program:
        """The program of `mode` for up to `batch` samples, built when first asked for."""
        key = mode, batch, config.direct()
        if key not in self._programs:
            self._programs[key] = build(self.graph, batch, *self.purpose(mode))
        return self._programs[key]
