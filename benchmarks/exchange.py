"""A konv network as an ONNX model with the same weights, for the engines that only predict."""

from __future__ import annotations

from typing import Any

import numpy as np

OPSET = 17


def to_onnx(network: Any) -> bytes:
    """The ONNX model of a konv `Sequential` of convolutions, poolings and dense layers.

    Its input is `(N, C, H, W)`, the layout ONNX has convolutions for; kernels are laid out for it once, here, and so
    are the rows of the first dense layer, which meets the channels in another order.
    """
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    weights: list[Any] = []
    graph = network.graph
    name = "x"

    def add(kind: str, *given: np.ndarray, **attributes: Any) -> None:
        nonlocal name
        names = [f"{kind}_{len(nodes)}_{i}" for i in range(len(given))]
        values = (np.ascontiguousarray(w) for w in given)
        weights.extend(numpy_helper.from_array(w, n) for w, n in zip(values, names, strict=True))
        out = f"y{len(nodes)}"
        nodes.append(helper.make_node(kind, [name, *names], [out], **attributes))
        name = out

    flattened: tuple[int, ...] = ()
    for node in graph.nodes:
        op, values = node.op, [v.value for v in node.variables]
        shape = node.inputs[0].shape if node.inputs else ()
        match op.name:
            case "conv2d":
                rows, columns = op.window(shape)
                pads = [rows.before, columns.before, rows.after, columns.after]
                kernel = values[0].transpose(3, 2, 0, 1)
                add("Conv", kernel, *values[1:], kernel_shape=list(op.kernel), strides=list(op.strides), pads=pads)
            case "max_pooling2d":
                add("MaxPool", kernel_shape=list(op.pool), strides=list(op.strides))
            case "flatten":
                flattened = shape
                add("Flatten")
            case "dense":
                kernel = values[0]
                if flattened:
                    kernel = kernel.reshape(*flattened, -1).transpose(2, 0, 1, 3).reshape(-1, op.units)
                    flattened = ()
                add("Gemm", kernel, *values[1:])
            case "relu":
                add("Relu")
            case "softmax":
                add("Softmax")
            case "input" | "dropout":
                pass
            case other:
                raise NotImplementedError(other)
    rows, columns, channels = graph.inputs[0].shape
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", channels, rows, columns])
    made = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *graph.outputs[0].shape])
    model = helper.make_model(
        helper.make_graph(nodes, "network", [given], [made], weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    return bytes(model.SerializeToString())
