"""Normalisation of each sample by itself: over its features, over groups of its channels, to a length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from konv.errors import ShapeError
from konv.kernels.maps.elementwise import Elementwise as Kernel
from konv.kernels.sums.reduction import Reduction
from konv.kernels.sums.tree import BiasGradient
from konv.messages import text
from konv.ops.lowering import Lowering, Slot
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.shapes import Shape, elements, show

__all__ = ["GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"]


class _View(NamedTuple):
    """A sample as normalisation sees it: its `shape`, the `axes` that mean and variance are taken over, and the shape
    of γ and β beside it (`weights`, 1 where they are repeated)."""

    shape: Shape
    axes: tuple[int, ...]
    weights: Shape

    @property
    def kept(self) -> Shape:
        """The shape of mean and variance."""
        return tuple(1 if a in self.axes else n for a, n in enumerate(self.shape))


@dataclass(frozen=True)
class _PerSample(Op):
    """What these normalisations share: all but the view."""

    centred: ClassVar[bool] = True
    """Whether the mean is subtracted."""
    over: ClassVar[str] = "mean"
    """Whether squares are averaged or summed."""
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True

    def view(self, shape: Shape) -> _View:
        """How a sample of `shape` is seen."""
        raise NotImplementedError

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        gamma, beta = self._affine(w, x[0])
        normal, _ = self._normal(x[0])
        y: Array = (normal * gamma + beta).reshape(x[0].shape)
        return y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        seen = self.view(x[0].shape[1:])
        over = tuple(a + 1 for a in seen.axes)
        normal, inverse = self._normal(x[0])
        dy = dy.reshape(normal.shape)
        g = dy * self._affine(w, x[0])[0]

        level = g.mean(over, keepdims=True) if self.centred else 0.0
        through = g - level - normal * self._of(g * normal, over)
        alike = (0, *(a + 1 for a, n in enumerate(seen.weights) if n != seen.shape[a]))
        learned = [*[dy * normal] * self.scale, *[dy] * self.center]
        return Gradients(((through * inverse).reshape(x[0].shape),),
                         tuple(v.sum(alike).reshape(w[0].shape) for v in learned))  # fmt: skip

    def _normal(self, x: Array) -> tuple[Array, Array]:
        """x̂, and 1 / √(v + ε), in the view's shape."""
        seen = self.view(x.shape[1:])
        x, over = x.reshape(len(x), *seen.shape), tuple(a + 1 for a in seen.axes)
        x = x - x.mean(over, keepdims=True) if self.centred else x
        inverse = 1 / np.sqrt(self._of(x * x, over) + self.epsilon)
        return x * inverse, inverse

    def _of(self, x: Array, axes: tuple[int, ...]) -> Array:
        """The mean or the sum of `x` over `axes`."""
        found: Array = (x.mean if self.over == "mean" else x.sum)(axes, keepdims=True)
        return found

    def _affine(self, w: tuple[Array, ...], x: Array) -> tuple[Array | float, Array | float]:
        """γ and β in the view's shape; 1 and 0 where they are left out."""
        shape = (1, *self.view(x.shape[1:]).weights)
        gamma = w[0].reshape(shape) if self.scale else 1.0
        return gamma, w[self.scale].reshape(shape) if self.center else 0.0

    def lower(self, to: Lowering) -> None:
        seen, small = self.view(to.shapes[0]), self._kept(to)
        centred, inverse = self._held(to)
        mean, squares = to.temporary(small), to.temporary(to.y.size)
        shape, kept = seen.shape, seen.kept
        if self.centred:
            to.samples(Reduction(to.dtype, "mean", shape, seen.axes), to.x[0], mean)
            to.samples(Kernel(to.dtype, "subtract", shape, (shape, kept)), to.x[0], mean, centred)
        to.samples(Kernel(to.dtype, "square", shape, (shape,)), centred, squares)
        to.samples(Reduction(to.dtype, self.over, shape, seen.axes), squares, mean)
        to.samples(Kernel(to.dtype, "inverse_root", kept, (kept, self.epsilon)), mean, inverse)
        gamma, beta = seen.weights if self.scale else 1.0, seen.weights if self.center else 0.0
        spec = Kernel(to.dtype, "affine", shape, (shape, kept, gamma, beta), shared=self._shared(2))
        to.samples(spec, centred, inverse, *to.w, to.y)

    def lower_backward(self, to: Lowering) -> None:
        seen, small = self.view(to.shapes[0]), self._kept(to)
        centred, inverse = self._held(to)
        shape, kept = seen.shape, seen.kept
        normal, product = to.temporary(to.y.size), to.temporary(to.y.size)
        to.samples(Kernel(to.dtype, "multiply", shape, (shape, kept)), centred, inverse, normal)
        if self.scale and to.dw[0]:
            to.samples(Kernel(to.dtype, "multiply", shape, (shape, shape)), to.dy, normal, product)
            self._learn(to, seen, product, 0)
        if self.center and to.dw[self.scale]:
            self._learn(to, seen, to.dy, int(self.scale))
        if to.dx[0] is None:
            return
        g = to.dy
        if self.scale:
            g = to.temporary(to.y.size)
            to.samples(Kernel(to.dtype, "multiply", shape, (shape, seen.weights), shared=(1,)), to.dy, to.w[0], g)
        level = [to.temporary(small)] if self.centred else []
        share, weighted = to.temporary(small), to.temporary(to.y.size)
        for mean in level:
            to.samples(Reduction(to.dtype, "mean", shape, seen.axes), g, mean)
        to.samples(Kernel(to.dtype, "multiply", shape, (shape, shape)), g, normal, weighted)
        to.samples(Reduction(to.dtype, self.over, shape, seen.axes), weighted, share)
        spec = Kernel(to.dtype, "normal_gradient", shape, (shape, kept if level else 0.0, shape, kept, kept))
        to.samples(spec, g, *level, normal, share, inverse, to.dx[0])

    def _learn(self, to: Lowering, seen: _View, values: Slot, weight: int) -> None:
        """The gradient of a weight: the sum of `values` over samples and over where the weight is repeated."""
        axes = tuple(a for a, n in enumerate(seen.weights) if n != seen.shape[a])
        if axes:
            each = to.temporary(elements(seen.weights))
            to.samples(Reduction(to.dtype, "sum", seen.shape, axes), values, each)
            values = each
        to.sums(BiasGradient(to.dtype, elements(seen.weights)), values, weight=weight)

    def _held(self, to: Lowering) -> tuple[Slot, Slot]:
        """Where x − μ, or x itself, and 1 / √(v + ε) are kept for the way back."""
        centred = to.own("centred", to.y.size, "sample") if self.centred else to.x[0]
        return centred, to.own("inverse", self._kept(to), "sample")

    def _kept(self, to: Lowering) -> int:
        return elements(self.view(to.shapes[0]).kept)

    def _shared(self, first: int) -> tuple[int, ...]:
        """The places of γ and β among a kernel's operands, of which the `first` come from samples."""
        return tuple(range(first, first + self.scale + self.center))

    def output_shape(self, *inputs: Shape) -> Shape:
        self.view(inputs[0])
        return inputs[0]

    def _named(self, shape: Shape) -> tuple[Weight, ...]:
        names = [*["gamma"] * self.scale, *["beta"] * self.center]
        return tuple(Weight(name, shape, shape[-1], shape[-1]) for name in names)


