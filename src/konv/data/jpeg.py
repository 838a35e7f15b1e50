"""Small JPEG files straight to pixels: Pillow's general way of opening a file costs more than decoding them.

Only what is plain is taken, the rest left to the general way: eight bits, one layer or three, and no metadata that may
say that the image is turned or one of several. The decoder is the same, so the pixels are too.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO

from PIL import Image

__all__ = ["decoded_small", "in_memory"]

SMALL = 2**16
"""Bytes of a file from which on opening it is a small part of decoding it."""
_FRAMES = {0xC0, 0xC1, 0xC2}
"""Markers of a frame's header: baseline, extended, progressive."""
_SCAN = 0xDA
_PASSED = {0xC4, 0xDB, 0xDD, 0xE0, 0xEE, 0xFE}
"""Markers of what says nothing of an image's size or place: tables, restarts, JFIF, Adobe, comments."""
_MODES = {1: "L", 3: "RGB"}


def in_memory(file: str | Path | IO[bytes]) -> str | Path | IO[bytes]:
    """`file`, its content in memory where it is small: several read in a row cost less than one before each decoding.

    Raises: OSError where it cannot be read.
    """
    content = _content(file) if isinstance(file, (str, Path)) else b""
    return io.BytesIO(content) if content else file


def decoded_small(
    file: str | Path | IO[bytes], side: int | None = None, over: Image.Image | None = None
) -> Image.Image | None:
    """The image in `file`, of mode "L" or "RGB", where it is a small and plain JPEG that decodes; else None.

    `side` and `over` as of `konv.data.images.decode`.
    Raises: OSError where the file cannot be read.
    """
    content = _content(file)
    header = _header(content) if content.startswith(b"\xff\xd8\xff") else None
    if header is None:
        return None
    width, height, layers = header
    mode, most, least = _MODES.get(layers), Image.MAX_IMAGE_PIXELS, min(width, height)
    if mode is None or not least or (most is not None and width * height > most):
        return None
    scale = 1 if side is None or least <= 4 * side else next(s for s in (8, 4, 2) if s <= least // (2 * side))
    size = -(-width // scale), -(-height // scale)
    # Memory of its own: not a file's that is still to be read, or is only looked at.
    again = type(over) is Image.Image and not over.readonly and (over.mode, over.size) == (mode, size)
    image = over if over is not None and again else Image.new(mode, size)
    try:
        image.frombytes(content, "jpeg", mode, "", scale, 0)
    except ValueError:
        return None  # damaged: the general way says how
    return image


def _content(file: str | Path | IO[bytes]) -> bytes:
    """All of a small file, b"" for a larger one."""
    if isinstance(file, (str, Path)):
        number = os.open(file, os.O_RDONLY | getattr(os, "O_BINARY", 0))  # `open` asks the system five things more
        try:
            content = os.read(number, SMALL)
        finally:
            os.close(number)
    else:
        content = file.getvalue() if isinstance(file, io.BytesIO) else b""
    return content if len(content) < SMALL else b""


def _header(content: bytes) -> tuple[int, int, int] | None:
    """Width, height and layers of a JPEG of eight bits, None where something in it is not plain."""
    found, at, last = None, 2, len(content) - 10
    while at < last and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == _SCAN:
            return found
        if marker in _FRAMES and found is None and content[at + 4] == 8:
            height, width = content[at + 5] << 8 | content[at + 6], content[at + 7] << 8 | content[at + 8]
            found = width, height, content[at + 9]
        elif marker not in _PASSED:
            return None
        at += 2 + (content[at + 2] << 8 | content[at + 3])
    return None
