"""Which network to train: one by name, or a small one of two convolutions; with another activation or pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from konv import zoo
from konv.errors import ConfigurationError
from konv.layers import Activation, AveragePooling2D, Conv2D, Dense, Flatten, Layer, MaxPooling2D
from konv.layers.core import Input
from konv.messages import text
from konv.models import Model, Sequential
from konv.names import unknown
from konv.shapes import Shape

__all__ = ["ACTIVATIONS", "FILTERS", "KERNEL", "NETWORKS", "POOLINGS", "SMALL", "Variant"]

SMALL = "small"
NETWORKS = (SMALL, *(name for name in zoo.NETWORKS if name not in zoo.MAPS))
ACTIVATIONS = ("relu", "sigmoid", "tanh")
WINDOWS: dict[str, type[Layer]] = {"max": MaxPooling2D, "average": AveragePooling2D}
POOLINGS = tuple(WINDOWS)
KERNEL, FILTERS = 5, 8
"""Of the small network, unless asked otherwise."""


@dataclass(frozen=True)
class Variant:
    """A network, and what is different about it.

    Attributes: `network`, `small` or one of the zoo; `activation`, in place of those between its layers, `pooling`, in
    place of its windows' kind, "" for its own; of the small network alone `kernel`, the height and width of both
    kernels, and `filters` of the first convolution (the second has half as many more), 0 for 5 and 8.
    """

    network: str
    activation: str = ""
    pooling: str = ""
    kernel: int = 0
    filters: int = 0

    def check(self) -> None:
        """Refuse what there is not, before anything is built.

        Raises: UnknownNameError, with the nearest names, for a network, activation or pooling; ConfigurationError for
        a network that names no class for an image, and for kernels or filters of another than the small one.
        """
        if self.network in zoo.MAPS:
            raise ConfigurationError(text("zoo.no_classifier", network=self.network))
        for kind, name, known in (("network", self.network, NETWORKS), ("activation", self.activation, ACTIVATIONS),
                                  ("pooling", self.pooling, POOLINGS)):  # fmt: skip
            if name and name not in known:
                raise unknown(kind, name, known)
        if self.network != SMALL and (self.kernel or self.filters):
            option = "kernel" if self.kernel else "filters"
            raise ConfigurationError(text("variant.small_alone", option=option, network=self.network))

    def build(self, shape: Shape, classes: int) -> Model:
        """The network for images of `shape`, `(H, W, C)`, and so many `classes`, not compiled.

        Raises: as `check`; ConfigurationError for a choice that the network does not have; ShapeError where the images
        are too small.
        """
        self.check()
        if self.network == SMALL:
            model: Model = _small(self.kernel or KERNEL, self.filters or FILTERS, shape, classes)
        else:
            model = zoo.build(self.network, shape, classes)
        if not (self.activation or self.pooling):
            return model
        changed: set[str] = set()
        config = self._varied(model.get_config(), changed)
        for option in ("activation", "pooling"):
            if getattr(self, option) and option not in changed:
                raise ConfigurationError(text(f"variant.no_{option}", network=self.network))
        return type(model).from_config(config)

    def _varied(self, config: Any, changed: set[str]) -> Any:
        """A configuration with this activation for every one but the last, a softmax, and this kind of pooling; what
        there was to change is noted in `changed`."""
        if isinstance(config, list):
            return [self._varied(value, changed) for value in config]
        if not isinstance(config, dict):
            return config
        found = {key: self._varied(value, changed) for key, value in config.items()}
        if self.activation and found.get("activation") not in (None, "linear", "softmax"):
            found["activation"] = self.activation
            changed.add("activation")
        if self.pooling and found.get("class_name") in {kind.__name__ for kind in WINDOWS.values()}:
            found["class_name"] = WINDOWS[self.pooling].__name__
            changed.add("pooling")
        return found

    @property
    def choices(self) -> dict[str, str | int]:
        """What is chosen besides the name, under the names of the attributes: those of options and settings too."""
        own = {"kernel": self.kernel or KERNEL, "filters": self.filters or FILTERS} if self.network == SMALL else {}
        varied = {name: value for name in ("activation", "pooling") if (value := getattr(self, name))}
        return {**own, **varied}


def _small(kernel: int, filters: int, shape: Shape, classes: int) -> Model:
    size: Sequence[int] = (kernel, kernel)
    return Sequential(
        [
            Input(shape),
            Conv2D(filters, size, name="conv1"),
            Activation("relu", name="activation1"),
            MaxPooling2D(name="pool1"),
            Conv2D(filters + filters // 2, size, name="conv2"),
            Activation("relu", name="activation2"),
            MaxPooling2D(name="pool2"),
            Flatten(name="flatten"),
            Dense(classes, name="dense"),
            Activation("softmax", name="softmax"),
        ],
        name=SMALL,
    )
