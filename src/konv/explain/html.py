"""HTML built from functions, so that nothing gets into a page without being escaped."""

from __future__ import annotations

from base64 import b64encode
from html import escape

__all__ = ["Markup", "data_uri", "join", "tag"]

VOID = {"meta", "img", "source", "br", "hr", "col"}
"""Elements without an end tag."""


class Markup(str):
    """Text that is HTML already; any other string is escaped when it is put into an element."""

    __slots__ = ()


Child = str | int | None
"""What may stand in an element: text to escape, markup, a number, or nothing."""


def join(*children: Child) -> Markup:
    """The children one after the other, escaped where they are not markup."""
    parts = (c if isinstance(c, Markup) else escape(str(c), quote=False) for c in children if c is not None)
    return Markup("".join(parts))


def tag(name: str, /, *children: Child, **attributes: Child) -> Markup:
    """The element `name` around `children`.

    Attributes whose value is None are left out; a trailing `_` goes (`class_`), other underscores become hyphens
    (`aria_label`, `http_equiv`). Example: `tag("p", "5 < 6", class_="note")` is `<p class="note">5 &lt; 6</p>`.
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{pairs}>" if name in VOID else f"<{name}{pairs}>{join(*children)}</{name}>")


def data_uri(picture: bytes) -> str:
    """A PNG file as an address that carries it whole."""
    return "data:image/png;base64," + b64encode(picture).decode("ascii")
