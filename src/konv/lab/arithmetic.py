"""How one number in a network came about, as the page shows it: the records of `konv.explain.look` fit to be sent.

Every answer has a `kind`, which says how it is drawn; `value`, what the layer's operation gave; and `output`, what its
activation made of that; arrays stand behind it (`konv.lab.wire`), tables of the size `window` one after the other. A
dense neuron behind a flattening is shown as the template that it is, as large as the maps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from konv.explain import look as looking
from konv.explain.look import BatchNormalised, Neuron, Normalised, Passed, Pooled, Region, WeightedSum
from konv.explain.look.network import Place
from konv.graph import Tensor
from konv.lab.look import Look
from konv.lab.subject import spot
from konv.lab.wire import exact
from konv.ops import Concatenate, Flatten, Softmax

__all__ = ["neuron", "number", "template", "weight"]

MOST = 24
"""Channels, classes, neighbours whose numbers are sent one by one: those that weigh most."""
WIDEST = 16
"""Features that are shown in one row; more are folded into a square."""
Found = dict[str, Any]


def neuron(look: Look, layer: str, row: int, column: int, channel: int) -> tuple[Found, bytes]:
    """How the number at `row`, `column` of map `channel` of `layer` came about, and where in every map it came from.

    Returns: what is said of it; and of a weighted sum, float32, the patches and then the kernels of its `channels`, of
    a pooling the patch; behind them a byte for each place of the window: 1 inside, 0 in padding.
    Raises: UnknownNameError, ConfigurationError where there is no such number.
    """
    place = look.subject.place(layer)
    at, unit = spot(place.output.shape, row, column, channel)
    found = looking.neuron(look.subject.model, look.x, layer, at, unit, look.computed)
    shown, content = _shown(look, place, found)
    node = place.operation
    shown |= {
        "operation": node.op.name,
        "activation": place.activation.op.name if place.activation else "",
        "value": number(found.value),
        "output": number(found.output),
        "regions": [_region(r) for r in look.subject.field(layer, at) if r.layer != layer],
        "reads": [_name(look, t) for t in node.inputs if not t.node.alike],
    }
    return shown, content


def number(value: Any) -> float:
    """A number of an array as JSON has it: as many digits as float32 has."""
    return float(f"{float(value):.9g}")


def _region(region: Region) -> Found:
    return {"layer": region.layer, "box": [region.top, region.left, region.bottom, region.right]}


def _name(look: Look, tensor: Tensor) -> str:
    """The layer that gave `tensor`, as the page knows it; "" for the input, and for what is within a layer."""
    return next((p.name for p in look.subject.view.places if p.output is tensor), "")


def _shown(look: Look, place: Place, found: Neuron) -> tuple[Found, bytes]:
    if isinstance(found, WeightedSum):
        return _product(look, place, found)
    if isinstance(found, Pooled):
        return _pool(found)
    return _said(look, place, found), b""


def _said(look: Look, place: Place, found: Neuron) -> Found:
    if isinstance(found, BatchNormalised):
        names = ("x", "mean", "variance", "epsilon", "gamma", "beta", "normal")
        return {"kind": "batchnorm", **{name: number(getattr(found, name)) for name in names}}
    if isinstance(found, Normalised):
        near = zip(range(*found.neighbours), found.patch, found.squares, strict=True)
        values = {name: number(getattr(found, name)) for name in ("x", "bias", "slope", "exponent", "size")}
        return {"kind": "lrn", "neighbours": [[j, number(x), number(s)] for j, x, s in near], **values}
    assert isinstance(found, Passed)
    op = place.operation.op
    if isinstance(op, Softmax):
        return _softmax(look, place, found)
    if isinstance(op, Flatten):
        shape = place.operation.inputs[0].shape
        return {"kind": "flatten", "at": [int(i) for i in np.unravel_index(found.channel, shape)], "shape": list(shape)}
    if isinstance(op, Concatenate):
        return _join(look, place, found)
    name = str(getattr(op, "function", op.name))
    return {"kind": "pointwise", "name": name, "inputs": [number(x) for x in found.inputs],
            "formula": FORMULAS.get(name, "")}  # fmt: skip


def template(place: Place) -> tuple[int, int, int]:
    """The shape in which the weights of one dense neuron are shown, `(h, w, channels)`: that of the maps behind a
    flattening, else a row, or a square with the last places empty."""
    source = place.operation.inputs[0]
    before = source.node
    if isinstance(before.op, Flatten) and len(before.inputs[0].shape) == 3:
        height, width, channels = before.inputs[0].shape
        return height, width, channels
    size = source.shape[-1]
    width = size if size <= WIDEST else int(np.ceil(np.sqrt(size)))
    return -(-size // width), width, 1


def _product(look: Look, place: Place, found: WeightedSum) -> tuple[Found, bytes]:
    patch, kernel, inside = found.patch, found.kernel, found.inside
    channels, dilation, folded, source = found.channels, found.dilation, False, _name(look, place.operation.inputs[0])
    if patch.ndim == 1:
        height, width, maps = shape = template(place)
        room = np.zeros((2, height * width * maps), patch.dtype)
        room[:, : len(patch)] = patch, kernel
        patch, kernel = room[0].reshape(shape), room[1].reshape(shape)
        folded = len(room[0]) != len(found.patch) or maps == 1
        inside = (np.arange(height * width) < len(found.patch) // maps).reshape(height, width)
        channels = (0, maps)
        if not folded:
            source = _name(look, place.operation.inputs[0].node.inputs[0])
    assert inside is not None
    sums = (patch * kernel).sum((0, 1), dtype=np.float64)
    order = np.argsort(-np.abs(sums), kind="stable")
    most = order[:MOST]
    tables = (np.moveaxis(a[..., most], -1, 0) for a in (patch, kernel))
    said = {
        "kind": "product",
        "top": found.top,
        "left": found.left,
        "dilation": list(dilation),
        "window": list(inside.shape),
        "folded": folded,
        "source": source,
        "channels": [{"channel": channels[0] + int(c), "index": int(c), "sum": number(sums[c])} for c in most],
        "others": {"count": max(len(sums) - MOST, 0), "sum": number(sums[order[MOST:]].sum())},
        "scales": [number(np.abs(patch).max(initial=0)), number(np.abs(kernel).max(initial=0))],
        "count": int(found.patch.size),
        "total": number(found.total),
        "bias": number(found.bias),
    }
    return said, exact(*tables) + inside.tobytes()


def _pool(found: Pooled) -> tuple[Found, bytes]:
    assert found.inside is not None
    said = {
        "kind": "pool",
        "how": "max" if found.how == "max" else "average",
        "top": found.top,
        "left": found.left,
        "window": list(found.inside.shape),
        "winner": list(found.winner),
        "max": number(found.largest),
        "sum": number(found.patch[found.inside].sum(dtype=np.float64)),
        "count": int(found.inside.sum()),
        "average": number(found.mean),
    }
    return said, exact(found.patch) + found.inside.tobytes()


def _softmax(look: Look, place: Place, found: Passed) -> Found:
    row = look.values(place.operation.inputs[0])[found.position].astype(np.float64)
    powers = np.exp(row - row.max())
    order = np.argsort(-row, kind="stable")[:MOST]
    return {
        "kind": "softmax",
        "unit": found.channel,
        "scores": [[int(i), number(row[i]), number(powers[i])] for i in order],
        "own": [number(row[found.channel]), number(powers[found.channel])],
        "largest": number(row.max()),
        "total": number(powers.sum()),
    }


def _join(look: Look, place: Place, found: Passed) -> Found:
    """Which of the inputs the map comes from; concatenated along another axis than the channels, "" says so."""
    channel = found.channel
    for tensor in place.operation.inputs:
        if channel < tensor.shape[-1]:
            return {"kind": "join", "layer": _name(look, tensor), "channel": channel}
        channel -= tensor.shape[-1]
    return {"kind": "join", "layer": "", "channel": found.channel}


def weight(
    look: Look, layer: str, channel: int, tap: tuple[int, int, int], label: int, rate: float
) -> tuple[Found, bytes]:
    """How one weight of the neurons of map `channel` of `layer` learns from this image, if its class were `label`.

    Arguments: `tap`, row and column in the kernel, and which of its channels; `rate`, the learning rate.
    Returns: `loss`, the `gradient`, and the weight `before` and `after` the step; and three tables, float32: what came
    back to every place of the map, what the weight met there, and their products, whose sum is the gradient.
    Raises: ConfigurationError where there is no such weight or no loss.
    """
    place = look.subject.place(layer)
    learned = look.learned(layer, label)
    u, v, i = tap
    if learned.kernel.ndim == 2:
        _, width, maps = template(place)
        index: tuple[int, ...] = ((u * width + v) * maps + i, channel)
    elif place.operation.op.name == "depthwise_conv2d":
        multiplier = learned.kernel.shape[-1]
        index = (u, v, channel // multiplier, channel % multiplier)
    else:
        index = (u, v, i, channel)
    found = looking.weight_gradient(learned, index)
    seen, coming, terms = (
        a[0] if a[0].ndim == 2 else a[0].reshape(-1, 1) for a in (found.seen, found.coming, found.terms)
    )
    said = {
        "loss": number(learned.loss),
        "label": label,
        "probability": number(np.exp(-learned.loss)),
        "window": list(terms.shape),
        "gradient": number(found.gradient),
        "rate": rate,
        "before": number(found.weight),
        "after": number(found.weight - rate * found.gradient),
        "tap": [u, v, i],
        "map": channel,
    }
    return said, exact(coming, seen, terms)


FORMULAS = {
    "relu": "max(0, x)", "sigmoid": "1 / (1 + e⁻ˣ)", "tanh": "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)", "linear": "x",
    "silu": "x / (1 + e⁻ˣ)", "softplus": "ln(1 + eˣ)", "softsign": "x / (1 + |x|)", "exponential": "eˣ",
    "add": "x₁ + x₂", "subtract": "x₁ − x₂", "multiply": "x₁ · x₂", "maximum": "max(x₁, x₂)", "minimum": "min(x₁, x₂)",
    "clipped_relu": "min(max(x, 0), m)", "gelu": "x · Φ(x)", "hard_sigmoid": "min(max(x/6 + ½, 0), 1)",
    "hard_silu": "x · min(max(x/6 + ½, 0), 1)", "elu": "x > 0: x; x ≤ 0: α(eˣ − 1)",
}  # fmt: skip
"""The functions of single numbers, as people write them."""
