"""Folders and zip files of images: what is taken, in which order and size, and what is refused."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from konv.data import DataSet, from_folder
from konv.data.folder import natural
from konv.errors import DataError, DataWarning, ImageError

Tree = Mapping[str, Image.Image | bytes]


def plain(value: int, size: tuple[int, int] = (4, 4), mode: str = "L") -> Image.Image:
    """An image of one grey."""
    return Image.new(mode, size, value if mode == "L" else (value, value, value))


def colour(size: tuple[int, int] = (4, 4)) -> Image.Image:
    return Image.new("RGB", size, (200, 10, 10))


def as_folder(root: Path, tree: Tree) -> Path:
    for name, content in tree.items():
        path = root / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content.save(path)
    return root / "set"


def as_zip(root: Path, tree: Tree) -> Path:
    folder = as_folder(root, tree)
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        for path in sorted(folder.rglob("*"), reverse=True):
            archive.write(path, path.relative_to(folder).as_posix())
    return root / "set.zip"


MAKERS: list[Callable[[Path, Tree], Path]] = [as_folder, as_zip]
both = pytest.mark.parametrize("make", MAKERS)


def firsts(data: DataSet) -> list[int]:
    return data.x[:, 0, 0, 0].tolist()


@both
def test_classes_are_folders_and_order_is_natural(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    tree = {"B/10.png": plain(3), "B/2.png": plain(2), "a/x.bmp": plain(1), "a/X.jpg": plain(8), "c10/1.png": plain(5),
            "c9/1.png": plain(4)}  # fmt: skip
    data = from_folder(make(tmp_path, tree))
    assert data.classes == ("a", "B", "c9", "c10")
    assert data.y.tolist() == [0, 0, 1, 1, 2, 3]
    assert firsts(data) == [1, 8, 2, 3, 4, 5]
    assert data.name == "set"
    assert data.source == str(tmp_path / ("set" if make is as_folder else "set.zip"))
    assert data.validation is None
    assert data.test is None


def test_folder_and_zip_give_the_same_set(tmp_path: Path) -> None:
    tree = {f"{name}/{i}.png": plain(i) for name in "ab" for i in range(20)}
    zipped = from_folder(as_zip(tmp_path, tree))
    assert from_folder(tmp_path / "set").fingerprint == zipped.fingerprint


def test_natural_order() -> None:
    names = ["a10", "a9", "A9", "a", "10", "9", "b", "a9b", "a09"]
    assert sorted(names, key=natural) == ["9", "10", "a", "A9", "a09", "a9", "a9b", "a10", "b"]


@both
def test_hidden_and_other_files_are_skipped(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    tree = {"a/1.png": plain(1), "b/1.png": plain(2), "a/.2.png": plain(9), ".git/c/1.png": plain(9),
            "__MACOSX/a/._1.png": b"x", "a/notes.txt": b"x", "labels.csv": b"x", "b/Thumbs.db": b"x"}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = from_folder(make(tmp_path, tree))
    assert (data.classes, firsts(data)) == (("a", "b"), [1, 2])


@both
def test_a_surrounding_folder_is_stripped(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    data = from_folder(make(tmp_path, {"all/photos/a/1.png": plain(1), "all/photos/b/1.png": plain(2)}))
    assert data.classes == ("a", "b")


@both
def test_parts_are_recognised(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    tree = {f"{part}/{name}/{i}.png": plain(10 * n + i)
            for n, part in enumerate(("Train", "val", "testing")) for name in "ab" for i in range(3 - n)}  # fmt: skip
    data = from_folder(make(tmp_path, tree))
    assert data.validation is not None
    assert data.test is not None
    assert (firsts(data), firsts(data.validation), firsts(data.test)) == ([0, 1, 2] * 2, [10, 11] * 2, [20] * 2)
    assert data.test.y.tolist() == [0, 1]
    assert data.for_testing() is data.test


def test_parts_need_the_classes_of_train(tmp_path: Path) -> None:
    tree = {"train/a/1.png": plain(1), "train/b/1.png": plain(1), "test/c/1.png": plain(1)}
    with pytest.raises(DataError, match="none to train on: c"):
        from_folder(as_folder(tmp_path, tree))


def test_test_images_without_class_folders_are_named(tmp_path: Path) -> None:
    tree = {"train/a/1.png": plain(1), "train/b/1.png": plain(1), "test/7.png": plain(1)}
    with pytest.raises(DataError, match=r"not in a class folder: 7\.png"):
        from_folder(as_folder(tmp_path, tree))


def test_train_may_be_a_class(tmp_path: Path) -> None:
    data = from_folder(as_folder(tmp_path, {"train/1.png": plain(1), "car/1.png": plain(2)}))
    assert data.classes == ("car", "train")


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(5, 7), (5, 7)], (7, 5)),
        ([(96, 96), (96, 96)], (96, 96)),
        ([(97, 97), (97, 97)], (64, 64)),
        ([(5, 7), (7, 5)], (64, 64)),
        ([(64, 64), (300, 200)], (64, 64)),
    ],
)
def test_the_size_follows_the_rule(tmp_path: Path, sizes: list[tuple[int, int]], expected: tuple[int, int]) -> None:
    data = from_folder(as_folder(tmp_path, {"a/1.png": plain(1, sizes[0]), "b/1.png": plain(2, sizes[1])}))
    assert data.shape == (*expected, 1)
    assert np.array_equal(np.unique(data.x[0]), [1])


def test_the_size_asked_for_is_taken(tmp_path: Path) -> None:
    path = as_folder(tmp_path, {"a/1.png": plain(1, (100, 20)), "b/1.png": plain(2)})
    assert from_folder(path, 10).shape == (10, 10, 1)
    assert from_folder(path, (6, 8)).shape == (6, 8, 1)


def test_channels_follow_the_data(tmp_path: Path) -> None:
    tree = {"a/1.png": plain(1), "b/1.png": plain(2, mode="RGB")}
    assert from_folder(as_folder(tmp_path, tree)).shape == (4, 4, 1)
    data = from_folder(as_folder(tmp_path, {"b/2.png": colour()}))
    assert data.shape == (4, 4, 3)
    assert data.x[:, 0, 0].tolist() == [[1, 1, 1], [2, 2, 2], [200, 10, 10]]


@both
def test_unreadable_images_are_named_and_left_out(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    path = make(tmp_path, {"a/1.png": plain(1), "a/2.png": b"no image", "b/1.png": plain(2), "b/2.jpg": b""})
    with pytest.warns(DataWarning, match=r"2 images cannot be read and are left out:\na/2\.png .*\nb/2\.jpg "):
        data = from_folder(path)
    assert (firsts(data), data.unreadable) == ([1, 2], ("a/2.png", "b/2.jpg"))
    with pytest.raises(ImageError, match=r"a/2\.png"):
        from_folder(path, strict=True)


def test_many_unreadable_images_are_counted(tmp_path: Path) -> None:
    tree = {"a/0.png": plain(1), "b/0.png": plain(1)} | {f"a/{i}.png": b"x" for i in range(1, 31)}
    with pytest.warns(DataWarning, match=r"30 images (.|\n)*… \(\+20\)$"):
        from_folder(as_folder(tmp_path, tree))


@pytest.mark.filterwarnings("ignore::konv.errors.DataWarning")
def test_a_class_without_a_readable_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no image of these classes can be read: b"):
        from_folder(as_folder(tmp_path, {"a/1.png": plain(1), "b/1.png": b"x"}))


@both
def test_empty_class_folders_are_named(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    path = make(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2), "nothing/readme.txt": b"x"})
    with pytest.warns(DataWarning, match="no image and are no class: nothing"):
        assert from_folder(path).classes == ("a", "b")
    with pytest.raises(DataError, match="nothing"):
        from_folder(path, strict=True)


@both
def test_folders_within_a_class_are_named_and_count(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    path = make(tmp_path, {"a/1.png": plain(1), "a/more/2.png": plain(2), "b/1.png": plain(3)})
    with pytest.warns(DataWarning, match="folders within class folders: a/more"):
        data = from_folder(path)
    assert (firsts(data), data.y.tolist()) == ([1, 2, 3], [0, 0, 1])


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"1.png": plain(1), "2.png": plain(1)}, r"2 images are not in a class folder: 1\.png, 2\.png"),
        ({"a/1.png": plain(1), "b/1.png": plain(1), "cover.png": plain(1)}, r"not in a class folder: cover\.png"),
        ({"a/readme.txt": b"x"}, "no image in"),
    ],
)
@both
def test_what_is_no_data_set_is_refused(
    tmp_path: Path, make: Callable[[Path, Tree], Path], tree: Tree, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        from_folder(make(tmp_path, tree))


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file or folder"):
        from_folder(tmp_path / "gone")
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(DataError, match="neither a folder nor a zip"):
        from_folder(tmp_path / "a.txt")


def test_links_are_followed_once(tmp_path: Path) -> None:
    path = as_folder(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2)})
    (tmp_path / "elsewhere").mkdir()
    plain(3).save(tmp_path / "elsewhere" / "1.png")
    (path / "c").symlink_to(tmp_path / "elsewhere")
    (path / "a" / "loop").symlink_to(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = from_folder(path)
    assert (data.classes, firsts(data)) == (("a", "b", "c"), [1, 2, 3])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = as_folder(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2)})
    (path / "b").chmod(0)
    try:
        with pytest.raises(DataError, match=r"The folder .*b cannot be read"):
            from_folder(path)
    finally:
        (path / "b").chmod(0o700)


def test_zip_entries_never_leave_the_archive(tmp_path: Path) -> None:
    path = as_zip(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2)})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b/../../../escaped.png", b"x")
    before = sorted(tmp_path.rglob("*"))
    assert firsts(from_folder(path)) == [1, 2]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_entry_is_an_unreadable_image(tmp_path: Path) -> None:
    path = as_zip(tmp_path, {"a/1.bmp": plain(1), "a/2.bmp": plain(77), "b/1.bmp": plain(2)})
    content = path.read_bytes()
    assert content.count(b"\x4d" * 16) == 1
    path.write_bytes(content.replace(b"\x4d" * 16, b"\x4e" * 16))
    with pytest.warns(DataWarning, match=r"a/2\.bmp cannot be read as an image: Bad CRC"):
        assert firsts(from_folder(path)) == [1, 2]


def test_an_entry_that_unfolds_to_too_much_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("konv.data.folder.LARGEST_FILE", 1000)
    path = as_zip(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2), "b/2.bmp": plain(3, (90, 90))})
    with pytest.warns(DataWarning, match=r"b/2\.bmp cannot be read as an image: \d+ bytes unpacked"):
        assert firsts(from_folder(path)) == [1, 2]


def test_a_damaged_zip_is_named(tmp_path: Path) -> None:
    path = as_zip(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2)})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x09\x02"))
    with pytest.raises(DataError, match=r"set\.zip is damaged"):
        from_folder(path)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"set\.zip is damaged"):
        from_folder(path)


def test_the_number_of_threads_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = as_zip(tmp_path, {f"{name}/{i}.png": plain(i) for name in "ab" for i in range(80)})
    prints = {from_folder(path).fingerprint}
    monkeypatch.setattr("konv.data.folder.WORTH_A_THREAD", 0)
    for threads in "1", "7":
        monkeypatch.setenv("KONV_THREADS", threads)
        prints.add(from_folder(path).fingerprint)
    assert len(prints) == 1


@pytest.mark.slow
def test_fifty_thousand_jpegs(shared: Path, full: bool) -> None:
    path = shared / "data" / "cifar10-train-jpeg.zip"
    if not full:
        pytest.skip("decodes 50,000 images: run with --slow")
    data = from_folder(path)
    assert data.x.shape == (50_000, 32, 32, 3)
    assert set(data.counts.values()) == {5000}
    assert data.classes[0] == "airplane"


@both
def test_one_class_can_be_measured_but_not_learned(tmp_path: Path, make: Callable[[Path, Tree], Path]) -> None:
    data = from_folder(make(tmp_path, {"a/1.png": plain(1), "a/2.png": plain(1)}))
    assert data.for_testing().relabelled(("b", "a")).y.tolist() == [1, 1]
    with pytest.raises(DataError, match=r"set has images of one class only \(a\)"):
        data.for_training()


def test_the_source_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_folder(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2)})
    monkeypatch.chdir(tmp_path)
    assert from_folder("set").source == str(tmp_path / "set")


def test_a_warning_points_at_the_line_that_asked(tmp_path: Path) -> None:
    path = as_folder(tmp_path, {"a/1.png": plain(1), "b/1.png": plain(2), "b/2.png": b"no image"})
    with pytest.warns(DataWarning) as said:
        from_folder(path)
    assert [warning.filename for warning in said] == [__file__]
