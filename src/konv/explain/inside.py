"""One layer from inside: what wiring it otherwise would take, how far it really looks, which of its units are dead, and
what its numbers are like.

Unlike the rest of an explanation this needs images: it asks what the network does, not only what it is.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from konv import ops
from konv.errors import ConfigurationError
from konv.explain.connectivity import Connectivity
from konv.explain.cost import LayerCost, layer_costs
from konv.explain.look.learning import learn
from konv.explain.look.network import Network, Place, View, opened, rows_of
from konv.explain.place import is_bend, is_image
from konv.graph import Node, Tensor
from konv.ops.record import Array
from konv.shapes import Shape, elements

__all__ = ["Inside", "Spread", "extent", "layer_inside", "noise", "wiring"]

SHARE = 0.9545
"""Of the gradient that the effective receptive field holds: two deviations of a normal distribution on either side."""
IMAGES = 16
"""Images of noise, where no others are given."""


@dataclass(frozen=True)
class Spread:
    """What many numbers are like: `count` of them, mean, standard deviation, least, most, and the share of zeros."""

    count: int
    mean: float
    deviation: float
    least: float
    most: float
    zeros: float

    @classmethod
    def of(cls, values: Array) -> Spread:
        """That of `values`."""
        a = values.astype(np.float64, copy=False)
        return cls(a.size, float(a.mean()), float(a.std()), float(a.min()), float(a.max()), float((a == 0).mean()))


@dataclass(frozen=True)
class Inside:
    """What is found inside one `layer` of `model` on `images` images, which are noise where `given` is False.

    `connectivity`, the same map wired in three ways, None for layers without a window or weights; `effective`, the
    effective receptive field, height and width in pixels, None for layers without a map; `units`, channels or neurons,
    and `dead`, those that give the same for every image and place; `spreads` of weights, biases, activations and the
    gradient of the weights, as far as there are any, by these names.
    """

    model: str
    layer: LayerCost
    images: int
    given: bool
    connectivity: Connectivity | None
    effective: tuple[int, int] | None
    units: int
    dead: tuple[int, ...]
    spreads: dict[str, Spread]

    def answer(self) -> dict[str, Any]:
        """All of it, fit for JSON."""
        return {
            "schema": 1,
            "model": self.model,
            "layer": self.layer.answer(),
            "images": self.images,
            "given": self.given,
            "connectivity": self.connectivity and self.connectivity.answer(),
            "effective_receptive_field": self.effective,
            "units": self.units,
            "dead_units": self.dead,
            "statistics": {name: asdict(spread) for name, spread in self.spreads.items()},
        }


def layer_inside(model: Network, name: str, layer: str, images: Any = None, targets: Any = None) -> Inside:
    """What is found inside `layer` of `model`, which is called `name`.

    Arguments: `images`, as the network takes them, by default noise; `targets`, for each what the model's loss takes,
    for the gradient of the weights: by default classes by turns.
    Raises: UnknownNameError, with the nearest names, for a layer there is not; ShapeError for images that do not fit;
    NonFiniteError where something is not finite.
    """
    view = opened(model)
    place = view.find(layer)
    rows = rows_of(view, noise(view) if images is None else images, several=True)
    answering = _answering(view, place)
    (values,) = view.values(rows, [answering])
    channels = values.reshape(-1, values.shape[-1])
    dead = np.flatnonzero(channels.max(0) == channels.min(0))
    node = place.operation
    return Inside(
        model=name,
        layer=next(cost for cost in layer_costs(model.graph) if cost.name == place.nodes[0].layer),
        images=len(rows[0]),
        given=images is not None,
        connectivity=wiring(node),
        effective=_effective(view, rows, place.output),
        units=int(channels.shape[1]),
        dead=tuple(int(i) for i in dead),
        spreads={**_weights(node), "activations": Spread.of(values), **_gradients(model, view, place, rows, targets)},
    )


def noise(view: View, count: int = IMAGES) -> Any:
    """`count` images of even noise from 0 to 1 (a list, of networks with several inputs), always the same."""
    rng = np.random.default_rng(0)
    found = [rng.random((count, *t.shape), np.float32) for t in view.inputs]
    return found if len(found) > 1 else found[0]


def _answering(view: View, place: Place) -> Tensor:
    """What the layer's units answer: its output, or that of the activation that alone reads it."""
    readers = [node for node in view.nodes if any(t is place.output for t in node.inputs)]
    alone = len(readers) == 1 and is_bend(readers[0].op) and not isinstance(readers[0].op, ops.Softmax)
    return readers[0].output if alone else place.output


