"""Scripts of all years run to their last line; those that Keras 3 still accepts measure the same there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from konv import utils
from konv.compat import script
from tests.compat import both, small

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
ALL = sorted(path.name for path in SCRIPTS.glob("*.py"))
KERAS_3 = ["sequential_tfkeras.py", "sequential_keras3.py", "autoencoder.py", "multi_output.py"]
"""Those that Keras 3 still accepts, word for word."""
pytestmark = pytest.mark.filterwarnings("ignore")  # scripts leave files open, and Keras 3 warns of old words


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasets")
    small.write(folder)
    return folder


@pytest.fixture(autouse=True)
def placed(datasets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each script runs in a folder of its own, on the small data sets."""
    monkeypatch.setenv("KONV_DATA", str(datasets))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    utils.clear_session()


@pytest.mark.parametrize("name", ALL)
def test_script_runs_to_its_last_line(name: str, capfd: pytest.CaptureFixture[str]):
    code = script.run(SCRIPTS / name, whole=True)
    said = capfd.readouterr()
    assert code == 0, said.err
    assert said.out.strip(), "it says something at its end"


@pytest.mark.parametrize("name", KERAS_3)
def test_losses_are_kerass(name: str, oracle: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch):
    ours = both.by_konv(SCRIPTS / name, monkeypatch)
    theirs = both.by_keras(SCRIPTS / name, oracle("keras"), monkeypatch)
    assert len(ours) == len(theirs) > 0
    for mine, other in zip(ours, theirs, strict=True):
        losses = [key for key in other if "loss" in key]
        assert losses
        for key in losses:
            np.testing.assert_allclose(mine[key], other[key], rtol=2e-4, err_msg=key)


def test_headers_say_style_and_version():
    for name in ALL:
        first = (SCRIPTS / name).read_text("utf-8").partition("\n")[0]
        assert "Style:" in first, name
        assert any(word in first for word in ("Keras 1", "Keras 2", "Keras 3", "tf.keras")), name
    assert len(ALL) >= 15
