"""What is minimised besides the built-in losses of outputs: losses of one's own, what layers add, penalties of weights.

All of it is made of numbers of the network itself: the graph is given more outputs, *heads*, each with one number a
sample, and targets of losses of one's own become inputs. Both engines so compute and differentiate them as they do
everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from konv import config
from konv.errors import ConfigurationError, GraphError, KonvError, LabelError
from konv.functions import reshape
from konv.functions.base import lead
from konv.functions.reduction import mean
from konv.functions.total import Total
from konv.graph import Graph, Node, Tensor
from konv.messages import text
from konv.ops.loss import Loss
from konv.ops.objective import Sum
from konv.ops.record import Array
from konv.ops.source import Input as Source
from konv.shapes import Shape

__all__ = ["Added", "Objective", "OwnLoss", "Read"]

Added = Sequence[tuple[str, Total]]
"""What is added to the loss (under the name "") and to the metrics (under theirs)."""


@dataclass(frozen=True)
class OwnLoss(Loss):
    """A loss of one's own: a function of targets and predictions, `f(y_true, y_pred)`, written in `konv.ops`.

    It gives one number a sample, or several, whose mean counts; or one for the whole batch, as what is made of means
    and sums over all axes. The compiled kernels compute it, and its gradient.

    Shapes: targets (N, …), as they are given, (N,) for predictions (N, 1) made such; predictions (N, …).
    """

    name: ClassVar[str] = "own_loss"
    function: Callable[..., Any] = field(kw_only=True)

    def check(self, target: Array, output: Shape) -> Array:
        """`target` as floats, of any shape. Raises: LabelError for what is no numbers."""
        found = np.asarray(target)
        if found.dtype.kind not in "biuf" or found.ndim < 1:
            received = f"{found.dtype}, {found.ndim} axes"
            raise LabelError(text("target_not_numbers", loss=self.called, received=received))
        if len(output) and output[-1] == 1 and found.shape[1:] == output[:-1]:
            found = found[..., None]
        return found.astype(config.floatx(), copy=False)

    def forward(self, target: Array, prediction: Array) -> Array:
        """The loss of each sample, of arrays."""
        values = np.asarray(self.function(target, prediction), prediction.dtype)
        if values.ndim == 0:
            return np.full(len(prediction), values)
        return np.asarray(values.reshape(len(values), -1).mean(1))

    @property
    def called(self) -> str:
        """What messages call it: the function's name."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def traced(self, target: Tensor, prediction: Tensor) -> Total:
        """The loss in the network. Raises: ConfigurationError for a function that is not written in `konv.ops`."""
        try:
            made = self.function(target, prediction)
            if isinstance(made, Tensor):
                own = tuple(range(lead(made), len(made.shape) + lead(made)))
                return Total(((1.0, mean(made, own) if own else made, 1),))
            return Total.of(made)
        except (KonvError, TypeError, AttributeError, ValueError) as error:
            raise ConfigurationError(text("loss_not_traced", loss=self.called, error=error)) from error


@dataclass(frozen=True)
class _Head:
    """A head's numbers v: `factor` · Σ v / n^`power`, part of the loss of output `of` (None: of what is added, or, with
    a `metric`, of that)."""

    factor: float
    power: int
    of: int | None = None
    metric: str = ""


@dataclass(frozen=True)
class Read:
    """What a batch's losses are: of each output that has one `(n,)`; what is added to their sum; metrics by name."""

    losses: tuple[Array, ...]
    added: float
    metrics: dict[str, float]