def wiring(node: Node) -> Connectivity | None:
    """The ways of wiring the map that `node` makes; None where it is no convolution, local or dense layer."""
    taken, made = node.inputs[0].shape if node.inputs else (), node.output.shape
    if isinstance(node.op, ops.Dense) and len(taken) == 1:
        return Connectivity(elements(taken), elements(made), elements(taken), elements(made), node.op.bias)
    if not isinstance(node.op, (ops.Conv2D, ops.DepthwiseConv2D, ops.LocallyConnected2D)):
        return None
    depth = 1 if isinstance(node.op, ops.DepthwiseConv2D) else taken[2] // getattr(node.op, "groups", 1)
    return Connectivity(elements(taken), elements(made), elements(node.op.kernel) * depth, made[2], node.op.bias)


def _effective(view: View, rows: tuple[Array, ...], output: Tensor) -> tuple[int, int] | None:
    """How far the middle of a map really looks: where the gradient is, averaged over images and mixtures of channels.

    Source: Luo, Li, Urtasun & Zemel, *Understanding the effective receptive field in deep convolutional neural
    networks*, 2016, section 3.
    """
    if not is_image(output.shape) or not is_image(view.image.shape):
        return None
    n = len(rows[0])
    direction = np.zeros((n, *output.shape), output.dtype)
    height, width, channels = output.shape
    direction[:, height // 2, width // 2] = np.random.default_rng(1).standard_normal((n, channels))
    _, gradient = view.slope(output)(rows, direction)
    strength = np.abs(gradient).sum((0, 3), dtype=np.float64)
    return extent(strength.sum(1)), extent(strength.sum(0))


def extent(strengths: Array) -> int:
    """The fewest places in a row that hold `SHARE` of all strength; 0 where there is none."""
    sums = np.concatenate([[0.0], np.cumsum(strengths)])
    if sums[-1] <= 0:
        return 0
    wanted = SHARE * sums[-1] * (1 - 1e-12)
    # For every beginning the first end that suffices.
    ends = np.searchsorted(sums, sums[:-1] + wanted)
    lengths = (ends - np.arange(len(strengths)))[ends < len(sums)]
    return int(lengths.min())


def _weights(node: Node) -> dict[str, Spread]:
    named = {v.name.rpartition("/")[2]: v for v in node.variables}
    found = {"weights": named.pop("kernel", None), "biases": named.pop("bias", None)}
    return {name: Spread.of(v.value) for name, v in {**found, **named}.items() if v is not None}


def _gradients(model: Network, view: View, place: Place, rows: tuple[Array, ...], targets: Any) -> dict[str, Spread]:
    """The gradient of the loss by the weights; nothing for layers and networks that have no such thing."""
    output = view.outputs[0].shape
    given = _turns(len(rows[0]), output) if targets is None else targets
    try:
        found = learn(model, rows[0] if len(rows) == 1 else list(rows), given, place.name)
    except ConfigurationError:
        return {}
    return {"gradients": Spread.of(found.dkernel)}


def _turns(count: int, output: Shape) -> Array:
    """Classes by turns, one for each place of the output."""
    numbers = np.arange(count * elements(output[:-1])) % output[-1]
    return numbers.reshape(count, *output[:-1])
