"""A training that is killed and begun again ends with the same bits, its callbacks remembering everything."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import konv
from konv.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
)
from konv.errors import ConfigurationError, ModelFileError
from konv.layers import Dense, Input
from konv.models import Sequential, load_model
from tests.train.events import written

SCRIPT = """
import sys
from importlib.util import find_spec
import numpy as np
import konv
from konv.callbacks import BackupAndRestore, CSVLogger, EarlyStopping, LearningRateScheduler, ModelCheckpoint
from konv.callbacks import ReduceLROnPlateau, TensorBoard
from konv.layers import Conv2D, Dense, Dropout, Flatten, Input
from konv.models import Sequential

konv.utils.set_random_seed(5)
rng = np.random.default_rng(1)
x, y = rng.normal(size=(120, 8, 8, 2)).astype("float32"), rng.integers(0, 3, 120)
model = Sequential([Input((8, 8, 2)), Conv2D(8, 3, activation="relu"), Flatten(), Dropout(0.4),
                    Dense(3, activation="softmax")])
schedule = konv.optimizers.schedules.CosineDecay(1e-2, 100)
model.compile(konv.optimizers.Nadam(0.01, clipnorm=1.0, use_ema=True), "sparse_categorical_crossentropy",
              metrics=["accuracy"])
konv.random.set_seed(int(sys.argv[2]))  # nothing after the first epoch may depend on the process's seed
folder = sys.argv[1]
history = model.fit(x, y, batch_size=8, epochs=12, validation_split=0.2, verbose=0, callbacks=[
    EarlyStopping(patience=8, restore_best_weights=True), ReduceLROnPlateau(patience=1, factor=0.7),
    CSVLogger(folder + "/log.csv"), ModelCheckpoint(folder + "/best.konv", save_best_only=True),
    LearningRateScheduler(lambda epoch, rate: rate * 0.95), BackupAndRestore(folder + "/backup"),
    *([TensorBoard(folder, update_freq=1)] if find_spec("tensorboardX") else [])])
