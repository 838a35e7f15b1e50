"""What a unit looks for: the image that excites it most, made by ascent or found among given ones; and which images a
layer takes for alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from konv.errors import ConfigurationError
from konv.explain.look.field import Region, regions
from konv.explain.look.network import Network, Place, View, opened, rows_of
from konv.explain.look.scores import head
from konv.graph import Node, Tensor
from konv.messages import text
from konv.ops import curves
from konv.ops.activation import Linear, ReLU, Sigmoid, Softmax, Tanh
from konv.ops.record import Array

__all__ = ["Excited", "Neighbours", "Strongest", "checked_unit", "excite", "neighbours", "strongest"]

ACTIVATIONS = (Linear, ReLU, Sigmoid, Softmax, Tanh, *(getattr(curves, name) for name in curves.__all__))
SMOOTHED = 4
"""After how many steps of ascent the image is smoothed."""


@dataclass(frozen=True, eq=False)
class Excited:
    """An `image` made to excite the unit `unit` of `layer`, from `start`; `values`, what the unit gave at each step
    (before the layer's activation, the mean over its map)."""

    layer: str
    unit: int
    image: Array
    start: Array
    values: Array


def excite(
    model: Network,
    layer: str | None,
    unit: int,
    steps: int = 96,
    rate: float = 0.05,
    low: float = 0.0,
    high: float = 1.0,
    seed: int = 0,
) -> Excited:
    """Activation maximisation: go from noise up the gradient of a unit, and see what it would like to see most.

    Steps have one length whatever the gradient's; the image stays within its range, and is smoothed a little every few
    steps, for else fine noise wins. The best image on the way is returned.

    Arguments: `model`, with one input; `layer`, a name, or None for the classes' scores; `unit`, the feature map, unit
    or class; `steps` of ascent; `rate`, how far one goes, as a share of the range; `low`, `high`, the range of the
    image's numbers; `seed`, of the noise.
    Raises: UnknownNameError for a layer there is not; ConfigurationError for a unit there is not, or a network of
    several inputs.
    Source: Erhan, Bengio, Courville & Vincent, *Visualizing higher-layer features of a deep network*, 2009; smoothing:
    Yosinski et al., *Understanding neural networks through deep visualization*, 2015, section 3.
    """
    view = opened(model)
    if len(view.inputs) != 1:
        raise ConfigurationError(text("look.one_input", received=len(view.inputs)))
    name, tensor = _target(view, layer)
    way = _of_unit(tensor, unit, name)
    shape, kind = view.image.shape, view.image.dtype
    middle, reach = (low + high) / 2, high - low
    start = (middle + 0.02 * reach * np.random.default_rng(seed).normal(size=shape)).clip(low, high).astype(kind)
    slope = view.slope(tensor)
    x, best, values = start.copy(), start, []
    for step in range(steps + 1):
        value, gradient = slope([x[None]], way)
        values.append(float(value[0]))
        if values[-1] >= max(values):
            best = x.copy()
        length = float(np.sqrt((gradient[0].astype(np.float64) ** 2).mean()))
        x = x + (rate * reach / length if length > 0 else 0.0) * gradient[0]
        if step % SMOOTHED == SMOOTHED - 1 and len(shape) == 3:
            x = _smoothed(x)
        x = x.clip(low, high).astype(kind)
    return Excited(name, unit, best, start, np.array(values))


def _target(view: View, layer: str | None) -> tuple[str, Tensor]:
    """The name and the tensor whose units are meant: before an activation, where no slope is lost."""
    if layer is None:
        tensor = head(view)
        return next((p.name for p in view.places for n in p.nodes if n.output is tensor), ""), tensor
    place = view.find(layer)
    node: Node = place.nodes[-1]
    while isinstance(node.op, ACTIVATIONS) and not node.variables and len(node.inputs) == 1:
        node = node.inputs[0].node
    return place.name, node.output


def checked_unit(tensor: Tensor | Array, unit: int, layer: str) -> int:
    """How many units `tensor` has. Raises: ConfigurationError if `unit` of `layer` is none of them."""
    count = tensor.shape[-1] if tensor.shape else 1
    if not 0 <= unit < count:
        raise ConfigurationError(text("look.unit", layer=layer, received=unit, last=count - 1))
    return int(count)


def _of_unit(tensor: Tensor, unit: int, layer: str) -> Array:
    """What counts: the mean over the map of `unit`. Raises: ConfigurationError if there is no such unit."""
    count = checked_unit(tensor, unit, layer)
    way = np.zeros(tensor.shape, tensor.dtype)
    way[..., unit] = count / way.size
    return way


def _smoothed(x: Array) -> Array:
    """Every pixel a little mixed with its neighbours: 1/8, 3/4, 1/8 along both axes."""
    for axis in (0, 1):
        around = np.pad(x, [(1, 1) if a == axis else (0, 0) for a in range(x.ndim)], mode="edge")
        length = x.shape[axis]
        before, after = (np.take(around, range(k, k + length), axis) for k in (0, 2))
        x = 0.75 * x + 0.125 * (before + after)
    return x


@dataclass(frozen=True, eq=False)
class Strongest:
    """The images that excite the unit `unit` of `layer` most: their `numbers`, the `values` it gave, the strongest
    first, and the `regions` of the images that it saw then."""

    layer: str
    unit: int
    numbers: Array
    values: Array
    regions: tuple[Region, ...]


def strongest(model: Network, images: Any, layer: str, unit: int, count: int = 9) -> Strongest:
    """Among `images`, those that the unit answers with its largest numbers.

    Arguments: `model`; `images`, `(n, H, W, C)`, as the network takes them; `layer`, a name; `unit`, the feature map
    (its largest place counts) or the unit; `count`, how many.
    Raises: UnknownNameError for a layer there is not; ConfigurationError for a unit there is not; as `activations`.
    Source: Zeiler & Fergus, *Visualizing and understanding convolutional networks*, 2014, section 4.
    """
    view = opened(model)
    rows = rows_of(view, images, several=True)
    place = view.find(layer)
    _of_unit(place.output, unit, place.name)
    answers = []
    for begin in range(0, len(rows[0]), 32):
        (some,) = view.values([row[begin : begin + 32] for row in rows], [place.output])
        answers.append(some[..., unit].reshape(len(some), -1))
    found = np.concatenate(answers)
    values = found.max(1)
    numbers = np.argsort(-values, kind="stable")[:count]
    seen = tuple(_region(view, place, int(found[i].argmax())) for i in numbers)
    return Strongest(place.name, unit, numbers, values[numbers], seen)


def _region(view: View, place: Place, number: int) -> Region:
    """What of the image the place of this `number` sees."""
    shape = place.output.shape[:-1]
    at = np.unravel_index(number, shape) if shape else ()
    found = regions(view, place, [int(i) for i in at])
    (top, bottom), (left, right) = found.get(view.image, ((0, view.image.shape[0]), (0, view.image.shape[-2])))
    return Region(view.image.node.layer, top, bottom, left, right)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The images nearest to one in what `layer` gives: their `numbers` and `distances`, the nearest first."""

    layer: str
    numbers: Array
    distances: Array


def neighbours(
    model: Network, images: Any, image: Any, layer: str | None = None, count: int = 9, metric: str = "euclidean"
) -> Neighbours:
    """Among `images`, those that the network takes for most like `image`.

    Arguments: `model`; `images`, `(n, H, W, C)`, and `image`, `(H, W, C)`, as the network takes them; `layer`, whose
    numbers are compared, by default what the last layer with weights reads; `count`, how many; `metric`, "euclidean",
    or "cosine": 1 − the cosine of the angle.
    Raises: UnknownNameError for a layer there is not; ConfigurationError for another metric; as `activations`.
    """
    if metric not in ("euclidean", "cosine"):
        raise ConfigurationError(text("look.metric", received=metric))
    view = opened(model)
    name, tensor = _features(view) if layer is None else (view.find(layer).name, view.find(layer).output)
    query = view.values(rows_of(view, image), [tensor])[0].reshape(1, -1).astype(np.float64)
    rows = rows_of(view, images, several=True)
    distances = []
    for begin in range(0, len(rows[0]), 32):
        (some,) = view.values([row[begin : begin + 32] for row in rows], [tensor])
        distances.append(_distances(some.reshape(len(some), -1).astype(np.float64), query, metric))
    found = np.concatenate(distances)
    numbers = np.argsort(found, kind="stable")[:count]
    return Neighbours(name, numbers, found[numbers])


def _distances(rows: Array, query: Array, metric: str) -> Array:
    if metric == "euclidean":
        return np.asarray(np.sqrt(((rows - query) ** 2).sum(1)))
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(query)
    return np.asarray(1 - (rows * query).sum(1) / np.maximum(lengths, 1e-30))


def _features(view: View) -> tuple[str, Tensor]:
    """What the last layer with weights reads, and the name of the layer that made it."""
    weighted = [place.operation for place in view.places if place.operation.variables]
    tensor = weighted[-1].inputs[0] if weighted else view.outputs[0]
    return next((p.name for p in view.places if p.output is tensor), tensor.node.layer), tensor
