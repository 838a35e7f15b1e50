"""ONNX's own test cases in konv's operations: an adapter between layouts, and the table of what passes.

`python -m tests.ops.onnx_cases` writes docs/onnx_conformance.md anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from konv.engine import build
from konv.errors import KonvError
from konv.graph import Graph, Node, Variable
from konv.ops import (
    ELU,
    GELU,
    AveragePool2D,
    BatchNormalization,
    ClippedReLU,
    Concatenate,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    HardSigmoid,
    HardSiLU,
    Input,
    LocalResponseNormalization,
    MaxPool2D,
    Op,
    Pad,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from konv.ops.record import Array
from konv.shapes import same
from tests.conftest import CHECKOUT

TABLE = CHECKOUT / "docs" / "onnx_conformance.md"
OPERATORS = (
    "Conv ConvTranspose MaxPool AveragePool GlobalAveragePool GlobalMaxPool LRN BatchNormalization Gemm Relu LeakyRelu "
    "PRelu Elu Selu Celu HardSigmoid HardSwish Sigmoid Tanh Softplus Softsign Gelu Softmax Concat Dropout"
).split()


class NotExpressibleError(Exception):
    """A case that konv's operations do not state, and why."""


@dataclass(frozen=True)
class Case:
    """One node of one operator with its arrays."""

    name: str
    operator: str
    attributes: dict[str, Any]
    outputs: int
    inputs: list[Array]
    expected: list[Array]


@dataclass
class Report:
    """Of one operator: the cases that pass, and the others with the reason."""

    passed: list[str] = field(default_factory=list)
    others: dict[str, str] = field(default_factory=dict)


def cases() -> list[Case]:
    """Every backend node case that is one node of one of `OPERATORS`."""
    onnx = import_module("onnx")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # the package computes all its cases, those of other operators too
        loaded = import_module("onnx.backend.test.loader").load_model_tests(kind="node")
    found = []
    for case in loaded:
        model = case.model or onnx.load(f"{case.model_dir}/model.onnx")
        if len(model.graph.node) != 1 or model.graph.node[0].op_type not in OPERATORS:
            continue
        node = model.graph.node[0]
        inputs, expected = case.data_sets[0] if case.data_sets else _stored(onnx, case)
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        found.append(
            Case(case.name, node.op_type, attributes, len(node.output), [np.asarray(a) for a in inputs],
                 [np.asarray(a) for a in expected])
        )  # fmt: skip
    return found


def _stored(onnx: Any, case: Any) -> tuple[list[Array], list[Array]]:
    """The arrays of a case that is kept in files."""

    def read(kind: str) -> list[Array]:
        paths = sorted(Path(case.model_dir, "test_data_set_0").glob(f"{kind}_*.pb"))
        tensors = [onnx.TensorProto.FromString(p.read_bytes()) for p in paths]
        return [onnx.numpy_helper.to_array(t) for t in tensors]

    return read("input"), read("output")


def run(ops: Sequence[Op], x: Array, weights: Sequence[Array] = ()) -> Array:
    """What konv's engine makes of `x (n, …)` by ops one after another; the first takes the weights."""
    tensor = source = Node.apply(Input(x.shape[1:]), (), (), "image", "float32")
    for i, op in enumerate(ops):
        variables = [Variable(f"w{j}", np.asarray(w, "float32")) for j, w in enumerate(weights)] if i == 0 else []
        assert tuple(v.shape for v in variables) == tuple(w.shape for w in op.weights(tensor.shape))
        tensor = Node.apply(op, (tensor,), tuple(variables), f"layer_{i}", "float32")
    return build(Graph([source], [tensor]), len(x)).run([x]).outputs[0].reshape(len(x), *tensor.shape).copy()


def result(case: Case) -> Array:
    """konv's answer to a case. Raises: NotExpressibleError where its operations do not state it."""
    if case.operator not in EXPRESS:
        raise NotExpressibleError("konv has no operation for it yet")
    if case.inputs[0].dtype not in (np.float32, np.float64):
        raise NotExpressibleError(f"{case.inputs[0].dtype}: konv computes in float32 and float64")
    if case.outputs > 1:
        raise NotExpressibleError(MORE[case.operator])
    try:
        return EXPRESS[case.operator](case)
    except KonvError as error:
        raise NotExpressibleError(str(error)) from error


