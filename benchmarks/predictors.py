"""Competitors that predict: konv, and engines that run an ONNX model with konv's weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from exchange import to_onnx
from networks import image, keras_network

POOL = 1024 * 32 * 32
"""Places of the images to draw batches from."""


class Predictor:
    """Predicts batches, one call each; every competitor has the same weights and images, in its own layout."""

    modules: tuple[str, ...] = ()
    channels_first = True

    def __init__(self) -> None:
        self.versions = {name: import_module(name).__version__ for name in self.modules}

    def setup(self, network: str, size: int) -> None:
        """Build for batches of `size` and keep images for them."""
        konv = import_module("konv")
        konv.utils.set_random_seed(0)
        self.prepare(keras_network(network, konv), size)
        rows, columns, channels = image(network)
        shape = (channels, rows, columns) if self.channels_first else (rows, columns, channels)
        rng = np.random.default_rng(0)
        count = max(POOL // (size * rows * columns), 2)
        self.batches = [rng.random((size, *shape), np.float32) for _ in range(count)]

    def prepare(self, network: Any, size: int) -> None:
        """Make ready what `predict` needs."""
        raise NotImplementedError

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The network's outputs for one batch."""
        raise NotImplementedError

    def run(self, steps: int) -> None:
        """Predict that many batches."""
        for i in range(steps):
            self.predict(self.batches[i % len(self.batches)])


class Konv(Predictor):
    modules = ("konv",)
    channels_first = False

    def prepare(self, network: Any, size: int) -> None:
        self.predict = network.predict_on_batch  # type: ignore[method-assign]


def directly(module: str = "konv") -> str:
    """Have konv sum directly from now on, without Winograd kernels; returns `module`."""
    os.environ["KONV_DIRECT"] = "1"
    return module


class KonvDirect(Konv):
    def __init__(self) -> None:
        directly()
        super().__init__()


class OnnxRuntime(Predictor):
    modules = ("onnxruntime", "onnx")

    def prepare(self, network: Any, size: int) -> None:
        runtime = import_module("onnxruntime")
        how = runtime.SessionOptions()
        how.intra_op_num_threads = len(os.sched_getaffinity(0))
        self.session = runtime.InferenceSession(to_onnx(network), how, providers=["CPUExecutionProvider"])

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.session.run(None, {"x": x})[0]


class OpenVino(Predictor):
    modules = ("openvino", "onnx")

    def prepare(self, network: Any, size: int) -> None:
        core = import_module("openvino").Core()
        model = core.read_model(to_onnx(network))
        model.reshape([size, *(int(n.get_length()) for n in list(model.inputs[0].partial_shape)[1:])])
        how = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        how["INFERENCE_NUM_THREADS"] = str(len(os.sched_getaffinity(0)))
        self.request = core.compile_model(model, "CPU", how).create_infer_request()

    def predict(self, x: np.ndarray) -> np.ndarray:
        self.request.infer([x], share_inputs=True)
        return self.request.get_output_tensor().data


PREDICTORS: dict[str, Callable[[], Predictor]] = {
    "konv-predict": Konv,
    "konv-direct-predict": KonvDirect,
    "onnxruntime": OnnxRuntime,
    "openvino": OpenVino,
}
