"""Small folders of real images, the command run for real, and one finished run that many tests look at."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from konv.cli import main
from konv.messages import set_language

CLASSES = ("block", "stripes <b>&", "猫")
SIDE = 16


def draw(kind: int, number: int) -> Image.Image:
    """A picture of class `kind`: a bright block, stripes, or neither, in noise."""
    pixels = np.random.default_rng((kind, number)).integers(0, 60, (SIDE, SIDE, 3)).astype(np.uint8)
    if kind == 0:
        pixels[4:12, 4:12] += 150
    if kind == 1:
        pixels[::3] += 150
    return Image.fromarray(pixels)


def make_folder(root: Path, each: int = 10, classes: tuple[str, ...] = CLASSES) -> Path:
    """A folder with `each` images of each class, PNG and JPEG in turns."""
    for kind, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for number in range(each):
            draw(kind, number).save(root / name / f"{number}.{'png' if number % 2 else 'jpg'}", quality=95)
    return root


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 30 images of three classes."""
    return make_folder(tmp_path_factory.mktemp("data") / "photos")


def environment(**extra: str) -> dict[str, str]:
    """This process's environment without konv's own variables, and `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KONV_") or k == "KONV_CACHE"}
    return {**kept, "PYTHONUNBUFFERED": "1", "COLUMNS": "100", **extra}


Konv = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def konv() -> Konv:
    """Runs `konv ARGUMENTS…` in a process of its own."""

    def run(*arguments: object, cwd: Path | None = None, **extra: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "konv", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=300, cwd=cwd, env=environment(**extra), check=False
        )

    return run


@pytest.fixture(scope="session")
def run(photos: Path, konv: Konv, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of three epochs on `photos`."""
    folder = tmp_path_factory.mktemp("runs") / "first run"
    done = konv("train", photos, "--epochs", 3, "--batch-size", 8, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (folder / "stdout.txt").write_text(done.stdout, "utf-8")
    return folder


Answer = tuple[int, str, str]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Answer]]:
    """Runs a command inside this process, which is quicker: (exit code, standard output, standard error)."""
    for name in [name for name in os.environ if name.startswith("KONV_") and name != "KONV_CACHE"]:
        monkeypatch.delenv(name)

    def call(*arguments: object) -> Answer:
        with warnings.catch_warnings():
            code = main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        return code, out, err

    yield call
    set_language(None)
