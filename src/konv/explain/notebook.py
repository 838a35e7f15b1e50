"""What notebooks show: a model, a layer, a history as HTML, and training as it goes.

Jupyter asks an object for its HTML (`_repr_html_`); rooms above this one leave a place for what draws theirs, which is
filled in here. Curves are SVG in the page's own ink, so they are right on light and dark paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from konv.explain.cost import LayerCost, layer_costs
from konv.explain.html import Markup, join, tag
from konv.explain.tables import network_table, pairs
from konv.graph import Graph
from konv.layers import Layer
from konv.layers.uses import Used
from konv.messages import text
from konv.shapes import show
from konv.train.callbacks import History
from konv.train.progress import shown

__all__ = ["curves", "framed", "history_html", "layer_html", "model_html"]

STYLE = """
.konv { font-size: 13px; line-height: 1.45; max-width: 62em; }
.konv h4 { margin: 0 0 .25em; font-size: 15px; }
.konv p { margin: .25em 0; }
.konv table { border-collapse: collapse; margin: .5em 0; font-size: inherit; }
.konv td:nth-child(2):not(:last-child) { min-width: 24em; }
.konv th, .konv td { text-align: left; vertical-align: top; padding: .25em 1em .25em 0; background: none; }
.konv tr { border-bottom: 1px solid rgba(128, 128, 128, .25); background: none; }
.konv .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.konv small { display: block; opacity: .65; font-weight: 400; }
.konv .bar { display: block; height: 4px; min-width: 4em; background: rgba(31, 111, 178, .2); }
.konv .bar i { display: block; height: 100%; background: #1f6fb2; }
.konv .curves { display: flex; flex-wrap: wrap; gap: 1.5em; }
.konv svg { max-width: 100%; height: auto; color: inherit; }
.konv svg text { font: 11px sans-serif; fill: currentColor; }
.konv dl div { display: flex; gap: 1em; border-bottom: 1px solid rgba(128, 128, 128, .25); }
.konv dt { min-width: 11em; opacity: .7; } .konv dd { margin: 0; }
.konv progress { width: 16em; vertical-align: middle; accent-color: #1f6fb2; }
"""
WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 92, 24, 24
"""Pixels of a curve, and of its margins."""
TRAINED, HELD_OUT = "#7f8a96", "#1f6fb2"


def framed(*children: Markup | str | None) -> str:
    """`children` as what a cell of a notebook shows."""
    return tag("div", tag("style", Markup(STYLE)), *children, class_="konv")


def model_html(model: Any) -> str:
    """`model` with its layers: what each is for, gives and costs; only their names where it waits for its input."""
    heading = tag("h4", f"{type(model).__name__} {model.name}")
    if not model.built:
        names = ", ".join(f"{layer.name} ({type(layer).__name__})" for layer in model.layers)
        return framed(heading, tag("p", names), tag("p", text("notebook.waits")))
    graph: Graph = model.graph
    inputs = ", ".join(show(t.shape) for t in graph.inputs)
    outputs = ", ".join(show(t.shape) for t in graph.outputs)
    words = text("notebook.model", inputs=inputs, outputs=outputs, parameters=f"{model.count_params():,}")
    return framed(heading, tag("p", words), network_table(layer_costs(graph)))


def layer_html(layer: Layer) -> str:
    """`layer`: what it is for, what it gives and costs where it is in a network, and its settings."""
    heading = tag("h4", f"{type(layer).__name__} {layer.name}")
    own = _cost_of(layer)
    facts = [(name, str(value)) for name, value in layer.get_config().items() if name != "name"]
    table = None if own is None else network_table([own])
    return framed(heading, table, tag("details", tag("summary", text("notebook.settings")), pairs(facts)))


def _cost_of(layer: Layer) -> LayerCost | None:
    """What `layer` costs in the network it was last used in; None where it is in none."""
    if not layer.connected:
        return None
    call = layer.calls[-1]
    found = [cost for cost in layer_costs(Graph(call.inputs, call.outputs)) if cost.name == layer.name]
    return found[-1] if found else None


def history_html(history: History) -> str:
    """`history` as curves, and the last epoch's numbers."""
    measured: Mapping[str, Sequence[Any]] = history.history
    if not history.epoch:
        return framed(tag("p", text("notebook.no_epochs")))
    drawn = curves([epoch + 1 for epoch in history.epoch], measured)
    last = ", ".join(f"{name} {shown(values[-1], '.4g')}" for name, values in measured.items() if len(values))
    return framed(tag("h4", text("notebook.history", epochs=len(history.epoch))), drawn, tag("p", last))


def curves(epochs: Sequence[int], measured: Mapping[str, Sequence[Any]]) -> Markup:
    """A curve for each of `measured` over the `epochs`, what was held out (`val_…`) beside what was trained on.

    Of what is one number for each class, the mean.
    """
    measured = {name: [float(np.mean(value)) for value in row] for name, row in measured.items()}
    names = [name for name in measured if not name.startswith("val_")]
    names += [name for name in measured if name.startswith("val_") and name[4:] not in measured]
    figures = (_curve(name, epochs, measured.get(name, ()), measured.get(f"val_{name}", ())) for name in names)
    return tag("div", *figures, class_="curves")


def _curve(name: str, epochs: Sequence[int], trained: Sequence[float], held_out: Sequence[float]) -> Markup:
    """One curve as SVG: least and largest value at the left, the last values at the lines' ends."""
    rows = [(row, colour, words) for row, colour, words in ((trained, TRAINED, "train"), (held_out, HELD_OUT, "val"))
            if len(row)]  # fmt: skip
    values = [float(v) for row, _, _ in rows for v in row if isfinite(v)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = high - low or abs(high) or 1.0
    first, last = epochs[0], epochs[-1]

    def x(epoch: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ((epoch - first) / (last - first) if last > first else 0.5)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / span

    parts = [
        tag("text", name, x=LEFT, y=13, font_weight="bold"),
        tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM, stroke="currentColor",
            stroke_opacity="0.3"),
        *(tag("text", f"{v:.3g}", x=LEFT - 6, y=f"{y(v) + 4:.1f}", text_anchor="end") for v in {low: 0, high: 0}),
        *(tag("text", e, x=f"{x(e):.1f}", y=HEIGHT - 8, text_anchor="middle") for e in {first: 0, last: 0}),
    ]  # fmt: skip
    ends: list[float] = []
    for row, colour, words in rows:
        points = [(x(e), y(float(v))) for e, v in zip(epochs, row, strict=False) if isfinite(v)]
        if not points:
            continue
        line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        at = points[-1]
        height = at[1] + 4
        if ends and abs(height - ends[-1]) < 13:
            height = ends[-1] + (13 if height >= ends[-1] else -13)
        ends.append(height)
        parts += [
            tag("polyline", points=line, fill="none", stroke=colour, stroke_width=2, stroke_linejoin="round"),
            tag("circle", cx=f"{at[0]:.1f}", cy=f"{at[1]:.1f}", r=3, fill=colour),
            tag(
                "text", f"{words} {float(row[-1]):.4g}", x=f"{at[0] + 7:.1f}", y=f"{height:.1f}", style=f"fill:{colour}"
            ),
        ]
    return tag("svg", join(*parts), viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img",
               aria_label=name)  # fmt: skip


Used.shown = layer_html
History.shown = history_html
