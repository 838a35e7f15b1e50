"""What Keras's older versions called things: arguments of layers and of training, as today's.

Sources: the documentation of Keras 1.2.2 and 2.3.1, and Keras 2's `legacy.interfaces`, which translates alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from konv.errors import ConfigurationError
from konv.messages import text

__all__ = ["arguments_of_fit", "data_format", "layer_arguments"]

EVERYWHERE = {"input_dtype": "dtype"}
WEIGHTED = {
    "init": "kernel_initializer", "bias": "use_bias", "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint",
}  # fmt: skip
CONVOLUTION = {
    **WEIGHTED, "nb_filter": "filters", "filter_length": "kernel_size", "border_mode": "padding",
    "subsample": "strides", "subsample_length": "strides", "dim_ordering": "data_format",
    "atrous_rate": "dilation_rate",
}  # fmt: skip
POOLING = {"border_mode": "padding", "dim_ordering": "data_format", "pool_length": "pool_size", "stride": "strides"}
IMAGES = {"dim_ordering": "data_format"}
RENAMED: dict[str, Mapping[str, str]] = {
    "Dense": {**WEIGHTED, "output_dim": "units"},
    "Dropout": {"p": "rate"},
    "SpatialDropout1D": {"p": "rate"},
    "SpatialDropout2D": {"p": "rate", **IMAGES},
    "LeakyReLU": {"alpha": "negative_slope"},
    "PReLU": {"init": "alpha_initializer"},
    "ReLU": {"theta": "threshold"},
    "GaussianNoise": {"sigma": "stddev"},
    "GaussianDropout": {"p": "rate"},
    "BatchNormalization": {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"},
    "UpSampling1D": {"length": "size"},
    "UpSampling2D": IMAGES,
    "ZeroPadding2D": IMAGES,
    "Cropping2D": IMAGES,
    "GlobalAveragePooling2D": IMAGES,
    "GlobalMaxPooling2D": IMAGES,
    **dict.fromkeys(("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D"), POOLING),
    **dict.fromkeys(
        ("Conv1D", "Conv2D", "Conv2DTranspose", "SeparableConv2D", "DepthwiseConv2D", "SeparableConv1D",
         "LocallyConnected1D", "LocallyConnected2D"),
        CONVOLUTION,
    ),
}  # fmt: skip
"""For each layer (by today's name) its old arguments and their names today."""
ORDERINGS = {"tf": "channels_last", "th": "channels_first", "default": None}
INITIALS = {"zero": "zeros", "one": "ones"}
SIDES = (("top", "bottom"), ("left", "right"))
FIT = {"nb_epoch": "epochs"}
IGNORED = ("dynamic", "autocast", "input_length", "sparse", "ragged", "optional", "fused")
WHERE_NOTHING = ("weights", "input_tensor", "virtual_batch_size", "adjustment", "lora_rank", "quantization_config")
"""Arguments that may be None, and say nothing then."""
THETA = 1.0
"""What ThresholdedReLU cuts off below, by default."""


def data_format(value: Any) -> Any:
    """A data format in either spelling as Keras 2's, None for the default. Raises: ConfigurationError for others'."""
    found = ORDERINGS.get(value, value) if isinstance(value, str) else value
    if found not in (None, "channels_last"):
        raise ConfigurationError(text("script.channels_first", received=value))
    return found


def layer_arguments(
    kind: str, old: bool, positional: Sequence[Any], named: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of the layer `kind` in any version's words, in today's.

    Arguments: `kind`, its class's name; `old`, whether the class was called by Keras 1's name, so that
    `Convolution2D(64, 3, 3)` has a kernel of 3×3; `positional`, `named`, the arguments.
    Raises: ConfigurationError for what old versions could and konv cannot.
    """
    args = list(positional)
    found = {k: v for k, v in named.items() if k not in IGNORED and not (v is None and k in WHERE_NOTHING)}
    names = {**EVERYWHERE, **RENAMED.get(kind, {})}
    former = old or any(name in found for name in ("nb_row", "nb_col", *names) if name not in EVERYWHERE)
    if kind in ("Conv2D", "Conv2DTranspose", "SeparableConv2D", "LocallyConnected2D") and former:
        args = _kernel(args, found)
    if kind == "BatchNormalization" and found.pop("mode", 0) != 0:
        raise ConfigurationError(text("script.batchnorm_mode", received=named["mode"]))
    if kind == "Conv2DTranspose":
        found.pop("output_shape", None)
    if kind == "ReLU" and old:
        found = {"theta": args.pop(0) if args else THETA, **found}
    if kind.startswith("ZeroPadding"):
        args, found = [_sides(a) for a in args], {k: _sides(v) if k == "padding" else v for k, v in found.items()}
    found = {names.get(name, name): value for name, value in found.items()}
    if "data_format" in found:
        found["data_format"] = data_format(found["data_format"])
        if found["data_format"] is None:
            del found["data_format"]
    for name in [name for name in found if name.endswith("_initializer")]:
        if isinstance(found[name], str):
            found[name] = INITIALS.get(found[name], found[name])
    return args, found


def _sides(padding: Any) -> Any:
    """Keras 1's paddings, a dictionary of sides or a row of four, as today's pairs; others as they are."""
    if isinstance(padding, Mapping):
        rows, columns = (tuple(padding.get(f"{side}_pad", 0) for side in pair) for pair in SIDES)
        return (rows, columns) if any(f"{side}_pad" in padding for side in SIDES[0]) else columns
    return (padding[:2], padding[2:]) if isinstance(padding, Sequence) and len(padding) == 4 else padding


def _kernel(args: list[Any], named: dict[str, Any]) -> list[Any]:
    """Rows and columns of a kernel, two arguments of Keras 1, as one; those behind them get their names."""
    if "nb_row" in named and "nb_col" in named:
        named["kernel_size"] = (named.pop("nb_row"), named.pop("nb_col"))
        return args
    if len(args) == 2 and "nb_col" in named:
        return [args[0], (args[1], named.pop("nb_col"))]
    if len(args) >= 3 and isinstance(args[1], int) and isinstance(args[2], int):
        named.update(zip(("init", "activation"), args[3:], strict=False))
        return [args[0], (args[1], args[2])]
    return args


def arguments_of_fit(named: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `fit` in any version's words, in today's."""
    return {FIT.get(name, name): value for name, value in named.items()}
