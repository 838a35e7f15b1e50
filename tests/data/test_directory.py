"""`image_dataset_from_directory`: what is found, split, resized, kept, and what is said of folders that are wrong."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from konv.data.directory import DirectoryBatches, image_dataset_from_directory as dataset
from konv.errors import ConfigurationError, DataError, DataWarning, ImageError
from konv.layers import Dense, Flatten, Input, RandomFlip, Rescaling
from konv.models import Sequential


def photos(path: Path, counts: dict[str, int]) -> Path:
    for k, (name, count) in enumerate(counts.items()):
        (path / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            Image.fromarray(np.full((9, 6, 3), 30 * k + i, np.uint8)).save(path / name / f"{i:02}.png")
    return path


def test_batches_are_kerass(tmp_path: Path, oracle) -> None:
    """Names, order, labels; pixels where nothing is resized."""
    folder = photos(tmp_path, {"b": 3, "a": 4, "c10": 2, "c9": 2})
    arguments = {"image_size": (9, 6), "batch_size": 4, "shuffle": False, "verbose": False}
    for mode in ("int", "categorical", None):
        ours = dataset(folder, label_mode=mode, **arguments)
        try:
            theirs = oracle("keras").utils.image_dataset_from_directory(folder, label_mode=mode, **arguments)
        except ImportError as error:
            pytest.skip(f"Keras's own needs TensorFlow: {error}")
        assert mode is None or ours.class_names == theirs.class_names
        for a, b in zip(ours, theirs, strict=True):
            for left, right in zip(*((x,) if mode is None else x for x in (a, b)), strict=True):
                np.testing.assert_array_equal(left, np.asarray(right))


def test_both_parts_of_a_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each class a fifth, together all, the same again by the same seed alone."""
    folder = photos(tmp_path, {"a": 10, "b": 20})
    train, held = dataset(folder, image_size=(4, 4), validation_split=0.2, subset="both", seed=3)
    assert "Found 24 images of 2 classes." in capsys.readouterr().out
    assert np.bincount(held.classes).tolist() == [2, 4]
    assert sorted(train.filenames + held.filenames) == sorted(dataset(folder, verbose=False).filenames)
    again = dataset(folder, validation_split=0.2, subset="validation", seed=3, image_size=(9, 9), shuffle=False)
    assert again.filenames == held.filenames
    other = dataset(folder, validation_split=0.2, subset="validation", seed=4)
    assert other.filenames != held.filenames


def test_zips_are_folders(tmp_path: Path) -> None:
    folder = photos(tmp_path / "in", {"a": 3, "b": 2})
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for file in folder.rglob("*.png"):
            archive.write(file, file.relative_to(folder))
    ours, zipped = (dataset(p, image_size=(5, 5), shuffle=False, verbose=False) for p in (folder, tmp_path / "in.zip"))
    np.testing.assert_array_equal(ours[0][0], zipped[0][0])
    assert zipped.class_names == ["a", "b"]


