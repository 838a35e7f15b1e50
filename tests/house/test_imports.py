"""Imports go one way, importing konv is light, and nothing in it can run code out of a file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from tests.house.source import CHECKOUT, Module, imported, modules

# Each room imports only from itself and from rooms before it. docs/architecture.md has the same order.
ROOMS = tuple(
    "errors messages names arguments shapes random config locks statistics kernels ops graph engine functions "
    "initializers regularizers constraints activations layers data preprocessing datasets train losses optimizers "
    "metrics callbacks utils explain io models zoo runs compat lab cli".split()
)
# The rooms within konv.kernels, in the same sense.
KERNEL_ROOMS = tuple("code sums products winograd maps training".split())
HEAVY = ("llvmlite", "matplotlib", "h5py", "rich", "PIL", "click", "safetensors", "starlette", "uvicorn")
UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}


def backward(module: Module) -> list[str]:
    """The imports of `module` from rooms after its own."""
    found = []
    for name, line in imported(module):
        top, _, rest = name.partition(".")
        room = rest.partition(".")[0]
        if top != "konv" or room == "__version__":
            continue
        # `import konv` reaches every room through the front page: only the last room may.
        place = ROOMS.index(room) if room in ROOMS else len(ROOMS) - 1
        if place > ROOMS.index(module.room):
            found.append(f"{module.path.relative_to(CHECKOUT)}:{line}: {module.room} imports {room or 'konv'}")
    return found


def test_every_room_has_its_place():
    inside = {m.room for m in modules()} - {"", "__main__"}
    assert inside <= set(ROOMS), "a new room needs a place in ROOMS and in docs/architecture.md"


def test_imports_go_one_way():
    wrong = [line for m in modules() if m.room in ROOMS for line in backward(m)]
    assert not wrong, "\n".join(wrong)


def test_imports_between_kernels_go_one_way():
    wrong = []
    for module in modules():
        here = module.name.split(".")[2:3]
        if module.room != "kernels" or not here or here[0] not in KERNEL_ROOMS:
            continue
        for name, line in imported(module):
            there = name.split(".")
            if there[:2] == ["konv", "kernels"] and len(there) > 2:
                assert there[2] in KERNEL_ROOMS, f"{module.path}:{line}: a new room needs a place in KERNEL_ROOMS"
                if KERNEL_ROOMS.index(there[2]) > KERNEL_ROOMS.index(here[0]):
                    wrong.append(f"{module.path.relative_to(CHECKOUT)}:{line}: {here[0]} imports {there[2]}")
    assert not wrong, "\n".join(wrong)


def test_backward_import_is_seen():
    tree = ast.parse("def f():\n    from konv import train\n    from ..cli import main\n    import konv.errors, konv")
    module = Module("konv.ops.probe", CHECKOUT / "src/konv/ops/probe.py", tree)
    assert [line.rpartition(": ")[2] for line in backward(module)] == [
        "ops imports train",
        "ops imports cli",
        "ops imports konv",
    ]


def test_architecture_page_has_the_same_order():
    page = (CHECKOUT / "docs" / "architecture.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)(?:/|\.py)?`", row) if name in ROOMS]
    present = {m.room for m in modules()}
    assert [room for room in ROOMS if room in present] == list(dict.fromkeys(named))


def test_import_is_light():
    code = f"import konv, sys; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


def unsafe(module: Module) -> list[str]:
    """What a module imports or calls that would run code from a file."""
    wrong = [f"line {line}: {name}" for name, line in imported(module) if name.partition(".")[0] in UNSAFE_MODULES]
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
            wrong.append(f"line {node.lineno}: {node.func.id}()")
        wrong += [
            f"line {node.lineno}: allow_pickle"
            for keyword in node.keywords
            if keyword.arg == "allow_pickle"
            and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
        ]
    return wrong


def test_no_file_can_run_code():
    assert {module.name: wrong for module in modules() if (wrong := unsafe(module))} == {}


def test_what_can_run_code_is_seen():
    tree = ast.parse("import pickle\neval(x)\nnp.load(f, allow_pickle=True)\nnp.load(f, allow_pickle=False)")
    assert [line[:6] for line in unsafe(Module("konv.probe", CHECKOUT / "probe.py", tree))] == [
        "line 1",
        "line 2",
        "line 3",
    ]
