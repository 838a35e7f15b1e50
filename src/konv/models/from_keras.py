"""Architectures as Keras's files describe them, in konv's own form; data in, data out.

Keras 2 lists what a call reads as `[[LAYER, USE, OUTPUT, {…}], …]`, Keras 3 as arguments in which symbolic tensors are
marked `__keras_tensor__`. Nothing in a description is ever run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from konv.errors import ConfigurationError
from konv.initializers import CLASSES as INITIALIZERS
from konv.layers import LAYERS
from konv.layers.registry import found
from konv.messages import text

__all__ = ["architecture", "compiled"]

MODELS = ("Functional", "Model", "Sequential")
EVERY = (
    "name", "trainable", "dtype", "input_shape", "batch_input_shape", "batch_shape", "input_dim",
    "activity_regularizer",
)  # fmt: skip
USUAL: dict[str, tuple[Any, ...]] = {
    "data_format": ("channels_last",), "interpolation": ("nearest",), "groups": (1,), "depth_multiplier": (1,),
    "dilation_rate": ([1, 1], [1], 1), "mode": (0,), "fill_mode": ("constant",),
}  # fmt: skip
NO_MATTER = {
    "seed", "sparse", "ragged", "optional", "input_tensor", "quantization_config", "batch_size", "output_shape",
    "function_type", "module", "output_shape_type", "output_shape_module", "renorm_momentum", "renorm_clipping",
    "virtual_batch_size", "adjustment",
}  # fmt: skip
OPTIMIZER_NO_MATTER = {"loss_scale_factor", "gradient_accumulation_steps", "jit_compile", "is_legacy_optimizer"}
Known = Mapping[str, Any]


def architecture(saved: Mapping[str, Any], custom_objects: Known) -> dict[str, Any]:
    """The model that Keras describes as `saved`, as `konv.models.architecture` has it.

    Raises: ConfigurationError for what konv does not have, and for code.
    """
    kind = str(saved.get("class_name"))
    config = saved["config"]
    if kind == "Sequential":
        listed = config if isinstance(config, list) else config["layers"]
        name = "sequential" if isinstance(config, list) else config.get("name")
        return {"class_name": kind, "config": {"name": name, "layers": [_layer(one, custom_objects) for one in listed]}}
    if kind in MODELS or (isinstance(config, Mapping) and "input_layers" in config):
        own = _custom(saved, custom_objects)
        return {"class_name": own or "Functional", "config": _functional(config, custom_objects)}
    return _layer(saved, custom_objects)


def _functional(config: Mapping[str, Any], custom_objects: Known) -> dict[str, Any]:
    layers = []
    nodes = {str(one.get("name") or one["config"]["name"]): one.get("inbound_nodes") or [] for one in config["layers"]}
    legacy = not any(isinstance(node, Mapping) for listed in nodes.values() for node in listed)
    reads = {name: [_read(node, name) for node in listed] for name, listed in nodes.items()}
    inner = [place for calls in reads.values() for places, _ in calls for place in places]
    outer = _places(config["output_layers"])
    before = {
        str(one.get("name") or one["config"]["name"]): _uses_before(one, reads, inner, outer)
        for one in config["layers"]
        if one.get("class_name") in MODELS
    }

    def at(place: Any, end: bool = False) -> list[Any]:
        layer, use, output = place
        return [layer, use - before.get(layer, (0, 0))[end], output]

    for one in config["layers"]:
        name = str(one.get("name") or one["config"]["name"])
        calls = [{"inputs": [at(p) for p in places], "frozen": frozen} for places, frozen in reads[name]]
        made = _layer(one, custom_objects)
        layers.append({**made, "config": {**made["config"], "name": name}, "calls": calls})
    return {
        "name": config.get("name"),
        "trainable": config.get("trainable", True) is not False,
        "layers": layers,
        "inputs": _form(config["input_layers"], at, legacy),
        "outputs": _form(config["output_layers"], lambda place: at(place, end=True), legacy),
    }


def _uses_before(
    model: Mapping[str, Any], reads: Mapping[str, Any], inner: list[Any], outer: list[Any]
) -> tuple[int, int]:
    """How many uses of a `model` that is a layer are counted before its first in the network: where layers read it, and
    where the network ends in it.

    Keras 2 counts the use of a model by itself in both places, Keras 3 that of a functional one where the network ends.
    Which it was shows in that every use is read.
    """
    name = str(model.get("name") or model["config"]["name"])
    count = len(reads[name])
    functional = model.get("class_name") != "Sequential"
    for shifts in ((0, 1) if functional else (0, 0), (1, 1), (0, 0)):
        uses = {p[1] - shifts[0] for p in inner if p[0] == name} | {p[1] - shifts[1] for p in outer if p[0] == name}
        if uses == set(range(count)):
            return shifts
    return 0, 0


def _is_place(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 3 and isinstance(value[0], str)


def _places(given: Any) -> list[Any]:
    if _is_place(given):
        return [given]
    row = given.values() if isinstance(given, Mapping) else given
    return [place for one in row for place in _places(one)]


def _form(given: Any, at: Any, legacy: bool) -> Any:
    """Inputs or outputs in the form they had: one, a list, a dictionary. Keras 2 lists one too."""
    if _is_place(given):
        return {"": at(given)}
    if isinstance(given, Mapping):
        return {name: at(place) for name, place in given.items()}
    places = _places(given)
    return {"": at(places[0])} if legacy and len(places) == 1 else [at(place) for place in places]


def _read(node: Any, layer: str) -> tuple[list[Any], bool]:
    """What one call of `layer` reads, and whether it was called with `training=False`."""
    if isinstance(node, Mapping):
        named = node.get("kwargs") or {}
        args = node.get("args") or []
        if (len(args) > 1 and any(_marked(one) for one in args[1:])) or any(_marked(v) for v in named.values()):
            args = [one for one in (*args, *named.values()) if _marked(one)]
        return list(_tensors(args)), named.get("training") is False
    entries = [node] if node and isinstance(node[0], str) else node
    kept: dict[str, Any] = next((one[3] for one in entries if len(one) > 3 and one[3]), {})
    if any(isinstance(value, (list, tuple)) and value and _is_place(value) for value in kept.values()):
        raise ConfigurationError(text("keras_file.operation", layer=layer))
    return [one[:3] for one in entries], kept.get("training") is False


def _marked(value: Any) -> bool:
    return next(_tensors(value), None) is not None


def _tensors(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"]
            return
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one)


def _custom(saved: Mapping[str, Any], custom_objects: Known) -> str | None:
    """The name under which a class of the script's own is known; None for Keras's."""
    for name in (saved.get("registered_name"), saved.get("class_name")):
        if isinstance(name, str) and found(name, custom_objects) is not None and name not in LAYERS:
            return name
    return None


def _layer(saved: Mapping[str, Any], custom_objects: Known) -> dict[str, Any]:
    kind, config = str(saved.get("class_name")), saved.get("config") or {}
    if kind in MODELS or "input_layers" in config:
        return architecture(saved, custom_objects)
    if (own := _custom(saved, custom_objects)) is not None:
        plain = {k: _dtype(v) if k == "dtype" else v for k, v in config.items()}
        return {"class_name": own, "config": plain}
    if kind == "ThresholdedReLU":
        plain = {k: v for k, v in config.items() if k != "theta"}
        kind, config = "ReLU", {**plain, "threshold": config.get("theta", 1.0)}
    if kind not in LAYERS:
        raise ConfigurationError(text("keras_file.no_layer", layer=kind, name=config.get("name")))
    return {"class_name": kind, "config": _config(kind, config, custom_objects)}


def _config(kind: str, config: Mapping[str, Any], custom_objects: Known) -> dict[str, Any]:
    """The arguments of the layer `kind`. Raises: ConfigurationError for one that konv does not know, unless it has the
    value that leaves it out."""
    starts = [name.removesuffix("_initializer") for name in LAYERS[kind].arguments if name.endswith("_initializer")]
    kept = [f"{name}_{what}" for name in starts for what in ("regularizer", "constraint")]
    known = {*LAYERS[kind].arguments, *EVERY, *kept, *(("function", "arguments") if kind == "Lambda" else ())}
    found_: dict[str, Any] = {}
    for name, value in config.items():
        if (kind == "TimeDistributed" and name == "layer") or (
            name == "activation" and isinstance(value, Mapping) and value.get("class_name") in LAYERS
        ):
            found_[name] = _layer(value, custom_objects)
        elif name in known:
            found_[name] = _value(name, value)
        elif not (value in (None, False, [], {}) or value in USUAL.get(name, ()) or name in NO_MATTER):
            raise ConfigurationError(text("keras_file.argument", layer=kind, name=name, received=value))
    shape = found_.pop("batch_shape", None)
    if kind == "Lambda":
        found_["function"] = _lambda(config.get("function"), str(config.get("name")), custom_objects)
        found_["arguments"] = found_.get("arguments") or {}
    if kind == "InputLayer":
        shape = found_.pop("batch_input_shape", None) or shape
        found_ = {k: v for k, v in found_.items() if k in ("name", "dtype", "shape")}
        if shape is not None:
            found_["shape"] = list(shape[1:])
    return found_


def _value(name: str, value: Any) -> Any:
    """The argument `name` with konv's form of `value`."""
    if name == "dtype":
        return _dtype(value)
    if name.endswith("_initializer"):
        return _initializer(value)
    if name == "activation":
        return _function(value)
    if name.endswith(("_regularizer", "_constraint")) and isinstance(value, Mapping):
        return {"class_name": value["class_name"], "config": dict(value.get("config") or {})}
    if name == "axis" and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def _dtype(value: Any) -> Any:
    """A type's name; Keras 3 has policies."""
    return value["config"].get("name") if isinstance(value, Mapping) else value


