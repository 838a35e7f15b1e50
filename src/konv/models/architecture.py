"""Networks as JSON: which layers there are, and what each use of them reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from konv.errors import GraphError
from konv.graph import Tensor
from konv.layers import InputLayer, Layer, TimeDistributed, deserialize, serialize
from konv.layers.operation import call_of
from konv.layers.registry import found
from konv.messages import text
from konv.names import unknown
from konv.ops.record import Array

if TYPE_CHECKING:
    from konv.models.base import Model
    from konv.models.structure import Structure

__all__ = ["KINDS", "described", "inside", "rebuilt", "restored", "written"]

KINDS: dict[str, type[Model]] = {}
"""The kinds of models a file can hold, by name; each enters itself."""
Weights = Mapping[str, Array]


def inside(weights: Weights | None, name: str) -> Weights | None:
    """Those of `weights` that belong to the layer or model `name`, under the names it gives them itself."""
    if weights is None:
        return None
    return {key.removeprefix(f"{name}/"): value for key, value in weights.items() if key.startswith(f"{name}/")}


def described(layer: Layer) -> dict[str, Any]:
    """A layer or model as a file keeps it: its class's name and its configuration, without weights."""
    saved = serialize(layer)
    if saved["class_name"] == "Model":
        return {**saved, "class_name": "Functional"}
    if isinstance(layer, TimeDistributed):
        return {**saved, "config": {**saved["config"], "layer": described(layer.layer)}}
    form = getattr(layer, "form", None)
    if form is None or not layer.built or type(layer).call is Layer.call:
        return saved
    inputs = form("inputs")
    shapes = inputs.saved([[None, *t.shape] for t in inputs.tensors])
    return {**saved, "name": layer.name, "trainable": layer.trainable, "build": shapes}


def restored(saved: Mapping[str, Any], custom_objects: Mapping[str, Any], weights: Weights | None) -> Layer:
    """The layer or model that `described` gave as `saved`, `weights` in place of initial ones.

    Raises: UnknownNameError for a class that is neither konv's nor one of `custom_objects`; what its making raises.
    """
    name = saved["class_name"]
    custom = found(name, custom_objects)
    kind = custom if custom is not None else KINDS.get(name)
    if isinstance(kind, type) and issubclass(kind, tuple(KINDS.values())):
        return _model(cast("type[Model]", kind), saved, custom_objects, weights)
    if kind is None and name == TimeDistributed.__name__:
        inner = restored(saved["config"]["layer"], custom_objects, inside(weights, "layer"))
        saved = {**saved, "config": {**saved["config"], "layer": inner}}
    layer = deserialize(saved, custom_objects)
    if weights is not None:
        layer.restore(weights)
    return layer


def _model(
    kind: type[Model], saved: Mapping[str, Any], custom_objects: Mapping[str, Any], weights: Weights | None
) -> Layer:
    """The model of a `kind`; a class with a `call` is made, given its weights, and built."""
    if kind.call is Layer.call:
        return kind.from_config(saved["config"], custom_objects, weights)
    model = kind(**saved["config"])
    if "build" in saved:
        shapes, model.name = saved["build"], saved["name"]
        if weights is not None:
            model.restore(weights)
        model.build(shapes[""] if isinstance(shapes, Mapping) and list(shapes) == [""] else shapes)
        if not saved["trainable"]:
            model.trainable = False
    return model


def written(model: Structure) -> dict[str, Any]:
    """The network of `model`, fit for JSON: its layers in order, each with what its uses read, as
    `[layer, use, output]`; and where the inputs and outputs are."""
    network = model.network
    place = {
        id(tensor): [call.layer.name, network.number(call), i]
        for call in network.calls
        for i, tensor in enumerate(call.outputs)
    }

    def at(tensor: Tensor) -> list[Any]:
        call_of(tensor)
        return place[id(tensor)]

    layers = []
    for layer in network.layers:
        uses = [call for call in network.calls if call.layer is layer and call.inputs]
        calls = [{"inputs": [at(t) for t in call.inputs], "frozen": call.frozen} for call in uses]
        layers.append({**described(layer), "calls": calls})
    inputs, outputs = model.form("inputs"), model.form("outputs")
    return {
        "layers": layers,
        "inputs": inputs.saved([at(t) for t in inputs.tensors]),
        "outputs": outputs.saved([at(t) for t in outputs.tensors]),
    }


def rebuilt(config: Mapping[str, Any], custom_objects: Mapping[str, Any], weights: Weights | None) -> tuple[Any, Any]:
    """The inputs and outputs of the network that `written` gave as `config`, in the form they had.

    Raises: GraphError where layers wait for each other; UnknownNameError; what the making of layers raises.
    """
    layers: dict[str, Layer] = {}
    waiting: list[tuple[str, int, Any]] = []
    made: dict[tuple[str, int, int], Tensor] = {}
    for saved in config["layers"]:
        name = saved["config"]["name"]
        layers[name] = layer = restored(saved, custom_objects, inside(weights, name))
        if isinstance(layer, InputLayer):
            made[name, 0, 0] = layer.output
        waiting += [(name, number, use) for number, use in enumerate(saved["calls"])]
        if not saved["calls"] and not isinstance(layer, InputLayer):
            waiting.append((name, 0, {"inputs": [], "frozen": False}))
    while waiting:
        later = []
        for name, number, use in waiting:
            keys = [_key(place) for place in use["inputs"]]
            if all(key in made for key in keys) and (number == 0 or (name, number - 1, 0) in made):
                outputs = layers[name].call_on(tuple(made[key] for key in keys), False if use["frozen"] else None)
                made.update({(name, number, i): tensor for i, tensor in enumerate(outputs)})
            else:
                later.append((name, number, use))
        if len(later) == len(waiting):
            model = str(config.get("name"))
            for name, _, use in waiting:
                for source, *_ in map(_key, use["inputs"]):
                    if source not in layers:
                        raise GraphError(text("no_such_source", model=model, layer=name, source=source))
            raise GraphError(text("cycle", model=model, names=", ".join(dict.fromkeys(name for name, *_ in waiting))))
        waiting = later
    return _form(config["inputs"], made, layers), _form(config["outputs"], made, layers)


def _key(place: Any) -> tuple[str, int, int]:
    layer, use, output = place
    return str(layer), int(use), int(output)


def _form(saved: Any, made: Mapping[tuple[str, int, int], Tensor], layers: Mapping[str, Layer]) -> Any:
    def at(place: Any) -> Tensor:
        key = _key(place)
        if key not in made:
            raise unknown("layer", key[0], layers)
        return made[key]

    if isinstance(saved, Mapping):
        row = {name: at(place) for name, place in saved.items()}
        return row[""] if list(row) == [""] else row
    return [at(place) for place in saved]
