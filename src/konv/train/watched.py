"""What a model watches while it runs: its loss, and the metrics that `compile` was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import Shape
from konv.train.metric import measured
from konv.train.metrics import OWN, Mean, Metric, get

__all__ = ["Watched", "by_output", "leaves"]


class Watched:
    """The losses and the metrics of a model: what `compile` was asked for, made real at the first batch.

    Arguments: `asked`, names, functions and objects, as `compile` takes them: one, a list, or for several outputs a
    list or dictionary with one or a list for each; `shares`, what each output's loss counts in the sum.
    Raises: UnknownNameError, with the nearest names; ConfigurationError for what is no metric.
    """

    def __init__(self, asked: Any = None) -> None:
        for identifier in leaves(asked):
            get(identifier, (), ())  # an unknown name is told now, not after an epoch
        self.asked = asked
        self.loss = Mean("loss")
        self.losses: dict[str, Mean] = {}
        self.metrics: list[tuple[int, str, Metric]] | None = None
        self.added: dict[str, Mean] = {}
        self._shares: tuple[float, ...] = ()
        self._judged: tuple[int, ...] = ()

    def prepare(
        self,
        targets: Sequence[Shape | None],
        outputs: Sequence[Shape],
        names: Sequence[str] = ("output",),
        shares: Mapping[int, float] | None = None,
        model: str = "",
    ) -> None:
        """Choose the metrics, once, and begin from zero.

        Arguments: `targets` and `outputs`, the shapes of one sample's targets (None where there are none) and
        predictions, `names`, all of each output; `shares`, by the outputs' places what each loss counts; `model`, what
        messages call it.
        Raises: ShapeError where one of konv's own does not take such targets: before a weight has been updated;
        ConfigurationError where metrics do not fit the outputs.
        """
        if self.metrics is None:
            several = len(names) > 1
            judged = {0: 1.0} if shares is None else shares
            self._judged, self._shares = tuple(judged), tuple(judged.values())
            self.losses = {f"{names[i]}_loss": Mean() for i in judged} if several else {}
            chosen = []
            for i, asked in enumerate(by_output(self.asked, names, model)):
                target = targets[i]
                for identifier in asked if target is not None else ():
                    metric = get(identifier, target or (), outputs[i])
                    if isinstance(metric, OWN):
                        _try(metric, target or (), outputs[i])
                    chosen.append((i, f"{names[i]}_" if several else "", metric))
            self.metrics = chosen
        self.reset()

    def reset(self) -> None:
        """Begin from zero."""
        for metric in (
            self.loss,
            *self.losses.values(),
            *self.added.values(),
            *(metric for _, _, metric in self.metrics or ()),
        ):
            metric.reset_state()

    def take(
        self,
        losses: Sequence[Array],
        weights: Sequence[Array | None],
        targets: Sequence[Array | None],
        predictions: Sequence[Array],
        added: float = 0.0,
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """Take in a batch: its samples' losses of each output that has one; their weights, targets and predictions of
        every output; what layers and regularisers have `added` to the loss, and `metrics` that layers have added.

        A loss counts each sample's weight, and divides by the number of samples, as Keras does.
        """
        total: Array | float = np.full(len(predictions[0]), added)
        watched: list[Mean | None] = [*self.losses.values()] or [None] * len(self._judged)
        for i, share, values, mean in zip(self._judged, self._shares, losses, watched, strict=True):
            weight = weights[i]
            counted = values if weight is None else values * weight
            if mean is not None:
                mean.update(counted)
            total = counted if len(losses) == 1 and share == 1 and not added else total + counted * share
        self.loss.update(total)
        for name, value in (metrics or {}).items():
            self.added.setdefault(name, Mean(name)).update([value], [len(predictions[0])])
        for i, _, metric in self.metrics or ():
            metric.update_state(targets[i], predictions[i])

    def results(self) -> dict[str, Any]:
        """The values so far, the loss first, then those of the outputs, then the metrics.

        A metric that gives a dictionary is several; one that gives a number for each class is an array.
        """
        found = {"loss": self.loss.result(), **{name: mean.result() for name, mean in self.losses.items()}}
        for _, prefix, metric in self.metrics or ():
            value = metric.result()
            for name, one in value.items() if isinstance(value, Mapping) else ((metric.name, value),):
                found[_free(f"{prefix}{name}", found)] = measured(one)
        for name, mean in self.added.items():
            found[_free(name, found)] = mean.result()
        return found


def leaves(asked: Any) -> Iterator[object]:
    """What is named in a structure of lists and dictionaries by name; a saved form counts as one."""
    if isinstance(asked, Mapping) and "class_name" not in asked:
        asked = list(asked.values())
    if isinstance(asked, (list, tuple)):
        for one in asked:
            yield from leaves(one)
    elif asked is not None:
        yield asked


def by_output(asked: Any, names: Sequence[str], model: str = "") -> list[list[object]]:
    """For each output, called by `names`, the list of what is asked for it.

    A dictionary has outputs by name; a list with an entry for each output is taken in order where there are several
    outputs, as in Keras 3; any other list is for every output, as in Keras 2.
    Raises: ConfigurationError for a name that no output has.
    """
    if isinstance(asked, Mapping) and "class_name" not in asked:
        if wrong := [name for name in asked if name not in names]:
            raise ConfigurationError(
                text("part_names", model=model, part="metrics", received=", ".join(map(str, wrong)),
                     names=", ".join(names))
            )  # fmt: skip
        return [list(leaves(asked.get(name))) for name in names]
    if isinstance(asked, (list, tuple)) and len(names) > 1:
        if len(asked) == len(names):
            return [list(leaves(one)) for one in asked]
        if any(isinstance(one, (list, tuple)) for one in asked):
            raise ConfigurationError(
                text("part_count", model=model, part="metrics", received=len(asked), names=", ".join(names))
            )
    return [list(leaves(asked)) for _ in names]


def _try(metric: Metric, target: Shape, output: Shape) -> None:
    """Judge one sample of zeros."""
    try:
        metric.update_state(np.zeros((1, *target)), np.zeros((1, *output)))
    except ShapeError as error:
        raise ShapeError(f"{metric.name}: {error}") from error


def _free(name: str, taken: Mapping[str, float]) -> str:
    """`name`, with a number where it is taken: two metrics never share a key."""
    number, free = 1, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
