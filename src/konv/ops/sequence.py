"""Convolutions in one dimension: those in two, on images of height 1."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import ClassVar

from konv.errors import ShapeError
from konv.messages import text
from konv.ops.convolution import Conv2D
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.lowering import Lowering
from konv.ops.record import Array, Gradients, Op, Run, Weight
from konv.shapes import Axis, Padding, Shape, show

__all__ = ["Conv1D", "DepthwiseConv1D", "OnImages", "reshaped", "sequence_shape", "wide"]


def wide(padding: Padding) -> Padding:
    """The padding of a sequence as that of an image of height 1."""
    return padding if isinstance(padding, str) else ((0, 0), *padding)


def sequence_shape(shape: Shape, op: str) -> Shape:
    """`shape` itself if it is that of a sequence, `(L, C)`. Raises: ShapeError otherwise."""
    if len(shape) != 2:
        raise ShapeError(text("not_a_sequence", layer=op, received=show(shape), axes=len(shape)))
    return shape


def reshaped(to: Lowering, *shapes: Shape) -> Lowering:
    """The same place in a plan, its inputs seen in other shapes of as many elements."""
    other = copy(to)
    other.shapes = shapes
    return other


@dataclass(frozen=True)
class OnImages(Op):
    """An operation on sequences `(L, C)` that is one on images `(1, L, C)`, whose kernel has height 1.

    Nothing is copied: the numbers are the same in the same order, seen with an axis more.
    """

    gates: ClassVar[bool] = True
    relus: ClassVar[bool] = True

    def on_images(self) -> Op:
        """The operation in two dimensions."""
        raise NotImplementedError

    def forward(self, x: tuple[Array, ...], w: tuple[Array, ...], run: Run) -> Array:
        y: Array = self.on_images().forward((x[0][:, None],), self.taller(w), run)[:, 0]
        return y

    def backward(self, dy: Array, x: tuple[Array, ...], w: tuple[Array, ...], y: Array, run: Run) -> Gradients:
        wide_x, wide_w = (x[0][:, None],), self.taller(w)
        (dx,), dw = self.on_images().backward(dy[:, None], wide_x, wide_w, y[:, None], run)
        assert dx is not None
        return Gradients((dx[:, 0],), tuple(g.reshape(v.shape) for g, v in zip(dw, w, strict=True)))

    def lower(self, to: Lowering) -> None:
        self.on_images().lower(reshaped(to, self._image(*to.shapes)))

    def lower_backward(self, to: Lowering) -> None:
        self.on_images().lower_backward(reshaped(to, self._image(*to.shapes)))

    def output_shape(self, *inputs: Shape) -> Shape:
        return self.on_images().output_shape(self._image(*inputs))[1:]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        kernel, *others = self.on_images().weights(self._image(*inputs)) or (None,)
        return () if kernel is None else (kernel._replace(shape=kernel.shape[1:]), *others)

    def macs(self, *inputs: Shape) -> int:
        return self.on_images().macs(self._image(*inputs))

    def window(self, *inputs: Shape) -> tuple[Axis, ...] | None:
        return self.on_images().window(self._image(*inputs))

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        return self.on_images().purpose(self._image(*inputs))

    def taller(self, w: tuple[Array, ...]) -> tuple[Array, ...]:
        """The weights of the operation on images: the kernel, which comes first, gets a height of 1."""
        return tuple(v[None] if i == 0 else v for i, v in enumerate(w))

    def _image(self, *inputs: Shape) -> Shape:
        """The shape of a sequence as that of an image. Raises: ShapeError where it is none."""
        return 1, *sequence_shape(inputs[0], type(self).__name__)


@dataclass(frozen=True)
class Conv1D(OnImages):
    """Convolution along a sequence: each of `filters` small kernels slides along it and takes a weighted sum.

        y[n, i, o] = b[o] + Σ_{v,c} x⁺[n, s·i + d·v, c] · k[v, c, o]

    x⁺ is x with zeros around it: with `padding` "causal", d·(kernel − 1) of them before it and none behind, so that
    no output sees what comes after its place. s is the stride, d the dilation; `groups` as of `Conv2D`, and so the
    gradients.

        ∂k[v, c, o] = Σ_{n,i} x⁺[n, s·i + d·v, c] · ∂y[n, i, o]        ∂b[o] = Σ_{n,i} ∂y[n, i, o]
        ∂x⁺[n, s·i + d·v, c] += Σ_o ∂y[n, i, o] · k[v, c, o]

    Shapes: x (N, L, C), k (kernel, C/G, filters), b (filters,), y (N, L', filters); L' follows `konv.shapes.Axis`.

    Source: Waibel, Hanazawa, Hinton, Shikano & Lang, *Phoneme recognition using time-delay neural networks*, 1989;
    causal: van den Oord et al., *WaveNet: a generative model for raw audio*, 2016, section 2.1.
    """

    name: ClassVar[str] = "conv1d"
    filters: int
    kernel: int
    strides: int = 1
    padding: Padding = "valid"
    dilation: int = 1
    groups: int = 1
    bias: bool = True

    def on_images(self) -> Conv2D:
        """The operation in two dimensions."""
        return Conv2D(self.filters, (1, self.kernel), (1, self.strides), wide(self.padding), (1, self.dilation),
                      self.groups, self.bias)  # fmt: skip

    def purpose(self, *inputs: Shape) -> tuple[str, dict[str, object]]:
        seen = inputs[0][1] // self.groups
        return "purpose.conv1d", {"filters": self.filters, "kernel": self.kernel, "channels": seen}


@dataclass(frozen=True)
class DepthwiseConv1D(OnImages):
    """Depthwise convolution along a sequence: every channel is filtered by itself, by `multiplier` = M kernels.

        y[n, i, c·M + m] = b[c·M + m] + Σ_v x⁺[n, s·i + d·v, c] · k[v, c, m]

        ∂k[v, c, m] = Σ_{n,i} x⁺[n, s·i + d·v, c] · ∂y[n, i, c·M + m]
        ∂x⁺[n, s·i + d·v, c] += Σ_m ∂y[n, i, c·M + m] · k[v, c, m]

    Shapes: x (N, L, C), k (kernel, C, M), b (C·M,), y (N, L', C·M). Source: as of `DepthwiseConv2D`.
    """

    name: ClassVar[str] = "depthwise_conv1d"
    kernel: int
    strides: int = 1
    padding: Padding = "valid"
    multiplier: int = 1
    dilation: int = 1
    bias: bool = True

    def on_images(self) -> DepthwiseConv2D:
        """The operation in two dimensions."""
        return DepthwiseConv2D((1, self.kernel), (1, self.strides), wide(self.padding), self.multiplier,
                               (1, self.dilation), self.bias)  # fmt: skip