MORE = {
    "MaxPool": "the places of the maxima: konv's pooling gives the values alone",
    "BatchNormalization": "running statistics as outputs: konv keeps them in the layer",
    "Dropout": "the mask as an output: konv draws it anew where it is needed",
}


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
    pads = list(case.attributes.get("pads", [0] * 4))
    pads = [0, pads[0], 0, pads[1]] if len(pads) == 2 else pads
    around = list(zip(pads[:2], pads[2:], strict=True))
    if case.attributes.get("ceil_mode"):
        for i, (size, span, step) in enumerate(zip(sizes, spans, strides, strict=True)):
            before, after = around[i]
            count = -(-(size + before + after - span) // step) + 1
            count -= (count - 1) * step >= size + before  # a window must begin inside the image
            around[i] = before, max(after, (count - 1) * step + span - size - before)
    return tuple(around)


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
    image = last(x)
    if case.attributes.get("group", 1) != 1:
        raise NotExpressibleError("groups: konv's transposed convolution has one, as Keras's")
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
        if case.attributes.get("count_include_pad") and any(map(any, around)):
            if case.attributes.get("ceil_mode"):
                raise NotExpressibleError("a window that counts some of the places beyond the image and not the others")
            return first(run([Pad((*around, (0, 0))), kind(kernel, strides)], image), x)
        return first(run([kind(kernel, strides, around)], image), x)

    return express


def global_pool(kind: type[MaxPool2D] | type[AveragePool2D]) -> Callable[[Case], Array]:
    def express(case: Case) -> Array:
        image = last(case.inputs[0])
        size = (image.shape[1], image.shape[2])
        return first(run([kind(size, size)], image), case.inputs[0])

    return express


def batch_normalization(case: Case) -> Array:
    """Of predictions: with the moving statistics."""
    x, *weights = case.inputs
    if case.attributes.get("training_mode"):
        raise NotExpressibleError(MORE[case.operator])
    op = BatchNormalization(epsilon=case.attributes.get("epsilon", 1e-5))
    return np.moveaxis(run([op], np.moveaxis(x, 1, -1), weights), -1, 1)


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
    if c and c[0].size not in (1, units):
        raise NotExpressibleError("a matrix for a bias: a dense layer's is the same for all samples")
    bias = [np.broadcast_to(beta * c[0].reshape(-1), (units,))] if c else []
    return run([Dense(units, bool(bias))], np.ascontiguousarray(x), [k, *bias])


def pointwise(op: Op) -> Callable[[Case], Array]:
    return lambda case: run([op], case.inputs[0].reshape(len(case.inputs[0]), -1)).reshape(case.inputs[0].shape)


def curve(make: Callable[..., Op], **usual: Any) -> Callable[[Case], Array]:
    """An activation with attributes, those of `usual` where a case does not give its own."""

    def express(case: Case) -> Array:
        return pointwise(make(**{name: case.attributes.get(name, value) for name, value in usual.items()}))(case)

    return express


def hard_sigmoid(alpha: float, beta: float) -> Op:
    if beta != 0.5:
        raise NotExpressibleError("a line that is not ½ at 0: konv's hard sigmoid is, as Keras's")
    return HardSigmoid(alpha)


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


def concat(case: Case) -> Array:
    """Each array is one sample, so that any of its axes can be the one."""
    axis = case.attributes["axis"] % case.inputs[0].ndim
    sources = [Node.apply(Input(x.shape), (), (), f"input_{i}", "float32") for i, x in enumerate(case.inputs)]
    output = Node.apply(Concatenate(axis), tuple(sources), (), "joined", "float32")
    made = build(Graph(sources, [output]), 1).run([x[None] for x in case.inputs])
    return made.outputs[0].reshape(output.shape).copy()


EXPRESS: dict[str, Callable[[Case], Array]] = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": pool(MaxPool2D),
    "AveragePool": pool(AveragePool2D),
    "GlobalMaxPool": global_pool(MaxPool2D),
    "GlobalAveragePool": global_pool(AveragePool2D),
    "LRN": local_response_normalization,
    "BatchNormalization": batch_normalization,
    "Gemm": gemm,
    "Relu": pointwise(ReLU()),
    "Sigmoid": pointwise(Sigmoid()),
    "Tanh": pointwise(Tanh()),
    "LeakyRelu": curve(lambda alpha: ClippedReLU(alpha), alpha=0.01),
    "Elu": curve(lambda alpha: ELU(alpha), alpha=1.0),
    "Selu": curve(lambda alpha, gamma: ELU(alpha, gamma), alpha=1.6732632, gamma=1.0507010),
    "HardSigmoid": curve(hard_sigmoid, alpha=0.2, beta=0.5),
    "HardSwish": pointwise(HardSiLU()),
    "Softplus": pointwise(Softplus()),
    "Softsign": pointwise(Softsign()),
    "Gelu": curve(lambda approximate: GELU(approximate == b"tanh"), approximate=b"none"),
    "Softmax": softmax,
    "Concat": concat,
    "Dropout": dropout,
}
"""How each operator is stated in konv's."""


def examine() -> dict[str, Report]:
    """Every case tried. Raises: AssertionError for one that konv states and gets wrong."""
    reports = {name: Report() for name in OPERATORS}
    for case in cases():
        try:
            found = result(case)
        except NotExpressibleError as reason:
            reports[case.operator].others[case.name] = str(reason)
            continue
        assert found.shape == case.expected[0].shape, case.name
        np.testing.assert_allclose(found, case.expected[0], rtol=1e-4, atol=1e-6, err_msg=case.name)
        reports[case.operator].passed.append(case.name)
    return reports


def page(reports: dict[str, Report]) -> str:
    """The table as it stands in the docs."""
    version = import_module("onnx").__version__
    passed = sum(len(r.passed) for r in reports.values())
    total = passed + sum(len(r.others) for r in reports.values())
    lines = [
        "# ONNX conformance",
        "",
        f"The backend node cases of onnx {version} for the operators convolutional networks are made of, stated in",
        "konv's operations through an adapter (`tests/ops/onnx_cases.py`) and run by its compiled kernels.",
        "This page is written by `python -m tests.ops.onnx_cases`; a test holds it to what really passes.",
        "",
        f"**{passed} of {total} cases can be stated, and all of these pass.**",
        "",
        "| operator | pass | of |",
        "|---|---|---|",
        *(f"| {name} | {len(r.passed)} | {len(r.passed) + len(r.others)} |" for name, r in reports.items()),
        "",
        "## Why the others do not apply",
        "",
        "| operator | cases | reason |",
        "|---|---|---|",
    ]
    for name, r in reports.items():
        for reason in dict.fromkeys(r.others.values()):
            which = ", ".join(c.removeprefix("test_") for c, why in r.others.items() if why == reason)
            lines.append(f"| {name} | {which} | {reason} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    TABLE.write_text(page(examine()), "utf-8")
