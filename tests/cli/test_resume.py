"""`konv train --resume`: killed runs end with the bits of one that never stopped; anything else is refused."""

from __future__ import annotations

import csv
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from konv import data
from konv.cli.resuming import begun
from konv.errors import DataWarning
from konv.io import model_file
from konv.runs.settings import Settings
from konv.runs.sources import HELD_OUT
from tests.cli.conftest import CLASSES, Answer, draw, environment

SETTINGS = ("--model", "lenet5", "--batch-size", "8", "--optimizer", "nadam", "--learning-rate", "0.00123456789",
            "--seed", "3")  # fmt: skip


def killed_after_an_epoch(*arguments: object, folder: Path) -> None:
    """Run `konv train ARGUMENTS…` and kill it at a random moment after it has learned for one more epoch."""
    command = [sys.executable, "-m", "konv", "train", *map(str, arguments)]
    before = set((folder / "checkpoints").glob("step-*.konv"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment()) as process:
        while process.poll() is None and not set((folder / "checkpoints").glob("step-*.konv")) - before:
            time.sleep(0.002)
        time.sleep(random.Random(time.time_ns()).random() * 0.05)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def learned(folder: Path) -> tuple[dict[str, bytes], dict[str, bytes], list[list[str]]]:
    """The bits of the weights and of the optimiser's state, and what `history.csv` says besides times."""
    file = model_file.read(folder / "model.konv")
    bits = [{name: array.tobytes() for name, array in arrays.items()} for arrays in (file.weights, file.optimizer)]
    assert all(bits)
    with (folder / "history.csv").open(encoding="utf-8") as table:
        return bits[0], bits[1], [row[:6] for row in csv.reader(table)]


def record(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "run.json").read_text("utf-8"))
    return found


def test_killed_again_and_again(photos: Path, cli: Callable[..., Answer], konv: Callable, tmp_path: Path) -> None:
    """Its folder says from the beginning what it is for; resumed, it ends with the bits of a run in one piece."""
    out = tmp_path / "run"
    killed_after_an_epoch(photos, *SETTINGS, "--epochs", 100_000, "--out", out, folder=out)
    first = record(out)
    assert (first["status"], first["test_accuracy"], (out / "model.konv").exists()) == ("running", None, False)
    assert first["data"]["train"]["images"] == 24  # type: ignore[index]
    code, _, err = cli("evaluate", out)
    assert (code, err.count("konv train --resume")) == (2, 1)
    killed_after_an_epoch("--resume", out, folder=out)
    with (out / "history.csv").open(encoding="utf-8") as file:
        epochs = len(list(csv.reader(file))) + 2
    done = konv("train", "--resume", out, "--epochs", epochs, cwd=tmp_path, KONV_THREADS="1")
    assert done.returncode == 0, done.stderr
    assert f"of {epochs}." in done.stdout
    code, _, err = cli("train", photos, *SETTINGS, "--epochs", epochs, "--out", tmp_path / "whole", "-q")
    assert code == 0, err
    assert learned(out) == learned(tmp_path / "whole")
    ended, whole = record(out), record(tmp_path / "whole")
    for key in ("status", "epochs", "steps", "seed", "settings", "data", "test_loss", "test_accuracy"):
        assert ended[key] == whole[key], key
    assert ended["command"] == whole["command"]
    assert (ended["started"], len(ended["resumed"])) == (first["started"], 2)  # type: ignore[arg-type]


