"""From specs to addresses: what is loaded, what the disk has, what must be compiled."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterable

from konv import config
from konv.kernels import cache, llvm
from konv.kernels.spec import Spec
from konv.kernels.target import Target, current

__all__ = ["addresses"]

_known: dict[tuple[Spec, Target], int] = {}
_lock = threading.Lock()


def addresses(specs: Iterable[Spec], target: Target | None = None) -> dict[Spec, int]:
    """The entry address of each spec's kernel, compiled where need be.

    Raises: CompileError where that fails.
    """
    target = target or current()
    wanted = list(dict.fromkeys(specs))
    with _lock:
        missing = [s for s in wanted if (s, target) not in _known]
        symbols = {s: s.symbol(target) for s in missing}
        objects = {symbols[s]: _object(s, symbols[s], target) for s in missing}
        loaded = llvm.load(objects)
        for spec in missing:
            _known[spec, target] = loaded[symbols[spec]]
        return {s: _known[s, target] for s in wanted}


def _object(spec: Spec, symbol: str, target: Target) -> bytes:
    shown = config.debug("ir") or config.debug("asm")
    kept = None if shown else cache.read(symbol)
    if kept is not None:
        return kept
    text = spec.emit(target).text()
    if config.debug("ir"):
        print(f"; {spec}\n{text}", file=sys.stderr)
    if config.debug("asm"):
        print(f"# {spec}\n{re.sub(chr(10) + '[^a-zA-Z]*[.]cfi.*', '', llvm.assembly(text, target))}", file=sys.stderr)
    made = llvm.compile_object(text, target)
    cache.write(symbol, made)
    return made
