"""What the engines offer to everyone above them: a network bound to a batch size, ready to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from konv.graph import Tensor, Variable
from konv.ops.keeping import Bound, Penalty
from konv.ops.record import Array
from konv.ops.update import Update

__all__ = ["Outcome", "Position", "Program", "Training", "still"]


@dataclass(frozen=True)
class Training:
    """What a training program needs beyond the graph.

    `slots[i]` are the state arrays of `variables[i]` (aligned, owned by the optimiser, updated in place). `inputs`:
    those of the graph's inputs whose gradients are wanted too. `penalties` and `bounds`: of some of the variables what
    is added to the objective, and what they are kept within after each step.
    """

    update: Update
    variables: tuple[Variable, ...]
    slots: tuple[tuple[Array, ...], ...]
    inputs: tuple[Tensor, ...] = ()
    penalties: Mapping[Variable, Penalty] = field(default_factory=dict)
    bounds: Mapping[Variable, Bound] = field(default_factory=dict)


@dataclass(frozen=True)
class Position:
    """Where in a training run a batch stands: the key of every random number drawn for it."""

    seed: int
    epoch: int
    samples: Array
    """int64 `(n,)`: the number of each sample in its data set, so that a mask follows its sample, not its place."""


def still(n: int) -> Position:
    """The position of `n` samples that are not trained on, where nothing else is said: the same each time."""
    return Position(0, 2**32 - 1, np.arange(n))


@dataclass(frozen=True)
class Outcome:
    """What a run gave: `outputs` (one array `(n, …)` a graph output, the caller's own), `losses` (one array `(n,)` a
    loss, each sample's own loss before weighting), and `nonfinite`: the name of the
    first layer whose output is not finite ("" if all are finite; "input" if the input already is not). Where it is
    set, no weight has been updated. The native engine looks at inputs, outputs, losses and gradients: an infinity that
    a later layer makes harmless (a sigmoid's 1) is told by the reference engine alone; and in prediction at inputs only
    where an output is not finite, for who predicts has looked at them. `penalty`: that of the weights, as they were
    before the step."""

    outputs: tuple[Array, ...]
    losses: tuple[Array, ...] = ()
    nonfinite: str = ""
    penalty: float = 0.0


class Program(Protocol):
    """A graph bound to a batch size (at most `batch` samples a run)."""

    batch: int

    def run(
        self,
        inputs: Sequence[Array],
        targets: Sequence[Array] = (),
        weights: Sequence[Array] = (),
        scalars: tuple[float, ...] = (),
        position: Position | None = None,
    ) -> Outcome:
        """Run one batch of n ≤ `batch` samples.

        `inputs`: one array `(n, …)` for each graph input. `targets`: for each loss, in the form `Loss.check` gives.
        `weights`: for each loss `(n,)`, what each sample's loss is multiplied by before summing; the objective is
        `sum over losses and samples of weight · loss`, so the caller divides by n. `scalars`: of the update rule.
        """
        ...

    def input_gradients(self) -> tuple[Array, ...]:
        """The gradients of `Training.inputs` in the last run, `(n, …)` each, copied."""
        ...

    def gradients(self) -> tuple[Array, ...]:
        """The gradients of `Training.variables` in the last run, copied; for tests and explanations."""
        ...
