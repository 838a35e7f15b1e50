"""Products of matrices, convolution, pooling: the operations networks are made of, as functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from konv.errors import GraphError
from konv.functions.arrangement import broadcast_to, expand_dims
from konv.functions.base import applied, array, is_symbolic, lead, tensor
from konv.graph import Node, Tensor, Variable, naming
from konv.messages import text
from konv.ops.adaptive_pooling import (
    AdaptiveAveragePool1D,
    AdaptiveAveragePool2D,
    AdaptiveMaxPool1D,
    AdaptiveMaxPool2D,
)
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.matrix_product import Matmul
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array, Op, Run
from konv.ops.sequence import Conv1D, DepthwiseConv1D
from konv.ops.transposed import Conv2DTranspose
from konv.shapes import Padding, channels_last, normal_padding, pair

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "average_pool", "conv", "conv_transpose", "depthwise_conv", "dot",
    "matmul", "max_pool", "separable_conv",
]  # fmt: skip


def matmul(x1: Any, x2: Any) -> Any:
    """The product of matrices along the last two axes of `x1` and `x2`; `x2` may be a weight, the same for all samples.

    Raises: ShapeError where they do not fit.
    """
    if not is_symbolic(x1, x2):
        return array(x1) @ array(x2)
    if isinstance(x2, Variable) and isinstance(x1, Tensor) and len(x2.shape) == 2:
        return _weighted(Dense(x2.shape[1], bias=False), x1, x2)
    a, b = tensor(x1), tensor(x2)
    if lead(a) and not lead(b) and len(a.shape) == 1:
        row: Tensor = applied(Matmul(), expand_dims(a, 1), b)
        return row[:, 0]
    if lead(b) < lead(a) and len(b.shape) < len(a.shape):
        b = broadcast_to(b, (*a.shape[:-2], *b.shape))
    return applied(Matmul(), a, b)


def dot(x1: Any, x2: Any) -> Any:
    """`matmul` of arrays and tensors of two axes or more, Keras's name for it. Raises: ShapeError."""
    return matmul(x1, x2)


def conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str | Padding = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """The convolution of images `inputs` `(N, H, W, C)` with `kernel` `(h, w, C / groups, filters)`, or of sequences
    `(N, L, C)` with `(l, C / groups, filters)`.

    Arguments: `strides`, `padding`, `data_format`, `dilation_rate` as of `konv.layers.Conv2D`; a kernel for images that
    are symbolic is a weight, or known numbers. Raises: ShapeError where it does not fit; GraphError for another kernel.
    """
    channels_last(data_format, "conv")
    *size, taken, filters = kernel.shape
    axes, groups = len(size), max(1, inputs.shape[-1] // max(1, taken))
    window = _window(strides, padding, dilation_rate, axes, "conv")
    if axes == 1:
        sequence = Conv1D(filters, size[0], window[0][0], window[1], window[2][0], groups, bias=False)
        return _weighted(sequence, inputs, kernel)
    op = Conv2D(filters, _two(size), _two(window[0]), window[1], _two(window[2]), groups, bias=False)
    return _weighted(op, inputs, kernel)


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str | Padding = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """Each channel of images `inputs` `(N, H, W, C)` convolved with its own part of `kernel` `(h, w, C, multiplier)`,
    or of sequences `(N, L, C)` with `(l, C, multiplier)`.

    Arguments: `strides`, `padding`, `data_format`, `dilation_rate` as of `conv`. Raises: as `conv`.
    """
    channels_last(data_format, "depthwise_conv")
    *size, _, multiplier = kernel.shape
    window = _window(strides, padding, dilation_rate, len(size), "depthwise_conv")
    if len(size) == 1:
        sequence = DepthwiseConv1D(size[0], window[0][0], window[1], multiplier, window[2][0], bias=False)
        return _weighted(sequence, inputs, kernel)
    op = DepthwiseConv2D(_two(size), _two(window[0]), window[1], multiplier, _two(window[2]), bias=False)
    return _weighted(op, inputs, kernel)


def separable_conv(
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str | Padding = "valid",
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """`depthwise_conv` with `depthwise_kernel`, then `conv` with `pointwise_kernel`, whose window is one place.

    Arguments: `strides`, `padding`, `data_format`, `dilation_rate` as of `conv`. Raises: as `conv`.
    """
    between = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(between, pointwise_kernel)


def conv_transpose(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str | Padding = "valid",
    output_padding: int | Sequence[int] | None = None,
    data_format: str | None = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """The transposed convolution of images `inputs` `(N, H, W, C)` with `kernel` `(h, w, filters, C)`.

    Arguments: `output_padding`, as of `konv.layers.Conv2DTranspose`; the others as of `conv`. Raises: as `conv`.
    """
    channels_last(data_format, "conv_transpose")
    height, width, filters, _ = kernel.shape
    strides, padding, dilation = _window(strides, padding, dilation_rate, 2, "conv_transpose")
    more = None if output_padding is None else _two(pair(output_padding, "output_padding", "konv.ops", 2, 0))
    op = Conv2DTranspose(filters, (height, width), _two(strides), padding, more, _two(dilation), bias=False)
    return _weighted(op, inputs, kernel)


def max_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The largest number of each window of images `inputs` `(N, H, W, C)`.

    Arguments: `pool_size`, `strides` (default `pool_size`), `padding`, `data_format` as of `konv.layers.MaxPooling2D`.
    """
    channels_last(data_format, "max_pool")
    pool = _pair(pool_size, "pool_size")
    return _alone(MaxPool2D(pool, _pair(strides or pool, "strides"), normal_padding(padding, "max_pool")), inputs)


def average_pool(
    inputs: Any,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The mean of each window of images `inputs` `(N, H, W, C)`; `pool_size`, `strides`, `padding`, `data_format` as of
    `max_pool`."""
    channels_last(data_format, "average_pool")
    pool = _pair(pool_size, "pool_size")
    padding_ = normal_padding(padding, "average_pool")
    return _alone(AveragePool2D(pool, _pair(strides or pool, "strides"), padding_), inputs)


def adaptive_average_pool(inputs: Any, output_size: int | Sequence[int], data_format: str | None = None) -> Any:
    """The means of `output_size` parts of each axis of images `inputs`, or of sequences; see
    `konv.layers.AdaptiveAveragePooling2D`. Arguments: `data_format` as of `conv`."""
    channels_last(data_format, "adaptive_average_pool")
    return _adaptive(AdaptiveAveragePool1D, AdaptiveAveragePool2D, inputs, output_size)


def adaptive_max_pool(inputs: Any, output_size: int | Sequence[int], data_format: str | None = None) -> Any:
    """The largest numbers of `output_size` parts of each axis of `inputs`; `data_format` as of `conv`."""
    channels_last(data_format, "adaptive_max_pool")
    return _adaptive(AdaptiveMaxPool1D, AdaptiveMaxPool2D, inputs, output_size)


def _adaptive(one: Any, two: Any, inputs: Any, output_size: int | Sequence[int]) -> Any:
    axes = len(tensor(inputs).shape) + 1 if is_symbolic(inputs) else np.ndim(inputs)
    if axes == 3:
        return _alone(one(pair(output_size, "output_size", "konv.ops", 1)[0]), inputs)
    return _alone(two(_pair(output_size, "output_size")), inputs)


def _two(value: Any) -> tuple[int, int]:
    return cast("tuple[int, int]", tuple(value))


def _pair(value: Any, name: str) -> tuple[int, int]:
    return _two(pair(value, name, "konv.ops"))


def _window(strides: Any, padding: Any, dilation: Any, axes: int, function: str) -> tuple[Any, Padding, Any]:
    """Strides, padding and dilation along `axes` axes."""
    found = (pair(value, name, "konv.ops", axes) for value, name in ((strides, "strides"), (dilation, "dilation_rate")))
    steps, apart = found
    return steps, normal_padding(padding, function, axes), apart


def _alone(op: Op, x: Any) -> Any:
    return applied(op, tensor(x)) if is_symbolic(x) else op.forward((array(x),), (), Run())


def _weighted(op: Op, x: Any, kernel: Any) -> Any:
    """`op` with one weight."""
    if not is_symbolic(x, kernel):
        result: Array = op.forward((array(x),), (array(kernel),), Run())
        return result
    if not is_symbolic(kernel):
        kernel = Variable("kernel", np.asarray(kernel, tensor(x).dtype), trainable=False)
    if not isinstance(kernel, Variable):
        raise GraphError(text("kernel_is_no_weight", function=op.name, received=type(kernel).__name__))
    x = tensor(x)
    expected = op.weights(x.shape)[0].shape
    if expected != kernel.shape:
        op.output_shape(x.shape)
        raise GraphError(text("weight_shape", layer=op.name, name="kernel", expected=expected, received=kernel.shape))
    return Node.apply(op, (x,), (kernel,), naming.automatic(op.name), x.dtype)
