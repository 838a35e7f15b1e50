"""One number of a layer, worked out: what it sees, what it multiplies that by, and what comes of it.

Which class the answer has depends on the layer's operation: `WeightedSum` (convolutions, dense layers), `Pooled`,
`BatchNormalised`, `Normalised` (local response), `Passed` (all others). All take numbers out of arrays that are there
already (`konv.explain.look.activations`), so that working out one costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.look.activations import Activations, activations, normal_position
from konv.explain.look.network import Network, Place, opened, rows_of
from konv.graph import Node
from konv.messages import text
from konv.ops.batchnorm import BatchNormalization
from konv.ops.convolution import Conv2D
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.globalpool import GlobalAveragePool2D, GlobalMaxPool2D
from konv.ops.local import LocallyConnected2D
from konv.ops.neighbours import LocalResponseNormalization
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.record import Array, Op
from konv.ops.sequence import OnImages
from konv.shapes import Axis

__all__ = ["BatchNormalised", "Neuron", "Normalised", "Passed", "Pooled", "WeightedSum", "neuron", "patch_of"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Neuron:
    """One number of a layer.

    `layer`, its name; `operation` and `activation`, what the layer does, as the classes of operations are called (""
    for no activation); `position` and `channel`, which number; `value`, what the operation gave; `output`, what the
    layer gave: the activation of it.

    Of operations with a window: `top` and `left`, where in the layer's input the window begins (below 0 in padding);
    `dilation`, how far apart its elements are; `patch`, `(h, w, channels)`, what it sees, zeros in padding; `inside`,
    `(h, w)`, which elements are not padding. Of others `patch` is what is read, in its own shape.
    """

    layer: str
    operation: str
    activation: str
    position: tuple[int, ...]
    channel: int
    value: float
    output: float
    patch: Array
    top: int = 0
    left: int = 0
    dilation: tuple[int, int] = (1, 1)
    inside: Array | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class WeightedSum(Neuron):
    """`value = Σ products + bias`, `products = patch · kernel`, all of one shape; `total` is the sum of the products,
    in float64; `channels`, which channels of the input the patch has (those of the group)."""

    kernel: Array
    products: Array
    total: float
    bias: float
    channels: tuple[int, int]


@dataclass(frozen=True, eq=False, kw_only=True)
class Pooled(Neuron):
    """`value` is the largest number of the patch, or the mean (`how`); what both would be: `largest`, `mean`; and
    `winner`, the row and column in the patch of the largest."""

    how: str
    largest: float
    mean: float
    winner: tuple[int, int]


@dataclass(frozen=True, eq=False, kw_only=True)
class BatchNormalised(Neuron):
    """`value = gamma · normal + beta`, `normal = (x − mean) / √(variance + epsilon)`; `x` is the number read."""

    x: float
    mean: float
    variance: float
    epsilon: float
    gamma: float
    beta: float
    normal: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Normalised(Neuron):
    """`value = x / size ** exponent`, `size = bias + slope · Σ squares`; `patch` and `squares` are those of the
    `neighbours`: channels from the first to before the second."""

    x: float
    neighbours: tuple[int, int]
    squares: Array
    bias: float
    slope: float
    exponent: float
    size: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Passed(Neuron):
    """`value` is made of `inputs`: the number at the same position of each input that has one there."""

    inputs: tuple[float, ...]


def neuron(
    model: Network, image: Any, layer: str, position: Any, channel: int, computed: Activations | None = None
) -> Neuron:
    """The number at `position` and `channel` of what `layer` gives for `image`, worked out.

    Arguments: `model`; `image`, one, as the network takes it; `layer`, a name; `position`, `(row, column)`, `()` of a
    layer without places; `channel`, the feature map, or the unit; `computed`, what `activations` gave for this image,
    if it is there already.
    Returns: a `WeightedSum`, `Pooled`, `BatchNormalised`, `Normalised` or `Passed`.
    Raises: UnknownNameError, with the nearest names, for a layer there is not; ConfigurationError for a place or
    channel there is not; as `activations`.
    """
    found = computed or activations(model, rows_of(opened(model), image))
    place = found.find(layer)
    shape = place.output.shape
    at = normal_position(shape, position, place.name)
    if not 0 <= channel < (shape[-1] if shape else 1):
        raise ConfigurationError(text("look.unit", layer=place.name, received=channel, last=shape[-1] - 1))
    return _worked_out(place, found, at, channel)


def _worked_out(place: Place, found: Activations, at: tuple[int, ...], channel: int) -> Neuron:
    node = place.operation
    here = (0, *at, channel) if node.output.shape else (0,)
    common: dict[str, Any] = {
        "layer": place.name,
        "operation": type(node.op).__name__,
        "activation": "" if place.activation is None else type(place.activation.op).__name__,
        "position": at,
        "channel": channel,
        "value": float(found.values[node.output][here]),
        "output": float(found.values[place.output][here]),
    }
    x: list[Array] = [found.values[t][0] for t in node.inputs if t in found.values]
    w = tuple(v.value for v in node.variables)
    op: Op = node.op
    if isinstance(op, OnImages):
        w = op.taller(w)
        op = op.on_images()
        x, at = [x[0][None]], (0, *at) if at else (0, 0)
    if isinstance(op, (Conv2D, DepthwiseConv2D, LocallyConnected2D)):
        return _convolved(op, x[0], w, at, channel, common)
    if isinstance(op, Dense):
        read = x[0][at]
        return _weighted(read, w[0][:, channel], w[1][channel] if op.bias else 0.0, (0, len(read)), common)
    if isinstance(op, (MaxPool2D, AveragePool2D, GlobalMaxPool2D, GlobalAveragePool2D)):
        return _pooled(op, x[0], at, channel, common)
    if isinstance(op, BatchNormalization):
        return _batch_normalised(op, x[0][at][channel], w, channel, common)
    if isinstance(op, LocalResponseNormalization):
        return _normalised(op, x[0][at], channel, common)
    return _passed(node, x, at, channel, common)


def patch_of(
    x: Array, window: Sequence[Axis], at: Sequence[int], channels: slice = slice(None)
) -> tuple[Array, Array, int, int]:
    """What a window at output `at` sees of `x` `(H, W, C)`: `(h, w, channels)`, zeros in padding; which of it is
    inside, `(h, w)`; and where it begins."""
    starts = [i * axis.stride - axis.before for i, axis in zip(at, window, strict=True)]
    rows, columns = (start + axis.dilation * np.arange(axis.kernel) for start, axis in zip(starts, window, strict=True))
    inside = ((rows >= 0) & (rows < x.shape[0]))[:, None] & ((columns >= 0) & (columns < x.shape[1]))
    seen = x[np.clip(rows, 0, x.shape[0] - 1)[:, None], np.clip(columns, 0, x.shape[1] - 1), channels]
    return np.where(inside[..., None], seen, 0), inside, starts[0], starts[1]


def _convolved(op: Any, x: Array, w: tuple[Array, ...], at: tuple[int, ...], o: int, common: dict[str, Any]) -> Neuron:
    window = op.window(x.shape)
    if isinstance(op, Conv2D):
        each, made = x.shape[2] // op.groups, op.filters // op.groups
        channels = (o // made * each, (o // made + 1) * each)
        kernel, bias = w[0][..., o], w[1][o] if op.bias else 0.0
    elif isinstance(op, DepthwiseConv2D):
        channels = (o // op.multiplier, o // op.multiplier + 1)
        kernel, bias = w[0][:, :, channels[0], o % op.multiplier, None], w[1][o] if op.bias else 0.0
    else:
        channels = (0, x.shape[2])
        own = w[0][at[0] * window[1].output + at[1], :, o]
        kernel, bias = own.reshape(*op.kernel, -1), w[1][at][o] if op.bias else 0.0
    patch, inside, top, left = patch_of(x, window, at, slice(*channels))
    apart = (window[0].dilation, window[1].dilation)
    return _weighted(patch, kernel, bias, channels, common, top=top, left=left, dilation=apart, inside=inside)


def _weighted(
    patch: Array, kernel: Array, bias: Any, channels: tuple[int, int], common: dict[str, Any], **more: Any
) -> WeightedSum:
    products = patch * kernel
    total = float(products.sum(dtype=np.float64))
    return WeightedSum(
        patch=patch, kernel=kernel, products=products, total=total, bias=float(bias), channels=channels,
        **common, **more,
    )  # fmt: skip


def _pooled(op: Any, x: Array, at: tuple[int, ...], channel: int, common: dict[str, Any]) -> Pooled:
    whole = isinstance(op, (GlobalMaxPool2D, GlobalAveragePool2D))
    window = op.window(x.shape)
    patch, inside, top, left = patch_of(x, window, (0, 0) if whole else at, slice(channel, channel + 1))
    seen = np.where(inside, patch[..., 0], -np.inf)
    row, column = np.unravel_index(int(seen.argmax()), seen.shape)
    how = "max" if isinstance(op, (MaxPool2D, GlobalMaxPool2D)) else "mean"
    return Pooled(
        how=how, largest=float(seen.max()), mean=float(patch[inside].mean(dtype=np.float64)),
        winner=(int(row), int(column)), patch=patch, inside=inside, top=top, left=left, **common,
    )  # fmt: skip


def _batch_normalised(
    op: BatchNormalization, x: Any, w: tuple[Array, ...], channel: int, common: dict[str, Any]
) -> BatchNormalised:
    gamma = float(w[0][channel]) if op.scale else 1.0
    beta = float(w[op.scale][channel]) if op.center else 0.0
    mean, variance = float(w[-2][channel]), float(w[-1][channel])
    normal = (float(x) - mean) / float(np.sqrt(variance + op.epsilon))
    return BatchNormalised(
        x=float(x), mean=mean, variance=variance, epsilon=op.epsilon, gamma=gamma, beta=beta, normal=normal,
        patch=np.asarray(x), **common,
    )  # fmt: skip


def _normalised(op: LocalResponseNormalization, x: Array, channel: int, common: dict[str, Any]) -> Normalised:
    before, after = op.reach
    first, last = max(channel - before, 0), min(channel + after + 1, len(x))
    patch = x[first:last]
    squares = patch.astype(np.float64) ** 2
    return Normalised(
        x=float(x[channel]), neighbours=(first, last), squares=squares, bias=op.bias, slope=op.slope,
        exponent=op.beta, size=float(op.bias + op.slope * squares.sum()), patch=patch, **common,
    )  # fmt: skip


def _passed(node: Node, x: Sequence[Array], at: tuple[int, ...], channel: int, common: dict[str, Any]) -> Passed:
    here = (*at, channel)
    inputs = tuple(float(a[here]) for a in x if a.shape == node.output.shape)
    return Passed(inputs=inputs, patch=np.array(inputs), **common)