def _features(shape: Shape, chosen: tuple[int, ...]) -> _View:
    """A sample whose features lie along the `chosen` axes. Raises: ShapeError where there are no such axes."""
    axes = tuple(sorted({a % len(shape) for a in chosen})) if shape else ()
    if not axes or any(not -len(shape) <= a < len(shape) for a in chosen):
        raise ShapeError(text("bad_axes", received=chosen, shape=show(shape)))
    return _View(shape, axes, tuple(n if a in axes else 1 for a, n in enumerate(shape)))


@dataclass(frozen=True)
class LayerNormalization(_PerSample):
    """Layer normalisation: the features of each sample brought to mean 0 and variance 1, then to what is learned best.

        y = γ · x̂ + β        x̂ = (x − μ) / √(v + ε)        μ and v over `axes` of the sample: m numbers

        ∂γ = Σ ∂y · x̂        ∂β = Σ ∂y        g = ∂y · γ        ∂x = (g − Σg/m − x̂ · Σ(g·x̂)/m) / √(v + ε)

    It does the same in training and in prediction, and no sample depends on another. `axes` leave the batch axis out.

    Shapes: x and y (N, …); γ and β have the sizes of `axes`. Source: Ba, Kiros & Hinton, *Layer normalization*, 2016,
    equations 3 and 4.
    """

    name: ClassVar[str] = "layer_normalization"
    axes: tuple[int, ...] = (-1,)

    def view(self, shape: Shape) -> _View:
        return _features(shape, self.axes)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return self._named(tuple(inputs[0][a] for a in self.view(inputs[0]).axes))

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.layer_normalization", {"count": elements([inputs[0][a] for a in self.view(inputs[0]).axes])}


