"""Files that hold whole data sets: IDX, CIFAR's archive, npz; right ones, damaged ones, hostile ones."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest

from konv.data.formats import read_cifar, read_cifar100, read_idx, read_npz
from konv.errors import DataError


def idx(array: np.ndarray) -> bytes:
    """`array` in the IDX format."""
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def cifar_records(images: np.ndarray, *labels: np.ndarray) -> bytes:
    """Images `(N, 32, 32, 3)` as CIFAR's binary records, each with one of every `labels` before it."""
    rows = zip(images, *labels, strict=True)
    return b"".join(bytes(found) + image.transpose(2, 0, 1).tobytes() for image, *found in rows)


def cifar_archive(batches: dict[str, bytes]) -> bytes:
    """The archive `cifar-10-binary.tar.gz` with these files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in batches.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def cifar(per_batch: int = 4) -> tuple[bytes, np.ndarray, np.ndarray]:
    """An archive of `per_batch` random images a file, the images and their labels, the test batch last."""
    generator = np.random.default_rng(0)
    x = generator.integers(0, 256, (6 * per_batch, 32, 32, 3), np.uint8)
    y = generator.integers(0, 10, 6 * per_batch, np.uint8)
    files = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    cuts = [slice(i * per_batch, (i + 1) * per_batch) for i in range(6)]
    batches = {name: cifar_records(x[cut], y[cut]) for name, cut in zip(files, cuts, strict=True)}
    return cifar_archive({"readme.html": b"hello", **dict(reversed(batches.items()))}), x, y


@pytest.mark.parametrize("shape", [(5,), (3, 4, 2), (0, 28, 28)])
def test_idx_comes_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(array)))
    result = read_idx(tmp_path / "a.gz")
    (tmp_path / "a-idx1-ubyte").write_bytes(idx(array))
    assert np.array_equal(read_idx(tmp_path / "a-idx1-ubyte"), array)
    assert result.dtype == np.uint8
    assert result.shape == shape
    assert np.array_equal(result, array)
    assert result.flags.writeable


def packed(content: bytes) -> bytes:
    """Gzip's bytes without the time of day, so that tests made of them have the same names in every process."""
    return gzip.compress(content, mtime=0)


GOOD = packed(idx(np.arange(100, dtype=np.uint8)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not gzip",
        GOOD[:-20],
        GOOD[:-8] + b"\0" * 8,
        packed(b""),
        packed(b"\0\0\x0d\x01\0\0\0\1\0\0\0\0"),
        packed(b"\0\0\x08\x03\0\0\0\1"),
        packed(idx(np.arange(100, dtype=np.uint8))[:-1]),
        packed(idx(np.arange(100, dtype=np.uint8)) + b"\0"),
        packed(b"\0\0\x08\x04" + b"\xff" * 16),
    ],
)
def test_a_damaged_idx_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.gz is damaged"):
        read_idx(tmp_path / "a.gz")


def test_cifar_comes_back(tmp_path: Path) -> None:
    content, x, y = cifar()
    (tmp_path / "c.tar.gz").write_bytes(content)
    (x_train, y_train), (x_test, y_test) = read_cifar(tmp_path / "c.tar.gz")
    assert np.array_equal(np.concatenate((x_train, x_test)), x)
    assert np.array_equal(np.concatenate((y_train, y_test)), y[:, None])
    assert len(x_train) == 20


def cifar100() -> tuple[bytes, np.ndarray, np.ndarray, np.ndarray]:
    """An archive of 5 + 2 random images, the images, their superclasses, their classes."""
    generator = np.random.default_rng(1)
    x = generator.integers(0, 256, (7, 32, 32, 3), np.uint8)
    coarse, fine = generator.integers(0, 20, 7, np.uint8), generator.integers(0, 100, 7, np.uint8)
    parts = {"test.bin": slice(5, 7), "train.bin": slice(5)}
    files = {name: cifar_records(x[cut], coarse[cut], fine[cut]) for name, cut in parts.items()}
    return cifar_archive({"fine_label_names.txt": b"apple\n", **files}), x, coarse, fine


