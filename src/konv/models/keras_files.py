"""Models in Keras's files: `.h5` of Keras 1.2 to 3, `.weights.h5` and `.keras` of Keras 3, and JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from konv.errors import ConfigurationError, ModelFileError
from konv.graph import Variable
from konv.graph.naming import snake_case
from konv.io import keras_archive, keras_h5, keras_weights
from konv.io.keras_archive import KerasArchive
from konv.io.keras_h5 import KerasH5
from konv.layers import Layer, Normalization, TimeDistributed
from konv.layers.base import Layer as Base
from konv.messages import text
from konv.models import fitting, from_keras, keras_optimizer, saving, to_keras
from konv.models.architecture import described
from konv.models.structure import Structure
from konv.ops.record import Array

if TYPE_CHECKING:
    from konv.models.base import Model

__all__ = [
    "archive",
    "as_json",
    "h5",
    "is_keras",
    "load",
    "load_weights",
    "save",
    "save_weights",
    "set_optimizer",
    "set_weights",
]

SUFFIXES = (".h5", ".hdf5", ".keras")
COUNT = Variable("count", np.zeros((), "int32"), trainable=False)
"""Stands for a number that Keras keeps and konv does not."""
CONTAINERS = (list, tuple, dict)
Row = list[Variable]


def is_keras(path: Path) -> bool:
    """Whether a file of this name is one of Keras's."""
    return path.suffix in SUFFIXES


# Writing


def as_json(model: Model, **options: Any) -> str:
    """The architecture of `model` as Keras 3's JSON; `options` are those of `json.dumps`.

    Raises: ConfigurationError for what Keras does not have.
    """
    return json.dumps(_described(model, keras3=True), **options)


def save(model: Model, path: Path, include_optimizer: bool = True) -> None:
    """Write `model` to `path`, by its suffix `.keras` or `.h5`. Raises: ConfigurationError for what Keras lacks."""
    if path.suffix == ".keras":
        keras_archive.write(path, archive(model, include_optimizer))
    else:
        keras_h5.write(path, h5(model, include_optimizer))


def save_weights(model: Model, path: Path) -> None:
    """Write the weights of `model` to `path`: `.weights.h5` Keras 3's way, `.h5` and `.hdf5` Keras 2's."""
    if path.name.endswith(".weights.h5"):
        weights, named = _by_path(model)
        keras_weights.write(path, weights, named)
    else:
        keras_h5.write(path, KerasH5(_by_layer(model)))


def archive(model: Model, include_optimizer: bool = True) -> KerasArchive:
    """What the `.keras` file of `model` holds."""
    weights, named = _by_path(model)
    found = _described(model, keras3=True)
    training = saving.training_settings(model) if include_optimizer else None
    if training is not None:
        found["compile_config"] = to_keras.compiled(training, keras3=True)
        if state := keras_optimizer.state(model):
            weights["optimizer"] = [array for _, array in state]
    return KerasArchive(found, weights, named)


def h5(model: Model, include_optimizer: bool = True) -> KerasH5:
    """What the `.h5` file of `model` holds."""
    training = saving.training_settings(model) if include_optimizer else None
    settings = None if training is None else to_keras.compiled(training, keras3=False)
    state = () if settings is None else keras_optimizer.state(model)
    return KerasH5(_by_layer(model), _described(model, keras3=False), settings, state)


def _described(model: Model, keras3: bool) -> dict[str, Any]:
    return to_keras.architecture(described(model), keras3, dict(_shapes(model, "")))


def _shapes(model: Layer, above: str) -> Iterator[tuple[tuple[str, str, int, int], tuple[int, ...]]]:
    """The shapes of everything that flows in `model` and the models in it; see `to_keras.architecture`."""
    if isinstance(model, TimeDistributed):
        yield from _shapes(model.layer, above)
    if not isinstance(model, Structure) or model.subclassed:
        return
    within = f"{above}{model.name}/"
    network = model.own_network
    if network is not None:
        for call in network.calls:
            for place, tensor in enumerate(call.outputs):
                yield (within, call.layer.name, network.number(call), place), tensor.shape
    for layer in model.layers:
        yield from _shapes(layer, within)


