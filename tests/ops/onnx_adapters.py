"""ONNX's operators in konv's operations: what turns one of its cases into a network, and the layouts around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from konv import functions
from konv.engine import Training, build
from konv.errors import KonvError
from konv.graph import Graph, Node, Tensor, Variable
from konv.ops import (
    ELU,
    GELU,
    AveragePool2D,
    BatchNormalization,
    ClippedReLU,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GroupNormalization,
    HardSiLU,
    Input,
    LayerNormalization,
    LocalResponseNormalization,
    MaxPool2D,
    Op,
    Pad,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from konv.ops.loss import MeanSquaredError
from konv.ops.record import Array
from konv.ops.update import SGD
from konv.shapes import same


class NotExpressibleError(Exception):
    """A case that konv's operations do not state, and why."""


@dataclass(frozen=True)
class Case:
    """One node of one operator with its arrays; an input that is left out is None."""

    name: str
    operator: str
    attributes: dict[str, Any]
    outputs: int
    inputs: list[Array]
    expected: list[Array]


def run(ops: Sequence[Op], x: Array, weights: Sequence[Array] = ()) -> Array:
    """What konv's engine makes of `x (n, …)` by ops one after another; the first takes the weights."""
    tensor = source = Node.apply(Input(x.shape[1:]), (), (), "image", "float32")
    for i, op in enumerate(ops):
        variables = [Variable(f"w{j}", np.asarray(w, "float32")) for j, w in enumerate(weights)] if i == 0 else []
        assert tuple(v.shape for v in variables) == tuple(w.shape for w in op.weights(tensor.shape))
        tensor = Node.apply(op, (tensor,), tuple(variables), f"layer_{i}", "float32")
    return build(Graph([source], [tensor]), len(x)).run([x]).outputs[0].reshape(len(x), *tensor.shape).copy()


def whole(function: Callable[..., Any], *arrays: Array) -> list[Array]:
    """What konv's engine makes of arrays by a function of symbolic tensors. Each array is one sample, so that its first
    axis is like any other; the function counts the batch axis before it."""
    sources = [Node.apply(Input(x.shape), (), (), f"input_{i}", "float32") for i, x in enumerate(arrays)]
    made = function(*sources)
    tensors: list[Tensor] = list(made) if isinstance(made, (list, tuple)) else [made]
    outcome = build(Graph(sources, tensors), 1).run([x[None] for x in arrays])
    return [y.reshape(t.shape).copy() for y, t in zip(outcome.outputs, tensors, strict=True)]


def result(case: Case) -> list[Array]:
    """konv's answer to a case. Raises: NotExpressibleError where its operations do not state it."""
    if case.inputs[0].dtype not in (np.float32, np.float64):
        raise NotExpressibleError(f"{case.inputs[0].dtype}: konv computes in float32 and float64")
    if case.outputs > 1 and case.operator in ALONE:
        raise NotExpressibleError(ALONE[case.operator])
    try:
        found = EXPRESS[case.operator](case)
    except KonvError as error:
        raise NotExpressibleError(str(error)) from error
    return found if isinstance(found, list) else [found]


ALONE = {
    "MaxPool": "the places of the maxima: konv's pooling gives the values alone",
    "Dropout": "the mask as an output: konv draws it anew where it is needed",
}
"""Operators whose further outputs konv's do not have."""


def last(x: Array) -> Array:
    """Channels first to channels last; a sequence becomes an image of height 1."""
    if x.ndim == 3:
        x = x[:, :, None]
    if x.ndim != 4:
        raise NotExpressibleError(f"{x.ndim - 2} spatial axes: konv has one and two")
    return x.transpose(0, 2, 3, 1)


def first(y: Array, like: Array) -> Array:
    """Back: with as many axes as `like`."""
    y = y.transpose(0, 3, 1, 2)
    return y[:, :, 0] if like.ndim == 3 else y


