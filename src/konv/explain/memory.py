"""How much memory a network takes for one sample: its weights, and the maps that must be there at the same time."""

from __future__ import annotations

from dataclasses import dataclass

from konv.graph import Graph, Tensor
from konv.shapes import elements

__all__ = ["Memory", "memory"]


@dataclass(frozen=True)
class Memory:
    """Bytes: of the `weights`; of the `maps` that live at once at most while predicting; of `all_maps` together.

    Training keeps every map for the way back, and a gradient of its size is made of each; beside the weights there are
    their gradients and what the optimiser remembers. All are sums of sizes; work in place needs less.
    """

    weights: int
    maps: int
    all_maps: int

    def inference(self, batch: int = 1) -> int:
        """Bytes while predicting `batch` samples."""
        return self.weights + batch * self.maps

    def training(self, batch: int = 1, moments: int = 2) -> int:
        """Bytes while training on `batch` samples with an optimiser that keeps `moments` numbers a weight (Adam: 2)."""
        return (2 + moments) * self.weights + 2 * batch * self.all_maps


def memory(graph: Graph) -> Memory:
    """The memory of `graph`, each tensor alive from when it is made until it is read for the last time."""
    last = {tensor: place for place, node in enumerate(graph.nodes) for tensor in node.inputs}
    last |= dict.fromkeys(graph.outputs, len(graph.nodes))
    alive: dict[Tensor, int] = {}
    most = 0
    for place, node in enumerate(graph.nodes):
        alive[node.output] = _bytes(node.output)
        most = max(most, sum(alive.values()))
        alive = {tensor: size for tensor, size in alive.items() if last.get(tensor, place) > place}
    weights = sum(v.size * v.dtype.itemsize for v in graph.variables)
    return Memory(weights, most, sum(_bytes(node.output) for node in graph.nodes))


def _bytes(tensor: Tensor) -> int:
    return elements(tensor.shape) * (8 if tensor.dtype == "float64" else 4)
