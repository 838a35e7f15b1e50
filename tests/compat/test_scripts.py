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
KERAS_3 = [
    "autoencoder.py", "functional_residual.py", "multi_output.py", "schedules.py", "sequential_keras3.py",
    "sequential_tfkeras.py", "subclassing.py", "transfer_frozen.py",
]  # fmt: skip
"""Those that Keras 3 still accepts, word for word."""
REFUSED = {
    "conv_vae.py": (ImportError, "mse"),
    "custom_loop.py": (TypeError, "pool_size"),
    "gan.py": (AssertionError, "the discriminator learns by itself"),
    "generators_callbacks.py": (ValueError, r"\.keras"),
    "gradient_tape.py": (AttributeError, "'data'"),
    "image_data_generator.py": (ImportError, "ImageDataGenerator"),
    "inception.py": (ImportError, "merge"),
    "save_load.py": (ValueError, r"\.weights\.h5"),
    "sequential_keras1.py": (ImportError, r"keras\.layers\.convolutional"),
    "sequential_keras2.py": (AttributeError, "rmsprop"),
    "siamese.py": (RuntimeError, "automatically build"),
    "sklearn_wrapper.py": (ImportError, "scikit_learn"),
    "unet_dice.py": (ValueError, "lr"),
}
"""Those that it refuses, and its words: names and suffixes of then, `K.sqrt` and its like in a `Lambda`, TensorFlow's
own `tf.data`; and in the GAN it freezes a model that was compiled before."""
ROUNDING = 2**-24 * (32 * 32 * 32) ** 0.5
"""What a float32 sum of n terms is uncertain by, √n · 2⁻²⁴ of their size, where n is a batch of 32 images of 32×32."""
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
    """Losses differ by no more than rounding: its own size, and twice what it does to konv's if all weights have it."""
    ours = both.by_konv(SCRIPTS / name, monkeypatch)
    moved = both.by_konv(SCRIPTS / name, monkeypatch, ROUNDING)
    theirs = both.by_keras(SCRIPTS / name, oracle("keras"), monkeypatch)
    assert len(ours) == len(theirs) == len(moved) > 0
    for mine, other, shifted in zip(ours, theirs, moved, strict=True):
        losses = [key for key in other if "loss" in key]
        assert losses
        for key in losses:
            found, wanted, beside = (np.asarray(one[key]) for one in (mine, other, shifted))
            spread = np.abs(beside / found - 1).max()
            assert spread < 0.02, "a limit that would allow anything"
            np.testing.assert_allclose(found, wanted, rtol=ROUNDING + 2 * spread, err_msg=key)


@pytest.mark.parametrize("name", REFUSED)
def test_what_keras_3_refuses(name: str, oracle: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch):
    error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        both.by_keras(SCRIPTS / name, oracle("keras"), monkeypatch)


def test_headers_say_style_and_version():
    for name in ALL:
        first = (SCRIPTS / name).read_text("utf-8").partition("\n")[0]
        assert "Style:" in first, name
        assert any(word in first for word in ("Keras 1", "Keras 2", "Keras 3", "tf.keras")), name
    assert len(ALL) >= 15
