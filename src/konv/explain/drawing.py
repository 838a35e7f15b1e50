"""A network drawn to scale: every map a slab as high and wide as it is, in the style of AlexNet's figure.

Heights and widths are to scale. Thickness and the height of vectors grow as the root of the number of channels, for to
scale they would be thousands of times apart. The window of the next layer lies on the map it reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt

from konv.explain.cost import LayerCost
from konv.explain.explanation import Explanation
from konv.explain.html import Markup, tag
from konv.explain.layer_table import window_of
from konv.messages import text
from konv.shapes import Shape, show

__all__ = ["drawing"]

TALLEST = 210.0
"""Height of the largest map."""
SLANT = (0.34, -0.2)
"""Right and down, by which a map's width is drawn, for each unit of it."""
MOST = 26
"""Slabs at most; of longer networks, neighbours of one size become one."""
LETTER = 7.0
MARGIN, FOOT, HEAD = 16.0, 56.0, 34.0
STYLE = """
.net { --c: #1f6fb2; --c2: #d9e8f5; --w: #b8461a; --w2: #fbe9e0; --g: #5c6874; --g2: #e9ecef; --k: #1d2733;
  font: 10px system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
@media screen and (prefers-color-scheme: dark) {
  .net { --c: #62aeea; --c2: #1f3a52; --w: #f0854f; --w2: #43281a; --g: #9aa6b2; --g2: #2e363f; --k: #e4e9ee; } }
.net text { fill: var(--k); text-anchor: middle; } .net .d { fill: var(--g); }
.net polygon { stroke: var(--g); fill: var(--g2); stroke-width: .7; stroke-linejoin: round; }
.net .conv polygon { stroke: var(--c); fill: var(--c2); } .net .pool polygon { stroke: var(--w); fill: var(--w2); }
.net .dense polygon { stroke: var(--k); fill: var(--g2); }
.net .window { fill: none; stroke: var(--w); stroke-width: .9; }
.net .ray { stroke: var(--w); stroke-width: .5; opacity: .7; }
.net .past { fill: none; stroke: var(--g); stroke-width: 1; stroke-dasharray: 3 2; }
"""

Point = tuple[float, float]


@dataclass(frozen=True)
class Slab:
    """One or several layers drawn as a slab: `shape` of its map, `first` and `last` of the layers, `count` of them."""

    shape: Shape
    first: LayerCost
    last: LayerCost
    count: int
    group: str
    x: float = 0.0

    @property
    def flat(self) -> bool:
        """Whether it is a vector."""
        return len(self.shape) != 3

    @property
    def labels(self) -> tuple[str, str, str]:
        """Lines below it."""
        name = self.first.name if self.count == 1 else f"… {self.last.name}"
        if self.count > 1:
            return name, show(self.shape), text("explain.layers", count=self.count)
        return name, show(self.shape), window_of(self.first)


def drawing(explanation: Explanation) -> Markup:
    """The SVG of the network of `explanation`; a layer's purpose shows where the pointer rests on it."""
    path = _path(explanation.layers)
    slabs = _slabs(path, explanation.layers)
    scale = TALLEST / max((max(slab.shape[:2]) for slab in slabs if not slab.flat), default=1)
    slant = max((-_box(slab, scale)[3] for slab in slabs), default=0.0)
    middle = HEAD + (TALLEST + slant) / 2
    placed, x = [], MARGIN
    for slab in slabs:
        wide = max(LETTER * max(map(len, slab.labels)), _reach(slab, scale) + 16)
        placed.append(replace(slab, x=x + max(0.0, (wide - _reach(slab, scale)) / 2)))
        x += wide + 6
    height = middle + (TALLEST + slant) / 2 + FOOT
    bodies = [_body(slab, scale, middle) for slab in placed]
    windows = [_window(a, b, scale, middle) for a, b in pairwise(placed)]
    labels = [_label(slab, scale, height) for slab in placed]
    arcs = _past(explanation.layers, path, placed, scale, middle)
    parts = [*arcs, *bodies, *(w for w in windows if w is not None), *labels]
    parts = [tag("style", Markup(STYLE)), tag("title", explanation.model), *parts]
    return tag("svg", *parts, xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {x + MARGIN:.0f} {height:.0f}",
               width=f"{x + MARGIN:.0f}", height=f"{height:.0f}", class_="net", role="img",
               aria_label=text("explain.drawing_alt", model=explanation.model))  # fmt: skip


