"""Random changes of images in memory, with Keras's parameters, applied by the kernels of the augmentation layers.

One affine map for an image does all that moves its pixels: rotation, shift, shear, zoom and flips together, so that it
is interpolated once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from konv import config
from konv.arguments import number
from konv.errors import ConfigurationError, ShapeError
from konv.kernels.code.direct import call
from konv.kernels.maps.resample import Resample
from konv.messages import text
from konv.ops.geometry import FILLS, look
from konv.random import Stream
from konv.shapes import Shape, show

__all__ = ["Parameters", "Ranges", "affine", "apply_all", "moved", "pair_of"]

Array = np.ndarray[Any, np.dtype[Any]]
Parameters = dict[str, Any]
WORDS = 12
"""Random numbers that an image's parameters are made of."""


def pair_of(value: Any, name: str) -> tuple[float, float] | None:
    """`value` of the argument `name` as two numbers, None where there is none. Raises: ConfigurationError."""
    if value is None:
        return None
    ends = tuple(map(number, value)) if isinstance(value, (tuple, list)) else ()
    if len(ends) != 2 or not ends[0] <= ends[1]:
        raise ConfigurationError(text("two_ends", name=name, received=value))
    return ends[0], ends[1]


@dataclass(frozen=True)
class Ranges:
    """What may be drawn for an image; the fields are `ImageDataGenerator`'s arguments.

    `shifts`: of height and width: a number below 1 is a share of the side, above pixels; an integer n, or a list, picks
    one of 0 … n − 1 or of its entries, with either sign.
    """

    rotation: float = 0.0
    shifts: tuple[Any, Any] = (0.0, 0.0)
    brightness: tuple[float, float] | None = None
    shear: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    channel_shift: float = 0.0
    flips: tuple[bool, bool] = (False, False)

    def draw(self, shape: Shape, stream: Stream) -> list[Parameters]:
        """The parameters of each of the stream's samples, for images `(H, W, C)`; those that change nothing left out.

        Keys as Keras's: `theta` in degrees, `tx` and `ty` in pixels, `shear` in degrees, `zx`, `zy`,
        `flip_horizontal`, `flip_vertical`, `channel_shift_intensity`, `brightness`.
        """
        return [self._one(shape, u) for u in stream.uniform(WORDS, "float64")]

    def _one(self, shape: Shape, u: Array) -> Parameters:
        found: Parameters = {}
        if self.rotation:
            found["theta"] = float(self.rotation * (2 * u[0] - 1))
        for place, (name, given) in enumerate(zip(("ty", "tx"), self.shifts, strict=True)):
            if moved_by := _shift(given, shape[place], u[1 + 2 * place], u[2 + 2 * place]):
                found[name] = moved_by
        if self.shear:
            found["shear"] = float(self.shear * (2 * u[5] - 1))
        low, high = self.zoom
        if (low, high) != (1, 1):
            found["zx"], found["zy"] = (float(low + (high - low) * v) for v in u[6:8])
        for place, name in enumerate(("flip_horizontal", "flip_vertical")):
            if self.flips[place] and u[8 + place] < 0.5:
                found[name] = True
        if self.channel_shift:
            found["channel_shift_intensity"] = float(self.channel_shift * (2 * u[10] - 1))
        if self.brightness is not None:
            low, high = self.brightness
            found["brightness"] = float(low + (high - low) * u[11])
        return found


def _shift(given: Any, side: int, first: float, second: float) -> float:
    """A shift in pixels."""
    choices: Sequence[Any] | None = None
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        choices = range(int(given))
    elif isinstance(given, (list, tuple, np.ndarray)):
        choices = list(given)
    if choices is not None:
        if not len(choices):
            return 0.0
        most = max(abs(float(c)) for c in choices)
        pick = float(choices[int(first * len(choices))]) * (1 if second < 0.5 else -1)
    else:
        most = abs(float(given))
        pick = most * (2 * first - 1)
    return pick * side if most < 1 else pick


