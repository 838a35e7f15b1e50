"""What in an image an answer depends on, by gradients: saliency, SmoothGrad, integrated gradients, Grad-CAM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from konv.errors import ConfigurationError
from konv.explain.look.network import Network, Place, View, opened, rows_of
from konv.explain.look.scores import chosen, direction, head
from konv.messages import text
from konv.ops.record import Array
from konv.shapes import Axis, show

__all__ = [
    "GradCam", "IntegratedGradients", "Saliency", "enlarged", "grad_cam", "integrated_gradients", "saliency",
    "smooth_gradient",
]  # fmt: skip

NEAR = 0.01
"""How far from complete integrated gradients may be, as a share of what they explain."""
MOST_STEPS = 512


@dataclass(frozen=True, eq=False)
class Saliency:
    """How the `score` of class `label` changes with every number of the image: `gradient`, of the image's shape."""

    label: int
    score: float
    gradient: Array

    @property
    def map(self) -> Array:
        """The largest absolute value of each pixel's channels, `(H, W)`."""
        found: Array = np.abs(self.gradient).max(-1)
        return found


def saliency(model: Network, image: Any, label: int | None = None) -> Saliency:
    """The gradient of a class's score by the image.

    Arguments: `model`; `image`, one, as the network takes it; `label`, the class, by default the network's answer.
    Raises: ConfigurationError for a class there is not; ShapeError, NonFiniteError as `activations`.
    Source: Simonyan, Vedaldi & Zisserman, *Deep inside convolutional networks*, 2014, section 3.
    """
    view = opened(model)
    rows = rows_of(view, image)
    label = chosen(view, rows, label)
    score, gradient = view.slope(head(view))(rows, direction(view, label))
    return Saliency(label, float(score[0]), gradient[0])