def test_cifar100_comes_back(tmp_path: Path) -> None:
    content, x, coarse, fine = cifar100()
    (tmp_path / "c.tar.gz").write_bytes(content)
    for wanted, labels in ((False, fine), (True, coarse)):
        (x_train, y_train), (x_test, y_test) = read_cifar100(tmp_path / "c.tar.gz", wanted)
        assert np.array_equal(np.concatenate((x_train, x_test)), x)
        assert np.array_equal(np.concatenate((y_train, y_test)), labels[:, None])
    for fault in (content[:999], cifar_archive({"train.bin": b"", "test.bin": b""}), cifar()[0]):
        (tmp_path / "c.tar.gz").write_bytes(fault)
        with pytest.raises(DataError, match=r"c\.tar\.gz is damaged"):
            read_cifar100(tmp_path / "c.tar.gz")


@pytest.mark.parametrize("fault", ["cut", "missing", "short", "text"])
def test_a_damaged_cifar_archive_is_named(tmp_path: Path, fault: str) -> None:
    content, x, y = cifar()
    records = cifar_records(x[:4], y[:4])
    every = {f"data_batch_{i}.bin": records for i in range(1, 6)}
    faults = {
        "cut": content[: len(content) // 2],
        "missing": cifar_archive(every),
        "short": cifar_archive(every | {"test_batch.bin": records[:-1]}),
        "text": b"<html>",
    }
    (tmp_path / "c.tar.gz").write_bytes(faults[fault])
    with pytest.raises(DataError, match=r"c\.tar\.gz is damaged"):
        read_cifar(tmp_path / "c.tar.gz")


def test_npz_comes_back_without_a_test_part_too(tmp_path: Path) -> None:
    x, y = np.random.rand(4, 3, 3), np.arange(4)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x[:1], y_test=y[:1])
    (x_train, y_train), (x_test, y_test) = read_npz(tmp_path / "a.npz")
    assert np.array_equal(x_train, x)
    assert np.array_equal(y_train, y)
    assert (x_test.shape, y_test.shape) == ((1, 3, 3), (1,))
    np.savez(tmp_path / "b.npz", x_train=x, y_train=y)
    assert read_npz(tmp_path / "b.npz")[1][0].shape == (0, 3, 3)
    np.savez(tmp_path / "c.npz", x=x, y=y, names=np.array(["a"]))
    (x_train, y_train), (x_test, _) = read_npz(tmp_path / "c.npz")
    assert np.array_equal(x_train, x)
    assert np.array_equal(y_train, y)
    assert x_test.shape == (0, 3, 3)


class Hostile:
    """Unpickling it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_pickle_in_an_npz_is_never_run(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.array([Hostile(tmp_path / "escaped")], object), y_train=np.arange(1))
    with pytest.raises(DataError, match=r"a\.npz is damaged"):
        read_npz(tmp_path / "a.npz")
    assert not (tmp_path / "escaped").exists()


def test_a_damaged_npz_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.zeros((4, 3, 3)), y_train=np.arange(4))
    content = (tmp_path / "a.npz").read_bytes()
    for fault in (
        b"",
        b"hello",
        content[:-40],
        content.replace(b"NUMPY", b"NOMPY"),
        content.replace(b"'descr'", b"'dxscr'"),
    ):
        (tmp_path / "a.npz").write_bytes(fault)
        with pytest.raises(DataError, match=r"a\.npz is damaged"):
            read_npz(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("names", "missing"),
    [(["x_train"], "y_train; it has x_train"), (["images", "labels"], "x_train; it has images, labels"),
     (["x"], "y; it has x"), ([], "x_train; it has —")],
)  # fmt: skip
def test_a_missing_array_is_named(tmp_path: Path, names: list[str], missing: str) -> None:
    np.savez(tmp_path / "a.npz", **dict.fromkeys(names, np.zeros(3)))
    with pytest.raises(DataError, match=f"has no array {missing}"):
        read_npz(tmp_path / "a.npz")


def test_arrays_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.array(["a"]), y_train=np.arange(1))
    with pytest.raises(DataError, match="x_train: <U1"):
        read_npz(tmp_path / "a.npz")