def _path(layers: Sequence[LayerCost]) -> list[LayerCost]:
    """The longest way from an input to the last layer."""
    named = {layer.name: layer for layer in layers}
    depth: dict[str, int] = {}
    for layer in layers:
        depth[layer.name] = 1 + max((depth.get(name, 0) for name in layer.reads), default=0)
    found = [layers[-1]]
    while before := [name for name in found[-1].reads if name in named and name != found[-1].name]:
        found.append(named[max(before, key=lambda name: depth[name])])
    return found[::-1]


def _slabs(path: Sequence[LayerCost], layers: Sequence[LayerCost]) -> list[Slab]:
    """What is drawn: every layer that makes another map; of long networks one slab a block, of longer ones a size."""
    drawn = _drawn(path)
    if len(drawn) > MOST:
        drawn = _drawn(_blocks(path, layers), joins=True)
    return drawn if len(drawn) <= MOST else _gathered(drawn)


def _blocks(path: Sequence[LayerCost], layers: Sequence[LayerCost]) -> list[LayerCost]:
    """`path` without what lies between a fork and the place where its ways meet again.

    A way that goes down to smaller maps and up again is no block but most of the network: U-Net's.
    """
    named = {layer.name: layer for layer in layers}
    places = {layer.name: place for place, layer in enumerate(path)}
    inside: set[int] = set()
    for place, layer in enumerate(path):
        begins = [places[_onto(name, named, places)] for name in layer.reads]
        within = range(min(begins, default=place) + 1, place)
        ends = min(path[min(begins)].output_shape[0], layer.output_shape[0]) if within else 0
        if len(begins) > 1 and all(path[i].output_shape[0] >= ends for i in within):
            inside |= set(within)
    return [layer for place, layer in enumerate(path) if place not in inside]


def _onto(name: str, named: Mapping[str, LayerCost], places: Mapping[str, int]) -> str:
    """The first layer of the path on the way back from the one called `name`."""
    while name not in places:
        name = named[name].reads[0]
    return name


def _drawn(path: Sequence[LayerCost], joins: bool = False) -> list[Slab]:
    """Layers with a window or weights, those whose output has another shape than their input, and `joins` of ways."""
    drawn: list[Slab] = []
    for layer in path:
        shape = layer.output_shape
        rearranged = layer.kind in ("Flatten", "Reshape", "BatchNormalization")
        same = shape == drawn[-1].shape if drawn else False
        bare = same and not layer.window and not layer.parameters and not (joins and len(layer.reads) > 1)
        if drawn and (rearranged or bare):
            continue
        drawn.append(Slab(shape, layer, layer, 1, _group(layer)))
    return drawn


def _gathered(slabs: Sequence[Slab]) -> list[Slab]:
    """Neighbours of one height and width as one slab, with the channels of the last."""
    found: list[Slab] = []
    for slab in slabs:
        before = found[-1] if found else None
        if before is not None and before.shape[:-1] == slab.shape[:-1] and before.first.reads and not slab.flat:
            found[-1] = Slab(slab.shape, before.first, slab.last, before.count + 1, "conv")
        else:
            found.append(slab)
    return found


def _group(layer: LayerCost) -> str:
    kinds = (("Conv", "conv"), ("Depthwise", "conv"), ("LocallyConnected", "conv"), ("Dense", "dense"), ("Max", "pool"),
             ("Average", "pool"), ("Global", "pool"), ("Concatenate", "conv"), ("Add", "conv"))  # fmt: skip
    return next((group for word, group in kinds if layer.kind.startswith(word)), "other")


def _box(slab: Slab, scale: float) -> tuple[float, float, float, float]:
    """Thickness and height; right and down of the slanting side."""
    if slab.flat:
        return 7.0, min(max(2.2 * sqrt(slab.shape[0]), 8.0), TALLEST), 0.0, 0.0
    height, width, channels = slab.shape
    aslant = width * scale
    return 2 + 1.1 * sqrt(channels), max(height * scale, 2.0), SLANT[0] * aslant, SLANT[1] * aslant


def _reach(slab: Slab, scale: float) -> float:
    thick, _, right, _ = _box(slab, scale)
    return thick + right


