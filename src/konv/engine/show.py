"""What `KONV_DEBUG` prints of a program: the graph, the plan, the blocking of its kernels."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from konv import config
from konv.graph import Graph
from konv.kernels.code.target import Target
from konv.kernels.products.product_spec import ProductSpec
from konv.kernels.winograd.tiles import Tiled
from konv.kernels.winograd.weights import block
from konv.shapes import show

if TYPE_CHECKING:
    from konv.engine.plan import Call, Plan, Stage

__all__ = ["print_asked"]


def print_asked(plan: Plan, stages: list[Stage]) -> None:
    """Print on stderr the stages of compilation that `KONV_DEBUG` names."""
    out = []
    if config.debug("graph"):
        out += ["graph", *_graph(plan.graph)]
    if config.debug("plan"):
        out += [f"plan for {plan.batch} samples, {plan.dtype}, {plan.target.cpu}", *_plan(plan, stages)]
    if config.debug("blocking"):
        out += ["blocking", *_blocking(plan.target, stages)]
    if out:
        print("\n".join(out), file=sys.stderr)


def _graph(graph: Graph) -> list[str]:
    return [
        f"  {graph.number(node):3} {node.op.name:20} {node.layer:24} "
        f"{', '.join(show(t.shape) for t in node.inputs) or '-':24} → {show(node.output.shape)}"
        for node in graph.nodes
    ]


def _plan(plan: Plan, stages: list[Stage]) -> list[str]:
    size = 8 if plan.dtype == "float64" else 4
    lines = [
        "  stage kind    layer                    kernel                  fused        bytes/sample    multiply-adds"
        "  chosen"
    ]
    for i, stage in enumerate(stages):
        for call in stage.calls:
            touched = sum(slot.size for slot in call.slots if slot.kind == "sample") * size
            why = call.reason if call.spec.macs else ""
            lines.append(f"  {i:5} {stage.kind:7} {call.layer:24} {call.spec.kind:23} {_fused(call):10} "
                         f"{touched:14,} {call.spec.macs:16,}  {why}".rstrip())  # fmt: skip
    return lines


def _fused(call: Call) -> str:
    spec = call.spec
    parts = ["bias" * bool(getattr(spec, "bias", False)), str(getattr(spec, "finish", ""))]
    return "+".join(p for p in parts if p) or "-"


def _blocking(target: Target, stages: list[Stage]) -> list[str]:
    lines = []
    for spec in dict.fromkeys(call.spec for stage in stages for call in stage.calls):
        if isinstance(spec, Tiled):
            rows, vectors = block(spec.outputs, target, spec.dtype)
            lines.append(f"  {rows:2} tiles × {vectors} vectors of {target.lanes(spec.dtype)}   {spec}")
        if isinstance(spec, ProductSpec):
            rows, vectors = spec.tile(target)
            lines.append(f"  {rows:2} rows × {vectors} vectors of {target.lanes(spec.dtype)}   {spec}")
    return lines
