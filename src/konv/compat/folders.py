"""`image_dataset_from_directory` as `tf.data` has it: a `Dataset` whose batches are still decoded ahead of training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from konv.compat.pipeline import Dataset
from konv.compat.spelling import data_format
from konv.compat.values import valued
from konv.compat.words import Spelled
from konv.data import directory as own, generator

__all__ = ["ImageDataGenerator", "image_dataset_from_directory"]


class ImageDataGenerator(generator.ImageDataGenerator, metaclass=Spelled):
    """`konv.preprocessing.image.ImageDataGenerator`; `dim_ordering` is Keras 1's word for `data_format`.

    Arguments: `args`, `named` as there. Raises: ConfigurationError for Theano's ordering.
    """

    konv_class: ClassVar[Any] = generator.ImageDataGenerator

    def __init__(self, *args: Any, **named: Any) -> None:
        if "dim_ordering" in named:
            named["data_format"] = data_format(named.pop("dim_ordering"))
        super().__init__(*args, **named)


class Folder(Dataset):
    """Batches of images from a folder. Arguments: `source`, what `konv.data.directory` made."""

    def __init__(self, source: Any) -> None:
        super().__init__(lambda: iter(source), len(source))
        self.source = source

    def __getattr__(self, name: str) -> Any:
        """What the folder tells: `class_names`, `file_paths`, and what training asks for."""
        if name == "source":
            raise AttributeError(name)
        return getattr(self.source, {"file_paths": "filepaths"}.get(name, name))

    def __getitem__(self, index: int) -> Any:
        return self.source[index]

    def map(self, map_func: Callable[..., Any], *others: Any, **named: Any) -> Dataset:
        """`map_func` of each batch, whose parts are its arguments; made ahead of training too."""

        def told(*parts: Any) -> Any:
            return map_func(*valued(parts))

        return Folder(self.source.map(told))


def image_dataset_from_directory(directory: str | Path, *args: Any, **named: Any) -> Any:
    """`konv.preprocessing.image.image_dataset_from_directory`, with the methods of `tf.data`.

    Arguments: `directory` and all others as there.
    """
    found = own.image_dataset_from_directory(directory, *args, **named)
    return tuple(map(Folder, found)) if isinstance(found, tuple) else Folder(found)
