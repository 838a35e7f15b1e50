"""What goes wrong when training, as a user meets it: each has one clear sentence, before anything is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import konv
from konv.callbacks import EarlyStopping, LambdaCallback, ModelCheckpoint
from konv.errors import ConfigurationError, DataError, DataWarning, ImageError, ShapeError
from konv.layers import Dense, Flatten, Input
from konv.models import Sequential
from konv.preprocessing.image import ImageDataGenerator
from konv.utils import image_dataset_from_directory

X, Y = np.random.default_rng(0).random((12, 4, 4, 3), "float32"), np.arange(12) % 3


def compiled() -> Sequential:
    model = Sequential([Input((4, 4, 3)), Flatten(), Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def folders(root: Path, images: dict[str, int]) -> Path:
    """So many images in each of these folders."""
    for name, count in images.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            Image.new("RGB", (4, 4), (i, 20, 30)).save(root / name / f"{i}.png")
    return root


def by_generator(path: Path) -> Any:
    return ImageDataGenerator(rescale=1 / 255).flow_from_directory(path, (4, 4), class_mode="sparse")


def by_dataset(path: Path) -> Any:
    return image_dataset_from_directory(path, image_size=(4, 4), verbose=False).map(lambda x, y: (x / 255, y))


def test_a_file_name_with_a_measurement_there_is_not(tmp_path: Path) -> None:
    """Told before the first epoch, not after it."""
    seen: list[int] = []
    spy = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    with pytest.raises(ConfigurationError, match=r"cannot be filled in \('val_acc'\).*epoch, loss, accuracy"):
        compiled().fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "{val_acc:.2f}.konv"), spy])
    assert not seen
    given = {"validation_data": (X, Y), "callbacks": [ModelCheckpoint(tmp_path / "{epoch:02d}-{val_acc:.2f}.konv")]}
    compiled().fit(X, Y, verbose=0, **given)
    assert [path.name[:3] for path in tmp_path.iterdir()] == ["01-"]


def test_a_lambda_callback_may_measure_something_too() -> None:
    adds = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(mine=1.0))
    compiled().fit(X, Y, verbose=0, callbacks=[adds, EarlyStopping("mine")])
    with pytest.raises(ConfigurationError, match=r"'mime', which is not measured\. Measured are: loss, accuracy, mine"):
        compiled().fit(X, Y, verbose=0, callbacks=[adds, EarlyStopping("mime")])


def generator(odd: Any, at: int = 2) -> Iterator[Any]:
    for i in range(4):
        yield odd if i == at else (X[:4], Y[:4])


@pytest.mark.parametrize(
    ("odd", "error", "words"),
    [
        ((X[:4, :3], Y[:4]), ShapeError, r"Batch 3 of the generator.*Received: 4×3×4×3\. Expected: \?×4×4×3"),
        ((X[:4, ..., :1], Y[:4]), ShapeError, "Batch 3 of the generator.*Received: 4×4×4×1"),
        ((X[:4], Y[:3]), DataError, "Batch 3 of the generator.*x: 4, y: 3"),
        ((X[:0], Y[:0]), DataError, "Batch 3 of the generator: x has no samples"),
        (None, DataError, r"Batch 3 of the generator: A batch is x, \(x, y\) or .*Received: None"),
    ],
)
def test_a_generator_that_changes_shape(odd: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        compiled().fit(generator(odd), steps_per_epoch=4, verbose=0)


def test_a_generator_that_ends_early() -> None:
    with pytest.raises(DataError, match=r"ended after 4 of the 5 batches of this epoch.*while True"):
        compiled().fit(generator((X, Y)), steps_per_epoch=5, verbose=0)
    with pytest.raises(DataError, match="ended after 4 of the 6 batches of this epoch"):
        compiled().fit(X, Y, verbose=0, validation_data=generator((X, Y)), validation_steps=6)


@pytest.mark.parametrize("read", [by_generator, by_dataset])
def test_class_folders_that_are_empty(tmp_path: Path, read: Any) -> None:
    with pytest.warns(DataWarning, match="class folders hold no image: b. They keep their numbers") as said:
        read(folders(tmp_path, {"a": 2, "b": 0, "c": 2}))
    assert len(said) == 1


@pytest.mark.parametrize("read", [by_generator, by_dataset, konv.data.load])
def test_class_folders_that_are_nested(tmp_path: Path, read: Any) -> None:
    with pytest.warns(DataWarning, match=r"folders within class folders: a/deep\. Their images count as the class"):
        read(folders(tmp_path, {"a": 1, "a/deep": 2, "b": 2}))


@pytest.mark.parametrize("read", [by_generator, by_dataset])
def test_the_folder_around_the_parts_is_noticed(tmp_path: Path, read: Any) -> None:
    with pytest.warns(DataWarning, match="within class folders: train/a, train/b, val/a, val/b"):
        read(folders(tmp_path, {"train/a": 2, "train/b": 2, "val/a": 1, "val/b": 1}))


@pytest.mark.parametrize("read", [by_generator, by_dataset])
def test_images_beside_the_class_folders(tmp_path: Path, read: Any) -> None:
    with pytest.warns(DataWarning, match=r"1 images lie beside the class folders and are left out: 0\.png"):
        read(folders(tmp_path, {"a": 2, "b": 2, ".": 1}))


@pytest.mark.parametrize("read", [by_generator, by_dataset])
@pytest.mark.parametrize("others", [{"a": 2, "b": 1}, {"a": 1, "b": 1, "x": 1}, {"a": 1, "b": 1, "c": 1, "d": 1}])
def test_classes_that_differ_in_validation(tmp_path: Path, read: Any, others: dict[str, int]) -> None:
    training = read(folders(tmp_path / "t", {"a": 2, "b": 2, "c": 2}))
    validation = read(folders(tmp_path / "v", others))
    with pytest.raises(DataError, match=f"classes a, b, c, the validation data {', '.join(others)}: their numbers"):
        compiled().fit(training, validation_data=validation, verbose=0)


def test_parts_of_one_folder_whose_classes_differ(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match=r"there are no validation images of these classes: b\."):
        konv.data.load(folders(tmp_path / "less", {"train/a": 2, "train/b": 2, "val/a": 1}))
    more = folders(tmp_path / "more", {"train/a": 2, "train/b": 2, "val/a": 1, "val/b": 1, "val/z": 1})
    with pytest.raises(DataError, match="none to train on: z"):
        konv.data.load(more)


@pytest.mark.parametrize("read", [by_generator, by_dataset])
@pytest.mark.parametrize("left", [0, 30], ids=["empty", "truncated"])
def test_a_damaged_image_is_named_with_its_folder(tmp_path: Path, read: Any, left: int) -> None:
    found = read(folders(tmp_path, {"a": 2, "b": 2}))
    bad = tmp_path / "b" / "1.png"
    bad.write_bytes(bad.read_bytes()[:left])
    with pytest.raises(ImageError, match=f"^{bad} cannot be read as an image"):
        compiled().fit(found, verbose=0)
