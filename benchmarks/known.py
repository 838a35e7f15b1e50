"""Networks of the literature for 32×32 images: konv's own from `konv.zoo`, and the same in PyTorch's words. Most of
what they do is batch normalisation, 1×1 and depthwise convolutions, sums and concatenations, not 3×3 convolutions."""

from __future__ import annotations

from types import ModuleType
from typing import Any

__all__ = ["KNOWN", "konv_flop", "torch_known"]

SIZE = 32
MOBILE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""MobileNetV2, table 2: expansion, channels, repetitions, stride of the first."""


def konv_flop(model: Any) -> int:
    """Floating-point operations of a training step for one image, counted as `networks.notes_flop` counts."""
    macs = [node.op.macs(*(t.shape for t in node.inputs)) for node in model.graph.nodes if node.variables]
    return 6 * sum(macs) - 2 * macs[0]


class Parts:
    """What the networks are made of, in PyTorch's words."""

    def __init__(self, torch: ModuleType) -> None:
        self.torch, self.nn = torch, torch.nn
        parts = self

        class Joined(torch.nn.Module):  # type: ignore[misc, name-defined]
            """A way through layers and one past them, added or put side by side."""

            def __init__(self, through: Any, past: Any, side_by_side: bool = False, after: Any = None) -> None:
                super().__init__()
                self.through, self.past, self.side_by_side = through, past, side_by_side
                self.after = after or parts.nn.Identity()

            def forward(self, x: Any) -> Any:
                ways = self.past(x), self.through(x)
                return self.after(parts.torch.cat(ways, 1) if self.side_by_side else ways[0] + ways[1])

        class Option(torch.nn.Module):  # type: ignore[misc, name-defined]
            """Every second place, zeros for channels that are lacking: ResNet's shortcut without weights."""

            def __init__(self, lacking: int) -> None:
                super().__init__()
                self.lacking = lacking

            def forward(self, x: Any) -> Any:
                around = (0, 0, 0, 0, self.lacking // 2, self.lacking - self.lacking // 2)
                return parts.nn.functional.pad(x[:, :, ::2, ::2], around)

        self.joined, self.option = Joined, Option

    def normalised(self, channels: int, bend: Any) -> list[Any]:
        """Batch normalisation and what bends."""
        return [self.nn.BatchNorm2d(channels, eps=1e-5), *([bend] if bend else [])]

    def convolution(self, before: int, after: int, size: int, stride: int = 1, groups: int = 1) -> Any:
        """A convolution without bias, zeros around the image."""
        return self.nn.Conv2d(before, after, size, stride, size // 2, groups=groups, bias=False)

    def threefold(
        self, before: int, after: int, size: int, stride: int = 1, bend: Any = None, groups: int = 1
    ) -> list[Any]:
        """Convolution, batch normalisation, what bends."""
        return [self.convolution(before, after, size, stride, groups), *self.normalised(after, bend)]

    def end(self, channels: int, classes: int = 10) -> list[Any]:
        """The mean of every channel and a dense layer, giving logits."""
        return [self.nn.AdaptiveAvgPool2d(1), self.nn.Flatten(), self.nn.Linear(channels, classes)]


def _resnet20(p: Parts) -> list[Any]:
    relu = p.nn.ReLU()
    made, before = p.threefold(3, 16, 3, bend=relu), 16
    for channels in (16, 32, 64):
        for _ in range(3):
            stride = 1 if channels == before else 2
            through = p.nn.Sequential(
                *p.threefold(before, channels, 3, stride, relu), *p.threefold(channels, channels, 3)
            )
            past = p.nn.Identity() if channels == before else p.option(channels - before)
            made.append(p.joined(through, past, after=relu))
            before = channels
    return [*made, *p.end(before)]


def _densenet_bc(p: Parts, growth: int = 12, layers: int = 6) -> list[Any]:
    relu, channels = p.nn.ReLU(), 2 * growth
    made = [p.convolution(3, channels, 3)]
    for block in range(3):
        for _ in range(layers):
            through = [*p.normalised(channels, relu), p.convolution(channels, 4 * growth, 1)]
            through += [*p.normalised(4 * growth, relu), p.convolution(4 * growth, growth, 3)]
            made.append(p.joined(p.nn.Sequential(*through), p.nn.Identity(), side_by_side=True))
            channels += growth
        made += p.normalised(channels, relu)
        if block < 2:
            made += [p.convolution(channels, channels // 2, 1), p.nn.AvgPool2d(2)]
            channels //= 2
    return [*made, *p.end(channels)]


def _mobilenet_v2(p: Parts) -> list[Any]:
    relu6 = p.nn.ReLU6()
    made, before = p.threefold(3, 32, 3, bend=relu6), 32
    for expansion, channels, count, first in MOBILE:
        for number in range(count):
            stride, wide = (1 if number else first), expansion * before
            part = p.threefold(before, wide, 1, bend=relu6) if expansion > 1 else []
            part += p.threefold(wide, wide, 3, stride, relu6, groups=wide) + p.threefold(wide, channels, 1)
            whole = p.nn.Sequential(*part)
            made.append(p.joined(whole, p.nn.Identity()) if stride == 1 and channels == before else whole)
            before = channels
    pooled, flat, dense = p.end(1280)
    return [*made, *p.threefold(before, 1280, 1, bend=relu6), pooled, flat, p.nn.Dropout(0.2), dense]


KNOWN = {"resnet20": _resnet20, "densenet_bc": _densenet_bc, "mobilenet_v2": _mobilenet_v2}


def torch_known(name: str, torch: ModuleType) -> Any:
    """A network in PyTorch's words, giving logits."""
    return torch.nn.Sequential(*KNOWN[name](Parts(torch)))
