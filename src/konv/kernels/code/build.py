"""From specs to addresses: what is loaded, what the disk has, what must be compiled."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable

from konv import config
from konv.kernels.code import cache, llvm
from konv.kernels.code.compiler import compile_all
from konv.kernels.code.processor import current
from konv.kernels.code.spec import Spec
from konv.kernels.code.target import Target
from konv.locks import Turns

__all__ = ["addresses", "objects"]

_known: dict[tuple[Spec, Target], int] = {}
_turns = Turns()


def addresses(specs: Iterable[Spec], target: Target | None = None) -> dict[Spec, int]:
    """The entry address of each spec's kernel, compiled where need be.

    Raises: CompileError where that fails.
    """
    target = target or current()
    wanted = list(dict.fromkeys(specs))
    with _turns.now:
        missing = [s for s in wanted if (s, target) not in _known]
        found = objects(missing, target)
        loaded = llvm.load({spec.symbol(target): code for spec, code in found.items()})
        for spec in missing:
            _known[spec, target] = loaded[spec.symbol(target)]
        return {s: _known[s, target] for s in wanted}


def objects(specs: Iterable[Spec], target: Target) -> dict[Spec, bytes]:
    """The object file of each spec's kernel: from the disk, else compiled, in several processes where there are many.

    Raises: CompileError where that fails.
    """
    symbols = {spec: spec.symbol(target) for spec in specs}
    shown = config.debug("ir") or config.debug("asm")
    kept = {} if shown else {spec: code for spec, s in symbols.items() if (code := cache.read(s)) is not None}
    modules = {s: spec.emit(target).text() for spec, s in symbols.items() if spec not in kept}
    if shown:
        _show(symbols, modules, target)
    made: dict[str, bytes] = {}
    try:
        compile_all(modules, target, _processors(), made)
    finally:  # what an interrupted one has made is not made again
        for symbol, code in made.copy().items():
            cache.write(symbol, code)
    return {spec: kept[spec] if spec in kept else made[s] for spec, s in symbols.items()}


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _show(symbols: dict[Spec, str], modules: dict[str, str], target: Target) -> None:
    """Print what `KONV_DEBUG` asks to see of each kernel."""
    for spec, symbol in symbols.items():
        if config.debug("ir"):
            print(f"; {spec}\n{modules[symbol]}", file=sys.stderr)
        if config.debug("asm"):
            lines = llvm.assembly(modules[symbol], target).splitlines()
            print(f"# {spec}", *(line for line in lines if not re.match(r"\s+\.cfi", line)), sep="\n", file=sys.stderr)
