"""The explanation of a network: its layers, their sums, and the forms it is shown in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from konv.explain.cost import LayerCost, layer_costs
from konv.explain.memory import Memory, memory
from konv.graph import Graph
from konv.shapes import Shape

__all__ = ["Explanation", "Total", "explained"]


@dataclass(frozen=True)
class Total:
    """Sums over all layers, for one sample."""

    parameters: int
    macs: int
    activation_bytes: int


@dataclass(frozen=True)
class Explanation:
    """What every layer of `model` is for, sees and costs, for one sample of `input_shape`.

    `layers` in the order data flows, `total` their sums, `memory` in bytes, `statistics` the numbers that follow the
    data without being trained. Printed, it is a table; in a notebook, a page.
    """

    model: str
    input_shape: Shape
    layers: tuple[LayerCost, ...]
    total: Total
    memory: Memory
    statistics: int

    def answer(self) -> dict[str, Any]:
        """All of it as `konv explain --json` gives it, fit for JSON."""
        return {
            "schema": 1,
            "model": self.model,
            "input_shape": self.input_shape,
            "layers": [layer.answer() for layer in self.layers],
            "total": asdict(self.total),
        }

    def json(self) -> str:
        """The answer as the text of a JSON file."""
        return json.dumps(self.answer(), ensure_ascii=False)

    def table(self, width: int = 100) -> str:
        """A table for a terminal of `width` columns, without colours."""
        from konv.explain.layer_table import plain

        return plain(self, width)

    def html(self) -> str:
        """One page that needs nothing but itself, in the language in force."""
        from konv.explain.page import page

        return page(self)

    def svg(self) -> str:
        """The network drawn to scale, as an SVG file."""
        from konv.explain.drawing import drawing

        return drawing(self)

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        from konv.explain.page import fragment

        return fragment(self)


def explained(graph: Graph, model: str) -> Explanation:
    """The explanation of `graph`, called `model`, in the language in force."""
    layers = layer_costs(graph)
    total = Total(
        parameters=sum(layer.parameters for layer in layers),
        macs=sum(layer.macs for layer in layers),
        activation_bytes=sum(layer.activation_bytes for layer in layers),
    )
    statistics = sum(layer.statistics for layer in layers)
    return Explanation(model, graph.inputs[0].shape, layers, total, memory(graph), statistics)