def test_a_finished_run_goes_on(
    photos: Path, cli: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is asked for more epochs, and from images that have moved; the images must be the same."""
    monkeypatch.setenv("KONV_ENGINE", "reference")
    out, moved = tmp_path / "run", tmp_path / "moved"
    assert cli("train", photos, *SETTINGS, "--epochs", 2, "--out", out, "-q")[0] == 0
    code, _, err = cli("train", "--resume", out)
    assert (code, err.count(f"has its 2 epochs behind it. Ask for more of them: konv train --resume {out}")) == (2, 1)
    shutil.copytree(photos, moved)
    code, said, err = cli("train", moved, "--resume", out, "--epochs", 4, "--optimizer", "nadam")
    assert (code, err) == (0, "")
    assert "Going on with epoch 3 of 4." in said
    assert cli("train", photos, *SETTINGS, "--epochs", 4, "--out", tmp_path / "whole", "-q")[0] == 0
    assert learned(out) == learned(tmp_path / "whole")
    draw(0, 99).save(moved / CLASSES[0] / "99.png")
    code, _, err = cli("train", moved, "--resume", out, "--epochs", 5)
    assert code == 2
    assert "it had 24 images to learn from and 6 to test on, and there are 25 and 6 now" in err
    shutil.rmtree(moved)
    code, _, err = cli("train", "--resume", out, "--epochs", 5)
    assert (code, err.count(f"no longer at {moved}. Say where they are: konv train DATA --resume")) == (2, 1)
    assert not (out / "lock").exists()


def test_an_interrupted_run_goes_on(
    photos: Path, cli: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C amid an epoch: the part of it that was learned is learned again, and the end is the same."""
    monkeypatch.setenv("KONV_ENGINE", "reference")
    out = tmp_path / "run"
    command = [sys.executable, "-m", "konv", "train", str(photos), *SETTINGS, "--epochs", "100000", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=environment(KONV_ENGINE="reference")) as process:  # fmt: skip
        while process.poll() is None and not list((out / "checkpoints").glob("step-*.konv")):
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        said, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert f"konv train --resume {out}" in said.decode()
    epochs = len((out / "history.csv").read_text().splitlines()) - 1
    assert cli("train", "--resume", out, "--epochs", epochs + 1, "-q")[0] == 0
    whole = cli("train", photos, *SETTINGS, "--epochs", epochs + 1, "--out", tmp_path / "whole", "-q")
    assert whole[0] == 0
    assert learned(out) == learned(tmp_path / "whole")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "lenet5"], "was begun with --model notes, and goes on as it was begun. Received: --model lenet5."),
        (["--seed", "4", "--epochs", "9"], "--seed 0"),
        (["--batch-size", "16"], "--batch-size 8"),
        (["--image-size", "8x9"], "--image-size None"),
        (["--learning-rate", "0.1"], "--learning-rate None"),
        (["--out", "elsewhere"], "goes on in its own folder"),
        (["--epochs", "2"], "has its 3 epochs behind it"),
    ],
)
def test_mismatches_are_refused(run: Path, cli: Callable[..., Answer], options: list[str], words: str) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    code, out, err = cli("train", "--resume", run, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def changed(run: Path, folder: Path, **values: object) -> Path:
    """A copy of `run` whose record has other `values`."""
    shutil.copytree(run, folder)
    (folder / "run.json").write_text(json.dumps({**record(folder), **values}), "utf-8")
    return folder


def test_what_is_no_run_is_refused(run: Path, cli: Callable[..., Answer], tmp_path: Path) -> None:
    code, _, err = cli("train", "--resume", tmp_path / "none")
    assert (code, err.count("is no run folder"), (tmp_path / "none").exists()) == (2, 1, False)
    code, _, err = cli("train", "--resume", run / "model.konv")
    assert (code, err.count("is no run folder")) == (2, 1)
    damaged = changed(run, tmp_path / "damaged", command=["konv", "train", "--epochs", "many"])
    code, _, err = cli("train", "--resume", damaged)
    assert code == 2
    assert "does not say how the run was begun (ConfigurationError: --epochs must be a whole number" in err
    stopped = changed(run, tmp_path / "stopped", status="stopped", message="Layer x is not finite.")
    code, _, err = cli("train", "--resume", stopped, "--epochs", 9)
    assert (code, err.count("cannot go on: Layer x is not finite. It would stop")) == (2, 1)
    (checkpoint,) = (tmp_path / "stopped" / "checkpoints").glob("step-00000009.konv")
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    code, _, err = cli("train", "--resume", changed(stopped, tmp_path / "short", status="finished"), "--epochs", 9)
    assert (code, err.count("step-00000009.konv")) == (2, 1)


def test_other_arithmetic_is_noted(run: Path, photos: Path, tmp_path: Path) -> None:
    other = changed(run, tmp_path / "other", versions={**record(run)["versions"], "llvmlite": "0.1"})  # type: ignore[dict-item]
    asked = Settings(None, "notes", None, None, None, None, 4, 8, "adam", None, 0, None, None, strict=False, quiet=True)
    parts = data.load(photos).for_training(HELD_OUT, 0)
    with pytest.warns(DataWarning, match="begun with llvmlite 0.1, and goes on with 0.5") as said:
        begun(str(other), asked, {"epochs"}).check(*parts)
    assert len(said) == 1
