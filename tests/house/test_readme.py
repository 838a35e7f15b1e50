"""What the readme shows is what people get: its script runs, both languages agree, the gate runs its command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.house.source import CHECKOUT

PAGES = {name: (CHECKOUT / name).read_text("utf-8") for name in ("README.md", "README.zh.md")}


def blocks(page: str, kind: str) -> list[str]:
    """The code blocks of a kind on a page, comments of shell commands and the choice of language left out."""
    found = re.findall(rf"^```{kind}\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)
    return [re.sub(r"\s+# .*|KONV_LANG=zh ", "", block) if kind == "sh" else block for block in found]


@pytest.mark.parametrize("kind", ["sh", "python"])
def test_languages_show_the_same(kind: str):
    assert blocks("README.md", kind) == blocks("README.zh.md", kind) != []


def test_variables_are_those_konv_reads():
    shown = [set(re.findall(r"^\| `(KONV_\w+)`", page, re.MULTILINE)) for page in PAGES.values()]
    source = (CHECKOUT / "src" / "konv" / "config.py").read_text("utf-8")
    assert shown[0] == shown[1] == set(re.findall(r"^\| `(KONV_\w+)`", source, re.MULTILINE))


def test_gate_runs_the_test_command():
    install, run = blocks("README.md", "sh")[-1].strip().split(" && ")
    gate = (CHECKOUT / ".ci" / "run").read_text("utf-8")
    assert install.removeprefix(".venv/bin/pip ") in gate
    program, *options = run.split(" ")
    assert program == ".venv/bin/pytest"
    assert " ".join(['"$venv/bin/pytest"', *options]) in gate


def test_script_runs(tmp_path: Path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (80, 28, 28), np.uint8), np.arange(80, dtype=np.uint8) % 10
    np.savez(tmp_path / "fashion_mnist.npz", x_train=images, y_train=labels, x_test=images[:20], y_test=labels[:20])
    (script,) = blocks("README.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "KONV_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clothes.konv").stat().st_size > 4 * 1600 * 512, "less than the weights of the first dense layer"
