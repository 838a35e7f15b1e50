"""What a network computes for an image, layer by layer: feature maps; and the filters it computes them with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.look.network import Network, Place, find, opened, rows_of
from konv.graph import Tensor
from konv.messages import text
from konv.ops.record import Array

__all__ = ["Activations", "FeatureMaps", "Filters", "activations", "feature_maps", "filters"]


@dataclass(frozen=True, eq=False)
class Activations:
    """Every array that a network computed for its `images` (one array `(n, …)` an input): `values` by tensor, `places`
    the layers. `activations["conv2d"]` is what that layer gave, `(n, …)`."""

    images: tuple[Array, ...]
    places: tuple[Place, ...]
    values: Mapping[Tensor, Array]

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers, in the order data flows."""
        return tuple(place.name for place in self.places)

    def find(self, layer: str) -> Place:
        """The place called `layer`. Raises: UnknownNameError, with the nearest names, where there is none."""
        return find(self.places, layer)

    def __getitem__(self, layer: str) -> Array:
        return self.values[self.find(layer).output]


def activations(model: Network, image: Any) -> Activations:
    """Run `model` on `image` and keep all that it computes.

    Arguments: `model`; `image`, `(H, W, C)` or a batch `(n, H, W, C)`, as the network takes it (of several inputs a
    list).
    Raises: ShapeError where it does not fit; NonFiniteError where something is NaN or infinite.
    """
    view = opened(model)
    rows = rows_of(view, image, several=True)
    given = dict(zip(view.inputs, rows, strict=True))
    tensors = [node.output for node in view.nodes if not node.alike and node.output not in given]
    return Activations(rows, view.places, {**given, **dict(zip(tensors, view.values(rows, tensors), strict=True))})


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """What the layer `layer`, of operations `kind`, gave for one image: `maps`, `(H, W, C)`, or `(F,)` of a layer
    without places; `low` and `high`, the least and the largest number in them."""

    layer: str
    kind: str
    maps: Array

    @property
    def low(self) -> float:
        """The least number."""
        return float(self.maps.min())

    @property
    def high(self) -> float:
        """The largest number."""
        return float(self.maps.max())


def feature_maps(
    model: Network, image: Any, layer: str | None = None, computed: Activations | None = None
) -> tuple[FeatureMaps, ...]:
    """The feature maps of `layer`, or of every layer.

    Arguments: `model`; `image`, one, as of `activations`; `layer`, a name; `computed`, what `activations` gave for
    this image, if it is there already.
    Raises: UnknownNameError, with the nearest names, for a layer there is not; as `activations`.
    """
    view = opened(model)
    places = view.places if layer is None else (view.find(layer),)
    found = computed or activations(model, rows_of(view, image))
    return tuple(FeatureMaps(place.name, place.kind, found.values[place.output][0]) for place in places)


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters of the layer `layer`: `kernel`, `(kernel_h, kernel_w, channels, filters)`, and `bias`, `(filters,)`
    or None."""

    layer: str
    kernel: Array
    bias: Array | None


def filters(model: Network, layer: str | None = None) -> Filters:
    """The filters of the convolution called `layer`, by default of the first there is.

    Arguments: `model`; `layer`, a name.
    Raises: UnknownNameError for a layer there is not; ConfigurationError for one that is no convolution.
    """
    view = opened(model)
    places = view.places if layer is None else (view.find(layer),)
    for place in places:
        op, variables = place.operation.op, place.operation.variables
        if op.window(*(t.shape for t in place.operation.inputs)) and variables and variables[0].value.ndim >= 3:
            kernel = variables[0].value.copy()
            kernel = kernel[None] if kernel.ndim == 3 else kernel
            biased = getattr(op, "bias", False) and len(variables) > 1
            return Filters(place.name, kernel, variables[1].value.copy() if biased else None)
    known = [p.name for p in view.places if p.operation.variables and p.operation.variables[0].value.ndim >= 3]
    if not known:
        raise ConfigurationError(text("look.no_convolution"))
    raise ConfigurationError(text("look.no_filters", layer=layer, known=", ".join(known)))


def normal_position(shape: tuple[int, ...], position: Any, layer: str) -> tuple[int, ...]:
    """`position` among the places of `shape` (its last axis is that of the channels).

    Raises: ConfigurationError where there is no such place.
    """
    found = tuple(int(i) for i in np.atleast_1d(np.asarray(position if position is not None else (), np.int64)))
    places = shape[:-1]
    if len(found) != len(places) or not all(0 <= i < n for i, n in zip(found, places, strict=True)):
        raise ConfigurationError(text("look.position", layer=layer, received=found, places=places))
    return found
