"""A network in words and numbers for the page: its layers in the order data flows, and what each reads."""

from __future__ import annotations

from typing import Any

from konv.explain.cost import LayerCost, layer_costs
from konv.explain.look.network import Place
from konv.lab.look import Look
from konv.lab.subject import Subject
from konv.lab.whatif import own_groups, own_kernel
from konv.lab.wire import scale_of

__all__ = ["layers", "network", "scales"]


def layers(subject: Subject) -> list[dict[str, Any]]:
    """The layers as the page draws them: name, operation, shape, and the layers each reads ("" for the input),
    and the size of its kernels and the numbers of groups they can be tried in."""
    return [
        {
            "name": place.name,
            "operation": place.operation.op.name,
            "activation": place.activation.op.name if place.activation else "",
            "shape": list(place.output.shape),
            "reads": _reads(subject, place),
            "kernel": own_kernel(place),
            "groups": own_groups(place),
        }
        for place in subject.shown
    ]


def _reads(subject: Subject, place: Place) -> list[str]:
    """The layers before one, past those that are not shown."""
    made = {p.output: p for p in subject.view.places}
    found: list[str] = []
    for tensor in (t for node in place.nodes for t in node.inputs if not t.node.alike):
        before = made.get(tensor)
        if before is not None and before not in subject.shown:
            found += _reads(subject, before)
        elif before is not None:
            found.append(before.name)
        elif tensor in subject.view.inputs:
            found.append("")
    return list(dict.fromkeys(found))


def scales(look: Look) -> dict[str, float]:
    """For every layer, what full colour stands for."""
    return {place.name: scale_of(look.values(place.output)) for place in look.subject.shown}


def network(subject: Subject) -> dict[str, Any]:
    """Every layer with its cost and its explanation in the language in force, and the layers it reads."""
    costs = {cost.name: cost for cost in layer_costs(subject.model.graph)}
    found = []
    for place in subject.view.places:
        cost = costs.get(place.name) or costs[place.name.partition(":")[0]]
        reads = _reads(subject, place)
        found.append({"name": place.name, "kind": place.kind, "reads": reads, "hidden": place not in subject.shown,
                      **_facts(cost), "shape": list(place.output.shape)})  # fmt: skip
    total = {name: sum(layer[name] for layer in found) for name in ("parameters", "macs", "bytes")}
    return {"name": subject.name, "input": list(subject.shape), "layers": found, "total": total}


def _facts(cost: LayerCost) -> dict[str, Any]:
    return {
        "purpose": cost.purpose,
        "inputs": [list(s) for s in cost.input_shapes],
        "parameters": cost.parameters,
        "biases": cost.biases,
        "parameter_arithmetic": cost.parameter_arithmetic,
        "shape_arithmetic": cost.shape_arithmetic,
        "field": list(cost.receptive_field),
        "jump": list(cost.jump),
        "macs": cost.macs,
        "bytes": cost.activation_bytes,
    }
