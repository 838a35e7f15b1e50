"""Run one kernel on arrays through the ABI, between guard zones; and the small tools of its tests."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from konv.kernels.code import llvm
from konv.kernels.code.build import addresses
from konv.kernels.code.processor import current, host
from konv.kernels.code.spec import LEAVES, Spec
from konv.kernels.code.target import LINE, Target
from konv.kernels.products.pack import Pack
from konv.ops.record import Array

GUARD = 1024
"""Bytes of 255 (as a float: NaN) around every argument."""
FRAME = 8
"""Elements of a frame: the samples of a run, then its flag; the rest is nobody's business here."""

_ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p)


def run(spec: Spec, *arguments: Array, begin: int = 0, end: int, leaf: int = 0, writes: Sequence[int] = (-1,),
        target: Target | None = None) -> None:  # fmt: skip
    """Make one call of a kernel; arrays named in `writes` (the last one) are changed in place.

    Every argument lies between guard zones of NaN, at an address that is only as aligned as its elements, or at a cache
    line for a kernel that streams (as all in the engine's memory does): what a kernel reads outside shows in its
    results, what it writes outside, or into an argument it should only read, fails here.
    """
    held = {id(a): Guarded(a, LINE if getattr(spec, "streams", False) else 0) for a in arguments}
    call(spec, target, [held[id(a)] for a in arguments], begin, end, leaf)
    written = {id(arguments[i]) for i in writes}
    for a in arguments:
        after = held[id(a)]
        assert (after.before == 255).all(), f"{spec} wrote before an argument"
        assert (after.behind == 255).all(), f"{spec} wrote behind an argument"
        if id(a) in written:
            a[...] = after.inside.view(a.dtype).reshape(a.shape)
        else:
            assert after.inside.tobytes() == a.tobytes(), f"{spec} wrote into an argument it should only read"


def call(spec: Spec, target: Target | None, arguments: Sequence[Guarded], begin: int, end: int, leaf: int) -> None:
    """Make one call of a kernel on this processor."""
    table = np.array([a.address for a in arguments], np.int64)
    scratch = np.full(spec.scratch(target or current()) + GUARD, 255, np.uint8)
    _ENTRY(addresses([spec], target)[spec])(table.ctypes.data, begin, end, leaf, scratch.ctypes.data)
    assert (scratch[-GUARD:] == 255).all(), f"{spec} wrote behind its scratch memory"


class Guarded:
    """A copy of an array between guard zones, at a multiple of `boundary` bytes, or at an address no more aligned than
    its elements."""

    def __init__(self, a: Array, boundary: int = 0) -> None:
        self.whole = np.full(2 * GUARD + a.nbytes + max(boundary, a.itemsize), 255, np.uint8)
        self.start = GUARD + (-(self.whole.ctypes.data + GUARD) % boundary if boundary else a.itemsize)
        self.before, self.inside, self.behind = np.split(self.whole, [self.start, self.start + a.nbytes])
        self.inside[...] = np.frombuffer(a.tobytes(), np.uint8)
        self.address = self.inside.ctypes.data


def frame(n: int) -> Array:
    """A frame of n samples, its flag not set."""
    return np.array([n] + [0] * (FRAME - 1), np.int64)


def packed(spec: Any, w: Array, groups: int = 1, turned: bool = False, target: Target | None = None) -> Array:
    """Weights `w (…, inputs, groups·outputs)` packed as the kernel `spec` reads them."""
    target = target or current()
    pack = Pack(
        spec.dtype, prod(w.shape[:-2]), w.shape[-2], w.shape[-1] // groups, groups, spec.tile(target).vectors, turned
    )
    out = unset((pack.size(target),), spec.dtype)
    run(pack, w, out, end=pack.units(target), target=target)
    return out


def unset(shape: tuple[int, ...], dtype: str) -> Array:
    """An array of NaNs: what a kernel leaves out stays one."""
    return np.full(shape, np.nan, dtype)


def stretch(rng: np.random.Generator, n: int) -> tuple[int, int]:
    """A random part of a range, seldom empty, often up to its ends."""
    begin = int(rng.integers(0, n)) if rng.random() < 0.5 else 0
    return begin, int(rng.integers(begin + 1, n + 1)) if rng.random() < 0.5 else n


def leaves(n: int) -> list[tuple[int, int]]:
    """The samples of each leaf of the sum tree."""
    return [(n * i // LEAVES, n * (i + 1) // LEAVES) for i in range(LEAVES)]


def tree(parts: Sequence[Array]) -> Array:
    """The leaves of a sum put together pairwise."""
    while len(parts) > 1:
        parts = [a + b for a, b in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]


def short(rng: np.random.Generator, *shape: int) -> Array:
    """Numbers of twelve bits and many sizes, float32, for `fused`: sums of their products are rounded at every step."""
    return (rng.integers(-2048, 2048, shape) * 2.0 ** rng.integers(-8, 8, shape)).astype("float32")


def fused(x: Array, y: Array, z: Array) -> Array:
    """x · y + z in float32, rounded once: of `short` numbers x and y, float64 holds it exactly."""
    return (x.astype("float64") * y + z).astype("float32")


def same_bits(a: Array, b: Array) -> None:
    """Assert that two arrays are equal bit for bit."""
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    bits = f"uint{8 * a.itemsize}"
    np.testing.assert_array_equal(np.ascontiguousarray(a).view(bits), np.ascontiguousarray(b).view(bits))


def wide() -> Target:
    """This processor with registers of 64 bytes, and 32 of them, which LLVM makes of those it has: code for AVX-512's
    vectors runs, slowly, wherever there is AVX2."""
    return replace(host(), vector_bytes=64, registers=32)


def runs_here(cpu: str) -> bool:
    """Whether the host has what a level of x86-64 promises."""
    _, has = llvm.host()
    return all(has.get(feature, False) for feature in llvm.features_of(cpu) or ())
