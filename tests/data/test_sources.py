"""Named data sets: the embedded one, published ones from files or a server, paths; and Keras's `load_data`."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from konv import data, datasets
from konv.data import download, published, sources
from konv.data.formats import Arrays
from konv.data.published import PUBLISHED
from konv.errors import ConfigurationError, DataError, DownloadError, UnknownNameError
from tests.data.test_formats import cifar, cifar100, idx

IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and no server to be reached."""
    monkeypatch.setenv("KONV_DATA", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    monkeypatch.setattr(
        published, "fetch", lambda remote, at: download.fetch(replace(remote, mirrors=("http://127.0.0.1:1",)), at)
    )
    return tmp_path


def small(seed: int = 0) -> Arrays:
    """Six training and three test images in the form of MNIST."""
    generator = np.random.default_rng(seed)
    x = generator.integers(0, 256, (9, 28, 28), np.uint8)
    y = np.arange(9, dtype=np.uint8)
    return (x[:6], y[:6]), (x[6:], y[6:])


def write_idx(at: Path, arrays: Arrays) -> None:
    at.mkdir(parents=True, exist_ok=True)
    for name, array in zip(IDX_FILES, (array for part in arrays for array in part), strict=True):
        (at / name).write_bytes(gzip.compress(idx(array)))


def write_npz(at: Path, arrays: Arrays) -> None:
    (x_train, y_train), (x_test, y_test) = arrays
    np.savez(at, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def same(left: Arrays, right: Arrays) -> bool:
    return all(np.array_equal(a, b) for x, y in zip(left, right, strict=True) for a, b in zip(x, y, strict=True))


def test_the_embedded_set_is_balanced_and_of_stated_size() -> None:
    full = data.embedded()
    assert full.test is not None
    assert full.x.shape == (6000, 28, 28, 1)
    assert full.test.x.shape == (1000, 28, 28, 1)
    assert full.x.dtype == np.uint8
    assert set(full.counts.values()) == {600}
    assert set(full.test.counts.values()) == {100}
    assert full.classes[0] == "T-shirt/top"
    assert full.source == "embedded"
    assert data.load().fingerprint == full.fingerprint
    assert full.fingerprint == "aacb1c80bf4028bf4f3bd56744db6685870d6de7cbb2db1756582c486d34a4db"


def test_the_embedded_file_is_small_and_carries_its_licence() -> None:
    assert sources.EMBEDDED.stat().st_size < 4_000_000
    licence = (sources.EMBEDDED.parent / "LICENSE").read_text("utf-8")
    assert "Copyright © 2017 Zalando SE, https://tech.zalando.com" in licence
    assert "The above copyright notice and this permission notice shall be included" in " ".join(licence.split())


def test_the_embedded_set_is_part_of_the_full_one(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_DATA", str(shared / "data"))
    (x, y), (x_test, y_test) = datasets.fashion_mnist.load_data()
    assert (x.shape, x_test.shape, x.dtype, y.shape, y.dtype) == (
        (60000, 28, 28),
        (10000, 28, 28),
        "u1",
        (60000,),
        "u1",
    )
    small = data.embedded()
    assert small.test is not None
    for label in range(10):
        assert np.array_equal(small.x[small.y == label][..., 0], x[y == label][:600])
        assert np.array_equal(small.test.x[small.test.y == label][..., 0], x_test[y_test == label][:100])


def test_published_checksums_belong_to_the_shared_files(shared: Path) -> None:
    """The files there lack the name and time in the gzip header; with those of the originals they have their hash."""
    originals = (1504176606, 1504176606, 1504176627, 1504176627)
    for remote, time in zip(published.FASHION_MNIST.files, originals, strict=True):
        body = (shared / "data" / "fashion-mnist" / remote.name).read_bytes()[10:]
        header = b"\x1f\x8b\x08\x08" + time.to_bytes(4, "little") + b"\0\x03" + remote.name[:-3].encode() + b"\0"
        assert hashlib.sha256(header + body).hexdigest() == remote.sha256


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_original_files_are_found_in_their_folder(folder: Path, name: str) -> None:
    write_idx(folder / PUBLISHED[name].folder, small())
    assert same(getattr(datasets, name).load_data(), small())


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_loose_original_files_are_told_apart_by_their_labels(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx(folder, small())
    with pytest.raises(DownloadError):
        getattr(datasets, name).load_data()
    mark = hashlib.sha256(small()[0][1].tobytes()).hexdigest()
    loose = datasets._Source(replace(PUBLISHED[name], mark=mark))
    assert same(loose.load_data(), small())


def test_the_marks_are_those_of_the_sets(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_DATA", str(shared / "data" / "fashion-mnist"))
    assert datasets.fashion_mnist.load_data()[0][0].shape == (60000, 28, 28)
    monkeypatch.setenv("KONV_DATA", str(shared / "data"))
    (_, y), _ = datasets.mnist.load_data()
    assert hashlib.sha256(y.tobytes()).hexdigest() == published.MNIST.mark


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_an_npz_is_found(folder: Path, name: str) -> None:
    write_npz(folder / f"{name}.npz", small())
    assert same(getattr(datasets, name).load_data(), small())


def test_keras_path_argument_is_followed(folder: Path) -> None:
    write_npz(folder / "mine.npz", small(1))
    write_npz(folder / "mnist.npz", small(2))
    assert same(datasets.mnist.load_data("mine.npz"), small(1))
    assert same(datasets.mnist.load_data(path=str(folder / "mine.npz")), small(1))
    assert same(datasets.mnist.load_data(path="gone.npz"), small(2))


@pytest.mark.parametrize("loose", [True, False])
def test_cifar_is_read_from_its_binary_archive(folder: Path, loose: bool) -> None:
    content, x, _ = cifar()
    at = folder if loose else folder / "cifar10"
    at.mkdir(exist_ok=True)
    (at / "cifar-10-binary.tar.gz").write_bytes(content)
    (x_train, y_train), (x_test, y_test) = datasets.cifar10.load_data()
    assert np.array_equal(np.concatenate((x_train, x_test)), x)
    assert (y_train.shape, y_test.shape) == ((20, 1), (4, 1))
    loaded = data.load("cifar10")
    assert (loaded.shape, loaded.y.shape, loaded.classes[9]) == ((32, 32, 3), (20,), "truck")


def test_cifar100_has_two_kinds_of_labels(folder: Path) -> None:
    content, x, coarse, fine = cifar100()
    (folder / "cifar100").mkdir()
    (folder / "cifar100" / "cifar-100-binary.tar.gz").write_bytes(content)
    for arguments, labels in (((), fine), (("fine",), fine), (("coarse",), coarse)):
        (x_train, y_train), (_, y_test) = datasets.cifar100.load_data(*arguments)
        assert np.array_equal(x_train, x[:5])
        assert np.array_equal(np.concatenate((y_train, y_test)), labels[:, None])
    with pytest.raises(ConfigurationError, match="label_mode must be one of: fine, coarse"):
        datasets.cifar100.load_data(label_mode="superclass")
    for name, labels, classes in (("cifar100", fine, 100), ("cifar100_coarse", coarse, 20)):
        loaded = data.load(name)
        assert (loaded.shape, len(loaded.classes), len(set(loaded.classes))) == ((32, 32, 3), classes, classes)
        assert list(loaded.classes) == sorted(loaded.classes)  # as in the published lists of names
        assert loaded.y.tolist() == labels[:5].tolist()


def test_load_takes_an_archive_of_cifar_but_no_pickles(folder: Path) -> None:
    content, x, _, fine = cifar100()
    path = folder / "elsewhere" / "cifar-100-binary.tar.gz"
    path.parent.mkdir()
    path.write_bytes(content)
    loaded = data.load(path)
    assert np.array_equal(loaded.x, x[:5])
    assert loaded.y.tolist() == fine[:5].tolist()
    assert loaded.source == str(path)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"binary\.tar\.gz is damaged"):
        data.load(path)
    pickled = path.with_name("cifar-100-python.tar.gz")
    pickled.write_bytes(content)
    with pytest.raises(DataError, match=r"pickles, .* Get the same data as cifar-100-binary\.tar\.gz"):
        data.load(pickled)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "cifar100"])
def test_what_is_not_there_is_asked_for(folder: Path, name: str) -> None:
    with pytest.raises(DownloadError, match=rf"{PUBLISHED[name].files[0].name} could not be downloaded"):
        data.load(name)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x, y: (x[:-1], y),
        lambda x, y: (x[:0], y[:0]),
        lambda x, y: (x, np.full_like(y, 10)),
    ],
)
def test_a_file_that_is_not_the_set_is_refused(
    folder: Path, spoil: Callable[..., tuple[np.ndarray, np.ndarray]]
) -> None:
    train, test = small()
    write_npz(folder / "mnist.npz", (spoil(*train), test))
    with pytest.raises(DataError, match="does not hold mnist"):
        datasets.mnist.load_data()


