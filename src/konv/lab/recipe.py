"""The small networks that the lab trains: twice convolution, activation and pooling, then a dense layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from konv.errors import ConfigurationError
from konv.layers import Activation, AveragePooling2D, Conv2D, Dense, Flatten, Layer, MaxPooling2D
from konv.layers.core import Input
from konv.messages import text
from konv.models import Model, Sequential
from konv.shapes import Shape
from konv.train import optimizers

__all__ = ["ACTIVATIONS", "OPTIMIZERS", "POOLINGS", "Recipe", "network", "recipe_of"]

ACTIVATIONS = ("relu", "sigmoid", "tanh")
POOLINGS = ("max", "average")
OPTIMIZERS = ("adam", "sgd", "rmsprop")
LOSS = "sparse_categorical_crossentropy"
RANGES: dict[str, tuple[float, float]] = {
    "kernel": (1, 9), "filters": (1, 32), "learning_rate": (1e-6, 10), "epochs": (1, 200), "batch_size": (1, 512),
}  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What a person chooses before training: the network and how it learns.

    Attributes: `activation`, `pooling`, `optimizer`, names; `kernel`, the height and width of both kernels; `filters`
    of the first convolution (the second has half as many more); `learning_rate`; `epochs`; `batch_size`, images a step;
    `seed`.
    """

    activation: str = "relu"
    pooling: str = "max"
    optimizer: str = "adam"
    kernel: int = 5
    filters: int = 8
    learning_rate: float = 0.002
    epochs: int = 6
    batch_size: int = 32
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        """The recipe as a dictionary, fit for JSON."""
        return asdict(self)


def recipe_of(given: Mapping[str, Any]) -> Recipe:
    """The recipe that `given`, read from JSON, asks for; what is left out stays as it is.

    Raises: ConfigurationError for a value that makes no sense.
    """
    choices = {"activation": ACTIVATIONS, "pooling": POOLINGS, "optimizer": OPTIMIZERS}
    values: dict[str, Any] = {}
    for field in fields(Recipe):
        value = given.get(field.name, field.default)
        if field.name in choices:
            if value not in choices[field.name]:
                known = ", ".join(choices[field.name])
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


def network(recipe: Recipe, shape: Shape, classes: Sequence[str]) -> Model:
    """The network of `recipe` for images of `shape`, `(H, W, C)`, and these `classes`; compiled.

    Raises: ShapeError where the images are too small for its kernels.
    """
    pooling: type[Layer] = MaxPooling2D if recipe.pooling == "max" else AveragePooling2D
    size = (recipe.kernel, recipe.kernel)
    model = Sequential(
        [
            Input(shape),
            Conv2D(recipe.filters, size, name="conv1"),
            Activation(recipe.activation, name=f"{recipe.activation}1"),
            pooling(name="pool1"),
            Conv2D(recipe.filters + recipe.filters // 2, size, name="conv2"),
            Activation(recipe.activation, name=f"{recipe.activation}2"),
            pooling(name="pool2"),
            Flatten(name="flatten"),
            Dense(len(classes), name="dense"),
            Activation("softmax", name="softmax"),
        ],
        name="clothes",
    )
    model.class_names = list(classes)
    model.preprocessing = {"divide_by": 255.0}
    optimizer = optimizers.get(recipe.optimizer)
    optimizer.learning_rate = recipe.learning_rate
    model.compile(optimizer, LOSS, ["accuracy"])
    return model
