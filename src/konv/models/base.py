"""What every model is: a network with the verbs of Keras bound to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from konv import random
from konv.arguments import at_least_zero, count
from konv.engine import Position
from konv.errors import ConfigurationError, warn
from konv.explain.live import watcher
from konv.functions.total import Total
from konv.graph import Tensor, Variable
from konv.io.atomic import write_bytes
from konv.messages import text
from konv.models import feeding
from konv.models.architecture import KINDS, rebuilt
from konv.models.feeding import Wanted
from konv.models.kept import Kept
from konv.models.parts import arranged, each, mapped
from konv.models.structure import Structure
from konv.ops.loss import Loss
from konv.ops.record import Array
from konv.train import loop, losses, optimizers
from konv.train.callbacks import Callback, CallbackList, History, Logs
from konv.train.feeds import Feed
from konv.train.finder import LearningRateFinder
from konv.train.loop import Plan
from konv.train.optimizers import Optimizer
from konv.train.runner import Runner
from konv.train.samples import Samples, checked, weighted
from konv.train.watched import Watched, leaves

__all__ = ["Model"]

BATCH = 32


class Model(Kept, Structure):
    """A network between `inputs` and `outputs`, and what is done with it; the base of all models.

    Arguments: `inputs`, `outputs`, symbolic tensors: one, a list, or a dictionary by name; `name`, what messages and
    files call it, by default the class's name and a number; `trainable`, False for a model whose weights stay.

    Attributes: `optimizer`, `loss`: what `compile` was given, or None; `history`, that of the last `fit`; `seed`, of
    every random number in training, the process's when the model was compiled; `epochs_trained` since then;
    `stop_training`, set by callbacks; `class_names` (or None) and `preprocessing` (a dictionary fit for JSON), kept in
    the model's file for whoever predicts with it.
    Raises: GraphError where inputs and outputs are no network.
    Example: `x = Input((8,)); Model(x, Dense(2)(x))`.
    """

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, trainable: bool = True
    ) -> None:
        super().__init__(inputs, outputs, name, trainable)
        self.optimizer: Optimizer | None = None
        self.loss: Any = None
        self.loss_weights: Any = None
        self.history: History | None = None
        self.seed = 0
        self.epochs_trained = 0
        self.stop_training = False
        self.next_epoch = 0
        self.class_names: list[str] | None = None
        self.preprocessing: dict[str, Any] = {}
        self._watched = Watched()
        self._runner: Runner | None = None
        self._frozen: dict[Variable, bool] = {}

    # Training and using it

    def compile(
        self, optimizer: object = "rmsprop", loss: Any = None, metrics: Any = None, loss_weights: Any = None
    ) -> None:
        """Choose how to train; the process's seed (`konv.utils.set_random_seed`) becomes the training's, and which
        weights are trained stays as it is now, until the next `compile`, whatever becomes of `trainable` meanwhile.

        Arguments: `optimizer`, `loss`: names or objects of `konv.optimizers`, `konv.losses`; `metrics`: one or a list
        of names, functions `(y_true, y_pred)` and objects of `konv.metrics`; `"accuracy"` is chosen by the loss's
        targets and the output, as in Keras; `loss_weights`, what each loss counts in the sum that is minimised. Of a
        model with several outputs, `loss`, `metrics` and `loss_weights` are lists in order, or dictionaries by
        `output_names`, with an entry for each; one loss is every output's.
        Raises: UnknownNameError, with the nearest names; ConfigurationError for what cannot be used.
        """
        self.optimizer = optimizers.get(optimizer)
        self.loss = mapped(losses.get, loss)
        self.loss_weights = mapped(lambda share: at_least_zero(share, "loss_weights"), loss_weights)
        self._watched = Watched(metrics)
        self._runner = None
        self._frozen = {v: v.frozen for v in self.weights} if self.built else {}
        self.seed = random.seed()
        self.epochs_trained = 0

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
    ) -> History:
        """Train on arrays, or on batches as they are made.

        Arguments: `x`, `(n, …)`, and `y`, a target each (of several inputs or outputs a list, or a dictionary by
        name); or `x` alone: a generator, a `Sequence` or any iterable of
        batches `(x, y)` or `(x, y, sample_weight)`, made ahead by `workers` threads (`max_queue_size` and
        `use_multiprocessing`, of Keras 2, make no difference), `steps_per_epoch` of them an epoch. `batch_size`,
        samples a step (32); `epochs`, the number of the epoch to stop before, counted from `initial_epoch`; `verbose`,
        1 or `"auto"` for a bar, 2 for a line an epoch, 0 for nothing; `callbacks`; `validation_split`, the share of
        samples taken from the end, before shuffling, to validate on, or `validation_data`, `(x, y)`, `(x, y,
        sample_weight)` or batches, `validation_steps` of them; `shuffle`, whether each epoch has an order of its own;
        `class_weight`, what samples count by their class's number, `sample_weight`, `(n,)`, each by itself;
        `validation_batch_size` (default `batch_size`); `validation_freq`, validate after every so many epochs.
        Returns: the `History`: loss and metrics of each epoch, means over its samples.
        Raises: DataError, ShapeError, LabelError where the data do not fit; NonFiniteError where something becomes
        NaN or infinite: training stops at that batch, the weights are the last good ones; ConfigurationError. Gives a
        DataWarning for images that look unscaled, and for targets of one class only, a KonvWarning where `trainable`
        has changed since `compile`.
        """
        wanted = Wanted(self._batch_size(batch_size), steps_per_epoch, bool(shuffle), class_weight, workers)
        size = self._batch_size(validation_batch_size or batch_size)
        watching = Wanted(size, validation_steps, workers=workers)
        given = x, y, sample_weight
        training, validation = feeding.of_training(self, given, validation_data, validation_split, wanted, watching)
        plan = Plan(
            epochs=count(epochs, "epochs", self.name),
            initial_epoch=count(initial_epoch, "initial_epoch", self.name, least=0),
            validation_freq=count(validation_freq, "validation_freq", self.name),
        )
        self.history = History()
        heard = self._callbacks(
            [*(callbacks or ()), self.history, *watcher(verbose)], training, plan.epochs, validation is not None
        )
        if outdated := self.runner.outdated:
            warn(text("not_compiled_since", model=self.name, name=outdated[0]))
        loop.fit(self, self.runner, self._watched, training, validation, plan, heard)
        return self.history

    def find_learning_rate(
        self, x: Any, y: Any = None, batch_size: int | None = None, plot: str | Path | None = None, **options: Any
    ) -> LearningRateFinder:
        """Train for a moment with a learning rate that grows, and see where the loss falls fastest; nothing is kept.

        Arguments: `x`, `y`, `batch_size` as of `fit`; `plot`, a file for the picture (PNG) of loss against rate;
        `options`: `start`, `end`, `steps`, `worse`, see `konv.callbacks.LearningRateFinder`.
        Returns: the finder; its `suggestion` is the rate. Raises: as `fit`.
        Example: `model.optimizer.learning_rate = model.find_learning_rate(x, y, plot="rates.png").suggestion`.
        """
        finder, history = LearningRateFinder(**options), self.history
        self.fit(x, y, batch_size=batch_size, epochs=finder.steps, verbose=0, callbacks=[finder])
        self.history = history
        if plot is not None:
            from konv.explain.pictures import learning_rates

            picture = learning_rates(finder.rates, finder.losses, finder.smoothed, finder.suggestion)
            write_bytes(Path(plot).expanduser(), picture)
        return finder

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """The loss and the metrics on arrays, or on batches as they are made.

        Arguments: `x`, `y`, `sample_weight`, `verbose`, `callbacks` as of `fit`; `batch_size`, samples at once (32);
        `steps`, batches of a generator; `return_dict`, whether to name the values.
        Returns: the loss, or a list of it and the metrics, or a dictionary. Raises: as `fit`.
        """
        feed = feeding.of_evaluation(self, (x, y, sample_weight), Wanted(self._batch_size(batch_size), steps))
        heard = self._callbacks([*(callbacks or ()), *watcher(verbose, "evaluate")], feed)
        return _values(loop.evaluate(self.runner, self._watched, feed, heard), return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Sequence[Callback] | None = None,
    ) -> Any:
        """The outputs for the arrays `x`, `(n, …)`, or for batches as they are made; safe to call from several threads.

        Arguments: `batch_size`, samples at once (32); `steps`, batches of a generator; `verbose`, `callbacks` as of
        `fit`. Raises: ShapeError, DataError where `x` does not fit; NonFiniteError where an output is not finite.
        """
        feed = feeding.of_prediction(self, x, Wanted(self._batch_size(batch_size), steps))
        heard = self._callbacks([*(callbacks or ()), *watcher(verbose, "predict")], feed)
        return self.form("outputs").given_as(loop.predict(self.runner, feed, heard))

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch `x`; safe to call from several threads. Raises: as `predict`."""
        samples = self.unlabelled(x)
        return self.form("outputs").given_as(loop.predict_one(self.runner, samples, len(samples)))

    def __call__(self, inputs: Any, *, training: bool | None = None) -> Any:
        """Add this model to a network as a layer, or predict one batch.

        Arguments: `inputs`, symbolic tensors, or arrays; `training`, False for a model that behaves as in prediction
        even while the network it is part of is trained.
        Returns: symbolic tensors, or arrays. Raises: as `Layer` and `predict`.
        """
        if any(isinstance(t, Tensor) for t in leaves(inputs)):
            return super().__call__(inputs, training=training)
        if training:
            raise ConfigurationError(text("always_training", layer=self.name))
        return self.predict_on_batch(inputs)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """One step of the optimiser on one batch.

        Arguments: `x`, `y`, `sample_weight`, `class_weight`, `return_dict` as of `fit` and `evaluate`.
        Returns: this batch's loss and metrics, from before the step, as of `evaluate`. Raises: as `fit`.
        """
        samples = weighted(self.samples(x, y, sample_weight), class_weight)
        self.watch(samples)
        n, turn = len(samples), 0 if self.optimizer is None else self.optimizer.iterations
        result = self.runner.train(samples, n, Position(self.seed, turn, np.arange(n)))
        return _values(loop.one_batch(self._watched, result, samples, training=True), return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | dict[str, float]:
        """The loss and the metrics of one batch.

        Arguments: `x`, `y`, `sample_weight`, `return_dict` as of `evaluate`. Returns and raises as `evaluate`.
        """
        samples = self.samples(x, y, sample_weight)
        self.watch(samples)
        result = self.runner.test(samples, len(samples))
        return _values(loop.one_batch(self._watched, result, samples), return_dict)

    @property
    def asked_metrics(self) -> Any:
        """The metrics in the form `compile` was given them: one, a list, or for several outputs one an output."""
        return self._watched.asked

    @property
    def metrics_names(self) -> list[str]:
        """The names of the values that `evaluate` gives, in its order."""
        return list(self._watched.results())

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
        weights: Mapping[str, Array] | None = None,
    ) -> Model:
        """A new model from what `get_config` gave.

        Arguments: `config`, that; `custom_objects`, layer classes of your own by name; `weights`, arrays by the names
        of `named_weights`, to be used in place of initial ones.
        Raises: UnknownNameError for a layer there is not; GraphError where layers wait for each other; ShapeError where
        a weight is missing or of another shape.
        """
        inputs, outputs = rebuilt(config, custom_objects or {}, weights)
        return cls(inputs, outputs, name=config["name"], trainable=config.get("trainable", True))

    # Between these verbs and the rooms that do the work

    def samples(self, x: Any, y: Any = None, sample_weight: Any = None) -> Samples:
        """Arrays as samples to train or test on, checked; a model that waits for data is built for them.

        Arguments: `x`, `y`, `sample_weight` as of `fit`. Raises: as `fit`; ConfigurationError without a loss.
        """
        self.build_for(x)
        if self.loss is None and (self.optimizer is None or not self.added):
            raise ConfigurationError(text("not_compiled" if self.optimizer is None else "no_loss", model=self.name))
        names = self.output_names
        targets = (None,) * len(names) if y is None else arranged(y, names, "y", self.name)
        shared = len(names) == 1 or sample_weight is None or isinstance(sample_weight, np.ndarray)
        weights = (sample_weight,) * len(names) if shared else each(sample_weight, names, "sample_weight", self.name)
        called = self.input_names
        return checked(arranged(x, called, "x", self.name), targets, weights, graph=self.graph,
                       losses=self.output_losses(), names=called, model=self.name)  # fmt: skip

    def unlabelled(self, x: Any) -> Samples:
        """Arrays `x` as samples to predict for, checked. Raises: as `predict`."""
        self.build_for(x)
        if isinstance(x, np.ndarray) and len(self.graph.inputs) == 1:  # nobody need ask what it is called
            return checked((x,), graph=self.graph)
        called = self.input_names
        return checked(arranged(x, called, "x", self.name), graph=self.graph, names=called)

    def output_losses(self) -> tuple[Loss | None, ...]:
        """The loss of each output. Raises: ConfigurationError where they do not fit the outputs."""
        return () if self.loss is None else each(self.loss, self.output_names, "loss", self.name)

    def _shares(self) -> tuple[float, ...]:
        """What the loss of each output counts."""
        given = each(self.loss_weights, self.output_names, "loss_weights", self.name)
        return tuple(1.0 if share is None else share for share in given)

    def build_for(self, x: Any) -> None:
        """Let a model that waits for data see the shape of `x`."""
        if self.built:
            return
        if self.subclassed and isinstance(x, Mapping):
            self.build({name: np.shape(one) for name, one in x.items()})
        elif self.subclassed and isinstance(x, (list, tuple)):
            self.build([np.shape(one) for one in x])
        elif len(shape := np.shape(x)) > 1:
            self.build((None, *shape[1:]))

    def _note(self, name: str, total: Total) -> None:
        super()._note(name, total)
        self._runner = None

    def _batch_size(self, asked: int | None) -> int:
        return BATCH if asked is None else count(asked, "batch_size", self.name)

    @property
    def runner(self) -> Runner:
        """What runs the network, a batch at a time."""
        if self._runner is None:
            self._runner = Runner(
                self.graph, self.output_losses(), self.optimizer, self._shares(), self.added, self._frozen
            )
        return self._runner

    def watch(self, samples: Samples) -> None:
        """Choose the metrics by what `samples` look like, once, and begin them anew."""
        if samples.y:
            targets = [None if y is None else y.shape[1:] for y in samples.y]
            judged = {i: self._shares()[i] for i, loss in enumerate(self.output_losses()) if loss is not None}
            shapes = [t.shape for t in self.graph.outputs]
            self._watched.prepare(targets, shapes, self.output_names, judged, self.name)

    def _callbacks(
        self, callbacks: Sequence[Callback], feed: Feed, epochs: int = 1, validated: bool = False
    ) -> CallbackList:
        names = self.metrics_names
        params = {
            "epochs": epochs, "steps": feed.steps, "samples": feed.count, "batch_size": feed.batch,
            "metrics": [*names, *(f"val_{name}" for name in names if validated)],
        }  # fmt: skip
        return CallbackList(callbacks, self, params)


def _values(logs: Logs[float], named: bool) -> float | list[float] | dict[str, float]:
    if named:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


KINDS["Functional"] = Model
