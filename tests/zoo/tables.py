"""Every network of the zoo once more, from its paper's table, as sums alone: no layer of konv has part in it.

A `Walk` goes through a network with a `Map` in hand and adds up, as the papers do, the numbers that
training adjusts and the multiply-adds that meet a weight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Map(NamedTuple):
    """Height and width, which are equal, and channels; how many pixels a number sees along a side, and how far apart
    neighbours look: r + (k − 1)·j and j·s behind a window of k and stride s."""

    side: int
    channels: int
    field: int = 1
    jump: int = 1

    def behind(self, side: int, channels: int, kernel: int, stride: int) -> Map:
        return Map(side, channels, self.field + (kernel - 1) * self.jump, self.jump * stride)


class Walk:
    """What has been added up so far: `parameters`, `macs`; `maps`, what convolutions and dense layers gave."""

    def __init__(self) -> None:
        self.parameters = self.macs = 0
        self.maps: list[Map] = []

    def conv(
        self, x: Map, filters: int, kernel: int, stride: int = 1, pad: int | None = None, bias: bool = True,
        groups: int = 1, norm: bool = False,
    ) -> Map:  # fmt: skip
        """`pad` zeros on each side, by default as many as keep the size; `norm`: batch normalisation for the bias."""
        side, channels = x.side, x.channels
        made = (side + 2 * (kernel // 2 if pad is None else pad) - kernel) // stride + 1
        weights = kernel * kernel * (channels // groups) * filters
        self.parameters += weights + (2 * filters if norm else filters * bias)
        self.macs += made * made * weights
        self.maps.append(x.behind(made, filters, kernel, stride))
        return self.maps[-1]

    def dense(self, features: int, units: int) -> int:
        self.parameters += (features + 1) * units
        self.macs += features * units
        self.maps.append(Map(1, units))
        return units

    def norm(self, x: Map) -> Map:
        self.parameters += 2 * x.channels
        return x

    def up(self, x: Map, filters: int) -> Map:
        """A transposed convolution 2×2 of stride 2."""
        self.parameters += 4 * x.channels * filters + filters
        self.macs += x.side**2 * 4 * x.channels * filters
        self.maps.append(Map(2 * x.side, filters))
        return self.maps[-1]

    def classes(self, x: Map, hidden: int, units: int) -> None:
        """Two dense layers and a third of `units`."""
        self.dense(self.dense(self.dense(x.side**2 * x.channels, hidden), hidden), units)


def joined(ways: list[Map]) -> Map:
    """Channels side by side: the widest view counts."""
    return Map(ways[0].side, sum(way.channels for way in ways), max(way.field for way in ways), ways[0].jump)


def pooled(x: Map, window: int, stride: int, rounded_up: bool = False, pad: int = 0) -> Map:
    over = x.side + 2 * pad - window
    return x.behind((-(-over // stride) if rounded_up else over // stride) + 1, x.channels, window, stride)


def notes(w: Walk) -> None:
    x = Map(32, 3)
    for filters in (32, 64):
        x = pooled(w.conv(w.conv(x, filters, 3), filters, 3, pad=0), 2, 2)
    w.dense(w.dense(x.side**2 * x.channels, 512), 10)


def lenet5(w: Walk) -> None:
    x = pooled(w.conv(Map(32, 1), 6, 5, pad=0), 2, 2)
    x = pooled(w.conv(x, 16, 5, pad=0), 2, 2)
    w.dense(w.dense(w.dense(400, 120), 84), 10)


def alexnet(w: Walk) -> None:
    x = pooled(w.conv(Map(227, 3), 96, 11, 4, pad=0), 3, 2)
    x = pooled(w.conv(x, 256, 5, groups=2), 3, 2)
    x = w.conv(w.conv(x, 384, 3), 384, 3, groups=2)
    w.classes(pooled(w.conv(x, 256, 3, groups=2), 3, 2), 4096, 1000)


def alexnet_one_tower(w: Walk) -> None:
    x = pooled(w.conv(Map(224, 3), 64, 11, 4, pad=2), 3, 2)
    x = pooled(w.conv(x, 192, 5), 3, 2)
    for filters in (384, 256, 256):
        x = w.conv(x, filters, 3)
    w.classes(pooled(x, 3, 2), 4096, 1000)


def zfnet(w: Walk) -> None:
    x = pooled(w.conv(Map(224, 3), 96, 7, 2, pad=1), 3, 2, rounded_up=True)
    x = pooled(w.conv(x, 256, 5, 2, pad=0), 3, 2, rounded_up=True)
    for filters in (384, 384, 256):
        x = w.conv(x, filters, 3)
    w.classes(pooled(x, 3, 2), 4096, 1000)


def vgg(*columns: int) -> Callable[[Walk], None]:
    def walk(w: Walk) -> None:
        x = Map(224, 3)
        for count, filters in zip(columns, (64, 128, 256, 512, 512), strict=True):
            for _ in range(count):
                x = w.conv(x, filters, 3)
            x = pooled(x, 2, 2)
        w.classes(x, 4096, 1000)

    return walk


def nin(w: Walk) -> None:
    x = Map(32, 3)
    for kernel, sizes in ((5, (192, 160, 96)), (5, (192, 192, 192)), (3, (192, 192, 10))):
        for k, filters in zip((kernel, 1, 1), sizes, strict=True):
            x = w.conv(x, filters, k)
        x = pooled(x, 3, 2, rounded_up=True)


def googlenet(w: Walk) -> None:
    x = pooled(w.conv(Map(224, 3), 64, 7, 2), 3, 2, rounded_up=True)
    x = pooled(w.conv(w.conv(x, 64, 1), 192, 3), 3, 2, rounded_up=True)
    # Columns "#1×1", "#3×3 reduce", "#3×3", "#5×5 reduce", "#5×5", "pool proj"; a pooling where there is none.
    rows = """64 96 128 16 32 32 / 128 128 192 32 96 64 / pool / 192 96 208 16 48 64 / 160 112 224 24 64 64 /
    128 128 256 24 64 64 / 112 144 288 32 64 64 / 256 160 320 32 128 128 / pool / 256 160 320 32 128 128 /
    384 192 384 48 128 128"""
    for row in rows.split("/"):
        if row.strip() == "pool":
            x = pooled(x, 3, 2, rounded_up=True)
            continue
        one, before3, three, before5, five, after = map(int, row.split())
        ways = [w.conv(x, one, 1), w.conv(w.conv(x, before3, 1), three, 3), w.conv(w.conv(x, before5, 1), five, 5),
                w.conv(pooled(x, 3, 1, pad=1), after, 1)]  # fmt: skip
        x = joined(ways)
    w.dense(x.channels, 1000)


def resnet(deep: bool, *counts: int) -> Callable[[Walk], None]:
    def walk(w: Walk) -> None:
        x = pooled(w.conv(Map(224, 3), 64, 7, 2, norm=True), 3, 2, pad=1)
        for stage, count in enumerate(counts):
            filters = 64 * 2**stage
            out = 4 * filters if deep else filters
            for number in range(count):
                stride = 2 if stage and not number else 1
                if (x.channels, stride) != (out, 1):
                    w.conv(x, out, 1, stride, norm=True)
                if deep:
                    x = w.conv(w.conv(x, filters, 1, stride, norm=True), filters, 3, norm=True)
                    x = w.conv(x, out, 1, norm=True)
                else:
                    x = w.conv(w.conv(x, filters, 3, stride, norm=True), filters, 3, norm=True)
        w.dense(x.channels, 1000)

    return walk


def resnet_cifar(n: int) -> Callable[[Walk], None]:
    def walk(w: Walk) -> None:
        x = w.conv(Map(32, 3), 16, 3, norm=True)
        for number in range(6 * n):
            filters = 16 * 2 ** (number // (2 * n))
            x = w.conv(x, filters, 3, 1 if x.channels == filters else 2, norm=True)
        w.dense(x.channels, 10)

    return walk


def dense_blocks(w: Walk, x: Map, counts: tuple[int, ...], k: int, classes: int) -> None:
    for block, count in enumerate(counts):
        for _ in range(count):
            x = joined([x, w.conv(w.norm(w.conv(w.norm(x), 4 * k, 1, bias=False)), k, 3, bias=False)])
        if block < len(counts) - 1:
            x = pooled(w.conv(w.norm(x), x.channels // 2, 1, bias=False), 2, 2)
    w.dense(w.norm(x).channels, classes)


def densenet121(w: Walk) -> None:
    dense_blocks(w, pooled(w.conv(Map(224, 3), 64, 7, 2, norm=True), 3, 2, pad=1), (6, 12, 24, 16), 32, 1000)


def densenet_bc(w: Walk, depth: int = 40) -> None:
    dense_blocks(w, w.conv(Map(32, 3), 24, 3, bias=False), ((depth - 4) // 6,) * 3, 12, 10)


def squeezenet(w: Walk) -> None:
    x = pooled(w.conv(Map(227, 3), 96, 7, 2, pad=0), 3, 2)
    for number, squeeze in enumerate((16, 16, 32, 32, 48, 48, 64, 64), 2):
        small = w.conv(x, squeeze, 1)
        x = joined([w.conv(small, 4 * squeeze, 1), w.conv(small, 4 * squeeze, 3)])
        x = pooled(x, 3, 2) if number in (4, 8) else x
    w.conv(x, 1000, 1)


def separable(w: Walk, x: Map, filters: int, kernel: int, stride: int) -> Map:
    return w.conv(w.conv(x, x.channels, kernel, stride, groups=x.channels, norm=True), filters, 1, norm=True)


def mobilenet_v1(w: Walk) -> None:
    x = w.conv(Map(224, 3), 32, 3, 2, norm=True)
    for filters in (64, 128, 128, 256, 256, *[512] * 6, 1024, 1024):
        x = separable(w, x, filters, 3, 2 if filters > x.channels and filters > 64 else 1)
    w.dense(x.channels, 1000)


def inverted(w: Walk, rows: tuple[tuple[int, ...], ...]) -> None:
    """Rows of expansion, channels, repetitions, stride, kernel."""
    x = w.conv(Map(224, 3), 32, 3, 2, norm=True)
    for expansion, filters, count, stride, kernel in rows:
        for number in range(count):
            wide = x if expansion == 1 else w.conv(x, expansion * x.channels, 1, norm=True)
            x = separable(w, wide, filters, kernel, 1 if number else stride)
    w.dense(w.conv(x, 1280, 1, norm=True).channels, 1000)


def mobilenet_v2(w: Walk) -> None:
    inverted(w, ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 32, 3, 2, 3), (6, 64, 4, 2, 3), (6, 96, 3, 1, 3),
                 (6, 160, 3, 2, 3), (6, 320, 1, 1, 3)))  # fmt: skip


def efficientnet_lite0(w: Walk) -> None:
    inverted(w, ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5),
                 (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)))  # fmt: skip


def unet(w: Walk) -> None:
    def pair(x: Map, filters: int) -> Map:
        return w.conv(w.conv(x, filters, 3, pad=0), filters, 3, pad=0)

    x = Map(572, 1)
    for filters in (64, 128, 256, 512):
        x = pooled(pair(x, filters), 2, 2)
    x = pair(x, 1024)
    for filters in (512, 256, 128, 64):
        x = pair(Map(w.up(x, filters).side, 2 * filters), filters)
    w.conv(x, 2, 1)


def autoencoder(w: Walk) -> None:
    x, sides = Map(28, 1), []
    for filters in (16, 8, 8):
        sides.append(x.side)
        x = pooled(w.conv(x, filters, 3), 2, 2, rounded_up=True)
    for filters in (8, 8, 16):
        x = Map(sides.pop(), w.conv(x, filters, 3).channels)
    w.conv(x, 1, 3)


TABLES: dict[str, Callable[[Walk], None]] = {
    "notes": notes, "lenet5": lenet5, "alexnet": alexnet, "alexnet_one_tower": alexnet_one_tower, "zfnet": zfnet,
    "vgg11": vgg(1, 1, 2, 2, 2), "vgg16": vgg(2, 2, 3, 3, 3), "vgg19": vgg(2, 2, 4, 4, 4), "nin": nin,
    "googlenet": googlenet, "resnet18": resnet(False, 2, 2, 2, 2), "resnet34": resnet(False, 3, 4, 6, 3),
    "resnet50": resnet(True, 3, 4, 6, 3), "resnet20": resnet_cifar(3), "resnet56": resnet_cifar(9),
    "densenet121": densenet121, "densenet_bc": densenet_bc, "squeezenet": squeezenet, "mobilenet_v1": mobilenet_v1,
    "mobilenet_v2": mobilenet_v2, "efficientnet_lite0": efficientnet_lite0, "unet": unet, "autoencoder": autoencoder,
}  # fmt: skip
