"""Event files that TensorBoard reads, where tensorboardX is there; a sentence where it is not."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from konv.callbacks import TensorBoard
from konv.errors import ConfigurationError
from konv.layers import Dense
from konv.models import Sequential
from tests.train.events import records


def fitted(*callbacks: TensorBoard) -> Sequential:
    model = Sequential([Dense(2, input_dim=3, name="dense")])
    model.compile("sgd", "mse", metrics=["mae"])
    x, y = np.ones((8, 3), "float32"), np.zeros((8, 2), "float32")
    model.fit(x, y, epochs=3, batch_size=4, validation_split=0.5, verbose=0, callbacks=callbacks)
    return model


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_each_measurement_is_there_for_each_epoch(tmp_path: Path, oracle: Callable[[str], ModuleType]):
    oracle("tensorboardX")
    model = fitted(TensorBoard(tmp_path, histogram_freq=2, update_freq="batch"))
    (training,), (validation,) = (list((tmp_path / part).glob("events*")) for part in ("train", "validation"))
    row = b"".join(records(training))
    assert row.count(b"epoch_loss") == row.count(b"epoch_learning_rate") == row.count(b"epoch_mae") == 3
    assert row.count(b"batch_loss") == 3
    assert row.count(b"dense/kernel") == 1
    seen = [r for r in records(validation) if b"epoch_loss" in r]
    for record, value in zip(seen, model.history.history["val_loss"], strict=True):
        assert struct.pack("<f", value) in record


def test_without_the_writer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'konv\[tensorboard\]'"):
        TensorBoard()
