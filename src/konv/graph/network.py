"""A network between chosen inputs and outputs: its nodes in the order data flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from konv.graph.node import Node, Tensor, Variable

__all__ = ["Graph", "nodes_between", "replaced"]


class Graph:
    """The nodes that `outputs` need, in topological order (inputs first), each once.

    `number(node)` is a node's place in that order: the key of its random stream.
    """

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.nodes = tuple(_sorted(self.outputs))
        self._number = {id(node): i for i, node in enumerate(self.nodes)}
        self._readers: dict[Tensor, list[Node]] = {}
        for node in self.nodes:
            for tensor in dict.fromkeys(node.inputs):
                self._readers.setdefault(tensor, []).append(node)

    def number(self, node: Node) -> int:
        """The place of `node` in topological order."""
        return self._number[id(node)]

    def readers(self, tensor: Tensor) -> list[Node]:
        """The nodes that take `tensor` as an input."""
        return list(self._readers.get(tensor, ()))

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Every variable, in the order of the nodes that use them first."""
        found: dict[int, Variable] = {}
        for node in self.nodes:
            for variable in node.variables:
                found.setdefault(id(variable), variable)
        return tuple(found.values())


def replaced(outputs: Sequence[Tensor], places: Mapping[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """`outputs` as they are with other tensors in the `places` of some: nodes behind these once more, with the same
    variables; all others as they are."""
    made = dict(places)
    for node in Graph((), outputs).nodes:
        if node.output not in made and any(t in made for t in node.inputs):
            inputs = tuple(made.get(t, t) for t in node.inputs)
            made[node.output] = Node.apply(node.op, inputs, node.variables, node.layer, node.output.dtype)
            made[node.output].node.frozen = node.frozen
    return tuple(made.get(t, t) for t in outputs)


def _sorted(outputs: Sequence[Tensor]) -> Iterator[Node]:
    """Depth first, without recursion: deep networks must not meet Python's recursion limit."""
    done: set[int] = set()
    stack: list[tuple[Node, bool]] = [(t.node, False) for t in reversed(outputs)]
    while stack:
        node, expanded = stack.pop()
        if id(node) in done:
            continue
        if expanded:
            done.add(id(node))
            yield node
        else:
            stack.append((node, True))
            stack.extend((t.node, False) for t in reversed(node.inputs))


def nodes_between(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> Iterator[Node]:
    """The nodes that `outputs` need, back to `inputs`, each once."""
    seen = {id(t.node) for t in inputs}
    waiting = [t.node for t in outputs]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(t.node for t in node.inputs)
