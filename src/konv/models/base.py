"""What every model is: a network with the verbs of Keras bound to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from konv import random
from konv.engine import Position
from konv.errors import ConfigurationError, GraphError
from konv.explain.summary import summary
from konv.graph import Graph, Variable
from konv.io import model_file
from konv.layers import Layer
from konv.layers.base import checked_name, set_values
from konv.layers.checks import count
from konv.messages import text
from konv.models import saving
from konv.names import nearest
from konv.ops.loss import Loss
from konv.ops.record import Array
from konv.train import loop, losses, optimizers
from konv.train.callbacks import Callback, CallbackList, History, Logs
from konv.train.loop import Plan
from konv.train.metrics import Watched
from konv.train.optimizers import Optimizer
from konv.train.progress import watcher
from konv.train.runner import Runner
from konv.train.samples import Samples, checked, notice_one_class, split, weighted

__all__ = ["Model"]

BATCH = 32


class Model:
    """Base of all models: a network, and what is done with it. Make one as `konv.models.Sequential`.

    Arguments: `name`, what messages and files call it; by default the class's name and a number.

    Attributes: `optimizer`, `loss`: what `compile` was given, or None; `history`, that of the last `fit`; `seed`, of
    every random number in training, the process's when the model was compiled; `epochs_trained` since then;
    `stop_training`, set by callbacks; `class_names` (or None) and `preprocessing` (a dictionary fit for JSON), kept in
    the model's file for whoever predicts with it.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = checked_name(name, type(self).__name__)
        self.optimizer: Optimizer | None = None
        self.loss: Loss | None = None
        self.history: History | None = None
        self.seed = 0
        self.epochs_trained = 0
        self.stop_training = False
        self.class_names: list[str] | None = None
        self.preprocessing: dict[str, Any] = {}
        self._watched = Watched(())
        self._runner: Runner | None = None

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order data flows."""
        raise NotImplementedError

    @property
    def graph(self) -> Graph:
        """The network's nodes. Raises: GraphError where the shape of its input is not known yet."""
        raise NotImplementedError

    @property
    def built(self) -> bool:
        """Whether the shape of the input is known, so that there are weights."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """All that makes this model again, without its weights; fit for JSON."""
        raise NotImplementedError

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights for inputs of `input_shape`, the batch axis (any value) first."""
        raise NotImplementedError

    # What it consists of

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The input's shape, the batch axis None."""
        return (None, *self.graph.inputs[0].shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The output's shape, the batch axis None."""
        return (None, *self.graph.outputs[0].shape)

    @property
    def weights(self) -> list[Variable]:
        """All weights, layer by layer. Raises: GraphError where the shape of the input is not known yet."""
        return list(self.graph.variables)

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training adjusts."""
        return [v for v in self.weights if v.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        return [v for v in self.weights if not v.trainable]

    def get_weights(self) -> list[Array]:
        """Copies of all weights, in Keras's order (layer by layer, kernel before bias) and shapes."""
        return [v.value.copy() for v in self.weights]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Set all `weights`, in the order of `get_weights`.

        Raises: ShapeError where their number or a shape differs; then none has been set.
        """
        set_values(self.weights, weights, self.name)

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(v.value.size for v in self.weights)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer called `name`, or the one at `index`.

        Raises: ConfigurationError unless one of the two is given; GraphError where there is no such layer.
        """
        if (name is None) == (index is None):
            raise ConfigurationError(text("layer_or_index"))
        found = {layer.name: layer for layer in self.layers}
        if name in found:
            return found[name]
        if index is not None and -len(found) <= index < len(found):
            return self.layers[index]
        close = nearest(str(name), found) or list(found)
        received = name if index is None else index
        raise GraphError(text("no_such_layer", model=self.name, received=received, known=", ".join(close)))

    def summary(self, line_length: int | None = None, print_fn: Callable[[str], object] | None = None) -> None:
        """Print the table of layers, output shapes and parameters.

        Arguments: `line_length`, columns; `print_fn`, called with each line instead of printing.
        """
        summary(self.name, self.layers, print_fn, line_length)

    # Training and using it

    def compile(self, optimizer: object = "rmsprop", loss: object = None, metrics: object = None) -> None:
        """Choose how to train; the process's seed (`konv.utils.set_random_seed`) becomes the training's.

        Arguments: `optimizer`, `loss`: names or objects of `konv.optimizers`, `konv.losses`; `metrics`: one or a list
        of names, functions `(y_true, y_pred)` and objects of `konv.metrics`; `"accuracy"` is chosen by the loss's
        targets and the output, as in Keras.
        Raises: UnknownNameError, with the nearest names; ConfigurationError for what cannot be used.
        """
        self.optimizer = optimizers.get(optimizer)
        self.loss = None if loss is None else losses.get(loss)
        asked = list(metrics) if isinstance(metrics, (list, tuple)) else [] if metrics is None else [metrics]
        self._watched = Watched(asked)
        self._runner = None
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
        validation_data: tuple[Any, ...] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> History:
        """Train on arrays.

        Arguments: `x`, `(n, …)`, and `y`, a target each; `batch_size`, samples a step (32); `epochs`, the number of the
        epoch to stop before, counted from `initial_epoch`; `verbose`, 1 or `"auto"` for a bar, 2 for a line an epoch,
        0 for nothing; `callbacks`; `validation_split`, the share of samples taken from the end, before shuffling, to
        validate on, or `validation_data`, `(x, y)` or `(x, y, sample_weight)`; `shuffle`, whether each epoch has an
        order of its own; `class_weight`, what samples count by their class's number, `sample_weight`, `(n,)`, each by
        itself; `validation_batch_size` (default `batch_size`); `validation_freq`, validate after every so many epochs.
        Returns: the `History`: loss and metrics of each epoch, means over its samples.
        Raises: DataError, ShapeError, LabelError where the data do not fit; NonFiniteError where something becomes
        NaN or infinite: training stops at that batch, the weights are the last good ones; ConfigurationError. Gives a
        DataWarning for integer images that look unscaled, and for targets of one class only.
        """
        size, validating = self._batch_size(batch_size), validation_batch_size or batch_size
        training, validation = self._data(x, y, sample_weight, class_weight, validation_split, validation_data)
        runner = self._runner_for(training)
        plan = Plan(
            batch=size,
            epochs=count(epochs, "epochs", self.name),
            initial_epoch=count(initial_epoch, "initial_epoch", self.name, least=0),
            shuffle=bool(shuffle),
            validation_batch=self._batch_size(validating),
            validation_freq=count(validation_freq, "validation_freq", self.name),
        )
        self.history = History()
        heard = self._callbacks([self.history, *(callbacks or ()), *watcher(verbose)], size, len(training), plan.epochs)
        loop.fit(self, runner, self._watched, training, validation, plan, heard)
        return self.history

    def evaluate(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        callbacks: Sequence[Callback] | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """The loss and the metrics on arrays.

        Arguments: `x`, `y`, `sample_weight`, `verbose`, `callbacks` as of `fit`; `batch_size`, samples at once (32);
        `return_dict`, whether to name the values.
        Returns: the loss, or a list of it and the metrics, or a dictionary. Raises: as `fit`.
        """
        samples = self._samples(x, y, sample_weight)
        size = self._batch_size(batch_size)
        heard = self._callbacks([*(callbacks or ()), *watcher(verbose, "evaluate")], size, len(samples))
        return _values(loop.evaluate(self._runner_for(samples), self._watched, samples, size, heard), return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | None = None,
    ) -> Array:
        """The outputs for the arrays `x`, `(n, …)`; safe to call from several threads.

        Arguments: `batch_size`, samples at once (32); `verbose`, `callbacks` as of `fit`.
        Raises: ShapeError, DataError where `x` does not fit; NonFiniteError where an output is not finite.
        """
        self._build_for(x)
        samples = checked(x, graph=self.graph)
        size = self._batch_size(batch_size)
        heard = self._callbacks([*(callbacks or ()), *watcher(verbose, "predict")], size, len(samples))
        return loop.predict(self._any_runner(), samples, size, heard)

    def predict_on_batch(self, x: Any) -> Array:
        """The outputs for one batch `x`."""
        return self.predict(x, batch_size=max(1, len(x)), verbose=0)

    __call__ = predict_on_batch

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
        samples = weighted(self._samples(x, y, sample_weight), class_weight)
        runner, n = self._runner_for(samples), len(samples)
        turn = 0 if self.optimizer is None else self.optimizer.iterations
        result = runner.train(samples, n, Position(self.seed, turn, np.arange(n)))
        return _values(loop.one_batch(self._watched, result, samples, training=True), return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | dict[str, float]:
        """The loss and the metrics of one batch.

        Arguments: `x`, `y`, `sample_weight`, `return_dict` as of `evaluate`. Returns and raises as `evaluate`.
        """
        samples = self._samples(x, y, sample_weight)
        result = self._runner_for(samples).test(samples, loop.fitting(len(samples), len(samples)))
        return _values(loop.one_batch(self._watched, result, samples), return_dict)

    @property
    def compiled_metrics(self) -> list[object]:
        """The metrics as `compile` was given them."""
        return list(self._watched.asked)

    @property
    def metrics_names(self) -> list[str]:
        """The names of the values that `evaluate` gives, in its order."""
        return list(self._watched.results())

    # Keeping it

    def save(self, filepath: str | Path, overwrite: bool = True, include_optimizer: bool = True) -> None:
        """Write the model to `filepath`, `NAME.konv`: layers, weights, and what training needs to go on exactly.

        Arguments: `overwrite`, whether an existing file is replaced; `include_optimizer`, whether its state is kept.
        Raises: ConfigurationError for another suffix, a folder there is not, an existing file that is not to be
        replaced, or a part that no file can hold; OSError where the folder cannot be written to.
        """
        path = saving.checked_path(filepath, overwrite)
        model_file.write(path, saving.content(self, include_optimizer))

    # Between these verbs and the rooms that do the work

    def _data(
        self, x: Any, y: Any, sample_weight: Any, class_weight: Any, share: float, given: tuple[Any, ...] | None
    ) -> tuple[Samples, Samples | None]:
        """The samples to train on, and those to validate on, if any."""
        training, validation = self._samples(x, y, sample_weight), None
        if given is not None:
            if len(given) not in (2, 3):
                raise ConfigurationError(text("bad_validation_data", received=type(given).__name__))
            validation = self._samples(*given)
        elif share:
            training, validation = split(training, share)
        if self.loss is not None:
            notice_one_class(training, self.loss)
        return weighted(training, class_weight), validation

    def _samples(self, x: Any, y: Any, sample_weight: Any = None) -> Samples:
        if self.loss is None:
            raise ConfigurationError(text("not_compiled" if self.optimizer is None else "no_loss", model=self.name))
        self._build_for(x)
        return checked(x, y, sample_weight, graph=self.graph, loss=self.loss, model=self.name)

    def _build_for(self, x: Any) -> None:
        """Let a model that waits for data see their shape."""
        shape = np.shape(x)
        if not self.built and len(shape) > 1:
            self.build((None, *shape[1:]))

    def _batch_size(self, asked: int | None) -> int:
        return BATCH if asked is None else count(asked, "batch_size", self.name)

    def _any_runner(self) -> Runner:
        if self._runner is None:
            self._runner = Runner(self.graph, self.loss, self.optimizer)
        return self._runner

    def _runner_for(self, samples: Samples) -> Runner:
        """The runner, its metrics chosen by what `samples` look like."""
        if samples.y is not None:
            self._watched.prepare(samples.y.shape[1:], self.graph.outputs[0].shape)
        return self._any_runner()

    def _callbacks(self, callbacks: Sequence[Callback], size: int, samples: int, epochs: int = 1) -> CallbackList:
        steps = loop.batches_of(samples, min(size, samples))
        params = {"epochs": epochs, "steps": steps, "samples": samples, "batch_size": min(size, samples)}
        return CallbackList(callbacks, self, params)


def _values(logs: Logs[float], named: bool) -> float | list[float] | dict[str, float]:
    if named:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values
