"""What models are asked to do, in the words of Keras 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from konv.compat import steps
from konv.compat.spelling import arguments_of_fit
from konv.compat.stepping import Stepping
from konv.errors import ConfigurationError
from konv.messages import text
from konv.models.kept import KERAS
from konv.models.parts import mapped
from konv.ops.record import Array
from konv.train.callbacks import History
from konv.train.feeds import parts_of
from konv.train.watched import leaves

__all__ = ["Verbs"]

COMPILE = (
    "run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss", "sample_weight_mode", "weighted_metrics",
    "target_tensors", "distribute", "experimental_run_tf_function",
)  # fmt: skip
"""What later Kerases' `compile` takes that makes no difference to results, or that konv has only the usual value of."""
NO_DIFFERENCE = COMPILE[:4] + COMPILE[-1:]
FED = ("max_queue_size", "workers", "use_multiprocessing")
FEEDING = {"max_q_size": "max_queue_size", "nb_worker": "workers", "pickle_safe": "use_multiprocessing"}


class Verbs(Stepping):
    """The part of a model that answers to Keras 1's and 2's words; the work is done by `konv.models.Model`."""

    def __init__(self, *args: Any, **named: Any) -> None:
        for old, new in (("input", "inputs"), ("output", "outputs")):
            if old in named:
                named[new] = named.pop(old)
        args = (*map(_flat, args[:1]), *args[1:])
        if "inputs" in named:
            named["inputs"] = _flat(named["inputs"])
        super().__init__(*args, **named)

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, metrics: Any = None, *args: Any, **named: Any
    ) -> None:
        """`konv.models.Model.compile`, with what other versions take besides.

        Arguments: `optimizer`, `loss`, `metrics` as there. Raises: ConfigurationError for what konv cannot do.
        """
        for name in COMPILE:
            value = named.pop(name, None)
            if value and name not in NO_DIFFERENCE:
                known = "optimizer, loss, metrics, loss_weights"
                raise ConfigurationError(text("unknown_argument", layer="compile", received=name, known=known))
        handed: Any = super()
        loss, metrics = (mapped(lambda one: getattr(one, "__wrapped__", one), given) for given in (loss, metrics))
        handed.compile(optimizer, loss, metrics, *args, **named)

    def fit(self, x: Any = None, y: Any = None, *args: Any, **named: Any) -> History:
        """`konv.models.Model.fit`; `nb_epoch` is `epochs`.

        Arguments: `x`, `y` as there. A class with steps of its own is trained by these.
        """
        handed: Any = super()
        found = arguments_of_fit(named)
        history: History = steps.fit(self, x, y, *args, **found) if self.own_steps else handed.fit(x, y, *args, **found)
        return history

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **named: Any) -> Any:
        """`konv.models.Model.evaluate`, or by the class's own `test_step`. Arguments: `x`, `y` as there."""
        handed: Any = super()
        own = [name for name in self.own_steps if name != "predict_step"]
        left = {k: v for k, v in named.items() if k not in FED}
        return steps.evaluate(self, x, y, *args, **left) if own else handed.evaluate(x, y, *args, **left)

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: Any = None,
        epochs: int = 1,
        verbose: int | str = 1,
        callbacks: Any = None,
        validation_data: Any = None,
        validation_steps: Any = None,
        class_weight: Any = None,
        **named: Any,
    ) -> History:
        """`fit` on batches as they are made, in Keras 1's and 2's words.

        Arguments: `generator`, batches; `steps_per_epoch`, how many an epoch (Keras 1: `samples_per_epoch`, samples);
        `epochs` (`nb_epoch`); `validation_steps` (`nb_val_samples`); the others as of `fit`.
        """
        found = {FEEDING.get(name, name): value for name, value in arguments_of_fit(named).items()}
        old = {"samples_per_epoch", "nb_epoch", "nb_val_samples", *FEEDING} & set(named)
        samples = found.pop("samples_per_epoch", steps_per_epoch if old else None)
        if samples is not None:
            generator, steps_per_epoch = _steps(generator, samples)
        if "nb_val_samples" in found:
            validation_data, validation_steps = _steps(validation_data, found.pop("nb_val_samples"))
        return self.fit(
            generator, steps_per_epoch=steps_per_epoch, epochs=found.pop("epochs", epochs), verbose=verbose,
            callbacks=callbacks, validation_data=validation_data, validation_steps=validation_steps,
            class_weight=class_weight, **found,
        )  # fmt: skip

    def evaluate_generator(self, generator: Any, steps: Any = None, *args: Any, **named: Any) -> Any:
        """`evaluate` on batches as they are made.

        Arguments: `generator`, batches; `steps`, how many (Keras 1: `val_samples`, samples).
        """
        generator, steps, found = _counted(generator, steps, named)
        return self.evaluate(generator, steps=steps, verbose=found.get("verbose", 0))

    def predict_generator(self, generator: Any, steps: Any = None, *args: Any, **named: Any) -> Any:
        """`predict` for batches as they are made.

        Arguments: `generator`, batches; `steps`, how many (Keras 1: `val_samples`, samples).
        """
        generator, steps, found = _counted(generator, steps, named)
        handed: Any = super()
        return handed.predict(generator, steps=steps, verbose=found.get("verbose", 0))

    def predict(self, x: Any, *args: Any, **named: Any) -> Any:
        """`konv.models.Model.predict`; how batches are made ahead makes no difference. Arguments: `x` as there."""
        handed: Any = super()
        left = {k: v for k, v in named.items() if k not in FED}
        own = "predict_step" in self.own_steps or self.stepped
        return steps.predict(self, x, *args, **left) if own else handed.predict(x, *args, **left)

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Array:
        """The number of the likeliest class of each sample; of one output, whether it is above 0.5, `(n, 1)`.

        Arguments: `x`, `batch_size`, `verbose` as of `predict`.
        """
        found = np.asarray(self.predict(x, batch_size=batch_size, verbose=verbose))
        return found.argmax(-1) if found.shape[-1] > 1 else (found > 0.5).astype("int32")

    def predict_proba(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Any:
        """`predict` by another name. Arguments: `x`, `batch_size`, `verbose` as there."""
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    def save(
        self,
        filepath: Any,
        overwrite: bool = True,
        include_optimizer: bool = True,
        save_format: Any = None,
        **others: Any,
    ) -> None:
        """`konv.models.Model.save`.

        Arguments: `filepath`, `overwrite`, `include_optimizer` as there; `save_format`, None, or what the suffix says;
        `others`, of TensorFlow's format, make no difference. Raises: ConfigurationError for `save_format="tf"`.
        """
        suffixes = {"h5": (".h5", ".hdf5"), "hdf5": (".h5", ".hdf5"), "keras": (".keras",)}
        path = Path(filepath)
        if save_format is not None and path.suffix not in suffixes.get(save_format, ()):
            if save_format == "tf":
                self.export(filepath)
            suggestion = path.with_suffix(suffixes.get(save_format, (".keras",))[0]).name
            said = text("model_suffix", received=path.name, suggestion=suggestion, known=", ".join(KERAS))
            raise ConfigurationError(said)
        handed: Any = super()
        handed.save(filepath, overwrite, include_optimizer)

    def export(self, filepath: Any, *args: Any, **named: Any) -> None:
        """A SavedModel, which konv does not write. Arguments: `filepath`, for it. Raises: ConfigurationError."""
        path = Path(filepath)
        suggestion = f"{path.stem}.keras"
        raise ConfigurationError(text("saved_model.written", received=path.name, suggestion=suggestion))


def _flat(inputs: Any) -> Any:
    """What a model begins with, lists in lists taken apart: `Model([model.inputs], …)`, as Keras 2 takes it."""
    nested = isinstance(inputs, (list, tuple)) and any(isinstance(one, (list, tuple)) for one in inputs)
    return list(leaves(inputs)) if nested else inputs


def _counted(generator: Any, steps: Any, named: Mapping[str, Any]) -> tuple[Any, Any, Mapping[str, Any]]:
    """The generator and its steps; Keras 1 counts samples."""
    old = {"val_samples", *FEEDING} & set(named)
    samples = named.get("val_samples", steps if old else None)
    return (*(_steps(generator, samples) if samples is not None else (generator, steps)), named)


def _steps(source: Any, samples: Any) -> tuple[Any, Any]:
    """A source and how many of its batches have `samples` samples; what is no source of batches stays as it is."""
    if source is None or isinstance(source, (tuple, list, np.ndarray)):
        return source, None
    if hasattr(source, "__getitem__") and hasattr(source, "__len__"):
        return source, ceil(samples / _size(source[0]))
    iterator: Iterator[Any] = iter(source)
    first = next(iterator)
    return chain([first], iterator), ceil(samples / _size(first))


def _size(batch: Any) -> int:
    x = parts_of(batch)[0]
    while isinstance(x, (list, tuple, dict)):
        x = next(iter(x.values())) if isinstance(x, dict) else x[0]
    return len(x)
