"""One kernel called on arrays, outside of any network: how images are prepared by the code that networks use."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from konv.kernels.code.build import addresses
from konv.kernels.code.processor import current
from konv.kernels.code.spec import Spec

__all__ = ["call"]

_ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p)


def call(spec: Spec, *arguments: np.ndarray[Any, np.dtype[Any]], count: int) -> None:
    """Run the kernel of `spec` for samples 0 … `count`, on contiguous `arguments`; other threads go on meanwhile.

    Raises: CompileError where it cannot be compiled; ValueError for arrays that are not contiguous.
    """
    if not all(a.flags.c_contiguous for a in arguments):
        raise ValueError("kernels read contiguous arrays")
    table = np.array([a.ctypes.data for a in arguments], np.int64)
    scratch = np.empty(spec.scratch(current()) + 64, np.uint8)
    _ENTRY(addresses([spec])[spec])(table.ctypes.data, 0, count, 0, scratch.ctypes.data)
