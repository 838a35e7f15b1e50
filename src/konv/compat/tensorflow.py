"""`tensorflow` as far as scripts need it beside its Keras: seed, version, and what they ask about the machine."""

from __future__ import annotations

import logging as standard
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from konv.compat.backend import random_normal, random_uniform, truncated_normal
from konv.compat.random import shuffle
from konv.utils import set_random_seed

__all__ = [
    "autograph",
    "config",
    "disable_v2_behavior",
    "enable_eager_execution",
    "executing_eagerly",
    "function",
    "get_logger",
    "logging",
    "random",
    "set_random_seed",
    "test",
]


def function(func: Callable[..., Any] | None = None, **options: Any) -> Any:
    """A decorator without effect: konv compiles what it runs anyway. Arguments: `func`, `options`."""
    return func if func is not None else lambda wrapped: wrapped


def executing_eagerly() -> bool:
    """True: arrays are computed with at once."""
    return True


def enable_eager_execution(*args: Any, **named: Any) -> None:
    """Nothing: arrays are computed with at once anyway."""


def disable_v2_behavior(*args: Any, **named: Any) -> None:
    """Nothing: Keras's words mean the same either way."""


def get_logger() -> standard.Logger:
    """The logger called `tensorflow`, which nothing is written to."""
    return standard.getLogger("tensorflow")


def _no_devices(device_type: str | None = None) -> list[Any]:
    """The processors of a kind: none of them a GPU."""
    if device_type not in (None, "CPU"):
        return []
    return [SimpleNamespace(name="/physical_device:CPU:0", device_type="CPU")]


def _nothing(*args: Any, **named: Any) -> None:
    """Nothing: there is no GPU whose memory it could be about."""


config = SimpleNamespace(
    list_physical_devices=_no_devices,
    list_logical_devices=_no_devices,
    get_visible_devices=_no_devices,
    set_visible_devices=_nothing,
    set_memory_growth=_nothing,
    run_functions_eagerly=_nothing,
)
"""`tf.config`: there are no GPUs."""
random = SimpleNamespace(
    set_seed=set_random_seed,
    set_random_seed=set_random_seed,
    normal=random_normal,
    uniform=random_uniform,
    truncated_normal=truncated_normal,
    shuffle=shuffle,
)
"""`tf.random`: the seed, and numbers."""
test = SimpleNamespace(
    is_gpu_available=lambda *args, **named: False,
    is_built_with_cuda=lambda: False,
    is_built_with_gpu_support=lambda: False,
    gpu_device_name=lambda: "",
)
"""`tf.test`: there are no GPUs."""
logging = SimpleNamespace(set_verbosity=_nothing, DEBUG=10, INFO=20, WARN=30, ERROR=40, FATAL=50)
"""`tf.logging`: nothing is written by TensorFlow."""
autograph = SimpleNamespace(set_verbosity=_nothing)
"""`tf.autograph`: there is none."""
