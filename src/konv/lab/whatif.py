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
from konv.lab.look import Look
from konv.lab.wire import quantised, scale_of
from konv.messages import text
from konv.ops import AveragePool2D, Conv2D, Dense, DepthwiseConv2D, LocallyConnected2D, MaxPool2D
from konv.ops.record import Array, Op, Run
from konv.shapes import Shape, elements, show

__all__ = ["KERNELS", "Choice", "answer", "own_groups", "own_kernel"]

KERNELS = ("across", "down", "diagonal", "spot", "blur", "same")
"""The kernels, by what they find."""
SHOWN = 6
"""Maps of a layer's own."""


@dataclass(frozen=True)
class Choice:
    """A convolution and the pooling behind it: `layer`, whose kernels, "" for those made by hand; `kernel` and
    `across`, the height and width of these; `groups`, of a layer whose kernels see all maps: in how many groups its
    maps are to be read; `pooling`, `none`, `max` or `average`."""

    layer: str = ""
    kernel: int = 3
    across: int = 3
    groups: int = 1
    stride: int = 1
    padding: str = "valid"
    dilation: int = 1
    pooling: str = "max"
    pool: int = 2
    pool_stride: int = 2


def kernels(height: int, width: int) -> Array:
    """The kernels of that size, `(height, width, 1, 6)`: slopes and a second derivative of a bell, the bell, and 1 in
    the middle. Source: Marr & Hildreth, *Theory of edge detection*, 1980."""
    y, x = np.meshgrid(*((np.arange(n) - (n - 1) / 2) / max(n / 5, 0.5) for n in (height, width)), indexing="ij")
    bell = np.exp(-(x**2 + y**2) / 2)
    bell /= bell.sum()
    spot = bell * (2 - (x**2 + y**2))
    spot -= spot.mean()
    one = np.zeros_like(bell)
    one[height // 2, width // 2] = 1
    found = [-x * bell, -y * bell, -(x + y) * bell, spot, bell, one]
    scaled = [k / (np.abs(k).sum() or 1) for k in found]
    return np.stack(scaled, -1)[:, :, None].astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Material:
    """What a convolution is done with: `x`, `(1, H, W, C)`; `weights`, `(h, w, C/groups, filters)`; `bias`,
    `(filters,)`; `groups`; `picture`, `(H, W)`, of the input, ±1."""

    x: Array
    weights: Array
    bias: Array
    groups: int
    picture: Array

    def first(self, count: int) -> _Material:
        """So much of it that the first `count` filters, and as few others as can be, have all they read."""
        filters, each = self.weights.shape[3], self.weights.shape[2]
        made = filters // self.groups
        groups = min(-(-count // made), self.groups)
        some = min(count, made) if groups == 1 else groups * made
        return replace(
            self, x=self.x[..., : groups * each], weights=self.weights[..., :some], bias=self.bias[:some], groups=groups
        )


def own_kernel(place: Place) -> tuple[int, ...]:
    """Height and width of the kernels of a layer whose kernels can be tried, else nothing."""
    op = place.operation.op
    return op.kernel if isinstance(op, (Conv2D, DepthwiseConv2D)) else ()


def own_groups(place: Place) -> list[int]:
    """In how many groups the maps of a layer can be read: those of a layer whose kernels see all maps in any number
    that divides its maps before and behind, those of others in their own."""
    op = place.operation.op
    if not own_kernel(place):
        return []
    taken, made = place.operation.inputs[0].shape[2], place.operation.output.shape[2]
    if isinstance(op, Conv2D) and op.groups == 1:
        return [n for n in range(1, min(taken, made) + 1) if taken % n == made % n == 0]
    return [op.groups if isinstance(op, Conv2D) else taken]


def _material(look: Look, choice: Choice) -> _Material:
    if not choice.layer:
        image = look.pixels.astype(np.float32).mean(-1, keepdims=True) / 255
        none = np.zeros(len(KERNELS), np.float32)
        return _Material(image[None], kernels(choice.kernel, choice.across), none, 1, image[..., 0])
    place = look.subject.place(choice.layer)
    if not own_kernel(place):
        raise ConfigurationError(text("lab.no_kernels", layer=choice.layer))
    node = place.operation
    x = look.values(node.inputs[0])
    weights, known = node.variables[0].value, own_groups(place)
    if isinstance(node.op, DepthwiseConv2D):  # a convolution in as many groups as channels: the same numbers in order
        weights = weights.reshape(*weights.shape[:2], 1, -1)
    groups = known[0] if len(known) == 1 else choice.groups
    if groups not in known:
        raise ConfigurationError(
            text("unknown_setting", name="groups", received=groups, known=", ".join(map(str, known)))
        )
    if groups != known[0]:
        weights = _in_groups(weights, groups)
    bias = node.variables[1].value if len(node.variables) > 1 else np.zeros(weights.shape[3], np.float32)
    strongest = int(np.abs(x).sum((0, 1)).argmax())
    picture = x[..., strongest] / (scale_of(x[..., strongest]) or 1)
    return _Material(x[None], weights, bias, groups, picture)


def _in_groups(weights: Array, groups: int) -> Array:
    """Of kernels that see all maps, what sees those of the kernel's own group: `(h, w, C/groups, filters)`."""
    parts = np.split(weights, groups, axis=3)
    each = weights.shape[2] // groups
    return np.concatenate([part[:, :, i * each : (i + 1) * each] for i, part in enumerate(parts)], axis=3)


def answer(look: Look, choice: Choice) -> tuple[dict[str, Any], bytes]:
    """What `choice` makes of the image of `look`, turned grey, or of what a layer reads.

    Returns: the shapes and counts, and, as signed bytes one after the other, a picture of the input, the maps of
    each operation, and the kernels.
    Raises: ShapeError where a window does not fit, with the arithmetic; UnknownNameError, ConfigurationError for a
    layer whose kernels cannot be tried.
    """
    whole = _material(look, choice)
    filters, shape = whole.weights.shape[3], whole.x.shape[1:]
    some, maps = whole.first(SHOWN), min(SHOWN, filters)
    x, weights = some.x, some.weights[..., :maps]
    convolution = Conv2D(
        some.weights.shape[3], weights.shape[:2], (choice.stride,) * 2, choice.padding, (choice.dilation,) * 2,
        some.groups,
    )  # fmt: skip
    ops: list[Op] = [convolution]
    if choice.pooling != "none":
        kind = MaxPool2D if choice.pooling == "max" else AveragePool2D
        ops.append(kind((choice.pool,) * 2, (choice.pool_stride,) * 2))
    stages, content = [], quantised(whole.picture[..., None], 1.0)
    field, jump, before = [1, 1], [1, 1], shape
    for op in ops:
        window = op.window(x.shape[1:])
        assert window is not None
        given = (some.weights, some.bias) if op is convolution else ()
        x = op.forward((x,), given, Run())[..., :maps]
        field = [n + (axis.span - 1) * j for n, axis, j in zip(field, window, jump, strict=True)]
        jump = [j * axis.stride for axis, j in zip(window, jump, strict=True)]
        scale = scale_of(x[0])
        content += quantised(x[0], scale)
        after = (*x.shape[1:3], filters)
        stages.append(
            {"name": op.name, "input": list(before), "output": list(after), "maps": maps, "scale": scale,
             "arithmetic": [a.arithmetic for a in window], "axes": [_axis(a) for a in window], "field": field,
             "jump": jump}
        )  # fmt: skip
        before = after
    content += b"".join(quantised(k[..., None], scale_of(k)) for k in np.moveaxis(weights.mean(2), -1, 0))
    found = {
        "layer": choice.layer,
        "stages": stages,
        "names": [] if choice.layer else list(KERNELS),
        "image": list(whole.picture.shape),
        "reads": weights.shape[2],
        "counts": counts(replace(convolution, filters=filters, groups=whole.groups), shape),
    }
    return found, content


def _axis(axis: Any) -> dict[str, int]:
    return {name: getattr(axis, name) for name in ("size", "kernel", "stride", "dilation", "before", "after", "output")}


def counts(op: Op, shape: Shape) -> list[dict[str, Any]]:
    """Connections and weights if the same map were fully connected, locally connected, and shared, with the sums; and
    shared in groups, where `op` has groups."""
    assert isinstance(op, Conv2D)
    output = op.output_shape(shape)
    grouped, op = op, replace(op, groups=1)
    local = LocallyConnected2D(op.filters, op.kernel, op.strides, op.padding, op.dilation)
    full, flat = Dense(elements(output)), (elements(shape),)
    one = f"{show(op.kernel)}×{shape[2]}"
    found = [
        {"name": "full", "weights": full.parameters(flat), "connections": full.macs(flat),
         "arithmetic": f"{show(shape)} · {show(output)} + {elements(output):,}"},
        {"name": "local", "weights": local.parameters(shape), "connections": op.macs(shape),
         "arithmetic": f"{one} · {show(output)} + {elements(output):,}"},
        {"name": "shared", "weights": op.parameters(shape), "connections": op.macs(shape),
         "arithmetic": f"{one} · {op.filters} + {op.filters}"},
    ]  # fmt: skip
    if grouped.groups > 1:
        each = f"{show(op.kernel)}×{shape[2] // grouped.groups}"
        found.append({"name": "grouped", "weights": grouped.parameters(shape), "connections": grouped.macs(shape),
                      "arithmetic": f"{each} · {op.filters} + {op.filters}"})  # fmt: skip
    return found
