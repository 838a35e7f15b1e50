"""What a network looks like while it learns: kernels, and the feature maps of one image, small enough to send often."""

from __future__ import annotations

from typing import Any

import numpy as np

from konv.data import DataSet
from konv.errors import ConfigurationError
from konv.explain import look as looking
from konv.lab.look import Look
from konv.lab.subject import Subject
from konv.lab.wire import packed, quantised, scale_of, thumb
from konv.models import Model
from konv.ops.record import Array
from konv.runs.sources import prepared

__all__ = ["Preview"]

LAYERS, MAPS, KERNELS, SIDE = 8, 12, 24, 48
"""Shown at most: layers, maps of each, kernels, and pixels along a map."""


class Preview:
    """Pictures of `model` as it is now, on images of `test`. Raises: ConfigurationError where it takes no image."""

    def __init__(self, model: Model, test: DataSet) -> None:
        self._subject = Subject(model, test, lambda pixels: prepared(model, pixels), test.classes)
        maps = [p for p in self._subject.shown if len(p.output.shape) == 3]
        which = np.unique(np.linspace(0, len(maps) - 1, min(len(maps), LAYERS)).astype(int))
        self._places = [maps[i] for i in which]

    def __call__(self, sample: int) -> bytes:
        """The kernels of the first convolution, and maps of the image of that number, as `konv.lab.wire` packs them.

        Raises: NonFiniteError where a number is not finite any more.
        """
        number = sample % len(self._subject.data)
        look = Look(self._subject, self._subject.pixels(number), self._subject.label(number))
        picture = thumb(look.pixels)
        head: dict[str, Any] = {"picture": list(picture.shape), "maps": [], "kernels": None, "label": look.label}
        content = picture.tobytes()
        try:
            kernels = looking.filters(self._subject.model).kernel.mean(2)[..., :KERNELS]
            head["kernels"] = list(kernels.shape)
            content += quantised(kernels, scale_of(kernels))
        except ConfigurationError:
            pass  # a network without convolutions
        for place in self._places:
            values = look.values(place.output)
            some = _smaller(values)[..., :MAPS]
            head["maps"].append({"layer": place.name, "shape": list(some.shape), "of": list(values.shape)})
            content += quantised(some, scale_of(some))
        rows = look.probabilities
        head["probabilities"] = None if rows is None else [float(f"{p:.6g}") for p in rows]
        head["classes"] = list(self._subject.classes)
        return packed(head, content)


def _smaller(maps: Array) -> Array:
    """`maps`, `(H, W, C)`, with every so many rows and columns left out that no side is longer than `SIDE`."""
    height, width = (-(-size // SIDE) for size in maps.shape[:2])
    return maps[::height, ::width]
