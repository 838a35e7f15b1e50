"""DenseNets as Keras has them: Huang et al., *Densely connected convolutional networks*, 2017, table 1."""

from __future__ import annotations

from collections.abc import Sequence

from konv import layers
from konv.compat.applications.recipe import active, application
from konv.graph import Tensor
from konv.zoo.densenet import BOTTLENECK, COMPRESSION

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201"]

GROWTH = 32


@application("densenet121", named=True)
def DenseNet121(x: Tensor) -> Tensor:
    """DenseNet-121; 8,062,504 parameters with its top. Arguments: see `application`."""
    return _blocks(x, (6, 12, 24, 16))


@application("densenet169", named=True)
def DenseNet169(x: Tensor) -> Tensor:
    """DenseNet-169; 14,307,880 parameters with its top. Arguments: see `application`."""
    return _blocks(x, (6, 12, 32, 32))


@application("densenet201", named=True)
def DenseNet201(x: Tensor) -> Tensor:
    """DenseNet-201; 20,242,984 parameters with its top. Arguments: see `application`."""
    return _blocks(x, (6, 12, 48, 32))


def _blocks(x: Tensor, counts: Sequence[int]) -> Tensor:
    x = layers.ZeroPadding2D(3)(x)
    x = layers.Conv2D(2 * GROWTH, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = layers.ZeroPadding2D(1)(active(x, "conv1_"))
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, count in enumerate(counts, 2):
        for number in range(1, count + 1):
            name = f"conv{stage}_block{number}"
            x = layers.Concatenate(name=f"{name}_concat")([x, _added(x, name)])
        if stage < len(counts) + 1:
            x = active(x, f"pool{stage}_")
            x = layers.Conv2D(int(x.shape[2] * COMPRESSION), 1, use_bias=False, name=f"pool{stage}_conv")(x)
            x = layers.AveragePooling2D(2, name=f"pool{stage}_pool")(x)
    return active(x, "")


def _added(x: Tensor, name: str) -> Tensor:
    """What a layer adds: normalised, 1×1, normalised, 3×3."""
    y = layers.Conv2D(BOTTLENECK * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(active(x, f"{name}_0_"))
    y = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(active(y, f"{name}_1_"))
    made: Tensor = y
    return made
