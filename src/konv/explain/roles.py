"""What a layer is for at its place in the network: which sentence of `konv.messages.roles` fits, and what fills it in.

Only the decision is here; an operation that has no role of its own at its place keeps the purpose it has anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from konv import ops
from konv.explain.place import Place, is_bend, is_image
from konv.graph import Node
from konv.shapes import Axis, elements, show

__all__ = ["Part", "role"]

Part = tuple[str, dict[str, object]]
"""The key of a text, and the values to fill in."""


def role(place: Place) -> list[Part]:
    """The sentences that say what the layer at `place` is for, one after the other."""
    for kind, decide in DECISIONS.items():
        if isinstance(place.op, kind):
            found = decide(place)
            if found:
                return found
    return [place.op.purpose(*(t.shape for t in place.node.inputs))]


def _convolution(place: Place) -> list[Part]:
    op: Any = place.op
    seen = place.taken[2] // op.groups
    if op.groups > 1 and seen == 1:
        return _depthwise(place)
    if op.kernel == (1, 1):
        return [_pointwise(place)]
    values: dict[str, object] = {
        "filters": f"{op.filters:,}", "kernel": show(op.kernel), "channels": f"{seen:,}", **_view(place),
        **_size(place),
    }  # fmt: skip
    parts: list[Part] = [("role.conv.first" if place.first else "role.conv.deeper", values)]
    if not place.first:
        parts.append(("role.sees.all" if _sees_all(place) else "role.sees.part", values))
    if op.groups > 1:
        parts.append(("role.conv.groups", {"groups": op.groups, "seen": seen, "channels": place.taken[2]}))
    return [*parts, *_steps(place)]


def _steps(place: Place) -> list[Part]:
    """What the stride does; a dilation that looks further."""
    op: Any = place.op
    window = op.window(place.taken)
    parts: list[Part] = []
    if max(axis.stride for axis in window) > 1:
        share = f"{place.taken[0] * place.taken[1] / (place.made[0] * place.made[1]):.0f}"
        values = {"strides": _even([axis.stride for axis in window]), "share": share, **_size(place)}
        parts.append(("role.stride", values))
    elif place.taken[:2] != place.made[:2] and min(place.made[:2]) > 1:
        parts.append(("role.unpadded", _size(place)))
    if max(axis.dilation for axis in window) > 1:
        span = show([axis.span for axis in window])
        parts.append(("role.dilation", {"span": span, "kernel": show([axis.kernel for axis in window])}))
    return parts


def _depthwise(place: Place) -> list[Part]:
    op: Any = place.op
    values = {"filters": place.made[2], "kernel": show(op.kernel), "times": place.made[2]}
    return [("role.conv.depthwise", values), *_steps(place)]


def _pointwise(place: Place) -> Part:
    """1×1: what it does to the number of channels, and for whom."""
    taken, made = place.taken[2], place.made[2]
    values: dict[str, object] = {"taken": f"{taken:,}", "made": f"{made:,}", **_size(place)}
    if _ends_in_scores(place):
        key = "scores"
    elif _is_shortcut(place):
        key = "shortcut" if place.taken[:2] == place.made[:2] else "shortcut_strided"
    elif made < taken and isinstance(place.source.op, ops.DepthwiseConv2D) and not _bends_after(place):
        key = "linear"
    elif isinstance(place.source.op, ops.Concatenate) and _joins_what_it_reads(place):
        key = "dense"
    elif made < taken:
        kernel = _kernel(reader.op) if (reader := _after(place)) is not None else None
        wide = isinstance(kernel, tuple) and max(kernel) > 1
        key = "reduce_before" if wide else "reduce"
        if isinstance(kernel, tuple) and wide:
            values |= {"kernel": show(kernel), "times": f"{taken / made:.3g}"}
    elif made > taken:
        reader = _after(place)
        depthwise = reader is not None and isinstance(reader.op, ops.DepthwiseConv2D)
        key = "expand_for_depthwise" if depthwise else "expand"
    else:
        key = "mix"
    return f"role.conv1x1.{key}", values


def _joins_what_it_reads(place: Place) -> bool:
    """Whether, one layer on, the result is joined with what is read here: a layer of a dense block."""
    joined = place.source.output
    node: Node | None = place.node
    for _ in range(4):
        if node is None:
            return False
        if isinstance(node.op, ops.Concatenate):
            return any(t is joined for t in node.inputs)
        node = Place(node, place.surroundings).next
    return False


def _sees_all(place: Place) -> bool:
    """Whether the view is as large as the image."""
    image = place.surroundings.graph.inputs[0].shape
    return place.sight is not None and all(a >= b for a, b in zip(place.sight.size, image, strict=False))


def _after(place: Place) -> Node | None:
    """The next layer past normalisation and an activation, where there is one alone."""
    following = place.next
    return Place(following, place.surroundings).next if following is not None and is_bend(following.op) else following


def _bends_after(place: Place) -> bool:
    following = place.next
    return following is not None and is_bend(following.op) and not isinstance(following.op, ops.Softmax)


def _ends_in_scores(place: Place) -> bool:
    """Whether what comes out is scores: a softmax follows, past activations and the mean over the map."""
    node: Any = place.node
    while (node := Place(node, place.surroundings).next) is not None:
        if isinstance(node.op, ops.Softmax):
            return True
        if not (is_bend(node.op) or isinstance(node.op, ops.GlobalAveragePool2D)):
            return False
    return False


def _is_shortcut(place: Place) -> bool:
    """Whether it is the whole way past a residual block: from a fork straight into the sum."""
    following = place.next
    return place.forks and following is not None and _is_sum(following.op)


def _is_sum(op: ops.Op) -> bool:
    return isinstance(op, ops.Elementwise) and op.function == "add"


def _pool(place: Place) -> list[Part]:
    op: Any = place.op
    kind = "max" if isinstance(op, ops.MaxPool2D) else "mean"
    window: tuple[Axis, ...] = op.window(place.taken)
    values: dict[str, object] = {
        "pool": show(op.pool), "count": elements(op.pool), "rest": elements(op.pool) - 1,
        "strides": _even(op.strides), **_size(place),
    }  # fmt: skip
    if max(op.strides) == 1:
        return [(f"role.pool.{kind}.in_place", values)]
    if kind == "mean" and _between_dense_blocks(place):
        return [("role.pool.mean.transition", values)]
    overlap = any(axis.kernel > axis.stride for axis in window)
    return [(f"role.pool.{kind}.{'overlapping' if overlap else 'plain'}", values)]


def _between_dense_blocks(place: Place) -> bool:
    """DenseNet's transition: a 1×1 convolution on a concatenation, averaged, and a concatenation after it."""
    source = place.source
    if getattr(source.op, "kernel", None) != (1, 1):
        return False
    return isinstance(Place(source, place.surroundings).source.op, ops.Concatenate) and any(
        isinstance(node.op, ops.Concatenate) for node in place.surroundings.readers[place.node.output]
    )


