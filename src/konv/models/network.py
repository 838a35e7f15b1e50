"""The layers between chosen tensors: found by walking back from the outputs, and put into Keras's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from konv.errors import GraphError
from konv.graph import Graph, Node, Tensor
from konv.layers import InputLayer, Layer
from konv.layers.base import Call
from konv.layers.operation import call_of
from konv.messages import text
from konv.shapes import show

__all__ = ["Network", "copied"]


class Network:
    """Layers tied together between `inputs` and `outputs`.

    `calls`: every use of a layer, in the order data flows; `layers`: every layer once, those farthest from the outputs
    first, as in Keras; `graph`: the nodes.

    Arguments: `inputs`, `outputs`, symbolic tensors; where an input is no input layer's, a new input layer takes its
    place; `name`, what messages call the model.
    Raises: GraphError where an input is given twice or not needed, an input of the network is missing, or two layers
    have one name.
    """

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor], name: str) -> None:
        self.name = name
        calls, order = _found(inputs, outputs)
        self._check_inputs(inputs, calls)
        if any(not isinstance(call_of(t).layer, InputLayer) for t in inputs):
            inputs, outputs = _begun_anew(inputs, outputs, calls)
            calls, order = _found(inputs, outputs)
        self.inputs, self.outputs, self.calls = tuple(inputs), tuple(outputs), tuple(calls)
        self.layers = _by_depth(self.calls, order)
        self._check_names()
        self.graph = Graph(self.inputs, self.outputs)

    def _check_inputs(self, inputs: Sequence[Tensor], calls: Sequence[Call]) -> None:
        given = {id(t) for t in inputs}
        for i, tensor in enumerate(inputs):
            if any(tensor is other for other in inputs[:i]):
                raise GraphError(text("input_twice", model=self.name, name=call_of(tensor).layer.name))
        reached = {id(t) for call in calls for t in (*call.inputs, *call.outputs)}
        unused = [call_of(t).layer.name for t in inputs if id(t) not in reached]
        if unused:
            raise GraphError(text("not_connected_inputs", model=self.name, names=", ".join(unused)))
        for call in calls:
            if isinstance(call.layer, InputLayer) and id(call.outputs[0]) not in given:
                shape = show(call.outputs[0].shape)
                raise GraphError(text("foreign_input", model=self.name, name=call.layer.name, shape=shape))

    def _check_names(self) -> None:
        seen: dict[str, Layer] = {}
        for layer in self.layers:
            other = seen.setdefault(layer.name, layer)
            if other is not layer:
                first, second = (type(one).__name__ for one in (other, layer))
                raise GraphError(text("two_of_one_name", model=self.name, name=layer.name, first=first, second=second))

    def number(self, call: Call) -> int:
        """Which of the uses of its layer in this network `call` is."""
        own = [one for one in self.calls if one.layer is call.layer]
        return own.index(call)


def _found(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> tuple[list[Call], dict[Layer, int]]:
    """The calls that `outputs` need, inputs first, and the order in which layers are met on the way back."""
    begin = {id(t) for t in inputs}
    done: set[int] = set()
    calls: list[Call] = []
    met: dict[Layer, int] = {}
    waiting: list[tuple[Call, bool, bool]] = [(call_of(t), id(t) in begin, False) for t in reversed(outputs)]
    while waiting:
        call, first, expanded = waiting.pop()
        if id(call) in done:
            continue
        if expanded:
            done.add(id(call))
            calls.append(call)
            continue
        met.setdefault(call.layer, len(met))
        waiting.append((call, first, True))
        if not first:
            waiting.extend((call_of(t), id(t) in begin, False) for t in reversed(call.inputs))
    return calls, met


def _by_depth(calls: Sequence[Call], order: Mapping[Layer, int]) -> tuple[Layer, ...]:
    """Layers by their greatest distance from the outputs, the farthest first; input layers foremost of their depth.

    Source: Keras 3, `ops.function.map_graph`.
    """
    depths: dict[int, int] = {}
    farthest: dict[Layer, int] = {}
    for call in reversed(calls):
        depth = max(depths.setdefault(id(call), 0), farthest.get(call.layer, 0))
        depths[id(call)] = farthest[call.layer] = depth
        for tensor in call.inputs:
            before = id(call_of(tensor))
            depths[before] = max(depth + 1, depths.get(before, 0))
    return tuple(sorted(farthest, key=lambda layer: (-farthest[layer], order[layer])))


def _begun_anew(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], calls: Iterable[Call]
) -> tuple[list[Tensor], list[Tensor]]:
    """The same layers called again on new input layers, in place of inputs that other layers made."""
    made: dict[int, Tensor] = {}
    fresh = []
    for tensor in inputs:
        own = isinstance(call_of(tensor).layer, InputLayer)
        made[id(tensor)] = tensor if own else InputLayer(tensor.shape, dtype=tensor.dtype).output
        fresh.append(made[id(tensor)])
    for call in calls:
        if all(id(t) in made for t in call.outputs):
            continue
        results = call.layer.call_on(tuple(made[id(t)] for t in call.inputs), False if call.frozen else None)
        for old, new in zip(call.outputs, results, strict=True):
            made.setdefault(id(old), new)
    return fresh, [made[id(t)] for t in outputs]


def copied(graph: Graph, inputs: Sequence[Tensor], name: str, more: Sequence[Tensor] = ()) -> tuple[Tensor, ...]:
    """The outputs of `graph`, and `more` tensors of it, for other `inputs` of the same shapes: its nodes once more,
    with the same variables.

    Nodes bear the name of the model `name` they are used in before their own.
    """
    made = {id(old): new for old, new in zip(graph.inputs, inputs, strict=True)}
    graph = Graph(graph.inputs, (*graph.outputs, *more)) if more else graph
    for node in graph.nodes:
        if id(node.output) not in made:
            taken = tuple(made[id(t)] for t in node.inputs)
            output = Node.apply(node.op, taken, node.variables, f"{name}/{node.layer}", node.output.dtype)
            output.node.frozen = node.frozen
            made[id(node.output)] = output
    return tuple(made[id(t)] for t in graph.outputs)
