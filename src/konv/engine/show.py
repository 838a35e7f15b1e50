"""What `KONV_DEBUG` prints of a program: the graph, the plan, the blocking of its kernels."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from konv import config
from konv.graph import Graph
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.winograd.tiles import Tiled
from konv.kernels.winograd.weights import block
from konv.shapes import show

if TYPE_CHECKING:
    from konv.engine.plan import Call, Plan, Stage

__all__ = ["print_asked"]


COLUMNS = ("stage", "kind", "group", "layer", "op", "kernel", "blocking", "fused", "bytes", "multiply-adds", "chosen")
NUMBERS = ("stage", "group", "bytes", "multiply-adds")


def print_asked(plan: Plan, stages: Sequence[Stage], groups: Sequence[int]) -> None:
    """Print on stderr the stages of compilation that `KONV_DEBUG` names. `groups`: the most samples at once, by
    stage."""
    out = []
    if config.debug("graph"):
        out += ["graph", *_graph(plan.graph)]
    if config.debug("plan"):
        out += [f"plan for {plan.batch} samples, {plan.dtype}, {plan.target.cpu}", *_plan(plan, stages, groups)]
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


def _plan(plan: Plan, stages: Sequence[Stage], groups: Sequence[int]) -> list[str]:
    """A row a call: bytes of the arrays it reads and writes, and multiply-adds, for all samples of the plan."""
    itemsize = 8 if plan.dtype == "float64" else 4
    rows = [COLUMNS]
    for i, (stage, group) in enumerate(zip(stages, groups, strict=True)):
        for call in stage.calls:
            blocking = " × ".join(map(str, _tile(call.spec, plan.target)))
            rows.append((
                str(i), stage.kind, "" if stage.kind == "outputs" else str(group), call.layer, call.op, call.spec.kind,
                blocking, _fused(call), f"{call.elements(plan.batch) * itemsize:,}",
                f"{call.spec.macs * plan.batch:,}" if call.spec.macs else "", call.reason if call.spec.macs else "",
            ))  # fmt: skip
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = [name in NUMBERS for name in COLUMNS]
    cells = [[c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, wide, right, strict=True)] for row in rows]
    return ["  " + "  ".join(row).rstrip() for row in cells]


def _fused(call: Call) -> str:
    """What the kernel does besides: a bias added; the ReLU of what it makes, or the gate of one before a gradient; and
    whether it streams."""
    parts = [name for name in ("bias", "relu", "streams") if getattr(call.spec, name, False) is True]
    finish = getattr(call.spec, "finish", "")
    return "+".join([*parts, finish] if isinstance(finish, str) and finish else parts)


def _tile(spec: Spec, target: Target) -> tuple[int, ...]:
    """Rows (or tiles) and vectors of a result that are held in registers; () where there is nothing to decide."""
    return tuple(block(spec.outputs, target, spec.dtype) if isinstance(spec, Tiled) else spec.blocking(target)[:2])


def _blocking(target: Target, stages: Sequence[Stage]) -> list[str]:
    lines = []
    for spec in dict.fromkeys(call.spec for stage in stages for call in stage.calls):
        if tile := _tile(spec, target):
            rows, vectors = tile
            what = "tiles" if isinstance(spec, Tiled) else "rows"
            lines.append(f"  {rows:2} {what} × {vectors} vectors of {target.lanes(spec.dtype)}   {spec}")
    return lines
