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

__all__ = ["guarded"]

_NONE = 0  # PROT_NONE


def guarded(shape: tuple[int, ...], dtype: str, front: bool = False) -> Array:
    """An array of zeros like `konv.graph.aligned`, between two pages that must not be touched.

    It ends where the second one begins or, `front`, begins where the first one ends. Only its elements are aligned.
    Raises: ConfigurationError where the system has no such protection (only Linux and macOS are known to), OSError
    where it refuses it.
    """
    if sys.platform not in ("linux", "darwin"):
        raise ConfigurationError(text("no_guard_pages", system=sys.platform))
    kind = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    page = mmap.PAGESIZE
    inside = -(-max(size, 1) // page) * page
    region = mmap.mmap(-1, inside + 2 * page, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = ctypes.addressof(ctypes.c_char.from_buffer(region))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for address in (start, start + page + inside):
        if protect(address, page, _NONE):
            raise OSError(ctypes.get_errno(), "mprotect")
    offset = page if front else page + inside - size
    values: Array = np.frombuffer(region, np.uint8, size, offset).view(kind)
    return values.reshape(shape)
