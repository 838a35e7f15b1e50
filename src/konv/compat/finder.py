"""The import hook: while it is in force, `import keras` and `import tensorflow` are konv's doors.

A finder at the front of `sys.meta_path` answers for these names alone, so that nothing of a really installed Keras or
TensorFlow is imported. Each module it gives is a `Door`: it has no content of its own, but looks names up in modules
of konv (`doors.py`), and says what konv offers instead of a name it lacks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

from konv.compat.doors import ROOTS, door, inside
from konv.compat.missing import missing_module, missing_name
from konv.compat.values import Symbol, telling, valued
from konv.graph import Node, Tensor
from konv.ops.loss import Loss

__all__ = ["Door", "Finder", "in_force", "install", "uninstall"]

VERSIONS = {"keras": "3.0.0", "keras_core": "0.1.7", "tensorflow": "2.16.1", "tf_keras": "2.16.0"}
"""Whose words konv's are: those of Keras 3, with the old ones beside them."""
COMPUTING = (
    "konv.activations", "konv.compat.backend", "konv.compat.images", "konv.compat.losses", "konv.compat.metrics",
    "konv.compat.operations", "konv.compat.random", "konv.compat.tensorflow", "konv.compat.tensors", "konv.functions",
    "konv.functions.image",
)  # fmt: skip
"""Modules whose functions give a script arrays as `Values`."""
PLAIN = ("function", "get_value", "gradients")
"""Functions among them whose results come as they are."""
_set_aside: dict[str, ModuleType] = {}


class Door(ModuleType):
    """A module of Keras or TensorFlow as konv offers it: names are looked up in `sources`, modules of konv, or
    objects in them."""

    def __init__(self, name: str, sources: Sequence[str]) -> None:
        super().__init__(name)
        self.__dict__["_sources"] = tuple(sources)
        if name in ROOTS or name.endswith(".keras"):
            self.__version__ = VERSIONS.get(name, VERSIONS["keras"])

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._names()
        if name.startswith("__"):
            raise AttributeError(name)
        for source in self.__dict__["_sources"]:
            owner, names = _opened(source)
            if name in names and not isinstance(getattr(owner, name), (SimpleNamespace, ModuleType)):
                found = getattr(owner, name)
                computing = source.partition(":")[0] in COMPUTING and name not in PLAIN
                return telling(found) if computing else found
        if name in inside(self.__name__):
            return import_module(f"{self.__name__}.{name}")
        raise missing_name(self.__name__, name, self.__dir__())

    def _names(self) -> list[str]:
        """What `from MODULE import *` brings."""
        return list(dict.fromkeys(n for source in self.__dict__["_sources"] for n in _opened(source)[1]))

    def __dir__(self) -> list[str]:
        return sorted({*self._names(), *inside(self.__name__)})


def _opened(source: str) -> tuple[Any, Sequence[str]]:
    """A module, or an object in one (`MODULE:OBJECT`), and the names it offers."""
    place, _, name = source.partition(":")
    module = import_module(place)
    if not name:
        return module, module.__all__
    owner = getattr(module, name)
    return owner, [n for n in dir(owner) if not n.startswith("_")]


class Finder(MetaPathFinder, Loader):
    """Answers for the modules of Keras and TensorFlow, all of them, with konv's doors."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """The specification of a door; None for a module that is none of these.

        Raises: MissingModuleError for one that konv does not have.
        """
        if fullname.partition(".")[0] not in ROOTS:
            return None
        if door(fullname) is None:
            parent = fullname.rpartition(".")[0]
            raise missing_module(fullname, dir(import_module(parent)) if parent else ROOTS)
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> Door:
        """The door."""
        return Door(spec.name, door(spec.name) or ())

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: a door has no content of its own."""


_finder = Finder()


def install() -> None:
    """Have imports of Keras and TensorFlow resolve to konv from now on; what was imported already is set aside."""
    if _finder in sys.meta_path:
        return
    for name in [n for n in sys.modules if n.partition(".")[0] in ROOTS]:
        _set_aside[name] = sys.modules.pop(name)
    sys.meta_path.insert(0, _finder)
    Node.kind, Loss.told = Symbol, valued


def uninstall() -> None:
    """Undo `install`: imports resolve as before it."""
    if _finder not in sys.meta_path:
        return
    sys.meta_path.remove(_finder)
    Node.kind, Loss.told = Tensor, float
    for name in [n for n in sys.modules if n.partition(".")[0] in ROOTS]:
        del sys.modules[name]
    sys.modules.update(_set_aside)
    _set_aside.clear()


@contextmanager
def in_force() -> Iterator[None]:
    """`install` for a while."""
    install()
    try:
        yield
    finally:
        uninstall()
