"""Dropout, of single numbers and of many together, such as whole channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ConfigurationError, ShapeError
from konv.kernels.maps.pointwise import ChannelDropout, Dropout as DropoutKernel
from konv.messages import text
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["Dropout", "JointDropout", "SpatialDropout1D", "SpatialDropout2D", "shaped"]


@dataclass(frozen=True)
class Dropout(Op):
    """Dropout: while training, each element is set to 0 with probability `rate`, anew for every sample and epoch.

        y = x · k / (1 − rate)        ∂x = ∂y · k / (1 − rate)

    k is 1 where the element's 32 random bits, read as an integer, are at least rate · 2³² (rounded), else 0.
    Dividing by 1 − rate keeps the expected value, so that prediction needs no change: there y = x.

    The bits depend on the seed, the layer, the epoch and the sample alone (`konv.random.Stream`): the same sample
    is masked alike in whichever batch, thread or process it is computed, and forward and backward agree.

    Shapes: x, y and k (N, …). Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, *Dropout: a simple
    way to prevent neural networks from overfitting*, 2014, section 10 ("inverted" dropout).
    """

    name: ClassVar[str] = "dropout"
    random: ClassVar[bool] = True
    rate: float

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise ConfigurationError(text("bad_rate", layer="Dropout", received=self.rate))

    @property
    def threshold(self) -> int:
        """An element is kept where its 32 random bits are at least this: rate · 2³², rounded."""
        return round(self.rate * 2**32)

    @property
    def scale(self) -> float:
        """What kept elements are multiplied by: 1 / (1 − rate)."""
        return 1 / (1 - self.rate)

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        return np.where(self._kept(x[0], run), x[0] * self.scale, 0) if run.training else x[0]

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((np.where(self._kept(dy, run), dy * self.scale, 0) if run.training else dy,))

    def lower(self, to: Lowering) -> None:
        if not to.training:
            to.same()
            return
        spec = DropoutKernel(to.dtype, to.y.size, self.threshold, self.scale)
        to.samples(spec, to.key, to.numbers, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if not to.training:
            to.same()
        elif to.dx[0] is not None:
            spec = DropoutKernel(to.dtype, to.y.size, self.threshold, self.scale)
            to.samples(spec, to.key, to.numbers, to.dy, to.dx[0])

    def _kept(self, x: Array, run: Run) -> Array:
        if run.stream is None:
            raise ValueError("dropout in training needs a random stream")
        kept: Array = run.stream.bits(elements(x.shape[1:])) >= self.threshold
        return np.reshape(kept, x.shape)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.dropout", {"percent": f"{100 * self.rate:g}"}


class _Together(Dropout):
    """Dropout where places of a sample share what is drawn: its kernels, and its reference."""

    def drawn(self, shape: Shape) -> int:
        """How many draws a sample of `shape` has: those for its last axes."""
        raise NotImplementedError

    def lower(self, to: Lowering) -> None:
        if not to.training:
            to.same()
            return
        to.samples(self._kernel(to), to.key, to.numbers, to.x[0], to.y)

    def lower_backward(self, to: Lowering) -> None:
        if not to.training:
            to.same()
        elif to.dx[0] is not None:
            to.samples(self._kernel(to), to.key, to.numbers, to.dy, to.dx[0])

    def _kernel(self, to: Lowering) -> ChannelDropout:
        drawn = self.drawn(to.shapes[0])
        return ChannelDropout(to.dtype, drawn, self.threshold, self.scale, to.y.size // drawn)

    def _kept(self, x: Array, run: Run) -> Array:
        drawn = self.drawn(x.shape[1:])
        kept = super()._kept(np.empty((len(x), drawn)), run)
        everywhere: Array = np.repeat(kept[:, None], elements(x.shape[1:]) // drawn, axis=1).reshape(x.shape)
        return everywhere


@dataclass(frozen=True)
class JointDropout(_Together):
    """Dropout where the first axes of a sample share what is drawn: all of them, and a sample is kept or dropped whole.

        y[n, i, j] = x[n, i, j] · k[n, j] / (1 − rate)        ∂x[n, i, j] = ∂y[n, i, j] · k[n, j] / (1 − rate)

    k as in dropout; i runs over the first `axes` axes of a sample, j over the others. Shapes: x and y (N, …).
    Source: of whole samples on a branch beside a shortcut: Huang, Sun, Liu, Sedra & Weinberger, *Deep networks with
    stochastic depth*, 2016, section 3.
    """

    name: ClassVar[str] = "joint_dropout"
    axes: int

    def drawn(self, shape: Shape) -> int:
        return elements(shape[self.axes :])

    def output_shape(self, *inputs: Shape) -> Shape:
        if not 0 < self.axes <= len(inputs[0]):
            raise ShapeError(text("noise_axes", axes=self.axes, received=show(inputs[0])))
        return inputs[0]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        whole = self.axes == len(inputs[0])
        return f"purpose.{'stochastic_depth' if whole else 'joint_dropout'}", {"percent": f"{100 * self.rate:g}"}


@dataclass(frozen=True)
class SpatialDropout2D(_Together):
    """Spatial dropout: while training, each channel's whole feature map is set to 0 with probability `rate`.

        y[n, i, j, c] = x[n, i, j, c] · k[n, c] / (1 − rate)
        ∂x[n, i, j, c] = ∂y[n, i, j, c] · k[n, c] / (1 − rate)

    k as in dropout, one for each channel of a sample. Neighbouring places of a map tell nearly the same, so that
    dropping single ones would take little away.

    Shapes: x and y (N, H, W, C), k (N, C). Source: Tompson, Goroshin, Jain, LeCun & Bregler, *Efficient object
    localization using convolutional networks*, 2015, section 3.2.
    """

    name: ClassVar[str] = "spatial_dropout2d"
    refusal: ClassVar[tuple[str, int]] = ("not_an_image", 3)
    """What is said of an input of another number of axes than this."""

    def drawn(self, shape: Shape) -> int:
        return shape[-1]

    def output_shape(self, *inputs: Shape) -> Shape:
        name, axes = self.refusal
        if len(inputs[0]) != axes:
            raise ShapeError(text(name, layer=type(self).__name__, received=inputs[0], axes=len(inputs[0])))
        return inputs[0]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.spatial_dropout", {"percent": f"{100 * self.rate:g}", "channels": inputs[0][-1]}


@dataclass(frozen=True)
class SpatialDropout1D(SpatialDropout2D):
    """Spatial dropout along sequences: while training, each channel is set to 0 for all steps with probability `rate`.

        y[n, i, c] = x[n, i, c] · k[n, c] / (1 − rate)        ∂x[n, i, c] = ∂y[n, i, c] · k[n, c] / (1 − rate)

    k as in dropout, one for each channel of a sample. Shapes: x and y (N, L, C), k (N, C).
    Source: Tompson, Goroshin, Jain, LeCun & Bregler, 2015, section 3.2, with one axis.
    """

    name: ClassVar[str] = "spatial_dropout1d"
    refusal: ClassVar[tuple[str, int]] = ("not_a_sequence", 2)


def shaped(rate: float, noise: Sequence[int | None] | None, shape: Shape, layer: str) -> Dropout:
    """The dropout of samples of `shape` whose numbers are dropped together as Keras's noise shape says.

    Arguments: `noise`, the input's shape, batch axis first and None, with 1 for axes that share what is drawn, which
    come before the others; None where every number is drawn for; `layer`, what messages call it.
    Raises: ConfigurationError for a noise shape of another kind.
    """
    if noise is None:
        return Dropout(rate)
    row = list(zip(noise[1:], shape, strict=False))
    known = len(noise) == len(shape) + 1 and noise[0] is None and all(n in (None, 1, size) for n, size in row)
    joint = [n == 1 != size for n, size in row]
    shared = len(joint) - joint[::-1].index(True) if any(joint) else 0
    if not known or not all(n == 1 or size == 1 for n, size in row[:shared]):
        raise ConfigurationError(text("noise_shape", layer=layer, received=list(noise), shape=show((None, *shape))))
    return JointDropout(rate, shared) if shared else Dropout(rate)
