"""The layers of six networks at 224×224×3 (AlexNet 227×227×3), each distinct shape once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Shape:
    """One layer, of `kind` "convolution", "depthwise", "max", "mean", "global" (average), "normalisation" or "dense".

    Its input is `size`² pixels of `channels`; `padding`: zeros before and behind. Of a dense layer `channels` are the
    features, and `size` is 1.
    """

    kind: str
    size: int
    channels: int
    filters: int = 0
    kernel: int = 1
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    groups: int = 1
    network: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.kind == "dense":
            return f"dense {self.channels}→{self.filters}"
        if self.kind in ("normalisation", "global"):
            return f"{self.kind} {self.size}²×{self.channels}"
        made = f"→{self.filters}" if self.filters != self.channels else ""
        parts = f"{self.kind} {self.kernel}×{self.kernel} {self.size}²×{self.channels}{made}"
        return parts + (f" /{self.stride}" if self.stride > 1 else "") + (f" g{self.groups}" if self.grouped else "")

    @property
    def grouped(self) -> bool:
        """Whether it is in groups, but not channel by channel."""
        return 1 < self.groups < self.channels


def conv(size: int, channels: int, filters: int, kernel: int = 1, stride: int = 1, groups: int = 1,
         padding: int | None = None) -> Shape:  # fmt: skip
    """A convolution, padded so that at stride 1 the size stays, unless `padding` says otherwise."""
    around = kernel // 2 if padding is None else padding
    kind = "depthwise" if groups == channels > 1 else "convolution"
    return Shape(kind, size, channels, filters, kernel, stride, (around, around), groups)


def pool(kind: str, size: int, channels: int, kernel: int, stride: int, padding: int = 0) -> Shape:
    return Shape(kind, size, channels, channels, kernel, stride, (padding, padding))


def norm(size: int, channels: int) -> Shape:
    """A batch normalisation."""
    return Shape("normalisation", size, channels, channels)


def mean(size: int, channels: int) -> Shape:
    """A global average pooling."""
    return Shape("global", size, channels, channels)


def dense(*widths: int) -> Iterator[Shape]:
    return (Shape("dense", 1, a, b) for a, b in pairwise(widths))


def alexnet() -> Iterator[Shape]:
    yield conv(227, 3, 96, 11, 4, padding=0)
    yield pool("max", 55, 96, 3, 2)
    yield conv(27, 96, 256, 5, groups=2)
    yield pool("max", 27, 256, 3, 2)
    yield conv(13, 256, 384, 3)
    yield conv(13, 384, 384, 3, groups=2)
    yield conv(13, 384, 256, 3, groups=2)
    yield pool("max", 13, 256, 3, 2)
    yield from dense(9216, 4096, 4096, 1000)


def vgg16() -> Iterator[Shape]:
    size, channels = 224, 3
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            yield conv(size, channels, filters, 3)
            channels = filters
        yield pool("max", size, channels, 2, 2)
        size //= 2
    yield from dense(25088, 4096, 4096, 1000)


def _stem() -> Iterator[Shape]:
    """What ResNet and DenseNet begin with."""
    yield conv(224, 3, 64, 7, 2)
    yield norm(112, 64)
    yield pool("max", 112, 64, 3, 2, 1)


def resnet50() -> Iterator[Shape]:
    yield from _stem()
    size, channels = 56, 64
    for width, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(count):
            stride = 2 if block == 0 and width > 64 else 1
            yield conv(size, channels, width)
            yield norm(size, width)
            yield conv(size, width, width, 3, stride)
            if block == 0:
                yield conv(size, channels, 4 * width, 1, stride)
            size, channels = size // stride, 4 * width
            yield norm(size, width)
            yield conv(size, width, channels)
            yield norm(size, channels)
    yield mean(7, 2048)
    yield from dense(2048, 1000)


def densenet121() -> Iterator[Shape]:
    yield from _stem()
    size, channels = 56, 64
    for number, count in enumerate((6, 12, 24, 16)):
        for _ in range(count):
            yield norm(size, channels)
            yield conv(size, channels, 128)
            yield norm(size, 128)
            yield conv(size, 128, 32, 3)
            channels += 32
        yield norm(size, channels)
        if number < 3:
            yield conv(size, channels, channels // 2)
            channels //= 2
            yield pool("mean", size, channels, 2, 2)
            size //= 2
    yield mean(7, 1024)
    yield from dense(1024, 1000)


def mobilenet_v2() -> Iterator[Shape]:
    yield conv(224, 3, 32, 3, 2)
    yield norm(112, 32)
    size, channels = 112, 32
    for times, filters, count, stride in ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                          (6, 160, 3, 2), (6, 320, 1, 1)):  # fmt: skip
        for block in range(count):
            step, wide = stride if block == 0 else 1, channels * times
            if times > 1:
                yield conv(size, channels, wide)
                yield norm(size, wide)
            yield conv(size, wide, wide, 3, step, groups=wide)
            size //= step
            yield norm(size, wide)
            yield conv(size, wide, filters)
            yield norm(size, filters)
            channels = filters
    yield conv(7, 320, 1280)
    yield norm(7, 1280)
    yield mean(7, 1280)
    yield from dense(1280, 1000)


def squeezenet() -> Iterator[Shape]:
    yield conv(224, 3, 96, 7, 2, padding=0)
    size, channels = 109, 96
    for squeeze, expand, pooled in ((16, 64, True), (16, 64, False), (32, 128, False), (32, 128, True),
                                    (48, 192, False), (48, 192, False), (64, 256, False), (64, 256, True)):  # fmt: skip
        if pooled:
            yield pool("max", size, channels, 3, 2)
            size = -(-(size - 3) // 2) + 1  # rounded up, as in Caffe; the pooling itself is measured rounded down
        yield conv(size, channels, squeeze)
        yield conv(size, squeeze, expand)
        yield conv(size, squeeze, expand, 3)
        channels = 2 * expand
    yield conv(size, channels, 1000)
    yield mean(size, 1000)


NETWORKS = {
    "alexnet": alexnet, "vgg16": vgg16, "resnet50": resnet50, "densenet121": densenet121,
    "mobilenet_v2": mobilenet_v2, "squeezenet": squeezenet,
}  # fmt: skip


def distinct(networks: list[str]) -> list[Shape]:
    """Every layer shape of `networks` once, in order, with the network that has it first."""
    found: dict[Shape, Shape] = {}
    for name in networks:
        for shape in NETWORKS[name]():
            found.setdefault(shape, Shape(**{**vars(shape), "network": name}))
    return list(found.values())
