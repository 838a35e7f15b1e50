"""The kernels of convolutions in which every channel is filtered by itself, as any such op lowers to them."""

from __future__ import annotations

from dataclasses import replace

from konv.kernels.products.depthwise import Depthwise, DepthwiseWeightGradient, depthwise_data_gradient
from konv.kernels.products.taps import Taps
from konv.kernels.sums.tree import BiasGradient
from konv.ops.lowering import Lowering
from konv.shapes import Axis

__all__ = ["SPREAD", "lower_channelwise", "lower_channelwise_backward"]

SPREAD = 4
"""The most channels made of one for which vectors lie along the channels; beyond, a group's own fill a vector."""


def lower_channelwise(to: Lowering, window: tuple[Axis, ...], multiplier: int, bias: bool) -> None:
    """Add the forward kernel of a depthwise convolution, whose weights are the kernel and, with `bias`, the bias."""
    rows, columns = (Taps.forward(axis) for axis in window)
    kernel, finish = (window[0].kernel, window[1].kernel), "relu" if to.relu else ""
    spec = Depthwise(to.dtype, rows, columns, kernel, to.shapes[0][2], multiplier, bias=bias, finish=finish)
    to.samples(spec, to.x[0], *to.w, to.y, grain=rows.positions)


def lower_channelwise_backward(to: Lowering, window: tuple[Axis, ...], multiplier: int, bias: bool) -> None:
    """Add the kernels of its gradients."""
    rows, columns = (Taps.forward(axis) for axis in window)
    channels = to.shapes[0][2]
    if to.dw[0]:
        gradient = DepthwiseWeightGradient(to.dtype, rows, columns, channels, multiplier)
        to.sums(gradient, to.x[0], to.dy, weight=0, grain=rows.positions)
    if bias and to.dw[1]:
        total = BiasGradient(to.dtype, channels * multiplier)
        to.sums(total, to.dy, weight=1, grain=rows.positions * columns.positions)
    if to.dx[0] is not None:
        gate = (to.x[0],) if to.gate else ()
        for part in depthwise_data_gradient(window, channels, multiplier, to.dtype):
            spec = replace(part, finish="gate" if to.gate else "")
            to.samples(spec, to.dy, to.w[0], *gate, to.dx[0], grain=spec.rows.positions)
