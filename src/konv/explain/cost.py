"""What each layer of a network is for, what it sees and what it costs, for one sample.

Parameters and shapes come with their arithmetic; receptive fields are those of `konv.explain.sight`, purposes those of
`konv.explain.roles`, in the language in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from konv import ops
from konv.explain.arithmetic import parameter_sum, shape_sum
from konv.explain.place import Place, Surroundings, is_bend
from konv.explain.roles import role
from konv.graph import Graph, Node, Variable
from konv.messages import language, text
from konv.shapes import Axis, Shape, elements

__all__ = ["LayerCost", "Number", "layer_costs"]

Number = int | float
"""A jump: whole, but for maps finer than the input."""


@dataclass(frozen=True)
class LayerCost:
    """One layer, for one sample: shapes leave the batch axis out.

    `parameters` counts all that training adjusts, `biases` those of them that are added, not multiplied; the two
    arithmetics are sums as people write them ("" where there is nothing to work out); `macs` are the multiply-adds of
    a forward pass, `activation_bytes` the size of the output. `receptive_field` and `jump` are height and width in
    places of the input: how much one number sees, and how far apart neighbours look.

    Beside them: `statistics`, numbers that follow the data without being trained; `window`, its two axes where it has
    one, and `groups`; `reads`, the layers its inputs come from.
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
    receptive_field: tuple[int, int] = (1, 1)
    jump: tuple[Number, Number] = (1, 1)
    statistics: int = 0
    window: tuple[Axis, ...] = ()
    groups: int = 1
    reads: tuple[str, ...] = field(default=())

    def answer(self) -> dict[str, Any]:
        """What `konv explain --json` says of it."""
        names = (
            "name", "kind", "purpose", "input_shapes", "output_shape", "parameters", "biases", "parameter_arithmetic",
            "shape_arithmetic", "macs", "activation_bytes", "receptive_field", "jump",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def layer_costs(graph: Graph) -> tuple[LayerCost, ...]:
    """The layers of `graph` in the order data flows, described in the language in force."""
    surroundings = Surroundings(graph)
    counted: set[Variable] = set()
    return tuple(_cost(nodes, surroundings, counted) for nodes in _uses(graph))


def _uses(graph: Graph) -> Iterator[tuple[Node, ...]]:
    """The nodes of each use of a layer: neighbours of one name, up to the one that ends a call."""
    nodes: list[Node] = []
    for node in graph.nodes:
        if nodes and (nodes[-1].layer != node.layer or nodes[-1].call is not None):
            yield tuple(nodes)
            nodes = []
        nodes.append(node)
    yield tuple(nodes)


def _cost(nodes: tuple[Node, ...], surroundings: Surroundings, counted: set[Variable]) -> LayerCost:
    """A layer is one node, or several: a convolution and the activation it was given."""
    first, last = nodes[0], nodes[-1]
    main = next((node for node in nodes if node.variables), first)
    variables = [v for node in nodes for v in node.variables]
    own = [v for v in dict.fromkeys(variables) if v not in counted]
    counted.update(own)
    trained = [v for v in own if not v.statistic]
    sight = surroundings.sights.get(last.output)
    return LayerCost(
        name=first.layer,
        kind=" + ".join(map(_kind, nodes)),
        purpose=_purpose(nodes, surroundings),
        input_shapes=tuple(t.shape for t in first.inputs),
        output_shape=last.output.shape,
        parameters=sum(v.size for v in trained),
        biases=sum(v.size for v in trained if v.name.rpartition("/")[2] in ("bias", "beta")),
        parameter_arithmetic=parameter_sum(main, own) if own or not variables else text("explain.seen_before"),
        shape_arithmetic=shape_sum(first),
        macs=sum(node.op.macs(*(t.shape for t in node.inputs)) for node in nodes),
        activation_bytes=elements(last.output.shape) * (8 if last.output.dtype == "float64" else 4),
        receptive_field=(1, 1) if sight is None else sight.size,
        jump=(1, 1) if sight is None else (_number(sight.jump[0]), _number(sight.jump[1])),
        statistics=sum(v.size for v in own if v.statistic),
        window=_window(main),
        groups=getattr(main.op, "groups", 1),
        reads=tuple(t.node.layer for t in first.inputs),
    )


def _kind(node: Node) -> str:
    """The operation's class; of a function of numbers its own name."""
    return node.op.function.title() if isinstance(node.op, ops.Elementwise) else type(node.op).__name__


def _purpose(nodes: Sequence[Node], surroundings: Surroundings) -> str:
    """The sentences of all its nodes; an activation behind another operation is only named."""
    said = []
    for i, node in enumerate(nodes):
        if i and is_bend(node.op) and not isinstance(node.op, (ops.Softmax, ops.Sigmoid)):
            said.append(text("role.then", activation=type(node.op).__name__))
        else:
            said += [text(key, None, **values) for key, values in role(Place(node, surroundings))]
    return ("" if language() == "zh" else " ").join(said)


def _window(node: Node) -> tuple[Axis, ...]:
    """The window as the layer was given it, transposed convolutions' too."""
    shapes = [t.shape for t in node.inputs]
    if isinstance(
        node.op, (ops.GlobalAveragePool1D, ops.GlobalAveragePool2D, ops.GlobalMaxPool1D, ops.GlobalMaxPool2D)
    ):
        return ()
    return node.op.way_back(*shapes) if isinstance(node.op, ops.Conv2DTranspose) else node.op.window(*shapes) or ()


def _number(jump: Fraction) -> Number:
    return int(jump) if jump.denominator == 1 else float(jump)
