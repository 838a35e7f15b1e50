"""One script under konv and under Keras on JAX: from equal weights, in the order of the data, without dropout.

What a script's `fit` measured is collected. On both sides initial weights are the same function of their shape,
batches come unshuffled, and dropout drops nothing: two libraries share no random numbers.
What would begin at zero begins beside it: there leaky ReLU bends, and libraries differ on its slope in the bend.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import konv
from konv import initializers
from konv.compat import script
from konv.layers import Dropout
from konv.models import Model
from tests.compat import small

Histories = list[dict[str, list[float]]]


class Weights:
    """Initial weights by their shape: uniform, of the size of Glorot's. Keras draws some of them several times."""

    def __init__(self, rounding: float = 0.0) -> None:
        """`rounding`, by how much of itself each number is moved, up or down."""
        self.rounding = rounding

    def __call__(self, shape: Any) -> np.ndarray:
        limit = np.sqrt(6 / sum(initializers.fans(tuple(shape))))
        rng = np.random.default_rng(list(shape))
        drawn = rng.uniform(-limit, limit, tuple(shape))
        return (drawn * (1 + self.rounding * rng.choice([-1, 1], drawn.shape))).astype("float32")


def _collecting(fit: Callable[..., Any], found: Histories) -> Callable[..., Any]:
    def collected(self: Any, *args: Any, **named: Any) -> Any:
        rng = np.random.default_rng(0)
        if self.built:
            weights = [np.array(w) for w in self.get_weights()]
            self.set_weights([w if w.any() else rng.uniform(-0.1, 0.1, w.shape).astype("float32") for w in weights])
        history = fit(self, *args, **{**named, "shuffle": False})
        found.append({key: [float(v) for v in values] for key, values in history.history.items()})
        return history

    return collected


def by_konv(path: Path, monkeypatch: pytest.MonkeyPatch, rounding: float = 0.0) -> Histories:
    """What the script's calls of `fit` measured under konv; `rounding` as of `Weights`."""
    found: Histories = []
    weights = Weights(rounding)
    with monkeypatch.context() as patch:
        patch.setattr(initializers.VarianceScaling, "draw", lambda self, shape, fan: weights(shape))
        patch.setattr(Model, "fit", _collecting(Model.fit, found))
        patch.setattr(Dropout, "op", lambda self, *shapes: konv.ops.Dropout(0.0))
        assert script.run(path, whole=True) == 0
    return found


def by_keras(path: Path, keras: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Histories:
    """What they measured under Keras; a script's `tensorflow` is a stand-in with Keras in it."""
    found: Histories = []
    weights = Weights()
    asks = "tensorflow" in path.read_text("utf-8")
    with monkeypatch.context() as patch, _tensorflow(keras) if asks else nullcontext():
        if not asks:
            patch.setitem(sys.modules, "tensorflow", None)  # Keras looks for it, and is slow where it is there
        scaling = keras.initializers.VarianceScaling
        patch.setattr(scaling, "__call__", lambda self, shape, dtype=None: keras.ops.convert_to_tensor(weights(shape)))
        patch.setattr(keras.Model, "fit", _collecting(keras.Model.fit, found))
        patch.setattr(keras.layers.Dropout, "call", lambda self, inputs, training=False: inputs)
        for name, arrays in small.sets().items():
            parts = tuple((arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test"))
            patch.setattr(getattr(keras.datasets, name), "load_data", lambda parts=parts: parts)
        keras.utils.clear_session()
        with unoptimised(importlib.import_module("jax")):
            runpy.run_path(str(path), run_name="__main__")
    return found


@contextmanager
def unoptimised(jax: ModuleType) -> Iterator[None]:
    """Steps that are taken a few times are compiled in a third of the time."""
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", False)


@contextmanager
def _tensorflow(keras: ModuleType) -> Iterator[None]:
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "tensorflow"}
    for name in before:
        del sys.modules[name]
    fake: Any = ModuleType("tensorflow")
    fake.keras, fake.newaxis, fake.__version__ = keras, None, "2.16.1"
    fake.nn = SimpleNamespace(relu=keras.activations.relu)
    fake.random = SimpleNamespace(set_seed=np.random.seed)
    fake.config = SimpleNamespace(list_physical_devices=lambda kind=None: [])
    doors = {"tensorflow": fake, "tensorflow.keras": keras}
    for name in ("layers", "models", "callbacks", "utils", "optimizers"):
        doors[f"tensorflow.keras.{name}"] = getattr(keras, name)
    sys.modules.update(doors)
    try:
        yield
    finally:
        for name in [n for n in sys.modules if n.partition(".")[0] == "tensorflow"]:
            del sys.modules[name]
        sys.modules.update(before)
