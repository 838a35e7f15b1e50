"""What the lab trains: a small network of two convolutions, or one by name; with other activations or pooling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from konv import zoo
from konv.errors import ConfigurationError
from konv.layers import Activation, AveragePooling2D, Conv2D, Dense, Flatten, Layer, MaxPooling2D
from konv.layers.core import Input
from konv.messages import text
from konv.models import Model, Sequential
from konv.shapes import Shape
from konv.train import optimizers

__all__ = ["ACTIVATIONS", "LOSS", "NETWORKS", "OPTIMIZERS", "POOLINGS", "SMALL", "Recipe", "network", "recipe_of"]

SMALL = "small"
NETWORKS = (SMALL, *(name for name in zoo.NETWORKS if name not in zoo.MAPS))
OWN = ""
"""In place of an activation or a pooling: those the network has by itself."""
ACTIVATIONS = (OWN, "relu", "sigmoid", "tanh")
POOLINGS = (OWN, "max", "average")
OPTIMIZERS = ("adam", "sgd", "rmsprop")
LOSS = "sparse_categorical_crossentropy"
WINDOWS: dict[str, type[Layer]] = {"max": MaxPooling2D, "average": AveragePooling2D}
RANGES: dict[str, tuple[float, float]] = {
    "kernel": (1, 9), "filters": (1, 32), "learning_rate": (1e-6, 10), "epochs": (1, 200), "batch_size": (1, 512),
}  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What a person chooses before training: the network and how it learns.

    Attributes: `network`, `small` or one of the zoo; `activation`, `pooling`, `optimizer`, names, "" for the network's
    own; of the small network `kernel`, the height and width of both kernels, and `filters` of the first convolution
    (the second has half as many more); `learning_rate`; `epochs`; `batch_size`, images a step; `seed`.
    """

    network: str = SMALL
    activation: str = OWN
    pooling: str = OWN
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
    choices = {"network": NETWORKS, "activation": ACTIVATIONS, "pooling": POOLINGS, "optimizer": OPTIMIZERS}
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
    Raises: ShapeError where the images are too small for its kernels.
    """
    if recipe.network == SMALL:
        model: Model = _small(recipe, shape, len(classes))
    else:
        model = zoo.build(recipe.network, shape, len(classes))
    if recipe.activation or recipe.pooling:
        model = type(model).from_config(_varied(model.get_config(), recipe))
    model.class_names = list(classes)
    model.preprocessing = {"divide_by": divide_by}
    optimizer = optimizers.get(recipe.optimizer)
    optimizer.learning_rate = recipe.learning_rate
    model.compile(optimizer, LOSS, ["accuracy"])
    return model


def _small(recipe: Recipe, shape: Shape, classes: int) -> Model:
    size = (recipe.kernel, recipe.kernel)
    return Sequential(
        [
            Input(shape),
            Conv2D(recipe.filters, size, name="conv1"),
            Activation("relu", name="activation1"),
            MaxPooling2D(name="pool1"),
            Conv2D(recipe.filters + recipe.filters // 2, size, name="conv2"),
            Activation("relu", name="activation2"),
            MaxPooling2D(name="pool2"),
            Flatten(name="flatten"),
            Dense(classes, name="dense"),
            Activation("softmax", name="softmax"),
        ],
        name=SMALL,
    )


def _varied(config: Any, recipe: Recipe) -> Any:
    """A configuration with the recipe's activation for every one but the last, a softmax, and its kind of pooling."""
    if isinstance(config, dict):
        found = {key: _varied(value, recipe) for key, value in config.items()}
        if recipe.activation and found.get("activation") not in (None, "linear", "softmax"):
            found["activation"] = recipe.activation
        if recipe.pooling and found.get("class_name") in {kind.__name__ for kind in WINDOWS.values()}:
            found["class_name"] = WINDOWS[recipe.pooling].__name__
        return found
    return [_varied(value, recipe) for value in config] if isinstance(config, list) else config
