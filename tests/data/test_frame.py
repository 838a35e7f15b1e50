"""`flow_from_dataframe`: images that a table names, whatever holds its columns; and the doors in `konv.utils`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import konv
from konv.errors import ConfigurationError, DataError, DataWarning
from konv.preprocessing import image
from konv.preprocessing.image import ImageDataGenerator

NAMES = [f"{i}.png" for i in range(6)]
KINDS = ["dog", "cat", "dog", "eel", "cat", "dog"]


class Frame:
    """What pandas' frames have of what is used: columns by name, and the list of them."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.held, self.columns = columns, list(columns)

    def __getitem__(self, name: str) -> Any:
        return self.held[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images, each of one grey, its number."""
    for i, name in enumerate(NAMES):
        Image.new("RGB", (4, 4), (i, i, i)).save(tmp_path / name)
    return tmp_path


def flow(folder: Path, columns: dict[str, Any], **options: Any) -> Any:
    given = {"directory": folder, "target_size": (4, 4), "shuffle": False, "batch_size": 4, **options}
    return ImageDataGenerator(validation_split=0.34).flow_from_dataframe(Frame(columns), **given)


def numbers(x: np.ndarray) -> list[int]:
    return x[:, 0, 0, 0].astype(int).tolist()


TABLE = {"filename": NAMES, "class": KINDS}


def test_classes_in_the_order_of_their_names(folder: Path) -> None:
    batches = flow(folder, TABLE)
    assert batches.class_indices == {"cat": 0, "dog": 1, "eel": 2}
    (x, y), (rest, _) = batches[0], batches[1]
    assert (x.shape, len(batches), numbers(x) + numbers(rest)) == ((4, 4, 4, 3), 2, list(range(6)))
    assert y.tolist() == np.eye(3)[[1, 0, 1, 2]].tolist()
    assert flow(folder, TABLE, class_mode="sparse")[0][1].tolist() == [1, 0, 1, 2]
    chosen = flow(folder, TABLE, classes=["dog", "cat"], class_mode="binary", batch_size=9)
    assert (numbers(chosen[0][0]), chosen[0][1].tolist()) == ([0, 1, 2, 4, 5], [0, 1, 0, 1, 0])
    assert isinstance(batches, image.DataFrameIterator)


@pytest.mark.parametrize("kind", ["dictionary", "structured array"])
def test_anything_with_columns_is_a_table(folder: Path, kind: str) -> None:
    table: Any = TABLE if kind == "dictionary" else np.array(
        list(zip(NAMES, KINDS, strict=True)), [("filename", "U9"), ("class", "U9")]
    )  # fmt: skip
    made = ImageDataGenerator().flow_from_dataframe(table, folder, target_size=(4, 4), shuffle=False)
    assert made[0][1].tolist() == flow(folder, TABLE, batch_size=32)[0][1].tolist()
    with pytest.raises(DataError, match=r"no column 'label'\. It has: filename, class"):
        ImageDataGenerator().flow_from_dataframe(table, folder, y_col="label")


def test_class_numbers_are_ordered_as_numbers(folder: Path) -> None:
    batches = flow(folder, {"filename": NAMES, "class": np.array([10, 9, 10, 9, 100, 9])}, class_mode="sparse")
    assert batches.class_indices == {"9": 0, "10": 1, "100": 2}
    assert batches[0][1].tolist() == [1, 0, 1, 0]


def test_several_classes_a_row(folder: Path) -> None:
    tags = [["a", "b"], ["b"], ("c",), ["a"], ["c", "a"], ["b"]]
    y = flow(folder, {"filename": NAMES, "class": tags}, batch_size=6)[0][1]
    assert y.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1], [0, 1, 0]]


def test_numbers_weights_and_several_outputs(folder: Path) -> None:
    table = {"filename": NAMES, "age": [1.5, 2, 3, 4, 5, 6], "size": np.arange(6), "w": [1, 2, 3, 4, 5, 6]}
    x, y, w = flow(folder, table, y_col="age", class_mode="raw", weight_col="w")[0]
    assert (numbers(x), y.tolist(), w.tolist()) == ([0, 1, 2, 3], [1.5, 2, 3, 4], [1, 2, 3, 4])
    assert flow(folder, table, y_col=["age", "size"], class_mode="raw")[0][1].shape == (4, 2)
    _, both = flow(folder, table, y_col=["age", "size"], class_mode="multi_output")[0]
    assert [part.tolist() for part in both] == [[1.5, 2, 3, 4], [0, 1, 2, 3]]
    same, copy = flow(folder, {"filename": NAMES}, class_mode="input")[0]
    assert np.array_equal(same, copy)
    assert flow(folder, {"filename": NAMES}, class_mode=None)[0].shape == (4, 4, 4, 3)


def test_the_first_rows_validate(folder: Path) -> None:
    parts = [flow(folder, TABLE, subset=subset, batch_size=9)[0][0] for subset in ("validation", "training")]
    assert [numbers(x) for x in parts] == [[0, 1], [2, 3, 4, 5]]


def test_files_that_are_no_images_are_left_out(folder: Path) -> None:
    (folder / NAMES[1]).unlink()
    table = {"filename": [*NAMES, "notes.txt"], "class": [*KINDS, "owl"]}
    with pytest.warns(DataWarning, match=r"2 files that the table names.*1\.png, notes\.txt"):
        batches = flow(folder, table, batch_size=9)
    assert (numbers(batches[0][0]), list(batches.class_indices)) == ([0, 2, 3, 4, 5], ["cat", "dog", "eel"])
    with pytest.warns(DataWarning), pytest.raises(DataError, match="No row is left"):
        flow(folder / "elsewhere", TABLE)


@pytest.mark.parametrize(
    ("columns", "options", "error", "words"),
    [
        ({"filename": NAMES, "class": [*KINDS[:5], None]}, {}, DataError, r"has no class in the rows 5 \(counted"),
        ({"filename": NAMES, "class": KINDS[:5]}, {}, DataError, "filename has 6 rows, another one 5"),
        (TABLE, {"class_mode": "raw"}, DataError, "class must hold finite numbers. Received: <U3"),
        (TABLE, {"class_mode": "binary"}, DataError, "two"),
        (TABLE, {"class_mode": "many"}, ConfigurationError, "multi_output. Received: 'many'"),
        (TABLE, {"colour": "rgb"}, ConfigurationError, "colour"),
    ],
)
def test_what_does_not_fit_is_named(
    folder: Path, columns: dict[str, Any], options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        flow(folder, columns, **options)


def test_doors_are_where_keras_3_has_them(folder: Path) -> None:
    for name in ("load_img", "img_to_array", "array_to_img", "save_img", "image_dataset_from_directory"):
        assert getattr(konv.utils, name) is getattr(image, name)
    pixels = konv.utils.img_to_array(konv.utils.load_img(folder / NAMES[3]))
    konv.utils.save_img(folder / "again.png", pixels, scale=False)
    assert np.array_equal(konv.utils.img_to_array(konv.utils.load_img(folder / "again.png")), pixels)


def test_frames_and_series_of_pandas(folder: Path, oracle: Callable[[str], ModuleType]) -> None:
    """As data, targets and tables, whatever their index; histories become frames."""
    pandas = oracle("pandas")
    rng = np.random.default_rng(1)
    x = pandas.DataFrame(rng.random((12, 4)), index=range(40, 52)).sample(frac=1, random_state=3)
    y = pandas.Series(np.arange(12) % 3, index=range(40, 52), name="label").loc[x.index]
    np.testing.assert_array_equal(konv.utils.to_categorical(y), np.eye(3)[y.to_numpy()])
    found = []
    for data, targets, loss in (
        (x, y, "sparse_categorical_crossentropy"), (x, pandas.get_dummies(y), "categorical_crossentropy"),
        (x.to_numpy(), y.to_numpy(), "sparse_categorical_crossentropy"),
    ):  # fmt: skip
        konv.utils.set_random_seed(2)
        model = konv.models.Sequential([konv.layers.Input((4,)), konv.layers.Dense(3, activation="softmax")])
        model.compile("sgd", loss, metrics=["accuracy"])
        history = model.fit(data, targets, epochs=2, verbose=0, validation_data=(data, targets))
        frame = pandas.DataFrame(history.history)
        assert list(frame) == ["loss", "accuracy", "val_loss", "val_accuracy"]
        found.append(frame.to_numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    np.testing.assert_array_equal(found[0], found[2])
    table = pandas.DataFrame(TABLE, index=range(7, 13))
    batches = ImageDataGenerator().flow_from_dataframe(table, folder, target_size=(4, 4), shuffle=False)
    assert (batches.class_indices, numbers(batches[0][0])) == ({"cat": 0, "dog": 1, "eel": 2}, list(range(6)))
    with pytest.raises(DataError, match=r"no column 'kind'\. It has: filename, class"):
        ImageDataGenerator().flow_from_dataframe(table, folder, y_col="kind")
