"""What many networks are made of: numbers of channels by a width, stems for small images, a convolution normalised."""

from __future__ import annotations

from typing import Any

from konv.graph import Tensor
from konv.layers import Activation, BatchNormalization, Conv2D, DepthwiseConv2D
from konv.shapes import Shape

__all__ = ["SMALL", "is_small", "normalised", "scaled", "threefold"]

SMALL = 96
"""Images with fewer rows or columns get a first layer without a stride: one made for 224 would leave them no map."""


def scaled(channels: int, width: float, of: int = 1) -> int:
    """`channels` times `width`, rounded to a multiple of `of`, at least one.

    Of multiples no more than a tenth of the channels may go: a larger one is taken instead. Source: `make_divisible` of
    the authors' MobileNets (tensorflow/models, slim), and of EfficientNet.
    """
    wanted = channels * width
    found = max(int(wanted / of + 0.5), 1) * of
    return found + of if of > 1 and found < 0.9 * wanted else found


def is_small(shape: Shape) -> bool:
    """Whether images of `shape` are too small for a stem made for 224 × 224."""
    return min(shape[:2]) < SMALL


def normalised(x: Tensor, activation: str | None = "relu", name: str | None = None, **options: Any) -> Tensor:
    """Batch normalisation of `x` with the constants of most papers since 2015, then `activation`; `options` its own."""
    y: Tensor = BatchNormalization(momentum=0.9, epsilon=1e-5, name=name and f"{name}_bn", **options)(x)
    return y if activation is None else Activation(activation, name=name and f"{name}_{activation}")(y)


def threefold(
    x: Tensor,
    filters: int | None,
    kernel: int,
    strides: int = 1,
    activation: str | None = "relu",
    name: str | None = None,
) -> Tensor:
    """Convolution without bias, batch normalisation, activation; depthwise where `filters` is None.

    Arguments: `kernel`, `strides` as of `Conv2D`; zeros around the image, as many before as behind, so that stride 1
    keeps its size.
    """
    options: dict[str, Any] = {"strides": strides, "padding": kernel // 2, "use_bias": False, "name": name}
    if filters is None:
        y = DepthwiseConv2D(kernel, depthwise_initializer="he_normal", **options)(x)
    else:
        y = Conv2D(filters, kernel, kernel_initializer="he_normal", **options)(x)
    return normalised(y, activation, name)
