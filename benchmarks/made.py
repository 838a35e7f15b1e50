"""Made networks: each asks for one kind of convolution that the notes' network lacks. They are written down once, as a
list of parts, and read in the words of Keras and konv, and of PyTorch; `benchmarks/exchange.py` makes ONNX of them."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

__all__ = ["MADE", "Convolution", "Dense", "Made", "Pool"]


@dataclass(frozen=True)
class Convolution:
    """A convolution and a ReLU. Padding is "same" at stride 1, "valid" beyond it: there every framework agrees."""

    filters: int
    size: int
    stride: int = 1

    @property
    def padding(self) -> int:
        return self.size // 2 if self.stride == 1 else 0


@dataclass(frozen=True)
class Pool:
    """The largest of every 2 × 2."""


@dataclass(frozen=True)
class Dense:
    """A fully connected layer, a ReLU behind it unless it is the last part."""

    units: int


@dataclass(frozen=True)
class Made:
    """A network of `parts` for square images of `size` and 3 channels; a softmax is behind the last part."""

    size: int
    parts: tuple[Convolution | Pool | Dense, ...]

    def shapes(self) -> list[tuple[int, int]]:
        """What each part is given: (rows, channels); a dense layer's input counts as one row."""
        found, rows, channels = [], self.size, 3
        for part in self.parts:
            if isinstance(part, Dense):
                rows, channels = 1, rows * rows * channels
            found.append((rows, channels))
            if isinstance(part, Convolution):
                rows, channels = (rows + 2 * part.padding - part.size) // part.stride + 1, part.filters
            elif isinstance(part, Pool):
                rows //= 2
            else:
                channels = part.units
        return found

    def flop(self) -> int:
        """Floating-point operations of a training step for one image, counted as `networks.notes_flop` counts."""
        found = []
        for part, (rows, channels) in zip(self.parts, self.shapes(), strict=True):
            if isinstance(part, Dense):
                found.append(channels * part.units)
            elif isinstance(part, Convolution):
                out = (rows + 2 * part.padding - part.size) // part.stride + 1
                found.append(out * out * part.size**2 * channels * part.filters)
        return 2 * (3 * sum(found) - found[0])

    def keras(self, words: ModuleType) -> Any:
        """The network in the words of the module `keras` or the module `konv`."""
        layers, made = words.layers, [words.layers.Input((self.size, self.size, 3))]
        for i, part in enumerate(self.parts):
            if isinstance(part, Convolution):
                how = "same" if part.stride == 1 else "valid"
                made.append(layers.Conv2D(part.filters, part.size, part.stride, padding=how, activation="relu"))
            elif isinstance(part, Pool):
                made.append(layers.MaxPooling2D(2))
            else:
                if not isinstance(self.parts[i - 1], Dense):
                    made.append(layers.Flatten())
                made.append(layers.Dense(part.units, activation="softmax" if i == len(self.parts) - 1 else "relu"))
        return words.models.Sequential(made)

    def torch(self, torch: ModuleType) -> Any:
        """The network in PyTorch's words, giving logits."""
        nn, made = torch.nn, []
        for i, (part, (_, channels)) in enumerate(zip(self.parts, self.shapes(), strict=True)):
            if isinstance(part, Convolution):
                convolution = nn.Conv2d(channels, part.filters, part.size, part.stride, part.padding)
                made += [convolution, nn.ReLU()]
            elif isinstance(part, Pool):
                made.append(nn.MaxPool2d(2))
            else:
                made += [nn.Flatten()] if not isinstance(self.parts[i - 1], Dense) else []
                made += [nn.Linear(channels, part.units)] + [nn.ReLU()] * (i < len(self.parts) - 1)
        return nn.Sequential(*made)


def _blocks(*blocks: tuple[int, int]) -> tuple[Convolution | Pool | Dense, ...]:
    """3×3 convolutions and a pooling behind them, for each (filters, number)."""
    return tuple(part for filters, number in blocks for part in (*[Convolution(filters, 3)] * number, Pool()))


MADE = {
    "plain": Made(32, (*_blocks((64, 2), (128, 2), (256, 4)), Dense(10))),
    "vgg16": Made(
        224,
        (*_blocks((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), Dense(4096), Dense(4096), Dense(10)),
    ),
    "vgg": Made(
        32,
        (Convolution(64, 3), Convolution(64, 3), Pool(), Convolution(128, 3), Convolution(128, 3), Pool(),
         Convolution(256, 3), Convolution(256, 3), Convolution(256, 3), Pool(), Dense(512), Dense(10)),
    ),
    "5x5": Made(32, (Convolution(32, 5), Pool(), Convolution(64, 5), Pool(), Convolution(128, 5), Dense(10))),
    "strided": Made(65, (Convolution(32, 3, 2), Convolution(64, 3, 2), Convolution(128, 3, 2), Dense(10))),
    "1x1": Made(
        32,
        (Convolution(64, 3), Pool(), Convolution(128, 1), Convolution(128, 1), Pool(), Convolution(256, 1),
         Convolution(256, 1), Pool(), Dense(10)),
    ),
    "11x11": Made(131, (Convolution(96, 11, 4), Pool(), Convolution(192, 5), Pool(), Convolution(256, 3), Dense(10))),
}  # fmt: skip
