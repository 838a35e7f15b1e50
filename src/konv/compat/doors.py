"""Which module of konv stands behind which module of Keras and TensorFlow."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec

__all__ = ["ROOTS", "door", "inside"]

ROOTS = ("keras", "tensorflow", "tf_keras", "keras_core")
"""The packages whose imports konv answers."""
KERAS = re.compile(r"tensorflow\.(?:(?:_api\.v\d|compat\.v[12]|python|contrib)\.)*keras(?:\.(?:api|_v\d))?(?=\.|$)")
"""The ways in which TensorFlow has called its Keras."""

FAMILIES = (
    "densenet", "efficientnet", "imagenet_utils", "inception_v3", "mobilenet", "mobilenet_v2", "resnet", "resnet50",
    "resnet_v2", "vgg16", "vgg19", "xception",
)  # fmt: skip
"""The modules of `keras.applications`."""

_LAYERS = ("konv.compat.layers:words",)
_ENGINE = ("konv.compat.layers:words", "konv.compat.models")
_UTILS = ("konv.compat.folders", "konv.compat.utils", "konv.preprocessing.image")
_BACKEND = ("konv.compat.backend",)
MODULES: dict[str, tuple[str, ...]] = {
    "": ("konv.compat.keras",),
    "activations": ("konv.activations",),
    "applications": ("konv.compat.applications",),
    "backend": _BACKEND,
    "backend.tensorflow_backend": _BACKEND,
    "callbacks": ("konv.callbacks",),
    "config": _BACKEND,
    "constraints": ("konv.constraints",),
    "datasets": ("konv.datasets",),
    "engine": _ENGINE,
    "initializers": ("konv.initializers",),
    "initializations": ("konv.initializers",),
    "layers": _LAYERS,
    "layers.experimental": _LAYERS,
    "layers.experimental.preprocessing": _LAYERS,
    "losses": ("konv.compat.losses:words",),
    "metrics": ("konv.compat.metrics:words",),
    "models": ("konv.compat.models",),
    "objectives": ("konv.compat.losses:words",),
    "ops": ("konv.functions",),
    "ops.image": ("konv.functions.image",),
    **{f"ops.{name}": (f"konv.compat.operations:{name}",) for name in ("linalg", "nn", "numpy")},
    "optimizers": ("konv.optimizers",),
    "optimizers.experimental": ("konv.optimizers",),
    "optimizers.legacy": ("konv.optimizers",),
    "optimizers.legacy.schedules": ("konv.optimizers.schedules",),
    "optimizers.schedules": ("konv.optimizers.schedules",),
    "preprocessing": ("konv.compat.folders", "konv.preprocessing"),
    "preprocessing.image": ("konv.compat.folders", "konv.preprocessing.image"),
    "random": ("konv.compat.random",),
    "regularizers": ("konv.regularizers",),
    "saving": ("konv.compat.models", "konv.compat.utils"),
    "utils": _UTILS,
    "wrappers": ("konv.compat.wrappers",),
    "wrappers.scikit_learn": ("konv.compat.wrappers",),
    **{f"applications.{name}": (f"konv.compat.applications.families:{name}",) for name in FAMILIES},
    **{f"datasets.{name}": (f"konv.datasets:{name}",) for name in ("cifar10", "cifar100", "fashion_mnist", "mnist")},
    **{
        f"engine.{name}": _ENGINE
        for name in ("base_layer", "functional", "input_layer", "network", "sequential", "topology", "training")
    },
    **{
        f"layers.{name}": _LAYERS
        for name in ("advanced_activations", "convolutional", "core", "local", "merge", "merging", "noise",
                     "normalization", "pooling")
    },
    **{
        f"utils.{name}": _UTILS
        for name in ("data_utils", "generic_utils", "io_utils", "layer_utils", "np_utils", "vis_utils",
                     "visualize_util")
    },
}  # fmt: skip
"""Where each module of Keras looks its names up: modules of konv, or objects in them, as `MODULE:OBJECT`."""
TENSORFLOW: dict[str, tuple[str, ...]] = {
    "": ("konv.compat.tensorflow", "konv.compat.tensors", "konv.compat.tape"),
    "compat": ("konv.compat.tensorflow",),
    "compat.v1": ("konv.compat.tensorflow", "konv.compat.tensors"),
    "compat.v1.logging": ("konv.compat.tensorflow:logging",),
    "compat.v1.random": ("konv.compat.tensorflow:random",),
    "config": ("konv.compat.tensorflow:config",),
    "data": ("konv.compat.pipeline",),
    "data.experimental": ("konv.compat.pipeline",),
    "config.experimental": ("konv.compat.tensorflow:config",),
    "image": ("konv.compat.images",),
    "io": ("konv.compat.tensorflow:io",),
    "logging": ("konv.compat.tensorflow:logging",),
    "math": ("konv.compat.tensors",),
    "nn": ("konv.compat.tensors:nn",),
    "python": (),
    "random": ("konv.compat.tensorflow:random",),
    "strings": ("konv.compat.strings",),
    "test": ("konv.compat.tensorflow:test",),
}
"""Where each module of TensorFlow, its Keras left aside, looks its names up."""


def door(name: str) -> tuple[str, ...] | None:
    """The modules of konv behind the module `name` of Keras or TensorFlow; None where konv has no such module."""
    table, rest = _placed(name)
    found = table.get(rest)
    there = [source for source in found or () if find_spec(source.partition(":")[0]) is not None]
    return tuple(there) if there or found == () or (found is not None and inside(name)) else None


@cache
def inside(name: str) -> tuple[str, ...]:
    """The modules that konv has inside the module `name` of Keras or TensorFlow."""
    table, rest = _placed(name)
    before = f"{rest}." if rest else ""
    found = {key.removeprefix(before).partition(".")[0] for key in table if key.startswith(before) and key != rest}
    if table is TENSORFLOW and rest in ("", "compat.v1", "python"):
        found.add("keras")
    return tuple(sorted(found - {""}))


def _placed(name: str) -> tuple[dict[str, tuple[str, ...]], str]:
    """The table that knows of the module `name`, and its key there."""
    found = KERAS.match(name)
    if found:
        return MODULES, name[found.end() :].lstrip(".")
    root, _, rest = name.partition(".")
    if root == "tensorflow":
        return TENSORFLOW, rest
    return MODULES, re.sub(r"^(?:api|src)(?:\.|$)", "", rest)