def _corners(slab: Slab, scale: float, middle: float) -> tuple[Point, Point, Point]:
    """The upper left corner of the front, that of the side, and what the side is aslant by."""
    thick, height, right, down = _box(slab, scale)
    top = middle - height / 2 - down / 2
    return (slab.x, top), (slab.x + thick, top), (right, down)


def _body(slab: Slab, scale: float, middle: float) -> Markup:
    _, height, _, _ = _box(slab, scale)
    (x, y), (sx, _), (right, down) = _corners(slab, scale, middle)
    front = [(x, y), (sx, y), (sx, y + height), (x, y + height)]
    faces = [front]
    if not slab.flat:
        faces.append([(x, y), (sx, y), (sx + right, y + down), (x + right, y + down)])
        faces.append([(sx, y), (sx + right, y + down), (sx + right, y + down + height), (sx, y + height)])
    said = slab.first.purpose if slab.count == 1 else f"{slab.first.name} – {slab.last.name}"
    polygons = (tag("polygon", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in face)) for face in faces)
    return tag("g", tag("title", f"{slab.first.name}: {said}"), *polygons, class_=slab.group)


def _window(slab: Slab, following: Slab, scale: float, middle: float) -> Markup | None:
    """The window of `following` on the map of `slab`, and rays to where its result goes."""
    if slab.flat or following.flat or not following.first.window or following.count > 1:
        return None
    rows, columns = following.first.window[-2:]
    tall, wide = min(rows.span / slab.shape[0], 1.0), min(columns.span / slab.shape[1], 1.0)
    _, height, _, _ = _box(slab, scale)
    _, (sx, sy), (right, down) = _corners(slab, scale, middle)

    def at(u: float, v: float) -> Point:
        return sx + u * right, sy + v * height + u * down

    corners = [at(0.5 + a * wide / 2, 0.5 + b * tall / 2) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    goal = (following.x, middle)
    rays = (
        tag("line", x1=f"{a:.1f}", y1=f"{b:.1f}", x2=f"{goal[0]:.1f}", y2=f"{goal[1]:.1f}", class_="ray")
        for a, b in (corners[1], corners[2])
    )
    rectangle = tag("polygon", points=" ".join(f"{a:.1f},{b:.1f}" for a, b in corners), class_="window",
                    style="fill:none;stroke:var(--w)")  # fmt: skip
    return tag("g", rectangle, *rays)


def _label(slab: Slab, scale: float, height: float) -> Markup:
    x = slab.x + _reach(slab, scale) / 2
    lines = zip(slab.labels, ("", "d", "d"), strict=True)
    said = (tag("text", line, x=f"{x:.1f}", y=f"{height - FOOT + 18 + 13 * i:.1f}", class_=kind or None)
            for i, (line, kind) in enumerate(lines))  # fmt: skip
    return tag("g", *said)


def _past(
    layers: Sequence[LayerCost], path: Sequence[LayerCost], slabs: Sequence[Slab], scale: float, middle: float
) -> list[Markup]:
    """Arcs from where ways fork to where they meet again."""
    named = {layer.name: layer for layer in layers}
    on_path = {layer.name: place for place, layer in enumerate(path)}
    begins = [on_path[slab.first.name] for slab in slabs]

    def slab_of(name: str) -> int:
        place = on_path[_onto(name, named, on_path)]
        return max(i for i, begin in enumerate(begins) if begin <= place)

    arcs = set()
    for place, layer in enumerate(path):
        for name in layer.reads:
            start, end = slab_of(name), slab_of(layer.name)
            if name != path[place - 1].name and end - start > 1:
                arcs.add((start, end))
    found = []
    for start, end in sorted(arcs):
        (a, left), (b, right) = (_top(slabs[i], scale, middle) for i in (start, end))
        tops = [_top(slab, scale, middle)[1] for slab in slabs[start : end + 1]]
        highest = min(tops) - min(10 + 0.02 * (b - a), HEAD - 2)
        y = (highest - (left + right) / 8) / 0.75  # where a curve must aim at to get there
        curve = f"M{a:.1f} {left:.1f} C{a:.1f} {y:.1f} {b:.1f} {y:.1f} {b:.1f} {right:.1f}"
        found.append(tag("path", d=curve, class_="past"))
    return found


def _top(slab: Slab, scale: float, middle: float) -> Point:
    """The middle of the upper side."""
    (x, y), _, (right, down) = _corners(slab, scale, middle)
    return x + (_reach(slab, scale) if right else _box(slab, scale)[0]) / 2, y + down / 2
