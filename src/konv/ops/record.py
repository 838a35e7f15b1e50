"""What every operation is: one record with its shape rule, reference, gradient, kernels, cost and purpose.

An op is a frozen dataclass: its fields are its attributes (kernel size, stride, …), so two equal ops are equal keys.
It has no state: weights, and the random stream of dropout, are handed to it. Shapes leave the batch axis out;
arrays have it: `x` is `(N, H, W, C)` or `(N, F)`.

`forward` and `backward` are the NumPy reference: short, written to be read next to the equation they state, right in
float32 and float64. They are the oracle of the tests, run everything under `KONV_ENGINE=reference`, and are what
`konv show NAME` prints. `lower` and `lower_backward` say which compiled kernels do the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from konv.random import Stream
from konv.shapes import Axis, Shape, elements

if TYPE_CHECKING:
    from konv.ops.lowering import Lowering

__all__ = ["Array", "Gradients", "Op", "Run", "Weight"]

Array = np.ndarray[Any, np.dtype[Any]]


class Weight(NamedTuple):
    """A weight an op needs: its name (`kernel`, `bias`), shape, and the fans its initialiser divides by.

    A `statistic` follows the data while training and has no gradient; statistics come after all other weights.
    """

    name: str
    shape: Shape
    fan_in: int
    fan_out: int
    statistic: bool = False


class Run(NamedTuple):
    """What an op may know of the run it is part of."""

    training: bool = False
    stream: Stream | None = None
    """Random numbers of this op, keyed by seed, layer, epoch and sample; None where the op draws none."""


class Gradients(NamedTuple):
    """Derivatives of the loss: one array for each input (None where none flows) and one for each weight that is no
    statistic."""

    inputs: tuple[Array | None, ...]
    weights: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Op:
    """Base of all operations; a subclass is one noun with its mathematics."""

    name: ClassVar[str] = ""
    gates: ClassVar[bool] = False
    """Whether the backward kernels can pass through the ReLU that made the input, at no extra cost."""
    relus: ClassVar[bool] = False
    """Whether the forward kernels can apply a ReLU that follows, at no extra cost."""
    caps: ClassVar[bool] = False
    """Whether that ReLU may have a ceiling; of ops that `regates`."""
    alike: ClassVar[bool] = False
    """Whether it gives the same for every sample, whatever it is given: an array without a batch axis."""
    regates: ClassVar[bool] = False
    """Whether the backward kernels can find again where that ReLU let through, without reading its output."""
    random: ClassVar[bool] = False
    """Whether `forward` draws random numbers when training."""
    always: ClassVar[bool] = False
    """Whether it draws them in prediction too."""

    def output_shape(self, *inputs: Shape) -> Shape:
        """The output's shape without the batch axis. Raises: ShapeError where the inputs do not fit."""
        return inputs[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        """The weights this op needs for inputs of these shapes, in Keras's order."""
        return ()

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        """The output for inputs `x` and weights `w`; the reference."""
        raise NotImplementedError

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        """Gradients for inputs and weights, given that of the output `dy`, and the output `y`; the reference."""
        raise NotImplementedError

    def statistics(self, x: tuple[Array, ...], w: tuple[Array, ...]) -> tuple[Array, ...]:
        """What the statistics among `w` become in a training step on `x`."""
        return ()

    def lower(self, to: Lowering) -> None:
        """Add the compiled kernels of `forward` to a plan."""
        raise NotImplementedError

    def lower_backward(self, to: Lowering) -> None:
        """Add the compiled kernels of `backward` to a plan."""
        raise NotImplementedError

    def macs(self, *inputs: Shape) -> int:
        """Multiply-adds of one sample's forward pass that multiply a weight; 0 for ops without weights."""
        return 0

    def parameters(self, *inputs: Shape) -> int:
        """How many numbers training adjusts here."""
        return sum(elements(w.shape) for w in self.weights(*inputs) if not w.statistic)

    def window(self, *inputs: Shape) -> tuple[Axis, ...] | None:
        """The spatial window of a convolution or pooling, for receptive fields; None for pointwise ops."""
        return None

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        """The key of `konv.messages.purposes` that says what this op is for, and the values to fill in."""
        return f"purpose.{self.name}", {}
