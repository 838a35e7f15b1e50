"""The import hook: which modules it answers for, and what it says of what konv lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from konv import compat, layers
from konv.compat import script
from konv.errors import ConfigurationError, MissingModuleError, MissingNameError

NAMES = [
    "keras.layers.Conv2D", "tensorflow.keras.layers.Conv2D", "tensorflow.python.keras.layers.Conv2D",
    "tf_keras.layers.Conv2D", "keras.layers.convolutional.Convolution2D", "tensorflow.compat.v1.keras.layers.Conv2D",
    "keras.api.layers.Conv2D", "keras.utils.np_utils.to_categorical", "keras.datasets.mnist.load_data",
    "keras.backend.image_data_format", "keras.optimizers.legacy.Adam", "keras.engine.topology.Layer",
    "keras.optimizers.schedules.ExponentialDecay", "keras.callbacks.EarlyStopping", "keras.objectives.mse",
    "keras.initializers.he_normal", "keras.metrics.categorical_accuracy", "keras.ops.softmax",
    "keras.saving.load_model",
    "tensorflow.config.list_physical_devices", "tensorflow.random.set_seed", "tensorflow.nn.relu",
    "tensorflow.keras.backend.clear_session", "keras.preprocessing.image.ImageDataGenerator",
    "tensorflow.keras.preprocessing.image_dataset_from_directory", "keras.utils.load_img", "keras.regularizers.l2",
    "keras.regularizers.l1l2", "keras.optimizers.experimental.AdamW", "keras.metrics.TruePositives",
    "tensorflow.math.confusion_matrix",
    "tensorflow.keras.layers.experimental.preprocessing.RandomFlip",
    "keras.optimizers.legacy.schedules.ExponentialDecay",
    "keras.constraints.max_norm", "keras.applications.vgg16.VGG16", "keras.applications.ResNet50",
    "tensorflow.GradientTape", "tensorflow.data.Dataset", "keras.random.normal", "keras.callbacks.TensorBoard",
    "keras.ops.nn.relu", "keras.ops.numpy.mean", "keras.ops.linalg.norm", "keras.ops.image.resize",
    "keras.wrappers.scikit_learn.KerasClassifier", "tensorflow.random.normal", "tensorflow.math.reduce_mean",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_years_are_there(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    module, _, last = name.rpartition(".")
    path = tmp_path / "s.py"
    path.write_text(f"from {module} import {last}\nimport {module}\nprint({module}.{last} == {last})\n")
    assert script.run(path) == 0
    assert capfd.readouterr().out == "True\n"


def test_heads_of_operations_hold_what_keras_has_there():
    """Each name is konv's function; nothing that konv.ops has is missing under a head."""
    with compat.in_force():
        from keras import ops

        for head in (ops.nn, ops.numpy, ops.linalg, ops.image):
            for name in head.__all__:
                assert getattr(head, name) is getattr(ops.image if head is ops.image else ops, name), name
        heads = {name for head in (ops.nn, ops.numpy, ops.linalg) for name in head.__all__}
        assert {"conv", "softmax", "einsum", "where", "norm"} <= heads
        assert ops.nn.relu([-1.0, 2.0]).numpy().tolist() == [0, 2]
        assert ops.image.resize([[[1.0], [3.0]]], (1, 1)).shape == (1, 1, 1)


def test_only_while_it_is_in_force():
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "keras"}
    with compat.in_force():
        import keras

        assert keras.layers.Dense is not layers.Dense
        assert issubclass(keras.layers.Dense, layers.Dense)
        assert isinstance(layers.Dense(2), keras.layers.Dense)
        assert isinstance(layers.Dense(2), keras.layers.Layer)
        assert not isinstance(layers.Dense(2), keras.layers.Conv2D)
        assert "Dense" in dir(keras.layers)
        assert "backend" in dir(keras)
    assert {name: m for name, m in sys.modules.items() if name.partition(".")[0] == "keras"} == before


