"""What the lab trains, as a person has chosen it on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from konv.errors import ConfigurationError
from konv.messages import text
from konv.models import Model
from konv.runs.variant import ACTIVATIONS, FILTERS, KERNEL, NETWORKS, POOLINGS, SMALL, Variant
from konv.shapes import Shape
from konv.train import optimizers

__all__ = ["LOSS", "OPTIMIZERS", "Recipe", "network", "recipe_of"]

OPTIMIZERS = ("adam", "sgd", "rmsprop")
LOSS = "sparse_categorical_crossentropy"
RANGES: dict[str, tuple[float, float]] = {
    "kernel": (1, 9), "filters": (1, 32), "learning_rate": (1e-6, 10), "epochs": (1, 200), "batch_size": (1, 512),
}  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What a person chooses before training: the network and how it learns.

    Attributes: `network`, `activation`, `pooling`, `kernel`, `filters`, as of `konv.runs.variant.Variant`; `optimizer`,
    a name; `learning_rate`; `epochs`; `batch_size`, images a step; `seed`.
    """

    network: str = SMALL
    activation: str = ""
    pooling: str = ""
    optimizer: str = "adam"
    kernel: int = KERNEL
    filters: int = FILTERS
    learning_rate: float = 0.002
    epochs: int = 6
    batch_size: int = 32
    seed: int = 0

    @property
    def variant(self) -> Variant:
        """The network that is asked for."""
        own = (self.kernel, self.filters) if self.network == SMALL else ()
        return Variant(self.network, self.activation, self.pooling, *own)

    def to_json(self) -> dict[str, Any]:
        """The recipe as a dictionary, fit for JSON."""
        return asdict(self)


def recipe_of(given: Mapping[str, Any]) -> Recipe:
    """The recipe that `given`, read from JSON, asks for; what is left out stays as it is.

    Raises: ConfigurationError for a value that makes no sense.
    """
    choices = {"network": NETWORKS, "activation": ("", *ACTIVATIONS), "pooling": ("", *POOLINGS),
               "optimizer": OPTIMIZERS}  # fmt: skip
    values: dict[str, Any] = {}
    for field in fields(Recipe):
        value = given.get(field.name, field.default)
        if field.name in choices:
            if value not in choices[field.name]:
                known = ", ".join(filter(None, choices[field.name]))
                raise ConfigurationError(text("unknown_setting", name=field.name, received=value, known=known))
        else:
            value = _number(field.name, value, float if field.name == "learning_rate" else int)
        values[field.name] = value
    return Recipe(**values)


def _number(name: str, value: object, kind: type[int] | type[float]) -> int | float:
    least, most = RANGES.get(name, (0, 2**32 - 1))
    value = None if isinstance(value, bool) else value
    if isinstance(value, int | float) and least <= value <= most and (kind is float or value == int(value)):
        return kind(value)
    allowed = {"least": f"{least:g}", "most": f"{most:g}"}
    raise ConfigurationError(text("lab.bad_number", name=name, received=value, **allowed))


def network(recipe: Recipe, shape: Shape, classes: Sequence[str], divide_by: float = 255.0) -> Model:
    """The network of `recipe` for images of `shape`, `(H, W, C)`, and these `classes`; compiled.

    Arguments: `divide_by`, what pixels are divided by.
    Raises: ConfigurationError for a choice the network does not have; ShapeError where the images are too small.
    """
    model = recipe.variant.build(shape, len(classes))
    model.class_names = list(classes)
    model.preprocessing = {"divide_by": divide_by}
    optimizer = optimizers.get(recipe.optimizer)
    optimizer.learning_rate = recipe.learning_rate
    model.compile(optimizer, LOSS, ["accuracy"])
    return model