def window(case: Case, kernel: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Kernel, strides and dilations of a window, with an axis of 1 before that of a sequence."""
    ones = [1] * len(kernel)
    all_three = (kernel, case.attributes.get("strides", ones), case.attributes.get("dilations", ones))
    return tuple((1, *v) if len(v) == 1 else tuple(v) for v in all_three)  # type: ignore[misc]


def padding(case: Case, sizes: Sequence[int], kernel: Sequence[int], strides: Sequence[int],
            dilations: Sequence[int]) -> tuple[tuple[int, int], ...]:  # fmt: skip
    """Zeros before and behind each axis; where sizes are rounded up, as many behind as the last window needs."""
    auto = case.attributes.get("auto_pad", b"NOTSET").decode()
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    if auto.startswith("SAME"):
        found = [same(size, span, step) for size, span, step in zip(sizes, spans, strides, strict=True)]
        return tuple(p if auto.endswith("UPPER") else p[::-1] for p in found)
    around = given_padding(case)
    if case.attributes.get("ceil_mode"):
        for i, (size, span, step) in enumerate(zip(sizes, spans, strides, strict=True)):
            before, after = around[i]
            count = -(-(size + before + after - span) // step) + 1
            count -= (count - 1) * step >= size + before  # a window must begin inside the image
            around[i] = before, max(after, (count - 1) * step + span - size - before)
    return tuple(around)


def given_padding(case: Case) -> list[tuple[int, int]]:
    """The zeros a case asks for by number, before and behind each axis."""
    pads = list(case.attributes.get("pads", [0] * 4))
    pads = [0, pads[0], 0, pads[1]] if len(pads) == 2 else pads
    return list(zip(pads[:2], pads[2:], strict=True))


def conv(case: Case) -> Array:
    x, k, *bias = case.inputs
    image = last(x)
    kernel, strides, dilations = window(case, k.shape[2:])
    around = padding(case, image.shape[1:3], kernel, strides, dilations)
    op = Conv2D(len(k), kernel, strides, around, dilations, case.attributes.get("group", 1), bool(bias))
    weights = (k[:, :, None] if k.ndim == 3 else k).transpose(2, 3, 1, 0)
    return first(run([op], image, [weights, *bias]), x)


def conv_transpose(case: Case) -> Array:
    x, k, *bias = case.inputs
    groups = case.attributes.get("group", 1)
    if groups != 1:  # side by side
        parts = zip(np.split(x, groups, 1), np.split(k, groups), strict=True)
        alone = {**case.attributes, "group": 1}
        found = [conv_transpose(replace(case, attributes=alone, inputs=list(part))) for part in parts]
        return np.concatenate(found, 1) + (bias[0][:, None, None] if bias else 0)
    image = last(x)
    kernel, strides, dilations = window(case, k.shape[2:])
    more = list(case.attributes.get("output_padding", [0] * (k.ndim - 2)))
    around = [list(p) for p in padding(case, image.shape[1:3], (1, 1), (1, 1), (1, 1))]
    wanted = case.attributes.get("output_shape")
    if case.attributes.get("auto_pad", b"") == b"SAME_UPPER":
        wanted = [size * step for size, step in zip(image.shape[1:3], strides, strict=True)]
    for i, made in enumerate(wanted or ()):
        reach = (image.shape[1 + i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 + more[i]
        around[i] = [max(reach - made, 0) // 2, max(reach - made, 0) - max(reach - made, 0) // 2]
        more[i] += max(made - reach, 0)
    pads = tuple((a, b) for a, b in around)
    if x.ndim == 3:
        op = Conv1DTranspose(k.shape[1], kernel[1], strides[1], pads[1:], more[0], dilations[1], bool(bias))
        return run([op], x.transpose(0, 2, 1), [k.transpose(2, 1, 0), *bias]).transpose(0, 2, 1)
    op2 = Conv2DTranspose(k.shape[1], kernel, strides, pads, (more[0], more[1]), dilations, bool(bias))
    return first(run([op2], image, [k.transpose(2, 3, 1, 0), *bias]), x)


def pool(kind: type[MaxPool2D] | type[AveragePool2D]) -> Callable[[Case], Array]:
    def express(case: Case) -> Array:
        (x,) = case.inputs
        image = last(x)
        kernel, strides, dilations = window(case, case.attributes["kernel_shape"])
        if dilations != (1, 1):
            raise NotExpressibleError("dilation: konv's pooling windows have none, as Keras's")
        around = padding(case, image.shape[1:3], kernel, strides, dilations)
        if case.attributes.get("count_include_pad"):  # as part of the image; what rounding up adds is not
            counted = around if "auto_pad" in case.attributes else given_padding(case)
            more = tuple((0, all_[1] - part[1]) for all_, part in zip(around, counted, strict=True))
            return first(run([Pad((*counted, (0, 0))), kind(kernel, strides, more)], image), x)
        return first(run([kind(kernel, strides, around)], image), x)

    return express


def global_pool(kind: type[MaxPool2D] | type[AveragePool2D]) -> Callable[[Case], Array]:
    def express(case: Case) -> Array:
        image = last(case.inputs[0])
        size = (image.shape[1], image.shape[2])
        return first(run([kind(size, size)], image), case.inputs[0])

    return express


def batch_normalization(case: Case) -> Any:
    """Of predictions: with the moving statistics; of training: one step, and the statistics as they are then."""
    x, *weights = case.inputs
    op = BatchNormalization(case.attributes.get("momentum", 0.9), case.attributes.get("epsilon", 1e-5))
    images = np.ascontiguousarray(np.moveaxis(x, 1, -1))
    if not case.attributes.get("training_mode"):
        return np.moveaxis(run([op], images, weights), -1, 1)
    source = Node.apply(Input(images.shape[1:]), (), (), "image", "float32")
    named = zip(op.weights(images.shape[1:]), weights, strict=True)
    variables = tuple(Variable(w.name, value, statistic=w.statistic) for w, value in named)
    tensor = Node.apply(op, (source,), variables, "normal", "float32")
    program = build(Graph([source], [tensor]), len(x), [MeanSquaredError()], Training(SGD(), (), ()))
    outcome = program.run([images], [np.zeros_like(images)], [np.ones(len(x), "float32")], (0.0,))
    return [np.moveaxis(outcome.outputs[0].copy(), -1, 1), *[v.value.copy() for v in variables if v.statistic]]


def layer_normalization(case: Case) -> list[Array]:
    """With mean and 1 / deviation, which ONNX gives too."""
    x, *weights = case.inputs
    get = case.attributes.get
    axes = tuple(range(get("axis", -1) % x.ndim, x.ndim))
    op = LayerNormalization(get("epsilon", 1e-5), len(weights) > 1, True, axes)
    variables = tuple(Variable(name, w) for name, w in zip(("gamma", "beta"), weights, strict=False))

    def made(tensor: Tensor) -> list[Tensor]:
        over = [a + 1 for a in axes]
        mean = functions.mean(tensor, over, keepdims=True)
        inverse = functions.rsqrt(functions.var(tensor, over, keepdims=True) + get("epsilon", 1e-5))
        return [Node.apply(op, (tensor,), variables, "normal", "float32"), mean, inverse]

    return whole(made, x)


def group_normalization(case: Case) -> Array:
    """Instance normalisation is that of groups of one channel."""
    x, *weights = case.inputs
    groups = case.attributes.get("num_groups", x.shape[1])
    op = GroupNormalization(case.attributes.get("epsilon", 1e-5), groups=groups)
    return np.moveaxis(run([op], np.moveaxis(x, 1, -1), weights), -1, 1)


def mean_variance_normalization(case: Case) -> list[Array]:
    axes = tuple(case.attributes.get("axes", (0, 2, 3)))
    op = LayerNormalization(1e-9, center=False, scale=False, axes=axes)
    return whole(lambda x: Node.apply(op, (x,), (), "normal", "float32"), case.inputs[0])


def prelu(case: Case) -> list[Array]:
    x, slope = case.inputs
    slope = slope.reshape((1,) * (x.ndim - slope.ndim) + slope.shape)
    op = PReLU(tuple(a for a, n in enumerate(slope.shape) if n != x.shape[a]))
    return whole(lambda tensor: Node.apply(op, (tensor,), (Variable("alpha", slope),), "prelu", "float32"), x)


def clip(case: Case) -> list[Array]:
    x, low, high = [*case.inputs, None, None][:3]
    least, most = (None if bound is None else float(bound) for bound in (low, high))

    def made(tensor: Tensor) -> Tensor:
        above = tensor * 1 if least is None else functions.maximum(tensor, least)
        return above if most is None else functions.minimum(above, most)

    return whole(made, x)


def matmul(case: Case) -> list[Array]:
    """Vectors are matrices of one row or column; axes in front are repeated."""
    a, b = case.inputs
    front = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    left, right = (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)

    def made(x: Tensor, y: Tensor) -> Tensor:
        x, y = (functions.broadcast_to(t, (1, *front, *t.shape[-2:])) for t in (x, y))
        return functions.matmul(x, y)

    left, right = (m.reshape((1,) * (len(front) + 2 - m.ndim) + m.shape) for m in (left, right))
    (found,) = whole(made, left, right)
    found = found[..., 0, :] if a.ndim == 1 else found
    return [found[..., 0] if b.ndim == 1 else found]


def local_response_normalization(case: Case) -> Array:
    get = case.attributes.get
    op = LocalResponseNormalization(get("size", 0), get("alpha", 1e-4), get("beta", 0.75), get("bias", 1.0), True)
    return np.moveaxis(run([op], np.moveaxis(case.inputs[0], 1, -1)), -1, 1)


def gemm(case: Case) -> Array:
    a, b, *c = case.inputs
    alpha, beta = case.attributes.get("alpha", 1.0), case.attributes.get("beta", 1.0)
    x = a.T if case.attributes.get("transA") else a
    k = alpha * (b.T if case.attributes.get("transB") else b)
    units = k.shape[1]
    if c and c[0].size not in (1, units):  # another for every row: all of them are one sample
        return whole(lambda rows, more: functions.matmul(rows, k) + more, np.ascontiguousarray(x), beta * c[0])[0]
    bias = [np.broadcast_to(beta * c[0].reshape(-1), (units,))] if c else []
    return run([Dense(units, bool(bias))], np.ascontiguousarray(x), [k, *bias])


def pointwise(op: Op) -> Callable[[Case], Array]:
    return lambda case: run([op], case.inputs[0].reshape(len(case.inputs[0]), -1)).reshape(case.inputs[0].shape)


def curve(make: Callable[..., Op], **usual: Any) -> Callable[[Case], Array]:
    """An activation with attributes, those of `usual` where a case does not give its own."""

    def express(case: Case) -> Array:
        return pointwise(make(**{name: case.attributes.get(name, value) for name, value in usual.items()}))(case)

    return express


def function(make: Callable[..., Any], **usual: Any) -> Callable[[Case], list[Array]]:
    """A function of `konv.ops`, with attributes where there are any."""

    def express(case: Case) -> list[Array]:
        given = {name: case.attributes.get(name, value) for name, value in usual.items()}
        return whole(lambda *tensors: make(*tensors, **given), *case.inputs)

    return express


def shrink(x: Tensor, lambd: float, bias: float) -> Tensor:
    zero = functions.zeros_like(x)
    return functions.where(x < -lambd, x + bias, functions.where(x > lambd, x - bias, zero))


def softmax(case: Case) -> Array:
    (x,), axis = case.inputs, case.attributes.get("axis", -1)
    moved = np.moveaxis(x, axis, -1)
    return np.moveaxis(run([Softmax()], moved.reshape(-1, moved.shape[-1])).reshape(moved.shape), -1, axis)


def dropout(case: Case) -> Array:
    x, *rest = case.inputs
    rate = float(rest[0]) if rest else 0.5
    if len(rest) > 1 and bool(rest[1]) and rate:
        raise NotExpressibleError("random numbers: no two libraries draw the same")
    return run([Flatten(), Dropout(rate)], x.reshape(len(x), -1)).reshape(x.shape)


def concat(case: Case) -> list[Array]:
    axis = case.attributes["axis"] % case.inputs[0].ndim + 1
    return whole(lambda *xs: functions.concatenate(xs, axis), *case.inputs)


EXPRESS: dict[str, Callable[[Case], Any]] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pool(MaxPool2D),
    "AveragePool": pool(AveragePool2D),
    "GlobalMaxPool": global_pool(MaxPool2D),
    "GlobalAveragePool": global_pool(AveragePool2D),
    "LRN": local_response_normalization,
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "InstanceNormalization": group_normalization,
    "MeanVarianceNormalization": mean_variance_normalization,
    "Gemm": gemm,
    "MatMul": matmul,
    "Relu": pointwise(ReLU()),
    "Sigmoid": pointwise(Sigmoid()),
    "Tanh": pointwise(Tanh()),
    "LeakyRelu": curve(lambda alpha: ClippedReLU(alpha), alpha=0.01),
    "Elu": curve(lambda alpha: ELU(alpha), alpha=1.0),
    "Selu": curve(lambda alpha, gamma: ELU(alpha, gamma), alpha=1.6732632, gamma=1.0507010),
    "HardSigmoid": function(lambda x, alpha, beta: functions.clip(x * alpha + beta, 0.0, 1.0), alpha=0.2, beta=0.5),
    "PRelu": prelu,
    "Celu": function(functions.celu, alpha=1.0),
    "ThresholdedRelu": function(lambda x, alpha: functions.threshold(x, alpha), alpha=1.0),
    "Clip": clip,
    "Shrink": function(shrink, lambd=0.5, bias=0.0),
    "Mish": function(functions.mish),
    "Swish": pointwise(SiLU()),
    "LogSoftmax": function(lambda x, axis: functions.log_softmax(x, axis + (axis >= 0)), axis=-1),
    "HardSwish": pointwise(HardSiLU()),
    "Softplus": pointwise(Softplus()),
    "Softsign": pointwise(Softsign()),
    "Gelu": curve(lambda approximate: GELU(approximate == b"tanh"), approximate=b"none"),
    "Softmax": softmax,
    "Concat": concat,
    "Dropout": dropout,
}
"""How each operator is stated in konv's."""