def test_load_takes_an_npz(tmp_path: Path) -> None:
    write_npz(tmp_path / "own.npz", small())
    own = data.load(tmp_path / "own.npz")
    assert own.test is not None
    assert (own.name, own.shape, len(own), len(own.test)) == ("own", (28, 28, 1), 6, 3)
    assert own.classes == tuple("012345678")
    (x, y), _ = small()
    np.savez(tmp_path / "floats.npz", x_train=np.stack([x] * 3, -1) / 255, y_train=y[:, None].astype(float))
    floats = data.load(str(tmp_path / "floats.npz"))
    assert floats.test is None
    assert np.array_equal(floats.scaled("float64"), np.stack([x] * 3, -1) / 255)
    assert floats.y.tolist() == y.tolist()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.eye(6), r"y\.argmax\(axis=1\)"),
        (np.arange(6) + 0.5, "must be 6 integers"),
        (np.arange(6) - 1, "Received: -1"),
        (np.arange(6) + 10**9, "Received: 1000000005"),
        (np.arange(5), "must be 6 integers"),
        (np.array([0, 1, 2, 3, 4, np.nan]), "must be 6 integers"),
    ],
)
def test_bad_labels_in_an_npz_are_refused(tmp_path: Path, y: np.ndarray, message: str) -> None:
    np.savez(tmp_path / "own.npz", x_train=np.zeros((6, 4, 4)), y_train=y)
    with pytest.raises(DataError, match=message):
        data.load(tmp_path / "own.npz")


def test_an_empty_npz_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x_train=np.zeros((0, 4, 4)), y_train=np.zeros(0, int))
    with pytest.raises(DataError, match="no image"):
        data.load(tmp_path / "own.npz")


def test_labels_that_begin_with_1_keep_their_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x=np.zeros((4, 4, 4)), y=[3, 1, 2, 3])
    own = data.load(tmp_path / "own.npz")
    assert (own.y.tolist(), own.classes) == ([2, 0, 1, 2], ("1", "2", "3"))


def test_load_takes_a_folder(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.new("L", (9, 9), 5).save(tmp_path / name / "1.png")
    assert data.load(tmp_path).shape == (9, 9, 1)
    assert data.load(str(tmp_path), size=3).shape == (3, 3, 1)


def test_an_unknown_name_gets_the_nearest(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="fashion_mnist"):
        data.load("fashon_mnist")


@pytest.mark.parametrize("path", ["some/folder", "photos.zip", "own.npz"])
def test_a_path_that_is_not_there_is_named(folder: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(DataError, match=f"There is no file or folder {path}"):
        data.load(path)
