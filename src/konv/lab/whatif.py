"""What if a convolution had another kernel, stride, padding or dilation, and a pooling behind it?

The kernels are small pictures anyone can read (an edge, a blob, a blur), made for any size, so that what changes in the
feature maps is the arithmetic and not the training.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from konv.lab.arithmetic import numbers
from konv.lab.wire import quantised, scale_of
from konv.ops import AveragePool2D, Conv2D, Dense, LocallyConnected2D, MaxPool2D
from konv.ops.record import Array, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["KERNELS", "Choice", "answer"]

KERNELS = ("across", "down", "diagonal", "spot", "blur", "same")
"""The kernels, by what they find."""


@dataclass(frozen=True)
class Choice:
    """A convolution and the pooling behind it: `pooling` is `none`, `max` or `average`."""

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


def operations(choice: Choice) -> list[Op]:
    """The convolution and, where there is one, the pooling."""
    size, pool = (choice.kernel,) * 2, (choice.pool,) * 2
    found: list[Op] = [
        Conv2D(len(KERNELS), size, (choice.stride,) * 2, choice.padding, (choice.dilation,) * 2, bias=False)
    ]
    if choice.pooling != "none":
        kind = MaxPool2D if choice.pooling == "max" else AveragePool2D
        found.append(kind(pool, (choice.pool_stride,) * 2))
    return found


def answer(pixels: Array, choice: Choice) -> tuple[dict[str, Any], bytes]:
    """What `choice` makes of `pixels`, uint8 `(H, W, C)`, turned grey.

    Returns: the shapes and counts, and the maps of each operation as signed bytes, one after the other.
    Raises: ShapeError where a window does not fit, with the arithmetic.
    """
    image = pixels.astype(np.float32).mean(-1, keepdims=True) / 255
    weights, x = kernels(choice.kernel), image[None]
    stages, content = [], b""
    size, jump = 1, 1
    for op in operations(choice):
        shape = x.shape[1:]
        window = op.window(shape)
        assert window is not None
        x = op.forward((x,), (weights,) if isinstance(op, Conv2D) else (), Run())
        axis = window[0]
        size, jump = size + (axis.span - 1) * jump, jump * axis.stride
        scale = scale_of(x[0])
        content += quantised(x[0], scale)
        stages.append(
            {"name": op.name, "input": list(shape), "output": list(x.shape[1:]), "scale": scale,
             "arithmetic": [a.arithmetic for a in window], "axis": _axis(axis), "field": size, "jump": jump}
        )  # fmt: skip
    found = {
        "stages": stages,
        "kernels": [numbers(weights[:, :, 0, i]) for i in range(len(KERNELS))],
        "names": list(KERNELS),
        "image": list(image.shape),
        "counts": counts(operations(choice)[0], image.shape),
    }
    return found, (image * 127).astype(np.int8).tobytes() + content


def _axis(axis: Any) -> dict[str, int]:
    return {name: getattr(axis, name) for name in ("size", "kernel", "stride", "dilation", "before", "after", "output")}


def counts(op: Op, shape: Shape) -> list[dict[str, Any]]:
    """Connections and weights if the same map were fully connected, locally connected, and shared, with the sums."""
    assert isinstance(op, Conv2D)
    op = replace(op, bias=True)
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
