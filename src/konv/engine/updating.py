"""The last calls of a training step: penalties, clipping, the optimiser's rule, and bounds of weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from konv.engine.program import Training
from konv.engine.stages import Call
from konv.graph import Variable
from konv.kernels.code.spec import Spec
from konv.kernels.sums.tree import blocks
from konv.kernels.training.clipping import ClipScale, SquareSums
from konv.ops.keeping import Bound
from konv.ops.lowering import Slot
from konv.shapes import elements

if TYPE_CHECKING:
    from konv.engine.plan import Plan

__all__ = ["blocks_of", "updates"]


def blocks_of(size: int) -> Callable[[int], int]:
    """Work units of a call that goes through a weight of `size` elements."""
    return lambda n: blocks(size)


def updates(plan: Plan, training: Training) -> None:
    """Add the calls that change weights to `plan`, whose gradients are all there."""
    _penalise(plan, training)
    scales = _scales(plan, training)
    for variable, slots in zip(training.variables, training.slots, strict=True):
        if variable not in plan.gradients:
            continue
        size = elements(variable.shape)
        state = [plan.new(f"{variable.name} state {i}", size, "given", s) for i, s in enumerate(slots)]
        plan.add(
            Call(
                training.update.kernel(plan.dtype, size),
                (plan.scalars, plan.weight(variable), plan.gradients[variable], *scales.get(variable, ()), *state),
                "outputs",
                units=blocks_of(size),
                layer=variable.name,
                guarded=True,
                written=(plan.weight(variable), *state),
            )
        )
        if variable in training.bounds:
            _bring_back(plan, variable, training.bounds[variable])


def _penalise(plan: Plan, training: Training) -> None:
    """Add the gradients of penalties, and sum how much they are."""
    for variable, penalty in training.penalties.items():
        if variable in plan.gradients:
            size = elements(variable.shape)
            sums = plan.new(f"penalty {variable.name}", blocks(size), "whole")
            plan.penalties.append(sums)
            spec, slots = penalty.kernel(plan.dtype, size), (plan.weight(variable), plan.gradients[variable], sums)
            plan.add(Call(spec, slots, "outputs", units=blocks_of(size), layer=variable.name, written=slots[1:]))


def _bring_back(plan: Plan, variable: Variable, bound: Bound) -> None:
    """Keep a weight within its bound, behind its update."""

    def add(spec: Spec, slots: tuple[Slot, ...]) -> None:
        plan.add(Call(spec, slots, "outputs", units=lambda n: 1, layer=variable.name, guarded=True))

    def new(name: str, size: int) -> Slot:
        return plan.new(f"{name} {variable.name}", size, "whole")

    bound.lower(plan.dtype, variable.shape, plan.weight(variable), add, new)


def _scales(plan: Plan, training: Training) -> dict[Variable, tuple[Slot]]:
    """Where the number lies that shortens the gradient of each variable, where the optimiser asks for that."""
    learned = [v for v in training.variables if v in plan.gradients]
    if not training.update.clipnorm or not learned:
        return {}
    sizes = {v: elements(v.shape) for v in learned}
    sums = {v: plan.new(f"squares {v.name}", blocks(n), "whole") for v, n in sizes.items()}
    for variable, size in sizes.items():
        slots = (plan.gradients[variable], sums[variable])
        plan.add(Call(SquareSums(plan.dtype, size), slots, "outputs", units=blocks_of(size)))
    found = {}
    for group in [learned] if training.update.together else [[v] for v in learned]:
        scale = plan.new(f"scale {group[0].name}", 1, "whole")
        spec = ClipScale(plan.dtype, tuple(sizes[v] for v in group), training.update.clipnorm)
        plan.add(Call(spec, (*(sums[v] for v in group), scale), "outputs", units=lambda n: 1))
        found.update(dict.fromkeys(group, (scale,)))
    return found
