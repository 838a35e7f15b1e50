"""What a kernel is, before it is code: a frozen, hashable description that is cache key and symbol name at once.

A spec knows how to `emit` itself for a target. It says nothing of memory or batch size: those come with the call, by
the one signature all kernels share, `(arguments*, begin, end, leaf, scratch*)`: a table of addresses, the range of
work, the leaf of the sum tree it belongs to, and memory of the worker's own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from konv.kernels.code import llvm
from konv.kernels.code.ir import Function
from konv.kernels.code.target import Target

__all__ = ["LEAVES", "Spec"]

LEAVES = 8
"""Leaves of the binary tree by which every sum over samples is taken; leaf l has samples ⌊n·l/8⌋ to ⌊n·(l+1)/8⌋."""


@lru_cache(maxsize=1)
def generator() -> str:
    """A hash of the code generator: kernels of another version are not reused."""
    found = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


@dataclass(frozen=True)
class Spec:
    """Base of all kernel specs; fields of subclasses are plain numbers, strings and tuples of them."""

    kind: ClassVar[str] = ""
    dtype: str

    def emit(self, target: Target) -> Function:
        """The code for `target`."""
        raise NotImplementedError

    @property
    def macs(self) -> int:
        """Multiply-adds for one sample, taps over padding left out; 0 for kernels that are no products."""
        return 0

    def scratch(self, target: Target) -> int:
        """Bytes of the worker's scratch memory that it uses."""
        return 0

    def streaming(self) -> Spec:
        """The kernel that does the same for arrays that come from memory and go there; often this one. Whatever it
        does otherwise, it gives the same bits."""
        return self

    def planned(self, target: Target) -> tuple[int, ...]:
        """The blocking that the model of the processor gives; () where there is nothing to decide."""
        return ()

    def allows(self, blocking: tuple[int, ...], target: Target) -> bool:
        """Whether a blocking is possible for `target`."""
        return blocking == self.planned(target)

    def choices(self, target: Target) -> list[tuple[int, ...]]:
        """Blockings worth measuring, the planned one first; all give the same bits."""
        return [self.planned(target)]

    def blocking(self, target: Target) -> tuple[int, ...]:
        """The blocking in force: the one remembered in `target` where it is possible, else the planned one."""
        return self._remembered(target) or self.planned(target)

    def _remembered(self, target: Target) -> tuple[int, ...] | None:
        found = target.chosen(repr(self))
        return found if found is not None and self.allows(found, target) else None

    def symbol(self, target: Target) -> str:
        """The kernel's name, unique to spec, target, compiler and generator."""
        key = "\n".join([repr(self), repr(target), repr(self._remembered(target)), llvm.version(), generator()])
        return f"konv_{self.kind}_{hashlib.sha256(key.encode()).hexdigest()[:24]}"

    def new(self, target: Target, pointers: str, alias: bool = False) -> Function:
        """An empty function for this spec; `pointers` names its arguments, separated by blanks."""
        return Function(self.symbol(target), target, self.dtype, pointers.split(), alias)
