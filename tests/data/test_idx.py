"""Folders of IDX files: MNIST's names, EMNIST's several sets in one folder, upright letters, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from konv import data
from konv.data.sources import is_there
from konv.errors import DataError
from tests.data.test_formats import idx

X = np.random.default_rng(0).integers(0, 256, (9, 6, 5), np.uint8)
Y = np.array([1, 2, 3, 1, 2, 3, 1, 2, 3], np.uint8)


def write(folder: Path, prefix: str = "", packed: bool = True, test: str = "t10k", y: np.ndarray = Y) -> Path:
    """Six training and three test images of a set whose files' names begin with `prefix`."""
    folder.mkdir(exist_ok=True)
    for part, cut in (("train", slice(6)), (test, slice(6, 9))):
        for kind, array in (("images-idx3", X[cut]), ("labels-idx1", y[cut])):
            content = idx(array)
            name = f"{prefix}{part}-{kind}-ubyte"
            if packed:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name.replace("-idx", ".idx")).write_bytes(content)  # as they are sometimes renamed
    return folder


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_of_idx_files_is_a_data_set(tmp_path: Path, packed: bool) -> None:
    folder = write(tmp_path / "digits", packed=packed)
    found = data.load(folder)
    assert found.test is not None
    assert (found.name, found.source, found.shape, found.classes) == ("digits", str(folder), (6, 5, 1), tuple("123"))
    assert np.array_equal(found.x[..., 0], X[:6])
    assert np.array_equal(found.test.x[..., 0], X[6:])
    assert found.y.tolist() == [0, 1, 2, 0, 1, 2]
    (file,) = folder.glob("train-images*")
    assert data.load(file).fingerprint == found.fingerprint


def test_emnist_stands_upright_and_its_letters_have_names(tmp_path: Path) -> None:
    folder = write(tmp_path / "gzip", "emnist-letters-", test="test")
    (folder / "emnist-letters-mapping.txt").write_text("1 65 97\n2 66 98\n3 67 99\n4 68 100\n")
    found = data.load(folder)
    assert (found.name, found.shape, found.classes) == ("emnist-letters", (5, 6, 1), ("Aa", "Bb", "Cc", "Dd"))
    assert np.array_equal(found.x[..., 0], X[:6].transpose(0, 2, 1))
    assert found.y.tolist() == [0, 1, 2, 0, 1, 2]
    assert np.array_equal(data.load(write(tmp_path / "EMNIST")).x[..., 0], X[:6].transpose(0, 2, 1))


def test_one_of_several_sets_is_named(tmp_path: Path) -> None:
    folder = write(write(tmp_path / "gzip", "emnist-letters-"), "emnist-digits-", y=Y - 1)
    with pytest.raises(DataError, match=f"emnist-digits, emnist-letters. Name one of them, as in {folder}/emnist-d"):
        data.load(folder)
    found = data.load(folder / "emnist-digits")
    assert (found.name, found.classes) == ("emnist-digits", tuple("012"))
    assert is_there(found.source)
    assert not is_there(str(folder / "emnist-mnist"))
    with pytest.raises(DataError, match="There is no file or folder"):
        data.load(folder / "emnist-mnist")


def test_images_without_a_test_part(tmp_path: Path) -> None:
    folder = write(tmp_path / "own")
    for file in folder.glob("t10k-*"):
        file.unlink()
    assert data.load(folder).test is None


def spoil(folder: Path, fault: str) -> None:
    images, labels = folder / "emnist-train-images-idx3-ubyte.gz", folder / "emnist-train-labels-idx1-ubyte.gz"
    if fault == "cut":
        images.write_bytes(images.read_bytes()[:-9])
    elif fault == "gone":
        labels.unlink()
    elif fault == "shorter":
        labels.write_bytes(gzip.compress(idx(Y[:5])))
    elif fault == "mapping":
        (folder / "emnist-mapping.txt").write_text("1 A a\n")
    else:
        (folder / "emnist-mapping.txt").write_text("1 65\n2 66\n")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("cut", r"emnist-train-images-idx3-ubyte\.gz is damaged"),
        ("gone", "the data set emnist has no file of training labels"),
        ("shorter", "the train part of emnist has 6 images and 5 labels"),
        ("mapping", r"emnist-mapping\.txt is damaged"),
        ("label", "have a class 3 that emnist-mapping.txt does not name"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, fault: str, words: str) -> None:
    spoil(write(tmp_path / "x", "emnist-"), fault)
    with pytest.raises(DataError, match=words):
        data.load(tmp_path / "x")
