"""`konv tune` measures, remembers beside the cache, and says what it found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from konv.kernels.code import cache, tuned
from konv.kernels.code.processor import current


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KONV_CACHE", str(tmp_path / "kernels"))
    cache.writable.cache_clear()
    return tmp_path / "kernels"


def test_what_is_chosen_is_remembered(run: Path, cli: Callable, folder: Path):
    file = run / "model.konv"
    before = file.read_bytes()
    code, out, err = cli("tune", run, "--batch", 4, "--seconds", 0.01, "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert file.read_bytes() == before
    assert (answer["schema"], answer["batch"]) == (1, 4)
    kernels = {one["kernel"] for one in answer["training"]["decisions"]}
    assert {"convolution", "weight_gradient", "dense"} <= kernels
    chosen = answer["training"]["choices"] | answer["prediction"]["choices"]
    assert {name: list(value) for name, value in current().choices} == chosen
    assert Path(answer["file"]).exists() == (Path(answer["file"]).parent == folder)
    tuned.remember(current(), {"of another network": (3,)}, set())
    assert cli("tune", run, "--forget")[0] == 0
    assert current().choices == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_table_of_before_and_after(run: Path, cli: Callable, language: str, monkeypatch: pytest.MonkeyPatch):
    from konv.explain import tuning

    def found(*_: object) -> tuning.Tuning:
        one = tuning.Decision("a spec", "conv[1]", "weight_gradient", (6, 4, 28), (14, 2, 7), (0.004, 0.003))
        return tuning.Tuning((one,), 0.02, 0.016, {"a spec": (14, 2, 7)})

    monkeypatch.setattr(tuning, "tune", found)
    code, out, err = cli("tune", run, "--lang", language)
    assert (code, err) == (0, "")
    for said in ("conv[1]", "6 × 4, 28", "14 × 2, 7", "4.000", "3.000", "1.33", "20.00", "16.00", "1.250"):
        assert said in out
    assert ("选定" if language == "zh" else "chosen") in out
    assert dict(current().choices) == {"a spec": (14, 2, 7)}


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("--seconds", 0), {}, "--seconds"),
        (("--batch", 0), {}, "--batch"),
        ((), {"KONV_CACHE": "off"}, "nowhere to remember"),
        ((), {"KONV_CACHE": "/dev/null/kernels"}, "cannot be kept in /dev/null/kernels"),
        ((), {"KONV_ENGINE": "reference"}, "no plans"),
    ],
)
def test_wrong_requests_are_one_sentence(
    run: Path, cli: Callable, arguments: tuple, environment: dict, said: str, monkeypatch: pytest.MonkeyPatch
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    code, out, err = cli("tune", run, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
