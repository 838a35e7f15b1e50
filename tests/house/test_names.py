"""Exported names exist, are documented, and their documentation has its parts."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator

import pytest

from tests.house.source import PACKAGE, Module, modules

# Rooms people call: every argument of what these export is named in its documentation, or once for all in that of its
# class or module.
FRONT_ROOMS = {"activations", "callbacks", "data", "datasets", "explain", "initializers", "io", "layers", "losses"} | {
    "constraints", "metrics", "models", "optimizers", "preprocessing", "random", "regularizers", "train", "utils", "zoo"
}  # fmt: skip
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def exported(module: Module) -> list[str]:
    """The names in a module's `__all__`."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return [e.value for e in getattr(node.value, "elts", []) if isinstance(e, ast.Constant)]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "__all__":
            return [e.value for e in getattr(node.value, "elts", []) if isinstance(e, ast.Constant)]
    return []


def public(module: Module) -> Iterator[tuple[str, Definition]]:
    """The public functions, classes and methods a module itself defines and exports, with their full names."""
    names = set(exported(module))
    for node in module.tree.body:
        if isinstance(node, Definition) and node.name in names:
            yield f"{module.name}.{node.name}", node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    setter = any(isinstance(d, ast.Attribute) for d in getattr(inner, "decorator_list", []))
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_") and not setter:
                        yield f"{module.name}.{node.name}.{inner.name}", inner


PUBLIC = {
    name: (module, node)
    for module in modules()
    if not module.name.startswith("konv.cli")
    for name, node in public(module)
}


def in_front(name: str, module: Module) -> bool:
    """Whether people get at a definition through the front door of its room."""
    if module.room not in FRONT_ROOMS:
        return False
    first = name.removeprefix(f"{module.name}.").partition(".")[0]
    return any(first in exported(door) for door in modules() if door.name == f"konv.{module.room}")


def overrides(name: str) -> bool:
    """Whether a method repeats one that a base class documents."""
    path, _, method = name.rpartition(".")
    module_name, _, class_name = path.rpartition(".")
    owner = getattr(importlib.import_module(module_name), class_name, None) if module_name.startswith("konv") else None
    return inspect.isclass(owner) and any(getattr(base, method, None) is not None for base in owner.__mro__[1:])


def class_docstring(name: str) -> str:
    """The documentation of the class a method belongs to; empty for anything else."""
    _, owner = PUBLIC.get(name.rpartition(".")[0], (None, None))
    return (ast.get_docstring(owner) or "") if owner is not None else ""


def raised(node: Definition) -> set[str]:
    """The error classes a function itself raises, nested functions left out."""
    found: set[str] = set()
    stack: list[ast.AST] = list(ast.iter_child_nodes(node))
    while stack:
        inner = stack.pop()
        if isinstance(inner, Definition):
            continue
        if isinstance(inner, ast.Raise) and isinstance(inner.exc, ast.Call) and isinstance(inner.exc.func, ast.Name):
            found.add(inner.exc.func.id)
        stack.extend(ast.iter_child_nodes(inner))
    return {name for name in found if name[0].isupper()} - {
        "NotImplementedError",
        "AttributeError",
        "AssertionError",
        "RuntimeError",
    }


def arguments(node: Definition) -> list[str]:
    """The arguments a caller gives by name."""
    if isinstance(node, ast.ClassDef):
        makers = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        return arguments(makers[0]) if makers else []
    spec = node.args
    return [a.arg for a in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs) if a.arg not in ("self", "cls")]


def test_exported_names_exist():
    for module in modules():
        names, loaded = exported(module), importlib.import_module(module.name)
        assert ast.get_docstring(module.tree), f"{module.name} does not say what it is for"
        assert len(names) == len(set(names)), f"{module.name} exports a name twice"
        assert [name for name in names if not hasattr(loaded, name)] == [], module.name
        assert sorted(getattr(loaded, "__all__", names)) == sorted(names), f"{module.name}: __all__ is one literal list"


def amiss(name: str) -> str:
    """What is wrong with the documentation of a public name; empty where nothing is."""
    module, node = PUBLIC[name]
    written = ast.get_docstring(node)
    if not written:
        return "" if written is None and overrides(name) else "no docstring"
    summary = re.split(r"\n\s*\n", written)[0]
    if not re.search(r"[.:。]\W*(\s|$)", summary):
        return f"the summary is not a sentence: {summary!r}"
    missing = sorted(error for error in raised(node) if error not in written)
    if missing:
        return f"raises {missing} without saying so"
    if in_front(name, module) and not overrides(name):
        around = "\n".join([ast.get_docstring(module.tree) or "", class_docstring(name), written])
        unnamed = [a for a in arguments(node) if not re.search(rf"\b{a}\b", around)]
        return f"says nothing of {unnamed}" if unnamed else ""
    return ""


def test_public_docstrings():
    assert [(name, wrong) for name in PUBLIC if (wrong := amiss(name))] == []


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("def f(): pass", "no docstring"),
        ('def f():\n    "No sentence"', "not a sentence"),
        ('def f():\n    "A sentence."\n    raise ValueError("x")', "ValueError"),
        ('def f(shape): "A sentence."', "shape"),
    ],
)
def test_what_is_amiss_is_seen(code: str, complaint: str, monkeypatch: pytest.MonkeyPatch):
    tree = ast.parse(code)
    module = Module("konv.layers", PACKAGE / "layers" / "__init__.py", tree)
    monkeypatch.setitem(PUBLIC, "konv.layers.Dense", (module, tree.body[0]))
    assert complaint in amiss("konv.layers.Dense")