def _global(place: Place) -> list[Part]:
    if not isinstance(place.op, ops.GlobalAveragePool2D):
        return []
    channels, (height, width) = place.taken[2], place.taken[:2]
    values: dict[str, object] = {"map": show((height, width)), "count": height * width, "channels": channels}
    following = place.next
    if following is not None and isinstance(following.op, ops.Softmax):
        return [("role.global.scores", values)]
    return [("role.global.mean", values)]


def _dense(place: Place) -> list[Part]:
    op: Any = place.op
    values: dict[str, object] = {"features": f"{place.taken[-1]:,}", "units": f"{op.units:,}"}
    following = place.next
    source = place.source
    if following is not None and isinstance(following.op, (ops.Softmax, ops.Sigmoid)):
        return [("role.dense.scores", values)]
    if following is None and not place.surroundings.readers[place.node.output]:
        return [("role.dense.last", values)]
    if isinstance(source.op, ops.Flatten) and is_image(source.inputs[0].shape):
        return [("role.dense.after_map", {**values, "map": show(source.inputs[0].shape)})]
    return [("role.dense.deeper", values)]


def _sum(place: Place) -> list[Part]:
    """A residual sum: one of what is added comes before the other."""
    inputs = place.node.inputs
    if not _is_sum(place.op) or len(inputs) != 2:
        return []
    if any(place.before(_origin(place, a), b) for a, b in (inputs, inputs[::-1])):
        return [("role.sum.residual", {"channels": place.made[-1]})]
    return []


