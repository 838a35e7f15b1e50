"""What an op may ask of a plan when it says which kernels do its work; the engine provides it.

A *slot* is a place for an array that the plan will lay out. A call is a kernel spec with its slots, in one of three
kinds of work: `samples`, whose range is a stretch of the batch; `sums`, the same with a partial sum of its own for
each leaf of the tree; `outputs`, whose range cuts a result that needs the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.kernels.products.pack import Pack
from konv.kernels.winograd.weights import WinogradWeights
from konv.shapes import Shape

Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Lowering", "Packing", "Slot"]


@dataclass(eq=False)
class Slot:
    """A place for an array of `kind` "sample" (`size` elements a sample), "whole" (`size` in all), "leaf" (`size` for
    each leaf of the sum tree), "worker" (`size` for each worker, within a leaf), "integers" (`size` int64), or "given":
    memory that belongs to a variable or optimiser.
    """

    name: str
    size: int
    kind: str
    room: int = 0
    """Elements to lay out at least, where kernels work beyond the last sample."""
    given: Array | None = None


Packing = Pack | WinogradWeights


class Lowering(Protocol):
    """One node's place in a plan.

    `x`, `y`, `w`: inputs, output, weights; `shapes`: the inputs' shapes. `relu`: the output is to be what a ReLU makes
    of it, whose ceiling is `most`; in the backward pass, that of an op that `regates`, dy has not gone back through
    that ReLU yet. There also `dy`; `dx`, the gradients wanted of inputs; `dw`, whether each weight's is wanted; and
    `gate`: dx is to be zero where x is not positive (the way back through the ReLU that made x). `training`: this op
    trains, as its statistics are not frozen; `goes_back`: a backward pass follows; `changing`: whether a run of the
    program changes each weight. `frame`, `numbers`, `key`: samples in this run, each one's number, and what keys this
    op's random stream.
    """

    target: Target
    dtype: str
    batch: int
    training: bool
    goes_back: bool
    x: tuple[Slot, ...]
    y: Slot
    w: tuple[Slot, ...]
    changing: tuple[bool, ...]
    shapes: tuple[Shape, ...]
    relu: bool
    most: float
    dy: Slot
    dx: tuple[Slot | None, ...]
    dw: tuple[bool, ...]
    gate: bool
    frame: Slot
    numbers: Slot

    @property
    def key(self) -> Slot:
        """Seed, node number and epoch, as int64."""
        ...

    def samples(self, spec: Spec, *slots: Slot, grain: int = 1, written: tuple[Slot, ...] = ()) -> None:
        """Add a kernel whose range is `grain` units for each sample. `written`: the slots it writes, where that is not
        the last one alone."""

    def sums(self, spec: Spec, *slots: Slot, weight: int, grain: int = 1, back: tuple[Spec, int] | None = None) -> None:
        """Add a kernel that adds to the partial gradient of a weight; that gradient is its last argument.

        `back`: a kernel, and how many elements of the worker's own memory come before it. The first kernel then adds
        to that memory, cleared for each leaf, and this one brings it back to the gradient when the leaf is done."""

    def because(self, reason: str) -> None:
        """Say why the kernels added from here on were chosen."""

    def own(self, name: str, size: int, kind: str = "whole") -> Slot:
        """A slot of this node's own: the same one whenever it is asked for, forward and backward."""

    def leaves(self, spec: Spec, *slots: Slot, clear: bool = True, grain: int = 1) -> None:
        """Add a kernel that adds samples, `grain` units each, to the sums of a leaf: to its last slot, of kind "leaf",
        with `clear` zeros at first. A kernel of `outputs` after it finds the leaves of the whole batch; so a sum over
        samples can be read while they still go forward. Of fewer samples than leaves, these are parts of all units."""

    def outputs(
        self, spec: Spec, *slots: Slot, units: Callable[[int], int] = lambda n: 1, written: tuple[Slot, ...] = ()
    ) -> None:
        """Add a kernel that sees the whole batch; it has `units(n)` units in a run of n samples. `written`: the slots
        it writes, where that is not the last one alone."""

    def derived(self, spec: Spec, *slots: Slot, sizes: tuple[int, ...]) -> tuple[Slot, ...]:
        """Arrays of `sizes`, made of weights alone (`slots`) by a kernel of one unit, and kept up to date."""

    def follow(self, spec: Spec, *slots: Slot, units: Callable[[int], int]) -> None:
        """Add a kernel that changes a statistic, its last slot, at the end of a training step, if all is finite."""

    def gradient(self, weight: int) -> Slot:
        """Where a kernel of `outputs` writes the gradient of a weight."""

    def pack(self, spec: Packing, weight: Slot) -> Slot:
        """A packed copy of a weight, kept up to date."""

    def reserve(self, slot: Slot, elements: int) -> None:
        """Ask for room beyond a slot's last sample: kernels may work on whole tiles of samples."""

    def temporary(self, elements: int) -> Slot:
        """A place for `elements` numbers a sample that nothing outside this node needs."""

    def constant(self, values: Array) -> Slot:
        """A place that holds known `values`."""

    def nothing(self, place: int) -> None:
        """No gradient flows to an input."""

    def passes(self, place: int) -> None:
        """The gradient of an input is that of the output, unchanged."""

    def same(self) -> None:
        """The output is the input, in another shape; in the backward pass, the gradients likewise."""
