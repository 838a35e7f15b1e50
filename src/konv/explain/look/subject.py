"""What a page about one image is about: the network, the image, the class explained, other images to compare with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from konv.explain.html import Markup, tag
from konv.explain.look.activations import Activations, activations
from konv.messages import text
from konv.ops.record import Array

__all__ = ["Examples", "Subject", "sums", "written"]


@dataclass(frozen=True, eq=False)
class Examples:
    """Other images: `x`, `(n, H, W, C)`, as the network takes them; `pixels`, to be drawn; `y`, their classes."""

    x: Array
    pixels: Array
    y: Array


@dataclass(frozen=True, eq=False)
class Subject:
    """What is looked at: a model, an image `x` `(H, W, C)` as the network takes it and its `pixels` as they are drawn,
    the `names` of the classes, the `label` explained, the `truth` where it is known; `number`, which of the
    examples it is itself, if any; `examples`, called for other images; the `layer` and `unit` asked for."""

    model: Any
    x: Array
    pixels: Array
    names: tuple[str, ...]
    label: int
    truth: int | None
    number: int | None
    examples: Callable[[], Examples]
    layer: str | None = None
    unit: int | None = None

    @property
    def name(self) -> str:
        """The name of the class explained."""
        return self.names[self.label]

    @property
    def computed(self) -> Activations:
        """What the network computes for the image."""
        return activations(self.model, self.x)


def written(value: float, digits: int = 3) -> str:
    """A number of so many `digits`, with a true minus sign; that of an exponent stays."""
    return re.sub("^-", "−", f"{value:.{digits}g}")


def sums(rows: Sequence[tuple[str, str]]) -> Markup:
    """A table of `rows`: the key of a text, and a number or an equation."""
    lines = [tag("tr", tag("th", text(key), scope="row"), tag("td", value, class_="n")) for key, value in rows]
    return tag("div", tag("table", tag("tbody", *lines), class_="sum"), class_="scroll")
