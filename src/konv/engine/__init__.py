"""Graph and batch size in, results out: the reference engine and the native one behind one contract."""

from collections.abc import Sequence

from konv import config
from konv.engine.program import Outcome, Position, Program, Training
from konv.errors import GraphError
from konv.graph import Graph
from konv.messages import text
from konv.ops.loss import Loss

__all__ = ["Outcome", "Position", "Program", "Training", "build"]


def build(
    graph: Graph,
    batch: int,
    losses: Sequence[Loss | None] = (),
    training: Training | None = None,
) -> Program:
    """A program of the engine in force (`konv.config.engine`); nothing above this room knows which one it runs on.

    It is for prediction (no losses), testing (losses), or training (losses and `training`).

    In a training program ops behave as in training (dropout drops); otherwise as in inference. One loss a graph
    output, in order, None for an output that has none. Raises: CompileError where the native engine cannot be had;
    GraphError where a layer still waits for the data it is to be adapted to, or weights are of another type than the
    first output, which everything is computed in.
    """
    for variable in graph.variables:
        if variable.waiting:
            raise GraphError(text("adapt_not_called", layer=variable.name.rpartition("/")[0]))
        if variable.dtype != (kind := graph.outputs[0].dtype):
            raise GraphError(text("other_dtype", weight=variable.name, received=variable.dtype, expected=kind))
    if config.engine() == "reference":
        from konv.engine.reference import ReferenceProgram

        return ReferenceProgram(graph, batch, losses, training)
    from konv.engine.native import NativeProgram

    return NativeProgram(graph, batch, losses, training)