def _function(value: Any) -> Any:
    """The name of a function of Keras's."""
    if isinstance(value, Mapping):
        return value["config"] if isinstance(value.get("config"), str) else value.get("class_name", "").lower()
    return value


def _initializer(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    name, config = value.get("class_name"), value.get("config") or {}
    known = INITIALIZERS[name].arguments if name in INITIALIZERS else tuple(config)
    seed = config.get("seed")
    plain = {k: v for k, v in config.items() if k in known and not (k == "seed" and not isinstance(seed, int))}
    return {"class_name": name, "config": plain}


def _lambda(function: Any, layer: str, custom_objects: Known) -> str:
    """The name of a `Lambda`'s function. Raises: ConfigurationError for code, which is never run."""
    name = function.get("config") if isinstance(function, Mapping) else function
    if isinstance(name, str) and found(name, custom_objects) is not None:
        return name
    raise ConfigurationError(text("keras_file.code", layer=layer))


def compiled(saved: Mapping[str, Any]) -> dict[str, Any] | None:
    """How a model was compiled, as arguments of `compile`: what Keras 3 calls `compile_config`, Keras 2
    `training_config`. None where it was not."""
    optimizer = saved.get("optimizer") or saved.get("optimizer_config")
    if not optimizer or saved.get("loss") is None:
        return None
    given: Any = optimizer
    if isinstance(optimizer, Mapping):
        config = {k: v for k, v in optimizer["config"].items() if k not in OPTIMIZER_NO_MATTER and v is not None}
        rate = config.get("learning_rate")
        if isinstance(rate, Mapping):
            config["learning_rate"] = {"class_name": rate["class_name"], "config": rate["config"]}
        given = {"class_name": optimizer["class_name"].rpartition(">")[2], "config": config}
    metrics = _metrics(saved.get("metrics") or [])
    return {
        "optimizer": given,
        "loss": _loss(saved["loss"]),
        "metrics": metrics,
        "loss_weights": saved.get("loss_weights"),
    }


def _loss(saved: Any) -> Any:
    if isinstance(saved, Mapping) and "class_name" in saved:
        if isinstance(saved.get("config"), str):
            return saved["config"]
        config = {k: v for k, v in saved["config"].items() if k in ("from_logits", "label_smoothing", "delta") and v}
        return {"class_name": saved["class_name"], "config": config}
    if isinstance(saved, Mapping):
        return {name: _loss(one) for name, one in saved.items()}
    return [_loss(one) for one in saved] if isinstance(saved, list) else saved


def _metrics(saved: Any) -> Any:
    if isinstance(saved, Mapping) and "class_name" in saved:
        config = saved["config"]
        return config if isinstance(config, str) else config.get("name")
    if isinstance(saved, Mapping):
        return {name: _metrics(one) for name, one in saved.items()}
    if isinstance(saved, list):
        flat = saved[0] if len(saved) == 1 and isinstance(saved[0], list) else saved
        return [_metrics(one) for one in flat]
    return saved