model.save(folder + "/end.konv", include_optimizer=False)
np.savez(folder + "/history.npz", **history.history)
"""


def start(folder: Path, seed: int, threads: int) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "KONV_THREADS": str(threads)}
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder), str(seed)], env=environment)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_killed_at_random_moments(tmp_path: Path, full: bool, oracle: Callable[[str], ModuleType]) -> None:
    """Killed by SIGKILL again and again, each time after at least one more epoch, then left to end.

    Who is killed after the state was deleted had nothing left to resume: that run is thrown away, and one more begun.
    """
    whole = start(tmp_path / "whole", 5, 2)
    assert whole.wait(600) == 0
    kills, dice = 0, random.Random(time.time_ns())
    for attempt in range(40):
        killed = start(tmp_path / "killed", 5, 1 + attempt % 3)
        if kills < (8 if full else 3):
            backup, before = tmp_path / "killed" / "backup" / "backup.konv", time.time_ns()
            while killed.poll() is None and not (backup.exists() and backup.stat().st_mtime_ns > before):
                time.sleep(0.002)
            time.sleep(dice.random() * 0.05)
            killed.send_signal(signal.SIGKILL)
        kills += killed.wait(600) == -signal.SIGKILL
        if killed.returncode == 0:
            break
        if not backup.exists():
            shutil.rmtree(tmp_path / "killed")
            kills = 0
    assert kills
    for name in ("end.konv", "best.konv", "log.csv"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    found, expected = (np.load(tmp_path / name / "history.npz") for name in ("killed", "whole"))
    assert {k: found[k].tolist() for k in found} == {k: expected[k].tolist() for k in expected}
    assert not (tmp_path / "killed" / "backup" / "backup.konv").exists()
    oracle("tensorboardX")
    for part in ("train", "validation"):
        assert written(tmp_path / "killed" / part) == written(tmp_path / "whole" / part)


X, Y = np.random.default_rng(1).normal(size=(24, 4)).astype("float32"), np.arange(24) % 3


def compiled(units: int = 3, optimizer: object = "sgd") -> Sequential:
    konv.utils.set_random_seed(3)
    model = Sequential(
        [Input((4,), name="x"), Dense(5, name="one"), Dense(units, name="two", activation="softmax")], name="net"
    )
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def interrupted(folder: Path, **options: object) -> None:
    """Two of four epochs, then an interrupt."""

    def stop(epoch: int, logs: object) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compiled(**options).fit(X, Y, epochs=4, verbose=0,
                                callbacks=[BackupAndRestore(folder), LambdaCallback(on_epoch_begin=stop)])  # fmt: skip
    assert (folder / "backup.konv").exists()


def test_a_resumed_run_goes_on_where_it_stood(tmp_path: Path) -> None:
    interrupted(tmp_path)
    epochs: list[int] = []
    spy = LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    model, whole = compiled(), compiled()
    konv.utils.set_random_seed(99)
    history = model.fit(X, Y, epochs=4, verbose=0, callbacks=[BackupAndRestore(tmp_path), spy])
    expected = whole.fit(X, Y, epochs=4, verbose=0)
    assert epochs == [2, 3]
    assert (history.epoch, history.history) == (expected.epoch, expected.history)
    assert all(map(np.array_equal, model.get_weights(), whole.get_weights()))


class Count(Callback):
    """One of a user's own: counts batches over all runs, and measures them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.seen += 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["seen"] = float(self.seen)

    def get_state(self) -> dict[str, Any]:
        return {"seen": self.seen}

    def set_state(self, state: dict[str, Any]) -> None:
        self.seen = state["seen"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_callback_goes_on(tmp_path: Path, oracle: Callable[[str], ModuleType]) -> None:
    """Interrupted within epochs, twice: each step is in the event files and the table once, the rate as it would be.

    What was measured after the state was kept has been written, and has to go.
    """
    oracle("tensorboardX")

    def run(folder: Path, stop: int | None = None) -> dict[str, list[float]]:
        batches = iter(range(100))

        def interrupt(batch: int, logs: object) -> None:
            if next(batches) == stop:
                raise KeyboardInterrupt

        model = compiled()
        callbacks = [
            BackupAndRestore(folder), Count(), LearningRateScheduler(lambda epoch, rate: rate * 0.7),
            LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(twice=2 * logs["loss"])),
            CSVLogger(folder / "log.csv"), TensorBoard(folder, histogram_freq=1, update_freq=1), TerminateOnNaN(),
            ReduceLROnPlateau("twice", patience=1, factor=0.5, min_delta=1.0), EarlyStopping(patience=4),
            ModelCheckpoint(folder / "best.konv", "seen", mode="max", save_best_only=True),
            LambdaCallback(on_train_batch_end=interrupt),
        ]  # fmt: skip
        fit = {"batch_size": 6, "epochs": 5, "verbose": 0, "validation_split": 0.25}
        if stop is None:
            return {**model.fit(X, Y, callbacks=callbacks, **fit).history}
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, callbacks=callbacks, **fit)
        return {}

    whole = run(tmp_path / "whole")
    for stop in (4, 4):
        run(tmp_path / "parts", stop)
    assert run(tmp_path / "parts") == whole
    assert whole["seen"] == [3, 6, 9, 12, 15]
    assert len(set(whole["learning_rate"])) == 5
    for name in ("log.csv", "best.konv"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    for part in ("train", "validation"):
        found, expected = (written(tmp_path / name / part) for name in ("parts", "whole"))
        assert found == expected
        losses = [(step, value) for tag, step, value in found if tag == "epoch_loss"]
        assert losses == [*enumerate(np.float32(whole["loss" if part == "train" else "val_loss"]))]
    batches = [step for tag, step, _ in written(tmp_path / "parts" / "train") if tag == "batch_loss"]
    assert batches == list(range(1, 16))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"units": 4}, r"another architecture.*two \(kernel 5×3, bias 3\) in the file, two \(kernel 5×4"),
        ({"optimizer": "adam"}, "written by SGD"),
    ],
)
def test_a_state_of_another_run_is_refused(tmp_path: Path, options: dict[str, object], words: str) -> None:
    interrupted(tmp_path)
    before = (model := compiled(**options)).get_weights()
    with pytest.raises(ModelFileError, match=words):
        model.fit(X, Y, epochs=4, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    if "units" in options:
        assert all(map(np.array_equal, before, model.get_weights()))


def test_a_model_file_is_no_state(tmp_path: Path) -> None:
    compiled().save(tmp_path / "backup.konv", include_optimizer=False)
    with pytest.raises(ModelFileError, match="does not hold the state"):
        compiled().fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])


def test_initial_epoch_goes_on_with_a_loaded_model(tmp_path: Path) -> None:
    whole, first = compiled(optimizer="adam"), compiled(optimizer="adam")
    whole.fit(X, Y, batch_size=5, epochs=4, verbose=0)
    first.fit(X, Y, batch_size=5, epochs=2, verbose=0)
    first.save(tmp_path / "half.konv")
    again = load_model(tmp_path / "half.konv")
    assert again.fit(X, Y, batch_size=5, epochs=4, initial_epoch=2, verbose=0).epoch == [2, 3]
    assert all(map(np.array_equal, whole.get_weights(), again.get_weights()))


def test_weights_go_into_a_model_of_the_same_layers(tmp_path: Path) -> None:
    model = compiled()
    model.save_weights(tmp_path / "w.konv")
    konv.utils.set_random_seed(8)
    other = Sequential([Input((4,)), Dense(5, name="a"), Dense(3, name="b")])
    other.load_weights(tmp_path / "w.konv")
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))
    deeper = Sequential([Input((4,)), Dense(5), Dense(3), Dense(3, name="more")])
    with pytest.raises(ModelFileError, match=r"4 in 2 layers.*6 in 3.*none in the file, more \(kernel 3×3"):
        deeper.load_weights(tmp_path / "w.konv")
    with pytest.raises(ModelFileError, match=r"two \(kernel 5×3, bias 3\) in the file, none in the model"):
        Sequential([Input((4,)), Dense(5, name="only")]).load_weights(tmp_path / "w.konv")


def test_only_epochs_are_kept() -> None:
    with pytest.raises(ConfigurationError, match="save_freq='epoch'"):
        BackupAndRestore("x", save_freq=10)  # type: ignore[arg-type]
    assert {EarlyStopping.last, ReduceLROnPlateau.last, CSVLogger.last, ModelCheckpoint.last} == {0}
