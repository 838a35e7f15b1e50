"""A network with its programs: one for each mode and batch size, compiled when first needed and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from konv import config
from konv.engine import Position, Program, Training, build
from konv.functions.total import Total
from konv.graph import Graph, Variable
from konv.locks import Turns
from konv.ops.loss import Loss
from konv.ops.record import Array
from konv.shapes import Shape
from konv.train.interrupt import whole
from konv.train.objective import Added, Objective, OwnLoss
from konv.train.optimizers import Optimizer
from konv.train.samples import Samples

__all__ = ["Result", "Runner"]


@dataclass(frozen=True)
class Result:
    """What a batch gave: of each output an array `(n, …)`; `losses`, of each output that has one `(n,)` (none in
    prediction); the first layer that was not finite (`nonfinite`, "" where all were); `added`, what layers and
    regularisers add to the loss; and `metrics` that layers added, by name."""

    outputs: tuple[Array, ...]
    losses: tuple[Array, ...]
    nonfinite: str
    added: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict)


class Runner:
    """Runs a network: predicts, tests, trains, a batch at a time.

    `variables` are those that training adjusts.

    Arguments: `graph`, the network; `losses`, what is minimised of each output, or None; none at all for prediction
    alone; `optimizer`, what minimises their sum, or None; `shares`, what each output's loss counts in it, 1 where
    nothing is said; `added`, what layers add to it and to the metrics; `frozen`, which variables were frozen when the
    model was compiled, by default as they are: so it stays, whatever becomes of them.

    A program's buffers have one user at a time: a lock lets several threads predict with one model.
    """

    def __init__(
        self,
        graph: Graph,
        losses: Sequence[Loss | None] = (),
        optimizer: Optimizer | None = None,
        shares: Sequence[float] = (),
        added: Added = (),
        frozen: Mapping[Variable, bool] | None = None,
    ) -> None:
        self.graph = graph
        self._frozen = {v: (frozen or {}).get(v, v.frozen) for v in graph.variables}
        self.losses = tuple(losses)
        self.optimizer = optimizer
        self.shares = tuple(shares)[: len(self.losses)] or (1.0,) * len(self.losses)
        learned = dict.fromkeys(v for v, frozen_then in self._frozen.items() if not (frozen_then or v.statistic))
        self._penalties = {v: p for v in learned if (p := getattr(v.regularizer, "penalty", None)) is not None}
        own = [("", Total.of(v.regularizer(v))) for v in learned if v.regularizer and v not in self._penalties]
        self._added = [*added, *own]
        heads = [t for name, total in self._added if not name for _, t, _ in total.terms]
        learned.update(dict.fromkeys(v for v in Graph((), heads).variables if v.trainable))
        self.variables = tuple(learned)
        self._bounds = {v: b for v in learned if (b := getattr(v.constraint, "bound", None)) is not None}
        self._objectives: dict[tuple[Shape | None, ...], Objective] = {}
        self._programs: dict[Any, Program] = {}
        self._worth: dict[Variable, tuple[int, float]] = {}
        self._turns = Turns()

    @property
    def outdated(self) -> list[str]:
        """The variables that have been frozen, or thawed, since the model was compiled."""
        return [v.name for v, frozen in self._frozen.items() if v.frozen != frozen]

    def predict(self, samples: Samples, batch: int, position: Position | None = None) -> Result:
        """Predict one batch of `samples`, at most `batch` of them, which is the program's size."""
        with self._turns.now:
            outcome = self._program("predict", batch).run(samples.x, position=position)
            return Result(outcome.outputs, (), outcome.nonfinite)

    def test(self, samples: Samples, batch: int, position: Position | None = None) -> Result:
        """Predict one batch of `samples`, at most `batch` of them, and compare with their targets."""
        return self._run("test", batch, samples, position=position)

    def train(self, samples: Samples, batch: int, position: Position) -> Result:
        """One step of the optimiser on `samples`, at most `batch` of them, standing at `position` in the run.

        The objective is the mean over the samples of weight · loss, summed over the outputs, each counting its share,
        and what layers and regularisers add. Where something is not finite there is no step.
        """
        n, dtype = len(samples), samples.x[0].dtype
        weights = [np.ones(n) if weight is None else weight for weight in samples.weight]
        scaled = [w * s / n for w, s in zip(weights, self.shares, strict=True)]
        with whole():
            result = self._run("train", batch, samples, scaled, position)
            if self.optimizer is not None and not result.nonfinite:
                self._keep_within(dtype)
                self.optimizer.stepped(self.variables)
        return result

    def finish(self) -> None:
        """Do what the optimiser has left for the end of training: weights that are running means."""
        if self.optimizer is not None:
            self.optimizer.finalize_variable_values(self.variables)

    def purpose(self, mode: str) -> tuple[list[Loss | None], Training | None]:
        """What `konv.engine.build` is told for `mode`, one of `predict`, `test` and `train`: losses and training; of a
        network with built-in losses alone."""
        losses = [] if mode == "predict" else list(self.losses)
        return losses, self._training(mode)

    def _training(self, mode: str) -> Training | None:
        if mode != "train" or self.optimizer is None:
            return None
        update, slots = self.optimizer.update, self.optimizer.slots(self.variables)
        return Training(update, self.variables, slots, penalties=self._penalties, bounds=self._bounds)

    def _keep_within(self, dtype: Any) -> None:
        """Apply constraints of one's own, for which there are no kernels."""
        for variable in self.variables:
            if variable.constraint is not None and variable not in self._bounds:
                variable.assign(np.asarray(variable.constraint(variable.value.copy()), dtype))

    def _run(
        self,
        mode: str,
        batch: int,
        samples: Samples,
        weights: Sequence[Array] = (),
        position: Position | None = None,
    ) -> Result:
        scalars = () if self.optimizer is None or mode != "train" else self.optimizer.scalars()
        n, dtype = len(samples), samples.x[0].dtype
        with self._turns.now:
            goal = self._objective(samples)
            program = self._program(mode, batch, goal)
            counts = [w.astype(dtype) for w in goal.weights(weights, n)] if mode == "train" else []
            asks = mode == "train" and config.engine() == "reference"  # at each step what is frozen
            with _as_compiled(self._frozen if asks else {}):
                outcome = program.run(
                    goal.inputs(samples.x, samples.y), goal.targets(samples.y, n), counts, scalars, position
                )
            read = goal.read(outcome.losses, n)
            penalty = outcome.penalty if mode == "train" else self._penalty()
            return Result(
                outcome.outputs[: goal.outputs], read.losses, outcome.nonfinite, read.added + penalty, read.metrics
            )

    def _penalty(self) -> float:
        """What the weights add to the loss as they are; of each counted once while it stays the same."""
        for variable, penalty in self._penalties.items():
            if self._worth.get(variable, (-1, 0.0))[0] != variable.version:
                self._worth[variable] = variable.version, penalty.value(variable.value)
        return sum(value for _, value in self._worth.values())

    def _objective(self, samples: Samples) -> Objective:
        """The network with all that is minimised, for targets of these shapes."""
        own = [isinstance(loss, OwnLoss) for loss in self.losses]
        shapes = tuple(y.shape[1:] if y is not None and own[i] else None for i, y in enumerate(samples.y))
        if shapes not in self._objectives:
            self._objectives[shapes] = Objective(self.graph, self.losses, self._added, shapes)
        return self._objectives[shapes]

    def _program(self, mode: str, batch: int, goal: Objective | None = None) -> Program:
        """The program of `mode` for up to `batch` samples, built when first asked for."""
        key = mode, batch, config.direct(), None if goal is None else id(goal)
        if key not in self._programs:
            graph, losses = (self.graph, []) if goal is None else (goal.graph, goal.losses)
            with _as_compiled(self._frozen):
                self._programs[key] = build(graph, batch, losses, self._training(mode))
        return self._programs[key]


@contextmanager
def _as_compiled(frozen: Mapping[Variable, bool]) -> Iterator[None]:
    """For a while, as a program is built, variables are frozen as they were when the model was compiled."""
    now = {v: v.frozen for v in frozen}
    try:
        for variable, value in frozen.items():
            variable.frozen = value
        yield
    finally:
        for variable, value in now.items():
            variable.frozen = value
