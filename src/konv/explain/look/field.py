"""What one place of a layer sees: its receptive field on the image, and on every layer between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from konv.explain.look.activations import normal_position
from konv.explain.look.network import Network, Place, View, opened
from konv.explain.reach import Reach, moves, sees_all
from konv.graph import Node, Tensor
from konv.ops.source import Input as Source

__all__ = ["Region", "receptive_field", "regions"]

Span = tuple[int, int]


@dataclass(frozen=True)
class Region:
    """A rectangle of places in what `layer` gives (the network's input, or a layer): rows `top` to `bottom`, columns
    `left` to `right`, the last ones left out."""

    layer: str
    top: int
    bottom: int
    left: int
    right: int


def receptive_field(model: Network, layer: str, position: Any) -> tuple[Region, ...]:
    """What the place `position` of `layer` depends on: a region on each input that is an image, and on each layer
    between, in the order data flows; `layer` itself comes last.

    Arguments: `model`; `layer`, a name; `position`, `(row, column)`, or `()` of a layer without places, which sees all.
    Raises: UnknownNameError for a layer there is not; ConfigurationError for a place there is not.
    Source: Araujo, Norris & Sim, *Computing receptive fields of convolutional neural networks*, Distill, 2019.
    """
    view = opened(model)
    place = view.find(layer)
    at = normal_position(place.output.shape, position, place.name)
    found = regions(view, place, at)
    names = {t: t.node.layer for t in view.inputs}
    names |= {p.output: p.name for p in view.places} | {place.output: place.name}
    ordered = [node.output for node in view.nodes if node.output in found and node.output in names]
    return tuple(Region(names[t], *found[t][0], *found[t][1]) for t in ordered)


def regions(view: View, place: Place, position: Sequence[int]) -> dict[Tensor, tuple[Span, Span]]:
    """Rows and columns, in every image tensor, that the numbers at `position` of `place` depend on."""
    spans = tuple((i, i + 1) for i in position)
    rows, columns = spans if len(spans) == 2 else ((0, 1), spans[0] if spans else (0, 1))
    found: dict[Tensor, tuple[Span, Span] | None] = {place.output: (rows, columns)}
    for node in reversed(view.nodes):
        if node.output not in found or isinstance(node.op, Source):
            continue
        for tensor in node.inputs:
            if not tensor.node.alike:
                seen = _seen(node, tensor, found[node.output])
                found[tensor] = _union(found[tensor], seen) if tensor in found else seen
    return {t: spans for t, spans in found.items() if spans is not None}


def _union(one: tuple[Span, Span] | None, other: tuple[Span, Span] | None) -> tuple[Span, Span] | None:
    if one is None or other is None:
        return one or other
    (a, b), (c, d) = one, other
    return (min(a[0], c[0]), max(a[1], c[1])), (min(b[0], d[0]), max(b[1], d[1]))


def _seen(node: Node, tensor: Tensor, spans: tuple[Span, Span] | None) -> tuple[Span, Span] | None:
    """What of `tensor` the region `spans` of the node's output depends on; None where `tensor` has no places."""
    if len(tensor.shape) != 3:
        return None
    whole = (0, tensor.shape[0]), (0, tensor.shape[1])
    shape = node.output.shape
    if spans is None or len(shape) != 3:
        return whole
    moved = moves(node.op, tensor.shape, shape)
    if moved is None:
        return whole if sees_all(node.op, tensor.shape, shape) else spans
    rows, columns = (_met(reach, *span, n) for (reach, _, _), span, n in zip(moved, spans, tensor.shape, strict=False))
    return rows, columns


def _met(reach: Reach, begin: int, end: int, size: int) -> Span:
    """What the places from `begin` to before `end` meet of `size` places; of nothing but padding, the nearest place."""
    first = min(max(reach(begin)[0], 0), size - 1)
    return first, max(min(reach(end - 1)[1] + 1, size), first + 1)