def _origin(place: Place, tensor: Any) -> Any:
    """Where a way into a sum begins: past a projection, a margin or a choice of places, at the fork."""
    for node in place.way_back(tensor):
        readers = place.surroundings.readers[node.output]
        if len(readers) > 1 or not node.inputs:
            return node.output
        if not (isinstance(node.op, (ops.Pad, ops.Slice, ops.BatchNormalization)) or _kernel(node.op) == (1, 1)):
            return tensor
    return tensor


def _kernel(op: ops.Op) -> object:
    return getattr(op, "kernel", None)


def _joined(place: Place) -> list[Part]:
    inputs = place.node.inputs
    counts = [t.shape[-1] for t in inputs]
    values: dict[str, object] = {
        "count": len(inputs), "channels": " + ".join(map(str, counts)), "made": place.made[-1], "old": counts[0],
        "new": counts[-1],
    }  # fmt: skip
    if any(_enlarges(node) for t in inputs for node in place.way_back(t)):
        return [("role.join.skip", values)]
    if len(inputs) == 2 and place.before(inputs[0], inputs[1]):
        return [("role.join.dense", values)]
    kernels = {_kernel(node.op) for t in inputs for node in place.way_back(t) if _kernel(node.op)}
    if len(kernels) > 1:
        return [("role.join.sizes", values)]
    return []


def _enlarges(node: Any) -> bool:
    return isinstance(node.op, (ops.Conv2DTranspose, ops.UpSampling2D))


def _flatten(place: Place) -> list[Part]:
    if not is_image(place.taken):
        return []
    return [("role.flatten", {"shape": show(place.taken), "count": f"{elements(place.made):,}"})]


def _softmax(place: Place) -> list[Part]:
    if not is_image(place.made):
        return []
    return [("role.softmax.places", {"classes": place.made[-1], "places": show(place.made[:2])})]


def _slice(place: Place) -> list[Part]:
    op: Any = place.op
    if not is_image(place.made) or not is_image(place.taken):
        return []
    if max(op.steps) > 1:
        return [("role.slice.every", {"step": max(op.steps), **_size(place)})]
    return [("role.slice.crop", _size(place))]


def _pad(place: Place) -> list[Part]:
    if is_image(place.made) and place.made[:2] == place.taken[:2]:
        return [("role.pad.channels", {"taken": place.taken[2], "made": place.made[2]})]
    return []


def _size(place: Place) -> dict[str, object]:
    """Height × width before and after."""
    return {"from": show(place.taken[:2]), "to": show(place.made[:2])}


def _even(numbers: Sequence[int]) -> str:
    """One number where all are alike, else all: `2`, `2×1`."""
    return str(numbers[0]) if len(set(numbers)) == 1 else show(numbers)


def _view(place: Place) -> dict[str, object]:
    """What one number sees of the input."""
    sight = place.sight
    return {"field": show(sight.size) if sight is not None else ""}


DECISIONS: dict[type | tuple[type, ...], Callable[[Place], list[Part]]] = {
    ops.Conv2D: _convolution,
    ops.DepthwiseConv2D: _depthwise,
    (ops.MaxPool2D, ops.AveragePool2D): _pool,
    ops.GlobalAveragePool2D: _global,
    ops.Dense: _dense,
    ops.Elementwise: _sum,
    ops.Concatenate: _joined,
    ops.Flatten: _flatten,
    ops.Softmax: _softmax,
    ops.Slice: _slice,
    ops.Pad: _pad,
}
