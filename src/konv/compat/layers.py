"""`keras.layers`: konv's layers, under Keras's names of all versions and taking their arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from konv import layers
from konv.compat.words import namespace, spelled
from konv.errors import ConfigurationError
from konv.graph import Tensor
from konv.layers import Layer
from konv.messages import text

__all__ = ["InputSpec", "Merge", "input_tensor", "merge", "words"]

MODES: dict[str, str] = {
    "sum": "add", "mul": "multiply", "ave": "average", "max": "maximum", "concat": "concatenate", "dot": "dot",
    "cos": "dot",
}  # fmt: skip
OLD = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "ThresholdedReLU": "ReLU",
}
"""Names of layers in Keras 1 and 2, and today's."""


class InputSpec:
    """What a layer takes, as Keras writes it; konv checks shapes by itself.

    Arguments: `dtype`, `shape`, `ndim`, `max_ndim`, `min_ndim`, `axes`, kept as attributes.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Any = None,
        **others: Any,
    ) -> None:
        self.dtype, self.shape, self.ndim, self.axes = dtype, shape, ndim, axes
        self.max_ndim, self.min_ndim = max_ndim, min_ndim


def input_tensor(
    shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: Any = None,
    batch_shape: Sequence[int | None] | None = None,
    tensor: Tensor | None = None,
    **others: Any,
) -> Tensor:
    """`Input` with the arguments of any version: see `konv.layers.Input`.

    Arguments: `shape`, `batch_size`, `name`, `dtype`, `batch_shape` as there; `tensor`, returned as it is.
    """
    if tensor is not None:
        return tensor
    others.pop("sparse", None)
    others.pop("ragged", None)
    whole = batch_shape if batch_shape is not None else others.pop("batch_input_shape", None)
    kind = dtype if dtype in (None, "float32", "float64") else None
    return layers.Input(shape, batch_size, kind, name, batch_shape=whole, **others)


def merge(
    inputs: Sequence[Tensor],
    mode: str | Callable[[Any], Any] = "sum",
    dot_axes: Any = -1,
    concat_axis: int = -1,
    output_shape: Any = None,
    name: str | None = None,
    **others: Any,
) -> Any:
    """Keras 1's way of making one tensor of several.

    Arguments: `inputs`, symbolic tensors; `mode`, `"sum"`, `"mul"`, `"ave"`, `"max"`, `"concat"`, `"dot"`, `"cos"` or a
    function of the list; `concat_axis`, along which to join; `dot_axes`, over which products are summed; `name`;
    `output_shape`, `others`, taken for Keras's sake.
    Raises: ConfigurationError for another mode.
    """
    if callable(mode):
        return layers.Lambda(mode, name=name)(list(inputs))
    if mode not in MODES:
        raise ConfigurationError(text("script.merge_mode", received=mode, known=", ".join(MODES)))
    options: dict[str, Any] = {"axis": concat_axis} if mode == "concat" else {}
    if MODES[mode] == "dot":
        row = [one[0] if isinstance(one, (list, tuple)) else one for one in np.atleast_1d(dot_axes).tolist()]
        options = {"axes": row if len(row) == 2 else row[0], "normalize": mode == "cos"}
    return getattr(layers, MODES[mode])(list(inputs), name=name, **options)


class Merge:
    """Keras 1's layer of several models side by side, the first of a `Sequential` that then has all their inputs.

    Arguments: `layers`, models with one output each, or None for a layer to be called on a list of tensors; `mode`,
    `concat_axis`, `dot_axes`, `output_shape`, `name`, `others` as of `merge`.
    """

    def __init__(self, layers: Sequence[Any] | None = None, mode: Any = "sum", **others: Any) -> None:
        self.models, self.mode, self.others = list(layers or ()), mode, others

    def __call__(self, inputs: Sequence[Tensor]) -> Any:
        """`merge` of the list of tensors `inputs`."""
        return merge(inputs, self.mode, **self.others)

    def connected(self) -> tuple[list[Tensor], Any]:
        """The inputs of all its models, and the tensor that is made of their outputs."""
        inputs = [t for model in self.models for t in model.inputs]
        return inputs, self([model.output for model in self.models])


def _words() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in layers.__all__:
        thing = getattr(layers, name)
        if isinstance(thing, type) and issubclass(thing, Layer):
            found[name] = spelled(name, thing)
        elif callable(thing):
            found[name] = thing
    for name, today in OLD.items():
        found[name] = spelled(name, getattr(layers, today), old=True)
    return {**found, "Input": input_tensor, "InputSpec": InputSpec, "Merge": Merge, "merge": merge}


words = namespace(**_words())
"""Every name of `keras.layers`."""
