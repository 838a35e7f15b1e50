"""Callbacks that watch: against Keras's own, fed with the same measurements, and by what they do to a training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import konv
from konv import callbacks
from konv.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from konv.errors import ConfigurationError
from konv.layers import Dense, Input
from konv.models import Sequential
from konv.optimizers import SGD, schedules

X, Y = np.random.default_rng(1).normal(size=(24, 4)).astype("float32"), np.arange(24) % 3
CURVE = [1.0, 0.9, 0.95, 0.93, 0.9001, 0.85, 0.86, 0.87, 0.84, 0.9, 0.9, 0.9, 0.9]


def compiled(rate: Any = 0.1) -> Sequential:
    konv.utils.set_random_seed(3)
    model = Sequential([Input((4,)), Dense(5), Dense(3, activation="softmax")])
    model.compile(SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def told(callback: Any, model: Any, name: str = "val_loss", sign: float = 1.0) -> list[tuple[int, float]]:
    """Feed a callback the curve; after each epoch: its patience used up so far, and the learning rate."""
    callback.set_model(model)
    callback.set_params({"metrics": [name], "epochs": len(CURVE), "steps": 1})
    callback.on_train_begin({})
    seen = []
    for epoch, value in enumerate(CURVE):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {name: sign * value})
        seen.append((callback.wait, float(np.asarray(model.optimizer.learning_rate))))
        if model.stop_training:
            break
    return seen


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("EarlyStopping", {"patience": 2}),
        ("EarlyStopping", {"patience": 1, "min_delta": 0.03}),
        ("EarlyStopping", {"patience": 3, "baseline": 0.88, "start_from_epoch": 1}),
        ("ReduceLROnPlateau", {"patience": 2}),
        ("ReduceLROnPlateau", {"patience": 1, "cooldown": 2, "factor": 0.5, "min_lr": 0.03}),
        ("ReduceLROnPlateau", {"patience": 1, "min_delta": 0.1}),
    ],
)
@pytest.mark.parametrize("rising", [False, True])
def test_follows_keras(kind: str, options: dict[str, Any], rising: bool, oracle: Callable[[str], ModuleType]) -> None:
    keras = oracle("keras")
    name, sign = ("val_accuracy", -1.0) if rising else ("val_loss", 1.0)
    theirs = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])
    theirs.compile(keras.optimizers.SGD(0.1), "mse")
    theirs.stop_training = False
    ours = SimpleNamespace(optimizer=SGD(0.1), stop_training=False, get_weights=list)
    mode = {"mode": "max" if rising else "min"}  # Keras asks the model's metrics for theirs
    expected = told(getattr(keras.callbacks, kind)(monitor=name, **options, **mode), theirs, name, sign)
    found = told(getattr(callbacks, kind)(monitor=name, **options, **({} if rising else mode)), ours, name, sign)
    assert [wait for wait, _ in found] == [wait for wait, _ in expected]
    assert [rate for _, rate in found] == pytest.approx([rate for _, rate in expected], rel=1e-6)


def test_the_best_weights_come_back() -> None:
    kept: list[Any] = []
    model = compiled(rate=3.0)
    spy = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append((logs["val_loss"], model.get_weights())))
    stop = EarlyStopping(patience=3, restore_best_weights=True)
    model.fit(X, Y, batch_size=4, epochs=30, validation_data=(X, Y), verbose=0, callbacks=[stop, spy])
    best = min(kept, key=lambda pair: pair[0])
    assert all(map(np.array_equal, model.get_weights(), best[1]))
    assert len(kept) == stop.stopped_epoch + 1 < 30
    assert stop.best == best[0]


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_what_is_not_measured_is_refused_before_training(kind: type[Callback]) -> None:
    model = compiled()
    words = rf"{kind.__name__} watches 'val_acuracy'.*: loss, accuracy, val_loss, val_accuracy, learning_rate"
    with pytest.raises(ConfigurationError, match=words):
        model.fit(X, Y, validation_split=0.5, verbose=0, callbacks=[kind(monitor="val_acuracy")])
    assert model.optimizer.iterations == 0
    with pytest.raises(ConfigurationError, match="need validation_data"):
        model.fit(X, Y, verbose=0, callbacks=[kind()])


def test_a_callback_before_may_measure_something_of_its_own() -> None:
    class Mine(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = -epoch

    watch = EarlyStopping(monitor="mine", patience=2)
    model = compiled()
    assert len(model.fit(X, Y, epochs=4, verbose=0, callbacks=[Mine(), watch]).epoch) == 4
    with pytest.raises(ConfigurationError, match="Measured are: loss, accuracy, mine"):
        model.fit(X, Y, verbose=0, callbacks=[Mine(), EarlyStopping(monitor="yours")])


def test_epochs_without_validation_are_passed_over() -> None:
    stop = EarlyStopping(monitor="val_loss", patience=50)
    history = compiled().fit(X, Y, epochs=4, validation_split=0.5, validation_freq=2, verbose=0, callbacks=[stop])
    assert stop.best == min(history.history["val_loss"])


def test_rates_by_epoch() -> None:
    model = compiled()
    plans = [LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1)), LearningRateScheduler(lambda epoch, lr: lr / 2)]
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=plans).history
    assert history["lr"] == history["learning_rate"] == [0.05, 0.025, 0.1 / 3 / 2]
    with pytest.raises(ConfigurationError, match="learning_rate"):
        model.fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: "fast")])
    with pytest.raises(ConfigurationError, match="schedule ExponentialDecay"):
        compiled(schedules.ExponentialDecay(0.1, 10, 0.5)).fit(X, Y, verbose=0, callbacks=plans)


def test_what_is_not_finite_ends_training_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    model = compiled(rate=1e38)
    history = model.fit(X, Y, batch_size=4, epochs=50, verbose=0, callbacks=[TerminateOnNaN()])
    assert len(history.epoch) < 50
    assert np.isfinite(np.concatenate([w.ravel() for w in model.get_weights()])).all()
    assert "gave a NaN or an infinity" in capsys.readouterr().out


def test_checkpoints(tmp_path: Path) -> None:
    model = compiled()
    keep = [
        ModelCheckpoint(tmp_path / "all" / "{epoch:02d}-{val_loss:.3f}.konv"),
        ModelCheckpoint(tmp_path / "best.konv", "val_accuracy", save_best_only=True, save_weights_only=True),
        ModelCheckpoint(tmp_path / "batch-{epoch}-{batch}.konv", save_freq=4),
    ]
    history = model.fit(X, Y, batch_size=4, epochs=3, validation_data=(X, Y), verbose=0, callbacks=keep).history
    names = [f"{i + 1:02d}-{loss:.3f}.konv" for i, loss in enumerate(history["val_loss"])]
    assert sorted(p.name for p in (tmp_path / "all").iterdir()) == names
    assert sorted(p.name for p in tmp_path.glob("batch*")) == [
        f"batch-{e}-{b}.konv" for e, b in ((1, 4), (2, 2), (2, 6), (3, 4))
    ]
    assert all(
        map(np.array_equal, konv.models.load_model(tmp_path / "all" / names[-1]).get_weights(), model.get_weights())
    )
    best = compiled()
    best.load_weights(tmp_path / "best.konv")
    assert best.evaluate(X, Y, verbose=0)[1] == max(history["val_accuracy"])
    with pytest.raises(ConfigurationError, match="What can be: epoch, loss, accuracy"):
        model.fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / "{val_los}.konv")])


def test_a_table(tmp_path: Path) -> None:
    model, path = compiled(), tmp_path / "log.csv"
    history = model.fit(X, Y, epochs=2, validation_split=0.5, validation_freq=2, verbose=0,
                        callbacks=[CSVLogger(path, separator=";")]).history  # fmt: skip
    rows = [line.split(";") for line in path.read_text().splitlines()]
    assert rows[0] == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert rows[1][3:] == ["NA", "NA"]
    assert [float(rows[i + 1][2]) for i in range(2)] == history["loss"]
    model.fit(X, Y, verbose=0, callbacks=[CSVLogger(path, separator=";", append=True)])
    assert len(path.read_text().splitlines()) == 4


def test_a_bad_mode() -> None:
    with pytest.raises(ConfigurationError, match="auto, min, max"):
        EarlyStopping(mode="up")
