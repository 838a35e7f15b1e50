"""Callbacks hear of everything in Keras's order; the history answers to both spellings; what `verbose` shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from konv import messages
from konv.callbacks import Callback, History, LambdaCallback
from konv.errors import ConfigurationError
from konv.layers import Dense, Input
from konv.models import Sequential
from konv.train.callbacks import Logs

X, Y = np.ones((6, 2), "float32"), np.arange(6) % 2


@pytest.fixture
def model() -> Sequential:
    model = Sequential([Input((2,)), Dense(2, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def recorder(heard: list[Any]) -> LambdaCallback:
    """A callback that writes down every hook and its number."""

    def hear(name: str):
        return lambda *values: heard.append((name.removeprefix("on_"), *values[:-1]))

    return LambdaCallback(**{name: hear(name) for name in dir(Callback) if name.startswith("on_")})


def test_order_of_a_training(model):
    heard: list[Any] = []
    model.fit(X, Y, batch_size=2, epochs=1, validation_split=0.3, verbose=0, callbacks=[recorder(heard)])
    assert heard == [
        ("train_begin",),
        ("epoch_begin", 0),
        ("train_batch_begin", 0),
        ("train_batch_end", 0),
        ("train_batch_begin", 1),
        ("train_batch_end", 1),
        ("test_begin",),
        ("test_batch_begin", 0),
        ("test_batch_end", 0),
        ("test_end",),
        ("epoch_end", 0),
        ("train_end",),
    ]


def test_order_of_a_prediction(model):
    heard: list[Any] = []
    model.predict(X, batch_size=4, verbose=0, callbacks=[recorder(heard)])
    assert [name for name, *_ in heard] == [
        "predict_begin",
        *["predict_batch_begin", "predict_batch_end"] * 2,
        "predict_end",
    ]


def test_keras_1s_names_of_batches(model):
    heard: list[str] = []

    class Old(Callback):
        def on_batch_begin(self, batch, logs=None):
            heard.append(f"begin {batch}")

        def on_batch_end(self, batch, logs=None):
            heard.append(f"end {batch} {sorted(logs)}")

    model.fit(X, Y, verbose=0, callbacks=[Old()])
    assert heard == ["begin 0", "end 0 ['accuracy', 'loss']"]


def test_what_a_callback_knows(model):
    seen: dict[str, Any] = {}

    class Spy(Callback):
        def on_train_begin(self, logs=None):
            seen.update(self.params, model=self.model)

    model.fit(X, Y, batch_size=4, epochs=3, verbose=0, callbacks=[Spy()])
    assert seen == {
        "epochs": 3, "steps": 2, "samples": 6, "batch_size": 4, "metrics": ["loss", "accuracy"], "model": model,
    }  # fmt: skip


def test_stop_training(model):
    class Stop(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert model.fit(X, Y, epochs=9, verbose=0, callbacks=[Stop()]).epoch == [0, 1]
    assert model.fit(X, Y, epochs=5, initial_epoch=3, verbose=0).epoch == [3, 4]


def test_train_end_is_called_on_an_interrupt(model):
    ended: list[int] = []

    def interrupt(batch: int, logs: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(
            X, Y, verbose=0,
            callbacks=[LambdaCallback(on_train_batch_end=interrupt, on_train_end=lambda logs: ended.append(1))],
        )  # fmt: skip
    assert ended == [1]


def test_history(model):
    history = model.fit(X, Y, epochs=2, verbose=0)
    assert isinstance(history, History)
    assert history is model.history
    assert list(history.history) == ["loss", "accuracy"]
    assert history.epoch == [0, 1]


def test_both_spellings_of_accuracy():
    logs = Logs(loss=1.0, accuracy=0.5, val_acc=0.25)
    assert logs["acc"] == logs["accuracy"] == 0.5
    assert logs["val_accuracy"] == logs.get("val_acc") == 0.25
    assert "acc" in logs
    assert "val_accuracy" in logs
    assert "val_loss" not in logs
    assert logs.get("val_loss", 3) == 3
    assert list(logs) == ["loss", "accuracy", "val_acc"]
    with pytest.raises(KeyError, match="val_loss"):
        logs["val_loss"]
    with pytest.raises(KeyError, match="acc"):
        Logs(loss=1.0)["acc"]


def test_unknown_hook():
    with pytest.raises(ConfigurationError, match="on_epoch_finish"):
        LambdaCallback(on_epoch_finish=print)


@pytest.mark.parametrize(("language", "first"), [("en", "Epoch 1/2"), ("zh", "第 1/2 轮")])
def test_a_line_an_epoch(model, capsys: pytest.CaptureFixture[str], language, first):
    messages.set_language(language)
    try:
        history = model.fit(X, Y, epochs=2, verbose=2, validation_split=0.34)
    finally:
        messages.set_language(None)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(first)
    assert f"val_loss: {history.history['val_loss'][0]:.4f}" in lines[0]


def test_a_bar(model, capsys: pytest.CaptureFixture[str]):
    history = model.fit(X, Y, batch_size=4, epochs=2, verbose=1)
    written = capsys.readouterr().out
    assert "Epoch 1/2" in written
    assert "Epoch 2/2" in written
    assert written.count("2/2 ") == 4 - 2
    assert f"loss: {history.history['loss'][-1]:.4f}" in " ".join(written.split())
    model.evaluate(X, Y, batch_size=3)
    assert "Evaluating" in capsys.readouterr().out
    model.predict(X)
    assert "Predicting" in capsys.readouterr().out
    model.fit(X, Y, verbose=0)
    assert capsys.readouterr().out == ""
