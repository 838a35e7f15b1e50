"""Whatever is wrong with a request: exit code 2, one sentence on standard error, no traceback, nothing left behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from konv.errors import ModelFileError
from tests.cli.conftest import CLASSES, draw, make_folder


def refused(answer: tuple[int, str, str], *words: str) -> None:
    """Check that a command was refused with one sentence that has `words`."""
    code, out, err = answer
    assert code == 2, err
    assert out == "" or out.startswith("Reading ")
    assert err.startswith("konv: ")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tran"], ["tran", "Did you mean: train", "konv --help"]),
        (["xyzzy"], ["no command xyzzy"]),
        (["train", "--epoch", "3"], ["--epoch", "Did you mean: --epochs", "konv train --help"]),
        (["train", "--model", "unet"], ["unet", "names no class", "konv.zoo.unet"]),
        (["train", "--model", "autoencoder"], ["autoencoder", "names no class", "konv.zoo.autoencoder", "themselves"]),
        (["train", "--activation", "rely"], ["activation", "'rely'", "relu"]),
        (["train", "--pooling", "maxx"], ["pooling", "'maxx'", "max"]),
        (["train", "--model", "resnet20", "--pooling", "max"], ["resnet20", "no max or average pooling"]),
        (["train", "--kernel", "3"], ["notes", "--kernel", "--model small"]),
        (["train", "--model", "small", "--filters", "0"], ["--filters", "'0'"]),
        (["train", "--epochs", "0"], ["--epochs", "whole number from 1", "'0'"]),
        (["train", "--epochs", "three"], ["--epochs", "'three'"]),
        (["train", "--batch-size", "-1"], ["--batch-size", "'-1'"]),
        (["train", "--learning-rate", "0"], ["--learning-rate", "above 0", "'0'"]),
        (["train", "--learning-rate", "nan"], ["--learning-rate", "'nan'"]),
        (["train", "--seed", "4294967296"], ["--seed", "4294967295"]),
        (["train", "--image-size", "10x"], ["--image-size", "48x64", "'10x'"]),
        (["train", "--model", "note"], ["Unknown network: 'note'", "Did you mean: notes"]),
        (["train", "--optimizer", "adamm"], ["Unknown optimizer: 'adamm'", "Did you mean: adam"]),
        (["train", "fashon_mnist"], ["fashon_mnist", "Did you mean: fashion_mnist"]),
        (["train", "no/such/folder"], ["no/such/folder"]),
        (["train", "--lang", "fr"], ["--lang", "en, zh"]),
        (["train", "a", "b"], ["b", "konv train --help"]),
        (["evaluate"], ["RUN is missing", "konv evaluate --help"]),
        (["evaluate", "no/such/run"], ["no/such/run"]),
        (["predict", "no/such/run", "a.png"], ["no/such/run"]),
        (["summary", "nots"], ["Unknown network: 'nots'", "Did you mean: notes"]),
        (["summary", "no/such/run"], ["no/such/run"]),
        (["show", "conv3d"], ["Unknown operation: 'conv3d'", "conv2d"]),
    ],
)
def test_wrong_request(arguments: list[str], words: list[str], cli: Callable, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(cli(*arguments), *words)
    assert list(tmp_path.iterdir()) == []


def test_wrong_request_in_chinese(cli: Callable):
    refused(cli("train", "--epochs", "0", "--lang", "zh"), "--epochs", "必须是", "'0'")
    refused(cli("--lang=zh", "tran"), "没有命令 tran")


def test_no_traceback_in_a_process_of_its_own(konv: Callable, tmp_path: Path):
    done = konv("train", "no/such/folder", cwd=tmp_path)
    refused((done.returncode, done.stdout, done.stderr), "no/such/folder")


def test_terminal_without_the_letters(konv: Callable):
    done = konv("show", "conv3d", "--lang", "zh", PYTHONIOENCODING="ascii")
    refused((done.returncode, done.stdout, done.stderr), "conv3d", "?")


def test_traceback_where_asked_for(cli: Callable, tmp_path: Path):
    with pytest.raises(ModelFileError):
        cli("evaluate", tmp_path / "nothing", "--traceback")


def test_empty_folder(cli: Callable, tmp_path: Path):
    refused(cli("train", tmp_path), str(tmp_path), "no image")


def test_one_class_only(cli: Callable, tmp_path: Path):
    refused(cli("train", make_folder(tmp_path, 3, ("alone",))), "one class only", "alone")


def test_images_too_small_for_the_network(cli: Callable, photos: Path, tmp_path: Path):
    answer = cli("train", photos, "--image-size", 4, "--out", tmp_path / "run")
    refused(answer, "does not fit", "+ 1 is below 1")
    assert not (tmp_path / "run").exists()


def test_folder_that_holds_something(cli: Callable, photos: Path, run: Path):
    before = sorted(run.iterdir())
    refused(cli("train", photos, "--out", run), str(run), "not empty", "--out")
    assert sorted(run.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_folder_without_permission(cli: Callable, photos: Path, tmp_path: Path):
    (tmp_path / "closed").mkdir(mode=0o500)
    refused(cli("train", photos, "--out", tmp_path / "closed" / "run"), "closed", "--out")


def test_folder_inside_a_file(cli: Callable, photos: Path, tmp_path: Path):
    (tmp_path / "file").write_text("x")
    refused(cli("train", photos, "--out", tmp_path / "file" / "run"), str(tmp_path / "file" / "run"), "--out")


def test_model_files_that_are_none(cli: Callable, run: Path, photos: Path, tmp_path: Path):
    whole = (run / "model.konv").read_bytes()
    image = photos / CLASSES[0] / "1.png"
    for name, content in {"cut": whole[: len(whole) // 2], "foreign": b"PK\x03\x04" + bytes(99), "empty": b""}.items():
        path = tmp_path / f"{name}.konv"
        path.write_bytes(content)
        refused(cli("predict", path, image), path.name)
        refused(cli("summary", path), path.name)
    refused(cli("evaluate", photos), str(photos), "model.konv")


def test_run_without_its_record(cli: Callable, run: Path, tmp_path: Path):
    shutil.copy(run / "model.konv", tmp_path / "model.konv")
    refused(cli("evaluate", tmp_path), "run.json", "konv evaluate RUN DATA")
    (tmp_path / "run.json").write_text('{"schema": 1')
    refused(cli("evaluate", tmp_path), "run.json", "damaged")


def test_classes_the_network_does_not_know(cli: Callable, run: Path, tmp_path: Path):
    refused(cli("evaluate", run, make_folder(tmp_path / "other", 2, ("dog", "bird"))), "dog", CLASSES[0])


def test_image_that_is_none(cli: Callable, run: Path, tmp_path: Path):
    draw(0, 0).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:200])
    refused(cli("predict", run, tmp_path / "cut.png"), "cut.png")
    refused(cli("predict", run, tmp_path / "none.png"), "none.png")
