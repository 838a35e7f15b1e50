"""Choices made by measuring: remembered for one target, checked when they are read, never trusted blindly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from konv.kernels.code import cache, tuned
from konv.kernels.code.processor import current, host, named
from konv.kernels.products.dense import Dense

SPEC = Dense("float32", 32, 20, 40)
CHOICES = {repr(SPEC): (3, 2), "group of something": (7,)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KONV_CACHE", str(tmp_path / "kernels"))
    monkeypatch.delenv("KONV_CPU", raising=False)
    cache.writable.cache_clear()
    return tmp_path / "kernels"


def remembered(about: set[str] | None = None) -> Path:
    path = tuned.remember(host(), CHOICES, about or set())
    assert path is not None
    return path


def test_what_is_remembered_is_in_force_for_that_target_alone(folder: Path) -> None:
    assert current().choices == ()
    path = remembered()
    assert path.parent == folder
    assert path.stat().st_mode & 0o077 == 0
    assert dict(current().choices) == CHOICES
    assert SPEC.tile(current()) == (3, 2)
    assert repr(current()) == repr(host())  # no key of another kernel changes
    assert tuned.recall(named("x86-64-v2")).choices == ()
    assert tuned.recall(replace(host(), l2=1 << 30)).choices == ()


def test_new_choices_take_the_place_of_what_they_are_about() -> None:
    remembered()
    tuned.remember(host(), {"another": (1, 2, 3)}, {repr(SPEC)})
    assert dict(current().choices) == {"group of something": (7,), "another": (1, 2, 3)}
    tuned.forget(host())
    assert current().choices == ()
    tuned.forget(host())


def test_without_a_cache_nothing_is_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONV_CACHE", "off")
    assert tuned.remember(host(), CHOICES, set()) is None
    assert current().choices == ()
    assert not folder.exists()


def test_a_trial_is_instead_of_what_is_remembered() -> None:
    remembered()
    with tuned.trial({"trial": (1,)}):
        assert dict(current().choices) == {"trial": (1,)}
        with tuned.trial({}):
            assert current().choices == ()
    assert dict(current().choices) == CHOICES


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[:-5], lambda b: b.replace(b"3", b"4"), lambda b: b + b" "]
)
def test_a_damaged_file_is_as_if_it_were_not_there(damage: Callable[[bytes], bytes]) -> None:
    path = remembered()
    path.write_bytes(damage(path.read_bytes()))
    assert current().choices == ()
    assert dict(tuned.recall(host()).choices) == {}
    remembered()
    assert dict(current().choices) == CHOICES


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"about": "another processor"},
        {"choices": [1, 2]},
        {"choices": {"a": 3}},
        {"choices": {"a": [0]}},
        {"choices": {"a": [-1, 2]}},
        {"choices": {"a": [True, 2]}},
        {"choices": {"a": [1.5]}},
        {"choices": {"a": ["1"]}},
        {"choices": {"a": [1 << 60]}},
        {"choices": {"a": [1] * 100}},
        {"choices": None},
    ],
)
def test_whole_files_of_other_content_are_not_used(change: dict[str, object]) -> None:
    path = remembered()
    content = json.loads(cache.read(path.stem, path.suffix) or b"")
    for written in (json.dumps({**content, **change}).encode(), b"no json", b"[]", b"\xff\xfe"):
        cache.write(path.stem, written, path.suffix)
        assert current().choices == ()


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_is_not_believed(folder: Path, mode: int) -> None:
    remembered()
    folder.chmod(mode)
    assert current().choices == ()