def test_proportions(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    left = np.zeros((4, 8, 3), np.uint8)
    left[:, 2:6] = 200
    Image.fromarray(left).save(tmp_path / "a" / "0.png")
    make = lambda **given: dataset(tmp_path, image_size=(4, 4), verbose=False, **given)[0][0][0]  # noqa: E731
    assert (make(crop_to_aspect_ratio=True) == 200).all()
    assert make(pad_to_aspect_ratio=True)[0].max() == 0  # black above
    assert make(interpolation="area")[0, :, 0].tolist() == [0, 200, 200, 0]
    assert make(color_mode="grayscale").shape == (4, 4, 1)
    assert make(color_mode="rgba").shape == (4, 4, 4)


def test_large_jpegs_are_decoded_small(tmp_path: Path) -> None:
    """Smooth pictures come out the same within a few levels of 255, whichever way they are made smaller."""
    (tmp_path / "a").mkdir()
    rows, columns = np.mgrid[0:400, 0:600]
    smooth = np.stack([rows * 0.6, columns * 0.4, 255 - rows * 0.3], 2).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a" / "0.jpg", quality=95)
    Image.fromarray(smooth).save(tmp_path / "a" / "1.png")
    x, _ = dataset(tmp_path, image_size=(32, 48), shuffle=False, verbose=False)[0]
    assert abs(x[0] - x[1]).max() < 4


def test_pixels_are_decoded_once_while_they_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from konv.data import directory

    seen: list[str] = []
    decode = directory.decoded
    monkeypatch.setattr(directory, "decoded", lambda file, name, *how: (seen.append(name), decode(file, name, *how))[1])
    found = dataset(photos(tmp_path, {"a": 4}), image_size=(4, 4), batch_size=2, verbose=False)
    epochs = [np.sort(np.concatenate([found.at(turn, i)[0][:, 0, 0, 0] for i in range(2)])) for turn in range(3)]
    assert len(seen) == 4
    assert all(np.array_equal(e, epochs[0]) for e in epochs)
    small = DirectoryBatches(found.listing, (4, 4), cache=2 * 48)
    small.make(np.arange(4), 0)
    small.make(np.arange(4), 0)
    assert len(seen) == 4 + 4 + 2


def test_training_validation_and_mapping(tmp_path: Path) -> None:
    train, held = dataset(photos(tmp_path, {"a": 8, "b": 8}), image_size=(4, 4), batch_size=4, validation_split=0.25,
                          subset="both", label_mode="binary", verbose=False)  # fmt: skip
    model = Sequential([Input((4, 4, 3)), Rescaling(1 / 255), Flatten(), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", ["accuracy"])
    history = model.fit(train.cache().prefetch(2), validation_data=held, epochs=3, verbose=0)
    assert len(history.history["val_accuracy"]) == 3
    scaled = train.map(lambda x, y: (x / 255, y)).prefetch()
    assert scaled[0][0].max() <= 1
    assert len(list(train)) == len(train) == 3
    assert [y.shape for _, y in train.take(2)] == [(4, 1)] * 2
    model.fit(scaled, verbose=0)
    assert model.predict(held, verbose=0).shape == (4, 1)


def test_labels_of_ones_own(tmp_path: Path) -> None:
    folder = photos(tmp_path, {"x": 3})
    found = dataset(folder / "x", labels=[1, 0, 1], shuffle=False, image_size=(4, 4), verbose=False)
    np.testing.assert_array_equal(found[0][1], [1, 0, 1])
    plain = dataset(folder / "x", labels=None, label_mode=None, image_size=(4, 4), verbose=False)
    assert plain[0].shape == (3, 4, 4, 3)
    with pytest.raises(DataError, match="labels must be 3 integers"):
        dataset(folder / "x", labels=[1, 0])


def test_nested_folders_count_as_their_class(tmp_path: Path) -> None:
    photos(tmp_path / "a", {"deep": 2})
    photos(tmp_path, {"b": 1})
    with pytest.warns(DataWarning, match="folders within class folders: a/deep"):
        found = dataset(tmp_path, shuffle=False, image_size=(4, 4), verbose=False)
    assert found.filenames == ["a/deep/00.png", "a/deep/01.png", "b/00.png"]
    assert found.classes.tolist() == [0, 0, 1]


def test_folders_that_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty.*\.jpg"):
        dataset(tmp_path / "empty")
    with pytest.raises(DataError, match="nowhere"):
        dataset(tmp_path / "nowhere")
    folder = photos(tmp_path / "p", {"a": 2})
    (folder / "none").mkdir()
    with pytest.warns(DataWarning, match="none"):
        assert dataset(folder, verbose=False).class_names == ["a", "none"]
    with pytest.raises(DataError, match=r"no folder for these classes: z\. The folders there are: a, none"):
        dataset(folder, class_names=["a", "z"])
    with pytest.raises(DataError, match="class"):
        dataset(folder / "a")
    (folder / "a" / "bad.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    found = dataset(folder, class_names=["a"], image_size=(4, 4), verbose=False)
    with pytest.raises(ImageError, match=r"a/bad\.jpg"):
        list(found)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"label_mode": "one"}, "label_mode must be one of"), ({"color_mode": "bgr"}, "color_mode must be one of"),
    ({"subset": "training"}, "subset must be one of"), ({"validation_split": 0.2}, "subset must be one of"),
    ({"validation_split": 2, "subset": "both"}, "above 0 and below 1"),
    ({"data_format": "channels_first"}, "data_format must be one of"),
    ({"label_mode": "binary"}, "is for two classes"), ({"interpolation": "best"}, "interpolation must be one of"),
    ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "either cropped or padded"),
])  # fmt: skip
def test_arguments_that_make_no_sense(arguments: dict[str, object], message: str, tmp_path: Path) -> None:
    folder = photos(tmp_path, {"a": 3, "b": 3, "c": 3})
    with pytest.raises((ConfigurationError, DataError), match=message):
        dataset(folder, image_size=(4, 4), verbose=False, **arguments)[0]


def test_networks_that_rescale_are_not_warned_of(tmp_path: Path) -> None:
    pixels = np.full((2, 4, 4, 3), 200.0)
    plain = Sequential([Input((4, 4, 3)), Flatten(), Dense(1)])
    with pytest.warns(DataWarning, match="Divide by 255"):
        plain.predict(pixels, verbose=0)
    Sequential([Input((4, 4, 3)), RandomFlip(), Rescaling(1 / 255), Flatten(), Dense(1)]).predict(pixels, verbose=0)


def test_threads_are_used_where_an_image_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_THREADS", "3")
    found = dataset(photos(tmp_path, {"a": 4, "b": 4}), image_size=(4, 4), batch_size=4, verbose=False)
    assert found.workers == found.map(lambda x, y: (x, y)).workers == 3
    monkeypatch.setattr("konv.data.batches.WORTH_A_THREAD", 10)
    assert found.workers == 3  # nothing is known yet
    assert found[0][0].shape == (4, 4, 4, 3)
    assert found.workers == 1
    monkeypatch.setattr("konv.data.batches.WORTH_A_THREAD", 0)
    assert found.workers == 3
