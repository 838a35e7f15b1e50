"""`konv bench` and `konv warm` on a finished run: what they say adds up, and what they keep is used."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from konv.explain.cost import layer_costs
from konv.kernels.code import processor
from konv.models import load_model
from tests.cli.conftest import environment

USE = """
import sys
import numpy as np
from konv.kernels.code import build
from konv.models import load_model

def refuse(modules, *rest):
    if modules:
        raise SystemExit(f"{len(modules)} kernels are compiled")

build.compile_all = refuse
model = load_model(sys.argv[1])
x, y = np.full((12, 16, 16, 3), 0.5, "float32"), np.arange(12) % 3
model.fit(x, y, batch_size=8, epochs=1, verbose=0, validation_data=(x, y))
print(*(model.predict(x, batch_size=n, verbose=0).shape for n in (8, 12)))
"""


def use(run: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Train, validate and predict in a new process that must not compile anything."""
    command = [sys.executable, "-c", USE, str(run / "model.konv")]
    return subprocess.run(command, capture_output=True, text=True, env=environment(**extra), timeout=120, check=False)


def test_bench_tells_speeds_that_agree(run: Path, cli: Callable):
    file = run / "model.konv"
    before = file.read_bytes()
    code, out, err = cli("bench", run, "--batch", 4, "--seconds", 0.05, "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert file.read_bytes() == before
    assert (answer["schema"], answer["batch"], answer["picture"], answer["profile"]) == (1, 4, None, None)
    assert answer["first_step"].keys() == {"cold", "warm"}
    for name in ("training", "prediction"):
        found = answer[name]
        median = found["seconds"]["median"]
        assert found["steps"] >= 3
        assert 0 < found["seconds"]["min"] <= median <= found["seconds"]["max"]
        assert found["images_per_second"] == pytest.approx(4 / median)
        assert found["share_of_peak"] == pytest.approx(2 * found["multiply_adds"] / median / answer["peak"])
    # Forward: those of the summary, less what is over padding. Training: twice as many more, but none for images.
    whole = 4 * sum(layer.macs for layer in layer_costs(load_model(file).graph))
    forward, training = (answer[name]["multiply_adds"] for name in ("prediction", "training"))
    assert 0.8 * whole < forward < whole
    assert 2 * forward < training < 3 * forward


def test_profile_adds_up(run: Path, cli: Callable, tmp_path: Path):
    picture = tmp_path / "picture.png"
    code, out, err = cli("bench", run, "--batch", 4, "--seconds", 0.05, "--out", picture, "--json")
    answer = json.loads(out)
    found = answer["profile"]
    assert (code, err, answer["picture"]) == (0, "", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert found["kernel_seconds"] == pytest.approx(sum(call["seconds"] for call in found["calls"]))
    whole = found["step_seconds"] * found["threads"]
    assert found["outside_seconds"] == pytest.approx(whole - found["kernel_seconds"])
    assert sum(call["macs"] for call in found["calls"]) == answer["training"]["multiply_adds"]
    phases = [call["phase"] for call in found["calls"]]
    assert list(dict.fromkeys(phases)) == ["weights", "forward", "backward"]
    assert phases[-1] == "weights"
    kernels = {phase: {c["kernel"] for c in found["calls"] if c["phase"] == phase} for phase in phases}
    assert {"convolution", "pool", "loss"} <= kernels["forward"]
    assert {"weight_gradient", "pool_gradient", "bias_gradient"} <= kernels["backward"]
    assert {"pack", "combine", "adam"} <= kernels["weights"] <= {"pack", "winograd_weights", "combine", "adam"}


def test_profile_is_a_table_and_a_picture_here(run: Path, cli: Callable, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = cli("bench", run, "--batch", 2, "--seconds", 0.05, "--profile", "--lang", "zh")
    assert code == 0
    assert (tmp_path / "roofline.png").exists()
    assert all(word in out for word in ("训练", "预测", "weight_gradient", "内核之外", "roofline.png"))


def test_a_picture_that_has_no_folder_is_refused_at_once(run: Path, cli: Callable, tmp_path: Path):
    code, out, err = cli("bench", run, "--seconds", 1000, "--out", tmp_path / "none" / "picture.png")
    assert (code, out) == (2, "")
    assert "--out" in err


def test_reference_engine_has_speeds_but_no_profile(run: Path, cli: Callable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KONV_ENGINE", "reference")
    code, out, _ = cli("bench", run, "--batch", 1, "--seconds", 0.01, "--json")
    assert code == 0
    assert json.loads(out)["training"]["share_of_peak"] is None
    code, _, err = cli("bench", run, "--batch", 1, "--seconds", 0.01, "--profile")
    assert code == 2
    assert "no kernels to profile" in err


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or processor.host().vector_bytes < 32,
    reason="this processor cannot run code for x86-64-v3",
)
def test_warmed_kernels_are_all_that_is_needed(run: Path, cli: Callable, tmp_path: Path):
    folder = tmp_path / "kernels"
    code, out, err = cli(
        "warm", run, "--cpu", "x86-64-v3,x86-64-v2", "--cache", folder, "--batch", "8,12", "--json"
    )  # fmt: skip
    answer = json.loads(out)
    assert (code, err, answer["folder"]) == (0, "", str(folder))
    assert [p["cpu"] for p in answer["processors"]] == ["x86-64-v3", "x86-64-v2"]
    assert sum(p["kernels"] for p in answer["processors"]) == len(list(folder.iterdir()))
    kept = sum(file.stat().st_size for file in folder.iterdir())
    assert 0 < sum(p["bytes"] for p in answer["processors"]) < kept
    done = use(run, KONV_CACHE=str(folder), KONV_CPU="x86-64-v3")
    assert (done.stdout, done.stderr) == ("(12, 3) (12, 3)\n", "")
    done = use(run, KONV_CACHE=str(folder), KONV_CPU="nehalem")
    assert "kernels are compiled" in done.stderr


def test_warm_for_prediction_alone_keeps_fewer(run: Path, cli: Callable, tmp_path: Path):
    counts = []
    for extra in ((), ("--predict-only",)):
        code, out, _ = cli("warm", run, "--cache", tmp_path, "--json", *extra)
        assert code == 0
        counts.append(json.loads(out)["processors"][0]["kernels"])
    assert counts[1] < counts[0] / 2
    code, out, _ = cli("warm", run, "--cache", tmp_path, "--predict-only", "--cpu", "x86-64-v2")
    assert code == 0
    assert f"KONV_CACHE={tmp_path} KONV_CPU=x86-64-v2" in out


def test_kernels_that_cannot_be_kept_are_a_mistake(run: Path, cli: Callable, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("KONV_CACHE", "off")
    code, _, err = cli("warm", run)
    assert (code, "--cache" in err) == (2, True)
    (tmp_path / "file").write_text("no folder")
    code, _, err = cli("warm", run, "--cache", tmp_path / "file" / "kernels")
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be kept in" in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--cpu", "8086"), 2, "8086"),
        (("--cpu", "x86-64-v3,"), 2, "no processor ''"),
        (("--batch", "8,x"), 2, "--batch must be a whole number"),
        (("--input", "32x32"), 2, "32x32x3"),
        (("--input", "32x32x3"), 2, "16×16×3"),
        (("--classes", "4"), 2, "tells 3 classes apart"),
        (("--optimizer", "adm"), 2, "adam"),
    ],
)
def test_wrong_requests_are_one_sentence(run: Path, cli: Callable, arguments: tuple[str, ...], code: int, said: str):
    found, out, err = cli("warm", run, *arguments)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert said in err


def test_a_named_network_takes_shape_and_classes(cli: Callable):
    code, out, _ = cli(
        "bench", "notes", "--input", "14x15x1", "--classes", 2, "--optimizer", "sgd", "--batch", 1, "--seconds", 0.01,
        "--json",
    )  # fmt: skip
    assert code == 0
    first, dense = 3 * 3 * 32 + 32, 2 * 2 * 64 * 512 + 512
    others = (9 * 32 * 32 + 32) + (9 * 32 * 64 + 64) + (9 * 64 * 64 + 64) + (512 * 2 + 2)
    assert json.loads(out)["parameters"] == first + others + dense
