"""`konv evaluate`, `predict`, `summary`, `show` and `doctor` on a finished run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import konv as package
from konv.cli import app
from konv.data import load_image
from konv.models import load_model
from tests.cli.conftest import CLASSES, draw, environment


def test_evaluates_on_the_runs_own_test_images(run: Path, cli: Callable):
    code, out, err = cli("evaluate", run, "--json")
    answer = json.loads(out)
    record = json.loads((run / "run.json").read_text("utf-8"))
    assert (code, err) == (0, "")
    assert answer["accuracy"] == record["test_accuracy"]
    assert answer["loss"] == record["test_loss"]
    assert answer["images"] == 6
    assert sum(map(sum, answer["confusion"])) == 6
    assert [c["class"] for c in answer["classes"]] == sorted(CLASSES)


def test_evaluates_on_other_data(run: Path, photos: Path, cli: Callable):
    code, out, _ = cli("evaluate", run / "model.konv", photos)
    assert code == 0
    assert "of 30 images" in out
    assert "stripes <b>&" in out


def test_says_that_the_data_have_changed(run: Path, photos: Path, cli: Callable):
    extra = photos / CLASSES[0] / "extra.png"
    draw(0, 99).save(extra)
    try:
        code, _, err = cli("evaluate", run)
    finally:
        extra.unlink()
    assert code == 0
    assert "has changed since" in err


def test_predicts_what_the_network_gives(run: Path, photos: Path, cli: Callable):
    image = photos / CLASSES[1] / "1.png"
    code, out, err = cli("predict", run, image, "--json", "--top", 9)
    answer = json.loads(out)
    model = load_model(run / "model.konv")
    expected = model.predict(load_image(image, (16, 16, 3))[None] / np.float32(255), verbose=0)[0]
    assert (code, err) == (0, "")
    assert answer["schema"] == 1
    found = answer["predictions"][0]["classes"]
    assert [c["probability"] for c in found] == sorted(map(float, expected), reverse=True)
    assert sum(c["probability"] for c in found) == pytest.approx(1, abs=1e-6)
    assert found[0]["class"] == model.class_names[int(expected.argmax())]


def test_predicts_the_others_where_one_image_is_unreadable(run: Path, photos: Path, cli: Callable, tmp_path: Path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    image = photos / CLASSES[0] / "1.png"
    code, out, err = cli("predict", run, broken, image, "--top", "1")
    assert code == 2
    assert str(image) in out
    assert err.count("\n") == 1
    assert str(broken) in err


def test_summary_of_a_network_and_of_a_run(run: Path, cli: Callable):
    code, out, _ = cli("summary", "notes")
    assert code == 0
    assert "1,250,858" in out
    assert "36×36/4" in out
    assert "20,741,120" in out
    assert "Looks at the pixels: 32 templates" in out
    code, out, _ = cli("summary", run, "--lang", "zh")
    assert code == 0
    assert f"{load_model(run / 'model.konv').count_params():,}" in out
    assert "乘加次数" in out


@pytest.mark.parametrize(
    "word", ["conv2d", "Conv2D", "max_pooling2d", "MaxPooling2D", "adam", "categorical_crossentropy"]
)
def test_show_prints_equation_and_reference(word: str, cli: Callable):
    code, out, _ = cli("show", word)
    assert code == 0
    assert "Source: " in out
    assert "def step(" in out or ("def forward(" in out and "def backward(" in out)
    assert "def lower" not in out


def test_show_lists_all(cli: Callable):
    code, out, _ = cli("show")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()} >= {"conv2d", "dense", "relu", "sgd", "mean_squared_error"}


def test_doctor_finds_nothing_wrong(cli: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("KONV_CACHE", str(tmp_path / "kernels"))
    monkeypatch.setenv("KONV_THREADS", "1")
    code, out, err = cli("doctor", "--json")
    answer = json.loads(out)
    assert (code, err, answer["problems"]) == (0, "", [])
    assert answer["ok"] is True
    assert answer["threads"]["reason"] == "KONV_THREADS"
    assert answer["kernels"] == {"exact": True}
    assert answer["cache"]["folder"] == str(tmp_path / "kernels")
    assert answer["speed"]["peak_one_thread"] > 1e9
    assert answer["system"]["konv"] == package.__version__


def test_doctor_says_what_is_wrong(cli: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("KONV_CACHE", str(tmp_path / "file" / "kernels"))
    monkeypatch.setenv("KONV_THREADS", "many")
    code, out, err = cli("doctor")
    assert code == 1
    assert err == ""
    assert "✗ KONV_THREADS must be a positive integer, 4096 at most. Received: 'many'." in out
    assert "cannot be kept in" in out


def test_help_and_version(cli: Callable):
    code, page, _ = cli("--help")
    assert code == 0
    assert all(name in page for name in app.COMMANDS)
    assert cli() == (0, page, "")
    assert cli("--version") == (0, f"konv {package.__version__}\n", "")
    for name in app.COMMANDS:
        code, english, _ = cli(name, "-h")
        assert code == 0
        assert english.startswith(f"Usage: konv {name}")
        code, chinese, _ = cli("--lang", "zh", name, "--help")
        assert code == 0
        assert chinese.startswith(f"用法：konv {name}")
        assert "Show" not in chinese


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from konv.cli import main; main(['train', '--help']); "
        "print([m for m in ('numpy', 'llvmlite', 'matplotlib', 'rich', 'PIL') if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), timeout=60, check=True
    )
    assert done.stderr.strip() == "[]"


def test_a_note_is_given_once(cli, tmp_path: Path):
    """However many batches of a run give reason to it; another run gives it again."""
    script = tmp_path / "s.py"
    script.write_text("from konv.errors import warn\nfor said in 'aba':\n    warn(said)\n")
    for _ in range(2):
        assert cli("run", script)[2].splitlines() == ["konv: note: a", "konv: note: b"]
