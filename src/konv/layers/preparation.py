"""The input stage as layers: what is done to data before the first weight, kept with the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from konv import ops
from konv.arguments import number
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.ops.record import Array, Op, Weight
from konv.shapes import Shape, show
from konv.statistics import Moments, batches

__all__ = ["Adapted", "MeanSubtraction", "Normalization", "Rescaling"]


class Rescaling(Layer):
    """Brings numbers of one range to another: `scale · x + offset`.

    Arguments:
        `scale`: what is multiplied by: a number, or one for each channel.
        `offset`: what is then added, likewise.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for what are no numbers; ShapeError for another count of them than of channels.
    Example: `Rescaling(1 / 255)`: pixels from 0 to 255 become numbers from 0 to 1; `Rescaling(1 / 127.5, -1)`: from
    −1 to 1.
    """

    arguments = ("scale", "offset")

    def __init__(self, scale: float | Sequence[float], offset: float | Sequence[float] = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.scale = _numbers(scale, "scale", self.name)
        self.offset = _numbers(offset, "offset", self.name)

    def op(self, *shapes: Shape) -> Op:
        """The rescaling."""
        return ops.Rescale(self.scale, self.offset)


def _numbers(value: Any, name: str, layer: str) -> float | tuple[float, ...]:
    """A number, or one for each channel."""
    found = tuple(number(v) for v in value) if np.ndim(value) == 1 else (number(value),)
    if not found or not np.isfinite(found).all():
        raise ConfigurationError(text("not_numbers", layer=layer, name=name, received=value))
    return found if np.ndim(value) == 1 else found[0]


class Adapted(Layer):
    """Layers that learn something from the training data once, by `adapt`, before training.

    What they have learned is kept in the model's file, and no optimiser changes it.
    """

    def initial(self, weight: Weight) -> Array:
        """Nothing, until `adapt` has been called."""
        return np.full(weight.shape, np.nan, self.dtype)

    def _make_weights(self, needed: Sequence[Weight]) -> None:
        super()._make_weights(needed)
        for variable in self.weights:
            variable.waiting = bool(np.isnan(variable.value).any())

    @property
    def adapted(self) -> bool:
        """Whether it has seen data, or was given what it needs."""
        return self.built and not any(variable.waiting for variable in self.weights)

    def _learn(self, data: Any, batch_size: int | None, steps: int | None) -> None:
        """Let `_look` see every batch, then `_found` say what the weights are."""
        first = True
        for batch in batches(data, self.name, batch_size, steps):
            if first:
                self.build((None, *batch.shape[1:]))
                self._begin(batch.shape[1:])
                first = False
            self._look(batch)
        self.set_weights([value.astype(self.dtype) for value in self._found()])

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """See the training data, and learn from them what this layer needs; what it knew before is forgotten.

        Arguments: `data`, an array `(N, …)`, or an iterable of batches (of tuples, the first entry is looked at), as
        this layer will get them; `batch_size`, samples of an array looked at together; `steps`, batches at most.
        Raises: DataError where there are no data, or a number is not finite; ShapeError where they do not fit.
        """
        self._learn(data, batch_size, steps)

    def _begin(self, shape: Shape) -> None:
        raise NotImplementedError

    def _look(self, batch: Array) -> None:
        raise NotImplementedError

    def _found(self) -> list[Array]:
        raise NotImplementedError


class Normalization(Adapted):
    """Brings each feature to mean 0 and variance 1, by mean and variance of the training data.

    Arguments:
        `axis`: the axes along which every place has a mean and a variance of its own: −1, each channel; a tuple, as
        (1, 2, 3), each number of an image; None, one for all. The batch axis is counted, and is none of them.
        `mean`, `variance`: both, where they are known; else `adapt` finds them.
        `invert`: the way back: multiplies by the standard deviation and adds the mean.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense; GraphError, when the network is run, where it was
    neither given a mean nor adapted.
    Example: `scale = Normalization(); scale.adapt(x_train)`, then `Sequential([scale, …])`.
    """

    arguments = ("axis", "mean", "variance", "invert")

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis = _axes(axis, self.name)
        if (mean is None) != (variance is None):
            raise ConfigurationError(text("mean_and_variance", layer=self.name))
        self.mean, self.variance = _listed(mean), _listed(variance)
        if variance is not None and not (np.asarray(variance) >= 0).all():
            raise ConfigurationError(text("not_numbers", layer=self.name, name="variance", received=variance))
        self.invert = bool(invert)

    def op(self, *shapes: Shape) -> Op:
        """The normalisation."""
        return ops.Standardize(_kept(self.axis, shapes[0], self.name), self.invert)

    def initial(self, weight: Weight) -> Array:
        """The mean or variance that was given."""
        value = self.mean if weight.name == "mean" else self.variance
        if value is None:
            return super().initial(weight)
        found = np.asarray(value, self.dtype)
        # Keras takes them with axes of one element in place of those without statistics of their own.
        squeezed = found.reshape(weight.shape) if found.size == np.prod(weight.shape, dtype=int) else found
        return np.broadcast_to(squeezed, weight.shape) if squeezed.ndim == 0 else squeezed

    def _begin(self, shape: Shape) -> None:
        kept = _kept(self.axis, shape, self.name)
        self._moments = Moments((0, *(a + 1 for a in range(len(shape)) if a not in kept)))

    def _look(self, batch: Array) -> None:
        self._moments.add(batch)

    def _found(self) -> list[Array]:
        self.mean = self.variance = None  # what it was given is forgotten
        return [self._moments.mean, self._moments.variance]


class MeanSubtraction(Adapted):
    """Subtracts the mean of the training data, of each channel (VGG) or of each pixel's channels (AlexNet).

    Arguments:
        `per`: `"channel"` or `"pixel"`.
        `mean`: it, where it is known: `(C,)`, or `(H, W, C)`; else `adapt` finds it.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for another `per`; ShapeError for a mean of another shape; GraphError, when the network
    is run, where there was neither a mean nor `adapt`.
    Example: `MeanSubtraction("pixel")`.
    """

    arguments = ("per", "mean")

    def __init__(self, per: str = "channel", mean: Any = None, **options: Any) -> None:
        super().__init__(**options)
        if per not in ("channel", "pixel"):
            raise ConfigurationError(text("one_of", layer=self.name, name="per", known="channel, pixel", received=per))
        self.per = per
        self.mean = _listed(mean)

    def op(self, *shapes: Shape) -> Op:
        """The subtraction."""
        axes = range(len(shapes[0]))
        return ops.MeanSubtraction(tuple(axes[-1:] if self.per == "channel" else axes))

    def initial(self, weight: Weight) -> Array:
        """The mean that was given."""
        return super().initial(weight) if self.mean is None else np.asarray(self.mean, self.dtype)

    def _begin(self, shape: Shape) -> None:
        self._moments = Moments(tuple(range(len(shape) if self.per == "channel" else 1)))

    def _look(self, batch: Array) -> None:
        self._moments.add(batch)

    def _found(self) -> list[Array]:
        return [self._moments.mean]


def _listed(value: Any) -> Any:
    """Numbers as a configuration keeps them."""
    return value if value is None else np.asarray(value).tolist()


def _axes(axis: Any, layer: str) -> Any:
    given = () if axis is None else tuple(axis) if isinstance(axis, (list, tuple)) else (axis,)
    if not all(hasattr(a, "__index__") and not isinstance(a, bool) and int(a) != 0 for a in given):
        raise ConfigurationError(text("statistics_axes", layer=layer, received=axis))
    return given if isinstance(axis, (list, tuple)) else axis


def _kept(axis: Any, shape: Shape, layer: str) -> tuple[int, ...]:
    """The axes of one sample that have statistics of their own, in order."""
    count = len(shape) + 1
    given = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    found = sorted({a % count - 1 if -count < a < count else -1 for a in map(int, given)})
    if found and found[0] < 0:
        raise ConfigurationError(text("axes_of_shape", layer=layer, received=axis, shape=show((None, *shape))))
    return tuple(found)
