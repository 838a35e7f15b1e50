"""What a model's own steps call: losses and metrics as `compile` was told of them, and Keras's own steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from konv.compat.live import Live
from konv.compat.metrics import Mean
from konv.compat.steps import unpacked
from konv.compat.tape import GradientTape
from konv.compat.values import valued
from konv.functions import Total
from konv.layers import Layer
from konv.layers.uses import layers_in
from konv.train import metrics as known
from konv.train.metric import Metric
from konv.train.watched import leaves

__all__ = ["OWN_STEPS", "Stepping"]

OWN_STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics")
"""What classes of a script redefine of `fit`."""


class Chosen(Metric):
    """A metric as `compile` was asked for it, made when it sees its first batch. Arguments: `asked`."""

    def __init__(self, asked: Any) -> None:
        own = asked if isinstance(asked, str) else getattr(asked, "name", None) or getattr(asked, "__name__", None)
        super().__init__(own)
        self.asked = asked
        self.metric: Metric | None = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; see `Metric.update_state`."""
        y, p = np.asarray(y_true), np.asarray(y_pred)
        if self.metric is None:
            self.metric = known.get(self.asked, y.shape[1:], p.shape[1:])
        self.metric.update_state(y, p, sample_weight)

    def result(self) -> Any:
        """The value so far."""
        return valued(np.float32(0 if self.metric is None else self.metric.result()))

    def reset_state(self) -> None:
        """Forget what was taken in."""
        if self.metric is not None:
            self.metric.reset_state()


class Compiled:
    """`model.compiled_metrics`: the metrics that `compile` was asked for, together. Arguments: `model`."""

    def __init__(self, model: Any) -> None:
        self.model = model

    @property
    def metrics(self) -> list[Metric]:
        """Them, one by one."""
        return list(self.model.chosen_metrics)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take a batch in; the loss that was worked out last is taken in too."""
        self.model.settle_loss()
        for metric in self.metrics:
            metric.update_state(y_true, y_pred, sample_weight)

    def __iter__(self) -> Any:
        return iter(self.metrics)


class Stepping:
    """The part of a model that steps of a script's own call."""

    optimizer: Any
    loss: Any
    trainable_weights: Any
    losses: Any

    @property
    def own_steps(self) -> list[str]:
        """Which of Keras's steps its class redefines."""
        return [name for name in OWN_STEPS if getattr(type(self), name) is not getattr(Stepping, name)]

    @property
    def stepped(self) -> bool:
        """Whether it is a class of a script's own that is nothing but its layers and its steps."""
        return bool(self.own_steps) and vars(self).get("_network") is None and not hasattr(self, "_layers")

    @property
    def subclassed(self) -> bool:
        """Whether it is no network between tensors: a class with a `call`, or one with steps alone."""
        handed: Any = super()
        return bool(handed.subclassed) or self.stepped

    def sublayers(self) -> dict[str, Layer]:
        """See `konv.layers.Layer`; of a class with steps alone too."""
        handed: Any = super()
        found: dict[str, Layer] = handed.sublayers()
        if found or not self.stepped:
            return found
        return dict(layers_in(vars(self), Layer))

    # Losses and metrics

    @property
    def chosen_metrics(self) -> list[Chosen]:
        """The metrics that `compile` was asked for."""
        asked = getattr(self, "asked_metrics", None)
        held: tuple[Any, list[Chosen]] | None = vars(self).get("_chosen")
        if held is None or held[0] is not asked:
            held = asked, [Chosen(one) for one in leaves(asked)]
            vars(self)["_chosen"] = held
        return held[1]

    @property
    def loss_tracker_(self) -> Mean:
        """The mean of the losses of this epoch."""
        found: Mean = vars(self).setdefault("_loss_mean", Mean("loss"))
        return found

    @property
    def metrics(self) -> list[Metric]:
        """The mean loss, metrics held as attributes, and those that `compile` was asked for."""
        own = [one for name, one in vars(self).items() if isinstance(one, Metric) and not name.startswith("_")]
        return [*([] if self.loss is None else [self.loss_tracker_]), *own, *self.chosen_metrics]

    @property
    def compiled_metrics(self) -> Any:
        """The metrics that `compile` was asked for, to be updated together."""
        return Compiled(self)

    def compiled_loss(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None
    ) -> Any:
        """The loss that `compile` was given, of targets and predictions, with `regularization_losses` added."""
        found: Any = 0.0
        given: list[Any] = list(leaves(self.loss))
        targets, predictions = list(leaves(y_true)), list(leaves(y_pred))
        if len(given) == 1:
            given *= len(predictions)
        for loss, y, p in zip(given, targets, predictions, strict=True):
            found = found + (loss(y, p) if sample_weight is None else loss(y, p, sample_weight))
        for more in regularization_losses or ():
            found = found + more
        vars(self)["_last_loss"] = found
        return found

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss to be minimised: `compile`'s, and what layers and regularisers add."""
        return self.compiled_loss(y, y_pred, sample_weight, self.losses)

    def settle_loss(self) -> None:
        """Take the loss that was worked out last into its mean, once."""
        last = vars(self).pop("_last_loss", None)
        if last is not None:
            self.loss_tracker_.update_state(float(last) if isinstance(last, Total) else last)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Take a batch into the metrics, and give all their values by name."""
        self.compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The values of all metrics by name."""
        self.settle_loss()
        found: dict[str, Any] = {}
        for metric in self.metrics:
            value = metric.result()
            found.update(value if isinstance(value, Mapping) else {metric.name: value})
        return found

    def reset_metrics(self) -> None:
        """Begin to measure anew."""
        vars(self).pop("_last_loss", None)
        for metric in self.metrics:
            metric.reset_state()

    # Keras's own steps

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training on `data`, as Keras takes it where a class redefines other steps alone."""
        x, y, weight = unpacked(data)
        me: Any = self
        with GradientTape() as tape:
            found = me(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=found, sample_weight=weight)
        weights = list(self.trainable_weights)
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        vars(self)["_last_loss"] = loss
        return self.compute_metrics(x, y, found, weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of an evaluation on `data`."""
        x, y, weight = unpacked(data)
        me: Any = self
        found = me(x, training=False)
        vars(self)["_last_loss"] = self.compute_loss(x=x, y=y, y_pred=found, sample_weight=weight)
        return self.compute_metrics(x, y, found, weight)

    def predict_step(self, data: Any) -> Any:
        """The predictions for `data`."""
        me: Any = self
        found = me(unpacked(data)[0], training=False)
        return found.values() if isinstance(found, Live) else found
