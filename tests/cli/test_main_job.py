"""The first thing a newcomer types: `konv train` on the data inside, with the default settings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.slow
def test_main_job_learns(konv: Callable, tmp_path: Path, full: bool):
    """At least 85 % with the default epochs; with three of them (not `--slow`) at least 80 %."""
    done = konv("train", *([] if full else ["--epochs", 3]), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["data"]["source"] == "embedded"
    assert record["test_accuracy"] >= (0.85 if full else 0.80)
    assert record["processor"]["engine"] == "native"
    assert f"Test accuracy {100 * record['test_accuracy']:.1f} %" in done.stdout
