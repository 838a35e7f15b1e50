"""Layers under Keras's names: each adds the nodes of its operation to a network and owns its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import konv.functions  # noqa: F401 (gives symbolic tensors their operators)
from konv.layers.activation import ELU, Activation, Identity, LeakyReLU, PReLU, ReLU
from konv.layers.adaptive import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
)
from konv.layers.augmentation import Cutout, MixUp, RandomBrightness, RandomContrast, RandomErasing
from konv.layers.base import Layer
from konv.layers.convolution import Conv2D, Convolution2D
from konv.layers.core import Dense, Dropout, Flatten, Input, InputLayer
from konv.layers.depthwise import DepthwiseConv2D, SeparableConv2D, SeparableConvolution2D
from konv.layers.embedding import Embedding
from konv.layers.geometry import (
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
)
from konv.layers.globalpool import (
    AveragePooling1D,
    AvgPool1D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPool1D,
    MaxPooling1D,
)
from konv.layers.lambdas import Lambda
from konv.layers.local import LocallyConnected1D, LocallyConnected2D
from konv.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)  # fmt: skip
from konv.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    LocalResponseNormalization,
    RMSNormalization,
    UnitNormalization,
)
from konv.layers.operation import Operation
from konv.layers.places import (
    Cropping1D,
    Cropping2D,
    Permute,
    RepeatVector,
    Reshape,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from konv.layers.pooling import AveragePooling2D, AvgPool2D, MaxPool2D, MaxPooling2D
from konv.layers.preparation import MeanSubtraction, Normalization, Rescaling
from konv.layers.registry import found, name_of
from konv.layers.regularizing import ActivityRegularization, AlphaDropout, GaussianDropout, GaussianNoise
from konv.layers.resizing import CenterCrop, Resizing
from konv.layers.sequence import (
    Conv1D,
    Conv1DTranspose,
    Convolution1D,
    Convolution1DTranspose,
    DepthwiseConv1D,
    SeparableConv1D,
    SeparableConvolution1D,
)
from konv.layers.softmax import Softmax
from konv.layers.spatial import SpatialDropout1D, SpatialDropout2D
from konv.layers.transposed import Conv2DTranspose, Convolution2DTranspose
from konv.layers.whitening import Whitening
from konv.layers.wrapping import TimeDistributed
from konv.messages import text
from konv.names import unknown

__all__ = [
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AvgPool1D",
    "AvgPool2D",
    "BatchNormalization",
    "CenterCrop",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cutout",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "LAYERS",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "LocalResponseNormalization",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maximum",
    "MeanSubtraction",
    "Minimum",
    "MixUp",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "Whitening",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Activation, Add, Average, AveragePooling1D, AveragePooling2D, BatchNormalization, Concatenate, Conv1D,
        Conv1DTranspose, Conv2D, Conv2DTranspose, Cropping1D, Cropping2D, Dense, DepthwiseConv1D,
        DepthwiseConv2D, Dropout, ELU, Flatten, GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalMaxPooling1D,
        GlobalMaxPooling2D, InputLayer, Lambda, LeakyReLU, LocalResponseNormalization, LocallyConnected1D,
        LocallyConnected2D, MaxPooling1D, MaxPooling2D, Maximum, Minimum, Multiply, Operation, Permute, ReLU,
        RepeatVector, Reshape, SeparableConv1D, SeparableConv2D, Softmax, SpatialDropout1D, SpatialDropout2D,
        Subtract, UpSampling1D, UpSampling2D, ZeroPadding1D, ZeroPadding2D, MeanSubtraction, Normalization, Rescaling,
        Whitening, Cutout, RandomBrightness, RandomContrast, RandomCrop, RandomErasing, RandomFlip, RandomRotation,
        RandomShear, RandomTranslation, RandomZoom,
        ActivityRegularization, AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveMaxPooling1D,
        AdaptiveMaxPooling2D, AlphaDropout, GaussianDropout, GaussianNoise,
        GroupNormalization, LayerNormalization, PReLU, CenterCrop, Identity, Resizing,
        Dot, Embedding, RMSNormalization, TimeDistributed, UnitNormalization,
    )
}  # fmt: skip
"""Every layer by its class's name, which files keep."""


def serialize(layer: Layer) -> dict[str, Any]:
    """The form in which a file keeps `layer`: its class's name and its configuration, without weights."""
    return {"class_name": name_of(type(layer)) or type(layer).__name__, "config": layer.get_config()}


def deserialize(saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """The layer that `serialize` wrote.

    Arguments: `saved`, its form; `custom_objects`, classes of your own by their names.
    Raises: UnknownNameError for a class that is neither.
    """
    name, config = saved["class_name"], saved["config"]
    kind = found(name, custom_objects) or (LAYERS.get(name) if isinstance(name, str) else None)
    if kind is None:
        error = unknown("layer", name, {**LAYERS, **(custom_objects or {})})
        raise type(error)(f"{error} {text('layer_of_ones_own')}")
    if kind is Lambda and (function := found(config["function"], custom_objects)) is not None:
        config = {**config, "function": function}
    if (activation := found(config.get("activation"), custom_objects)) is not None:
        config = {**config, "activation": activation}
    layer: Layer = kind.from_config(config)
    return layer
