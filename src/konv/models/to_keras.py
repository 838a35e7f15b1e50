"""konv's architectures as Keras's files describe them: Keras 3's way, or Keras 2's; data in, data out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from konv.errors import ConfigurationError
from konv.messages import text
from konv.models.parts import mapped

__all__ = ["architecture", "compiled"]

OWN = ("LocalResponseNormalization", "Operation")
"""Layers that Keras does not have."""
FORMER = ("LocallyConnected1D", "LocallyConnected2D")
"""Layers that Keras 2 had."""
UNTAKEN = {
    "SpatialDropout1D": "trainable", "SpatialDropout2D": "trainable", "RMSNormalization": "scale_initializer"
}  # fmt: skip
"""Arguments that Keras's layers do not take."""
MODELS = ("Functional", "Sequential")
Shapes = Mapping[tuple[str, str, int, int], tuple[int, ...]]
"""For each output of each use of a layer, `(model, layer, use, output)`, one sample's shape."""


def architecture(saved: Mapping[str, Any], keras3: bool, shapes: Shapes, above: str = "") -> dict[str, Any]:
    """The model or layer that konv describes as `saved`.

    Arguments: `keras3`, whether in Keras 3's way; `shapes`, of everything that flows in the models, which Keras 3
    writes down; `above`, the names of the models around it.
    Raises: ConfigurationError for what Keras does not have.
    """
    kind, config = saved["class_name"], saved["config"]
    if kind == "Sequential":
        listed = [architecture(one, keras3, shapes, f"{above}{config['name']}/") for one in config["layers"]]
        inner = {"name": config["name"], "trainable": config.get("trainable", True), "layers": listed}
        return _entry("keras", kind, inner, keras3)
    if kind in MODELS or "inputs" in config:
        return _entry("keras", kind, _functional(config, keras3, shapes, f"{above}{config['name']}/"), keras3)
    if kind in OWN or (keras3 and kind in FORMER):
        raise ConfigurationError(text("keras_file.not_in_keras", layer=config.get("name"), kind=kind))
    if kind == "TimeDistributed":
        within = architecture(config["layer"], keras3, shapes, above)
        config = {**config, "layer": {"module": "keras.layers", "registered_name": None, **within}}
    return _entry("keras.layers", kind, _config(kind, config, keras3), keras3)


def _entry(module: str, kind: str, config: dict[str, Any], keras3: bool) -> dict[str, Any]:
    if not keras3:
        return {"class_name": kind if kind != "Functional" else "Model", "config": config}
    if ">" in kind:
        return {"module": None, "class_name": kind.rpartition(">")[2], "config": config, "registered_name": kind}
    registered = None
    if kind == "Functional":
        module, registered = "keras.src.models.functional", kind
    return {"module": module, "class_name": kind, "config": config, "registered_name": registered}


def _functional(config: Mapping[str, Any], keras3: bool, shapes: Shapes, within: str) -> dict[str, Any]:
    layers = []
    models = {one["config"]["name"] for one in config["layers"] if one["class_name"] == "Functional"}

    def at(place: Any) -> list[Any]:
        """An output as Keras 3 counts: a functional model that is a layer has been used once before, by itself."""
        name, use, output = place
        return [name, use + (name in models), output]

    def tensor(place: Any) -> dict[str, Any]:
        shape = [None, *shapes[within, place[0], place[1], place[2]]]
        return {
            "class_name": "__keras_tensor__",
            "config": {"shape": shape, "dtype": "float32", "keras_history": list(place)},
        }

    for one in config["layers"]:
        made = architecture({k: v for k, v in one.items() if k != "calls"}, keras3, shapes, within)
        nodes: list[Any] = []
        for call in one["calls"]:
            named = {"training": False} if call["frozen"] else {}
            if one["class_name"] == "Softmax" and len(call["inputs"]) > 1:
                if not keras3:
                    raise ConfigurationError(text("keras_file.masked", layer=one["config"]["name"]))
                scores, mask = (tensor(place) for place in call["inputs"])
                nodes.append({"args": [scores], "kwargs": {**named, "mask": mask}})
            elif keras3:
                row = [tensor(place) for place in call["inputs"]]
                several = len(row) > 1 or one["class_name"] == "Concatenate"
                nodes.append({"args": [row if several else row[0]], "kwargs": named})
            else:
                nodes.append([[*place, named] for place in call["inputs"]])
        layers.append({**made, "name": one["config"]["name"], "inbound_nodes": nodes})
    ends = {key: _form(config[key], at, keras3) for key in ("inputs", "outputs")}
    return {
        "name": config["name"],
        "trainable": config.get("trainable", True),
        "layers": layers,
        "input_layers": ends["inputs"],
        "output_layers": ends["outputs"],
    }


