"""`keras.models`: konv's models under the same names, answering to the words of all versions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from konv import models
from konv.compat.layers import Merge, words
from konv.compat.verbs import Verbs
from konv.compat.words import Former, Spelled
from konv.layers import Layer

__all__ = [
    "Functional",
    "Input",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_config",
    "model_from_json",
    "save_model",
]


class Model(Verbs, Former, models.Model, metaclass=Spelled):
    """`konv.models.Model` in the words of any version of Keras; `Model(input=…, output=…)` too."""

    konv_class: ClassVar[Any] = models.Model


class Sequential(models.Sequential, Model, metaclass=Spelled):
    """`konv.models.Sequential` in the words of any version of Keras; with a `Merge` first it becomes `Merged`."""

    konv_class: ClassVar[Any] = models.Sequential

    def add(self, layer: Any) -> None:
        """See `konv.models.Sequential`. Arguments: `layer`, or, first of all, a `Merge`."""
        if not isinstance(layer, Merge):
            super().add(layer)
            return
        begun: Any = self
        begun.__class__ = Merged
        begun.begin_with(layer)


class Merged(Model):
    """Layers one behind the other after several models side by side."""

    def begin_with(self, layer: Merge) -> None:
        """Take the models of `layer` for the beginning."""
        self._begin(*layer.connected())

    def add(self, layer: Any) -> None:
        """Put `layer` behind the others."""
        inputs = list(self.graph.inputs)
        self._begin(inputs, layer(self.output))
        self._runner = None


Functional, Input = Model, words.Input
OWN: dict[str, Any] = {"Functional": Model, "Model": Model, "Sequential": Sequential}


def load_model(
    filepath: str | Path, custom_objects: Mapping[str, Any] | None = None, compile: bool = True, **others: Any
) -> Any:
    """The model in a file, see `konv.models.load_model`, answering to the words of any version.

    Arguments: `filepath`, `custom_objects`, `compile` as there; `others`, such as `safe_mode`, make no difference: no
    file's code is ever run.
    """
    return models.load_model(filepath, {**OWN, **(custom_objects or {})}, compile)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """`konv.models.model_from_json`, the model answering to the words of any version.

    Arguments: `json_string`, `custom_objects` as there.
    """
    return models.model_from_json(json_string, {**OWN, **(custom_objects or {})})


def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """`konv.models.model_from_config`, the model answering to the words of any version.

    Arguments: `config`, `custom_objects` as there.
    """
    return models.model_from_config(config, {**OWN, **(custom_objects or {})})


def save_model(model: models.Model, filepath: str | Path, overwrite: bool = True, **options: Any) -> None:
    """`model.save(filepath)`. Arguments: `model`, `filepath`, `overwrite`, `options` as of `Model.save`."""
    model.save(filepath, overwrite, **options)


def clone_model(model: models.Model, input_tensors: Any = None, clone_function: Any = None) -> Any:
    """A model of the same layers with new weights.

    Arguments: `model`, what to clone; `input_tensors`, None; `clone_function`, called with each layer's like, None.
    """
    kind: Any = Sequential if isinstance(model, models.Sequential) else type(model)
    if not issubclass(kind, Model):
        kind = Model
    made: Layer = kind.from_config(model.get_config())
    return made
