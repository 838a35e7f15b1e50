"""A competitor in its own process: `python workers.py NAME`, then requests as JSON lines on standard input.

`setup` builds a network for a batch size and warms it up; `run` does a number of whole training steps, or predictions,
from NumPy batches and tells the seconds; `memory` tells the process's peak memory. Training needs NumPy and the
framework alone; those that predict (`predictors.py`) take their weights from konv.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from networks import LEARNING_RATE, image, keras_network, torch_network
from predictors import PREDICTORS, directly

POOL = 4096 * 32 * 32
"""Places of the images to draw batches from: more than any cache holds."""


def batches(network: str, size: int, channels_first: bool = False) -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches of random images in [0, 1) and one-hot labels."""
    rng = np.random.default_rng(0)
    rows, columns, channels = image(network)
    shape = (channels, rows, columns) if channels_first else (rows, columns, channels)
    count = max(POOL // (size * rows * columns), 2)
    hot = np.eye(10, dtype=np.float32)
    return [(rng.random((size, *shape), np.float32), hot[rng.integers(0, 10, size)]) for _ in range(count)]


class KerasWords:
    """konv, or Keras on one of its backends: both are built and trained by the same words."""

    def __init__(self, module: str, backend: str = "", **compile_options: Any) -> None:
        if backend:
            os.environ["KERAS_BACKEND"] = backend
        self.words = import_module(module)
        self.compile_options = compile_options
        self.versions = {name: import_module(name).__version__ for name in (module, backend) if name}

    def setup(self, network: str, size: int) -> None:
        self.batches = batches(network, size)
        self.model = keras_network(network, self.words)
        optimizer = self.words.optimizers.RMSprop(learning_rate=LEARNING_RATE)
        self.model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], **self.compile_options)

    def run(self, steps: int) -> None:
        for i in range(steps):
            self.model.train_on_batch(*self.batches[i % len(self.batches)])


class Torch:
    """PyTorch: contiguous or channels-last, compiled, or in bf16 by autocast."""

    def __init__(self, channels_last: bool = False, compiled: bool = False, bf16: bool = False) -> None:
        self.torch = import_module("torch")
        self.channels_last, self.compiled, self.bf16 = channels_last, compiled, bf16
        self.torch.set_num_threads(len(os.sched_getaffinity(0)))
        self.versions = {"torch": self.torch.__version__}

    def setup(self, network: str, size: int) -> None:
        torch = self.torch
        self.batches = batches(network, size, channels_first=not self.channels_last)
        self.model = torch_network(network, torch)
        if self.channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.RMSprop(self.model.parameters(), LEARNING_RATE, alpha=0.9, eps=1e-7)
        entropy = torch.nn.CrossEntropyLoss()

        def loss(x: Any, y: Any) -> Any:
            with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
                return entropy(self.model(x), y)

        torch.compiler.reset()
        self.loss = torch.compile(loss, dynamic=False) if self.compiled else loss

    def run(self, steps: int) -> None:
        for i in range(steps):
            x, y = map(self.torch.from_numpy, self.batches[i % len(self.batches)])
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss(x.permute(0, 3, 1, 2) if self.channels_last else x, y)
            loss.backward()
            self.optimizer.step()
            loss.item()


WORKERS: dict[str, Callable[[], Any]] = {
    "konv": lambda: KerasWords("konv"),
    "konv-direct": lambda: KerasWords(directly("konv")),
    "tensorflow": lambda: KerasWords("keras", "tensorflow", jit_compile=False),
    "tensorflow-jit": lambda: KerasWords("keras", "tensorflow", jit_compile=True),
    "jax": lambda: KerasWords("keras", "jax"),
    "torch": Torch,
    "torch-channels-last": lambda: Torch(channels_last=True),
    "torch-compiled": lambda: Torch(compiled=True),
    "torch-compiled-channels-last": lambda: Torch(channels_last=True, compiled=True),
    "torch-bf16": lambda: Torch(channels_last=True, bf16=True),
    **PREDICTORS,
}


def peak_memory() -> int:
    """Bytes of the largest resident set this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def serve(name: str) -> None:
    """Answer requests until standard input ends; whatever a framework prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = WORKERS[name]()
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        if request["do"] == "setup":
            worker = None
            gc.collect()  # what the last network took is not part of what this one takes
            worker = WORKERS[name]()
            worker.setup(request["network"], request["batch"])
            worker.run(2)
        elif request["do"] == "run":
            worker.run(request["steps"])
        answer = {"seconds": time.perf_counter() - start, "peak_rss": peak_memory(), "versions": worker.versions}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
