"""Kernels made before they are needed: for a container that is to start at once, or for another processor."""

from __future__ import annotations

from collections.abc import Sequence

from konv.engine.plan import Plan
from konv.engine.program import Training
from konv.graph import Graph
from konv.kernels.code.build import objects
from konv.kernels.code.executor import Routine
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.ops.loss import Loss

__all__ = ["warm"]


def warm(
    graph: Graph, batch: int, losses: Sequence[Loss | None], training: Training | None, target: Target
) -> dict[Spec, bytes]:
    """Compile and keep on disk what `konv.engine.build` with these arguments will ask for on `target`, however many
    threads there are.

    Returns: the object file of each kernel. Raises: CompileError where one cannot be compiled.
    """
    plan = Plan(graph, batch, losses, training, target)
    # So many threads that the samples are few for them, or one: what streams depends on it.
    specs: list[Spec] = [call.spec for n in (1, batch) for stage in plan.stages(n) for call in stage.calls]
    specs += [Routine.here(entry) for entry in ("work", "step")]
    return objects(dict.fromkeys(specs), target)
