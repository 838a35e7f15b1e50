"""ResNets as Keras has them: biases before normalisation, strides in the first convolution of a block (in the second
one of the last block of a stage where blocks begin with normalisation)."""

from __future__ import annotations

from collections.abc import Sequence

from konv import layers
from konv.compat.applications.recipe import active, application, normed
from konv.graph import Tensor

__all__ = ["ResNet50", "ResNet50V2", "ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2"]

# Table 1 of the paper: bottlenecks in each stage.
COUNTS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
FILTERS = (64, 128, 256, 512)


@application("resnet50", named=True)
def ResNet50(x: Tensor) -> Tensor:
    """ResNet-50 of He et al., 2016; 25,636,712 parameters with its top. Arguments: see `application`."""
    return _stages(x, COUNTS[50])


@application("resnet101", named=True)
def ResNet101(x: Tensor) -> Tensor:
    """ResNet-101 of He et al., 2016; 44,707,176 parameters with its top. Arguments: see `application`."""
    return _stages(x, COUNTS[101])


@application("resnet152", named=True)
def ResNet152(x: Tensor) -> Tensor:
    """ResNet-152 of He et al., 2016; 60,419,944 parameters with its top. Arguments: see `application`."""
    return _stages(x, COUNTS[152])


@application("resnet50v2", named=True)
def ResNet50V2(x: Tensor) -> Tensor:
    """ResNet-50 of He et al., *Identity mappings in deep residual networks*, 2016: normalisation and ReLU before each
    convolution; 25,613,800 parameters with its top. Arguments: see `application`.
    """
    return _stages_v2(x, COUNTS[50])


@application("resnet101v2", named=True)
def ResNet101V2(x: Tensor) -> Tensor:
    """`ResNet50V2` with 101 layers; 44,675,560 parameters with its top. Arguments: see `application`."""
    return _stages_v2(x, COUNTS[101])


@application("resnet152v2", named=True)
def ResNet152V2(x: Tensor) -> Tensor:
    """`ResNet50V2` with 152 layers; 60,380,648 parameters with its top. Arguments: see `application`."""
    return _stages_v2(x, COUNTS[152])


def _stages(x: Tensor, counts: Sequence[int]) -> Tensor:
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    x = _pooled(active(x, "conv1_"))
    for stage, (count, filters) in enumerate(zip(counts, FILTERS, strict=True), 2):
        for number in range(1, count + 1):
            x = _block(x, filters, 2 if number == 1 and stage > 2 else 1, number == 1, f"conv{stage}_block{number}")
    return x


def _block(x: Tensor, filters: int, strides: int, projected: bool, name: str) -> Tensor:
    """A bottleneck of three convolutions beside a shortcut, which the first of a stage projects."""
    short = x
    if projected:
        short = normed(layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(x), f"{name}_0_")
    x = active(layers.Conv2D(filters, 1, strides=strides, name=f"{name}_1_conv")(x), f"{name}_1_")
    x = active(layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2_")
    x = normed(layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_")
    joined: Tensor = layers.Activation("relu", name=f"{name}_out")(layers.Add(name=f"{name}_add")([short, x]))
    return joined


def _stages_v2(x: Tensor, counts: Sequence[int]) -> Tensor:
    x = layers.ZeroPadding2D(3, name="conv1_pad")(x)
    x = _pooled(layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x))
    for stage, (count, filters) in enumerate(zip(counts, FILTERS, strict=True), 2):
        for number in range(1, count + 1):
            strides = 2 if number == count and stage < 5 else 1
            x = _block_v2(x, filters, strides, number == 1, f"conv{stage}_block{number}")
    return active(x, "post_")


def _block_v2(x: Tensor, filters: int, strides: int, projected: bool, name: str) -> Tensor:
    """A bottleneck whose shortcut is the input itself, projected in the first of a stage, thinned in the last."""
    first = active(x, f"{name}_preact_")
    if projected:
        short = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(first)
    else:
        short = layers.MaxPooling2D(1, strides=strides)(x) if strides > 1 else x
    x = active(layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(first), f"{name}_1_")
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=f"{name}_2_conv")(x)
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(active(x, f"{name}_2_"))
    joined: Tensor = layers.Add(name=f"{name}_out")([short, x])
    return joined


def _pooled(x: Tensor) -> Tensor:
    made: Tensor = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(layers.ZeroPadding2D(1, name="pool1_pad")(x))
    return made
