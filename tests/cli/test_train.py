"""`konv train` as a person types it: what it prints, what it leaves, and how it ends."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from konv.io.run_folder import COLUMNS
from konv.models import load_model
from tests.cli.conftest import CLASSES, environment, make_folder

PICTURES = ("curves.png", "confusion.png", "mistakes.png", "filters.png")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_leaves_what_the_contract_says(run: Path):
    record = json.loads((run / "run.json").read_text("utf-8"))
    last = f"step-{record['steps']:08d}.konv"
    left = {p.name for p in run.iterdir()} - {"stdout.txt", "mistakes.png"}
    expected = {"model.konv", "checkpoints", "history.csv", "run.json", "report.html", *PICTURES} - {"mistakes.png"}
    assert left == expected
    assert last in {p.name for p in (run / "checkpoints").iterdir()}
    assert record["steps"] == 9  # 24 images to train on, 8 a step, 3 epochs


def test_history_has_the_columns_of_the_contract(run: Path):
    header = (run / "history.csv").read_text("utf-8").splitlines()[0]
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds,images_per_second"
    assert header == ",".join(COLUMNS)
    found = rows(run)
    assert [row["epoch"] for row in found] == ["1", "2", "3"]
    assert all(float(row[name]) >= 0 for row in found for name in COLUMNS)


def test_pictures_are_pictures(run: Path):
    for name in PICTURES:
        if (run / name).exists():
            with Image.open(run / name) as picture:
                picture.load()
                assert min(picture.size) > 100


def test_record_says_what_happened(run: Path, photos: Path):
    record = json.loads((run / "run.json").read_text("utf-8"))
    assert record["schema"] == 1
    assert record["status"] == "finished"
    assert record["data"]["classes"] == sorted(CLASSES)
    assert record["data"]["train"]["images"] == 24
    assert record["data"]["test"]["counts"] == dict.fromkeys(CLASSES, 2)
    assert record["data"]["test_is_held_out"]
    assert re.fullmatch("[0-9a-f]{64}", record["data"]["train"]["fingerprint"])
    assert record["settings"]["batch_size"] == 8
    assert record["settings"]["learning_rate"] == 0.001
    assert record["command"][:3] == ["konv", "train", str(photos)]
    assert record["versions"]["numpy"] == np.__version__
    assert record["processor"]["threads"] >= 1
    assert record["parameters"] == load_model(run / "model.konv").count_params()


def test_result_is_that_of_the_saved_weights(run: Path):
    record = json.loads((run / "run.json").read_text("utf-8"))
    last = rows(run)[-1]
    assert record["test_accuracy"] == pytest.approx(float(last["val_accuracy"]), abs=1e-9)
    assert record["test_loss"] == pytest.approx(float(last["val_loss"]), rel=1e-5)
    said = (run / "stdout.txt").read_text("utf-8")
    assert f"Test accuracy {100 * record['test_accuracy']:.1f} %" in said
    assert f"konv predict '{run}' IMAGE" in said


def test_model_knows_classes_and_preprocessing(run: Path):
    model = load_model(run / "model.konv")
    assert model.class_names == sorted(CLASSES)
    assert model.preprocessing == {"divide_by": 255.0}


def test_same_seed_same_bits(run: Path, photos: Path, konv: Callable, tmp_path: Path):
    done = konv("train", photos, "--epochs", 3, "--batch-size", 8, "--out", tmp_path / "b", KONV_THREADS="1")
    assert done.returncode == 0, done.stderr
    first, second = (load_model(folder / "model.konv").get_weights() for folder in (run, tmp_path / "b"))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_quiet_prints_the_folder_alone(photos: Path, konv: Callable, tmp_path: Path):
    done = konv("train", photos, "--epochs", 1, "--quiet", cwd=tmp_path, KONV_ENGINE="reference")
    assert done.returncode == 0
    folder = Path(done.stdout.strip())
    assert done.stdout.count("\n") == 1
    assert re.fullmatch(r"runs/notes-\d{8}-\d{6}", str(folder))
    assert (tmp_path / folder / "report.html").is_file()


def test_speaks_chinese(photos: Path, konv: Callable, tmp_path: Path):
    done = konv(
        "train", photos, "--epochs", 1, "--lang", "zh", "--out", tmp_path / "r", "--optimizer", "sgd",
        "--learning-rate", "0.05", "--seed", "7", "--image-size", "15x14", KONV_ENGINE="reference",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "测试准确率" in done.stdout
    assert '<html lang="zh-Hans">' in (tmp_path / "r" / "report.html").read_text("utf-8")
    record = json.loads((tmp_path / "r" / "run.json").read_text("utf-8"))
    assert record["data"]["shape"] == [15, 14, 3]
    assert record["settings"]["learning_rate"] == 0.05
    assert record["seed"] == 7


def started(photos: Path, out: Path, epochs: int) -> subprocess.Popen[str]:
    """A training in the background, some epochs old."""
    command = [sys.executable, "-m", "konv", "train", str(photos), "--epochs", str(epochs), "--out", str(out)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(KONV_ENGINE="reference")
    )
    assert process.stdout is not None
    for line in process.stdout:
        if re.match(rf"\s*2/{epochs}\s", line):
            return process
    raise AssertionError(process.communicate()[1])


def test_interrupt_keeps_what_was_learned(photos: Path, konv: Callable, tmp_path: Path):
    out = tmp_path / "run"
    process = started(photos, out, 100_000)
    process.send_signal(signal.SIGINT)
    said, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err == "\nEnding after this batch and saving; Ctrl-C again stops at once.\n"
    assert "Interrupted; what was learned until then is saved." in said
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["status"] == "interrupted"
    found = rows(out)
    assert 2 <= len(found) < 100_000
    assert record["steps"] >= len(found)
    assert not (out / "lock").exists()
    assert "Interrupted after" in (out / "report.html").read_text("utf-8")
    assert all((out / name).is_file() for name in ("curves.png", "confusion.png", "filters.png"))
    again = konv("evaluate", out, "--json")
    assert json.loads(again.stdout)["accuracy"] == record["test_accuracy"]


def test_second_interrupt_stops_at_once(photos: Path, tmp_path: Path):
    process = started(photos, tmp_path / "run", 100_000)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    next(line for line in process.stderr if "Ctrl-C again stops at once" in line)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "konv: Stopped at once."
    assert not (tmp_path / "run" / "report.html").exists()
    assert load_model(sorted((tmp_path / "run" / "checkpoints").iterdir())[-1]).count_params() > 0


def test_loss_that_is_not_finite_ends_the_run(photos: Path, konv: Callable, tmp_path: Path):
    out = tmp_path / "run"
    done = konv("train", photos, "--learning-rate", "1e30", "--optimizer", "sgd", "--epochs", 4, "--out", out)
    assert done.returncode == 1
    assert done.stderr.startswith("konv: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["status"] == "stopped"
    assert record["message"] in done.stderr
    assert all(np.isfinite(w).all() for w in load_model(out / "model.konv").get_weights())
    assert "Stopped after" in (out / "report.html").read_text("utf-8")


def test_corrupt_image_is_named_and_left_out(konv: Callable, tmp_path: Path):
    folder = make_folder(tmp_path / "data", 4)
    broken = folder / CLASSES[0] / "0.jpg"
    broken.write_bytes(broken.read_bytes()[:100])
    done = konv("train", folder, "--epochs", 1, "--out", tmp_path / "run", KONV_ENGINE="reference")
    assert done.returncode == 0
    assert f"{CLASSES[0]}/0.jpg" in done.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    assert record["data"]["unreadable"] == [f"{CLASSES[0]}/0.jpg"]
    strict = konv("train", folder, "--epochs", 1, "--out", tmp_path / "strict", "--strict", KONV_ENGINE="reference")
    assert strict.returncode == 2
    assert f"{CLASSES[0]}/0.jpg" in strict.stderr
    assert not (tmp_path / "strict").exists()


def test_home_that_cannot_be_written_to(photos: Path, konv: Callable, tmp_path: Path):
    (tmp_path / "home").write_text("a file where the home should be")
    cache = str(tmp_path / "home" / "kernels")
    done = konv("train", photos, "--epochs", 1, "--quiet", cwd=tmp_path, KONV_CACHE=cache, HOME=str(tmp_path / "home"))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"konv: note: Compiled kernels cannot be kept in {cache}")


def test_arrays_can_be_trained_on(konv: Callable, tmp_path: Path):
    y = np.arange(24) % 2
    x = np.random.default_rng(0).random((24, 14, 14)).astype("float32") * 0.2 + 0.7 * y[:, None, None]
    np.savez(tmp_path / "set.npz", x_train=x[:16], y_train=y[:16], x_test=x[16:], y_test=y[16:])
    out = tmp_path / "run"
    done = konv("train", tmp_path / "set.npz", "--epochs", 2, "--out", out, KONV_ENGINE="reference")
    assert done.returncode == 0, done.stderr
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert not record["data"]["test_is_held_out"]
    assert record["data"]["test"]["images"] == 8
    again = konv("evaluate", out, "--json", KONV_ENGINE="reference")
    assert json.loads(again.stdout)["accuracy"] == record["test_accuracy"]
