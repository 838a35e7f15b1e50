"""Images at another size: every place of the output a weighted mean of places of the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from konv.kernels.maps.places import Table
from konv.ops.places import Moved, grid
from konv.ops.record import Array, Gradients, Run
from konv.ops.sequence import OnImages
from konv.ops.windows import image_shape
from konv.shapes import Shape, show

__all__ = ["WAYS", "Resize", "UpSampling1D", "UpSampling2D"]


def _cubic(t: Array) -> Array:
    near, far = (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2
    return np.where(t <= 1, near, np.where(t < 2, far, 0))


def _lanczos(t: Array, reach: int) -> Array:
    return np.where(t < reach, np.sinc(t) * np.sinc(t / reach), 0)


WAYS: dict[str, Callable[[Array], Array]] = {
    "nearest": lambda t: np.zeros_like(t),
    "bilinear": lambda t: np.maximum(1 - t, 0),
    "bicubic": _cubic,
    "lanczos3": lambda t: _lanczos(t, 3),
    "lanczos5": lambda t: _lanczos(t, 5),
}
"""The weight of what is t ≥ 0 places away."""
RADIUS = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}
"""How many places away the weight becomes 0."""


class _Resized(Moved):
    """What all share: two matrices, one an axis, along which an image is resized."""

    interpolation: str

    def sizes(self, shape: Shape) -> tuple[int, int]:
        """Height and width of what is made of `shape`."""
        raise NotImplementedError

    @property
    def smooth(self) -> bool:
        """Whether what is made smaller is a mean over all it is made of."""
        return False

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        up, across = self.matrices(x[0])
        y: Array = np.einsum("ih,nhwc,jw->nijc", up, x[0], across, optimize=True)
        return y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        up, across = self.matrices(x[0])
        return Gradients((np.einsum("ih,nijc,jw->nhwc", up, dy, across, optimize=True),))

    def matrices(self, x: Array) -> list[Array]:
        """U and V for images `x`, in their type."""
        sizes = zip(x.shape[1:3], self.sizes(x.shape[1:]), strict=True)
        return [_matrix(old, new, self.interpolation, self.smooth).astype(x.dtype) for old, new in sizes]

    def table(self, shape: Shape) -> tuple[Table, int]:
        rows, columns = (
            _sources(_matrix(old, new, self.interpolation, self.smooth))
            for old, new in zip(shape[:2], self.sizes(shape), strict=True)
        )
        return grid(rows, columns, shape), shape[2]

    def output_shape(self, *inputs: Shape) -> Shape:
        channels = image_shape(inputs[0], type(self).__name__)[2]
        return (*self.sizes(inputs[0]), channels)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.up_sampling", {"size": show(self.output_shape(*inputs)[:2])}


def _matrix(old: int, new: int, interpolation: str, smooth: bool) -> Array:
    """The weights `(new, old)` of one axis; each row's sum is 1."""
    step = old / new
    places = (np.arange(new) + 0.5) * step
    if interpolation == "nearest":
        return np.asarray(np.eye(old)[np.floor(places).astype(np.int64)])
    apart = np.abs(places[:, None] - 0.5 - np.arange(old)) / (max(step, 1.0) if smooth else 1.0)
    weights = WAYS[interpolation](apart)
    weights[np.abs(weights) < 1e-12] = 0  # where a curve crosses zero
    found: Array = weights / weights.sum(1, keepdims=True)
    return found


def _sources(matrix: Array) -> tuple[Array, Array]:
    """Which columns each row of `matrix` has, as many for all of them, and their factors, 0 where there are fewer."""
    most = int((matrix != 0).sum(1).max())
    sources = np.argsort(matrix == 0, axis=1, kind="stable")[:, :most]
    return sources, np.take_along_axis(matrix, sources, 1)


@dataclass(frozen=True)
class Resize(_Resized):
    """Images at the size `made` = (H', W'), each output a weighted mean of the places around it.

        y = U · x · Vᵀ in each channel        ∂x = Uᵀ · ∂y · V
        U[i, h] = κ(|t_i − h|) / Σ_h' κ(|t_i − h'|)        t_i = (i + ½) · H/H' − ½

    κ is 1 at the nearest place alone ("nearest": ⌊t_i + ½⌋), 1 − t ("bilinear"), Keys' curve with a = −½ ("bicubic"),
    or sinc(t) · sinc(t/r) ("lanczos3", "lanczos5"). With `antialias`, an image that is made smaller is weighed by
    κ(t · H'/H), so that nothing is passed over.

    Shapes: x (N, H, W, C), y (N, H', W', C). Source: Keys, *Cubic convolution interpolation for digital image
    processing*, 1981; Keras 3 `ops.image.resize`.
    """

    name: ClassVar[str] = "resize"
    made: tuple[int, int]
    interpolation: str = "bilinear"
    antialias: bool = False

    @property
    def smooth(self) -> bool:
        return self.antialias

    def sizes(self, shape: Shape) -> tuple[int, int]:
        return self.made

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.resize", {"before": show(inputs[0][:2]), "after": show(self.made)}


@dataclass(frozen=True)
class UpSampling2D(_Resized):
    """An image enlarged `size` = (a, b) times: `Resize` to (a·H, b·W).

        nearest:   y[n, i, j, c] = x[n, ⌊i/a⌋, ⌊j/b⌋, c]
        bilinear:  y = U_a · x · U_bᵀ in each channel

    U_a (a·H, H) weighs, for output i at the place t = (i + ½)/a − ½ of the input, its two neighbours: ⌊t⌋ by
    1 − (t − ⌊t⌋) and ⌊t⌋ + 1 by t − ⌊t⌋; beyond the edge the last one counts for both. Backward: ∂x = U_aᵀ · ∂y · U_b,
    with ones at ⌊i/a⌋ for U_a under "nearest".

    Shapes: x (N, H, W, C), y (N, a·H, b·W, C).
    """

    name: ClassVar[str] = "up_sampling2d"
    size: tuple[int, int] = (2, 2)
    interpolation: str = "nearest"

    def sizes(self, shape: Shape) -> tuple[int, int]:
        return shape[0] * self.size[0], shape[1] * self.size[1]


@dataclass(frozen=True)
class _OnSequence(OnImages):
    """What those along sequences share: no ReLU is part of them."""

    gates: ClassVar[bool] = False
    relus: ClassVar[bool] = False


@dataclass(frozen=True)
class UpSampling1D(_OnSequence):
    """Every step of a sequence repeated `size` times.

        y[n, i, c] = x[n, ⌊i/size⌋, c]        ∂x[n, i, c] = Σ_{r < size} ∂y[n, size·i + r, c]

    Shapes: x (N, L, C), y (N, size·L, C).
    """

    name: ClassVar[str] = "up_sampling1d"
    size: int = 2

    def on_images(self) -> UpSampling2D:
        """The operation in two dimensions."""
        return UpSampling2D((1, self.size))