def _ordered(layer: Layer) -> Row:
    """A layer's weights as Keras 2 lists them: those that training adjusts first."""
    weights = layer.weights
    return _counted([v for v in weights if v.trainable] + [v for v in weights if not v.trainable], layer)


def _counted(row: Sequence[Variable], layer: Layer) -> Row:
    """The weights of `row` that files have: of normalisations in `layer`, behind mean and variance a count, which
    nothing needs; neither where both are arguments. Source: Keras 3, `layers.Normalization.build`."""
    normal = list(_normalizations(layer))
    given = {id(v) for one in normal if one.mean is not None for v in one.weights}
    counted = {id(one.weights[-1]) for one in normal if one.mean is None and one.weights}
    return [w for v in row if id(v) not in given for w in ((v, COUNT) if id(v) in counted else (v,))]


def _normalizations(layer: Layer) -> Iterator[Normalization]:
    if isinstance(layer, Normalization):
        yield layer
    inside: Iterable[Layer] = layer.sublayers().values()
    if isinstance(layer, Structure) and not layer.subclassed:
        inside = layer.layers
    for one in inside:
        yield from _normalizations(one)


def _by_layer(model: Model) -> list[tuple[str, list[tuple[str, Array]]]]:
    rows = []
    for layer in model.layers:
        called = {id(v): name for name, v in layer.named_weights().items()}
        named = [(f"{layer.name}/{called.get(id(v), COUNT.name)}:0", v.value) for v in _ordered(layer)]
        rows.append((layer.name, named))
    return rows


def _by_path(model: Model) -> tuple[dict[str, list[Array]], dict[str, str]]:
    weights, named = {}, {}
    for path, layer, own in _walked(model, ""):
        weights[path] = [v.value for v in own]
        named[path] = layer.name
    return weights, named


def _walked(layer: Layer, path: str, nested: bool = True) -> Iterator[tuple[str, Layer, Row]]:
    """Every layer with weights of its own, by Keras 3's path, each once: that by which Keras meets it first.

    Arguments: `nested`, whether lists within lists are looked into, as later versions do.
    Source: Keras 3, `saving_lib._save_state` and `_save_container_state`.
    """
    seen: set[int] = set()

    def walk(one: Layer, place: str) -> Iterator[tuple[str, Layer, Row]]:
        if id(one) in seen:
            return
        seen.add(id(one))
        own = _own(one)
        ordered = sorted(own, key=lambda v: v.statistic or v.constant)
        yield place, one, _counted(ordered, one) if isinstance(one, Normalization) else ordered
        front = f"{place}/" if place else ""
        for name, value in _attributes(one):
            if isinstance(value, Base):
                yield from walk(value, f"{front}{name}")
            else:
                yield from row(value, f"{front}{name}")

    def row(held: Any, place: str) -> Iterator[tuple[str, Layer, Row]]:
        numbers: Counter[str] = Counter()
        for one in held.values() if isinstance(held, dict) else held:
            if not isinstance(one, (Base, *CONTAINERS)):
                continue
            name = _kind(one) if isinstance(one, Base) else "container"
            number = numbers[name]
            numbers[name] += 1
            there = f"{place}/{name}_{number}" if number else f"{place}/{name}"
            if isinstance(one, Base):
                yield from walk(one, there)
            elif nested:
                yield from row(one, there)

    yield from walk(layer, path)


def _attributes(layer: Layer) -> list[tuple[str, Any]]:
    """The layers and the lists that `layer` has, by the names under which Keras looks for them, in its order: private
    ones last; of a model its layers too, of a network these alone."""
    if isinstance(layer, Structure) and not layer.subclassed:
        return [("layers", layer.layers)]
    own = not type(layer).__module__.startswith("konv.")
    found = {n: v for n, v in vars(layer).items() if isinstance(v, (Base, *CONTAINERS)) and (own or n[0] != "_")}
    if isinstance(layer, Structure):
        found["layers"] = list({id(one): one for one in layer.layers}.values())
    return sorted(found.items(), key=lambda item: (item[0].startswith("_"), item[0]))


def _own(layer: Layer) -> list[Variable]:
    """The weights that are a layer's own, those of layers inside left out."""
    if isinstance(layer, Structure) and not layer.subclassed:
        return []
    inside = {id(v) for one in layer.sublayers().values() for v in one.weights}
    return [v for v in layer.weights if id(v) not in inside]