def affine(shape: Shape, parameters: Mapping[str, Any]) -> Array:
    """The map `(6,)` of a b c d e f (see `Resample`) that does what `parameters` say to an image `(H, W, C)`.

    The output shows at column x and row y, counted from the middle, what the image has at `R · S · K · Z · (x, y)`:
    R turns by theta, S shifts by (tx, ty), K shears by shear, Z zooms by (zx, zy), as in Keras; flips come last.
    """
    theta, shear = (np.deg2rad(float(parameters.get(name, 0))) for name in ("theta", "shear"))
    turn = np.array([[np.cos(theta), -np.sin(theta), 0], [np.sin(theta), np.cos(theta), 0], [0, 0, 1]])
    shift = np.array([[1.0, 0, parameters.get("tx", 0)], [0, 1, parameters.get("ty", 0)], [0, 0, 1]])
    sheared = np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
    sizes = [float(parameters.get(name, 1)) for name in ("zx", "zy")]
    signs = [-1.0 if parameters.get(f"flip_{name}") else 1.0 for name in ("horizontal", "vertical")]
    whole = turn @ shift @ sheared @ np.diag([sizes[0] * signs[0], sizes[1] * signs[1], 1])
    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    (e, d, across), (b, a, down) = whole[:2]
    return np.array([a, b, down + y - a * y - b * x, d, e, across + x - d * y - e * x])


def moved(images: Array, maps: Array, size: tuple[int, int], fill: str, value: float, linear: bool = True) -> Array:
    """`images` `(N, H, W, C)`, float32, looked at through `maps` `(N, 6)`. Returns: `(N, *size, C)`.

    Raises: ConfigurationError for a `fill` there is not.
    """
    if fill not in FILLS:
        raise ConfigurationError(text("one_of", layer="fill_mode", name="fill_mode", known=", ".join(FILLS),
                                      received=fill))  # fmt: skip
    x, m = np.ascontiguousarray(images, np.float32), np.ascontiguousarray(maps, np.float32)
    if config.engine() == "reference":
        return look(x, m, size, linear, fill, value)
    out = np.empty((len(x), *size, x.shape[3]), np.float32)
    call(Resample("float32", (x.shape[1], x.shape[2]), size, x.shape[3], linear, fill, value), m, x, out, count=len(x))
    return out


def apply_all(images: Array, parameters: Sequence[Mapping[str, Any]], fill: str, value: float, linear: bool) -> Array:
    """`images` `(N, H, W, C)` as float32, each changed as its `parameters` say; the images given stay as they are.

    Raises: ShapeError for anything but images of equal size.
    """
    if images.ndim != 4:
        raise ShapeError(text("not_images", received=show(images.shape)))
    shape = images.shape[1:]
    maps = np.stack([affine(shape, p) for p in parameters]) if len(parameters) else np.empty((0, 6))
    still = np.array([1.0, 0, 0, 0, 1, 0])
    if (np.abs(maps - still) > 1e-12).any():
        out = moved(images, maps, (shape[0], shape[1]), fill, value, linear)
    else:
        out = images.astype(np.float32)
    for image, given in zip(out, parameters, strict=True):
        if shift := given.get("channel_shift_intensity"):
            np.clip(image + np.float32(shift), image.min(), image.max(), out=image)
        if (bright := given.get("brightness")) is not None:
            _brighten(image, float(bright))
    return out


def _brighten(image: Array, factor: float) -> None:
    """Multiply numbers from 0 to 255 and keep them there; others are first brought there, and then back."""
    low, high = float(image.min()), float(image.max())
    inside = low >= 0 and high <= 255
    scale = 1.0 if inside else 255 / max(high - low, 1e-30)
    image[...] = np.clip((image - (0 if inside else low)) * scale * factor, 0, 255) / scale + (0 if inside else low)