@dataclass(frozen=True)
class GroupNormalization(_PerSample):
    """Group normalisation: in each sample, `groups` of channels are each brought to mean 0 and variance 1.

        y = γ[c] · x̂ + β[c]        x̂ = (x − μ) / √(v + ε)        μ and v over all places and the channels of a group

    The gradients are those of layer normalisation, with groups for samples. As many groups as channels is instance
    normalisation.

    Shapes: x and y (N, …, C), γ and β (C,). Source: Wu & He, *Group normalization*, 2018, equations 1 to 7.
    """

    name: ClassVar[str] = "group_normalization"
    groups: int = 32

    def view(self, shape: Shape) -> _View:
        if not shape or self.groups < 1 or shape[-1] % self.groups:
            raise ShapeError(text("bad_groups_of_channels", received=self.groups, shape=show(shape)))
        split = (*shape[:-1], self.groups, shape[-1] // self.groups)
        place = len(shape) - 1
        axes = tuple(a for a in range(len(split)) if a != place)
        return _View(split, axes, (*[1] * place, *split[place:]))

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        self.view(inputs[0])
        return self._named(inputs[0][-1:])

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.group_normalization", {"groups": self.groups, "channels": inputs[0][-1]}


@dataclass(frozen=True)
class RMSNormalization(_PerSample):
    """Root mean square normalisation: the features of each sample brought to mean square 1, then to what is learned.

        y = γ · x̂        x̂ = x / √(Σx²/m + ε)        the sum over `axes` of the sample: m numbers

        ∂γ = Σ ∂y · x̂        g = ∂y · γ        ∂x = (g − x̂ · Σ(g·x̂)/m) / √(Σx²/m + ε)

    Layer normalisation without a mean. Shapes: x and y (N, …); γ, the weight `scale`, has the sizes of `axes`.
    Source: Zhang & Sennrich, *Root mean square layer normalization*, 2019, equation 4.
    """

    name: ClassVar[str] = "rms_normalization"
    centred: ClassVar[bool] = False
    epsilon: float = 1e-6
    center: bool = False
    axes: tuple[int, ...] = (-1,)

    def view(self, shape: Shape) -> _View:
        return _features(shape, self.axes)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        shape = tuple(inputs[0][a] for a in self.view(inputs[0]).axes)
        return tuple(weight._replace(name="scale") for weight in self._named(shape))

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.rms_normalization", {"count": elements([inputs[0][a] for a in self.view(inputs[0]).axes])}


@dataclass(frozen=True)
class UnitNormalization(_PerSample):
    """Each sample's features brought to length 1.

        y = x / √(Σx² + ε)        ∂x = (∂y − y · Σ(∂y·y)) / √(Σx² + ε)        sums over `axes` of the sample

    ε is there for zeros alone. Shapes: x and y (N, …).
    """

    name: ClassVar[str] = "unit_normalization"
    centred: ClassVar[bool] = False
    over: ClassVar[str] = "sum"
    epsilon: float = 1e-24
    center: bool = False
    scale: bool = False
    axes: tuple[int, ...] = (-1,)

    def view(self, shape: Shape) -> _View:
        return _features(shape, self.axes)

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return "purpose.unit_normalization", {"count": elements([inputs[0][a] for a in self.view(inputs[0]).axes])}
