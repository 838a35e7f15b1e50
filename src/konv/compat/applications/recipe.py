"""What the networks of `keras.applications` have in common: their arguments, their end, and where weights lie.

konv downloads no weights. Where a script asks for `weights="imagenet"`, the file is looked for where Keras keeps it
(`~/.keras/models`) and in `models` of the data folder (`KONV_DATA`); where it is not there, the error says its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from konv import config, layers
from konv.compat.models import Model
from konv.errors import ConfigurationError
from konv.graph import Tensor
from konv.messages import text

__all__ = [
    "Asked",
    "Recipe",
    "active",
    "application",
    "at_hand",
    "builder",
    "folders",
    "normed",
    "padded",
    "pooled_top",
]

Builder = Callable[..., Model]


@dataclass(frozen=True)
class Asked:
    """What a script asks of a network; see `application`."""

    top: bool
    weights: Any
    pooling: str | None
    classes: int
    activation: str


def pooled_top(x: Tensor, asked: Asked) -> Tensor:
    """The mean of each map, and a dense layer."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return _predictions(x, asked)


def _predictions(x: Tensor, asked: Asked) -> Tensor:
    made: Tensor = layers.Dense(asked.classes, activation=asked.activation, name="predictions")(x)
    return made


@dataclass(frozen=True)
class Recipe:
    """How a network is made.

    `name`: the model's; `body`, its convolutions; `top`, what follows where it is asked for; `size`, the side of its
    images where a script gives none; `file`, the name of Keras's weights file with a place for what those without the
    top have, `without`; `named`, whether the pooling in place of the top has a name of its own.
    """

    name: str
    body: Callable[[Tensor, Asked], Tensor]
    top: Callable[[Tensor, Asked], Tensor] = pooled_top
    size: int = 224
    file: str = ""
    without: str = "_notop"
    named: bool = False

    def model(self, asked: Asked, tensor: Tensor | None, shape: Sequence[int] | None, name: str | None = None) -> Model:
        """The network, with the weights that were asked for.

        Arguments: `tensor`, what it begins with, or `shape` of its images; `name`, by default the recipe's.
        Raises: ConfigurationError where the weights are not at hand; ModelFileError where they do not fit.
        """
        file = self._file(asked)
        begin = tensor if tensor is not None else layers.Input(shape or (self.size, self.size, 3))
        x = self.body(begin, asked)
        if asked.top:
            x = self.top(x, asked)
        elif asked.pooling in ("avg", "max"):
            kind = layers.GlobalAveragePooling2D if asked.pooling == "avg" else layers.GlobalMaxPooling2D
            x = kind(name=f"{asked.pooling}_pool" if self.named else None)(x)
        model = Model(begin, x, name=name or self.name)
        if file is not None:
            model.load_weights(file)
        return model

    def _file(self, asked: Asked) -> Path | None:
        if asked.weights is None:
            return None
        if asked.weights != "imagenet":
            return Path(asked.weights)
        pattern = self.file or f"{self.name}_weights_tf_dim_ordering_tf_kernels{{}}.h5"
        name = pattern.format("" if asked.top else self.without)
        found = at_hand(name)
        if found is None:
            where = config.data_folder()
            said = text("script.no_weights", received=asked.weights, name=self.name, file=name, folder=where)
            raise ConfigurationError(said)
        return found


def application(name: str, **recipe: Any) -> Callable[[Callable[[Tensor], Tensor]], Builder]:
    """Makes of a function of a network's convolutions the function that scripts call; `name`, `recipe` as of `Recipe`.

    Its arguments: `include_top`, whether the last layers are there; `weights`, None for new ones, `"imagenet"`, or a
    file; `input_tensor`, what it begins with, or `input_shape`, `(H, W, C)`; `pooling`, without the top `"avg"` or
    `"max"` over the last maps; `classes`; `classifier_activation`; `name`; `others`, taken for Keras's sake.
    """

    def made(body: Callable[[Tensor], Tensor]) -> Builder:
        return builder(Recipe(name, lambda x, asked: body(x), **recipe), body.__name__, body.__doc__)

    return made


def builder(recipe: Recipe, called: str, about: str | None) -> Builder:
    """The function that scripts call for a network of `recipe`; see `application`.

    Arguments: `called`, its name; `about`, its documentation.
    """

    def build(
        include_top: bool = True,
        weights: Any = "imagenet",
        input_tensor: Tensor | None = None,
        input_shape: Sequence[int] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: str = "softmax",
        name: str | None = None,
        **others: Any,
    ) -> Model:
        asked = Asked(include_top, weights, pooling, classes, classifier_activation)
        return recipe.model(asked, input_tensor, input_shape, name)

    build.__name__ = build.__qualname__ = called
    build.__doc__ = about
    return build


def folders() -> tuple[Path, Path]:
    """Where files of Keras's are looked for."""
    return config.data_folder() / "models", Path("~/.keras/models").expanduser()


def at_hand(name: str) -> Path | None:
    """The file of Keras's called `name`; None where it is not at hand."""
    return next((folder / name for folder in folders() if (folder / name).is_file()), None)


def padded(x: Tensor, kernel: int, name: str) -> Tensor:
    """Zeros around maps before a convolution of stride 2 without padding, as TensorFlow's `same` would put them."""
    after = kernel // 2
    ends = [(after - (1 - side % 2), after) for side in x.shape[:2]]
    made: Tensor = layers.ZeroPadding2D(ends, name=name)(x)
    return made


def normed(x: Tensor, prefix: str) -> Tensor:
    """Batch normalisation with the constants of Keras's ResNets and DenseNets, named behind `prefix`."""
    made: Tensor = layers.BatchNormalization(epsilon=1.001e-5, name=f"{prefix}bn")(x)
    return made


def active(x: Tensor, prefix: str) -> Tensor:
    """That, and a ReLU."""
    made: Tensor = layers.Activation("relu", name=f"{prefix}relu")(normed(x, prefix))
    return made
