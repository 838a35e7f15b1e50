"""Lines of running text for a terminal, in languages with spaces between words and without."""

from __future__ import annotations

import re

from rich.cells import cell_len

__all__ = ["wrapped"]

_NOT_FIRST = "，。、；：？！）》」』”’…"
"""Marks that may not begin a line."""
_NOT_LAST = "（《「『“‘"
"""Marks that may not end one."""
_PIECE = re.compile(
    rf"[{_NOT_LAST}]*(?:[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]|[^\s\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]+)[{_NOT_FIRST}]*\s*"
)


def wrapped(paragraph: str, width: int) -> list[str]:
    """`paragraph` in lines of at most `width` columns; a Chinese character takes two.

    Lines end after spaces or between Chinese characters, never before closing punctuation or after an opening mark. A
    piece wider than a line stands alone. Source: W3C, *Requirements for Chinese Text Layout*, 3.1.3 (prohibited line
    starts and ends).
    """
    lines, line = [], ""
    for piece in _PIECE.findall(paragraph):
        if line and cell_len(line) + cell_len(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line else lines
