"""Products of matrices, convolution, pooling, softmax: the operations networks are made of, as functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from konv.errors import GraphError
from konv.functions.arrangement import broadcast_to, expand_dims, transpose
from konv.functions.base import applied, array, axis_of, is_symbolic, lead, tensor
from konv.functions.elementwise import equal, subtract
from konv.functions.reduction import logsumexp
from konv.graph import Node, Tensor, Variable, naming
from konv.messages import text
from konv.ops.activation import Softmax
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.matrix_product import Matmul
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array, Op, Run
from konv.shapes import Padding, normal_padding, pair

__all__ = [
    "average_pool", "conv", "depthwise_conv", "log_softmax", "matmul", "max_pool", "one_hot", "softmax",
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


def softmax(x: Any, axis: int = -1) -> Any:
    """e^x divided by its sum along `axis`."""
    if not is_symbolic(x):
        values = np.moveaxis(array(x), axis, -1)
        return np.moveaxis(Softmax().forward((values,), (), Run()), -1, axis)
    x = tensor(x)
    own, first = axis_of(axis, x), lead(x)
    if own == len(x.shape) - 1:
        return applied(Softmax(), x)
    order = list(range(len(x.shape) + first))
    order[own + first], order[-1] = order[-1], order[own + first]
    return transpose(applied(Softmax(), transpose(x, order)), order)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of `softmax` along `axis`, without rounding it first."""
    return subtract(x, logsumexp(x, axis, keepdims=True))


def one_hot(x: Any, num_classes: int) -> Any:
    """Rows of `num_classes` with a 1 at the place that each number of `x` names, and 0 elsewhere; no gradient."""
    places = np.arange(num_classes, dtype="float32")
    return equal(expand_dims(x, -1), places)


def conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str | Padding = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """The convolution of images `inputs` `(N, H, W, C)` with `kernel` `(h, w, C / groups, filters)`.

    Arguments: `strides`, `padding`, `dilation_rate` as of `konv.layers.Conv2D`; a kernel for images that are symbolic
    is a weight. Raises: ShapeError where it does not fit; GraphError where it is no weight.
    """
    height, width, taken, filters = kernel.shape
    channels = inputs.shape[-1]
    op = Conv2D(
        filters, (height, width), _two(strides, "strides"), normal_padding(padding, "conv"),
        _two(dilation_rate, "dilation_rate"), max(1, channels // max(1, taken)), bias=False,
    )  # fmt: skip
    return _weighted(op, inputs, kernel)


def depthwise_conv(
    inputs: Any,
    kernel: Any,
    strides: int | Sequence[int] = 1,
    padding: str | Padding = "valid",
    dilation_rate: int | Sequence[int] = 1,
) -> Any:
    """Each channel of images `inputs` `(N, H, W, C)` convolved with its own part of `kernel` `(h, w, C, multiplier)`.

    Arguments: `strides`, `padding`, `dilation_rate` as of `conv`. Raises: as `conv`.
    """
    height, width, _, multiplier = kernel.shape
    op = DepthwiseConv2D(
        (height, width), _two(strides, "strides"), normal_padding(padding, "depthwise_conv"), multiplier,
        _two(dilation_rate, "dilation_rate"), bias=False,
    )  # fmt: skip
    return _weighted(op, inputs, kernel)


def max_pool(
    inputs: Any, pool_size: int | Sequence[int], strides: int | Sequence[int] | None = None, padding: str = "valid"
) -> Any:
    """The largest number of each window of images `inputs` `(N, H, W, C)`.

    Arguments: `pool_size`, `strides` (default `pool_size`), `padding` as of `konv.layers.MaxPooling2D`.
    """
    pool = _two(pool_size, "pool_size")
    return _alone(MaxPool2D(pool, _two(strides or pool, "strides"), normal_padding(padding, "max_pool")), inputs)


def average_pool(
    inputs: Any, pool_size: int | Sequence[int], strides: int | Sequence[int] | None = None, padding: str = "valid"
) -> Any:
    """The mean of each window of images `inputs` `(N, H, W, C)`; `pool_size`, `strides`, `padding` as of `max_pool`."""
    pool = _two(pool_size, "pool_size")
    padding_ = normal_padding(padding, "average_pool")
    return _alone(AveragePool2D(pool, _two(strides or pool, "strides"), padding_), inputs)


def _two(value: Any, name: str) -> tuple[int, int]:
    return cast("tuple[int, int]", pair(value, name, "konv.ops"))


def _alone(op: Op, x: Any) -> Any:
    return applied(op, tensor(x)) if is_symbolic(x) else op.forward((array(x),), (), Run())


def _weighted(op: Op, x: Any, kernel: Any) -> Any:
    """`op` with one weight."""
    if not is_symbolic(x, kernel):
        result: Array = op.forward((array(x),), (array(kernel),), Run())
        return result
    if not isinstance(kernel, Variable):
        raise GraphError(text("kernel_is_no_weight", function=op.name, received=type(kernel).__name__))
    x = tensor(x)
    expected = op.weights(x.shape)[0].shape
    if expected != kernel.shape:
        op.output_shape(x.shape)
        raise GraphError(text("weight_shape", layer=op.name, name="kernel", expected=expected, received=kernel.shape))
    return Node.apply(op, (x,), (kernel,), naming.automatic(op.name), x.dtype)
