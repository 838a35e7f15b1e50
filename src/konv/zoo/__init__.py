"""Networks by name: `build("notes")`. Each reads like the table or the script it comes from."""

from __future__ import annotations

from collections.abc import Callable

from konv.models import Model
from konv.names import unknown
from konv.shapes import Shape
from konv.zoo.notes import notes

__all__ = ["NETWORKS", "build", "notes"]

NETWORKS: dict[str, Callable[..., Model]] = {"notes": notes}
"""Every network by its name: functions of the images' shape and the number of classes."""


def build(name: str, input_shape: Shape | None = None, classes: int | None = None) -> Model:
    """The network called `name`, not compiled.

    Arguments: `input_shape`, `(H, W, C)`, and `classes`; by default those of the network's paper or script.
    Raises: UnknownNameError, with the nearest names, where there is none; ShapeError where the images are too small.
    """
    if name not in NETWORKS:
        raise unknown("network", name, NETWORKS)
    asked = {"input_shape": input_shape, "classes": classes}
    return NETWORKS[name](**{key: value for key, value in asked.items() if value is not None})