def test_nothing_installed_is_imported(tmp_path: Path):
    """Neither a Keras beside the script nor one that is installed is read."""
    for name in ("keras", "tensorflow"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemError('imported')")
    path = tmp_path / "s.py"
    path.write_text("import keras, tensorflow as tf\nprint(keras.__version__ > '2', tf.__version__ > '2')\n")
    done = subprocess.run([sys.executable, "-m", "konv", "run", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True True\n"), done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("from keras.layers import Convolution3DD", "konv has no keras.layers.Convolution3DD. It has: "),
        ("from keras.layers import LSTM", "no recurrent, attention or text layers"),
        ("import keras.datasets.imdb", "konv has no keras.datasets.imdb"),
        ("import keras; keras.layers.Con2D", "It has: Conv2D"),
        ("import tensorflow as tf; tf.Session()", "no sessions"),
        ("from keras import ops; ops.linalg.svd", "konv has no keras.ops.linalg.svd. "),
        ("import keras; keras.ops.numpy.maen", "It has: mean"),
        ("import tensorflow as tf; tf.distribute.MirroredStrategy()", "all cores of one processor by itself"),
        ("import tensorflow as tf; tf.saved_model.save(1, 'm')", "files that hold no code"),
        ("import tensorflow as tf; tf.train.Checkpoint()", "Optimisers are in keras.optimizers"),
        ("import tensorflow as tf; tf.zzzzqqqq", "dir(tensorflow) lists what is here"),
        ("from tensorflow.keras import mixed_precision", "leave mixed precision out"),
    ],
)
def test_a_name_konv_lacks_is_one_error_at_the_scripts_line(
    line: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    path = tmp_path / "s.py"
    path.write_text(f"print('begun')\n{line}\n")
    assert script.run(path) == 1
    written = capfd.readouterr()
    assert written.out == "begun\n"
    lines = written.err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[1] == f'  File "{path}", line 2, in <module>'
    assert said in lines[-1]
    assert "konv/" not in written.err.replace(str(path), "")


def test_lacking_names_are_pythons_own_errors():
    with compat.in_force():
        import keras

        assert not hasattr(keras.layers, "LSTM")
        with pytest.raises(MissingNameError):
            _ = keras.layers.LSTM
        with pytest.raises(ImportError):
            from keras.layers import LSTM  # noqa: F401
        with pytest.raises(MissingModuleError):
            import keras.nosuch


def test_what_scripts_see_of_themselves(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    (tmp_path / "beside.py").write_text("VALUE = 7")
    path = tmp_path / "s.py"
    path.write_text(
        "import sys, beside\nprint(__name__, __file__ == sys.argv[0], sys.argv[1:], beside.VALUE, sys.path[0])\n"
        "if len(sys.argv) > 2: sys.exit('gone')\nsys.exit(5)\n"
    )
    assert script.run(path, ["--epochs"]) == 5
    assert capfd.readouterr().out == f"__main__ True ['--epochs'] 7 {tmp_path}\n"
    assert script.run(path, ["a", "b"]) == 1
    assert capfd.readouterr().err == "gone\n"


def test_errors_of_the_script_keep_their_lines(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    path = tmp_path / "s.py"
    path.write_text("def f():\n    return 1 / 0\nf()\n")
    assert script.run(path) == 1
    lines = capfd.readouterr().err.splitlines()
    assert lines[1] == f'  File "{path}", line 3, in <module>'
    assert lines[-1].startswith("ZeroDivisionError")
    path.write_text("x = (\n")
    assert script.run(path) == 1
    assert "SyntaxError" in capfd.readouterr().err
    with pytest.raises(ConfigurationError, match="There is no script"):
        script.run(tmp_path / "none.py")


def test_the_command(tmp_path: Path):
    """Options behind the script are the script's; `--lang` before it is konv's."""
    path = tmp_path / "s.py"
    path.write_text("import sys\nprint(sys.argv[1:])\nfrom keras.layers import GRU\n")
    command = [sys.executable, "-m", "konv", "run", "--lang", "zh", str(path), "--lang", "fr", "--help", "-x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == "['--lang', 'fr', '--help', '-x']\n"
    assert "面向卷积网络" in done.stderr


def test_the_hook_is_found_by_importing_konv_alone() -> None:
    script = "import konv; konv.compat.install(); import keras; print(keras.layers.Dense.__module__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.strip().startswith("konv."), done.stderr
