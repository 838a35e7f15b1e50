"""What each layer of a network is for and what it costs: parameters with the arithmetic, multiply-adds, bytes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from konv.graph import Graph, Node
from konv.messages import text
from konv.shapes import Shape, elements, show

__all__ = ["LayerCost", "layer_costs"]


@dataclass(frozen=True)
class LayerCost:
    """One layer, for one sample: shapes leave the batch axis out.

    `parameters` counts all that training adjusts, `biases` those of them that are added, not multiplied; the two
    arithmetics are sums as people write them ("" where there is nothing to work out); `macs` are the multiply-adds of
    a forward pass, `activation_bytes` the size of the output.
    """

    name: str
    kind: str
    purpose: str
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: int
    biases: int
    parameter_arithmetic: str
    shape_arithmetic: str
    macs: int
    activation_bytes: int


def layer_costs(graph: Graph) -> tuple[LayerCost, ...]:
    """The layers of `graph` in the order data flows, described in the language in force."""
    return tuple(_cost(tuple(nodes)) for _, nodes in groupby(graph.nodes, key=lambda node: node.layer))


def _cost(nodes: tuple[Node, ...]) -> LayerCost:
    """A layer is one node, or several: a convolution and the activation it was given."""
    first, last = nodes[0], nodes[-1]
    shapes = [tuple(t.shape for t in node.inputs) for node in nodes]
    weights = [w for node, inputs in zip(nodes, shapes, strict=True) for w in node.op.weights(*inputs)]
    parameters = sum(elements(w.shape) for w in weights)
    purposes = [node.op.purpose(*inputs) for node, inputs in zip(nodes, shapes, strict=True)]
    return LayerCost(
        name=first.layer,
        kind=" + ".join(type(node.op).__name__ for node in nodes),
        purpose=" ".join(text(key, None, **values) for key, values in purposes),
        input_shapes=shapes[0],
        output_shape=last.output.shape,
        parameters=parameters,
        biases=sum(elements(w.shape) for w in weights if w.name == "bias"),
        parameter_arithmetic=f"{' + '.join(show(w.shape) for w in weights)} = {parameters:,}" if weights else "",
        shape_arithmetic=_shape_arithmetic(first),
        macs=sum(node.op.macs(*inputs) for node, inputs in zip(nodes, shapes, strict=True)),
        activation_bytes=elements(last.output.shape) * (8 if last.output.dtype == "float64" else 4),
    )


def _shape_arithmetic(node: Node) -> str:
    """How the output's height and width follow from the input's; once where both are the same sum."""
    window = node.op.window(*(t.shape for t in node.inputs))
    return ", ".join(dict.fromkeys(axis.arithmetic for axis in window)) if window else ""
