"""Memory between guard pages: a kernel that reads or writes beyond its array is stopped on the spot.

`KONV_ENGINE=guarded` lays out every array of a program so. The array ends where the page that must not be touched
begins, to the byte, and the page before it is as forbidden.
"""

from __future__ import annotations

import ctypes
import mmap
import sys

import numpy as np

from konv.errors import ConfigurationError
from konv.messages import text
from konv.ops.record import Array

__all__ = ["guarded", "strips"]

_NONE = 0  # PROT_NONE


def guarded(shape: tuple[int, ...], dtype: str, front: bool = False) -> Array:
    """An array of zeros like `konv.graph.aligned`, between two pages that must not be touched.

    It ends where the second one begins or, `front`, begins where the first one ends. Only its elements are aligned.
    Raises: ConfigurationError where the system has no such protection (only Linux and macOS are known to), OSError
    where it refuses it.
    """
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    region, inside = _fenced(1, size)
    offset = mmap.PAGESIZE if front else mmap.PAGESIZE + inside - size
    values: Array = np.frombuffer(region, np.uint8, size, offset).view(kind)
    return values.reshape(shape)


def strips(number: int, size: int) -> tuple[Array, int]:
    """`number` stretches of `size` bytes, each of which ends where a page begins that must not be touched.

    Returns: all memory from the first stretch on, and the bytes from one stretch to the next. `size` is that of whole
    cache lines. Raises: as `guarded`.
    """
    region, inside = _fenced(number, size)
    page = mmap.PAGESIZE
    first: Array = np.frombuffer(region, np.uint8, offset=page + inside - size)
    return first, inside + page


def _fenced(number: int, size: int) -> tuple[mmap.mmap, int]:
    """Memory of `number` times as many pages as `size` bytes take, each time between pages that must not be touched,
    and the bytes of so many pages."""
    if sys.platform not in ("linux", "darwin"):
        raise ConfigurationError(text("no_guard_pages", system=sys.platform))
    page = mmap.PAGESIZE
    inside = -(-max(size, 1) // page) * page
    region = mmap.mmap(-1, number * (inside + page) + page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = ctypes.addressof(ctypes.c_char.from_buffer(region))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for i in range(number + 1):
        if protect(start + i * (inside + page), page, _NONE):
            raise OSError(ctypes.get_errno(), "mprotect")
    return region, inside
