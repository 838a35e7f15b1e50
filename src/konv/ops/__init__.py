"""The operations networks are made of: forward and backward side by side, stateless.

`OPS` holds every op by its name; `op(name)` finds one. The functions that people compute with, `konv.ops.exp`,
`konv.ops.matrix_product` and so on, live in `konv.functions` and are had here too, when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from konv.names import unknown
from konv.ops.activation import Linear, ReLU, Sigmoid, Softmax, Tanh
from konv.ops.adaptive_pooling import AdaptiveAveragePool1D, AdaptiveAveragePool2D, AdaptiveMaxPool1D, AdaptiveMaxPool2D
from konv.ops.arrangement import BroadcastTo, Pad, Slice, Transpose
from konv.ops.augmentation import Cutout, RandomBrightness, RandomContrast, RandomErasing
from konv.ops.batch_sum import BatchSum
from konv.ops.batchnorm import BatchNormalization
from konv.ops.concatenation import Concatenate
from konv.ops.constant import Constant, Parameter, StopGradient
from konv.ops.convolution import Conv2D
from konv.ops.curves import ELU, GELU, ClippedReLU, Exponential, HardSigmoid, HardSiLU, SiLU, Softplus, Softsign
from konv.ops.dense import Dense
from konv.ops.depthwise import DepthwiseConv2D
from konv.ops.dropping import Dropout, JointDropout, SpatialDropout1D, SpatialDropout2D
from konv.ops.elementwise import Elementwise
from konv.ops.geometry import (
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
)
from konv.ops.globalpool import (
    AveragePool1D,
    GlobalAveragePool1D,
    GlobalAveragePool2D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    MaxPool1D,
)
from konv.ops.layernorm import GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization
from konv.ops.local import LocallyConnected1D, LocallyConnected2D
from konv.ops.matrix_product import Matmul
from konv.ops.neighbours import LocalResponseNormalization
from konv.ops.noise import AlphaDropout, GaussianDropout, GaussianNoise, Random
from konv.ops.phase import Phase
from konv.ops.places import RepeatVector
from konv.ops.pooling import AveragePool2D, MaxPool2D
from konv.ops.prelu import PReLU
from konv.ops.record import Op
from konv.ops.reduction import Reduce
from konv.ops.resizing import Resize, UpSampling1D, UpSampling2D
from konv.ops.sequence import Conv1D, DepthwiseConv1D
from konv.ops.source import Input
from konv.ops.standardize import MeanSubtraction, Rescale, Standardize, Whiten, WhitenPatches
from konv.ops.transposed import Conv1DTranspose, Conv2DTranspose
from konv.ops.views import Flatten, Reshape

__all__ = [
    "AdaptiveAveragePool1D",
    "AdaptiveAveragePool2D",
    "AdaptiveMaxPool1D",
    "AdaptiveMaxPool2D",
    "AlphaDropout",
    "AveragePool1D",
    "AveragePool2D",
    "BatchNormalization",
    "BatchSum",
    "BroadcastTo",
    "ClippedReLU",
    "Concatenate",
    "Constant",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Cutout",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dropout",
    "ELU",
    "Elementwise",
    "Exponential",
    "Flatten",
    "GELU",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePool1D",
    "GlobalAveragePool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GroupNormalization",
    "HardSiLU",
    "HardSigmoid",
    "Input",
    "LayerNormalization",
    "Linear",
    "LocalResponseNormalization",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "Matmul",
    "MaxPool1D",
    "MaxPool2D",
    "MeanSubtraction",
    "OPS",
    "Op",
    "PReLU",
    "Pad",
    "Parameter",
    "Random",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomShear",
    "RandomTranslation",
    "RMSNormalization",
    "RandomZoom",
    "ReLU",
    "Reduce",
    "RepeatVector",
    "Rescale",
    "Reshape",
    "Resize",
    "SiLU",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "Softsign",
    "JointDropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "Standardize",
    "Phase",
    "StopGradient",
    "Tanh",
    "Transpose",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "Whiten",
    "WhitenPatches",
    "op",
]

OPS: dict[str, type[Op]] = {
    kind.name: kind
    for kind in (
        Input, Conv1D, Conv2D, Conv1DTranspose, Conv2DTranspose, DepthwiseConv1D, DepthwiseConv2D,
        LocallyConnected1D, LocallyConnected2D, Dense, MaxPool2D, AveragePool2D, ReLU, Sigmoid, Concatenate,
        Elementwise, BroadcastTo, Constant, Matmul, Pad, Parameter, Phase, Reduce, Slice, StopGradient, Transpose,
        Tanh, Softmax, Linear, Dropout, Flatten, Reshape, RepeatVector, UpSampling1D, UpSampling2D,
        BatchNormalization, BatchSum, MaxPool1D, AveragePool1D, GlobalAveragePool2D, GlobalMaxPool2D,
        GlobalAveragePool1D, GlobalMaxPool1D, ClippedReLU, ELU, SiLU, HardSigmoid, HardSiLU, Softplus, Softsign,
        Exponential, GELU,
        LocalResponseNormalization, JointDropout, SpatialDropout1D, SpatialDropout2D, AlphaDropout, GaussianDropout,
        GaussianNoise, Random, MeanSubtraction, Rescale, Standardize, Whiten, WhitenPatches, Cutout, RandomBrightness,
        RandomContrast, RandomCrop, RandomErasing, RandomFlip, RandomRotation, RandomShear, RandomTranslation,
        RandomZoom,
        AdaptiveAveragePool1D, AdaptiveAveragePool2D, AdaptiveMaxPool1D, AdaptiveMaxPool2D,
        GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization, PReLU, Resize,
    )
}  # fmt: skip
"""Every op by its name."""


def op(name: str) -> type[Op]:
    """The op called `name`. Raises: UnknownNameError, with the nearest names, where there is none."""
    if name not in OPS:
        raise unknown("op", name, OPS)
    return OPS[name]


def __getattr__(name: str) -> Any:
    """A function of `konv.functions` (PEP 562)."""
    if name.startswith("_"):
        raise AttributeError(name)
    found = getattr(import_module("konv.functions"), name, None)
    if found is None:
        raise AttributeError(f"module 'konv.ops' has no attribute {name!r}")
    return found