def _form(saved: Any, at: Any, keras3: bool) -> Any:
    if isinstance(saved, Mapping):
        if list(saved) == [""]:
            return at(saved[""]) if keras3 else [at(saved[""])]
        return {name: at(place) for name, place in saved.items()}
    return [at(place) for place in saved]


def _config(kind: str, config: Mapping[str, Any], keras3: bool) -> dict[str, Any]:
    found = dict(config)
    if kind == "RandomCrop" and not found["padding"]:
        del found["padding"]  # Keras's crops have none
    padding = found.get("padding")
    if padding is not None and not isinstance(padding, str) and not kind.startswith("ZeroPadding"):
        raise ConfigurationError(text("keras_file.padding", layer=found.get("name"), received=padding))
    if kind == "InputLayer":
        shape = [None, *found["shape"]]
        return {"batch_shape" if keras3 else "batch_input_shape": shape, "dtype": found["dtype"], "name": found["name"]}
    if argument := UNTAKEN.get(kind):
        del found[argument]
    for name, value in found.items():
        if name.endswith("_initializer") and keras3 and isinstance(value, Mapping):
            found[name] = _saved("keras.initializers", value)
        elif name.endswith("_regularizer") and keras3 and isinstance(value, Mapping):
            found[name] = _saved("keras.regularizers", value)
        elif name.endswith("_constraint") and keras3 and isinstance(value, Mapping):
            found[name] = _saved("keras.constraints", value)
        elif name == "activation" and isinstance(value, Mapping):
            found[name] = architecture(value, keras3, {})
        elif name == "activation" and keras3 and isinstance(value, str) and ">" in value:
            found[name] = _function(value, value)
    if kind == "Lambda" and keras3:
        found["function"] = _function(found["function"], "function")
    return found


def _function(name: str, registered: str) -> dict[str, Any]:
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": registered}


def _saved(module: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {"module": module, "class_name": value["class_name"], "config": value["config"], "registered_name": None}


def compiled(training: Mapping[str, Any], keras3: bool) -> dict[str, Any]:
    """How a model was compiled, from what `konv.models.saving.training_settings` gives, as Keras 3 or 2 writes it."""
    optimizer = training["optimizer"]
    config = dict(optimizer["config"])
    rate = config["learning_rate"] = config.pop("lr", config.get("learning_rate"))
    if keras3 or config.get("schedule_decay") == (0.004 if "decay" in config else 1.0):
        config.pop("schedule_decay", None)
    if keras3:
        config.pop("decay", None)
        config["learning_rate"] = _saved("keras.optimizers.schedules", rate) if isinstance(rate, Mapping) else rate
        made: dict[str, Any] = {"optimizer": {**_saved("keras.optimizers", {**optimizer, "config": config})}}
    else:
        made = {"optimizer_config": {"class_name": optimizer["class_name"], "config": config}}
    return {
        **made,
        "loss": _loss(training["loss"], keras3),
        "metrics": mapped(_metric, training["metrics"]) if keras3 else training["metrics"],
        "loss_weights": training["loss_weights"],
    }


def _metric(saved: Any) -> Any:
    return _saved("keras.metrics", saved) if isinstance(saved, Mapping) else saved


def _loss(saved: Any, keras3: bool) -> Any:
    """Losses as Keras has them: by name where they are as usual, else with their settings."""
    if isinstance(saved, list):
        return [_loss(one, keras3) for one in saved]
    if isinstance(saved, Mapping) and "class_name" not in saved:
        return {name: _loss(one, keras3) for name, one in saved.items()}
    if saved is None:
        return None
    form = {"class_name": saved["class_name"], "config": saved["config"]}
    return _saved("keras.losses", form) if keras3 else form
