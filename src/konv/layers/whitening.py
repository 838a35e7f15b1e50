"""Whitening as a layer."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from konv import ops
from konv.arguments import count
from konv.errors import ConfigurationError, KonvError
from konv.graph import Node, Tensor
from konv.layers.checks import sample_shape
from konv.layers.normalization import within
from konv.layers.preparation import Adapted
from konv.messages import text
from konv.ops.record import Array, Op, Weight
from konv.ops.windows import image_shape
from konv.shapes import Shape, elements, pair
from konv.statistics import AT_ONCE, Covariance, Moments

__all__ = ["Whitening"]


class Whitening(Adapted):
    """Turns and scales features until they are uncorrelated and of variance 1, as the training data have shown.

    The covariance is summed batch by batch in float64; its eigenvectors are NumPy's. Whole samples are a matrix
    product, patches a convolution. Where the covariance would not fit into memory (224×224×3 numbers: 169 GiB),
    whiten patches.

    Arguments:
        `method`: `"zca"`: the whitened image that is nearest to the image itself; `"pca"`: its components, those of
        the largest variance first.
        `epsilon`: added to the variance of each component, so that noise in the smallest ones is not blown up.
        `patch_size`: None: all numbers of a sample together; a number, or (height, width): images in patches. By ZCA
        the image keeps its shape, each pixel whitened by the patch around it; by PCA patches lie side by side.
        `components`: of PCA, how many are kept; None: all.
        `options`: `name`, `input_shape`; see `Layer`.
    Input shape: `(N, …)`; with `patch_size`, `(N, H, W, C)`.
    Output shape: ZCA: the input's; PCA: `(N, components)`; with `patch_size`, `(N, H // height, W // width,
    components)`.
    Raises: ConfigurationError for arguments that make no sense, or more features than can be whitened together;
    GraphError, when the network is run, where `adapt` was not called.
    Example: `white = Whitening("zca", epsilon=0.01, patch_size=5); white.adapt(x_train)`.
    """

    arguments = ("method", "epsilon", "patch_size", "components")

    def __init__(
        self,
        method: str = "zca",
        epsilon: float = 1e-6,
        patch_size: Any = None,
        components: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if method not in ("zca", "pca"):
            raise ConfigurationError(text("one_of", layer=self.name, name="method", known="zca, pca", received=method))
        self.method = method
        self.epsilon = within(epsilon, "epsilon", self.name, 0)
        self.patch_size = None if patch_size is None else cast(
            "tuple[int, int]", pair(patch_size, "patch_size", self.name))  # fmt: skip
        if method == "zca" and self.patch_size and not all(side % 2 for side in self.patch_size):
            raise ConfigurationError(text("patch_without_middle", layer=self.name, received=patch_size))
        if components is not None and method == "zca":
            raise ConfigurationError(text("components_of_zca", layer=self.name))
        self.components = None if components is None else count(components, "components", self.name)

    def op(self, *shapes: Shape) -> Op:
        """The product that whitens, of a sample's numbers in a row, or of patches."""
        features = self._features(shapes[0])
        if self.patch_size is None:
            return ops.Whiten(self._outputs(features))
        if self.method == "zca":
            return ops.WhitenPatches(shapes[0][-1], self.patch_size, padding="same")
        return ops.WhitenPatches(self._outputs(features), self.patch_size, self.patch_size)

    def _features(self, shape: Shape) -> int:
        """Numbers that are whitened together. Raises: as `Covariance`; ShapeError where there are no patches."""
        if self.patch_size is None:
            features = elements(shape)
        else:
            features = elements(self.patch_size) * image_shape(shape, self.name)[2]
        Covariance.check(features, self.name)
        if self.components is not None and self.components > features:
            raise ConfigurationError(text("too_many_components", layer=self.name, received=self.components,
                                          features=features))  # fmt: skip
        return features

    def _outputs(self, features: int) -> int:
        return self.components or features

    def _whole(self, shape: Shape) -> Shape:
        """What the product is given: a row, or the image."""
        return (elements(shape),) if self.patch_size is None else shape

    def _centre(self, shape: Shape) -> Op:
        axes = tuple(range(len(shape)))
        return ops.MeanSubtraction(axes if self.patch_size is None else axes[-1:])

    def _needed(self, *shapes: Shape) -> tuple[Weight, ...]:
        try:
            product = self.op(*shapes).weights(self._whole(shapes[0]))
        except KonvError as error:
            raise self._named(error) from error
        return (*self._centre(shapes[0]).weights(*shapes), *product)

    def _nodes(self, tensors: tuple[Tensor, ...]) -> Tensor:
        (x,) = tensors
        mean, kernel = self.weights
        centred = Node.apply(self._centre(x.shape), tensors, (mean,), self.name, self.dtype)
        if self.patch_size is None and len(x.shape) > 1:
            centred = Node.apply(ops.Flatten(), (centred,), (), self.name, self.dtype)
        output = Node.apply(self.op(x.shape), (centred,), (kernel,), self.name, self.dtype)
        if self.patch_size is None and self.method == "zca" and len(x.shape) > 1:
            output = Node.apply(ops.Reshape(x.shape), (output,), (), self.name, self.dtype)
        return output

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """The output's shape, batch axis first, for an input of `input_shape`."""
        shape = sample_shape(input_shape, self.name, batch=True)
        if self.patch_size is None and self.method == "zca":
            return tuple(input_shape)
        return (input_shape[0], *self.op(shape).output_shape(self._whole(shape)))

    def _begin(self, shape: Shape) -> None:
        self._covariance = Covariance(self._features(shape), self.name)
        self._moments = Moments((0,) if self.patch_size is None else (0, 1, 2))

    def _look(self, batch: Array) -> None:
        self._moments.add(batch)
        if self.patch_size is None:
            self._covariance.add(batch.reshape(len(batch), -1))
            return
        places = max(1, elements(batch.shape[1:3]))
        at_once = max(1, AT_ONCE // (places * len(self._covariance.mean)))
        for start in range(0, len(batch), at_once):
            seen = np.lib.stride_tricks.sliding_window_view(batch[start : start + at_once], self.patch_size, (1, 2))
            rows = seen.transpose(0, 1, 2, 4, 5, 3).reshape(-1, len(self._covariance.mean))
            self._covariance.add(rows)

    def _found(self) -> list[Array]:
        mean = self._moments.mean
        if self.patch_size is None:
            return [mean, whitening(self._covariance.matrix(), self.epsilon, self.method)[:, : self.components]]
        channels = len(mean)
        matrix = whitening(
            self._covariance.matrix(np.tile(mean, elements(self.patch_size))), self.epsilon, self.method
        )  # fmt: skip
        if self.method == "zca":
            middle = elements(self.patch_size) // 2 * channels
            matrix = matrix[:, middle : middle + channels]
        kept = matrix[:, : self.components]
        return [mean, kept.reshape(*self.patch_size, channels, -1)]


def whitening(covariance: Array, epsilon: float, method: str) -> Array:
    """The matrix W, so that x · W is white where x has this `covariance` C = U Λ Uᵀ, `(F, F)`, and mean 0.

    Arguments: `epsilon`, added to Λ; `method`: "pca", U (Λ + ε)^(−½), the largest eigenvalues first and in each
    eigenvector the number of the largest size positive; "zca", U (Λ + ε)^(−½) Uᵀ. A component without any variance is
    left out where ε is 0.
    """
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    largest = np.take_along_axis(vectors, abs(vectors).argmax(0)[None], 0)
    vectors = vectors * np.sign(largest)
    known = values + epsilon
    least = known.max(initial=0) * len(values) * np.finfo(float).eps
    inverse = np.where(known > least, 1 / np.sqrt(np.where(known > least, known, 1)), 0)
    found: Array = vectors * inverse
    return found @ vectors.T if method == "zca" else found
