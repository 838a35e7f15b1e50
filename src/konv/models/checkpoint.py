"""The state of a training in a file, so that it can go on as if nothing had happened; and weights by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from konv.arguments import count
from konv.errors import KonvError, ModelFileError
from konv.io import model_file
from konv.io.model_file import ModelFile
from konv.messages import text
from konv.models import fitting, saving
from konv.ops.record import Array
from konv.random import check_seed
from konv.train import optimizers
from konv.train.callbacks import Callback

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = ["content", "load_weights", "restore"]


def content(model: Model, callbacks: Sequence[Callback]) -> ModelFile:
    """What a file of the state of `model` holds: the model, the epoch that comes next, the states of `callbacks`."""
    file = saving.content(model)
    states: list[dict[str, Any]] = []
    arrays: dict[str, Array] = {}
    for name, callback in _named(callbacks).items():
        state = callback.get_state()
        plain = {key: value for key, value in state.items() if not isinstance(value, np.ndarray)}
        arrays.update({f"callbacks/{name}/{k}": v for k, v in state.items() if isinstance(v, np.ndarray)})
        if state:
            states.append({"name": name, "state": plain})
    training = {**(file.training or {}), "next_epoch": model.next_epoch, "callbacks": states}
    return replace(file, training=training, extra=arrays)


def restore(model: Model, path: Path, callbacks: Sequence[Callback]) -> None:
    """Bring `model` and `callbacks` into the state in the file at `path`.

    Raises: ModelFileError where it is no such file, or of another network or optimiser.
    """
    file = model_file.read(path)
    _set_weights(model, path, file)
    try:
        training = file.training or {}
        optimizer = model.optimizer
        if optimizer is not None:
            saved = optimizers.deserialize(training["optimizer"])
            if type(saved) is not type(optimizer) or saved.update != optimizer.update:
                raise ModelFileError(text("other_optimizer", path=path, received=saved, expected=optimizer))
            if optimizer.schedule is None and saved.schedule is None:
                optimizer.learning_rate = saved.learning_rate
            if file.optimizer:
                called = {id(v): name for name, v in model.named_weights().items()}
                optimizer.set_state(model.trainable_weights, file.optimizer, called)
            optimizer.iterations = training["iterations"]
        model.seed = check_seed(training["seed"])
        model.epochs_trained = count(training["epochs_trained"], "epochs_trained", model.name, least=0)
        model.next_epoch = count(training["next_epoch"], "next_epoch", model.name, least=0)
        states = {entry["name"]: dict(entry["state"]) for entry in training["callbacks"]}
        for name, array in file.extra.items():
            _, owner, key = name.split("/", 2)
            states.setdefault(owner, {})[key] = array
        for name, callback in _named(callbacks).items():
            if name in states:
                callback.set_state(states[name])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, KonvError):
            raise
        raise ModelFileError(text("not_a_state", path=path, error=f"{type(error).__name__}: {error}")) from error


def load_weights(model: Model, path: Path) -> None:
    """Set the weights of `model` from the model file at `path`. Raises: ModelFileError, see `Model.load_weights`."""
    _set_weights(model, path, model_file.read(path))


def _set_weights(model: Model, path: Path, file: ModelFile) -> None:
    """All weights or none: by their names where those are the same, else in their order."""
    mine = model.named_weights()
    saved = dict(file.weights)
    order = list(mine) if saved.keys() == mine.keys() else [name for name in _in_order(file) if name in saved]
    theirs = fitting.by_owner((name, saved[name].shape) for name in order)
    fitting.check(path, theirs, fitting.by_owner((name, v.shape) for name, v in mine.items()), named=True)
    for variable, name in zip(mine.values(), order, strict=True):
        variable.assign(saved[name])


def _in_order(file: ModelFile) -> list[str]:
    """The names of a file's weights, layer by layer as its architecture lists them, each layer's in their own order."""
    rank = {name: i for i, name in enumerate(_layers(file.architecture, ""))}
    usual = {name: i for i, name in enumerate(("kernel", "gamma", "beta", "moving_mean", "moving_variance", "bias"))}

    def key(name: str) -> tuple[int, int, str]:
        layer, _, weight = name.rpartition("/")
        return rank.get(layer, len(rank)), usual.get(weight, 0), name

    return sorted(file.weights, key=key)


def _layers(model: Any, within: str) -> Iterator[str]:
    """The names of all layers of a described `model`, those of models inside with theirs before them."""
    for layer in model.get("config", {}).get("layers", ()):
        name = f"{within}{layer.get('config', {}).get('name')}"
        yield name
        yield from _layers(layer, f"{name}/")


def _named(callbacks: Sequence[Callback]) -> dict[str, Callback]:
    """Callbacks by a name that is the same in every run: their class, with a number from the second one of it on."""
    seen: Counter[str] = Counter()
    found = {}
    for callback in callbacks:
        kind = type(callback).__name__
        seen[kind] += 1
        found[kind if seen[kind] == 1 else f"{kind} {seen[kind]}"] = callback
    return found
