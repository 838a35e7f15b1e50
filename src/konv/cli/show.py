"""`konv show`: the mathematics of an operation and the NumPy that does it, on one screen."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

import click

from konv.messages import text

__all__ = ["command", "parameters"]

METHODS = ("forward", "backward", "step")
"""What makes up the reference: of an operation or a loss the first two, of an update rule the last."""


def parameters() -> list[click.Parameter]:
    """What the command takes."""
    return [
        click.Argument(["op"], required=False, metavar="[OP]"),
    ]


def command(op: str | None) -> None:
    """Print one operation, or the list of all."""
    from rich.console import Console

    console = Console(highlight=False)
    if op is None:
        for name, kind in sorted(_known().items()):
            console.print(f"  {name:<34}{_summary(kind)}", soft_wrap=True, markup=False)
        return
    _print(console, _found(op))


def _known() -> dict[str, type]:
    """Every operation, loss and update rule, by name."""
    from konv.ops import OPS, adaptive, loss, update

    others: list[Any] = [getattr(module, name) for module in (loss, update, adaptive) for name in module.__all__]
    named: dict[str, type] = {getattr(kind, "name", ""): kind for kind in others}
    return {**OPS, **{name: kind for name, kind in named.items() if name}}


def _found(word: str) -> type:
    """The one called `word`, however it is spelled: `conv2d`, `Conv2D`, `MaxPooling2D`; activations by any name.

    Raises: UnknownNameError, with the nearest names, where there is none.
    """
    from konv import activations
    from konv.names import unknown

    known = _known()
    bare: dict[str, type] = {name.replace("_", ""): type(f.op) for name, f in activations.NAMES.items() if f.op}
    bare |= {name.replace("_", ""): kind for name, kind in known.items()}
    bare |= {kind.__name__.lower(): kind for kind in known.values()}
    found = bare.get(word.replace("_", "").lower())
    if found is None:
        raise unknown("op", word, known)
    return found


def _summary(kind: type) -> str:
    """The first sentence of what a class says of itself."""
    return (inspect.getdoc(kind) or "").split("\n")[0].rstrip(".")


def _print(console: object, kind: type) -> None:
    from rich.console import Console
    from rich.syntax import Syntax

    assert isinstance(console, Console)
    console.print(f"{kind.__name__}\n", style="bold", markup=False)
    console.print(inspect.getdoc(kind) or "", markup=False, soft_wrap=True)
    console.print(f"\n{text('cli.show.reference')}\n", style="bold", markup=False)
    code = "\n".join(
        textwrap.dedent(inspect.getsource(method)) for name in METHODS if (method := vars(kind).get(name)) is not None
    )
    if console.is_terminal:
        console.print(Syntax(code, "python", background_color="default"))
    else:
        console.print(code, markup=False, soft_wrap=True)
