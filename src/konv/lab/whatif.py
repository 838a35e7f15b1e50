"""What if a convolution had another kernel, stride, padding or dilation, and a pooling behind it?

The kernels are small pictures anyone can read (an edge, a blob, a blur), made for any size, on the image; or those of a
layer of the network, on what that layer reads. What changes in the feature maps is the arithmetic, not the training.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.look.network import Place
from konv.lab.arithmetic import numbers
from konv.lab.look import Look
from konv.lab.wire import quantised, scale_of
from konv.messages import text
from konv.ops import AveragePool2D, Conv2D, Dense, LocallyConnected2D, MaxPool2D
from konv.ops.record import Array, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["KERNELS", "Choice", "answer", "own_kernel"]

KERNELS = ("across", "down", "diagonal", "spot", "blur", "same")
"""The kernels, by what they find."""
SHOWN = 6
"""Maps of a layer's own."""


@dataclass(frozen=True)
class Choice:
    """A convolution and the pooling behind it: `layer`, whose kernels, "" for those made by hand; `kernel`, the size of
    these; `pooling`, `none`, `max` or `average`."""

    layer: str = ""
    kernel: int = 3
    stride: int = 1
    padding: str = "valid"
    dilation: int = 1
    pooling: str = "max"
    pool: int = 2
    pool_stride: int = 2


def kernels(size: int) -> Array:
    """The kernels of `size` × `size`, `(size, size, 1, 6)`: slopes and a second derivative of a bell, the bell, and 1
    in the middle. Source: Marr & Hildreth, *Theory of edge detection*, 1980."""
    t = np.arange(size) - (size - 1) / 2
    sigma = max(size / 5, 0.5)
    y, x = np.meshgrid(t, t, indexing="ij")
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    bell /= bell.sum()
    spot = bell * (2 - (x**2 + y**2) / sigma**2)
    spot -= spot.mean()
    one = np.zeros_like(bell)
    one[size // 2, size // 2] = 1
    found = [-x * bell, -y * bell, -(x + y) * bell, spot, bell, one]
    scaled = [k / (np.abs(k).sum() or 1) for k in found]
    return np.stack(scaled, -1)[:, :, None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Material:
    """What a convolution is done with: `x`, `(1, H, W, C)`; `weights`, `(k, k, C, n)`, of the first of its `filters`;
    `bias`, `(n,)`; `picture`, `(H, W)`, of the input, ±1."""

    x: Array
    weights: Array
    bias: Array
    filters: int
    picture: Array


def own_kernel(place: Place) -> int:
    """The kernel size of a layer whose kernels can be tried, else 0: a convolution of square kernels over all maps."""
    op = place.operation.op
    return op.kernel[0] if type(op) is Conv2D and op.groups == 1 and op.kernel[0] == op.kernel[1] else 0


def _material(look: Look, choice: Choice) -> _Material:
    if not choice.layer:
        image = look.pixels.astype(np.float32).mean(-1, keepdims=True) / 255
        none = np.zeros(len(KERNELS), np.float32)
        return _Material(image[None], kernels(choice.kernel), none, len(KERNELS), image[..., 0])
    place = look.subject.place(choice.layer)
    if not own_kernel(place):
        raise ConfigurationError(text("lab.no_kernels", layer=choice.layer))
    node = place.operation
    x = look.values(node.inputs[0])
    weights = node.variables[0].value[..., :SHOWN]
    bias = node.variables[1].value[:SHOWN] if len(node.variables) > 1 else np.zeros(weights.shape[3], np.float32)
    strongest = int(np.abs(x).sum((0, 1)).argmax())
    picture = x[..., strongest] / (scale_of(x[..., strongest]) or 1)
    return _Material(x[None], weights, bias, node.variables[0].shape[3], picture)


def answer(look: Look, choice: Choice) -> tuple[dict[str, Any], bytes]:
    """What `choice` makes of the image of `look`, turned grey, or of what a layer reads.

    Returns: the shapes and counts, and, as signed bytes one after the other, a picture of the input and the maps of
    each operation.
    Raises: ShapeError where a window does not fit, with the arithmetic; UnknownNameError, ConfigurationError for a
    layer whose kernels cannot be tried.
    """
    with_what = _material(look, choice)
    x, weights = with_what.x, with_what.weights
    convolution = Conv2D(
        weights.shape[3], weights.shape[:2], (choice.stride,) * 2, choice.padding, (choice.dilation,) * 2
    )
    ops: list[Op] = [convolution]
    if choice.pooling != "none":
        kind = MaxPool2D if choice.pooling == "max" else AveragePool2D
        ops.append(kind((choice.pool,) * 2, (choice.pool_stride,) * 2))
    stages, content = [], quantised(with_what.picture[..., None], 1.0)
    size, jump = 1, 1
    for op in ops:
        shape = x.shape[1:]
        window = op.window(shape)
        assert window is not None
        given = (weights, with_what.bias) if op is convolution else ()
        x = op.forward((x,), given, Run())
        axis = window[0]
        size, jump = size + (axis.span - 1) * jump, jump * axis.stride
        scale = scale_of(x[0])
        content += quantised(x[0], scale)
        before = shape if op is convolution else (*shape[:2], with_what.filters)
        stages.append(
            {"name": op.name, "input": list(before), "output": [*x.shape[1:3], with_what.filters], "maps": x.shape[3],
             "scale": scale, "arithmetic": [a.arithmetic for a in window], "axis": _axis(axis), "field": size,
             "jump": jump}
        )  # fmt: skip
    means = weights.mean(2)
    found = {
        "layer": choice.layer,
        "stages": stages,
        "kernels": [numbers(means[..., i]) for i in range(means.shape[2])],
        "names": [] if choice.layer else list(KERNELS),
        "image": list(with_what.picture.shape),
        "counts": counts(replace(convolution, filters=with_what.filters), with_what.x.shape[1:]),
    }
    return found, content


def _axis(axis: Any) -> dict[str, int]:
    return {name: getattr(axis, name) for name in ("size", "kernel", "stride", "dilation", "before", "after", "output")}


def counts(op: Op, shape: Shape) -> list[dict[str, Any]]:
    """Connections and weights if the same map were fully connected, locally connected, and shared, with the sums."""
    assert isinstance(op, Conv2D)
    output = op.output_shape(shape)
    local = LocallyConnected2D(op.filters, op.kernel, op.strides, op.padding, op.dilation)
    full, flat = Dense(elements(output)), (elements(shape),)
    one = f"{show(op.kernel)}×{shape[2]}"
    return [
        {"name": "full", "weights": full.parameters(flat), "connections": full.macs(flat),
         "arithmetic": f"{show(shape)} · {show(output)} + {elements(output):,}"},
        {"name": "local", "weights": local.parameters(shape), "connections": op.macs(shape),
         "arithmetic": f"{one} · {show(output)} + {elements(output):,}"},
        {"name": "shared", "weights": op.parameters(shape), "connections": op.macs(shape),
         "arithmetic": f"{one} · {op.filters} + {op.filters}"},
    ]  # fmt: skip