def smooth_gradient(
    model: Network, image: Any, label: int | None = None, samples: int = 32, noise: float = 0.15, seed: int = 0
) -> Saliency:
    """SmoothGrad: the mean of the gradients at copies of the image with noise, which leaves out what is accidental.

    Arguments: `model`, `image`, `label` as of `saliency`; `samples`, how many copies; `noise`, its deviation as a
    share of the range of the image's numbers; `seed`, of the noise.
    Raises: ConfigurationError for a class there is not, or less than one sample; as `saliency`.
    Source: Smilkov et al., *SmoothGrad: removing noise by adding noise*, 2017.
    """
    view = opened(model)
    rows = rows_of(view, image)
    label = chosen(view, rows, label)
    if samples < 1:
        raise ConfigurationError(text("look.least", name="samples", least=1, received=samples))
    place = view.inputs.index(view.image)
    x = rows[place]
    deviation = noise * float(x.max() - x.min())
    moved = x + np.random.default_rng(seed).normal(0, 1, (samples, *x.shape[1:])) * deviation
    many = [np.repeat(row, samples, 0) for row in rows]
    many[place] = moved.astype(x.dtype)
    score, gradient = view.slope(head(view))(many, direction(view, label))
    return Saliency(label, float(score.mean()), gradient.mean(0, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class IntegratedGradients:
    """What every number of the image adds to the `score` of class `label`, counted from a `baseline` image.

    `attributions`, of the image's shape; `baseline_score`, the score of the baseline; `steps`, into how many the way
    between was cut.
    """

    label: int
    score: float
    baseline_score: float
    baseline: Array
    attributions: Array
    steps: int

    @property
    def total(self) -> float:
        """The sum of the attributions."""
        return float(self.attributions.sum(dtype=np.float64))

    @property
    def gap(self) -> float:
        """How far `total` is from the difference of the scores, which it would be with infinitely many steps."""
        return self.total - (self.score - self.baseline_score)

    @property
    def complete(self) -> bool:
        """Whether the gap is at most 1 % of the difference of the scores, or, where adding and taking away nearly
        cancel, 0.1 % of all that is added and taken away."""
        whole = float(np.abs(self.attributions).sum(dtype=np.float64))
        return abs(self.gap) <= max(NEAR * abs(self.score - self.baseline_score), NEAR / 10 * whole, 1e-12)


def integrated_gradients(
    model: Network, image: Any, label: int | None = None, baseline: Any = None, steps: int | None = None
) -> IntegratedGradients:
    """The gradients on the straight way from a baseline to the image, summed, times the way.

        a = (x − b) · ∫₀¹ ∂S/∂x (b + t·(x − b)) dt        Σ a = S(x) − S(b)

    Arguments: `model`, `image`, `label` as of `saliency`; `baseline`, an image that shows nothing, by default zeros;
    `steps`, how finely the integral is cut (trapezoids), by default as finely as it takes for the sum to be right to
    1 % (`complete`), at most 512.
    Raises: ConfigurationError for a class there is not, or less than one step; as `saliency`.
    Source: Sundararajan, Taly & Yan, *Axiomatic attribution for deep networks*, 2017, equations 1 to 3, proposition 1.
    """
    view = opened(model)
    rows = rows_of(view, image)
    label = chosen(view, rows, label)
    place = view.inputs.index(view.image)
    x = rows[place][0].astype(np.float64)
    b = np.broadcast_to(np.asarray(0 if baseline is None else baseline, np.float64), x.shape)
    slope, way = view.slope(head(view)), direction(view, label)

    def along(t: Array) -> tuple[Array, Array]:
        """Scores and gradients at shares `t` of the way."""
        many = [np.repeat(row, len(t), 0) for row in rows]
        many[place] = (b + t.reshape(-1, *(1,) * x.ndim) * (x - b)).astype(rows[place].dtype)
        return slope(many, way)

    ends, gradients = along(np.array([0.0, 1.0]))
    edges = gradients.astype(np.float64).mean(0)

    def result(mean: Array, count: int) -> IntegratedGradients:
        return IntegratedGradients(label, float(ends[1]), float(ends[0]), b, (x - b) * mean, count)

    return _refined(along, edges, result, steps)


def _refined(
    along: Callable[[Array], tuple[Array, Array]],
    edges: Array,
    result: Callable[[Array, int], IntegratedGradients],
    steps: int | None,
) -> IntegratedGradients:
    """The integral by trapezoids: with `steps` of them, or with twice as many again until it is complete."""
    if steps is not None:
        if steps < 1:
            raise ConfigurationError(text("look.least", name="steps", least=1, received=steps))
        inner = _summed(along, np.arange(1, steps) / steps)
        return result((edges + inner) / steps, steps)
    count, mean = 1, edges
    while True:
        mean = (mean + _summed(along, (np.arange(count) + 0.5) / count) / count) / 2
        count *= 2
        found = result(mean, count)
        if count >= 16 and (found.complete or count >= MOST_STEPS):
            return found


def _summed(along: Callable[[Array], tuple[Array, Array]], shares: Array) -> Any:
    """The sum of the gradients at `shares` of the way, a few at a time."""
    parts = [along(shares[i : i + 32])[1].sum(0, dtype=np.float64) for i in range(0, len(shares), 32)]
    return sum(parts) if parts else 0.0


@dataclass(frozen=True, eq=False)
class GradCam:
    """Where the layer `layer` saw what speaks for class `label`: `map`, `(h, w)`, at the layer's own places, not
    negative; `heat`, `(H, W)`, the same over the image, from 0 to 1; `weights`, `(channels,)`, what each feature map
    counts."""

    label: int
    score: float
    layer: str
    weights: Array
    map: Array
    heat: Array


def grad_cam(model: Network, image: Any, label: int | None = None, layer: str | None = None) -> GradCam:
    """The feature maps of a layer, weighed by how much the class's score rises with each, and added up.

        α_k = mean over i, j of ∂S/∂A[i, j, k]        map = max(Σ_k α_k · A[:, :, k], 0)

    Arguments: `model`, `image`, `label` as of `saliency`; `layer`, a name, by default the last one of the resolution
    of the last convolution (what follows it point by point is counted in).
    Raises: UnknownNameError for a layer there is not; ConfigurationError for one that has no feature maps, for a
    network without convolution, for a class there is not; as `saliency`.
    Source: Selvaraju et al., *Grad-CAM: visual explanations from deep networks*, 2017, equations 1 and 2.
    """
    view = opened(model)
    rows = rows_of(view, image)
    label = chosen(view, rows, label)
    place = _last_maps(view) if layer is None else view.find(layer)
    shape = place.output.shape
    if len(shape) != 3:
        raise ConfigurationError(text("look.no_maps", layer=place.name, shape=show(shape)))
    (maps,) = view.values(rows, [place.output])
    score, gradient = view.slope(head(view), place.output)(rows, direction(view, label), maps)
    weights = gradient[0].mean((0, 1), dtype=np.float64)
    found = np.maximum(maps[0].astype(np.float64) @ weights, 0)
    heat = enlarged(found, view.image.shape[:2])
    top = heat.max(initial=0)
    return GradCam(label, float(score[0]), place.name, weights, found, heat / top if top > 0 else heat)


def _last_maps(view: View) -> Place:
    """The last layer whose maps have the size of the last convolution's. Raises: ConfigurationError without one."""
    sized = [place for place in view.places if _is_convolution(place)]
    if not sized or len(view.image.shape) != 3:
        raise ConfigurationError(text("look.no_cam"))
    size = sized[-1].output.shape[:2]
    first = view.places.index(sized[-1])
    return [p for p in view.places[first:] if len(p.output.shape) == 3 and p.output.shape[:2] == size][-1]


def _is_convolution(place: Place) -> bool:
    """Whether it makes feature maps of more than one place with weights that see a window."""
    node = place.operation
    window: tuple[Axis, ...] | None = node.op.window(*(t.shape for t in node.inputs)) if node.variables else None
    shape = place.output.shape
    return window is not None and len(shape) == 3 and shape[0] * shape[1] > 1


def enlarged(values: Array, size: Sequence[int]) -> Array:
    """A map `(h, w)` interpolated linearly to `size`, `(H, W)`."""
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BILINEAR), np.float32)
