"""Stages: calls without a barrier between them, and where to cut them.

Calls that follow each other over the samples need no barrier, because a worker takes its samples through all of them.
So a stage is as long as it can be, but for layers whose kernels want groups of very different numbers of samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from konv.graph import Variable
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import Target
from konv.kernels.winograd.tiles import Tiled
from konv.ops.lowering import Slot

__all__ = ["Call", "Stage", "cut_finer", "fitting", "stages", "streaming"]


@dataclass(eq=False)
class Call:
    """A kernel with its arguments. `units(n)` is the end of its range in a run of n samples; `per_sample` tells that it
    is a stretch of the batch, `grain` units for each sample."""

    spec: Spec
    slots: tuple[Slot, ...]
    kind: str
    grain: int = 1
    units: Callable[[int], int] | None = None
    layer: str = ""
    op: str = ""
    """Whose forward or backward it is part of; none of packings, sums of leaves and updates."""
    reason: str = ""
    """Why this kernel and not another."""
    turn: int = 0
    """In a stage of leaves: −1 is made once for each leaf, before its samples, and 1 after them."""
    stale: tuple[Variable, ...] = ()
    """A packing: only needed where one of these variables has changed since."""
    guarded: bool = False
    """Not made where something was found that is not finite."""
    written: tuple[Slot, ...] = ()
    """The slots it writes; the last one, where nothing is said."""

    def elements(self, n: int) -> int:
        """Elements of all arrays it reads or writes for n samples."""
        times = {"sample": n, "leaf": LEAVES}
        return sum(slot.size * times.get(slot.kind, 1) for slot in self.slots)

    def touches(self, other: Call) -> bool:
        """Whether it writes what `other` reads or writes."""
        return bool(set(self.written or self.slots[-1:]) & set(other.slots))


@dataclass(eq=False)
class Stage:
    """Calls without a barrier between them: over "samples", with "sums" for each leaf, or of "outputs"."""

    kind: str
    calls: list[Call] = field(default_factory=list)
    units: Callable[[int], int] | None = None
    """In a stage of sums whose leaves are cut finer than by samples: the end of its one kernel's range."""

    @property
    def key(self) -> str:
        """What a remembered group of samples is about: all that the stage does."""
        done = "\n".join(repr(call.spec) for call in self.calls)
        return f"group {hashlib.sha256(done.encode()).hexdigest()[:24]}"

    def work(self, n: int) -> int:
        """Multiply-adds for n samples, and elements of all arrays that are read or written: about what it takes."""
        return sum(call.elements(n) + n * call.spec.macs for call in self.calls)

    @property
    def wanted(self) -> int:
        """Samples in a group that its kernels would use well."""
        return max((call.spec.tiling.images for call in self.calls if isinstance(call.spec, Tiled)), default=1)

    def takes(self, call: Call) -> bool:
        """Whether `call` can follow in this stage."""
        if self.units is not None or self.calls[0].guarded != call.guarded:
            return False
        if (self.kind == "outputs") != (call.kind == "outputs"):
            return False
        return call.kind != "outputs" or not any(call.touches(other) or other.touches(call) for other in self.calls)


def stages(calls: Sequence[Call], target: Target, dtype: str) -> list[Stage]:
    """Calls that follow each other over the samples share a stage, which is one of sums if any of them is; so do calls
    of outputs that do not depend on each other."""
    found: list[Stage] = []
    for call in calls:
        if not found or not found[-1].takes(call):
            found.append(Stage(call.kind))
        elif call.kind == "sums":
            found[-1].kind = "sums"
        found[-1].calls.append(call)
    parts = [part for stage in found for part in _apart(stage, target, dtype)]
    for stage in parts:
        stage.calls.sort(key=lambda c: c.turn)  # stable
    return parts


def cut_finer(calls: Sequence[Call], samples: bool, sums: bool, target: Target, dtype: str) -> list[Stage]:
    """Stages for runs of few samples. With `samples`, calls over the samples are cut by rows of images, each by itself:
    no result depends on that. With `sums`, the leaves of a sum are: parts of all rows, not of the samples."""
    found: list[Stage] = []
    plain: list[Call] = []
    ready: list[Call] = []

    def flush() -> None:
        if plain:
            found.extend(stages(plain, target, dtype))
            plain.clear()

    for call in calls:
        if call.kind == "sums" and sums:
            if call.turn < 0:
                ready.append(call)
            elif call.turn > 0:
                found[-1].calls.append(call)
            else:
                flush()
                found.append(Stage("sums", [*ready, replace(call, grain=1)], _times(call.grain)))
                ready = []
        elif call.kind == "samples" and samples:
            plain.append(replace(call, kind="outputs", grain=1, units=_times(call.grain)))
        else:
            plain.append(call)
    flush()
    return found


def _times(grain: int) -> Callable[[int], int]:
    return lambda n: n * grain


def _apart(stage: Stage, target: Target, dtype: str) -> list[Stage]:
    """A stage over the samples cut where its kernels want groups of very different numbers of samples: more barriers,
    but layers of small maps are not held to the few samples that layers of large ones can keep in the cache."""
    if stage.kind == "outputs":
        return [stage]

    def torn(stage: Stage) -> bool:
        """Whether one kernel wants groups more than twice as large as another can keep in the cache."""
        return stage.wanted > 2 * fitting(stage, target, dtype)

    found, waiting = [Stage(stage.kind)], list[Call]()
    for call in stage.calls:
        waiting.append(call)
        if call.turn < 0:
            continue  # goes with the call it is made ready for
        here, joined = found[-1], Stage(stage.kind, [*found[-1].calls, *waiting])
        if here.calls and torn(joined) and not torn(here):
            found.append(Stage(stage.kind, waiting))
        else:
            here.calls += waiting
        waiting = []
    found[-1].calls += waiting
    return found


def streaming(stages: Sequence[Stage], batch: int, target: Target, dtype: str) -> list[Stage]:
    """The stages, where a kernel streams if its arrays are large and no other of its stage has to do with them.

    What it reads was made behind a barrier, and whoever reads its result comes after one. Of four such arrays (what
    goes in, comes out, and their gradients) the third-level cache holds no more than half then.
    """
    large = target.l3 // 8 // (8 if dtype == "float64" else 4)
    for stage in stages:
        for i, call in enumerate(stage.calls if stage.kind != "outputs" else ()):
            mine = [slot for slot in call.slots if slot.kind == "sample"]
            others = {slot for other in stage.calls if other is not call for slot in other.slots}
            alone = others.isdisjoint(mine) and call.slots[-1] not in call.slots[:-1]
            if alone and max((slot.size * batch for slot in mine), default=0) > large:
                stage.calls[i] = replace(call, spec=call.spec.streaming())
    return [*stages]


def fitting(stage: Stage, target: Target, dtype: str, arena: int = 0) -> int:
    """The most samples of which what a call reads and writes, and an arena of so many elements a sample, fit in half of
    the second-level cache."""
    largest = max(sum(slot.size for slot in call.slots if slot.kind == "sample") for call in stage.calls)
    itemsize = 8 if dtype == "float64" else 4
    return max(1, target.l2 // 2 // max(1, (largest + arena) * itemsize))