class Objective:
    """A network's graph with heads for all that is minimised: `graph`, and `losses` of its outputs.

    Arguments: `graph`, the network; `losses`, of each output, or None; `added`, what layers add; `targets`, the shape
    of a sample's targets for each output.
    Raises: ConfigurationError for a loss that cannot be traced; GraphError where something added is of another network.
    """

    def __init__(
        self, graph: Graph, losses: Sequence[Loss | None], added: Added, targets: Sequence[Shape | None]
    ) -> None:
        self.outputs = len(graph.outputs)
        self._losses = tuple(losses)
        self._constants: dict[int | None, float] = {}
        self._heads: list[_Head] = []
        tensors: list[Tensor] = []
        sources: dict[int, Tensor] = {}

        def put(total: Total, of: int | None = None, metric: str = "") -> None:
            if not metric:
                self._constants[of] = self._constants.get(of, 0.0) + total.constant
            for factor, tensor, power in total.terms:
                tensors.append(reshape(tensor, (-1, 1) if lead(tensor) else (1,)))
                self._heads.append(_Head(factor, power, of, metric))

        for i, (loss, tensor) in enumerate(zip(losses, graph.outputs, strict=bool(losses))):
            if isinstance(loss, OwnLoss):
                sources[i] = Node.apply(Source(targets[i] or ()), (), (), f"target {i}", tensor.dtype)
                put(loss.traced(sources[i], tensor), i)
        for name, total in added:
            put(total, None, name)
        used = {id(node) for node in Graph((), tensors).nodes}
        self._targets = [i for i, source in sources.items() if id(source.node) in used]
        inputs = (*graph.inputs, *(sources[i] for i in self._targets))
        self.graph = Graph(inputs, (*graph.outputs, *tensors)) if tensors else graph
        known = {id(t.node) for t in inputs}
        for node in self.graph.nodes:
            if isinstance(node.op, Source) and id(node) not in known:
                raise GraphError(text("added_of_other_network", name=node.layer))
        plain = [None if isinstance(loss, OwnLoss) else loss for loss in losses]
        if tensors and not plain:
            plain = [None] * self.outputs
        self.losses: list[Loss | None] = [*plain, *[Sum()] * len(tensors)]

    def inputs(self, x: Sequence[Array], y: Sequence[Array | None]) -> list[Array]:
        """What the graph reads: the network's inputs, and targets of losses of one's own."""
        return [*x, *(np.asarray(y[i]) for i in self._targets)]

    def targets(self, y: Sequence[Array | None], n: int) -> list[Array]:
        """The targets of the built-in losses, and places for those that heads do not read."""
        plain = [y[i] for i, loss in enumerate(self.losses[: self.outputs]) if loss is not None]
        return [*(t for t in plain if t is not None), *[np.zeros((n, 1), np.float32)] * len(self._heads)]

    def weights(self, shares: Sequence[Array], n: int) -> list[Array]:
        """What each loss of the graph is multiplied by: `shares` are, of each output, weight · share / n."""
        plain = [shares[i] for i, loss in enumerate(self.losses[: self.outputs]) if loss is not None]
        heads = []
        for head in self._heads:
            if head.metric:
                heads.append(np.zeros(n))
            elif head.of is None:
                heads.append(np.full(n, head.factor / float(n) ** head.power))
            else:
                heads.append(shares[head.of] * (head.factor * float(n) ** (1 - head.power)))
        return [*plain, *heads]

    def read(self, losses: Sequence[Array], n: int) -> Read:
        """What the graph's `losses` for `n` samples say."""
        count = sum(loss is not None for loss in self.losses[: self.outputs])
        plain, values = iter(losses[:count]), losses[count:]
        own: dict[int, Array] = {}
        added = self._constants.get(None, 0.0)
        metrics: dict[str, float] = {}
        for head, v in zip(self._heads, values, strict=True):
            if head.of is not None:
                own[head.of] = own.get(head.of, 0.0) + head.factor * float(n) ** (1 - head.power) * v
                continue
            total = head.factor * float(v.sum(dtype="float64")) / float(n) ** head.power
            if head.metric:
                metrics[head.metric] = metrics.get(head.metric, 0.0) + total
            else:
                added += total
        found = []
        for i, loss in enumerate(self._losses):
            if isinstance(loss, OwnLoss):
                found.append(own.get(i, np.zeros(n)) + self._constants.get(i, 0.0))
            elif loss is not None:
                found.append(next(plain))
        return Read(tuple(found), added, metrics)