def _kind(layer: Layer) -> str:
    name = type(layer).__name__
    return snake_case("Functional" if name == "Model" else name)


# Reading


def load(path: Path, custom_objects: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None, Any]:
    """A whole model's file: its architecture in konv's form, the arguments of `compile` (None where it was not
    compiled), and its weights, for `set_weights`.

    Raises: ModelFileError where it is no such file; ConfigurationError for what konv does not have.
    """
    if keras_h5.is_hdf5(path):
        found = keras_h5.read(path)
        if found.model is None:
            raise ModelFileError(text("keras_file.weights_only", path=path))
        return from_keras.architecture(found.model, custom_objects), from_keras.compiled(found.training or {}), found
    content = keras_archive.read(path)
    settings = content.model.get("compile_config") or {}
    return from_keras.architecture(content.model, custom_objects), from_keras.compiled(settings), content.weights


def set_weights(model: Model, path: Path, weights: Any) -> None:
    """Give `model` the `weights` that `load` returned. Raises: ModelFileError where they do not fit."""
    _set_by_layer(model, path, weights, False) if isinstance(weights, KerasH5) else _set_by_path(model, path, weights)


def set_optimizer(model: Model, weights: Any) -> None:
    """Give the optimiser of the compiled `model` its state among the `weights` that `load` returned."""
    if isinstance(weights, KerasH5):
        keras_optimizer.restore(model, [array for _, array in weights.optimizer], weights.by_keras2)
    else:
        keras_optimizer.restore(model, weights.get("optimizer", ()))


def load_weights(model: Model, path: Path, by_name: bool = False) -> None:
    """Set the weights of `model` from a file of Keras's of any kind.

    Arguments: `by_name`, whether only layers of the same name get theirs (Keras 2's files).
    Raises: ModelFileError where it is none, or of another architecture: the first weight that differs is named, and
    none has been set; ConfigurationError for names that the file does not have.
    """
    if path.suffix == ".keras" and not keras_h5.is_hdf5(path):
        _set_by_path(model, path, keras_archive.read(path).weights)
        return
    try:
        found = keras_h5.read(path)
    except ModelFileError:
        stored = keras_weights.read(path)
        if not any(stored.values()):
            raise
        if by_name:
            raise ConfigurationError(text("keras_file.by_name", path=path)) from None
        _set_by_path(model, path, stored)
        return
    _set_by_layer(model, path, found, by_name)


def _set_by_layer(model: Model, path: Path, file: KerasH5, by_name: bool) -> None:
    theirs = [(name, weights) for name, weights in file.layers if weights]
    mine = [(layer, own) for layer in model.layers if (own := _ordered(layer))]
    if by_name:
        named = dict(theirs)
        mine = [(layer, own) for layer, own in mine if layer.name in named]
        theirs = [(layer.name, named[layer.name]) for layer, _ in mine]
    shapes = [(name, [(weight, array.shape) for weight, array in weights]) for name, weights in theirs]
    fitting.check(path, shapes, [_row(layer, own) for layer, own in mine])
    for (_, own), (_, weights) in zip(mine, theirs, strict=True):
        _assign(own, [array for _, array in weights])


def _set_by_path(model: Model, path: Path, stored: Mapping[str, Sequence[Array]]) -> None:
    held = {place: arrays for place, arrays in stored.items() if arrays and not place.startswith("optimizer")}
    nested = any("container" in place.split("/") for place in held)
    places = {place: (layer, own) for place, layer, own in _walked(model, "", nested) if own}
    rows = {place: (place, [(str(i), a.shape) for i, a in enumerate(arrays)]) for place, arrays in held.items()}
    theirs = [*map(rows.get, places), *(row for place, row in rows.items() if place not in places)]
    fitting.check(path, theirs, [_row(layer, own) for layer, own in places.values()])
    for place, (_, own) in places.items():
        _assign(own, held[place])


def _row(layer: Layer, own: Sequence[Variable]) -> fitting.Row:
    return layer.name, [(v.name, v.shape) for v in own]


def _assign(variables: Sequence[Variable], arrays: Sequence[Array]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        if variable is not COUNT:
            variable.assign(array)
