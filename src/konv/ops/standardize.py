"""The input stage: numbers brought to the range, mean and spread that networks learn best from.

What is subtracted and divided by was found in the training data once (`adapt`) or given; training does not change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.batchnorm import Normalise, NormaliseGradient
from konv.kernels.maps.elementwise import LEAST_DEVIATION, Elementwise as Kernel
from konv.messages import text
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.shapes import Shape, elements, show

__all__ = ["MeanSubtraction", "Rescale", "Standardize", "Whiten", "WhitenPatches"]

ROW = 64
"""Elements a row of numbers has at least, so that three channels do not leave vectors all but empty."""


def row_of(shape: Shape, first: int) -> int:
    """The axis from which on the numbers of `shape` make a row: at most `first`, sooner where that is short."""
    while first > 0 and elements(shape[first:]) < ROW:
        first -= 1
    return first


def _lower_affine(to: Lowering, size: int, mean: Slot, factor: Slot, beta: Slot | None) -> None:
    spec = Normalise(to.dtype, size, beta is not None, to.relu)
    others = () if beta is None else (beta,)
    to.samples(spec, to.x[0], mean, factor, *others, to.y, grain=to.y.size // size)


def _lower_affine_backward(to: Lowering, size: int, mean: Slot, factor: Slot) -> None:
    if to.dx[0] is not None:
        spec = NormaliseGradient(to.dtype, size, center=False, relu=False, through=False, gate=False)
        to.samples(spec, to.x[0], to.dy, mean, factor, to.dx[0], grain=to.y.size // size)


@dataclass(frozen=True)
class Rescale(Op):
    """Numbers of one range brought to another.

        y = s · x + b        ∂x = s · ∂y

    `scale` s and `offset` b are numbers, or have one for each channel. Shapes: x and y (N, …, C).
    """

    name: ClassVar[str] = "rescaling"
    relus: ClassVar[bool] = True
    scale: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        s, b = (np.asarray(v, x[0].dtype) for v in (self.scale, self.offset))
        y: Array = s * x[0] + b
        return y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients((np.asarray(self.scale, dy.dtype) * dy,))

    def lower(self, to: Lowering) -> None:
        size, (mean, factor, offset) = self._rows(to)
        _lower_affine(to, size, mean, factor, offset)

    def lower_backward(self, to: Lowering) -> None:
        size, (mean, factor, _) = self._rows(to)
        _lower_affine_backward(to, size, mean, factor)

    def _rows(self, to: Lowering) -> tuple[int, list[Slot]]:
        """Elements of a row, and rows of what is subtracted (zeros), multiplied by and added."""
        shape = to.shapes[0]
        row = shape[row_of(shape, len(shape) - 1) :]
        values = (0.0, self.scale, self.offset)
        return elements(row), [to.constant(np.ascontiguousarray(np.broadcast_to(v, row), to.dtype)) for v in values]

    def output_shape(self, *inputs: Shape) -> Shape:
        for values in (self.scale, self.offset):
            if isinstance(values, tuple) and (not inputs[0] or len(values) != inputs[0][-1]):
                raise ShapeError(text("not_a_number_each", received=len(values), shape=show(inputs[0])))
        return inputs[0]

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.rescaling", {"scale": _written(self.scale), "offset": _written(self.offset)}


def _written(value: float | tuple[float, ...]) -> str:
    return ", ".join(f"{v:g}" for v in (value if isinstance(value, tuple) else (value,)))


@dataclass(frozen=True)
class Standardize(Op):
    """Features brought to mean 0 and variance 1, by mean μ and variance v of the training data.

        y = (x − μ) / s        s = max(√v, 10⁻⁷)        ∂x = ∂y / s

    With `invert` the way back: y = x · s + μ, ∂x = ∂y · s. `axes` are those (the batch axis left out) along which there
    is a mean and a variance for each place: (2,) for each channel of an image, (0, 1, 2) for each of its numbers.

    Shapes: x and y (N, …); μ and v have the lengths of `axes`.
    """

    name: ClassVar[str] = "normalization"
    relus: ClassVar[bool] = True
    scales: ClassVar[bool] = True
    axes: tuple[int, ...] = ()
    invert: bool = False

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        mean, deviation = self._fixed(x[0], w)
        return x[0] * deviation + mean if self.invert else (x[0] - mean) / deviation

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        _, deviation = self._fixed(x[0], w)
        return Gradients((dy * deviation if self.invert else dy / deviation,))

    def statistics(self, x: tuple[Array, ...], w: tuple[Array, ...]) -> tuple[Array, ...]:
        return w

    def _fixed(self, x: Array, w: tuple[Array, ...]) -> tuple[Array, Array]:
        """μ and s, with axes of one element where they are the same for all places."""
        shape = self._along(x.shape[1:])
        least = np.asarray(LEAST_DEVIATION, x.dtype)
        deviation = np.maximum(np.sqrt(w[1]), least) if self.scales else np.ones_like(w[0])
        return w[0].reshape(shape), deviation.reshape(shape)

    def _along(self, shape: Shape) -> Shape:
        return tuple(n if axis in self.axes else 1 for axis, n in enumerate(shape))

    def lower(self, to: Lowering) -> None:
        size, mean, factor = self._rows(to)
        if self.invert:
            _lower_affine(to, size, to.constant(np.zeros(size, to.dtype)), factor, mean)
        else:
            _lower_affine(to, size, mean, factor, None)

    def lower_backward(self, to: Lowering) -> None:
        size, mean, factor = self._rows(to)
        _lower_affine_backward(to, size, mean, factor)

    def _rows(self, to: Lowering) -> tuple[int, Slot, Slot]:
        """Elements of a row, and rows of μ and of what is multiplied by."""
        shape = to.shapes[0]
        first = row_of(shape, min(self.axes, default=len(shape)))
        row, along = shape[first:], self._along(shape)[first:]
        size = elements(row)
        (mean,) = to.derived(Kernel(to.dtype, "copy", row, (along,)), to.w[0], sizes=(size,))
        if not self.scales:
            return size, mean, to.constant(np.ones(size, to.dtype))
        function = "deviation" if self.invert else "inverse_deviation"
        (factor,) = to.derived(Kernel(to.dtype, function, row, (along,)), to.w[1], sizes=(size,))
        return size, mean, factor

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        shape = tuple(inputs[0][axis] for axis in self.axes)
        names = ("mean", "variance") if self.scales else ("mean",)
        return tuple(Weight(name, shape, 1, 1, statistic=True) for name in names)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        key = "purpose.normalization_back" if self.invert else f"purpose.{self.name}"
        return key, {"count": elements(self.weights(*inputs)[0].shape)}


@dataclass(frozen=True)
class MeanSubtraction(Standardize):
    """The mean μ of the training data subtracted: of each pixel, as AlexNet does, or of each channel, as VGG does.

        y = x − μ        ∂x = ∂y

    `axes` as of `Standardize`. Shapes: x and y (N, …); μ has the lengths of `axes`. Source: Krizhevsky, Sutskever &
    Hinton, 2012, section 2; Simonyan & Zisserman, 2014, section 2.1.
    """

    name: ClassVar[str] = "mean_subtraction"
    scales: ClassVar[bool] = False


class _Prepared(Op):
    """A product with a matrix that the training data gave, and training leaves alone."""

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        return Gradients(super().backward(dy, x, w, y, run).inputs)

    def statistics(self, x: tuple[Array, ...], w: tuple[Array, ...]) -> tuple[Array, ...]:
        return w

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return tuple(weight._replace(statistic=True) for weight in super().weights(*inputs))

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return f"purpose.{self.name}", {"count": elements(self.weights(*inputs)[0].shape[:-1])}


@dataclass(frozen=True)
class Whiten(_Prepared, Dense):
    """Whitening: features that go together turned and scaled until none tells anything of another.

        y = x · W        ∂x = ∂y · Wᵀ

    x has mean 0. With C = U Λ Uᵀ the covariance of the training data: W = U (Λ + ε)^(−½) (PCA), the largest
    eigenvalues first; or W = U (Λ + ε)^(−½) Uᵀ (ZCA), of all whitened images the one nearest to x.

    Shapes: x (N, F), W (F, units), y (N, units). Source: Bell & Sejnowski, *The "independent components" of natural
    scenes are edge filters*, 1997; Krizhevsky, *Learning multiple layers of features from tiny images*, 2009, app. A.
    """

    name: ClassVar[str] = "whitening"
    bias: bool = False


@dataclass(frozen=True)
class WhitenPatches(_Prepared, Conv2D):
    """Whitening of patches: a convolution whose filters the covariance C of the training images' patches gave.

        y[n, i, j, k] = Σ_{a, b, c} x[n, s·i + a − p, s·j + b − p', c] · W[a, b, c, k]

    x has mean 0. PCA: side by side patches, s their size, each turned into its components; W = U (Λ + ε)^(−½) of
    C = U Λ Uᵀ. ZCA: s = 1; W has the columns of U (Λ + ε)^(−½) Uᵀ that make a patch's middle pixel; the image stays.
    Backward as of a convolution, for x alone.

    Shapes: x (N, H, W, C), W (patch, patch, C, filters), y (N, H', W', filters). Source: as of `Whiten`; Coates, Ng &
    Lee, *An analysis of single-layer networks in unsupervised feature learning*, 2011.
    """

    name: ClassVar[str] = "patch_whitening"
    bias: bool = False
