"""The table of a model's layers: output shapes, parameters, multiply-adds, receptive fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from konv.explain.sight import sights
from konv.graph import Graph
from konv.layers import Layer
from konv.messages import text
from konv.shapes import show

__all__ = ["Cost", "costs_of", "summary"]


class Cost(NamedTuple):
    """A layer's multiply-adds for one sample, and its receptive field as people write it."""

    macs: int
    sees: str


def summary(
    name: str,
    layers: Sequence[Layer],
    print_fn: Callable[[str], object] | None = None,
    line_length: int | None = None,
    connections: Mapping[str, str] | None = None,
    costs: Mapping[str, Cost] | None = None,
) -> None:
    """Print the table of `layers`, the parameters counted and summed.

    Arguments: `name`, the model's; `print_fn`, called with each line instead of printing; `line_length`, columns of
    the terminal (default its own, 80 for `print_fn`); `connections`, what each layer reads, by its name, where that is
    to be shown; `costs` of each layer, by its name, as far as the network is known.
    """
    width = line_length or (None if print_fn is None else 80)
    console = Console(width=width, highlight=False, color_system="auto" if print_fn is None else None)
    lines = [text("summary.title", model=name), _table(layers, costs or {}, connections), *_totals(layers)]
    if costs:
        lines.append(text("summary.macs", count=sum(cost.macs for cost in costs.values())))
    if print_fn is None:
        for line in lines:
            console.print(line, markup=False)
        return
    with console.capture() as capture:
        for line in lines:
            console.print(line, markup=False)
    for written in capture.get().rstrip("\n").split("\n"):
        print_fn(written)


def costs_of(layers: Sequence[Layer], graph: Graph) -> dict[str, Cost]:
    """What each of `layers` does in `graph`, by its name; a model inside has the sum of its layers' multiply-adds."""
    names = {layer.name for layer in layers}
    seen = sights(graph)
    found: dict[str, Cost] = {}
    for node in graph.nodes:
        name = node.layer if node.layer in names else node.layer.partition("/")[0]
        macs = found[name].macs if name in found else 0
        macs += node.op.macs(*(t.shape for t in node.inputs))
        sight = seen.get(node.output)
        found[name] = Cost(macs, "" if sight is None or sight.size == (1, 1) else show(sight.size))
    return found


def _table(layers: Sequence[Layer], costs: Mapping[str, Cost], connections: Mapping[str, str] | None = None) -> Table:
    table = Table(box=box.HORIZONTALS, header_style="bold")
    table.add_column(text("summary.layer"))
    table.add_column(text("summary.shape"))
    table.add_column(text("summary.parameters"), justify="right")
    table.add_column(text("summary.multiply_adds"), justify="right")
    table.add_column(text("summary.sees"), justify="right")
    if connections is not None:
        table.add_column(text("summary.connected"))
    for layer in layers:
        known = layer.connected
        shape = str(layer.output_shape) if known else text("summary.unknown")
        parameters = f"{layer.count_params():,}" if layer.built or known else text("summary.unknown")
        read = [] if connections is None else [connections[layer.name]]
        cost = costs.get(layer.name, Cost(0, ""))
        macs = f"{cost.macs:,}" if cost.macs else ""
        cells = (f"{layer.name} ({type(layer).__name__})", shape, parameters, macs, cost.sees, *read)
        table.add_row(*map(escape, cells))
    return table


def _totals(layers: Sequence[Layer]) -> list[str]:
    """Lines of how many parameters there are, a layer that stands twice counted once."""
    variables = {id(v): v for layer in layers for v in layer.weights}.values()
    trained = [v for v in variables if v.trainable]
    fixed = [v for v in variables if not v.trainable]
    lines = []
    for key, counted in (("total", trained + fixed), ("trainable", trained), ("fixed", fixed)):
        count, size = sum(v.size for v in counted), _bytes(sum(v.size * v.dtype.itemsize for v in counted))
        lines.append(text(f"summary.{key}", count=count, size=size))
    return lines


def _bytes(count: int) -> str:
    """Bytes as people write them: `4.78 MB` (1 MB = 10⁶ bytes)."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.2f} {unit}"
    return f"{count} B"
