"""What the lab looks at: a network, and the images to show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from konv import zoo
from konv.data import DataSet, embedded
from konv.data.images import decode, fit, with_channels
from konv.errors import ConfigurationError, DataError
from konv.explain.look import receptive_field
from konv.explain.look.network import Place, opened
from konv.messages import text
from konv.models import Model
from konv.ops import Dropout
from konv.ops.record import Array
from konv.runs.sources import load_run, named_network, names_of, own_test, prepared
from konv.shapes import Shape, show

__all__ = ["CLOTHES", "Subject", "spot", "subject_of"]

CLOTHES = Path(__file__).parent / "clothes.konv"
"""A small network trained on the images inside konv, by `tools/make_lab_network.py`."""


FIELDS = 256
"""Places whose receptive fields are remembered: those under a pointer that comes back, and all of a dense layer's."""


class Subject:
    """A network and images to show it.

    Arguments: `model`, of one image `(H, W, C)` and any output; `data`, images (of any size) to choose from;
    `prepare`, from uint8 `(n, H, W, C)` to what the model takes; `classes`, the names of its outputs; `trained`, False
    for a network whose weights are still random; `name`, what the page calls it.
    Attributes: `field`, the `konv.explain.look.receptive_field` of a layer's place.
    Raises: ConfigurationError for a network that does not take one image.
    """

    def __init__(
        self,
        model: Model,
        data: DataSet,
        prepare: Callable[[Array], Array],
        classes: Sequence[str],
        trained: bool = True,
        name: str = "",
    ) -> None:
        shape = model.graph.inputs[0].shape
        if len(model.graph.inputs) != 1 or len(shape) != 3 or shape[2] not in (1, 3):
            raise ConfigurationError(text("lab.takes_no_image", name=name or model.name, received=show(shape)))
        self.model, self.data, self.trained, self.name = model, data, trained, name or model.name
        self.prepare, self.classes = prepare, tuple(classes)
        self.shape: Shape = shape
        self.view = opened(model)
        self.field = lru_cache(FIELDS)(partial(receptive_field, model))

    def pixels(self, number: int) -> Array:
        """The image of that `number`, uint8 `(H, W, C)`, fitted. Raises: DataError where there is none."""
        if not 0 <= number < len(self.data):
            raise DataError(text("lab.no_such_sample", received=number, count=len(self.data)))
        image: Array = self.data.x[number]
        if image.dtype.kind == "f":
            image = (np.clip(image, 0, 1) * 255).round().astype(np.uint8)
        if image.shape == self.shape:
            return image
        picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        return self._fitted(picture)

    def read(self, content: bytes, name: str) -> Array:
        """The image file `content`, called `name`, fitted: uint8 `(H, W, C)`. Raises: ImageError where it is none."""
        return self._fitted(decode(BytesIO(content), name))

    def _fitted(self, picture: Image.Image) -> Array:
        return with_channels(fit(picture, self.shape[0], self.shape[1]), self.shape[2])

    def label(self, number: int) -> int | None:
        """The class of the image of that `number`, None where the network does not know classes of that name."""
        name = self.data.classes[int(self.data.y[number])]
        return self.classes.index(name) if name in self.classes else None

    def place(self, layer: str) -> Place:
        """The layer of that name. Raises: UnknownNameError, with the nearest names, where there is none."""
        return self.view.find(layer)

    @property
    def shown(self) -> tuple[Place, ...]:
        """The layers worth a place on the screen: dropout does nothing in prediction."""
        return tuple(p for p in self.view.places if not isinstance(p.operation.op, Dropout))


def spot(shape: Shape, row: int, column: int, channel: int) -> tuple[tuple[int, ...], int]:
    """Position and channel, as `konv.explain.look` takes them, of a number that the page shows at `row`, `column` of
    map `channel`: a vector is shown as many maps of one number, in the order of its elements.

    Raises: ConfigurationError where an output of `shape` has no such number.
    """
    height, width, maps = shape if len(shape) == 3 else (1, 1, int(np.prod(shape)))
    if not (0 <= row < height and 0 <= column < width and 0 <= channel < maps):
        received = f"({row}, {column}, {channel})"
        raise ConfigurationError(text("lab.no_such_place", received=received, shape=show(shape)))
    if len(shape) == 3:
        return (row, column), channel
    at = [int(i) for i in np.unravel_index(channel, shape)]
    return tuple(at[:-1]), at[-1]


def subject_of(run: str | None) -> Subject:
    """What `run` names: a run folder or a model file, a network of the zoo (not trained), or, None, the lab's own.

    Raises: KonvError where there is none, or the lab cannot look at it.
    """
    images = embedded().for_testing()
    if run is None:
        model, path = load_run(str(CLOTHES))
        return Subject(model, images, partial(prepared, model), names_of(model), name=text("lab.clothes"))
    if run in zoo.NETWORKS or not Path(run).expanduser().exists():
        model = named_network(run)
        return Subject(model, images, partial(prepared, model), names_of(model), trained=False, name=run)
    model, path = load_run(run)
    if (path.parent / "run.json").is_file():
        images = own_test(model, path)
    name = path.parent.name if path.name == "model.konv" else path.stem
    return Subject(model, images, partial(prepared, model), names_of(model), name=name)
