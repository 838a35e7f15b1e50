"""Layers that normalise: to mean 0 and variance 1, over a batch or over a sample; to a length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from konv import initializers, ops
from konv.arguments import count, number
from konv.errors import ConfigurationError
from konv.layers.base import Layer
from konv.messages import text
from konv.shapes import Shape

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "LocalResponseNormalization",
    "RMSNormalization",
    "UnitNormalization",
    "feature_axes",
]


class BatchNormalization(Layer):
    """Batch normalisation: brings each channel to mean 0 and variance 1 over the batch, then to what is learned best.

    While training the batch's own mean and variance are used, and the moving ones follow them; prediction uses the
    moving ones, and so does training where `trainable` is False. The moving statistics are kept with the model.

    Arguments:
        `axis`: the axis of the channels, the last one: −1.
        `momentum`: how much of the moving statistics a step keeps.
        `epsilon`: added to the variance, so that nothing is divided by 0.
        `center`, `scale`: whether a mean β and a scale γ are learned.
        `beta_initializer`, `gamma_initializer`, `moving_mean_initializer`, `moving_variance_initializer`: where they
        start; see `konv.initializers`.
        `synchronized`, `renorm`, `renorm_clipping`, `renorm_momentum`: taken for Keras's sake: statistics are always
        those of the whole batch, and `renorm` can only be False.
        `options`: `name`, `trainable`, `dtype`, `input_shape`; see `Layer`.
    Input shape: `(N, …, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense, or once called, an axis that is not the last.
    Example: `BatchNormalization()`, between a convolution (`use_bias=False`) and its ReLU.
    """

    arguments = (
        "axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer",
        "moving_mean_initializer", "moving_variance_initializer",
    )  # fmt: skip

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        moving_mean_initializer: object = "zeros",
        moving_variance_initializer: object = "ones",
        synchronized: bool = False,
        renorm: bool = False,
        renorm_clipping: object = None,
        renorm_momentum: float = 0.99,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if renorm:
            raise ConfigurationError(text("no_renorm", layer=self.name))
        self.axis = only_axis(axis, self.name)
        self.momentum = within(momentum, "momentum", self.name, 0, 1)
        self.epsilon = within(epsilon, "epsilon", self.name, 0)
        self.center = bool(center)
        self.scale = bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def op(self, *shapes: Shape) -> ops.Op:
        """The batch normalisation."""
        last_axis(self.axis, shapes[0], self.name)
        return ops.BatchNormalization(self.momentum, self.epsilon, self.center, self.scale)


class LayerNormalization(Layer):
    """Layer normalisation: brings the features of each sample to mean 0 and variance 1, then to what is learned best.

    Arguments:
        `axis`: the axis or axes of the features, counting the batch axis as 0: −1, the last.
        `epsilon`: added to the variance, so that nothing is divided by 0.
        `center`, `scale`: whether a mean β and a scale γ are learned, one for each feature.
        `beta_initializer`, `gamma_initializer`: where they start; see `konv.initializers`.
        `rms_scaling`: False; what Keras 3 meant by it is `RMSNormalization`.
        `options`: `name`, `trainable`, `dtype`, `input_shape`, `gamma_regularizer` and its like; see `Layer`.
    Input shape: `(N, …)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where there is no such axis.
    Example: `LayerNormalization()`; of whole images `LayerNormalization(axis=[1, 2, 3])`.
    """

    arguments = ("axis", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer")

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        rms_scaling: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if rms_scaling:
            raise ConfigurationError(text("no_rms_scaling", layer=self.name))
        self.axis = feature_axes(axis, self.name)
        self.epsilon = within(epsilon, "epsilon", self.name, 0)
        self.center = bool(center)
        self.scale = bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)

    def op(self, *shapes: Shape) -> ops.Op:
        """The layer normalisation; its axes leave the batch axis out."""
        return ops.LayerNormalization(self.epsilon, self.center, self.scale, _own(self.axis))


class RMSNormalization(Layer):
    """Root mean square normalisation: brings the features of each sample to mean square 1, then to what is learned.

    Arguments:
        `axis`: the axis or axes of the features, counting the batch axis as 0: −1, the last.
        `epsilon`: added to the mean square, so that nothing is divided by 0.
        `scale_initializer`: where the weight `scale`, one factor for each feature, starts.
        `options`: `name`, `trainable`, `dtype`, `input_shape`, `scale_regularizer` and its like; see `Layer`.
    Input shape: `(N, …)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense; ShapeError, once called, where there is no such axis.
    Example: `RMSNormalization()`.
    """

    arguments = ("axis", "epsilon", "scale_initializer")

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-6,
        scale_initializer: object = "ones",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis = feature_axes(axis, self.name)
        self.epsilon = within(epsilon, "epsilon", self.name, 0)
        self.scale_initializer = initializers.get(scale_initializer)

    def op(self, *shapes: Shape) -> ops.Op:
        """The normalisation; its axes leave the batch axis out."""
        return ops.RMSNormalization(self.epsilon, axes=_own(self.axis))


class UnitNormalization(Layer):
    """Brings each sample's features to length 1, so that only their direction is left.

    Arguments:
        `axis`: the axis or axes of the features, counting the batch axis as 0: −1, the last.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`.
    Output shape: the input's; zeros stay zeros.
    Raises: ConfigurationError for axes that are none; ShapeError, once called, where there is no such axis.
    Example: `UnitNormalization()`, at the end of an embedding of images.
    """

    arguments = ("axis",)

    def __init__(self, axis: int | Sequence[int] = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = feature_axes(axis, self.name)

    def op(self, *shapes: Shape) -> ops.Op:
        """The normalisation; its axes leave the batch axis out."""
        return ops.UnitNormalization(axes=_own(self.axis))


def feature_axes(axis: Any, layer: str) -> int | list[int]:
    """`axis` as one integer or several. Raises: ConfigurationError where it is neither, or the batch axis."""
    row: list[Any] = list(axis) if isinstance(axis, (list, tuple)) else [axis]
    if not row or not all(hasattr(a, "__index__") and not isinstance(a, bool) and int(a) != 0 for a in row):
        raise ConfigurationError(text("bad_feature_axes", layer=layer, received=axis))
    numbers = [int(a) for a in row]
    return numbers if isinstance(axis, (list, tuple)) else numbers[0]


def _own(axis: int | list[int]) -> tuple[int, ...]:
    """The axes of a sample that `axis` names, which counts the batch axis."""
    axes = axis if isinstance(axis, list) else [axis]
    return tuple(a - 1 if a > 0 else a for a in axes)


class GroupNormalization(Layer):
    """Group normalisation: brings groups of channels of each sample to mean 0 and variance 1, then to what is learned
    best; for batches too small for batch normalisation.

    Arguments:
        `groups`: into how many groups the channels are cut; −1 for one a channel, which is instance normalisation.
        `axis`: the axis of the channels, the last one: −1.
        `epsilon`, `center`, `scale`, `beta_initializer`, `gamma_initializer`: as of `LayerNormalization`, with γ and β
        for each channel.
        `options`: `name`, `trainable`, `dtype`, `input_shape`, `gamma_regularizer` and its like; see `Layer`.
    Input shape: `(N, …, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense, or once called, an axis that is not the last;
    ShapeError where the groups do not come out even.
    Example: `GroupNormalization(8)`, between a convolution of 64 filters and its ReLU.
    """

    arguments = ("groups", "axis", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer")

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.groups = -1 if groups == -1 else count(groups, "groups", self.name)
        self.axis = only_axis(axis, self.name)
        self.epsilon = within(epsilon, "epsilon", self.name, 0)
        self.center = bool(center)
        self.scale = bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)

    def op(self, *shapes: Shape) -> ops.Op:
        """The group normalisation."""
        last_axis(self.axis, shapes[0], self.name)
        groups = shapes[0][-1] if self.groups == -1 else self.groups
        return ops.GroupNormalization(self.epsilon, self.center, self.scale, groups)


class LocalResponseNormalization(Layer):
    """Local response normalisation, AlexNet's: a strong response in one channel damps those of the channels beside it.

    Each number is multiplied by (k + α · Σ x²)^(−β), the sum over `size` channels around its own at the same place.

    Arguments:
        `size`: how many channels are summed over, n in AlexNet's paper.
        `alpha`: the weight of the sum, α.
        `beta`: the exponent, β.
        `k`: what the sum is added to; above 0, so that nothing is divided by 0.
        `average`: take the mean of the squares, not their sum, as ONNX, PyTorch and Caffe do.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …, C)`.
    Output shape: the input's.
    Raises: ConfigurationError for arguments that make no sense.
    Example: `LocalResponseNormalization()`, behind a convolution's ReLU; PyTorch's `LocalResponseNorm(5)` is
    `LocalResponseNormalization(5, k=1.0, average=True)`.
    """

    arguments = ("size", "alpha", "beta", "k", "average")

    def __init__(
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 2.0,
        average: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.size = count(size, "size", self.name)
        self.alpha = within(alpha, "alpha", self.name, 0)
        self.beta = within(beta, "beta", self.name, 0)
        self.k = within(k, "k", self.name, 1e-6)
        self.average = bool(average)

    def op(self, *shapes: Shape) -> ops.Op:
        """The local response normalisation."""
        return ops.LocalResponseNormalization(self.size, self.alpha, self.beta, self.k, self.average)


def only_axis(axis: object, layer: str) -> int:
    """`axis` as one integer; Keras also writes it as a list of one. Raises: ConfigurationError for anything else."""
    found = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    if not hasattr(found, "__index__") or isinstance(found, bool):
        raise ConfigurationError(text("not_one_axis", layer=layer, received=axis))
    return int(found)


def last_axis(axis: int, shape: Shape, layer: str) -> None:
    """Raises: ConfigurationError unless `axis`, counted with the batch's, is the last one of `shape`."""
    if axis not in (-1, len(shape)):
        raise ConfigurationError(text("not_the_last_axis", layer=layer, received=axis, last=len(shape)))


def within(value: object, name: str, layer: str, low: float, high: float = float("inf")) -> float:
    """`value` as a number from `low` to `high`. Raises: ConfigurationError where it is none."""
    found = number(value)
    if not low <= found <= high or found == float("inf"):
        raise ConfigurationError(
            text("number_out_of_range", layer=layer, name=name, low=low, high=high, received=value)
        )
    return found
