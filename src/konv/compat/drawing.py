"""`plot_model`: a picture of a network's layers and what flows between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from konv.io.atomic import write_bytes
from konv.layers.operation import call_of
from konv.models.network import Network
from konv.shapes import show

__all__ = ["model_to_dot", "plot_model"]

WIDTH, HEIGHT = 2.9, 0.78
"""Inches of a layer's place in the picture."""


def plot_model(
    model: Any,
    to_file: str | Path = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 96,
    **others: Any,
) -> None:
    """Draw the layers of `model` with matplotlib, inputs above, into the picture `to_file`.

    Arguments: `show_shapes`, whether to write the shape of each output; `show_layer_names`, whether to write names
    beside kinds; `dpi`, dots an inch; `show_dtype`, `rankdir`, `expand_nested`, `others`, taken for Keras's sake.
    Raises: GraphError where the model does not know its input's shape yet.
    """
    from io import BytesIO

    from matplotlib.figure import Figure

    places, arrows = _layout(model)
    columns = max(column for column, _ in places.values()) + 1
    rows = max(row for _, row in places.values()) + 1
    figure = Figure(figsize=(columns * WIDTH, rows * HEIGHT), dpi=dpi)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.axis("off")
    for before, after in arrows:
        axes.annotate("", places[after], places[before], arrowprops={"arrowstyle": "->", "color": "#777777"}, zorder=1)
    layers = {layer.name: layer for layer in _network(model).layers}
    for name, (column, row) in places.items():
        layer = layers[name]
        lines = [f"{name}: {type(layer).__name__}" if show_layer_names else type(layer).__name__]
        if show_shapes:
            lines.append(" ".join(show((None, *t.shape)) for call in layer.calls[:1] for t in call.outputs))
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "#444444"}
        axes.text(column, row, "\n".join(lines), ha="center", va="center", fontsize=8, bbox=box, zorder=2)
    picture = BytesIO()
    figure.savefig(picture, format=Path(to_file).suffix.lstrip(".") or "png")
    write_bytes(Path(to_file).expanduser(), picture.getvalue())


def model_to_dot(model: Any, *args: Any, **named: Any) -> str:
    """The layers of `model` in the language of Graphviz: nodes, and arrows between them."""
    places, arrows = _layout(model)
    kinds = {layer.name: type(layer).__name__ for layer in _network(model).layers}
    lines = [f'  "{name}" [shape=box, label="{name}: {kinds[name]}"];' for name in places]
    lines += [f'  "{before}" -> "{after}";' for before, after in arrows]
    return "\n".join(["digraph {", *lines, "}"])


def _network(model: Any) -> Network:
    return Network(model.inputs, model.outputs, model.name)


def _layout(model: Any) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    """Column and row of each layer, its row the greatest distance from an input; and the arrows between layers."""
    network = _network(model)
    depth: dict[str, int] = {}
    arrows: list[tuple[str, str]] = []
    for call in network.calls:
        before = [call_of(t).layer.name for t in call.inputs]
        depth[call.layer.name] = max([depth.get(call.layer.name, 0), *(depth[name] + 1 for name in before)])
        arrows += [(name, call.layer.name) for name in before]
    rows: dict[int, list[str]] = {}
    for name, row in depth.items():
        rows.setdefault(row, []).append(name)
    widest = max(len(names) for names in rows.values())
    places = {
        name: ((widest - len(names)) / 2 + i, float(row)) for row, names in rows.items() for i, name in enumerate(names)
    }
    return places, list(dict.fromkeys(arrows))
