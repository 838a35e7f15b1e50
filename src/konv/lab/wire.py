"""Numbers on their way to the page: a JSON head and raw bytes behind it, in one answer.

`packed` gives four bytes with the length of the head (little endian), the head, and the bytes. Feature maps go as
signed bytes: −127 … 127 for −scale … scale, enough for colours; exact arrays go as float32, for writing thousands of
numbers as text and reading them again takes longer than working them out.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from PIL import Image

from konv.ops.record import Array

__all__ = ["exact", "packed", "quantised", "scale_of", "thumb"]

THUMB = 56
"""Pixels of a small picture's longer side at most."""


def packed(head: Any, content: bytes = b"") -> bytes:
    """`head`, as JSON, with spaces behind it up to a multiple of four bytes, and `content` in one string of bytes."""
    written = json.dumps(head, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    written += b" " * (-len(written) % 4)
    return len(written).to_bytes(4, "little") + written + content


def exact(*arrays: Array) -> bytes:
    """Arrays as float32 (little endian), one after the other."""
    return b"".join(np.ascontiguousarray(a, "<f4").tobytes() for a in arrays)


def scale_of(maps: Array) -> float:
    """The largest magnitude in `maps`: what full colour stands for."""
    return float(np.abs(maps).max()) if maps.size else 0.0


def quantised(maps: Array, scale: float) -> bytes:
    """`maps`, `(H, W, C)` or any vector, as signed bytes, channel by channel, ±127 for ±`scale`."""
    image = maps if maps.ndim == 3 else maps.reshape(1, 1, -1)
    levels = np.clip(np.rint(image * (127 / scale if scale else 0)), -127, 127).astype(np.int8)
    return np.ascontiguousarray(np.moveaxis(levels, -1, 0)).tobytes()


def thumb(pixels: Array) -> Array:
    """A small RGB picture, uint8, of an image, uint8 `(H, W, C)` of 1 or 3 channels."""
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).convert("RGB")
    side = max(picture.size)
    if side > THUMB:
        picture = picture.resize((max(picture.width * THUMB // side, 1), max(picture.height * THUMB // side, 1)))
    return np.asarray(picture)
