"""`tensorflow` as far as scripts need it beside its Keras: seed, version, and what they ask about the machine."""

from __future__ import annotations

import logging as standard
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from konv import initializers
from konv.compat import images
from konv.compat.backend import random_normal, random_uniform, truncated_normal
from konv.compat.random import shuffle
from konv.compat.values import Axes
from konv.graph import Variable
from konv.layers import Layer
from konv.utils import set_random_seed

__all__ = [
    "Module",
    "TensorShape",
    "TensorSpec",
    "as_bytes",
    "as_str",
    "autograph",
    "config",
    "disable_v2_behavior",
    "enable_eager_execution",
    "executing_eagerly",
    "device",
    "enable_v2_behavior",
    "function",
    "get_logger",
    "global_variables_initializer",
    "io",
    "logging",
    "numpy_function",
    "ones_initializer",
    "py_func",
    "py_function",
    "random",
    "random_normal_initializer",
    "random_uniform_initializer",
    "read_file",
    "set_random_seed",
    "test",
    "truncated_normal_initializer",
    "zeros_initializer",
]


def function(func: Callable[..., Any] | None = None, **options: Any) -> Any:
    """A decorator without effect: konv compiles what it runs anyway. Arguments: `func`, `options`."""
    return func if func is not None else lambda wrapped: wrapped


class Module:
    """An object that holds variables and layers. Arguments: `name`."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or type(self).__name__.lower()

    @property
    def trainable_variables(self) -> list[Variable]:
        """The weights that training adjusts, of its layers and its own."""
        found = [v for one in vars(self).values() if isinstance(one, Layer) for v in one.trainable_weights]
        return [*found, *(one for one in vars(self).values() if isinstance(one, Variable) and one.trainable)]


def TensorSpec(shape: Any = None, dtype: Any = None, name: str | None = None) -> SimpleNamespace:
    """What a `function` takes, as TensorFlow writes it: kept, not looked at. Arguments: `shape`, `dtype`, `name`."""
    return SimpleNamespace(shape=shape, dtype=dtype, name=name)


TensorShape = Axes


def as_bytes(bytes_or_text: Any, encoding: str = "utf-8") -> bytes:
    """Text as bytes. Arguments: `bytes_or_text`, `encoding`."""
    return bytes_or_text if isinstance(bytes_or_text, bytes) else str(bytes_or_text).encode(encoding)


def as_str(bytes_or_text: Any, encoding: str = "utf-8") -> str:
    """Bytes as text. Arguments: `bytes_or_text`, `encoding`."""
    return bytes_or_text.decode(encoding) if isinstance(bytes_or_text, bytes) else str(bytes_or_text)


@contextmanager
def device(device_name: Any) -> Iterator[None]:
    """Nothing: everything runs on the processor."""
    yield


def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """`func` of `inp`, at once. Arguments: `Tout`, types, which results have anyway."""
    return func(*inp)


def numpy_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None, **others: Any) -> Any:
    """`func` of `inp` as plain arrays and bytes, at once. Arguments: `Tout`, types, which results have anyway."""
    return func(*(one.numpy() if hasattr(one, "numpy") else one for one in inp))


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


ones_initializer, zeros_initializer = initializers.Ones, initializers.Zeros
random_normal_initializer, random_uniform_initializer = initializers.RandomNormal, initializers.RandomUniform
truncated_normal_initializer = initializers.TruncatedNormal
enable_v2_behavior = disable_v2_behavior
global_variables_initializer = _nothing
read_file, py_func = images.read_file, numpy_function
io = SimpleNamespace(
    read_file=images.read_file, decode_jpeg=images.decode_image, decode_png=images.decode_image,
    decode_image=images.decode_image, decode_bmp=images.decode_image,
)  # fmt: skip
"""`tf.io`: files of images."""
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
